"""Pressing a button while the vault is locked: nothing is done, and one is led back to it."""

import uuid
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from reflection.models import Entry
from supervision import actions
from supervision.models import Agreement, Comment, HeldComment, Reaction, Share
from tests import factories
from tests.supervision.conftest import BrowserOf

ID = str(uuid.UUID(int=7))
# Every button without words of one's own, with what it posts.
PRESSES: list[tuple[str, tuple[str, ...], dict[str, str]]] = [
    ("entry_finish", ("entry",), {}),
    ("entry_delete", ("entry",), {}),
    ("entry_restore", ("entry",), {}),
    ("entry_remind", ("entry",), {"when": "week"}),
    ("entry_steps", ("entry",), {"do": "done", "source": ID}),
    ("entry_identifiers", ("entry",), {"do": "keep", "text": "Ashdown"}),
    ("version_bring_back", ("entry", "1"), {}),
    ("look_back_remove", ("entry", "1"), {}),
    ("capture_keep", ("entry",), {}),
    ("case_gather", (), {}),
    ("case_remove", (ID,), {}),
    ("journal_search", (), {"forget": "on"}),
    ("journal_tags", (), {"old": "frame", "new": "", "remove": "yes"}),
    ("journal_words", (), {"remove": "Ashdown"}),
    ("journal_words", (), {"anew": "yes"}),
    ("agreement_confirm_key", ("agreement",), {"key_confirmed": "00"}),
    ("held_send", ("share",), {}),
    ("held_change", ("share", ID), {"do": "drop", "text": "Not so."}),
    ("comment_remove", ("share", ID), {}),
    ("comment_thanks", ("share", ID), {}),
    ("comment_act_on", ("share", ID), {}),
    ("share_reflect", ("share",), {}),
    ("meeting_sign", (ID,), {"revision": "1"}),
    ("meeting_follow", (ID,), {"action": ID, "do": "done"}),
    ("meeting_seal_anew", (ID,), {}),
    ("meeting_agenda", (ID,), {"item": ID, "do": "drop"}),
    ("meeting_actions", (ID,), {"action": ID, "do": "drop", "text": "Not so."}),
]


@pytest.mark.parametrize(("name", "about", "posted"), PRESSES, ids=[one[0] for one in PRESSES])
def test_press_while_locked_leads_to_unlocking_and_back_to_its_page(
    as_mira: Client,
    entry: Entry,
    share: Share,
    agreement: Agreement,
    name: str,
    about: tuple[str, ...],
    posted: dict[str, str],
) -> None:
    known = {"entry": entry.pk, "share": share.pk, "agreement": agreement.pk}
    as_mira.post(reverse("vault_lock"))

    answer = as_mira.post(
        reverse(name, args=[known.get(one, one) for one in about]),
        posted | {"vault_password": factories.PASSWORD},
        headers={"Referer": "http://testserver/journal/here/"},
    )

    assert answer.status_code == 302
    assert answer["Location"] == "/vault/unlock/?next=%2Fjournal%2Fhere%2F"
    assert "so nothing was done" in as_mira.get(answer["Location"]).content.decode()


def test_deleting_and_sending_wait_for_a_press_that_is_made_unlocked(
    as_mira: Client, entry: Entry, share: Share, okafor: User, browser_of: BrowserOf
) -> None:
    actions.hold_comment(
        by=okafor,
        reader=factories.reader(okafor),
        pk=share.pk,
        passage="repair",
        text="Not yet.",
    )
    as_okafor = browser_of(okafor)
    for browser, address in (
        (as_mira, reverse("entry_delete", args=[entry.pk])),
        (as_okafor, reverse("held_send", args=[share.pk])),
    ):
        browser.post(reverse("vault_lock"))
        browser.post(address, {"vault_password": factories.PASSWORD})
    assert Entry.objects.owned_by(entry.owner).has(entry.pk)
    assert HeldComment.objects.count() == 1
    assert not Comment.objects.exists()
    assert not Reaction.objects.exists()


