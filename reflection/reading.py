"""A reflection as it is read: the same blocks for reading back, sharing, printing and export."""

from collections.abc import Iterable
from datetime import date, datetime, timedelta
from typing import Any

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.functional import Promise
from django.utils.translation import gettext, gettext_lazy, ngettext
from django.utils.translation import gettext_lazy as _

from reflection.document import (
    PASSAGES,
    AgreedStep,
    Alliance,
    Block,
    Document,
    Items,
    Label,
    LookBack,
    Passage,
)

PASSAGE_TITLES: dict[str, Promise] = {
    "happened": _("What happened"),
    "reaction": _("My reaction"),
    "looking_again": _("Looking again"),
    "their_side": _("Their side"),
    "repair": _("Repair"),
    "looking_back": _("Looking back"),
}
STANDINGS: dict[str, Promise] = {
    "open": _("open"),
    "raised": _("raised"),
    "partly": _("partly repaired"),
    "repaired": _("repaired"),
    "not_repaired": _("not repaired"),
    "ended": _("ended"),
    "false_alarm": _("false alarm"),
}
SERIOUS_HARM: dict[str, Promise] = {
    "yes": _("Yes, there may have been serious harm"),
    "no": _("No"),
    "unsure": _("I am not sure"),
}
ALLIANCE_ITEMS: dict[str, Promise] = {
    "goals": _("Heading for the same place"),
    "tasks": _("Our way of working suited us both"),
    "bond": _("Steady and trusting connection"),
    "strain": _("How strained things felt"),
}
ALLIANCE_VIEWS: dict[str, Promise] = {
    "mine": _("My view"),
    "guess": _("My guess at theirs"),
    "said": _("What they said"),
}
NEVER_NAMED = gettext_lazy("Untitled")
TITLE_LENGTH = 60


def is_named(document: Document) -> bool:
    """Return whether its writer gave it a title, or a case code to go by."""
    return bool(document.title or document.happened.case_code)


def title_of(document: Document) -> str:
    """Return the entry's title, its case code, or its first words; «Untitled» if it has none."""
    named = document.title or document.happened.case_code
    return named or opening_of(document, TITLE_LENGTH) or str(NEVER_NAMED)


def opening_of(document: Document, length: int = 180) -> str:
    """Return the first words written, at most ``length`` characters, cut between words."""
    candidates = (
        document.happened.took_place,
        document.reaction.own_words,
        document.looking_again.my_part,
        document.their_side.their_voice,
        document.repair.plan,
    )
    return shortened(next((words for words in candidates if words.strip()), ""), length)


def shortened(text: str, length: int = 180) -> str:
    """Return ``text`` on one line, at most ``length`` characters, cut between words."""
    beginning = 2 * length  # Of a long text no more is looked at, unless it is mostly space.
    shown = " ".join(text[:beginning].split())
    if len(shown) <= length and len(text) > beginning:
        shown = " ".join(text.split())
    if len(shown) <= length:
        return shown
    return shown[:length].rsplit(" ", 1)[0] + "…"


def standing_of(document: Document) -> str:
    """Return where it stands: the latest look back's slug that says so, or an empty string."""
    noted = (look.standing for look in reversed(document.looking_back))
    return next((standing for standing in noted if standing), "")


# A day further off than this from the writing is a slip of the keyboard.
_LONGEST_AGO = timedelta(days=366 * 60)


def day_of(document: Document, created_at: datetime) -> date:
    """Return the day of the therapy session, or else the day the entry was begun.

    So too where the noted day cannot be meant: after the entry was begun, or a lifetime before.
    """
    begun = timezone.localdate(created_at)
    noted = document.happened.occurred_on
    return noted if noted is not None and is_likely(noted, seen_from=begun) else begun


def day_of_look(look: LookBack) -> date:
    """Return the day a look back is about, or else the day it was noted."""
    noted = timezone.localdate(look.noted_at)
    day = look.occurred_on
    return day if day is not None and is_likely(day, seen_from=noted) else noted


def is_likely(day: date, *, seen_from: date) -> bool:
    """Tell whether ``day`` can be meant by somebody who writes on the day ``seen_from``."""
    # Somebody may write ahead of the server's midnight, or note the day by mistake as tomorrow's.
    return timedelta(days=-1) <= seen_from - day <= _LONGEST_AGO


def in_order_of_days(looks: Iterable[LookBack]) -> tuple[LookBack, ...]:
    """Return ``looks`` as they stand in a reflection: by their days, then as they were noted."""
    return tuple(sorted(looks, key=lambda look: (day_of_look(look), look.noted_at)))


def doubt_about_day(document: Document) -> str:
    """Return a question about a noted day that cannot be meant today, or an empty string."""
    noted = document.happened.occurred_on
    if noted is None or is_likely(noted, seen_from=timezone.localdate()):
        return ""
    return gettext(
        "Is this day right? It reads %(day)s. It is kept as you typed it; until it is put right, "
        "lists and insights go by the day you began writing."
    ) % {"day": date_format(noted)}


def passages(document: Document, *, only: Iterable[str] | None = None) -> list[Passage]:
    """Return the passages that hold something, in order, as they are read.

    ``only`` limits them to those slugs. *Looking back* comes last and is one passage, however
    often it was done.
    """
    wanted = set(only) if only is not None else {*PASSAGES, "looking_back"}
    built = (
        Passage(slug=slug, title=str(PASSAGE_TITLES[slug]), blocks=tuple(_BLOCKS[slug](document)))
        for slug in _BLOCKS
        if slug in wanted
    )
    return [passage for passage in built if passage.blocks]


