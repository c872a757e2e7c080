"""Earlier texts: they can be read, compared and brought back, by their owner alone."""

import difflib
import random
import sys
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import msgspec
import pytest
import time_machine
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from accounts.models import User
from reflection import actions, history
from reflection.bringing_back import brought_back
from reflection.document import AgreedStep, Document, Happened, LookBack, Reaction, Repair
from reflection.history import MOST_WORDS, compare, passages_that_differ, words_changed
from reflection.models import Entry, EntryVersion
from tests import factories
from vault.crypto import VaultKeys

TEXTS = ("She went quiet.", "She went quiet, and I talked on.", "I talked on. She went quiet.")


@pytest.fixture
def keys(client: Client, mira: User) -> VaultKeys:
    return factories.unlock(client, mira)


@pytest.fixture
def entry(mira: User, keys: VaultKeys) -> Entry:
    """An entry written in three sittings, so that two earlier texts are kept."""
    start = timezone.now() - timedelta(hours=1)
    begun = start - timedelta(hours=1)
    made = factories.make_entry(owner=mira, keys=keys, created_at=begun, updated_at=begun)
    for number, text in enumerate(TEXTS):
        with time_machine.travel(start + timedelta(minutes=10 * number), tick=False):
            write(made, keys, text)
    made.refresh_from_db()
    return made


def write(entry: Entry, keys: VaultKeys, text: str) -> None:
    actions.save_passage(
        by=entry.owner,
        keys=keys,
        pk=entry.pk,
        passage="happened",
        rewrite=lambda document: msgspec.structs.replace(
            document, happened=Happened(took_place=text)
        ),
        source=actions.Source(10_000),
    )


def revision_of(entry: Entry, keys: VaultKeys, text: str) -> int:
    versions = EntryVersion.objects.of(entry)
    return next(one.revision for one in versions if one.open(keys).happened.took_place == text)


def url(name: str, entry: Entry, revision: int) -> str:
    return reverse(name, kwargs={"pk": entry.pk, "revision": revision})


def of(text: str, **fields: Any) -> Document:
    return Document(happened=Happened(took_place=text), **fields)


@pytest.mark.parametrize(
    ("earlier", "later", "said"),
    [
        (of("She left."), of("She left early, and I did not ask."),
         ["What happened (6 words added since)"]),
        (of("She left early."), of("He left"),
         ["What happened (1 word added since, 2 taken away)"]),
        (of("She left."), Document(), ["What happened (2 taken away)"]),
        (of("x", title="A", tags=("two words",)), of("x", title="A B", tags=("two words", "b")),
         ["Title (1 word added since)", "Tags (1 word added since)"]),
        (of("one two"), of("two one."), ["What happened"]),
        (of("x"), of("x"), []),
    ],
)  # fmt: skip
def test_list_says_how_many_words_came_and_went_since(
    earlier: Document, later: Document, said: list[str]
) -> None:
    assert passages_that_differ(earlier, later) == said


@pytest.mark.django_db
def test_every_earlier_text_is_listed_and_can_be_read(
    client: Client, entry: Entry, keys: VaultKeys
) -> None:
    page = client.get(reverse("entry_history", args=[entry.pk])).content.decode()
    assert "Different from now: What happened (3 words added since)." in page
    assert page.count("Different from now: What happened (") == 3
    for text in TEXTS[:2]:
        assert url("version_read", entry, revision_of(entry, keys, text)) in page
        read = client.get(url("version_read", entry, revision_of(entry, keys, text)))
        assert text in read.content.decode()


