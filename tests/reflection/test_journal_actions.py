"""Saving, conflicts, finishing and deleting, without a browser."""

import uuid
from datetime import timedelta

import msgspec
import pytest
import time_machine
from django.db import transaction
from django.utils import timezone

from accounts.models import User
from reflection import actions
from reflection.document import Document, Happened, LookBack, Reaction
from reflection.models import Entry, EntryVersion
from tests import factories
from vault.crypto import CannotOpen, VaultKeys

pytestmark = pytest.mark.django_db


@pytest.fixture
def keys(mira: User) -> VaultKeys:
    return factories.vault_keys(mira)


def happened(text: str) -> actions.Rewrite:
    return lambda document: msgspec.structs.replace(document, happened=Happened(took_place=text))


def reacted(text: str) -> actions.Rewrite:
    return lambda document: msgspec.structs.replace(document, reaction=Reaction(own_words=text))


def save(
    entry: Entry,
    keys: VaultKeys,
    rewrite: actions.Rewrite,
    *,
    base: int,
    passage: str = "happened",
    page: str = "tab-one",
    turn: int = 0,
) -> actions.Saved | actions.Conflict:
    return actions.save_passage(
        by=entry.owner,
        keys=keys,
        pk=entry.pk,
        passage=passage,
        rewrite=rewrite,
        source=actions.Source(base, page, turn),
    )


def reread(entry: Entry, keys: VaultKeys) -> Document:
    return Entry.objects.get(pk=entry.pk).open(keys)


def test_save_moves_the_revision_and_keeps_the_text(mira: User, keys: VaultKeys) -> None:
    entry = factories.make_entry(owner=mira, keys=keys)
    outcome = save(entry, keys, happened("She went quiet."), base=1)
    assert isinstance(outcome, actions.Saved)
    assert outcome.entry.revision == 2
    assert reread(entry, keys).happened.took_place == "She went quiet."


def test_saving_the_same_text_writes_nothing(mira: User, keys: VaultKeys) -> None:
    entry = factories.make_entry(owner=mira, keys=keys)
    save(entry, keys, happened("Once"), base=1)
    outcome = save(entry, keys, happened("Once"), base=2)
    assert outcome.entry.revision == 2


@pytest.mark.parametrize(
    ("before", "after", "is_kept"),
    [
        ("One thought after another, far more of them than a single sentence", "x", True),
        ("One thought after another, far more of them than a single sentence", "", True),
        ("One thought after another", "One thought after another, and on to the next", False),
        ("First a thought. Then another of ten words or so.", "Then another of ten words.", False),
        ("Oen thougt", "One thought", False),
        ("我今天感到非常羞愧因为我在会谈中打了一个哈欠而来访者沉默了很久", "", True),
        ("我今天感到非常羞愧因为我在会谈中打了一个哈欠", "他沉默了很久", True),
        ("我今天感到非常羞愧", "我今天非常羞愧", False),
        ("面接中にあくびをしてしまい恥ずかしかった", "", True),
        ("ฉันรู้สึกผิดมากที่หาวระหว่างการบำบัด", "", True),
        ("ខ្ញុំមានអារម្មណ៍ខ្មាសអៀនណាស់នៅពេលជួប", "", True),
        pytest.param("啊" * 3000, "", True, id="letters of a script without blanks"),
        pytest.param("a" * 3000, "", True, id="letters without a blank"),
        ("Donaudampfschifffahrtsgesellschaft", "", False),
    ],
)
def test_many_words_taken_away_at_once_are_kept_however_new_they_are(
    mira: User, keys: VaultKeys, before: str, after: str, *, is_kept: bool
) -> None:
    entry = factories.make_entry(owner=mira, keys=keys)
    save(entry, keys, happened(before), base=1, turn=1)
    save(entry, keys, happened(after), base=2, turn=2)
    kept = [version.open(keys).happened.took_place for version in EntryVersion.objects.of(entry)]
    assert kept == ([before] if is_kept else [])


def test_late_save_of_the_same_passage_keeps_both_texts(mira: User, keys: VaultKeys) -> None:
    entry = factories.make_entry(owner=mira, keys=keys)
    save(entry, keys, happened("From the first tab"), base=1, page="tab-one")
    outcome = save(entry, keys, happened("From the second tab"), base=1, page="tab-two")
    assert isinstance(outcome, actions.Conflict)
    assert reread(entry, keys).happened.took_place == "From the first tab"
    kept = EntryVersion.objects.get(entry=entry, kind="conflict")
    assert kept.open(keys).happened.took_place == "From the second tab"


