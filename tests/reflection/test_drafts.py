"""A text that a browser kept sealed: opened by its writer's vault alone, kept without loss."""

import uuid
from typing import Any

import pytest
from django.test import Client

from accounts.models import User
from reflection.history import Piece
from reflection.models import Entry, EntryVersion
from tests import factories
from vault import actions as vault_actions
from vault import crypto
from vault.crypto import VaultKeys
from vault.models import Unlock, Vault

pytestmark = pytest.mark.django_db

URL = "/journal/unsaved/"
PAGE = "0123456789abcdef"


@pytest.fixture
def keys(client: Client, mira: User) -> VaultKeys:
    return factories.unlock(client, mira)


@pytest.fixture
def entry(mira: User, keys: VaultKeys) -> Entry:
    return factories.make_entry(owner=mira, keys=keys, document=factories.full_document())


def sealed_draft(
    person: User, entry: uuid.UUID, text: str, *, passage: str = "happened", **given: Any
) -> dict[str, str]:
    """Return what a browser would post of a draft that it sealed."""
    vault = given.pop("vault", None)
    box = {"happened": "took_place", "repair": "plan"}[passage]
    fields = {"revision": "1", "page": PAGE, "turn": "3", "passage": passage, box: text} | given
    return factories.sealed_draft(
        person=person, thing=entry, place=passage, fields=fields, page=PAGE, vault=vault
    )


def state(client: Client, draft: dict[str, str]) -> str:
    answer = client.post(URL, draft | {"do": "check"}, headers={"Accept": "application/json"})
    found: str = answer.json()["state"]
    return found


def took_place(entry: Entry, keys: VaultKeys) -> str:
    return Entry.objects.get(pk=entry.pk).open(keys).happened.took_place


def test_draft_is_shown_beside_what_stands_and_changes_nothing(
    client: Client, mira: User, entry: Entry
) -> None:
    answer = client.post(URL, sealed_draft(mira, entry.pk, "Typed on the train."))
    assert answer.status_code == 200
    assert "Typed" in answer.text
    assert "yawned" in answer.text
    assert Entry.objects.get(pk=entry.pk).revision == 1


def test_words_are_compared_for_whoever_sees_them_alone(
    client: Client, mira: User, entry: Entry, monkeypatch: pytest.MonkeyPatch
) -> None:
    compared: list[str] = []

    def words_changed(_old: str, new: str) -> list[Piece]:
        compared.append(new)
        return [Piece("added", new)]

    monkeypatch.setattr("reflection.history.words_changed", words_changed)
    draft = sealed_draft(mira, entry.pk, "Typed.")

    assert state(client, draft) == "unsaved"
    assert compared == []
    client.post(URL, draft)
    assert compared == ["Typed."]
    client.post(URL, draft | {"do": "keep"})
    assert compared == ["Typed."]


def test_kept_draft_is_saved_and_leads_to_its_passage(
    client: Client, mira: User, keys: VaultKeys, entry: Entry
) -> None:
    answer = client.post(URL, sealed_draft(mira, entry.pk, "Typed.") | {"do": "keep"})
    assert answer["Location"] == f"/journal/{entry.pk}/happened/"
    assert took_place(entry, keys) == "Typed."
    (standing,) = EntryVersion.objects.of(entry)
    assert standing.open(keys).happened.took_place == "I yawned, and Finch went quiet."


def test_script_is_told_that_nothing_is_lost_any_more(
    client: Client, mira: User, entry: Entry
) -> None:
    draft = sealed_draft(mira, entry.pk, "Typed.")
    assert state(client, draft) == "unsaved"
    client.post(URL, draft | {"do": "keep"})
    assert state(client, draft) == "kept"


def test_later_text_of_another_page_is_not_overwritten(
    client: Client, mira: User, keys: VaultKeys, entry: Entry
) -> None:
    later = {"passage": "happened", "took_place": "Later.", "revision": "1", "page": "another"}
    client.post(f"/journal/{entry.pk}/happened/", later)
    draft = sealed_draft(mira, entry.pk, "Earlier.")
    answer = client.post(URL, draft | {"do": "keep"})
    assert answer.status_code == 409
    assert "Later." in answer.text
    assert "Earlier." in answer.text
    assert took_place(entry, keys) == "Later."
    (aside,) = EntryVersion.objects.of(entry).conflicts()
    assert aside.open(keys).happened.took_place == "Earlier."
    assert state(client, draft) == "kept"


def test_draft_that_its_own_page_has_since_outdone_is_not_offered(
    client: Client, mira: User, entry: Entry
) -> None:
    newer = {"passage": "happened", "took_place": "Newer.", "page": PAGE, "turn": "4"}
    client.post(f"/journal/{entry.pk}/happened/", newer | {"revision": "1"})
    assert state(client, sealed_draft(mira, entry.pk, "Older.")) == "kept"


def test_draft_of_a_reflection_never_saved_begins_it_once(
    client: Client, mira: User, keys: VaultKeys
) -> None:
    draft = sealed_draft(mira, uuid.uuid4(), "The first words.") | {"do": "keep"}
    client.post(URL, draft)
    client.post(URL, draft)
    (begun,) = Entry.objects.owned_by(mira)
    assert str(begun.pk) == draft["entry"]
    assert took_place(begun, keys) == "The first words."