@pytest.mark.django_db
def test_texts_of_one_minute_are_told_apart(
    client: Client, mira: User, keys: VaultKeys, entry: Entry
) -> None:
    begun = timezone.now().replace(second=0, microsecond=0)
    made = factories.make_entry(owner=mira, keys=keys, created_at=begun, updated_at=begun)
    texts = ("Two words", "A good many words, more than the ten that are put aside at once.", "x")
    for second, text in enumerate((*texts, texts[1], "y")):
        with time_machine.travel(begun + timedelta(seconds=second), tick=False):
            write(made, keys, text)
    page = client.get(reverse("entry_history", args=[made.pk])).content.decode()
    shown = [timezone.localtime(one.saved_at) for one in EntryVersion.objects.of(made)]
    assert len(shown) == 2
    assert all(f"{one:%H:%M:%S}" in page for one in shown)
    assert "What changed after it: What happened" not in page.split("<li>")[1]
    assert page.count("when ten words or more are removed") == 1
    of_a_minute_each = client.get(reverse("entry_history", args=[entry.pk])).content.decode()
    for one in EntryVersion.objects.of(entry):
        assert f"{timezone.localtime(one.saved_at):%H:%M}</a>" in of_a_minute_each
    assert "What changed after it: What happened (3 words added since)." in of_a_minute_each


@pytest.mark.django_db
def test_words_added_and_taken_away_are_shown(
    client: Client, entry: Entry, keys: VaultKeys
) -> None:
    page = client.get(url("version_read", entry, revision_of(entry, keys, TEXTS[0])))
    assert "<ins>I talked on. </ins>She went quiet." in page.content.decode()


@pytest.mark.django_db
def test_text_brought_back_is_current_and_the_one_it_replaced_is_kept(
    client: Client, entry: Entry, keys: VaultKeys
) -> None:
    revision = revision_of(entry, keys, TEXTS[0])
    assert client.post(url("version_bring_back", entry, revision)).status_code == 302
    current = Entry.objects.get(pk=entry.pk)
    assert current.open(keys).happened.took_place == TEXTS[0]
    assert revision_of(current, keys, TEXTS[2])


# --- What came since, and one part only -----------------------------------------------------------


def raised(entry: Entry, keys: VaultKeys, did: str = "I said that I had missed it.") -> LookBack:
    look = LookBack(noted_at=timezone.now(), did=did, standing="raised")
    actions.look_back(by=entry.owner, keys=keys, pk=entry.pk, look=look, follow_up_on=None)
    return look


def test_looks_and_steps_that_came_since_are_no_part_of_an_earlier_text() -> None:
    at = timezone.now()
    step = AgreedStep("1", "Ask her", "Okafor", at)
    look, since = LookBack(at, did="First"), LookBack(at + timedelta(days=1), did="Since")
    done = msgspec.structs.replace(step, done_on=at.date())
    earlier = of("Then", repair=Repair(plan="A", to_act_on=(step,)), looking_back=(look,))
    corrected = msgspec.structs.replace(look, did="Corrected")
    newer = AgreedStep("2", "Say it", "Okafor", at)
    current = of(
        "Now", repair=Repair(plan="B", to_act_on=(done, newer)), looking_back=(corrected, since)
    )
    found = brought_back(earlier, current)
    assert found.happened == earlier.happened
    assert found.looking_back == (look, since)
    assert found.repair == Repair(plan="A", to_act_on=(done, newer))
    assert brought_back(current, earlier).looking_back == current.looking_back


@pytest.mark.django_db
def test_look_back_noted_since_stays_when_a_text_is_brought_back(
    client: Client, entry: Entry, keys: VaultKeys
) -> None:
    look = raised(entry, keys)
    address = url("version_read", entry, revision_of(entry, keys, TEXTS[0]))
    assert "added since stay where they are" in client.get(address).content.decode()
    client.post(url("version_bring_back", entry, revision_of(entry, keys, TEXTS[0])))
    current = Entry.objects.get(pk=entry.pk).open(keys)
    assert current.happened.took_place == TEXTS[0]
    assert current.looking_back == (look,)


