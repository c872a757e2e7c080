"""Today's page, the journal, and the guide."""

from django.urls import include, path

from reflection.views import (
    captures,
    cases,
    drafts,
    history,
    home,
    identifiers,
    journal,
    looking_back,
)

urlpatterns = [
    path("", home.home, name="home"),
    path("guide/", include("reflection.guide_urls")),
    path("journal/", journal.journal_list, name="journal_list"),
    path("journal/new/", journal.journal_begin, name="journal_begin"),
    path("journal/capture/", captures.journal_capture, name="journal_capture"),
    path("journal/unsaved/", drafts.draft_read, name="draft_read"),
    path("journal/captures/", captures.capture_list, name="capture_list"),
    path("journal/captures/<uuid:pk>/keep/", captures.capture_keep, name="capture_keep"),
    path("journal/cases/", cases.case_list, name="case_list"),
    path("journal/cases/gather/", cases.case_gather, name="case_gather"),
    path("journal/cases/<uuid:case>/", cases.case_read, name="case_read"),
    path("journal/cases/<uuid:case>/rename/", cases.case_rename, name="case_rename"),
    path("journal/cases/<uuid:case>/remove/", cases.case_remove, name="case_remove"),
    path("journal/today/", home.today_choices, name="today_choices"),
    path("journal/deleted/", journal.journal_deleted, name="journal_deleted"),
    path("journal/<uuid:pk>/", journal.entry_read, name="entry_read"),
    path("journal/<uuid:pk>/finish/", journal.entry_finish, name="entry_finish"),
    path("journal/<uuid:pk>/look-back/", looking_back.entry_look_back, name="entry_look_back"),
    path(
        "journal/<uuid:pk>/look-back/<int:place>/",
        looking_back.look_back_edit,
        name="look_back_edit",
    ),
    path(
        "journal/<uuid:pk>/look-back/<int:place>/remove/",
        looking_back.look_back_remove,
        name="look_back_remove",
    ),
    path("journal/<uuid:pk>/remind/", looking_back.entry_remind, name="entry_remind"),
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
