"""A reflection shared again: what changed, which version is which, taking the older one back."""

from datetime import timedelta
from typing import Any

import msgspec
import pytest
import time_machine
from django.core import mail
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from reflection.actions import Source, save_passage
from reflection.document import Document
from reflection.models import Entry
from supervision import actions
from supervision.models import Agreement, HeldComment, Share
from supervision.said import Anchor, Place
from supervision.tasks import remind_of_expiry
from tests import factories


def rewrite(entry: Entry, owner: User, words: str) -> Entry:
    """Change what stands in the repair passage."""

    def changed(document: Document) -> Document:
        repair = msgspec.structs.replace(document.repair, plan=words)
        return msgspec.structs.replace(document, repair=repair)

    keys = factories.vault_keys(owner)
    fresh = Entry.objects.get(pk=entry.pk)
    save_passage(
        by=owner,
        keys=keys,
        pk=entry.pk,
        passage="repair",
        rewrite=changed,
        source=Source(fresh.revision),
    )
    return Entry.objects.get(pk=entry.pk)


def choices(agreement: Agreement, **changed: Any) -> dict[str, Any]:
    return {
        "agreement": str(agreement.pk),
        "passages": ["looking_again", "repair"],
        "purpose": "listen",
        "note": "",
        "lasts": "30",
        "attestation": "contract",
        **changed,
    }


def preview(client: Client, entry: Entry, agreement: Agreement, **changed: Any) -> Any:
    posted = {**choices(agreement, **changed), "step": "preview"}
    return client.post(reverse("share_new", args=[entry.pk]), posted)


def confirm(client: Client, page: Any, entry: Entry, agreement: Agreement, **changed: Any) -> Any:
    posted = choices(agreement) | {
        "step": "confirm",
        "share": str(page.context["terms"].share),
        "seal": page.context["seal"],
        **changed,
    }
    return client.post(reverse("share_new", args=[entry.pk]), posted)


def test_first_copy_is_compared_with_nothing(
    as_mira: Client, entry: Entry, agreement: Agreement
) -> None:
    page = preview(as_mira, entry, agreement)

    assert page.context["earlier"] is None
    assert "What has changed since" not in page.content.decode()


def test_preview_of_a_new_version_shows_what_changed_since_the_last(
    as_mira: Client, share: Share, entry: Entry, agreement: Agreement, mira: User
) -> None:
    rewrite(entry, mira, "Say it on Tuesday, first thing.")

    page = preview(as_mira, entry, agreement)

    html = page.content.decode()
    assert "What has changed since version 1" in html
    words = " ".join(
        piece.text
        for change in page.context["earlier"].changes
        for piece in change.pieces
        if piece.kind == "added"
    )
    assert "Tuesday, first thing." in words
    assert "<ins>" in html
    assert "Take version 1 back when this one is shared" in html


def test_same_words_again_are_said_to_be_the_same(
    as_mira: Client, entry: Entry, agreement: Agreement
) -> None:
    factories.make_share(agreement=agreement, entry=entry)

    assert "Nothing has changed" in preview(as_mira, entry, agreement).content.decode()


def test_version_that_was_taken_back_is_compared_but_not_offered_again(
    as_mira: Client, share: Share, entry: Entry, agreement: Agreement, mira: User
) -> None:
    actions.revoke_share(by=mira, pk=share.pk)

    html = preview(as_mira, entry, agreement).content.decode()

    assert "What has changed since version 1" in html
    assert "Take version 1 back" not in html


def test_older_version_is_taken_back_with_the_new_one_if_asked(
    as_mira: Client, share: Share, entry: Entry, agreement: Agreement
) -> None:
    page = preview(as_mira, entry, agreement)

    confirm(as_mira, page, entry, agreement, take_back_older="on")

    share.refresh_from_db()
    new = Share.objects.get(version=2)
    assert share.revoked_at is not None
    assert share.key_supervisor is None
    assert new.is_live
    lines = agreement.record.lines.log()
    assert [line.kind for line in lines][-2:] == ["revoked", "shared"]


