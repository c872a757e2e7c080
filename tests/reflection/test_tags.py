"""Tags of one's own: written, offered, clickable, renamed, taken away, never shared."""

from typing import Any
from unittest.mock import Mock

import msgspec
import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.models import User
from reflection import actions
from reflection.actions import Source
from reflection.document import Document, Happened, decode, encode
from reflection.history import compare
from reflection.models import Entry, PrivateList
from reflection.reading import passages
from reflection.retagging import retag
from reflection.tagging import LONGEST_TAG, MOST_TAGS, Tag, tags_of
from reflection.writings import split_tags
from tests import factories
from vault.crypto import VaultKeys

pytestmark = pytest.mark.django_db


@pytest.fixture(scope="module", autouse=True)
def _guide(shipped_guide: None) -> None:
    """The guide, which the passages' forms are made of."""


@pytest.fixture
def keys(client: Client, mira: User) -> VaultKeys:
    """Mira, signed in with her journal unlocked."""
    return factories.unlock(client, mira)


def write(mira: User, keys: VaultKeys, *tags: str, title: str = "") -> Entry:
    return factories.make_entry(owner=mira, keys=keys, document=Document(title=title, tags=tags))


def tags_in(entry: Entry, keys: VaultKeys) -> tuple[str, ...]:
    return Entry.objects.get(pk=entry.pk).open(keys).tags


def listed(mira: User, keys: VaultKeys) -> list[Tag]:
    return tags_of(mira, lambda _vault: keys)


def save(client: Client, entry: Entry, **typed: Any) -> Any:
    data = {"passage": "happened", "revision": entry.revision, "page": "a", "turn": 1}
    return client.post(reverse("entry_write", args=[entry.pk, "happened"]), data | typed)


def text_of(response: Any) -> str:
    return " ".join(response.content.decode().split())


def test_document_from_before_there_were_tags_has_none() -> None:
    older = msgspec.json.decode(encode(Document(title="Finch")))
    del older["tags"]
    assert decode(msgspec.json.encode(older)) == Document(title="Finch")


@pytest.mark.parametrize(
    ("typed", "tags"),
    [
        ("endings, first  year ,, Endings", ("endings", "first year")),
        ("", ()),
        (" , ,", ()),
        ("終わり、始まり", ("終わり", "始まり")),
    ],
)
def test_tags_stand_between_commas_each_once(typed: str, tags: tuple[str, ...]) -> None:
    assert split_tags(typed) == tags


def test_tags_are_written_with_what_happened(client: Client, mira: User, keys: VaultKeys) -> None:
    entry = write(mira, keys)
    assert save(client, entry, tags="endings, Übergang").status_code == 302
    assert tags_in(entry, keys) == ("endings", "Übergang")


def test_tags_box_that_was_not_posted_is_left_alone(
    client: Client, mira: User, keys: VaultKeys
) -> None:
    entry = write(mira, keys, "endings")
    save(client, entry, title="New")
    assert tags_in(entry, keys) == ("endings",)


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        (", ".join(f"tag {number}" for number in range(MOST_TAGS + 1)), "holds up to 12 tags"),
        ("x" * (LONGEST_TAG + 1), "holds up to 40 characters"),
    ],
)
def test_too_much_for_tags_is_said_and_still_there(
    client: Client, mira: User, keys: VaultKeys, typed: str, said: str
) -> None:
    response = save(client, write(mira, keys), tags=typed)
    assert response.status_code == 422
    assert said in text_of(response)
    assert typed in text_of(response)


def test_far_too_much_for_tags_is_said_without_being_read(
    client: Client, mira: User, keys: VaultKeys, monkeypatch: pytest.MonkeyPatch
) -> None:
    entry = write(mira, keys, "yawns")
    split = Mock(return_value=())
    monkeypatch.setattr("reflection.forms.split_tags", split)
    typed = "a," * 2_501

    page = text_of(save(client, entry, tags=typed))
    retag_page = client.post(reverse("journal_tags"), {"old": "yawns", "new": typed})

    assert "have up to 5,000 characters together and here are 5,002. Nothing was lost" in page
    assert f'value="{typed}"' in page
    assert retag_page.status_code == 422
    assert split.call_count == 0
    assert tags_in(entry, keys) == ("yawns",)


