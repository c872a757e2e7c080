"""Whatever two tabs do to one reflection, in whatever order it arrives, no text is lost.

The promise, exactly: a text that Mend said was saved, or that got a conflict for an answer, is in
the current text or in an earlier one that is kept. The one exception is what the same opened page
replaced itself within five minutes, a few words at a time: while somebody types, not every pause is
kept. What takes a sentence or more away is not that: the text it was in is kept. Nor does it hold
for what an older save of that page would replace by arriving late, nor for looks back, nor for what
was kept of a sealed draft: those are pressed, and all of them stay. And what another page wrote
unseen is never replaced without a conflict.
"""

import itertools
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest
import time_machine
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from accounts.models import User
from reflection import actions
from reflection.document import Document, LookBack
from reflection.models import Entry, EntryVersion
from reflection.writings import writings
from tests import factories
from vault.crypto import VaultKeys

pytestmark = pytest.mark.django_db

BOXES = {"happened": "took_place", "reaction": "own_words"}
TABS, PASSAGES = st.sampled_from((0, 1)), st.sampled_from(tuple(BOXES))
START = datetime(2026, 5, 4, 9, tzinfo=UTC)


def text_in(document: Document, passage: str) -> str:
    found: str = getattr(getattr(document, passage), BOXES[passage])
    return found


def typed(passage: str, text: str) -> actions.Rewrite:
    """Return what a form makes of ``text`` in the one box of ``passage``."""

    def rewrite(document: Document) -> Document:
        part: Any = getattr(document, passage)
        part = msgspec.structs.replace(part, **{BOXES[passage]: text})
        return msgspec.structs.replace(document, **{passage: part})

    return rewrite


@dataclass
class Save:
    """One request on its way: it may arrive late, twice, or after a newer one."""

    passage: str
    text: str
    source: actions.Source
    keeps_standing: bool = False


@dataclass
class Tab:
    """A passage opened in a tab: each opening is a page of its own, with its count of saves."""

    page: str
    revision: int
    turn: int = 0
    on_its_way: list[Save] = field(default_factory=list)


@dataclass
class Standing:
    """What a passage says now: who wrote it, and when."""

    text: str
    page: str
    at: datetime
    turn: int = 0
    revision: int = 0

    def is_unseen_by(self, save: Save) -> bool:
        """Tell whether another page wrote this after that of ``save`` was opened."""
        source = save.source
        return (
            self.revision > source.revision
            and self.text != save.text
            and (not source.page or source.page != self.page)
        )


@dataclass
class OpenLook:
    """A look back opened in a tab to be changed: which, and the revision it was opened on."""

    noted_at: datetime
    revision: int


