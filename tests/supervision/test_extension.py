"""A copy shared for longer: the same words, the same conversation, a consent of its own."""

from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.core import mail
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format

from accounts.models import User
from reflection.models import Entry
from supervision import actions
from supervision.checking import check_record
from supervision.models import (
    Agreement,
    Comment,
    ConsentWording,
    HeldComment,
    Share,
    SupervisionGroup,
)
from supervision.rules import Refused
from supervision.said import Anchor
from tests import factories

LATER = timedelta(days=91)


def address(share: Share) -> str:
    return reverse("share_extend", args=[share.pk])


def posted(share: Share, **changed: Any) -> dict[str, Any]:
    """Return what the page of ``share`` sends when three months are chosen."""
    given = {
        "lasts": "91",
        "attestation": "asked",
        "before": share.expires_at.isoformat(),
        "wording": str(wording_of(share).pk),
    }
    return given | changed


def wording_of(share: Share) -> ConsentWording:
    """Return what letting it be read for longer takes consent to now."""
    return ConsentWording.objects.to_share(in_group=share.readers.holding().exists())


def extension(share: Share, **changed: Any) -> actions.Extension:
    given: dict[str, Any] = {
        "before": share.expires_at,
        "until": timezone.localdate() + LATER,
        "attestation": "asked",
        "wording": wording_of(share).pk,
        "found": {},
    }
    return actions.Extension(**(given | changed))


def test_same_copy_is_read_for_longer_with_everything_beside_it(
    as_mira: Client, as_okafor: Client, share: Share, okafor: User, agreement: Agreement
) -> None:
    comment = factories.make_comment(share=share, author=okafor, text="Why first?")
    factories.held_comment(
        share=share, author=okafor, text="Held.", anchor=Anchor(0, 0, 8, "Thursday")
    )
    before = Share.objects.get(pk=share.pk)

    shown = as_mira.get(address(share)).content.decode()
    answer = as_mira.post(address(share), posted(share), follow=True)

    share.refresh_from_db()
    assert "Thursday: no explaining first." in shown
    assert share.wording.text[:40] in shown
    assert share.expires_at.date() == timezone.localdate() + LATER
    for field in ("body", "key_supervisor", "key_supervisee", "content_hash", "version"):
        assert getattr(share, field) == getattr(before, field)
    assert Comment.objects.get() == comment
    page = as_okafor.get(reverse("share_read", args=[share.pk])).content.decode()
    assert "Why first?" in page
    assert "Send 1 held comment" in page
    assert "Made longer" in answer.content.decode()
    [line] = [one for one in agreement.record.lines.log() if one.kind == "extended"]
    assert line.facts["content_hash"] == share.content_hash
    assert line.facts["attestation"] == "asked"
    assert date_format(share.expires_at, "j F Y") in line.words
    assert check_record(agreement).is_whole


def test_consent_for_longer_is_asked_in_full(as_mira: Client, share: Share) -> None:
    nothing = as_mira.post(address(share), posted(share, lasts="", attestation=""))
    earlier = as_mira.post(
        address(share), posted(share, lasts="date", until_on=str(share.expires_at.date()))
    )

    before = share.expires_at
    share.refresh_from_db()
    assert (nothing.status_code, earlier.status_code) == (422, 422)
    assert set(nothing.context["form"].errors) == {"lasts", "attestation"}
    assert "Choose a day after" in earlier.content.decode()
    assert share.expires_at == before
    # What ends no later than it does anyway is not offered.
    assert [value for value, _words in nothing.context["form"].fields["lasts"].choices] == [
        "91",
        "date",
    ]


@pytest.mark.parametrize("changed", [{"before": "2026-01-01T00:00:00+00:00"}, {"wording": "0"}])
def test_what_changed_since_it_was_looked_at_is_shown_again(
    as_mira: Client, share: Share, changed: dict[str, str]
) -> None:
    answer = as_mira.post(address(share), posted(share, **changed))

    before = share.expires_at
    share.refresh_from_db()
    assert "nothing was done" in answer.content.decode()
    assert share.expires_at == before
    with pytest.raises(actions.Changed):
        actions.extend_share(
            by=share.supervisee,
            pk=share.pk,
            extension=extension(share, before=before - timedelta(days=1)),
        )


def test_pressed_twice_it_is_on_record_once(share: Share, mira: User) -> None:
    agreed = extension(share)

    actions.extend_share(by=mira, pk=share.pk, extension=agreed)
    actions.extend_share(by=mira, pk=share.pk, extension=agreed)

    assert [line.kind for line in share.events.log()].count("extended") == 1


def test_longer_than_longer_follows_on_and_the_check_holds_them_together(
    share: Share, mira: User, agreement: Agreement
) -> None:
    actions.extend_share(by=mira, pk=share.pk, extension=extension(share))
    share.refresh_from_db()
    until = timezone.localdate() + timedelta(days=200)
    actions.extend_share(by=mira, pk=share.pk, extension=extension(share, until=until))
    assert check_record(agreement).is_whole

    Share.objects.filter(pk=share.pk).update(expires_at=share.expires_at)

    [trouble] = check_record(agreement).troubles
    assert trouble.number == agreement.record.lines.count()


