"""The guide as the forms and pages read it: three queries, whatever its size.

Each process keeps what it read for a minute: reading it for every save took a quarter of the save.
Only ``load_guide`` changes it, at an upgrade; other processes show that within the minute.
"""

import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from django.db.models import QuerySet

from reflection.models.guide import (
    Checked,
    Evidence,
    GuideText,
    Pattern,
    PatternPoint,
    Reference,
    RepairStrategy,
)

Kind = PatternPoint.Kind
Section = GuideText.Section


@dataclass(frozen=True, slots=True)
class Text:
    """A text of the guide.

    ``unchecked`` says what its checking lacks ("unchecked", "from a secondary source"), or is
    empty; it is shown wherever the text is. ``notes`` are the texts that always stand next to it.
    """

    slug: str
    title: str
    text: str
    unchecked: str = ""
    notes: tuple["Text", ...] = ()

    @property
    def label(self) -> str:
        """Return what a form's choice says: the title, or the text where there is none."""
        return self.title or self.text


@dataclass(frozen=True, slots=True)
class Point:
    """One sentence of a pattern. ``hint`` is a smaller line under a prompt, or empty.

    ``notes`` are the texts that always stand next to it, such as a professional duty.
    """

    slug: str
    text: str
    hint: str = ""
    notes: tuple[Text, ...] = ()


Notes = Mapping[str, tuple[Text, ...]]


@dataclass(frozen=True, slots=True)
class PatternGuide:
    """A thought pattern with all it says, each list in its order. ``number`` counts from 1."""

    slug: str
    number: int
    title: str
    short_title: str
    opening: str
    thoughts: tuple[Point, ...]
    blame: tuple[Point, ...]
    contexts: tuple[Point, ...]
    realities: tuple[Point, ...]
    prompts: tuple[Point, ...]


@dataclass(frozen=True, slots=True)
class StrategyGuide:
    """A repair strategy. ``default_when`` is "now" or "later"; ``notes`` stand next to it."""

    slug: str
    title: str
    short_title: str
    aim: str
    when_to_use: str
    might_sound_like: str
    caveat: str
    default_when: str
    notes: tuple[Text, ...] = ()


@dataclass(frozen=True, slots=True)
class Markers:
    """The named markers of a rupture, by its movement. No single one proves a rupture."""

    withdrawal: tuple[Text, ...]
    confrontation: tuple[Text, ...]


@dataclass(frozen=True, slots=True)
class Guide:
    """The whole guide. Mappings are by slug and keep the guide's order."""

    patterns: Mapping[str, PatternGuide]
    strategies: Mapping[str, StrategyGuide]
    sections: Mapping[str, tuple[Text, ...]]
    texts: Mapping[str, Text]

    def text(self, slug: str) -> Text:
        """Return one text. Raises ``KeyError`` where the guide has none of that slug."""
        return self.texts[slug]

    def section(self, section: str) -> tuple[Text, ...]:
        """Return a section's texts in their order; none where nothing is loaded."""
        return self.sections.get(section, ())

    @property
    def feelings(self) -> tuple[Text, ...]:
        """Feelings a therapist may notice."""
        return self.section(Section.FEELING)

    @property
    def amplifiers(self) -> tuple[Text, ...]:
        """What may have made the feelings stronger."""
        return self.section(Section.AMPLIFIER)

    @property
    def choices(self) -> tuple[Text, ...]:
        """What may be chosen beside the four patterns: none, more than one, something else."""
        return self.section(Section.CHOICE)

    @property
    def kinds(self) -> tuple[Text, ...]:
        """Goals, tasks, bond."""
        return self.section(Section.KIND)

    @property
    def movements(self) -> tuple[Text, ...]:
        """Withdrawal, confrontation, both, unsure."""
        return self.section(Section.MOVEMENT)

    @property
    def markers(self) -> Markers:
        """The named markers, grouped by movement."""
        return Markers(self.section(Section.WITHDRAWAL), self.section(Section.CONFRONTATION))

    @property
    def items(self) -> tuple[Text, ...]:
        """The four alliance items, 0 to 10. For reflection; not validated."""
        return self.section(Section.ITEM)

    @property
    def views(self) -> tuple[Text, ...]:
        """Whose view an alliance item holds: mine, my guess at theirs, what they said."""
        return self.section(Section.VIEW)

    @property
    def steps(self) -> tuple[Text, ...]:
        """Accountability steps that substantial harm may need."""
        return self.section(Section.STEP)

    @property
    def harm_steps(self) -> tuple[Text, ...]:
        """Further steps, for when the serious-harm question is answered yes or unsure."""
        return self.section(Section.HARM_STEP)

    @property
    def contacts(self) -> tuple[Text, ...]:
        """Emergency contacts: ``title`` who, ``text`` the number, to be confirmed locally."""
        return self.section(Section.CONTACT)

    @property
    def lenses(self) -> tuple[Text, ...]:
        """What a supervisor's comment may look at."""
        return self.section(Section.LENS)

    @property
    def safety(self) -> Mapping[str, Text]:
        """The safety texts by slug (``copy-scope``, ``copy-harm`` and so on)."""
        return {text.slug: text for text in self.section(Section.SAFETY)}