@pytest.mark.django_db
def test_one_part_alone_is_brought_back(client: Client, entry: Entry, keys: VaultKeys) -> None:
    revision = revision_of(entry, keys, TEXTS[0])
    actions.save_passage(
        by=entry.owner,
        keys=keys,
        pk=entry.pk,
        passage="reaction",
        rewrite=lambda document: msgspec.structs.replace(
            document, title="A name since", reaction=Reaction(own_words="Written since.")
        ),
        source=actions.Source(10_000),
    )
    page = client.get(url("version_read", entry, revision)).content.decode()
    assert "Bring back only “What happened”" in page
    assert "Bring back only “My reaction”" in page
    assert "Bring back only “Repair”" not in page

    address = url("version_bring_back", entry, revision)
    client.post(address, {"part": "no such part"})
    assert Entry.objects.get(pk=entry.pk).open(keys).happened.took_place == TEXTS[2]
    told = client.post(address, {"part": "happened"}, follow=True).content.decode()

    current = Entry.objects.get(pk=entry.pk).open(keys)
    assert current.happened.took_place == TEXTS[0]
    assert (current.title, current.reaction.own_words) == ("A name since", "Written since.")
    assert "Brought back: What happened." in told


@pytest.mark.django_db
def test_bringing_back_is_told_and_undone_to_the_letter(
    client: Client, entry: Entry, keys: VaultKeys
) -> None:
    look = raised(entry, keys)
    actions.finish_entry(by=entry.owner, pk=entry.pk)
    with_look = Entry.objects.get(pk=entry.pk).revision
    actions.take_look(by=entry.owner, keys=keys, pk=entry.pk, noted_at=look.noted_at)
    before = Entry.objects.get(pk=entry.pk).open(keys)

    told = client.post(url("version_bring_back", entry, with_look), follow=True)
    assert "Brought back: Looking back." in told.content.decode()
    assert Entry.objects.get(pk=entry.pk).open(keys).looking_back == (look,)
    put_aside = told.context["brought_back"]["revision"]
    undo = {"do": "undo"}
    again = client.post(url("version_bring_back", entry, put_aside), undo, follow=True)

    after = Entry.objects.get(pk=entry.pk).open(keys)
    assert msgspec.structs.replace(after, changed={}) == msgspec.structs.replace(before, changed={})
    assert "Brought back: Looking back." in again.content.decode()


@pytest.mark.django_db
def test_undoing_late_takes_nothing_away_that_was_noted_meanwhile(
    client: Client, entry: Entry, keys: VaultKeys
) -> None:
    told = client.post(
        url("version_bring_back", entry, revision_of(entry, keys, TEXTS[0])), follow=True
    )
    put_aside = told.context["brought_back"]["revision"]
    look = raised(entry, keys)
    address = f"{reverse('entry_read', args=[entry.pk])}?brought-back={put_aside}"
    assert "Brought back" not in client.get(address).content.decode()
    client.post(url("version_bring_back", entry, put_aside), {"do": "undo"})
    current = Entry.objects.get(pk=entry.pk).open(keys)
    assert (current.happened.took_place, current.looking_back) == (TEXTS[2], (look,))


@pytest.mark.django_db
def test_page_open_while_a_text_is_brought_back_meets_a_conflict(
    client: Client, entry: Entry, keys: VaultKeys
) -> None:
    client.post(url("version_bring_back", entry, revision_of(entry, keys, TEXTS[0])))
    outcome = actions.save_passage(
        by=entry.owner,
        keys=keys,
        pk=entry.pk,
        passage="happened",
        rewrite=lambda document: msgspec.structs.replace(
            document, happened=Happened(took_place="From a page opened before")
        ),
        source=actions.Source(entry.revision, "old-page"),
    )
    assert isinstance(outcome, actions.Conflict)


@pytest.mark.django_db
def test_history_goes_on_where_the_page_before_ended(
    client: Client, mira: User, keys: VaultKeys, django_assert_max_num_queries: Any
) -> None:
    entry = factories.make_entry(owner=mira, keys=keys)
    for number in range(45):
        actions.finish_entry(by=mira, pk=entry.pk)
        actions.reopen_entry(by=mira, pk=entry.pk)
        write(entry, keys, f"Text {number}")
    address, seen = reverse("entry_history", args=[entry.pk]), []
    while address:
        with django_assert_max_num_queries(12):
            response = client.get(address)
        seen += [row["version"].revision for row in response.context["rows"]]
        following = response.context["following"]
        address = f"?before={following}" if following else ""
        address = reverse("entry_history", args=[entry.pk]) + address if address else ""
    assert seen == sorted(seen, reverse=True)
    assert len(seen) == EntryVersion.objects.of(entry).count() == 45