class TwoTabs(RuleBasedStateMachine):
    """Two tabs on one reflection, each with both of its passages open."""

    owner: User
    keys: VaultKeys

    def __init__(self) -> None:
        super().__init__()
        self.clock = time_machine.travel(START, tick=False)
        self.now = self.clock.start()
        self.counter = itertools.count(1)
        self.tabs: dict[tuple[int, str], Tab] = {}
        self.standing: dict[str, Standing] = {}
        self.owed: set[str] = set()
        self.looks: dict[int, OpenLook] = {}

    def teardown(self) -> None:
        self.clock.stop()

    def entry(self) -> Entry:
        return Entry.objects.get(pk=self.pk)

    def new_text(self, words: int = 2) -> str:
        number = next(self.counter)
        return " ".join(f"text {number}.{word}" for word in range(words // 2))

    def own(self) -> dict[str, Any]:
        return {"by": self.owner, "keys": self.keys, "pk": self.pk}

    def stands(self, passage: str, text: str, page: str, turn: int = 0) -> None:
        """Note what a passage says now, and whether what it said before may be gone."""
        now, before = datetime.now(UTC), self.standing.get(passage)
        if (before.text if before else "") == text:
            return
        is_recent = before and before.page == page and now - before.at < actions.KEEP_EVERY
        if before and is_recent and len(before.text.split()) < actions.MANY_WORDS:
            self.owed.discard(before.text)
        self.standing[passage] = Standing(text, page, now, turn, self.entry().revision)
        self.owed.add(text)

    def carry_out(self, save: Save) -> actions.Saved | actions.Conflict:
        before = self.standing.get(save.passage)
        outcome = actions.save_passage(
            **self.own(),
            passage=save.passage,
            rewrite=typed(save.passage, save.text),
            source=save.source,
            keeps_standing=save.keeps_standing,
        )
        if before and before.is_unseen_by(save):
            assert isinstance(outcome, actions.Conflict), "what was written unseen was replaced"
        if isinstance(outcome, actions.Conflict):
            self.owed.add(save.text)
        elif text_in(outcome.document, save.passage) == save.text:
            if before and before.page == save.source.page != "":
                assert before.turn <= save.source.turn, "an older save overtook a newer one"
            self.stands(save.passage, save.text, save.source.page, save.source.turn)
            if before and save.keeps_standing:
                self.owed.add(before.text)
        else:  # Said to be saved, because the same page has sent something newer since.
            assert self.standing[save.passage].page == save.source.page
        return outcome

    def others_late(self, passage: str) -> None:
        """Read what stands after something that was not typed into a tab."""
        self.stands(passage, text_in(self.entry().open(self.keys), passage), "")

    @initialize(is_capture=st.booleans())
    def begin(self, is_capture: bool) -> None:
        """Begin on the page of a passage, or by a capture, which is a page of its own."""
        text = self.new_text()
        entry = actions.begin_entry(
            by=self.owner,
            keys=self.keys,
            document=typed("happened", text)(Document()),
            source=None if is_capture else actions.Source(0, "first", 1),
            is_capture=is_capture,
        )
        self.pk = entry.pk
        self.stands("happened", text, "capture" if is_capture else "first")
        for tab in (0, 1):
            for passage in BOXES:
                self.open_passage(tab, passage)

    @rule(tab=TABS, passage=PASSAGES)
    def open_passage(self, tab: int, passage: str) -> None:
        """Open (or reload) a passage. What the former page had on its way still arrives."""
        former = self.tabs.get((tab, passage))
        page = f"page-{next(self.counter)}"
        sent = former.on_its_way if former else []
        self.tabs[tab, passage] = Tab(page, self.entry().revision, on_its_way=sent)

    @rule(tab=TABS, passage=PASSAGES, seconds=st.sampled_from((1, 299, 300)))
    def write_after_a_pause(self, tab: int, passage: str, seconds: int) -> None:
        """Type, rest with the page open, and type on."""
        self.write(tab=tab, passage=passage, arrives="at once")
        self.wait(seconds=seconds)
        self.write(tab=tab, passage=passage, arrives="at once")

    @rule(
        tab=TABS,
        passage=PASSAGES,
        arrives=st.sampled_from(("at once", "later", "unheard")),
        words=st.sampled_from((2, 30)),
    )
    def write(self, tab: int, passage: str, arrives: str, words: int = 2) -> None:
        """Type, and save: it arrives at once, later, or arrives and its answer does not."""
        held = self.tabs[tab, passage]
        held.turn += 1
        source = actions.Source(held.revision, held.page, held.turn)
        save = Save(passage, self.new_text(words), source)
        if arrives != "at once":
            held.on_its_way.append(save)
        if arrives == "later":
            return
        outcome = self.carry_out(save)
        if isinstance(outcome, actions.Saved) and arrives == "at once":
            held.revision = outcome.entry.revision

    @precondition(lambda self: any(tab.on_its_way for tab in self.tabs.values()))
    @rule(data=st.data())
    def arrive(self, data: st.DataObject) -> None:
        """Let something that was on its way arrive, in any order, even a second time."""
        waiting = [(tab, save) for tab in self.tabs.values() for save in tab.on_its_way]
        tab, save = data.draw(st.sampled_from(waiting))
        if data.draw(st.booleans(), label="for the last time"):
            tab.on_its_way.remove(save)
        self.carry_out(save)

    @rule(
        tab=TABS,
        passage=PASSAGES,
        chosen=st.sampled_from(("mine", "theirs", "both")),
        meanwhile=st.booleans(),
    )
    def compare_and_choose(self, tab: int, passage: str, chosen: str, *, meanwhile: bool) -> None:
        """Write in a tab; where that is a conflict, choose on the page that shows both.

        While one compares, the other tab may write on: what is chosen is then too late itself.
        """
        self.write(tab=1 - tab, passage=passage, arrives="at once")
        held = self.tabs[tab, passage]
        held.turn += 1
        source = actions.Source(held.revision, held.page, held.turn)
        save = Save(passage, self.new_text(), source)
        outcome = self.carry_out(save)
        if isinstance(outcome, actions.Saved):
            held.revision = outcome.entry.revision
            return
        theirs = text_in(outcome.document, passage)
        text = {"mine": save.text, "theirs": theirs, "both": f"{theirs} {save.text}"}[chosen]
        if meanwhile:
            self.write(tab=1 - tab, passage=passage, arrives="at once")
        self.carry_out(Save(passage, text, actions.Source(outcome.entry.revision)))
        self.open_passage(tab, passage)

    @rule(tab=TABS, passage=PASSAGES, order=st.permutations(range(3)))
    def type_without_a_pause(self, tab: int, passage: str, order: list[int]) -> None:
        """Save three times in a row; the three arrive in any order, as when the page is left."""
        held = self.tabs[tab, passage]
        saves = []
        for _time in range(3):
            held.turn += 1
            source = actions.Source(held.revision, held.page, held.turn)
            saves.append(Save(passage, self.new_text(), source))
        for number in order:
            self.carry_out(saves[number])

    @rule(tab=TABS, passage=PASSAGES)
    def keep_what_a_browser_sealed(self, tab: int, passage: str) -> None:
        """Close the tab on words that it never sent, and press *Keep this text* on their draft."""
        self.write(tab=tab, passage=passage, arrives="at once")
        held = self.tabs[tab, passage]
        source = actions.Source(held.revision, held.page, held.turn)
        self.carry_out(Save(passage, self.new_text(), source, keeps_standing=True))
        self.open_passage(tab, passage)

    @rule(
        tab=TABS,
        again=st.sampled_from(("once", "twice", "in other words")),
        then=st.sampled_from(("left", "changed", "changed after it was taken away")),
    )
    def look_back(self, tab: int, again: str, then: str) -> None:
        """Note how it went, and open it to be changed; the press may be sent twice, also in other
        words (Back, and on)."""
        texts = [self.new_text()]
        texts += {"once": [], "twice": texts, "in other words": [self.new_text()]}[again]
        noted_at = datetime.now(UTC)
        for text in texts:
            look = LookBack(noted_at=noted_at, learned=text)
            actions.look_back(**self.own(), look=look, follow_up_on=None)
            self.owed.add(text)
        self.looks[tab] = held = OpenLook(noted_at, self.entry().revision)
        if then == "changed after it was taken away":
            actions.take_look(**self.own(), noted_at=noted_at)
        if then != "left":
            self.change(held, again=True)

    @precondition(lambda self: self.entry().open(self.keys).looking_back)
    @rule(tab=st.sampled_from((0, 1)), data=st.data())
    def open_look(self, tab: int, data: st.DataObject) -> None:
        entry = self.entry()
        look = data.draw(st.sampled_from(entry.open(self.keys).looking_back))
        self.looks[tab] = OpenLook(look.noted_at, entry.revision)

    @precondition(lambda self: self.looks)
    @rule(data=st.data())
    def change_look(self, data: st.DataObject) -> None:
        """Save a changed look back, and change it once more."""
        self.change(self.looks[data.draw(st.sampled_from(sorted(self.looks)))], again=True)

    def change(self, held: OpenLook, *, again: bool = False) -> None:
        """Save it; where it is too late for that, save again from what is shown: in the place of
        what stands now, or anew where it was taken away."""
        text = self.new_text()
        look = LookBack(noted_at=held.noted_at, learned=text)
        given: dict[str, Any] = {**self.own(), "look": look, "follow_up_on": None}
        try:
            actions.change_look(**given, revision=held.revision)
        except actions.LookChanged:
            actions.change_look(**given, revision=self.entry().revision)
        except actions.LookGone:
            actions.look_back(**given)
        held.revision = self.entry().revision
        self.owed.add(text)
        if again:
            self.change(held)

    @precondition(lambda self: self.looks)
    @rule(data=st.data())
    def take_look_away(self, data: st.DataObject) -> None:
        held = self.looks[data.draw(st.sampled_from(sorted(self.looks)))]
        actions.take_look(**self.own(), noted_at=held.noted_at)

    @precondition(lambda self: EntryVersion.objects.filter(entry=self.pk).exists())
    @rule(data=st.data())
    def bring_back(self, data: st.DataObject) -> None:
        kept = EntryVersion.objects.filter(entry=self.pk).values_list("revision", flat=True)
        revision = data.draw(st.sampled_from(sorted(kept)))
        actions.bring_back(**self.own(), revision=revision)
        for passage in BOXES:
            self.others_late(passage)

    @rule(passage=PASSAGES)
    def replace_a_detail(self, passage: str) -> None:
        rewrite = typed(passage, self.new_text())
        actions.settle_identifier(**self.own(), rewrite=rewrite, passage=passage)
        self.others_late(passage)

    @rule(tab=TABS, passage=PASSAGES)
    def replace_a_detail_in_place(self, tab: int, passage: str) -> None:
        """By the note under the box: the page saves by itself, and keeps what stood there."""
        held = self.tabs[tab, passage]
        held.turn += 1
        if self.entry().deleted_at:
            return
        source = actions.Source(held.revision, held.page, held.turn)
        save = Save(passage, self.new_text(), source, keeps_standing=True)
        outcome = self.carry_out(save)
        if isinstance(outcome, actions.Saved):
            held.revision = outcome.entry.revision

    @rule()
    def finish_or_reopen(self) -> None:
        entry = self.entry()
        act = actions.reopen_entry if entry.finished_at else actions.finish_entry
        act(by=self.owner, pk=self.pk)

    @rule(tab=TABS, passage=PASSAGES)
    def delete_and_restore(self, tab: int, passage: str) -> None:
        """Put it in the bin, where a page that is still open saves in vain, and take it out."""
        actions.delete_entry(by=self.owner, pk=self.pk)
        with pytest.raises(Entry.DoesNotExist):
            self.write(tab=tab, passage=passage, arrives="at once")
        actions.restore_entry(by=self.owner, pk=self.pk)

    @rule(seconds=st.sampled_from((1, 60, 299, 300, 3600)))
    def wait(self, seconds: int) -> None:
        self.now.shift(timedelta(seconds=seconds))

    @invariant()
    def every_text_is_found(self) -> None:
        if not self.owed:
            return
        entry = self.entry()
        kept = [version.open(self.keys) for version in EntryVersion.objects.filter(entry=entry)]
        found = "\n".join(
            one.text for document in (entry.open(self.keys), *kept) for one in writings(document)
        )
        lost = [text for text in self.owed if text not in found]
        assert not lost, f"lost: {lost}"


def test_no_sequence_of_two_tabs_loses_a_text(mira: User) -> None:
    TwoTabs.owner, TwoTabs.keys = mira, factories.vault_keys(mira)
    run_state_machine_as_test(
        TwoTabs,
        settings=settings(
            max_examples=40,
            stateful_step_count=25,
            derandomize=True,
            database=None,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