def test_older_version_stays_where_nobody_asked(
    as_mira: Client, share: Share, entry: Entry, agreement: Agreement
) -> None:
    page = preview(as_mira, entry, agreement)

    answer = confirm(as_mira, page, entry, agreement)

    share.refresh_from_db()
    assert share.revoked_at is None
    receipt = as_mira.get(answer["Location"]).content.decode()
    assert "can read version 1 too" in receipt
    assert reverse("share_revoke", args=[share.pk]) in receipt


def test_two_versions_are_told_apart_in_every_list(
    as_mira: Client, as_okafor: Client, share: Share, entry: Entry, agreement: Agreement
) -> None:
    factories.make_share(agreement=agreement, entry=entry)

    for client in (as_mira, as_okafor):
        html = client.get(reverse("supervision_home")).content.decode()
        assert html.count('class="entry share-row"') == 1
        assert html.index("Version 2") < html.index("version 1</a>")
    page = as_mira.get(reverse("entry_read", args=[entry.pk])).content.decode()
    assert page.count("Older version") == 1


def test_version_to_another_supervisor_is_no_newer_one(
    share: Share, entry: Entry, mira: User, jonas: User
) -> None:
    other = factories.make_agreement(supervisee=mira, supervisor=jonas)
    factories.make_share(agreement=other, entry=entry)

    assert not Share.objects.filter(is_folded=True).exists()


# --- Before its time is over ---------------------------------------------------------------------


def later(days: int) -> time_machine.travel:
    return time_machine.travel(timezone.now() + timedelta(days=days), tick=True)


def test_supervisee_is_written_to_once_some_days_before(share: Share, mira: User) -> None:
    mail.outbox.clear()
    assert remind_of_expiry() == 0
    with later(28):
        assert remind_of_expiry() == 1
        assert remind_of_expiry() == 0

    [notice] = mail.outbox
    assert notice.to == [mira.email]
    assert "Finch" not in notice.body
    assert "apology" not in notice.body
    assert reverse("share_receipt", args=[share.pk]) in notice.body


def test_what_was_shared_for_days_is_not_told_of(agreement: Agreement) -> None:
    factories.make_share(agreement=agreement, until=timezone.localdate() + timedelta(days=3))

    assert remind_of_expiry() == 0


def test_what_a_newer_version_replaces_is_not_told_of(
    share: Share, entry: Entry, agreement: Agreement
) -> None:
    until = timezone.localdate() + timedelta(days=90)
    factories.make_share(agreement=agreement, entry=entry, until=until)

    with later(28):
        assert remind_of_expiry() == 0


def test_first_page_says_what_ends_until_one_lets_it(share: Share, mira: User) -> None:
    with later(28):
        browser = Client()
        factories.unlock(browser, mira)
        html = browser.get(reverse("home")).content.decode()
        assert "closes by itself after" in html
        assert reverse("share_extend", args=[share.pk]) in html

        browser.post(reverse("share_see_ending", args=[share.pk]))

        assert "closes by itself after" not in browser.get(reverse("home")).content.decode()


def test_supervisor_cannot_let_it_end(as_okafor: Client, share: Share) -> None:
    assert as_okafor.post(reverse("share_see_ending", args=[share.pk])).status_code == 404


def test_sharing_for_longer_begins_with_what_was_chosen_but_the_day(
    as_mira: Client, share: Share, entry: Entry
) -> None:
    page = as_mira.get(reverse("share_new", args=[entry.pk]), {"like": str(share.pk)})

    initial = page.context["form"].initial
    assert initial["passages"] == share.passages
    assert initial["note"] == "Ask me about the apology."
    assert "lasts" not in initial
    assert "Ask me about the apology." in page.content.decode()


@pytest.mark.parametrize("like", ["nonsense", "992a1a9c-ebec-4b5d-b224-298f9c4b8a23"])
def test_address_that_names_no_share_of_ones_own_begins_empty(
    as_mira: Client, entry: Entry, like: str
) -> None:
    page = as_mira.get(reverse("share_new", args=[entry.pk]), {"like": like})

    assert page.status_code == 200
    assert "passages" not in page.context["form"].initial


def test_nobody_begins_with_what_another_chose(
    as_okafor: Client, okafor: User, share: Share
) -> None:
    own = factories.make_entry(
        owner=okafor, keys=factories.vault_keys(okafor), document=factories.full_document()
    )

    page = as_okafor.get(reverse("share_new", args=[own.pk]), {"like": str(share.pk)})

    assert "apology" not in page.content.decode()


