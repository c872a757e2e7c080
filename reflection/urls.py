"""Today's page, the journal, and the guide."""

from django.urls import include, path

from reflection.views import drafts, history, home, identifiers, journal

urlpatterns = [
    path("", home.home, name="home"),
    path("guide/", include("reflection.guide_urls")),
    path("journal/", journal.journal_list, name="journal_list"),
    path("journal/new/", journal.journal_begin, name="journal_begin"),
    path("journal/capture/", journal.journal_capture, name="journal_capture"),
    path("journal/unsaved/", drafts.draft_read, name="draft_read"),
    path("journal/deleted/", journal.journal_deleted, name="journal_deleted"),
    path("journal/<uuid:pk>/", journal.entry_read, name="entry_read"),
    path("journal/<uuid:pk>/finish/", journal.entry_finish, name="entry_finish"),
    path("journal/<uuid:pk>/look-back/", journal.entry_look_back, name="entry_look_back"),
    path("journal/<uuid:pk>/identifiers/", identifiers.entry_identifiers, name="entry_identifiers"),
    path("journal/words/", identifiers.journal_words, name="journal_words"),
    path("journal/<uuid:pk>/delete/", journal.entry_delete, name="entry_delete"),
    path("journal/<uuid:pk>/restore/", journal.entry_restore, name="entry_restore"),
    path("journal/<uuid:pk>/history/", history.entry_history, name="entry_history"),
    path("journal/<uuid:pk>/history/<int:revision>/", history.version_read, name="version_read"),
    path(
        "journal/<uuid:pk>/history/<int:revision>/bring-back/",
        history.version_bring_back,
        name="version_bring_back",
    ),
    path("journal/<uuid:pk>/<slug:passage>/", journal.entry_write, name="entry_write"),
]
