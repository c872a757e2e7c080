"""Earlier texts: they can be read, compared and brought back, by their owner alone."""

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
from reflection import actions
from reflection.document import Document, Happened, Reaction
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
    assert "Other than now: What happened (3 words added since)." in page
    assert page.count("Other than now: What happened (") == 3
    for text in TEXTS[:2]:
        assert url("version_read", entry, revision_of(entry, keys, text)) in page
        read = client.get(url("version_read", entry, revision_of(entry, keys, text)))
        assert text in read.content.decode()


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
        seen += [version.revision for version, _ in response.context["rows"]]
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


def test_comparison_names_the_passage_and_leaves_out_what_is_the_same() -> None:
    earlier = Document(
        title="A", happened=Happened(took_place="Same"), reaction=Reaction(own_words="Cross")
    )
    later = msgspec.structs.replace(earlier, title="B", reaction=Reaction(own_words="Ashamed"))
    changes = compare(earlier, later)
    assert [change.passage for change in changes] == ["Title", "My reaction"]