def _prose(label: str | Promise, text: str, style: Any = "prose") -> list[Block]:
    return [Block(label=str(label), text=text, style=style)] if text.strip() else []


def _listed(label: str | Promise, items: Iterable[str]) -> list[Block]:
    found = tuple(items)
    return [Block(label=str(label), items=found, style="list")] if found else []


def _texts(labels: Iterable[Label]) -> list[str]:
    return [label.text for label in labels]


def _alliance(label: str | Promise, alliance: Alliance) -> list[Block]:
    rows = []
    for slug, view in ALLIANCE_VIEWS.items():
        items: Items = getattr(alliance, slug)
        said = [
            gettext("%(item)s: %(number)d of 10") % {"item": name, "number": number}
            for key, name in ALLIANCE_ITEMS.items()
            if (number := getattr(items, key)) is not None
        ]
        if said:
            rows.append(f"{view}. " + "; ".join(said))
    return _listed(label, rows)


def _happened(document: Document) -> list[Block]:
    part = document.happened
    facts = []
    if part.case_code:
        facts.append(part.case_code)
    if part.occurred_on:
        facts.append(date_format(part.occurred_on))
    blocks = _listed(_("Case code and day"), [", ".join(facts)] if facts else [])
    blocks += _prose(_("What took place"), part.took_place)
    blocks += _prose(_("The client's words"), part.client_words, "quote")
    blocks += _prose(_("How it surfaced"), part.surfaced)
    blocks += _listed(_("Where the strain was"), _texts(part.kinds))
    if part.movement:
        blocks += _listed(_("Which way they moved"), [part.movement.text])
    blocks += _listed(_("What I noticed"), _texts(part.markers))
    if part.strain is not None:
        blocks += _listed(_("Strain"), [gettext("%(number)d of 5") % {"number": part.strain}])
    blocks += _alliance(_("Between us before"), part.before)
    return blocks + _alliance(_("Between us after"), part.after)


def _reaction(document: Document) -> list[Block]:
    part = document.reaction
    blocks = _listed(_("What I felt"), _texts(part.feelings))
    blocks += _listed(_("What made it stronger"), _texts(part.amplifiers))
    thoughts = _texts(part.patterns)
    if part.no_pattern:
        thoughts.append(gettext("None of these"))
    blocks += _listed(_("Thoughts I recognise"), thoughts)
    blocks += _prose(_("Something else that went through my mind"), part.something_else)
    return blocks + _prose(_("In my own words"), part.own_words)


def _looking_again(document: Document) -> list[Block]:
    part = document.looking_again
    blocks = [block for answer in part.answers for block in _prose(answer.question, answer.text)]
    return blocks + _prose(_("My part in it"), part.my_part)


def _their_side(document: Document) -> list[Block]:
    part = document.their_side
    blocks = _listed(_("What rings true for them"), _texts(part.realities))
    return blocks + _prose(_("In their voice"), part.their_voice, "quote")


def _repair(document: Document) -> list[Block]:
    part = document.repair
    now = [strategy.title for strategy in part.strategies if strategy.when == "now"]
    later = [strategy.title for strategy in part.strategies if strategy.when == "later"]
    blocks = _listed(_("Now"), now)
    blocks += _listed(_("Later"), later)
    blocks += _prose(_("My plan"), part.plan)
    blocks += _prose(_("Words I might use"), part.words, "quote")
    if part.serious_harm:
        blocks += _listed(_("Serious harm"), [str(SERIOUS_HARM[part.serious_harm])])
    blocks += _listed(_("Steps I owe"), _texts(part.steps))
    return blocks + _listed(_("From supervision"), map(_agreed, part.to_act_on))


def _agreed(step: AgreedStep) -> str:
    if step.done_on is None:
        return step.words
    return gettext("%(words)s (done on %(day)s)") % {
        "words": step.words,
        "day": date_format(step.done_on),
    }


def _looking_back(document: Document) -> list[Block]:
    return [block for look in document.looking_back for block in _look(look)]


def _look(look: LookBack) -> list[Block]:
    day = date_format(day_of_look(look))
    head = f"{day}: {STANDINGS[look.standing]}" if look.standing else day
    blocks = [Block(label=head)]
    blocks += _prose(_("What I did"), look.did)
    blocks += _prose(_("How they met it"), look.met)
    blocks += _alliance(_("Between us now"), look.alliance)
    return blocks + _prose(_("What I learned"), look.learned)


_BLOCKS = {
    "happened": _happened,
    "reaction": _reaction,
    "looking_again": _looking_again,
    "their_side": _their_side,
    "repair": _repair,
    "looking_back": _looking_back,
}


_EMPTY = Document()


def written(document: Document) -> list[str]:
    """Return which of the five passages hold something, without reading them."""
    return [slug for slug in PASSAGES if getattr(document, slug) != getattr(_EMPTY, slug)]


def count_written(document: Document) -> int:
    """Return how many of the five passages hold something."""
    return len(written(document))


def progress_of(document: Document) -> str:
    """Return, in words, how many passages hold something."""
    number = count_written(document)
    return ngettext("%(number)d of 5 passages", "%(number)d of 5 passages", number) % {
        "number": number
    }