def test_list_of_tags_follows_every_save(client: Client, mira: User, keys: VaultKeys) -> None:
    entry = write(mira, keys, "endings")
    write(mira, keys, "endings", "silence")
    assert listed(mira, keys) == [Tag("endings", 2), Tag("silence", 1)]
    save(client, entry, tags="en")  # an autosave in the middle of a word
    entry.refresh_from_db()
    save(client, entry, tags="envy", turn=2)
    assert listed(mira, keys) == [Tag("endings", 1), Tag("envy", 1), Tag("silence", 1)]


def test_bringing_back_brings_its_tags_back(client: Client, mira: User, keys: VaultKeys) -> None:
    entry = write(mira, keys, "endings")
    actions.finish_entry(by=mira, pk=entry.pk)
    actions.save_passage(
        by=mira,
        keys=keys,
        pk=entry.pk,
        passage="happened",
        rewrite=lambda document: msgspec.structs.replace(document, tags=()),
        source=Source(revision=1),
    )
    assert listed(mira, keys) == []
    actions.bring_back(by=mira, keys=keys, pk=entry.pk, revision=1)
    assert listed(mira, keys) == [Tag("endings", 1)]


def test_list_of_tags_is_sealed(mira: User, keys: VaultKeys) -> None:
    write(mira, keys, "quokka")
    assert b"quokka" not in bytes(PrivateList.objects.get(name="tags").body)


def test_writing_page_offers_tags_without_opening_the_journal(
    client: Client, mira: User, keys: VaultKeys
) -> None:
    entry = write(mira, keys, "endings")
    address = reverse("entry_write", args=[entry.pk, "happened"])
    client.get(address)  # The guide is read, and kept for a minute.
    counted = []
    for _ in range(2):
        with CaptureQueriesContext(connection) as asked:
            page = client.get(address)
        counted.append(len(asked))
        for number in range(10):
            write(mira, keys, f"tag {number}")
    assert counted[0] == counted[1] <= 12
    assert '<option value="endings">' in text_of(page)


def test_damaged_list_of_tags_hinders_no_save(client: Client, mira: User, keys: VaultKeys) -> None:
    entry = write(mira, keys, "endings")
    PrivateList.objects.filter(name="tags").update(body=b"\x01\x01broken")
    assert listed(mira, keys) == []
    assert save(client, entry, tags="silence").status_code == 302
    assert tags_in(entry, keys) == ("silence",)


def test_tag_in_a_list_leads_to_all_that_have_it(
    client: Client, mira: User, keys: VaultKeys
) -> None:
    write(mira, keys, "first year", title="One")
    write(mira, keys, "other", title="Two")
    page = text_of(client.get(reverse("journal_list")))
    assert 'name="tag" value="first year"' in page
    response = client.post(reverse("journal_search"), {"tag": "first year"}, follow=True)
    assert [hit.row.title for hit in response.context["results"].hits] == ["One"]


def test_tags_are_shown_when_read_back(client: Client, mira: User, keys: VaultKeys) -> None:
    entry = write(mira, keys, "endings")
    assert 'value="endings"' in text_of(client.get(reverse("entry_read", args=[entry.pk])))


def test_tags_are_in_no_passage_and_so_in_no_share() -> None:
    document = Document(tags=("quokka",), happened=Happened(took_place="A silence."))
    assert "quokka" not in msgspec.json.encode(passages(document)).decode()


def test_change_of_tags_is_shown_in_the_history() -> None:
    changed = compare(Document(tags=("one",)), Document(tags=("one", "two")))
    assert [block.passage for block in changed] == ["Tags"]