def test_draft_of_a_deleted_reflection_becomes_one_of_its_own(
    client: Client, mira: User, keys: VaultKeys, entry: Entry
) -> None:
    client.post(f"/journal/{entry.pk}/delete/")
    draft = sealed_draft(mira, entry.pk, "Still worth keeping.")
    assert "deleted" in client.post(URL, draft).text
    client.post(URL, draft | {"do": "keep"})
    client.post(URL, draft | {"do": "keep"})
    (own,) = Entry.objects.owned_by(mira)
    assert own.pk != entry.pk
    assert took_place(own, keys) == "Still worth keeping."
    assert state(client, draft) == "kept"


def test_draft_too_long_for_its_box_is_shown_whole_to_be_copied(
    client: Client, mira: User, keys: VaultKeys, entry: Entry
) -> None:
    text = "x" * 100_001
    answer = client.post(URL, sealed_draft(mira, entry.pk, text) | {"do": "keep"})
    assert answer.status_code == 422
    assert text in answer.text
    assert took_place(entry, keys) == "I yawned, and Finch went quiet."


def test_colleagues_draft_opens_for_nobody_else(client: Client, mira: User, jonas: User) -> None:
    factories.unlock(client, jonas)
    answer = client.post(URL, sealed_draft(mira, uuid.uuid4(), "Mira's alone."))
    assert answer.status_code == 409
    assert "cannot be opened" in answer.text
    assert "alone" not in answer.text


def test_draft_sealed_for_a_colleague_by_somebody_else_is_refused(
    client: Client, mira: User, jonas: User
) -> None:
    """The vault is hers, but it was typed by another person: the binding does not hold."""
    factories.unlock(client, mira)
    vault = Vault.objects.active().get(user=mira)
    draft = sealed_draft(jonas, uuid.uuid4(), "Not hers.", vault=vault)
    assert state(client, draft) == "sealed"


@pytest.mark.parametrize(
    "change",
    [
        {"entry": str(uuid.uuid4())},
        {"passage": "repair"},
        {"sealed": "0110"},
        {"sealed": "not hexadecimal"},
        {"sealed": "0110" + "00" * 600},
    ],
)
def test_draft_moved_or_damaged_does_not_open(
    client: Client, mira: User, entry: Entry, change: dict[str, str]
) -> None:
    draft = sealed_draft(mira, entry.pk, "Typed.")
    assert state(client, draft | change) == "sealed"


@pytest.mark.parametrize("change", [{"entry": "x"}, {"vault": ""}, {"passage": "read_back"}])
def test_post_that_is_no_draft_is_refused(
    client: Client, mira: User, entry: Entry, change: dict[str, str]
) -> None:
    answer = client.post(URL, sealed_draft(mira, entry.pk, "Typed.") | change)
    assert answer.status_code == 400


def test_draft_stays_closed_while_the_vault_is_locked(
    client: Client, mira: User, entry: Entry
) -> None:
    draft = sealed_draft(mira, entry.pk, "Typed.")
    Unlock.objects.all().delete()
    answer = client.post(URL, draft)
    assert answer.status_code == 423
    assert "Typed." not in answer.text
    assert draft["sealed"] in answer.text  # and goes on once the password is given
    opened = client.post(URL, draft | {"vault_password": factories.PASSWORD})
    assert "Typed." in opened.text


def test_question_of_a_script_is_no_activity(client: Client, mira: User, entry: Entry) -> None:
    before = Unlock.objects.get(user=mira).last_seen_at
    headers = {"Accept": "application/json", "X-Mend-Background": "1"}
    client.post(URL, sealed_draft(mira, entry.pk, "Typed.") | {"do": "check"}, headers=headers)
    assert Unlock.objects.get(user=mira).last_seen_at == before


def test_page_tells_its_script_whom_to_seal_to(client: Client, mira: User, entry: Entry) -> None:
    vault = Vault.objects.active().get(user=mira)
    page = client.get(f"/journal/{entry.pk}/repair/").text
    context = crypto.browser_draft(vault.pk, entry.pk, "repair", mira.pk)
    assert bytes(vault.public_key).hex() in page
    assert crypto.sealing_info(context).hex() in page


def test_empty_draft_of_a_new_reflection_is_not_offered(client: Client, mira: User) -> None:
    factories.unlock(client, mira)
    assert state(client, sealed_draft(mira, uuid.uuid4(), "")) == "kept"


def test_draft_of_an_earlier_vault_opens_once_that_is_joined(
    client: Client, mira: User, keys: VaultKeys
) -> None:
    draft = sealed_draft(mira, uuid.uuid4(), "Before starting over.")
    earlier = Vault.objects.active().get(user=mira)
    vault_actions.seal(vault=earlier)
    fresh = factories.make_vault(mira)
    fresh_keys = factories.unlock(client, mira)
    assert state(client, draft) == "sealed"
    vault_actions.join_sealed(sealed=earlier, sealed_keys=keys, into=fresh, keys=fresh_keys)
    assert state(client, draft) == "unsaved"
    client.post(URL, draft | {"do": "keep"})
    (entry,) = Entry.objects.owned_by(mira)
    assert took_place(entry, fresh_keys) == "Before starting over."
