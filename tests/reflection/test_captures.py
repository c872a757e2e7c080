"""Captures: set down in a moment, kept or gone by themselves."""

import re
import uuid
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.db import IntegrityError, transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from reflection import actions, tasks
from reflection.document import Document, Happened
from reflection.models import Entry, EntryVersion
from tests import factories
from vault.crypto import VaultKeys

pytestmark = pytest.mark.django_db
JSON = {"accept": "application/json"}


@pytest.fixture
def keys(client: Client, mira: User) -> VaultKeys:
    """Mira, signed in with her journal unlocked."""
    return factories.unlock(client, mira)


def capture(client: Client, *, expires: bool = True, text: str = "They left early.") -> Entry:
    data = {"took_place": text, "case_code": "Finch", "entry": str(uuid.uuid4())}
    answer = client.post(reverse("journal_capture"), data | ({"expires": "on"} if expires else {}))
    assert answer.status_code == 302
    return Entry.objects.get(pk=answer["Location"].rpartition("=")[2])


def in_days(days: float) -> Any:
    return time_machine.travel(timezone.now() + timedelta(days=days), tick=False)


@pytest.mark.usefixtures("keys")
def test_capture_stays_unless_its_writer_lets_it_go(client: Client) -> None:
    entry = capture(client, expires=False)
    assert entry.is_capture
    assert entry.expires_at is None
    with in_days(400):
        assert tasks.purge_expired_captures() == 0


def test_detail_in_a_capture_is_shown_once_it_is_saved_and_settled_there(
    client: Client, keys: VaultKeys
) -> None:
    entry = capture(client, text="I rang 020 7946 0018.")
    shown = reverse("capture_list") + f"?captured={entry.pk}"
    page = client.get(shown).content.decode()
    assert "<mark>020 7946 0018</mark>" in page
    assert f'href="{reverse("entry_read", args=[entry.pk])}#happened"' in page

    given = {"passage": "happened", "box": "took_place", "text": "020 7946 0018"}
    settled = {"do": "replace", "replacement": "a number", "back": "capture_list"}
    answer = client.post(reverse("entry_identifiers", args=[entry.pk]), given | settled)

    assert answer["Location"] == f"{shown}#identifiers"
    again = Entry.objects.get()
    assert again.open(keys).happened.took_place == "I rang a number."
    assert again.is_capture
    assert again.expires_at == entry.expires_at
    assert "<mark>" not in client.get(shown).content.decode()


@pytest.mark.usefixtures("keys")
def test_list_of_captures_speaks_of_details_right_after_saving_only(client: Client) -> None:
    capture(client, text="I rang 020 7946 0018.")
    assert "<mark>" not in client.get(reverse("capture_list")).content.decode()


def test_capture_let_go_is_gone_on_its_day_with_its_texts(
    client: Client, mira: User, keys: VaultKeys
) -> None:
    entry, other = capture(client), capture(client, expires=False, text="Stays.")
    assert entry.expires_at is not None
    left = entry.expires_at - timezone.now()
    assert timedelta(days=6, hours=23) < left <= timedelta(days=7)
    with in_days(6.9):
        assert tasks.purge_expired_captures() == 0
    with in_days(7.1):
        factories.unlock(client, mira)
        assert client.get(reverse("entry_read", args=[entry.pk])).status_code == 404
        assert "They left early." not in client.get(reverse("capture_list")).content.decode()
        assert tasks.purge_expired_captures() == 1
    assert set(Entry.objects.values_list("pk", flat=True)) == {other.pk}


@pytest.mark.usefixtures("keys")
def test_expired_capture_cannot_be_brought_back_from_the_deleted(
    client: Client, mira: User
) -> None:
    entry = capture(client)
    client.post(reverse("entry_delete", args=[entry.pk]))
    with in_days(8):
        factories.unlock(client, mira)
        assert client.post(reverse("entry_restore", args=[entry.pk])).status_code == 404
        assert "Finch" not in client.get(reverse("journal_deleted")).content.decode()


@pytest.mark.usefixtures("keys")
def test_list_says_when_each_goes_and_keeps_it_on_a_press(client: Client) -> None:
    entry = capture(client)
    page = client.get(reverse("capture_list")).content.decode()
    assert "Gone for good on" in page
    assert client.post(reverse("capture_keep", args=[entry.pk])).status_code == 302
    entry.refresh_from_db()
    assert entry.expires_at is None
    assert entry.is_capture
    assert "Gone for good on" not in client.get(reverse("capture_list")).content.decode()