def test_choosing_ones_own_after_a_conflict_keeps_the_other_text_too(
    mira: User, keys: VaultKeys
) -> None:
    entry = factories.make_entry(owner=mira, keys=keys)
    save(entry, keys, happened("Theirs"), base=1, page="tab-one")
    conflict = save(entry, keys, happened("Mine"), base=1, page="tab-two")
    save(entry, keys, happened("Mine"), base=conflict.entry.revision, page="tab-three")
    assert reread(entry, keys).happened.took_place == "Mine"
    kept = [version.open(keys).happened.took_place for version in EntryVersion.objects.of(entry)]
    assert "Theirs" in kept


def test_older_save_of_the_same_page_does_not_overwrite_a_newer_one(
    mira: User, keys: VaultKeys
) -> None:
    entry = factories.make_entry(owner=mira, keys=keys)
    save(entry, keys, happened("Older"), base=1, turn=1)
    save(entry, keys, happened("Newer"), base=1, turn=3)
    outcome = save(entry, keys, happened("Older, and late"), base=1, turn=2)
    assert isinstance(outcome, actions.Saved)
    assert reread(entry, keys).happened.took_place == "Newer"


def test_beginning_twice_under_one_id_begins_once(mira: User, keys: VaultKeys) -> None:
    pk = uuid.uuid4()
    actions.begin_entry(by=mira, keys=keys, document=Document(title="One"), pk=pk)
    with pytest.raises(actions.AlreadyBegun):
        actions.begin_entry(by=mira, keys=keys, document=Document(title="Two"), pk=pk)
    assert Entry.objects.owned_by(mira).count() == 1


def test_same_late_text_is_put_aside_once(mira: User, keys: VaultKeys) -> None:
    entry = factories.make_entry(owner=mira, keys=keys)
    save(entry, keys, happened("One"), base=1, page="tab-one")
    for _ in range(3):
        save(entry, keys, happened("Two"), base=1, page="tab-two")
    assert EntryVersion.objects.of(entry).conflicts().count() == 1


def test_late_save_of_another_passage_is_no_conflict(mira: User, keys: VaultKeys) -> None:
    entry = factories.make_entry(owner=mira, keys=keys)
    save(entry, keys, happened("First tab"), base=1, page="tab-one")
    outcome = save(entry, keys, reacted("Second tab"), base=1, passage="reaction", page="tab-two")
    assert isinstance(outcome, actions.Saved)
    document = reread(entry, keys)
    assert document.happened.took_place == "First tab"
    assert document.reaction.own_words == "Second tab"


def test_page_whose_answer_was_lost_does_not_conflict_with_itself(
    mira: User, keys: VaultKeys
) -> None:
    entry = factories.make_entry(owner=mira, keys=keys)
    save(entry, keys, happened("One"), base=1, page="tab-one")
    outcome = save(entry, keys, happened("One and more"), base=1, page="tab-one")
    assert isinstance(outcome, actions.Saved)
    assert reread(entry, keys).happened.took_place == "One and more"


def test_earlier_text_is_put_aside_at_most_every_five_minutes(mira: User, keys: VaultKeys) -> None:
    entry = factories.make_entry(owner=mira, keys=keys)
    start = timezone.now()
    for minute in range(12):
        with time_machine.travel(start + timedelta(minutes=minute), tick=False):
            save(entry, keys, happened(f"Minute {minute}"), base=minute + 1)
    assert EntryVersion.objects.filter(entry=entry).count() == 2


def test_finishing_keeps_the_text_of_that_moment(mira: User, keys: VaultKeys) -> None:
    entry = factories.make_entry(owner=mira, keys=keys)
    save(entry, keys, happened("As finished"), base=1)
    actions.finish_entry(by=mira, pk=entry.pk)
    save(entry, keys, happened("Edited since"), base=2)
    kept = EntryVersion.objects.get(entry=entry, kind="finished")
    assert kept.open(keys).happened.took_place == "As finished"
    assert Entry.objects.get(pk=entry.pk).finished_at is not None


def test_finishing_twice_keeps_one_text(mira: User, keys: VaultKeys) -> None:
    entry = factories.make_entry(owner=mira, keys=keys)
    actions.finish_entry(by=mira, pk=entry.pk)
    actions.reopen_entry(by=mira, pk=entry.pk)
    actions.finish_entry(by=mira, pk=entry.pk)
    assert EntryVersion.objects.filter(entry=entry).count() == 1


