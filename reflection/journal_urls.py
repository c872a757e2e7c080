"""The journal's pages, under ``journal/``."""

from django.urls import path, register_converter

from reflection.document import PASSAGES
from reflection.views import (
    agreed,
    captures,
    cases,
    drafts,
    export,
    history,
    home,
    identifiers,
    incoming,
    insights,
    journal,
    looking_back,
    search,
    tags,
)


class _Passage:
    """A passage that is written, so that it takes no other page's address."""

    regex = "|".join(PASSAGES)

    def to_python(self, value: str) -> str:
        return value

    def to_url(self, value: str) -> str:
        return value


register_converter(_Passage, "passage")

urlpatterns = [
    path("", journal.journal_list, name="journal_list"),
    path("new/", journal.journal_begin, name="journal_begin"),
    path("capture/", captures.journal_capture, name="journal_capture"),
    path("unsaved/", drafts.draft_read, name="draft_read"),
    path("export/", export.journal_export, name="journal_export"),
    path("import/", incoming.journal_import, name="journal_import"),
    path("captures/", captures.capture_list, name="capture_list"),
    path("captures/<uuid:pk>/keep/", captures.capture_keep, name="capture_keep"),
    path("cases/", cases.case_list, name="case_list"),
    path("cases/gather/", cases.case_gather, name="case_gather"),
    path("cases/<uuid:case>/", cases.case_read, name="case_read"),
    path("cases/<uuid:case>/rename/", cases.case_rename, name="case_rename"),
    path("cases/<uuid:case>/remove/", cases.case_remove, name="case_remove"),
    path("today/", home.today_choices, name="today_choices"),
    path("months/", journal.journal_months, name="journal_months"),
    path("deleted/", journal.journal_deleted, name="journal_deleted"),
    path("insights/", insights.journal_insights, name="journal_insights"),
    path("tags/", tags.journal_tags, name="journal_tags"),
    path("search/", search.journal_search, name="journal_search"),
    path("search/<slug:token>/", search.search_read, name="search_read"),
    path("<uuid:pk>/", journal.entry_read, name="entry_read"),
    path("<uuid:pk>/steps/", agreed.entry_steps, name="entry_steps"),
    path("<uuid:pk>/finish/", journal.entry_finish, name="entry_finish"),
    path("<uuid:pk>/look-back/", looking_back.entry_look_back, name="entry_look_back"),
    path(
        "<uuid:pk>/look-back/<int:place>/",
        looking_back.look_back_edit,
        name="look_back_edit",
    ),
    path(
        "<uuid:pk>/look-back/<int:place>/remove/",
        looking_back.look_back_remove,
        name="look_back_remove",
    ),
    path("<uuid:pk>/remind/", looking_back.entry_remind, name="entry_remind"),
    path("<uuid:pk>/identifiers/", identifiers.entry_identifiers, name="entry_identifiers"),
    path("words/", identifiers.journal_words, name="journal_words"),
    path("<uuid:pk>/delete/", journal.entry_delete, name="entry_delete"),
    path("<uuid:pk>/restore/", journal.entry_restore, name="entry_restore"),
    path("<uuid:pk>/history/", history.entry_history, name="entry_history"),
    path("<uuid:pk>/history/<int:revision>/", history.version_read, name="version_read"),
    path(
        "<uuid:pk>/history/<int:revision>/bring-back/",
        history.version_bring_back,
        name="version_bring_back",
    ),
    path("<uuid:pk>/<passage:passage>/", journal.entry_write, name="entry_write"),
]
