"""What somebody looks for: words and filters, and whether a document answers to them."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import cached_property
from typing import Literal

import msgspec
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from reflection.document import SAME_WORDS, Document, Label
from reflection.reading import day_of, standing_of
from reflection.search.folding import fold, pretest
from reflection.search.terms import Folded, Term, read_terms
from reflection.writings import Writing, writings

# A document begins so. One of an earlier schema is brought up to date before it is looked at.
_OF_TODAY = tuple(b'{"schema":%d,' % schema for schema in SAME_WORDS)

NOT_SAID = "not_said"


class Search(msgspec.Struct, frozen=True, omit_defaults=True):
    """A search as it was asked for. All of it is optional; empty means any.

    ``since`` and ``until`` are months, by their first days. ``standing`` may be `NOT_SAID`.
    """

    words: str = ""
    case_code: str = ""
    tag: str = ""
    pattern: str = ""
    kind: str = ""
    strategy: str = ""
    standing: str = ""
    since: date | None = None
    until: date | None = None
    shared: Literal["", "yes", "no"] = ""
    finished: Literal["", "yes", "no"] = ""

    @property
    def is_narrowed(self) -> bool:
        """Whether it asks for anything beside words."""
        return msgspec.structs.replace(self, words="") != Search()

    @property
    def asks_for_days(self) -> bool:
        """Whether the day of an entry matters to it."""
        return self.since is not None or self.until is not None


def searched(document: Document) -> list[Writing]:
    """Return every text of ``document`` that a search looks into: what was written and chosen."""
    # Tags are looked into one by one: a phrase is not found across two of them.
    written = [writing for writing in writings(document) if writing.box != "tags"]
    return [*written, *_chosen(document)]


def _chosen(document: Document) -> Iterator[Writing]:
    for passage, label, texts in _choices(document):
        for text in texts:
            yield Writing(passage, "", label, text)


def _choices(document: Document) -> Iterator[tuple[str, str | Promise, Sequence[str]]]:
    happened, reaction = document.happened, document.reaction
    yield "happened", _("Tag"), document.tags
    yield "happened", _("Where the strain was"), _texts(happened.kinds)
    yield "happened", _("Which way they moved"), _texts(filter(None, [happened.movement]))
    yield "happened", _("What I noticed"), _texts(happened.markers)
    yield "reaction", _("What I felt"), _texts(reaction.feelings)
    yield "reaction", _("What made it stronger"), _texts(reaction.amplifiers)
    yield "reaction", _("Thoughts I recognise"), _texts(reaction.patterns)
    answers = document.looking_again.answers
    yield "looking_again", _("What was asked"), [answer.question for answer in answers]
    titles = dict.fromkeys(answer.pattern_title for answer in answers)
    yield "looking_again", _("Looking again at"), list(titles)
    yield "their_side", _("What rings true for them"), _texts(document.their_side.realities)
    repair = document.repair
    yield "repair", _("Strategies"), [strategy.title for strategy in repair.strategies]
    yield "repair", _("Steps I owe"), _texts(repair.steps)
    yield "repair", _("From supervision"), [step.words for step in repair.to_act_on]
    yield "repair", _("Who said it"), list(dict.fromkeys(step.by for step in repair.to_act_on))


def _texts(labels: "Iterator[Label] | Sequence[Label]") -> list[str]:
    return [label.text for label in labels]


@dataclass(frozen=True)
class Wanted:
    """A search made ready to be held against one document after the other."""

    search: Search

    @cached_property
    def terms(self) -> tuple[Term, ...]:
        """The words and phrases, all of which an entry must have."""
        return read_terms(self.search.words)

    @cached_property
    def _case_code(self) -> list[str]:
        return fold(self.search.case_code).split()

    @cached_property
    def _tag(self) -> list[str]:
        return fold(self.search.tag).split()

    @cached_property
    def _needles(self) -> frozenset[str]:
        """What stands in the JSON of every document that may answer, once that is folded."""
        parts = [Term(tuple(words)) for words in (self._case_code, self._tag) if words]
        chosen = (self.search.pattern, self.search.kind, self.search.strategy, self._standing)
        slugs = [slug.lower() for slug in chosen if slug]
        return frozenset([*slugs, *(n for term in (*self.terms, *parts) for n in term.needles)])

    @property
    def _standing(self) -> str:
        return "" if self.search.standing == NOT_SAID else self.search.standing

    def pretest(self) -> Callable[[bytes], bool]:
        """Return what tells, at little cost, whether the document in some bytes may answer.

        Where it says no, `is_answered_by` would too. A document of an earlier schema may not yet
        hold what it will when it is brought up to date.
        """
        if not self._needles:
            return lambda raw: True
        return pretest(self._needles, begins=_OF_TODAY)

    def is_answered_by(self, document: Document, created_at: datetime | None = None) -> bool:
        """Tell whether ``document`` has all the terms and passes the filters on what it holds.

        ``created_at`` is needed only where the search `Search.asks_for_days`.
        """
        if not self._is_chosen(document):
            return False
        if created_at is not None and not self._is_within(day_of(document, created_at)):
            return False
        waiting = list(self.terms)
        for writing in searched(document) if waiting else ():
            text = Folded(writing.text)
            waiting = [term for term in waiting if not text.holds(term)]
        return not waiting

    def _is_chosen(self, document: Document) -> bool:
        search, happened = self.search, document.happened
        held = (
            (search.pattern, [label.slug for label in document.reaction.patterns]),
            (search.kind, [label.slug for label in happened.kinds]),
            (search.strategy, [strategy.slug for strategy in document.repair.strategies]),
            (search.standing, [standing_of(document) or NOT_SAID]),
        )
        if any(wanted and wanted not in slugs for wanted, slugs in held):
            return False
        if self._case_code and self._case_code != fold(happened.case_code).split():
            return False
        return not self._tag or self._tag in [fold(tag).split() for tag in document.tags]

    def _is_within(self, day: date) -> bool:
        month = day.replace(day=1)
        since, until = self.search.since, self.search.until
        return (since is None or month >= since) and (until is None or month <= until)
