"""Sealed drafts of what does not save itself while one types: a capture, a look back."""

import re
import uuid
from datetime import UTC, datetime

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import User
from reflection import actions
from reflection.document import LookBack
from reflection.models import Entry
from tests import factories
from vault import crypto
from vault.crypto import VaultKeys
from vault.models import Vault

pytestmark = pytest.mark.django_db

URL = "/journal/unsaved/"
NOTED = datetime(2026, 5, 20, 12, tzinfo=UTC)


@pytest.fixture
def keys(client: Client, mira: User) -> VaultKeys:
    return factories.unlock(client, mira)


@pytest.fixture
def entry(mira: User, keys: VaultKeys) -> Entry:
    return factories.make_entry(owner=mira, keys=keys, document=factories.full_document())


def captured(mira: User, text: str, pk: uuid.UUID | None = None) -> dict[str, str]:
    """Return the draft of a capture."""
    pk = pk or uuid.uuid4()
    fields = {
        "writer": str(mira.pk), "entry": str(pk), "took_place": text, "case_code": "Finch"
    }  # fmt: skip
    return factories.sealed_draft(
        person=mira, thing=pk, place="capture", fields=fields, page=pk.hex
    )


def looked(
    mira: User, entry: Entry, learned: str, place: str = "look-back", **given: str
) -> dict[str, str]:
    """Return the draft of a look back."""
    fields = {
        "writer": str(mira.pk),
        "revision": str(entry.revision),
        "noted_at": NOTED.isoformat(),
        "learned": learned,
        **given,
    }
    return factories.sealed_draft(person=mira, thing=entry.pk, place=place, fields=fields)


def state(client: Client, draft: dict[str, str]) -> str:
    answer = client.post(URL, draft | {"do": "check"}, headers={"Accept": "application/json"})
    found: str = answer.json()["state"]
    return found


def looks(entry: Entry, keys: VaultKeys) -> list[str]:
    found = Entry.objects.get(pk=entry.pk).open(keys).looking_back
    return [look.learned for look in found]


def add_look(mira: User, keys: VaultKeys, entry: Entry, learned: str) -> None:
    look = LookBack(noted_at=NOTED, learned=learned)
    actions.look_back(by=mira, keys=keys, pk=entry.pk, look=look, follow_up_on=None)
    entry.refresh_from_db()


# --- A capture -----------------------------------------------------------------------------------


def test_capture_is_shown_and_nothing_is_saved_by_looking(
    client: Client, mira: User, keys: VaultKeys
) -> None:
    answer = client.post(URL, captured(mira, "They left early."))
    assert answer.status_code == 200
    assert "They left early." in answer.text
    assert not Entry.objects.owned_by(mira)


def test_kept_capture_is_one_capture_however_often_it_is_pressed(
    client: Client, mira: User, keys: VaultKeys
) -> None:
    draft = captured(mira, "They left early.")
    assert state(client, draft) == "unsaved"
    answer = client.post(URL, draft | {"do": "keep"})
    client.post(URL, draft | {"do": "keep"})
    (entry,) = Entry.objects.owned_by(mira)
    assert answer["Location"] == f"/journal/captures/?captured={entry.pk}"
    assert entry.is_capture
    assert entry.open(keys).happened.took_place == "They left early."
    assert state(client, draft) == "kept"


def test_capture_that_was_saved_and_deleted_since_is_not_offered(
    client: Client, mira: User, keys: VaultKeys
) -> None:
    draft = captured(mira, "They left early.")
    client.post(URL, draft | {"do": "keep"})
    actions.delete_entry(by=mira, pk=Entry.objects.owned_by(mira).get().pk)
    assert state(client, draft) == "kept"


def test_other_words_of_a_saved_capture_are_offered_to_be_copied(
    client: Client, mira: User, keys: VaultKeys
) -> None:
    pk = uuid.uuid4()
    client.post(URL, captured(mira, "They left early.", pk) | {"do": "keep"})
    other = captured(mira, "They left early, and smiled.", pk)
    assert state(client, other) == "unsaved"
    assert "and smiled" in client.post(URL, other).text


def test_capture_page_tells_its_script_whom_to_seal_to(
    client: Client, mira: User, keys: VaultKeys
) -> None:
    page = client.get(reverse("journal_capture")).text
    (thing,) = re.findall(r'data-seal-thing="([0-9a-f-]+)"', page)
    vault = Vault.objects.active().get(user=mira)
    context = crypto.browser_draft(vault.pk, uuid.UUID(thing), "capture", mira.pk)
    assert f'name="entry" value="{thing}"' in page
    assert crypto.sealing_info(context).hex() in page


