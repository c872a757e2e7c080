"""Shares that run out by themselves, and those whose reflection is gone for good."""

from unittest import mock

import pytest
from django.core import mail
from django.db import IntegrityError, transaction
from django.utils import timezone

from accounts.models import User
from supervision import actions, notices
from supervision.models import Agreement, Share
from supervision.tasks import expire_shares
from tests import factories
from tests.supervision.conftest import run_out
from vault.crypto import CannotOpen


def test_task_forgets_the_sealed_key_and_tells_the_supervisee_once(
    share: Share, agreement: Agreement, mira: User, okafor: User
) -> None:
    lasting = factories.make_share(agreement=agreement)
    run_out(share)
    mail.outbox.clear()

    assert [expire_shares(), expire_shares()] == [1, 0]

    share.refresh_from_db()
    assert share.expired_at is not None
    assert share.key_supervisor is None
    assert [event.kind for event in share.events.log()] == ["shared", "expired"]
    [notice] = mail.outbox
    assert notice.to == [mira.email]
    assert "Finch" not in f"{notice.subject} {notice.body}"
    with pytest.raises(CannotOpen):
        share.open(factories.reader(okafor))
    assert share.open(factories.reader(mira)).slugs == ["looking_again", "repair"]
    lasting.refresh_from_db()
    assert lasting.is_live


def test_clock_closes_a_share_before_the_task_has_run(share: Share, okafor: User) -> None:
    run_out(share)

    assert not Share.objects.received_by(okafor).exists()
    assert not Share.objects.readable_by(okafor).exists()


def test_share_that_was_taken_back_does_not_expire_as_well(share: Share, mira: User) -> None:
    actions.revoke_share(by=mira, pk=share.pk)
    run_out(share)
    mail.outbox.clear()

    assert expire_shares() == 0
    assert not mail.outbox


def test_taking_back_what_ran_out_leaves_it_expired(share: Share, mira: User) -> None:
    run_out(share)

    actions.revoke_share(by=mira, pk=share.pk)
    expire_shares()

    share.refresh_from_db()
    assert (share.revoked_at, share.expired_at is not None) == (None, True)


def test_agreement_ended_after_a_share_ran_out_records_it_as_expired(
    share: Share, agreement: Agreement, mira: User
) -> None:
    run_out(share)

    actions.end_agreement(by=mira, pk=agreement.pk)

    share.refresh_from_db()
    assert share.expired_at is not None
    assert share.revoked_at is None
    assert share.key_supervisor is None


def test_share_of_an_entry_deleted_for_good_loses_its_sealed_key(share: Share, mira: User) -> None:
    assert share.entry is not None
    share.entry.delete()

    assert expire_shares() == 1

    share.refresh_from_db()
    assert (share.entry, share.key_supervisor) == (None, None)
    assert share.events.log().reverse()[0].kind == "entry_deleted"
    assert share.open(factories.reader(mira)).title == "Finch, after the yawn"


@pytest.mark.parametrize("trouble", [IntegrityError, RuntimeError, KeyError])
def test_share_in_trouble_does_not_keep_the_others_open(
    share: Share,
    agreement: Agreement,
    trouble: type[Exception],
    caplog: pytest.LogCaptureFixture,
) -> None:
    other = factories.make_share(agreement=agreement)
    run_out(share)
    run_out(other)
    real = notices.share_expired

    def fail(expired: Share) -> None:
        if expired == share:
            raise trouble("canary")
        real(expired)

    with (
        mock.patch("supervision.notices.share_expired", fail),
        pytest.raises(ExceptionGroup),
    ):
        expire_shares()
    assert Share.objects.unrevoked().get() == share
    assert str(share.pk) in caplog.text
    assert trouble.__name__ in caplog.text
    assert "canary" not in caplog.text
    assert expire_shares() == 1


@pytest.mark.parametrize("field", ["revoked", "expired"])
def test_database_refuses_a_closed_share_that_keeps_its_sealed_key(
    share: Share, mira: User, field: str
) -> None:
    now = timezone.now()
    closed = {"revoked_at": now, "revoked_by": mira} if field == "revoked" else {"expired_at": now}

    with pytest.raises(IntegrityError), transaction.atomic():
        Share.objects.filter(pk=share.pk).update(**closed)
    with pytest.raises(IntegrityError), transaction.atomic():
        Share.objects.filter(pk=share.pk).update(key_supervisor=None)
    Share.objects.filter(pk=share.pk).update(**closed, key_supervisor=None)


@pytest.mark.parametrize("alone", ["revoked_at", "revoked_by"])
def test_database_refuses_a_revocation_without_who_or_when(
    share: Share, mira: User, alone: str
) -> None:
    value = timezone.now() if alone == "revoked_at" else mira

    with pytest.raises(IntegrityError), transaction.atomic():
        Share.objects.filter(pk=share.pk).update(**{alone: value}, key_supervisor=None)
