"""The guide as the forms and pages read it: three queries, whatever its size.

`guide` is read afresh for each page rather than kept in the process: a load, or a correction by
the operator, shows at once in every worker, and three small reads are cheaper than being wrong.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from django.db.models import Prefetch, QuerySet

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
class Point:
    """One sentence of a pattern. ``hint`` is a smaller line under a prompt, or empty."""

    slug: str
    text: str
    hint: str = ""


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
    """A repair strategy. ``default_when`` is "now" or "later"."""

    slug: str
    title: str
    short_title: str
    aim: str
    when_to_use: str
    might_sound_like: str
    caveat: str
    default_when: str


@dataclass(frozen=True, slots=True)
class Text:
    """A text of the guide. ``unchecked`` says what is wanting ("unchecked"), or is empty."""

    slug: str
    title: str
    text: str
    beside: str = ""
    unchecked: str = ""

    @property
    def label(self) -> str:
        """Return what a form's choice says: the title, or the text where there is none."""
        return self.title or self.text


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

    def beside(self, slug: str) -> tuple[Text, ...]:
        """Return the texts that always stand next to the text or point called ``slug``."""
        return tuple(text for text in self.texts.values() if text.beside == slug)

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


def guide() -> Guide:
    """Return the whole guide in three queries; an empty one where none is loaded."""
    texts = GuideText.objects.order_by("section", "order")
    sections: dict[str, tuple[Text, ...]] = {}
    for row in texts:
        sections[row.section] = (*sections.get(row.section, ()), _text(row))
    return Guide(
        patterns=MappingProxyType(_patterns()),
        strategies=MappingProxyType(_strategies()),
        sections=MappingProxyType(sections),
        texts=MappingProxyType({text.slug: text for part in sections.values() for text in part}),
    )


def _patterns() -> dict[str, PatternGuide]:
    grouped: dict[Pattern, list[PatternPoint]] = {}
    for point in PatternPoint.objects.select_related("pattern"):
        grouped.setdefault(point.pattern, []).append(point)
    return {pattern.slug: _pattern(pattern, points) for pattern, points in grouped.items()}


def _pattern(pattern: Pattern, points: list[PatternPoint]) -> PatternGuide:
    def of(kind: str) -> tuple[Point, ...]:
        return tuple(Point(row.slug, row.text, row.hint) for row in points if row.kind == kind)

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


def _strategies() -> dict[str, StrategyGuide]:
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
        )
        for row in RepairStrategy.objects.all()
    }


def _text(row: GuideText) -> Text:
    unchecked = "" if row.checked == Checked.SEEN else str(Checked(row.checked).label)
    return Text(row.slug, row.title, row.text, row.beside, unchecked)


def _with_references() -> QuerySet[Evidence]:
    return Evidence.objects.prefetch_related("references")


def patterns_with_evidence() -> QuerySet[Pattern]:
    """Return the patterns, each with its evidence and references, in three queries."""
    return Pattern.objects.prefetch_related(Prefetch("evidence", _with_references()))


def strategies_with_evidence() -> QuerySet[RepairStrategy]:
    """Return the strategies, each with its evidence and references, in three queries."""
    return RepairStrategy.objects.prefetch_related(Prefetch("evidence", _with_references()))


def evidence() -> QuerySet[Evidence]:
    """Return all evidence with its references, in two queries."""
    return _with_references()


def references() -> QuerySet[Reference]:
    """Return every work the guide rests on, in its order."""
    return Reference.objects.all()


def texts_with_references(slugs: Iterable[str]) -> QuerySet[GuideText]:
    """Return the texts named, each with its references, in two queries."""
    return GuideText.objects.filter(slug__in=slugs).prefetch_related("references")