# --- A look back ---------------------------------------------------------------------------------


def test_look_back_is_kept_once_and_then_known(
    client: Client, mira: User, keys: VaultKeys, entry: Entry
) -> None:
    draft = looked(mira, entry, "To wait first.")
    assert state(client, draft) == "unsaved"
    assert "To wait first." in client.post(URL, draft).text
    assert looks(entry, keys) == []
    client.post(URL, draft | {"do": "keep"})
    client.post(URL, draft | {"do": "keep"})
    assert looks(entry, keys) == ["To wait first."]
    assert state(client, draft) == "kept"


def test_look_back_whose_next_day_is_over_comes_back_into_its_boxes(
    client: Client, mira: User, keys: VaultKeys, entry: Entry
) -> None:
    draft = looked(mira, entry, "To wait first.", follow_up_on="2020-01-01")
    assert state(client, draft) == "unsaved"
    answer = client.post(URL, draft | {"do": "keep"})
    assert answer.status_code == 422
    assert "To wait first." in answer.text
    assert f'action="/journal/{entry.pk}/look-back/"' in answer.text
    assert looks(entry, keys) == []


def test_changed_look_back_takes_the_place_of_the_one_it_changes(
    client: Client, mira: User, keys: VaultKeys, entry: Entry
) -> None:
    add_look(mira, keys, entry, "To wait.")
    draft = looked(mira, entry, "To wait, and breathe.", "look-back.change")
    assert state(client, draft) == "unsaved"
    client.post(URL, draft | {"do": "keep"})
    assert looks(entry, keys) == ["To wait, and breathe."]
    assert state(client, draft) == "kept"


def test_changed_look_back_never_overwrites_a_later_change(
    client: Client, mira: User, keys: VaultKeys, entry: Entry
) -> None:
    add_look(mira, keys, entry, "To wait.")
    draft = looked(mira, entry, "From this browser.", "look-back.change")
    later = LookBack(noted_at=NOTED, learned="From another tab.")
    actions.change_look(
        by=mira, keys=keys, pk=entry.pk, look=later, revision=entry.revision, follow_up_on=None
    )
    answer = client.post(URL, draft | {"do": "keep"})
    assert answer.status_code == 409
    assert "From this browser." in answer.text
    assert "From another tab." in answer.text
    assert f'action="/journal/{entry.pk}/look-back/1/"' in answer.text
    assert looks(entry, keys) == ["From another tab."]


def test_look_back_at_a_deleted_reflection_can_be_read_and_is_not_lost_by_keeping(
    client: Client, mira: User, keys: VaultKeys, entry: Entry
) -> None:
    draft = looked(mira, entry, "Still worth reading.")
    actions.delete_entry(by=mira, pk=entry.pk)
    for asked in ({}, {"do": "keep"}):
        answer = client.post(URL, draft | asked)
        assert answer.status_code == 200
        assert "Still worth reading." in answer.text
        assert "Bring that back" in answer.text
    actions.restore_entry(by=mira, pk=entry.pk)
    client.post(URL, draft | {"do": "keep"})
    assert looks(entry, keys) == ["Still worth reading."]


def test_colleague_cannot_open_a_look_back_that_was_sealed(
    client: Client, mira: User, jonas: User, entry: Entry
) -> None:
    draft = looked(mira, entry, "Mira's alone.")
    factories.unlock(client, jonas)
    answer = client.post(URL, draft)
    assert answer.status_code == 409
    assert "alone" not in answer.text


def test_look_back_does_not_open_in_another_place(client: Client, mira: User, entry: Entry) -> None:
    draft = looked(mira, entry, "To wait first.")
    for change in ({"passage": "look-back.change"}, {"passage": "capture"}):
        assert state(client, draft | change) == "sealed"


def test_place_nobody_knows_is_refused(client: Client, mira: User, entry: Entry) -> None:
    draft = looked(mira, entry, "To wait first.")
    assert client.post(URL, draft | {"passage": "no-such.place"}).status_code == 400


def test_form_shown_again_keeps_the_page_it_had(
    client: Client, mira: User, keys: VaultKeys, entry: Entry
) -> None:
    """So that its draft is that of the words it holds, not another one."""
    url = reverse("entry_look_back", args=[entry.pk])
    posted = {"page": "the-same-page", "noted_at": NOTED.isoformat(), "did": ""}
    answer = client.post(url, posted)
    assert answer.status_code == 422
    assert 'data-seal-page="the-same-page"' in answer.text
    assert 'name="page" value="the-same-page"' in answer.text