@pytest.mark.django_db
@pytest.mark.parametrize("who", ["jonas", "ada", "operator"])
def test_nobody_else_finds_an_earlier_text(
    who: str, entry: Entry, keys: VaultKeys, request: Any
) -> None:
    other = Client()
    factories.unlock(other, request.getfixturevalue(who))
    revision = revision_of(entry, keys, TEXTS[0])
    assert other.get(reverse("entry_history", args=[entry.pk])).status_code == 404
    assert other.get(url("version_read", entry, revision)).status_code == 404
    assert other.post(url("version_bring_back", entry, revision)).status_code == 404


@pytest.mark.django_db
def test_bringing_back_is_not_done_by_a_get(client: Client, entry: Entry, keys: VaultKeys) -> None:
    address = url("version_bring_back", entry, revision_of(entry, keys, TEXTS[0]))
    assert client.get(address).status_code == 405


@pytest.mark.django_db
def test_unknown_revision_is_not_found(client: Client, entry: Entry) -> None:
    assert client.get(url("version_read", entry, 999_999)).status_code == 404


# --- What does not open ---------------------------------------------------------------------------


def damage(row: Entry | EntryVersion) -> bytes:
    """Turn one byte of its ciphertext over, as a disk does; return what then is stored."""
    body = bytes(row.body)
    flipped = body[:-1] + bytes([body[-1] ^ 1])
    type(row).objects.filter(pk=row.pk).update(body=flipped)
    return flipped


def first_version(entry: Entry) -> EntryVersion:
    return EntryVersion.objects.of(entry).reverse()[0]


@pytest.mark.django_db
def test_damaged_earlier_text_is_named_and_hides_no_other(
    client: Client, entry: Entry, keys: VaultKeys
) -> None:
    broken = first_version(entry)
    stored = damage(broken)

    page = client.get(reverse("entry_history", args=[entry.pk]))
    text = page.content.decode()
    assert page.status_code == 200
    assert text.count("cannot be opened") == 1
    assert "Its ciphertext is kept as it is." in text
    for version in EntryVersion.objects.of(entry).exclude(pk=broken.pk):
        assert client.get(url("version_read", entry, version.revision)).status_code == 200

    told = client.get(url("version_read", entry, broken.revision))
    assert told.status_code == 409
    assert f"{entry.pk}, {broken.revision}" in told.content.decode()
    back = client.post(url("version_bring_back", entry, broken.revision))
    assert back.status_code == 409
    broken.refresh_from_db()
    assert bytes(broken.body) == stored
    assert Entry.objects.get(pk=entry.pk).open(keys).happened.took_place == TEXTS[-1]


@pytest.mark.django_db
def test_damaged_late_text_leaves_reading_and_the_next_conflict_whole(
    client: Client, entry: Entry, keys: VaultKeys
) -> None:
    def late(text: str) -> actions.Saved | actions.Conflict:
        return actions.save_passage(
            by=entry.owner,
            keys=keys,
            pk=entry.pk,
            passage="happened",
            rewrite=lambda document: msgspec.structs.replace(
                document, happened=Happened(took_place=text)
            ),
            source=actions.Source(0, "another page", 1),
        )

    assert isinstance(late("Typed in the other tab."), actions.Conflict)
    damage(EntryVersion.objects.conflicts().get())

    page = client.get(reverse("entry_read", args=[entry.pk]))
    assert page.status_code == 200
    assert "cannot be opened" in page.content.decode()
    assert TEXTS[-1] in page.content.decode()
    assert isinstance(late("Typed once more."), actions.Conflict)
    assert "Typed once more." in client.get(reverse("entry_read", args=[entry.pk])).content.decode()


