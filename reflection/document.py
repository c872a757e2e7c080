"""What a reflection is: one typed document, kept whole inside the ciphertext.

Everything is optional. What the guide said is copied in (`Label`, `Answer`), so that a later edit
of the guide never changes an old reflection. ``SCHEMA`` grows with the shape; `decode` brings an
older document up to date through ``UPGRADES``.
"""

from collections.abc import Callable
from datetime import date, datetime
from typing import Any, Literal
from uuid import UUID

import msgspec

from vault.crypto import CannotOpen

SCHEMA = 2
# In these every word stands where it does today, so that a search may test it before it is decoded.
SAME_WORDS = (1, SCHEMA)

# What opening an entry raises where its ciphertext, or what is inside, is not as it was sealed.
UNREADABLE = (CannotOpen, msgspec.MsgspecError)

PassageSlug = Literal["happened", "reaction", "looking_again", "their_side", "repair"]
PASSAGES: tuple[PassageSlug, ...] = (
    "happened",
    "reaction",
    "looking_again",
    "their_side",
    "repair",
)


class Label(msgspec.Struct, frozen=True, omit_defaults=True):
    """A choice from the guide with the words it had when it was chosen."""

    slug: str
    text: str


class Answer(msgspec.Struct, frozen=True, omit_defaults=True):
    """What was written to one of the guide's prompts, beside the prompt as it then read."""

    prompt: str
    question: str
    pattern: str
    pattern_title: str
    text: str


class Items(msgspec.Struct, frozen=True, omit_defaults=True):
    """Four plain alliance items, 0 to 10 or unsaid. For reflection; not validated."""

    goals: int | None = None
    tasks: int | None = None
    bond: int | None = None
    strain: int | None = None


class Alliance(msgspec.Struct, frozen=True, omit_defaults=True):
    """The four items at one time: my view, my guess at theirs, what they said, kept apart."""

    mine: Items = Items()
    guess: Items = Items()
    said: Items = Items()


class Happened(msgspec.Struct, frozen=True, omit_defaults=True):
    """What happened. ``occurred_on`` is the therapy session's day, ``strain`` 0 to 5."""

    case_code: str = ""
    occurred_on: date | None = None
    took_place: str = ""
    client_words: str = ""
    surfaced: str = ""
    kinds: tuple[Label, ...] = ()
    movement: Label | None = None
    markers: tuple[Label, ...] = ()
    strain: int | None = None
    before: Alliance = Alliance()
    after: Alliance = Alliance()


class Reaction(msgspec.Struct, frozen=True, omit_defaults=True):
    """My reaction. ``patterns`` are those recognised; none and something else stand apart."""

    feelings: tuple[Label, ...] = ()
    amplifiers: tuple[Label, ...] = ()
    patterns: tuple[Label, ...] = ()
    no_pattern: bool = False
    something_else: str = ""
    own_words: str = ""


class LookingAgain(msgspec.Struct, frozen=True, omit_defaults=True):
    """Answers to the prompts of the chosen patterns, and always my part in it."""

    answers: tuple[Answer, ...] = ()
    my_part: str = ""


class TheirSide(msgspec.Struct, frozen=True, omit_defaults=True):
    """Which client realities ring true, and a few lines in the client's voice."""

    realities: tuple[Label, ...] = ()
    their_voice: str = ""


class Strategy(msgspec.Struct, frozen=True, omit_defaults=True):
    """A repair strategy chosen for now or for later, with words I might use."""

    slug: str
    title: str
    when: Literal["now", "later"] = "now"


class AgreedStep(msgspec.Struct, frozen=True, omit_defaults=True):
    """A step taken over from supervision: its words, who said them, and when it was done.

    ``source`` finds it again; what it names is no matter of the journal's.
    """

    source: str
    words: str
    by: str
    noted_at: datetime
    done_on: date | None = None