def test_page_of_tags_counts_what_the_journal_has(
    client: Client, mira: User, keys: VaultKeys
) -> None:
    write(mira, keys, "endings")
    PrivateList.objects.filter(name="tags").delete()
    page = text_of(client.get(reverse("journal_tags")))
    assert "in one reflection" in page
    assert listed(mira, keys) == [Tag("endings", 1)]


def test_tag_is_renamed_everywhere(client: Client, mira: User, keys: VaultKeys) -> None:
    one, two = write(mira, keys, "Endings", "silence"), write(mira, keys, "endings")
    deleted = write(mira, keys, "endings")
    actions.delete_entry(by=mira, pk=deleted.pk)
    actions.finish_entry(by=mira, pk=two.pk)
    response = client.post(reverse("journal_tags"), {"old": "endings", "new": "last times"})
    assert response.status_code == 302
    assert tags_in(one, keys) == ("last times", "silence")
    assert tags_in(two, keys) == tags_in(deleted, keys) == ("last times",)
    version = Entry.objects.get(pk=two.pk).versions.get()
    assert version.open(keys).tags == ("last times",)
    assert listed(mira, keys) == [Tag("last times", 2), Tag("silence", 1)]
    assert "last times" not in str(response.cookies)


def test_renaming_to_a_tag_there_is_makes_one_of_two(
    client: Client, mira: User, keys: VaultKeys
) -> None:
    entry = write(mira, keys, "endings", "silence")
    client.post(reverse("journal_tags"), {"old": "endings", "new": "silence"})
    assert tags_in(entry, keys) == ("silence",)


def test_tag_is_taken_away_everywhere(client: Client, mira: User, keys: VaultKeys) -> None:
    entry = write(mira, keys, "endings", "silence")
    client.post(reverse("journal_tags"), {"old": "endings", "new": "", "remove": "yes"})
    assert tags_in(entry, keys) == ("silence",)


@pytest.mark.parametrize("new", ["", "one, two", "x" * (LONGEST_TAG + 1)])
def test_name_that_is_none_changes_nothing(
    client: Client, mira: User, keys: VaultKeys, new: str
) -> None:
    entry = write(mira, keys, "endings")
    response = client.post(reverse("journal_tags"), {"old": "endings", "new": new})
    assert response.status_code == 422
    assert "Nothing was changed" in text_of(response)
    assert tags_in(entry, keys) == ("endings",)


def test_renaming_leaves_a_damaged_entry_and_says_so(
    client: Client, mira: User, keys: VaultKeys
) -> None:
    write(mira, keys, "endings")
    broken = write(mira, keys, "endings")
    Entry.objects.filter(pk=broken.pk).update(body=bytes(broken.body)[:-1] + b"x")
    done = retag(by=mira, keys=keys, keyring=lambda _vault: keys, old="endings", new="silence")
    assert (done.changed, done.left) == (1, 1)
    assert "does not open" in text_of(client.get(reverse("journal_tags")))


def test_page_opened_before_a_renaming_does_not_undo_it_unseen(
    client: Client, mira: User, keys: VaultKeys
) -> None:
    entry = write(mira, keys, "endings")
    retag(by=mira, keys=keys, keyring=lambda _vault: keys, old="endings", new="silence")
    response = save(client, entry, tags="endings", took_place="More.")
    assert response.status_code == 409
    assert tags_in(entry, keys) == ("silence",)


def test_nobody_renames_somebody_elses_tags(
    client: Client, mira: User, jonas: User, keys: VaultKeys
) -> None:
    entry = write(mira, keys, "quokka")
    other = Client()
    factories.unlock(other, jonas)
    other.post(reverse("journal_tags"), {"old": "quokka", "new": "mine"})
    assert tags_in(entry, keys) == ("quokka",)
    assert "quokka" not in text_of(other.get(reverse("journal_tags")))


def test_tags_are_refused_while_locked(client: Client, mira: User) -> None:
    client.force_login(mira)
    assert client.get(reverse("journal_tags")).status_code == 302
    assert client.post(reverse("journal_tags"), {"old": "a", "new": "b"}).status_code == 423