@pytest.mark.django_db
def test_earlier_texts_of_a_damaged_one_are_read_and_brought_back(
    client: Client, entry: Entry, keys: VaultKeys
) -> None:
    revision = revision_of(entry, keys, TEXTS[1])
    stored = damage(Entry.objects.get(pk=entry.pk))
    history = reverse("entry_history", args=[entry.pk])

    broken = client.get(reverse("entry_read", args=[entry.pk]))
    assert broken.status_code == 409
    assert history in broken.content.decode()
    listed = client.get(history)
    assert listed.status_code == 200
    assert "What is written now cannot be opened" in listed.content.decode()
    read = client.get(url("version_read", entry, revision)).content.decode()
    assert TEXTS[1] in read
    assert "Bring this text back" in read

    assert client.post(url("version_bring_back", entry, revision)).status_code == 302

    entry.refresh_from_db()
    assert entry.open(keys).happened.took_place == TEXTS[1]
    assert stored in [bytes(one.body) for one in EntryVersion.objects.of(entry)]
    assert client.get(reverse("entry_read", args=[entry.pk])).status_code == 200


@pytest.mark.django_db
def test_who_was_barred_stays_so_when_the_text_that_said_it_is_damaged(
    client: Client, entry: Entry, keys: VaultKeys, okafor: User
) -> None:
    revision = revision_of(entry, keys, TEXTS[0])  # of before anybody was barred
    actions.bar_people(by=entry.owner, keys=keys, pk=entry.pk, barred=[okafor.pk])
    write(entry, keys, "And on.")
    actions.finish_entry(by=entry.owner, pk=entry.pk)
    write(entry, keys, "And further.")
    damage(Entry.objects.get(pk=entry.pk))

    client.post(url("version_bring_back", entry, revision))

    assert Entry.objects.get(pk=entry.pk).open(keys).barred == (okafor.pk,)


@pytest.mark.django_db
def test_entry_without_earlier_texts_offers_none_when_it_is_damaged(
    client: Client, mira: User, keys: VaultKeys
) -> None:
    entry = factories.make_entry(owner=mira, keys=keys)
    damage(entry)
    page = client.get(reverse("entry_read", args=[entry.pk])).content.decode()
    assert reverse("entry_history", args=[entry.pk]) not in page


# --- Words compared -------------------------------------------------------------------------------


@given(st.text(), st.text())
def test_pieces_put_together_again_are_both_texts(old: str, new: str) -> None:
    pieces = list(words_changed(old, new))
    assert "".join(piece.text for piece in pieces if piece.kind != "added") == old
    assert "".join(piece.text for piece in pieces if piece.kind != "gone") == new


def test_very_long_texts_are_shown_whole_instead_of_word_by_word() -> None:
    old, new = "one " * 2 * MOST_WORDS, "two " * 2 * MOST_WORDS
    assert [piece.kind for piece in words_changed(old, new)] == ["gone", "added"]


def test_sentence_written_anew_is_one_change_and_no_patchwork() -> None:
    pieces = list(words_changed("It began well.", "Typed on the train."))
    assert [(piece.kind, piece.text) for piece in pieces] == [
        ("gone", "It began well."),
        ("added", "Typed on the train."),
    ]


SAME, GONE, ADDED = "same", "gone", "added"