def test_look_back_is_added_once_however_often_it_is_sent(mira: User, keys: VaultKeys) -> None:
    entry = factories.make_entry(owner=mira, keys=keys)
    look = LookBack(noted_at=timezone.now(), did="I said it.", standing="partly")
    for _ in range(2):
        actions.look_back(by=mira, keys=keys, pk=entry.pk, look=look, follow_up_on=None)
    assert reread(entry, keys).looking_back == (look,)


def test_deleted_entry_comes_back_as_it_was(mira: User, keys: VaultKeys) -> None:
    entry = factories.make_entry(owner=mira, keys=keys)
    save(entry, keys, happened("Keep me"), base=1)
    actions.delete_entry(by=mira, pk=entry.pk)
    assert not Entry.objects.owned_by(mira).has(entry.pk)
    actions.restore_entry(by=mira, pk=entry.pk)
    assert reread(entry, keys).happened.took_place == "Keep me"


def test_purge_takes_only_what_is_past_undo(mira: User, keys: VaultKeys) -> None:
    old = factories.make_entry(
        owner=mira, keys=keys, deleted_at=timezone.now() - timedelta(days=31)
    )
    recent = factories.make_entry(
        owner=mira, keys=keys, deleted_at=timezone.now() - timedelta(days=29)
    )
    alive = factories.make_entry(owner=mira, keys=keys)
    assert actions.purge_deleted_entries() == 1
    assert not Entry.objects.filter(pk=old.pk).exists()
    assert Entry.objects.filter(pk__in=[recent.pk, alive.pk]).count() == 2


@pytest.mark.parametrize("act", ["save", "finish", "delete", "look_back"])
def test_colleague_cannot_act_on_an_entry(
    act: str, mira: User, jonas: User, keys: VaultKeys
) -> None:
    entry = factories.make_entry(owner=mira, keys=keys)
    theirs = factories.vault_keys(jonas)
    look = LookBack(noted_at=timezone.now(), did="x")
    acts = {
        "save": lambda: actions.save_passage(
            by=jonas,
            keys=theirs,
            pk=entry.pk,
            passage="happened",
            rewrite=happened("Mine now"),
            source=actions.Source(1),
        ),
        "finish": lambda: actions.finish_entry(by=jonas, pk=entry.pk),
        "delete": lambda: actions.delete_entry(by=jonas, pk=entry.pk),
        "look_back": lambda: actions.look_back(
            by=jonas, keys=theirs, pk=entry.pk, look=look, follow_up_on=None
        ),
    }
    with pytest.raises(Entry.DoesNotExist):
        acts[act]()


def test_colleagues_keys_open_nothing(mira: User, jonas: User, keys: VaultKeys) -> None:
    entry = factories.make_entry(owner=mira, keys=keys)
    with pytest.raises(CannotOpen):
        entry.open(factories.vault_keys(jonas))


@pytest.mark.parametrize("swapped", ["body", "key"])
def test_swapped_ciphertexts_refuse_to_open(swapped: str, mira: User, keys: VaultKeys) -> None:
    one = factories.make_entry(owner=mira, keys=keys)
    other = factories.make_entry(owner=mira, keys=keys)
    setattr(one, swapped, getattr(other, swapped))
    with pytest.raises(CannotOpen):
        one.open(keys)


def test_body_of_an_earlier_revision_refuses_to_open_as_the_current(
    mira: User, keys: VaultKeys
) -> None:
    entry = factories.make_entry(owner=mira, keys=keys)
    before = bytes(entry.body)
    save(entry, keys, happened("Later"), base=1)
    entry.refresh_from_db()
    entry.body = before
    with pytest.raises(CannotOpen):
        entry.open(keys)


def test_whole_entry_moved_under_another_id_refuses_to_open(mira: User, keys: VaultKeys) -> None:
    entry = factories.make_entry(owner=mira, keys=keys)
    entry.pk = uuid.uuid4()
    with pytest.raises(CannotOpen):
        entry.open(keys)


def test_odd_text_is_kept_exactly(mira: User, keys: VaultKeys) -> None:
    text = "🫂 שלום مرحبا \u202eright-to-left\u202c e\u0301 \u00e9 \ufb01 \t end \n"
    entry = factories.make_entry(owner=mira, keys=keys)
    save(entry, keys, happened(text), base=1)
    assert reread(entry, keys).happened.took_place == text


@pytest.mark.django_db(transaction=True)
def test_entry_is_never_held_outside_a_transaction(mira: User, keys: VaultKeys) -> None:
    entry = factories.make_entry(owner=mira, keys=keys)
    with transaction.atomic():
        assert Entry.objects.locked(mira, entry.pk) == entry

    with pytest.raises(transaction.TransactionManagementError):
        Entry.objects.locked(mira, entry.pk)
