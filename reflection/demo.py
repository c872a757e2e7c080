"""The demo's reflections: a readable file each, in slugs, and the `Document` that comes of it.

Days are told as ``2w tue`` (the Tuesday two weeks before this one) and moments as ``2w tue 20:52``,
so that therapy sessions fall on working days whenever the demo is made. Prose is wrapped in the
file: lines of a paragraph are joined, an empty line parts two, and a list keeps its lines.
"""

import re
from collections.abc import Iterable, Mapping
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Literal
from zoneinfo import ZoneInfo

import msgspec
from django.utils import timezone

from reflection.document import (
    Alliance,
    Answer,
    Document,
    Happened,
    Label,
    LookBack,
    LookingAgain,
    Reaction,
    Repair,
    Strategy,
    TheirSide,
)
from reflection.queries.guide import Guide, Text

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_DAY = re.compile(rf"(?P<weeks>\d+)w (?P<weekday>{'|'.join(WEEKDAYS)})")
_AHEAD = re.compile(r"in (?P<days>\d+) days?")


class NotInTheGuide(ValueError):
    """A demo file names a slug that the guide does not have."""


class _Told(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a file says; a misspelt field is refused rather than lost."""


class HappenedTold(_Told, frozen=True):
    """*What happened*, with slugs for the guide's words."""

    case_code: str = ""
    occurred_on: str = ""
    took_place: str = ""
    client_words: str = ""
    surfaced: str = ""
    kinds: tuple[str, ...] = ()
    movement: str = ""
    markers: tuple[str, ...] = ()
    strain: int | None = None
    before: Alliance = Alliance()
    after: Alliance = Alliance()


class ReactionTold(_Told, frozen=True):
    """*My reaction*."""

    feelings: tuple[str, ...] = ()
    amplifiers: tuple[str, ...] = ()
    patterns: tuple[str, ...] = ()
    no_pattern: bool = False
    something_else: str = ""
    own_words: str = ""


class LookingAgainTold(_Told, frozen=True):
    """*Looking again*: answers by the slug of their prompt."""

    answers: dict[str, str] = {}
    my_part: str = ""


class TheirSideTold(_Told, frozen=True):
    """*Their side*."""

    realities: tuple[str, ...] = ()
    their_voice: str = ""


class RepairTold(_Told, frozen=True):
    """*Repair*: strategies by slug, each for now or for later."""

    strategies: dict[str, Literal["now", "later"]] = {}
    plan: str = ""
    words: str = ""
    serious_harm: Literal["", "yes", "no", "unsure"] = ""
    steps: tuple[str, ...] = ()


class LookBackTold(_Told, frozen=True):
    """One *Looking back*."""

    noted_at: str
    did: str = ""
    met: str = ""
    standing: str = ""
    alliance: Alliance = Alliance()
    learned: str = ""


class Vignette(_Told, frozen=True):
    """One file: whose entry it is, when it was written, and the six passages.

    ``is_capture`` says that it was set down in one box and not gone on with.
    """

    author: str
    begun: str
    finished: str = ""
    follow_up: str = ""
    title: str = ""
    tags: tuple[str, ...] = ()
    is_capture: bool = False
    happened: HappenedTold = HappenedTold()
    reaction: ReactionTold = ReactionTold()
    looking_again: LookingAgainTold = LookingAgainTold()
    their_side: TheirSideTold = TheirSideTold()
    repair: RepairTold = RepairTold()
    looking_back: tuple[LookBackTold, ...] = ()


def read_vignettes(folder: Path) -> dict[str, Vignette]:
    """Return the vignettes of ``folder`` by file name, without its ending.

    Raises ``msgspec.ValidationError`` for a file that says something else than a vignette does.
    """
    return {
        path.stem: msgspec.yaml.decode(path.read_bytes(), type=Vignette)
        for path in sorted(folder.glob("*.yaml"))
    }


# --- When ----------------------------------------------------------------------------------------


def told_day(told: str, today: date) -> date:
    """Return the day of ``2w tue``, ``today`` or ``in 3 days``. Raises ``ValueError``."""
    if told == "today":
        return today
    if ahead := _AHEAD.fullmatch(told):
        return today + timedelta(days=int(ahead["days"]))
    if not (ago := _DAY.fullmatch(told)):
        raise ValueError(f"“{told}” is not a day like “2w tue”, “today” or “in 3 days”.")
    monday = today - timedelta(days=today.weekday(), weeks=int(ago["weeks"]))
    return monday + timedelta(days=WEEKDAYS.index(ago["weekday"]))


def told_moment(told: str, today: date, zone: ZoneInfo) -> datetime:
    """Return the moment of ``2w tue 20:52`` in ``zone``. Raises ``ValueError``."""
    day, _space, clock = told.rpartition(" ")
    return datetime.combine(told_day(day, today), time.fromisoformat(clock), tzinfo=zone)


# --- What ----------------------------------------------------------------------------------------


def unwrapped(prose: str) -> str:
    """Return ``prose`` as it was written before it was wrapped for the file."""
    return re.sub(r"(?<!\n)\n(?!\n|- |\d+\. )", " ", prose.strip())


class DemoDocuments:
    """Turns vignettes into documents, with the guide's words put in place of its slugs."""

    def __init__(self, guide: Guide, today: date, zone: ZoneInfo | None = None) -> None:
        self.guide = guide
        self.today = today
        self.zone = zone or ZoneInfo(timezone.get_default_timezone_name())

    def document(self, told: Vignette) -> Document:
        """Return the entry as it stood when it was finished, before any look back.

        Raises ``NotInTheGuide`` and ``ValueError``.
        """
        return Document(
            title=told.title,
            tags=told.tags,
            happened=self._happened(told.happened),
            reaction=self._reaction(told.reaction),
            looking_again=self._looking_again(told.looking_again),
            their_side=self._their_side(told.their_side),
            repair=self._repair(told.repair),
        )

    def look_back(self, told: LookBackTold) -> LookBack:
        """Return one look back."""
        looked = {
            "noted_at": told_moment(told.noted_at, self.today, self.zone),
            "did": unwrapped(told.did),
            "met": unwrapped(told.met),
            "standing": told.standing,
            "alliance": told.alliance,
            "learned": unwrapped(told.learned),
        }
        return msgspec.convert(looked, type=LookBack)

    def _happened(self, told: HappenedTold) -> Happened:
        movements = _chosen([told.movement] if told.movement else [], self.guide.movements)
        markers = (*self.guide.markers.withdrawal, *self.guide.markers.confrontation)
        return Happened(
            case_code=told.case_code,
            occurred_on=told_day(told.occurred_on, self.today) if told.occurred_on else None,
            took_place=unwrapped(told.took_place),
            client_words=unwrapped(told.client_words),
            surfaced=unwrapped(told.surfaced),
            kinds=_chosen(told.kinds, self.guide.kinds),
            movement=movements[0] if movements else None,
            markers=_chosen(told.markers, markers),
            strain=told.strain,
            before=told.before,
            after=told.after,
        )

    def _reaction(self, told: ReactionTold) -> Reaction:
        titles = {slug: pattern.title for slug, pattern in self.guide.patterns.items()}
        return Reaction(
            feelings=_chosen(told.feelings, self.guide.feelings),
            amplifiers=_chosen(told.amplifiers, self.guide.amplifiers),
            patterns=_labels(told.patterns, titles),
            no_pattern=told.no_pattern,
            something_else=unwrapped(told.something_else),
            own_words=unwrapped(told.own_words),
        )

    def _looking_again(self, told: LookingAgainTold) -> LookingAgain:
        asked = {
            prompt.slug: (prompt, pattern)
            for pattern in self.guide.patterns.values()
            for prompt in pattern.prompts
        }
        _refuse_unknown(told.answers, asked)
        answers = tuple(
            Answer(
                prompt=slug,
                question=prompt.text,
                pattern=pattern.slug,
                pattern_title=pattern.title,
                text=unwrapped(told.answers[slug]),
            )
            for slug, (prompt, pattern) in asked.items()
            if slug in told.answers
        )
        return LookingAgain(answers=answers, my_part=unwrapped(told.my_part))

    def _their_side(self, told: TheirSideTold) -> TheirSide:
        texts = {
            reality.slug: reality.text
            for pattern in self.guide.patterns.values()
            for reality in pattern.realities
        }
        return TheirSide(
            realities=_labels(told.realities, texts), their_voice=unwrapped(told.their_voice)
        )

    def _repair(self, told: RepairTold) -> Repair:
        _refuse_unknown(told.strategies, self.guide.strategies)
        strategies = tuple(
            Strategy(slug=slug, title=strategy.title, when=told.strategies[slug])
            for slug, strategy in self.guide.strategies.items()
            if slug in told.strategies
        )
        return Repair(
            strategies=strategies,
            plan=unwrapped(told.plan),
            words=unwrapped(told.words),
            serious_harm=told.serious_harm,
            steps=_chosen(told.steps, (*self.guide.steps, *self.guide.harm_steps)),
        )


def _chosen(slugs: Iterable[str], texts: Iterable[Text]) -> tuple[Label, ...]:
    return _labels(slugs, {text.slug: text.label for text in texts})


def _labels(slugs: Iterable[str], texts: Mapping[str, str]) -> tuple[Label, ...]:
    """Return the labels chosen, in the guide's order: so does the form that wrote them."""
    chosen = set(slugs)
    _refuse_unknown(chosen, texts)
    return tuple(Label(slug, text) for slug, text in texts.items() if slug in chosen)


def _refuse_unknown(slugs: Iterable[str], known: Mapping[str, object]) -> None:
    if unknown := sorted(set(slugs) - set(known)):
        raise NotInTheGuide(f"The guide has no {', '.join(unknown)}.")