def test_only_the_author_of_a_copy_lets_it_be_read_for_longer(
    as_okafor: Client, share: Share, okafor: User
) -> None:
    assert as_okafor.get(address(share)).status_code == 404
    assert as_okafor.post(address(share), posted(share)).status_code == 404
    with pytest.raises(Share.DoesNotExist):
        actions.extend_share(by=okafor, pk=share.pk, extension=extension(share))


def test_what_is_closed_or_cannot_be_shared_is_not_made_longer(
    as_mira: Client, share: Share, mira: User, okafor: User
) -> None:
    okafor.is_active = False
    okafor.save(update_fields=["is_active"])
    inactive = as_mira.get(address(share), follow=True).content.decode()
    with pytest.raises(Refused, match="not active"):
        actions.extend_share(by=mira, pk=share.pk, extension=extension(share))
    okafor.is_active = True
    okafor.save(update_fields=["is_active"])
    with time_machine.travel(share.expires_at + timedelta(seconds=1)), pytest.raises(Refused):
        actions.extend_share(by=mira, pk=share.pk, extension=extension(share))
    actions.revoke_share(by=mira, pk=share.pk)

    answer = as_mira.post(address(share), posted(share), follow=True)

    assert "is not active" in inactive
    assert "You took this back" in answer.content.decode()
    assert not any(line.kind == "extended" for line in share.events.log())


def test_supervisor_is_told_and_no_mail_says_what_of(
    share: Share, mira: User, okafor: User
) -> None:
    mail.outbox.clear()

    actions.extend_share(by=mira, pk=share.pk, extension=extension(share))

    told = okafor.notifications.get(kind="extended")
    assert told.path == reverse("share_read", args=[share.pk])
    assert told.words == f"{mira.get_full_name()} lets you read something for longer."
    assert not mail.outbox


def test_consent_for_longer_speaks_of_those_who_read_along(
    as_mira: Client, copy: Share, agreement: Agreement
) -> None:
    shown = as_mira.get(address(copy)).content.decode()
    as_mira.post(address(copy), posted(copy))

    agreed = wording_of(copy)
    assert agreed.slug == "share-group"
    assert agreed.title in shown
    [line] = [one for one in agreement.record.lines.log() if one.kind == "extended"]
    assert line.facts["wording"] == ["share-group", agreed.version]


@pytest.mark.parametrize("in_group", [True, False])
def test_consent_for_other_readers_than_there_are_is_refused(
    copy: Share, mira: User, jonas: User, *, in_group: bool
) -> None:
    if in_group:
        actions.take_from_one(by=mira, pk=copy.pk, person=jonas.pk)
    other = ConsentWording.objects.to_share(in_group=in_group)

    with pytest.raises(actions.Changed):
        actions.extend_share(by=mira, pk=copy.pk, extension=extension(copy, wording=other.pk))

    assert not any(line.kind == "extended" for line in copy.events.log())


def test_who_reads_along_is_told_and_who_no_longer_does_is_not(
    group: SupervisionGroup,
    agreement: Agreement,
    entry: Entry,
    mira: User,
    jonas: User,
    tove: User,
) -> None:
    readers = factories.reading_terms(group, jonas, tove)
    copy = factories.make_share(agreement=agreement, entry=entry, readers=readers)
    actions.take_from_one(by=mira, pk=copy.pk, person=tove.pk)

    actions.extend_share(by=mira, pk=copy.pk, extension=extension(copy))

    told = jonas.notifications.get(kind="extended")
    assert told.path == reverse("share_read", args=[copy.pk])
    assert told.words == f"{mira.get_full_name()} lets you read something for longer."
    assert not tove.notifications.filter(kind="extended").exists()


def test_new_version_does_not_take_the_older_one_back_unasked(
    as_mira: Client, share: Share, agreement: Agreement
) -> None:
    answer = as_mira.post(
        reverse("share_new", args=[share.entry_uid]) + f"?like={share.pk}",
        {
            "step": "preview",
            "agreement": str(agreement.pk),
            "passages": share.passages,
            "purpose": "listen",
            "lasts": "91",
            "attestation": "asked",
        },
    )

    html = answer.content.decode()
    assert not answer.context["takes_back_older"]
    assert address(share) not in html  # the note is another one: something has changed
    same = as_mira.post(
        reverse("share_new", args=[share.entry_uid]),
        {
            "step": "preview",
            "agreement": str(agreement.pk),
            "passages": share.passages,
            "purpose": share.purpose,
            "note": "Ask me about the apology.",
            "lasts": "91",
            "attestation": "asked",
        },
    )
    assert address(share) in same.content.decode()


def test_held_comments_are_sent_after_it_as_before(
    as_okafor: Client, share: Share, mira: User, okafor: User
) -> None:
    factories.held_comment(share=share, author=okafor, text="Held.")
    end = share.expires_at
    actions.extend_share(by=mira, pk=share.pk, extension=extension(share))

    with time_machine.travel(end + timedelta(hours=1)):
        actions.send_held(by=okafor, reader=factories.reader(okafor), pk=share.pk)

    assert not HeldComment.objects.exists()
    assert Comment.objects.get().author == okafor