@pytest.mark.parametrize(
    ("old", "new", "shown"),
    [
        ("a b", "a b", [(SAME, "a b")]),
        ("a b", "a b c", [(SAME, "a b"), (ADDED, " c")]),
        ("a b c", "a b", [(SAME, "a b"), (GONE, " c")]),
        ("a b c", "a x c", [(SAME, "a "), (GONE, "b"), (ADDED, "x"), (SAME, " c")]),
        ("a c", "a b c", [(SAME, "a "), (ADDED, "b "), (SAME, "c")]),
        ("b", "a b", [(ADDED, "a "), (SAME, "b")]),
        ("A.\n\nB.", "A. New.\n\nB.", [(SAME, "A."), (ADDED, " New."), (SAME, "\n\nB.")]),
        ("a b", "a\nb", [(SAME, "a"), (GONE, " "), (ADDED, "\n"), (SAME, "b")]),
        ("a  b", "a b", [(SAME, "a "), (GONE, " "), (SAME, "b")]),
        ("  a\n", "a", [(GONE, "  "), (SAME, "a"), (GONE, "\n")]),
        ("", "a\n", [(ADDED, "a\n")]),
        (" ", "", [(GONE, " ")]),
    ],
)
def test_words_blanks_and_line_breaks_are_shown_where_they_changed(
    old: str, new: str, shown: list[tuple[str, str]]
) -> None:
    assert [(piece.kind, piece.text) for piece in words_changed(old, new)] == shown


words_of_few = st.lists(st.sampled_from(["a", "b", "c"]), max_size=9)


@given(words_of_few, words_of_few)
def test_as_many_words_are_kept_as_can_be(old: list[str], new: list[str]) -> None:
    longest = [[0] * (len(new) + 1) for _word in range(len(old) + 1)]
    for at, word in enumerate(old, 1):
        for there, other in enumerate(new, 1):
            before = longest[at - 1][there - 1] + 1 if word == other else 0
            longest[at][there] = max(before, longest[at - 1][there], longest[at][there - 1])

    pieces = words_changed(" ".join(old), " ".join(new))

    kept = " ".join(piece.text for piece in pieces if piece.kind == SAME).split()
    assert len(kept) == longest[-1][-1]


WORDS = [f"w{number}" for number in range(1500)]


def written(number: int, *, seed: int, of: list[str] = WORDS) -> list[str]:
    """Return so many words, some of them common, always the same for one ``seed``."""
    chance = random.Random(seed)
    common = ["the", "and", "I", "to", "of", "a"] if of is WORDS else of
    return [chance.choice(common if chance.random() < 0.35 else of) for _word in range(number)]


HALF = MOST_WORDS // 2
LONG = written(HALF, seed=1)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (LONG, [word if at % 20 else "other" for at, word in enumerate(LONG)]),
        (LONG, [word if at % 2 else f"x{at}" for at, word in enumerate(LONG)]),
        (LONG, written(HALF, seed=2)),
        (written(HALF, seed=3, of=["one", "two"]), written(HALF, seed=4, of=["one", "two"])),
        (LONG, [f"other{at}" for at in range(HALF)]),
    ],
    ids=["few differ", "every second differs", "all differ", "same two words", "none in common"],
)
def test_comparison_takes_few_steps_for_each_word(old: list[str], new: list[str]) -> None:
    before, after = " ".join(old), " ".join(new)

    pieces = within_steps(40 * MOST_WORDS, lambda: list(words_changed(before, after)))

    assert "".join(piece.text for piece in pieces if piece.kind != ADDED) == before
    assert "".join(piece.text for piece in pieces if piece.kind != GONE) == after


def within_steps(most: int, call: Callable[[], list[history.Piece]]) -> list[history.Piece]:
    """Return what ``call`` does; fail where comparing runs through more lines than ``most``."""
    files, left = {history.__file__, difflib.__file__}, most

    def trace(frame: Any, event: str, _given: Any) -> Any:
        nonlocal left
        if frame.f_code.co_filename not in files:
            return None
        left -= event == "line"
        if left < 0:
            raise AssertionError(f"more than {most} lines were run")
        return trace

    earlier = sys.gettrace()
    sys.settrace(trace)
    try:
        return call()
    finally:
        sys.settrace(earlier)


def test_comparison_names_the_passage_and_leaves_out_what_is_the_same() -> None:
    earlier = Document(
        title="A", happened=Happened(took_place="Same"), reaction=Reaction(own_words="Cross")
    )
    later = msgspec.structs.replace(earlier, title="B", reaction=Reaction(own_words="Ashamed"))
    changes = compare(earlier, later)
    assert [change.passage for change in changes] == ["Title", "My reaction"]