# --- Finding the newer one, and taking along what is held ----------------------------------------


def carry(browser: Client, share: Share) -> str:
    answer = browser.post(reverse("held_carry", args=[share.pk]), follow=True)
    return answer.content.decode()


@pytest.mark.parametrize("is_closed", [False, True])
def test_older_page_leads_to_the_newer_version(
    as_okafor: Client, share: Share, agreement: Agreement, entry: Entry, is_closed: bool
) -> None:
    newer = factories.make_share(agreement=agreement, entry=entry)
    if is_closed:
        actions.revoke_share(by=share.supervisee, pk=share.pk)

    page = as_okafor.get(reverse("share_read", args=[share.pk]))

    html = page.content.decode()
    assert page.status_code == (410 if is_closed else 200)
    assert f'href="{reverse("share_read", args=[newer.pk])}"' in html
    assert "Read version 2" in html
    assert "to share it again" not in html
    newest = as_okafor.get(reverse("share_read", args=[newer.pk])).content.decode()
    assert "There is a newer version" not in newest


def test_closed_page_leads_to_no_version_that_is_closed_too(
    as_okafor: Client, share: Share, agreement: Agreement, entry: Entry, mira: User
) -> None:
    newer = factories.make_share(agreement=agreement, entry=entry)
    actions.take_back_everything(by=mira, pk=agreement.pk)

    html = as_okafor.get(reverse("share_read", args=[share.pk])).content.decode()

    assert reverse("share_read", args=[newer.pk]) not in html
    assert "Whether it is shared again" in html


def test_held_comments_are_carried_over_with_their_words_where_those_still_stand(
    as_okafor: Client, share: Share, agreement: Agreement, entry: Entry, okafor: User, mira: User
) -> None:
    thread = factories.make_comment(share=share, author=mira)
    about = {"anchor": Anchor(0, 0, 8, "Thursday")}
    gone = {"anchor": Anchor(0, 10, 23, "no explaining")}
    for text, fields in (("A", about), ("B", gone), ("C", {"parent": thread.pk})):
        factories.held_comment(share=share, author=okafor, text=text, **fields)
    changed = rewrite(entry, mira, "On Thursday I wait.")
    newer = factories.make_share(agreement=agreement, entry=changed)

    html = carry(as_okafor, share)

    reader = factories.reader(okafor)
    held = [one.open(reader) for one in HeldComment.objects.of_share(newer).of_author(okafor)]
    assert "3 held comments are with version 2 now" in html
    assert [one.said.text for one in held] == ["A", "B", "C"]
    assert [one.place for one in held] == [Place(0, 3, 11), None, None]
    assert all(one.parent is None for one in held)
    sent = actions.send_held(by=okafor, reader=reader, pk=newer.pk)
    assert len(sent.comments) == 3


def test_held_comments_of_a_closed_version_are_carried_over_without_its_words(
    as_okafor: Client, share: Share, agreement: Agreement, entry: Entry, okafor: User, mira: User
) -> None:
    factories.held_comment(share=share, author=okafor, anchor=Anchor(0, 0, 8, "Thursday"))
    kept = factories.held_comment(share=share, author=okafor, passage="looking_again", text="Kept.")
    newer = factories.make_share(agreement=agreement, entry=entry, passages=["repair"])
    actions.revoke_share(by=mira, pk=share.pk)

    html = carry(as_okafor, share)

    [held] = HeldComment.objects.of_share(newer)
    assert held.open(factories.reader(okafor)).place is None
    assert "1 held comment is with version 2 now" in html
    assert "stayed behind" in html
    assert [one.pk for one in HeldComment.objects.of_share(share)] == [kept.pk]


def test_nobody_carries_over_what_is_held_where_there_is_no_newer_version(
    as_okafor: Client, as_mira: Client, share: Share, okafor: User
) -> None:
    factories.held_comment(share=share, author=okafor)

    assert "There is no newer version" in carry(as_okafor, share)
    assert "There is no newer version" in carry(as_mira, share)
    assert HeldComment.objects.of_share(share).count() == 1