class Repair(msgspec.Struct, frozen=True, omit_defaults=True):
    """The plan. ``serious_harm`` is yes, no, unsure or unsaid; ``steps`` are accountability.

    ``to_act_on`` came from supervision, in the order it was taken over.
    """

    strategies: tuple[Strategy, ...] = ()
    words: str = ""
    plan: str = ""
    serious_harm: Literal["", "yes", "no", "unsure"] = ""
    steps: tuple[Label, ...] = ()
    to_act_on: tuple[AgreedStep, ...] = ()


class LookBack(msgspec.Struct, frozen=True, omit_defaults=True):
    """One return to the reflection: what I did, how they met it, where it stands.

    ``occurred_on`` is the day it is about; where none is given, the day it was noted.
    """

    noted_at: datetime
    occurred_on: date | None = None
    did: str = ""
    met: str = ""
    standing: Literal[
        "", "open", "raised", "partly", "repaired", "not_repaired", "ended", "false_alarm"
    ] = ""
    alliance: Alliance = Alliance()
    learned: str = ""


class Change(msgspec.Struct, frozen=True):
    """Which revision last changed a passage, and where it came from.

    ``page`` is a random token of one opened page, ``turn`` counts the saves that page has sent.
    """

    revision: int
    page: str = ""
    turn: int = 0


class Document(msgspec.Struct, frozen=True):
    """A whole reflection. ``changed`` says of each passage when it last changed.

    ``kept_identifiers`` are details the author was asked about and kept knowingly, as written.
    ``tags`` are the author's own; no passage, and never part of what is shared. ``begun_from`` is
    the id of what somebody was reading when they began this; it is shared with nobody.
    """

    schema: int = SCHEMA
    title: str = ""
    happened: Happened = Happened()
    reaction: Reaction = Reaction()
    looking_again: LookingAgain = LookingAgain()
    their_side: TheirSide = TheirSide()
    repair: Repair = Repair()
    looking_back: tuple[LookBack, ...] = ()
    changed: dict[str, Change] = {}
    kept_identifiers: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    barred: tuple[UUID, ...] = ()
    begun_from: str = ""


def _with_days_of_looks(raw: dict[str, Any]) -> dict[str, Any]:
    """Return schema 1 as 2: a look back has a day, and none given is the day it was noted."""
    return {**raw, "schema": 2}


UPGRADES: dict[int, Callable[[dict[str, Any]], dict[str, Any]]] = {1: _with_days_of_looks}


def encode(document: Document) -> bytes:
    """Return the document as JSON."""
    return msgspec.json.encode(document)


def decode(data: bytes) -> Document:
    """Return the document in ``data``, brought up to ``SCHEMA``.

    Raises ``msgspec.ValidationError`` where it is no document of a schema known here.
    """
    if data.startswith(_OF_TODAY):
        return msgspec.json.decode(data, type=Document)
    schema = msgspec.json.decode(data, type=_Versioned).schema
    if schema == SCHEMA:
        return msgspec.json.decode(data, type=Document)
    raw: dict[str, Any] = msgspec.json.decode(data)
    while schema != SCHEMA:
        if schema not in UPGRADES:
            raise msgspec.ValidationError(f"No way from schema {schema} to {SCHEMA}.")
        raw = UPGRADES[schema](raw)
        schema = raw["schema"]
    return msgspec.convert(raw, type=Document)


class _Versioned(msgspec.Struct):
    schema: int


# How `encode` begins: what begins so need not be asked for its schema first.
_OF_TODAY = b'{"schema":%d,' % SCHEMA


class Block(msgspec.Struct, frozen=True, omit_defaults=True):
    """A piece of a passage as it is read: a label, then prose or a list of short items."""

    label: str
    text: str = ""
    items: tuple[str, ...] = ()
    style: Literal["prose", "quote", "list"] = "prose"


class Passage(msgspec.Struct, frozen=True, omit_defaults=True):
    """A passage as it is read back, shared, printed and exported."""

    slug: str
    title: str
    blocks: tuple[Block, ...] = ()