# --- What was written: the way on says what happens to it -----------------------------------------


@pytest.mark.parametrize(
    ("name", "do", "button", "again"),
    [
        ("comment_add", "send", "Unlock and send", "Send again"),
        ("comment_add", "", "Unlock and send", "Send again"),
        ("comment_add", "hold", "Unlock and hold", "Hold again"),
        ("comment_edit", "", "Unlock and save", "Save again"),
        ("held_change", "hold", "Unlock and hold", "Hold again"),
        ("held_change", "send", "Unlock and send", "Send again"),
        ("meeting_new", "", "Unlock and plan it", "Plan again"),
        ("meeting_agenda", "add", "Unlock and save", "Save again"),
    ],
)
def test_way_on_says_whether_it_sends_holds_or_saves(
    okafor: User, browser_of: BrowserOf, share: Share, name: str, do: str, button: str, again: str
) -> None:
    about: dict[str, list[Any]] = {
        "comment_add": [share.pk],
        "meeting_new": [],
        "meeting_agenda": [ID],
    }
    address = reverse(name, args=about.get(name, [share.pk, ID]))
    posted = {"passage": "repair", "text": "Typed before it locked."} | ({"do": do} if do else {})
    browser = browser_of(okafor)
    browser.post(reverse("vault_lock"))

    locked = browser.post(address, posted)

    html = locked.content.decode()
    assert locked.status_code == 423
    assert f'type="submit">{button}</button>' in html
    assert ("nothing was sent" in html) == (button == "Unlock and send")
    assert ("for you alone" in html) == (button == "Unlock and hold")
    browser.logout()
    signed_out = browser.post(address, posted)
    assert f'type="submit">{again}</button>' in signed_out.content.decode()
    assert f"press {again}" in signed_out.content.decode()
    assert not Comment.objects.exists()
    assert not HeldComment.objects.exists()


# --- What has choices, but no words: they are shown again -----------------------------------------


def _confirmed(browser: Client, address: str, posted: dict[str, Any]) -> str:
    browser.post(reverse("vault_lock"))
    assert browser.post(address, posted).status_code == 423
    page = browser.post(address, posted | {"vault_password": factories.PASSWORD})
    html = page.content.decode()
    assert "Your vault had locked. Nothing was done: look again" in html
    return html


def test_barring_is_shown_again_with_its_choice(
    as_mira: Client, entry: Entry, share: Share, agreement: Agreement, okafor: User
) -> None:
    page = as_mira.get(reverse("entry_barred", args=[entry.pk]))
    (name,) = page.context["form"].fields
    (value, _label), *_others = page.context["form"].fields[name].choices
    html = _confirmed(as_mira, reverse("entry_barred", args=[entry.pk]), {name: [str(value)]})
    assert "checked" in html
    share.refresh_from_db()
    assert share.revoked_at is None


def test_moving_a_meeting_is_shown_again(as_mira: Client, agreement: Agreement) -> None:
    meeting = factories.make_meeting(agreement=agreement, by=agreement.supervisee)
    day = f"{timezone.localdate() + timedelta(days=9)}"
    posted = {"day": day, "time": "10:15", "duration": "90", "format": "video"}

    html = _confirmed(as_mira, reverse("meeting_move", args=[meeting.pk]), posted)

    assert f'value="{day}"' in html
    before = meeting.starts_at
    meeting.refresh_from_db()
    assert meeting.starts_at == before


def test_renaming_a_case_everywhere_is_shown_again(as_mira: Client, entry: Entry) -> None:
    page = as_mira.get(reverse("case_list"))
    (case,) = page.context["cases"]

    html = _confirmed(as_mira, reverse("case_rename", args=[case.pk]), {"word": "Larch"})

    assert 'value="Larch"' in html
    assert as_mira.get(reverse("case_read", args=[case.pk])).status_code == 200
