"""The built-in guide on the operator's site, to look at. No entry is ever shown there.

It is not edited there: the words live in ``fixtures/guide`` and come in by ``load_guide``, which
would undo a change made to a row.
"""

from django.contrib import admin
from django.db.models import URLField

from accounts.admin import ReadOnlyAdmin
from reflection.models import (
    Evidence,
    GuideText,
    Pattern,
    PatternPoint,
    Reference,
    RepairStrategy,
    Topic,
)


@admin.register(Pattern, RepairStrategy)
class TitledAdmin(ReadOnlyAdmin):
    """Thought patterns and repair strategies, in the guide's order."""

    list_display = ["slug", "title", "short_title", "order"]
    search_fields = ["slug", "title"]


@admin.register(PatternPoint)
class PatternPointAdmin(ReadOnlyAdmin):
    """What each pattern says."""

    list_display = ["slug", "pattern", "kind", "text"]
    list_filter = ["pattern", "kind"]
    list_select_related = ["pattern"]
    search_fields = ["slug", "text"]


@admin.register(Evidence)
class EvidenceAdmin(ReadOnlyAdmin):
    """Findings, each with its caveat."""

    list_display = ["slug", "title", "figures", "caveat", "checked"]
    list_filter = ["checked"]
    search_fields = ["slug", "title", "gloss"]


@admin.register(GuideText)
class GuideTextAdmin(ReadOnlyAdmin):
    """The guide's texts, by section."""

    list_display = ["slug", "section", "title", "text", "beside", "checked"]
    list_filter = ["section", "checked"]
    search_fields = ["slug", "title", "text"]


@admin.register(Reference)
class ReferenceAdmin(ReadOnlyAdmin):
    """The works the guide rests on."""

    formfield_overrides = {URLField: {"assume_scheme": "https"}}

    list_display = ["slug", "citation", "doi"]
    search_fields = ["slug", "citation", "doi"]


@admin.register(Topic)
class TopicAdmin(ReadOnlyAdmin):
    """The library's topics."""

    list_display = ["slug", "label", "order"]
    search_fields = ["slug", "label"]
