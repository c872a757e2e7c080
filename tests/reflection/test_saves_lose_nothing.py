"""Whatever two tabs do to one reflection, in whatever order it arrives, no text is lost.

The promise, exactly: a text that Mend said was saved, or that got a conflict for an answer, is in
the current text or in an earlier one that is kept. The one exception is what the same opened page
replaced itself within five minutes: while somebody types, not every pause is kept.
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
    replaces_a_detail: bool = False


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

    def teardown(self) -> None:
        self.clock.stop()

    def entry(self) -> Entry:
        return Entry.objects.get(pk=self.pk)

    def new_text(self) -> str:
        return f"text {next(self.counter)}."

    def own(self) -> dict[str, Any]:
        return {"by": self.owner, "keys": self.keys, "pk": self.pk}

    def stands(self, passage: str, text: str, page: str, *, keeps: bool = False) -> None:
        """Note what a passage says now, and whether what it said before may be gone.

        ``keeps`` says that what it said before was to be put aside, however new.
        """
        now, before = datetime.now(UTC), self.standing.get(passage)
        if before and before.text == text:
            return
        if not keeps and before and before.page == page and now - before.at < actions.KEEP_EVERY:
            self.owed.discard(before.text)
        self.standing[passage] = Standing(text, page, now)
        self.owed.add(text)

    def carry_out(self, save: Save) -> actions.Saved | actions.Conflict:
        outcome = actions.save_passage(
            **self.own(),
            passage=save.passage,
            rewrite=typed(save.passage, save.text),
            source=save.source,
            keeps_standing=save.replaces_a_detail,
        )
        if isinstance(outcome, actions.Conflict):
            self.owed.add(save.text)
        elif text_in(outcome.document, save.passage) == save.text:
            page, keeps = save.source.page, save.replaces_a_detail
            self.stands(save.passage, save.text, page, keeps=keeps)
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

    @rule(tab=TABS, passage=PASSAGES, arrives=st.sampled_from(("at once", "later", "unheard")))
    def write(self, tab: int, passage: str, arrives: str) -> None:
        """Type, and save: it arrives at once, later, or arrives and its answer does not."""
        held = self.tabs[tab, passage]
        held.turn += 1
        source = actions.Source(held.revision, held.page, held.turn)
        save = Save(passage, self.new_text(), source)
        if arrives != "at once":
            held.on_its_way.append(save)
        if arrives == "later" or self.entry().deleted_at:
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
        if not self.entry().deleted_at:
            self.carry_out(save)

    @rule(tab=TABS, passage=PASSAGES, chosen=st.sampled_from(("mine", "theirs", "both")))
    def compare_and_choose(self, tab: int, passage: str, chosen: str) -> None:
        """Write in a tab; where that is a conflict, choose on the page that shows both."""
        held = self.tabs[tab, passage]
        held.turn += 1
        if self.entry().deleted_at:
            return
        source = actions.Source(held.revision, held.page, held.turn)
        save = Save(passage, self.new_text(), source)
        outcome = self.carry_out(save)
        if isinstance(outcome, actions.Saved):
            held.revision = outcome.entry.revision
            return
        theirs = text_in(outcome.document, passage)
        text = {"mine": save.text, "theirs": theirs, "both": f"{theirs} {save.text}"}[chosen]
        self.carry_out(Save(passage, text, actions.Source(outcome.entry.revision)))
        self.open_passage(tab, passage)

    @precondition(lambda self: EntryVersion.objects.filter(entry=self.pk).exists())
    @rule(data=st.data())
    def bring_back(self, data: st.DataObject) -> None:
        if self.entry().deleted_at:
            return
        kept = EntryVersion.objects.filter(entry=self.pk).values_list("revision", flat=True)
        revision = data.draw(st.sampled_from(sorted(kept)))
        actions.bring_back(**self.own(), revision=revision)
        for passage in BOXES:
            self.others_late(passage)

    @rule(passage=PASSAGES)
    def replace_a_detail(self, passage: str) -> None:
        if self.entry().deleted_at:
            return
        before = text_in(self.entry().open(self.keys), passage)
        rewrite = typed(passage, f"{before} {self.new_text()}")
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
        save = Save(passage, self.new_text(), source, replaces_a_detail=True)
        outcome = self.carry_out(save)
        if isinstance(outcome, actions.Saved):
            held.revision = outcome.entry.revision

    @rule()
    def look_back(self) -> None:
        if self.entry().deleted_at:
            return
        look = LookBack(noted_at=datetime.now(UTC), did=self.new_text())
        actions.look_back(**self.own(), look=look, follow_up_on=None)
        self.owed.add(look.did)

    @rule(data=st.data(), act=st.sampled_from(("change", "change late", "take away")))
    def change_or_take_a_look(self, data: st.DataObject, act: str) -> None:
        """Change a look back, on a page opened now or at the beginning; or take it away."""
        entry = self.entry()
        looks = entry.open(self.keys).looking_back
        if entry.deleted_at or not looks:
            return
        look = data.draw(st.sampled_from(looks))
        if act == "take away":
            actions.take_look(**self.own(), noted_at=look.noted_at)
            return
        look = msgspec.structs.replace(look, did=self.new_text())
        revision = entry.revision if act == "change" else 1
        try:
            actions.change_look(**self.own(), look=look, revision=revision, follow_up_on=None)
        except actions.LookChanged:
            return  # Nothing was said to be saved; the page shows both.
        self.owed.add(look.did)

    @rule()
    def finish_or_reopen(self) -> None:
        entry = self.entry()
        if entry.deleted_at is None:
            act = actions.reopen_entry if entry.finished_at else actions.finish_entry
            act(by=self.owner, pk=self.pk)

    @rule()
    def delete_or_restore(self) -> None:
        act = actions.restore_entry if self.entry().deleted_at else actions.delete_entry
        act(by=self.owner, pk=self.pk)

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