def keep_by_writing(client: Client, entry: Entry) -> None:
    client.post(
        reverse("entry_write", kwargs={"pk": entry.pk, "passage": "reaction"}),
        {"own_words": "Caught out.", "revision": "1"},
        headers=JSON,
    )


def keep_by_finishing(client: Client, entry: Entry) -> None:
    client.post(reverse("entry_finish", args=[entry.pk]))


def keep_by_looking_back(client: Client, entry: Entry) -> None:
    data = {"learned": "Wait.", "noted_at": timezone.now().isoformat()}
    client.post(reverse("entry_look_back", args=[entry.pk]), data)


def keep_by_a_day(client: Client, entry: Entry) -> None:
    client.post(reverse("entry_remind", args=[entry.pk]), {"when": "week"})


@pytest.mark.parametrize(
    "act", [keep_by_writing, keep_by_finishing, keep_by_looking_back, keep_by_a_day]
)
@pytest.mark.usefixtures("keys")
def test_going_on_with_a_capture_keeps_it_for_good(act: Any, client: Client) -> None:
    entry = capture(client)
    act(client, entry)
    entry.refresh_from_db()
    assert not entry.is_capture
    assert entry.expires_at is None
    with in_days(8):
        assert tasks.purge_expired_captures() == 0


@pytest.mark.usefixtures("keys")
def test_opening_a_capture_to_go_on_does_not_keep_it_yet(client: Client) -> None:
    entry = capture(client)
    page = client.get(reverse("entry_write", kwargs={"pk": entry.pk, "passage": "happened"}))
    assert "gone for good on" in page.content.decode()
    entry.refresh_from_db()
    assert entry.expires_at is not None


def test_shared_capture_never_goes_by_itself(
    client: Client, mira: User, okafor: User, keys: VaultKeys
) -> None:
    entry = capture(client)
    agreement = factories.make_agreement(supervisee=mira, supervisor=okafor)
    factories.make_share(agreement=agreement, entry=entry, passages=["happened"])
    with in_days(8):
        assert tasks.purge_expired_captures() == 0
    assert Entry.objects.filter(pk=entry.pk).exists()


def test_database_refuses_a_finished_entry_that_would_go(mira: User, keys: VaultKeys) -> None:
    soon = timezone.now() + timedelta(days=1)
    entry = factories.make_entry(owner=mira, keys=keys, finished_at=soon)
    for fields in ({"expires_at": soon}, {"is_capture": True}):
        with pytest.raises(IntegrityError), transaction.atomic():
            Entry.objects.filter(pk=entry.pk).update(**fields)


def test_nobody_else_keeps_or_sees_a_capture(
    client: Client, keys: VaultKeys, jonas: User, okafor: User
) -> None:
    entry = capture(client)
    for who in (jonas, okafor):
        other = Client()
        factories.unlock(other, who)
        assert other.post(reverse("capture_keep", args=[entry.pk])).status_code == 404
        assert "They left early." not in other.get(reverse("capture_list")).content.decode()
    entry.refresh_from_db()
    assert entry.expires_at is not None


def test_damaged_capture_is_listed_and_named_beside_the_others(
    client: Client, keys: VaultKeys
) -> None:
    capture(client)
    broken = capture(client, text="Broken")
    Entry.objects.filter(pk=broken.pk).update(body=b"\x01\x01" + bytes(40))
    page = client.get(reverse("capture_list")).content.decode()
    assert "They left early." in page
    assert "cannot be opened" in page
    assert reverse("entry_read", args=[broken.pk]) in page


def test_two_presses_make_one_capture(client: Client, mira: User, keys: VaultKeys) -> None:
    data = {"took_place": "Once.", "entry": str(uuid.uuid4())}
    for _ in range(2):
        client.post(reverse("journal_capture"), data)
    assert Entry.objects.owned_by(mira).captures().count() == 1


def test_bar_offers_a_capture_to_who_keeps_a_journal_alone(
    client: Client, mira: User, ada: User
) -> None:
    client.force_login(mira)
    page = client.get("/about/privacy/").content.decode()
    assert "bar-capture" in page
    assert 'data-shortcut="c"' in page
    client.force_login(ada)
    assert "bar-capture" not in client.get("/about/privacy/").content.decode()


def test_bar_says_how_many_days_have_come_and_no_more(
    client: Client, mira: User, keys: VaultKeys
) -> None:
    document = Document(title="The yawn", happened=Happened(case_code="Finch"))
    factories.make_entry(
        owner=mira, keys=keys, document=document, follow_up_on=timezone.localdate()
    )
    page = client.get("/about/privacy/").content.decode()
    assert '<b>1</b> <span class="bar-due-words">to look back at</span>' in page
    assert "yawn" not in page
    actions.set_look_back(by=mira, pk=Entry.objects.get().pk, follow_up_on=None)
    assert "to look back at" not in client.get("/about/privacy/").content.decode()