KEPT_SECONDS = 60.0
_kept: tuple[float, Guide] | None = None


def guide() -> Guide:
    """Return the whole guide, read at most a minute ago; an empty one where none is loaded."""
    global _kept  # noqa: PLW0603 - one value, put in place whole
    kept = _kept
    if kept is None or time.monotonic() - kept[0] > KEPT_SECONDS:
        _kept = kept = (time.monotonic(), _read())
    return kept[1]


def forget_guide() -> None:
    """Read the guide anew at the next question: it was changed."""
    global _kept  # noqa: PLW0603
    _kept = None


def _read() -> Guide:
    """Return the whole guide in three queries."""
    rows = list(GuideText.objects.order_by("section", "order", "slug"))
    notes: dict[str, tuple[Text, ...]] = {}
    for row in rows:
        if row.beside:
            notes[row.beside] = (*notes.get(row.beside, ()), _text(row, {}))
    sections: dict[str, tuple[Text, ...]] = {}
    for row in rows:
        sections[row.section] = (*sections.get(row.section, ()), _text(row, notes))
    return Guide(
        patterns=MappingProxyType(_patterns(notes)),
        strategies=MappingProxyType(_strategies(notes)),
        sections=MappingProxyType(sections),
        texts=MappingProxyType({text.slug: text for part in sections.values() for text in part}),
    )


def _text(row: GuideText, notes: Notes) -> Text:
    unchecked = "" if row.checked == Checked.SEEN else str(Checked(row.checked).label)
    return Text(row.slug, row.title, row.text, unchecked, notes.get(row.slug, ()))


def _patterns(notes: Notes) -> dict[str, PatternGuide]:
    grouped: dict[Pattern, list[PatternPoint]] = {}
    for point in PatternPoint.objects.select_related("pattern"):
        grouped.setdefault(point.pattern, []).append(point)
    return {pattern.slug: _pattern(pattern, points, notes) for pattern, points in grouped.items()}


def _pattern(pattern: Pattern, points: list[PatternPoint], notes: Notes) -> PatternGuide:
    def of(kind: str) -> tuple[Point, ...]:
        return tuple(
            Point(row.slug, row.text, row.hint, notes.get(row.slug, ()))
            for row in points
            if row.kind == kind
        )

    return PatternGuide(
        slug=pattern.slug,
        number=pattern.order,
        title=pattern.title,
        short_title=pattern.short_title,
        opening=pattern.opening,
        thoughts=of(Kind.THOUGHT),
        blame=of(Kind.BLAME),
        contexts=of(Kind.CONTEXT),
        realities=of(Kind.REALITY),
        prompts=of(Kind.PROMPT),
    )


def _strategies(notes: Notes) -> dict[str, StrategyGuide]:
    return {
        row.slug: StrategyGuide(
            slug=row.slug,
            title=row.title,
            short_title=row.short_title,
            aim=row.aim,
            when_to_use=row.when_to_use,
            might_sound_like=row.might_sound_like,
            caveat=row.caveat,
            default_when=row.default_when,
            notes=notes.get(row.slug, ()),
        )
        for row in RepairStrategy.objects.all()
    }


def short_titles() -> dict[str, str]:
    """Return the short titles of patterns and strategies by slug, for chips."""
    book = guide()
    patterns = {slug: one.short_title for slug, one in book.patterns.items()}
    return patterns | {slug: one.short_title for slug, one in book.strategies.items()}


def evidence() -> QuerySet[Evidence]:
    """Return all evidence with its references, in two queries."""
    return Evidence.objects.prefetch_related("references")


def evidence_for_pattern(slug: str) -> QuerySet[Evidence]:
    """Return the evidence that goes with one pattern, with its references, in two queries."""
    return evidence().filter(pattern__slug=slug)


def evidence_for_strategy(slug: str) -> QuerySet[Evidence]:
    """Return the evidence that goes with one strategy, with its references, in two queries."""
    return evidence().filter(repairstrategy__slug=slug)


def references() -> QuerySet[Reference]:
    """Return every work the guide rests on, in its order."""
    return Reference.objects.all()


def texts_with_references(sections: Iterable[str]) -> QuerySet[GuideText]:
    """Return the texts of some sections, each with its references, in two queries."""
    texts = GuideText.objects.filter(section__in=sections).order_by("section", "order", "slug")
    return texts.prefetch_related("references")