def test_capture_without_a_title_or_code_goes_by_its_first_words(
    client: Client, mira: User, keys: VaultKeys
) -> None:
    long = "They left before the end, and I said nothing, and wondered all evening why."
    for text in (long, "Short.", ""):
        document = Document(happened=Happened(took_place=text))
        factories.make_entry(owner=mira, keys=keys, document=document)
    html = client.get(reverse("journal_list")).content.decode()
    titles = re.findall(r"<h3>\s*<a [^>]*>([^<]*)</a>", html)
    assert titles == [
        "Untitled",
        "Short.",
        "They left before the end, and I said nothing, and wondered…",
    ]
    assert ">…all evening why.</p>" in html
    assert html.count("Short.") == 1


def test_other_words_sent_from_the_page_of_a_saved_capture_are_one_of_their_own(
    client: Client, mira: User, keys: VaultKeys
) -> None:
    """Saved, gone back to by the browser's own Back, typed on, saved again: both are there."""
    data = {"took_place": "They left early.", "case_code": "Finch", "entry": str(uuid.uuid4())}
    client.post(reverse("journal_capture"), data)
    client.post(reverse("journal_capture"), data)
    client.post(reverse("journal_capture"), data | {"took_place": "They left early, smiling."})
    found = {one.open(keys).happened.took_place for one in Entry.objects.owned_by(mira)}
    assert found == {"They left early.", "They left early, smiling."}
    assert Entry.objects.owned_by(mira).count() == 2


def test_captured_words_are_kept_when_one_goes_on_at_once_and_writes_others(
    client: Client, keys: VaultKeys
) -> None:
    entry = capture(client, text="As I set it down.")
    write = reverse("entry_write", kwargs={"pk": entry.pk, "passage": "happened"})
    for turn, text in enumerate(("Written anew.", "Written anew, on."), 1):
        data = {"took_place": text, "revision": turn, "page": "page", "turn": turn}
        assert client.post(write, data, headers=JSON).status_code == 200

    [kept] = EntryVersion.objects.filter(entry=entry)
    assert kept.open(keys).happened.took_place == "As I set it down."
    history = client.get(reverse("entry_history", args=[entry.pk])).content.decode()
    assert "There is no earlier text yet" not in history


def test_going_on_with_what_holds_nothing_keeps_no_empty_text(
    client: Client, mira: User, keys: VaultKeys
) -> None:
    entry = actions.begin_entry(by=mira, keys=keys, document=Document())
    write = reverse("entry_write", kwargs={"pk": entry.pk, "passage": "happened"})
    client.post(write, {"took_place": "x", "revision": 1, "page": "p", "turn": 1}, headers=JSON)
    assert not EntryVersion.objects.filter(entry=entry).exists()


def test_deleting_from_the_captures_leads_back_to_them_and_says_until_when(
    client: Client, keys: VaultKeys
) -> None:
    entry = capture(client)
    page = client.get(reverse("capture_list")).content.decode()
    assert 'name="back" value="captures"' in page

    answer = client.post(reverse("entry_delete", args=[entry.pk]), {"back": "captures"})

    assert answer["Location"] == f"{reverse('capture_list')}?deleted={entry.pk}"
    page = client.get(answer["Location"]).content.decode()
    assert "30 days" not in page
    assert "It still goes for good on" in page
    assert client.post(reverse("entry_restore", args=[entry.pk])).status_code == 302


def test_deleted_capture_that_stays_can_be_brought_back_for_thirty_days(
    client: Client, keys: VaultKeys
) -> None:
    entry = capture(client, expires=False)
    answer = client.post(reverse("entry_delete", args=[entry.pk]), {"back": "captures"})
    assert "It can be brought back for 30 days." in client.get(answer["Location"]).content.decode()


def test_deleted_capture_says_in_the_journal_too_when_it_goes(
    client: Client, keys: VaultKeys
) -> None:
    entry = capture(client)
    answer = client.post(reverse("entry_delete", args=[entry.pk]))
    assert answer["Location"] == f"{reverse('journal_list')}?deleted={entry.pk}"
    page = client.get(answer["Location"]).content.decode()
    assert "30 days" not in page
    assert "It still goes for good on" in page
    assert "goes for good on" in client.get(reverse("journal_deleted")).content.decode()
