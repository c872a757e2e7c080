"""Two things at the same moment: whichever comes first holds, and nothing slips between them."""

import threading
import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection, transaction
from django.utils import timezone

from accounts.leaving import complete_leavings
from accounts.models import User
from reflection.models import Entry
from supervision import actions
from supervision.checking import check_record
from supervision.models import Agreement, Comment, ConsentWording, HeldComment, Share
from supervision.rules import Refused
from supervision.tasks import expire_shares
from tests import factories

pytestmark = pytest.mark.django_db(transaction=True)
WAIT_SECONDS = 20


def meanwhile(first: Callable[[], Any], second: Callable[[], Any]) -> list[object]:
    """Do ``second`` while the transaction of ``first`` is not through yet; return what came of it.

    ``second`` is started once ``first`` has done its work, and has to wait for its commit.
    """
    done, results = threading.Event(), []

    def late() -> None:
        done.wait(WAIT_SECONDS)
        try:
            results.append(second())
        except (Refused, actions.Changed) as refused:
            results.append(refused)
        finally:
            connection.close()

    other = threading.Thread(target=late)
    other.start()
    with transaction.atomic():
        first()
        done.set()
        other.join(0.5)
        assert not results, "it did not wait"
    other.join(WAIT_SECONDS)
    return results


def test_share_that_comes_during_the_end_of_its_agreement_is_refused(
    agreement: Agreement, entry: Entry, mira: User, okafor: User
) -> None:
    terms = factories.share_terms(agreement=agreement, entry=entry, passages=["repair"])
    reader = factories.reader(mira)

    [result] = meanwhile(
        lambda: actions.end_agreement(by=okafor, pk=agreement.pk),
        lambda: actions.share_passages(by=mira, reader=reader, terms=terms),
    )

    assert isinstance(result, Refused)
    assert not Share.objects.exists()


def test_confirming_twice_at_the_same_moment_shares_once(
    agreement: Agreement, entry: Entry, mira: User
) -> None:
    terms = factories.share_terms(agreement=agreement, entry=entry, passages=["repair"])
    reader = factories.reader(mira)

    [result] = meanwhile(
        lambda: actions.share_passages(by=mira, reader=reader, terms=terms),
        lambda: actions.share_passages(by=mira, reader=reader, terms=terms),
    )

    assert result == Share.objects.get()


def test_comment_sent_twice_at_the_same_moment_is_kept_once(share: Share, okafor: User) -> None:
    reader, pk = factories.reader(okafor), uuid4()

    def send() -> Comment:
        return actions.add_comment(
            by=okafor, reader=reader, pk=share.pk, passage="repair", text="And then?", comment=pk
        )

    [result] = meanwhile(send, send)

    assert result == Comment.objects.get()


def test_end_that_comes_during_a_share_takes_it_back_too(
    agreement: Agreement, entry: Entry, mira: User, okafor: User
) -> None:
    terms = factories.share_terms(agreement=agreement, entry=entry, passages=["repair"])
    reader = factories.reader(mira)

    meanwhile(
        lambda: actions.share_passages(by=mira, reader=reader, terms=terms),
        lambda: actions.end_agreement(by=okafor, pk=agreement.pk),
    )

    assert Share.objects.get().key_supervisor is None


@pytest.mark.parametrize("how", ["revoked", "agreement ended"])
def test_comment_that_comes_while_it_is_taken_back_is_refused(
    share: Share, agreement: Agreement, mira: User, okafor: User, how: str
) -> None:
    reader = factories.reader(okafor)

    def take_back() -> None:
        if how == "revoked":
            actions.revoke_share(by=mira, pk=share.pk)
        else:
            actions.end_agreement(by=mira, pk=agreement.pk)

    [result] = meanwhile(
        take_back,
        lambda: actions.add_comment(
            by=okafor, reader=reader, pk=share.pk, passage="repair", text="Too late."
        ),
    )

    assert isinstance(result, Refused)
    assert not Comment.objects.exists()


@pytest.mark.parametrize("how", ["revoked", "agreement ended"])
def test_held_comments_that_are_sent_while_it_is_taken_back_stay_held(
    share: Share, agreement: Agreement, mira: User, okafor: User, how: str
) -> None:
    reader = factories.reader(okafor)
    for text in ("One.", "Two."):
        actions.hold_comment(by=okafor, reader=reader, pk=share.pk, passage="repair", text=text)

    def take_back() -> None:
        if how == "revoked":
            actions.revoke_share(by=mira, pk=share.pk)
        else:
            actions.end_agreement(by=mira, pk=agreement.pk)

    [result] = meanwhile(
        take_back, lambda: actions.send_held(by=okafor, reader=reader, pk=share.pk)
    )

    assert isinstance(result, Refused)
    assert not Comment.objects.exists()
    held = HeldComment.objects.of_author(okafor)
    assert [one.open(reader).said.text for one in held] == ["One.", "Two."]


def test_held_comment_sent_twice_at_the_same_moment_is_sent_once(
    share: Share, okafor: User
) -> None:
    reader = factories.reader(okafor)
    actions.hold_comment(by=okafor, reader=reader, pk=share.pk, passage="repair", text="Now.")

    def send() -> actions.Sending:
        return actions.send_held(by=okafor, reader=reader, pk=share.pk)

    [result] = meanwhile(send, send)

    assert isinstance(result, actions.Sending)
    assert result.comments == []
    assert Comment.objects.count() == 1


def test_comment_answered_while_it_is_removed_keeps_its_place(
    share: Share, mira: User, okafor: User
) -> None:
    comment = factories.make_comment(share=share, author=okafor, text="Hm?")
    reader = factories.reader(mira)

    [result] = meanwhile(
        lambda: actions.add_comment(
            by=mira, reader=reader, pk=share.pk, passage="repair", text="Yes.", parent=comment.pk
        ),
        lambda: actions.remove_comment(by=okafor, pk=share.pk, comment=comment.pk),
    )

    assert isinstance(result, Refused)
    assert Comment.objects.get(pk=comment.pk).read(share.data_key(reader)) == "Hm?"


def test_both_ending_at_the_same_moment_end_it_once(
    agreement: Agreement, mira: User, okafor: User
) -> None:
    [result] = meanwhile(
        lambda: actions.end_agreement(by=mira, pk=agreement.pk),
        lambda: actions.end_agreement(by=okafor, pk=agreement.pk),
    )

    agreement.refresh_from_db()
    assert isinstance(result, Refused)
    assert agreement.ended_by == mira


def test_two_proposals_at_the_same_moment_make_one_agreement(mira: User, okafor: User) -> None:
    factories.load_wordings()

    [result] = meanwhile(
        lambda: actions.propose_agreement(by=mira, supervisee=mira, supervisor=okafor),
        lambda: actions.propose_agreement(by=okafor, supervisee=mira, supervisor=okafor),
    )

    assert isinstance(result, Refused)
    assert Agreement.objects.count() == 1


def test_taking_back_during_expiry_is_recorded_once(share: Share, mira: User) -> None:
    Share.objects.filter(pk=share.pk).update(
        shared_at=timezone.now() - timedelta(days=2),
        expires_at=timezone.now() - timedelta(seconds=1),
    )

    meanwhile(actions.expire_shares, lambda: actions.revoke_share(by=mira, pk=share.pk))

    assert [event.kind for event in share.events.log()] == ["shared", "expired"]


def test_lines_put_on_record_at_the_same_moment_follow_each_other(
    share: Share, agreement: Agreement, mira: User, okafor: User
) -> None:
    other = factories.make_share(agreement=agreement)

    meanwhile(
        lambda: actions.note_opening(share=share, by=okafor, events=[]),
        lambda: actions.revoke_share(by=mira, pk=other.pk),
    )

    checked = check_record(agreement)
    assert checked.is_whole
    assert [line.kind for line in checked.lines][-2:] == ["opened", "revoked"]


def test_copy_is_opened_again_while_it_is_taken_back_and_neither_waits_for_the_other(
    share: Share, agreement: Agreement, mira: User, okafor: User
) -> None:
    """The line of an opening refers to the copy, which the other has locked by then."""
    actions.note_opening(share=share, by=okafor, events=[])

    meanwhile(
        lambda: actions.note_opening(share=share, by=okafor, events=[]),
        lambda: actions.revoke_share(by=mira, pk=share.pk),
    )

    checked = check_record(agreement)
    assert checked.is_whole
    assert [line.kind for line in checked.lines][-2:] == ["opened", "revoked"]


def test_copy_is_opened_again_while_it_is_made_longer_and_neither_waits_for_the_other(
    share: Share, agreement: Agreement, mira: User, okafor: User
) -> None:
    actions.note_opening(share=share, by=okafor, events=[])
    extension = actions.Extension(
        before=share.expires_at,
        until=timezone.localdate() + timedelta(days=91),
        attestation="asked",
        wording=ConsentWording.objects.to_share(in_group=False).pk,
        found={},
    )

    meanwhile(
        lambda: actions.note_opening(share=share, by=okafor, events=[]),
        lambda: actions.extend_share(by=mira, pk=share.pk, extension=extension),
    )

    checked = check_record(agreement)
    assert checked.is_whole
    assert [line.kind for line in checked.lines][-2:] == ["opened", "extended"]


def test_taking_everything_back_while_the_agreement_ends_closes_each_copy_once(
    share: Share, agreement: Agreement, mira: User, okafor: User
) -> None:
    factories.make_share(agreement=agreement)

    [result] = meanwhile(
        lambda: actions.end_agreement(by=okafor, pk=agreement.pk),
        lambda: actions.take_back_everything(by=mira, pk=agreement.pk),
    )

    assert isinstance(result, Refused)
    checked = check_record(agreement)
    assert checked.is_whole
    kinds = [line.kind for line in checked.lines]
    assert kinds[-3:] == ["agreement_ended", "agreement_ended", "ended"]


def test_taking_one_copy_back_while_the_agreement_ends_waits_and_changes_nothing(
    share: Share, agreement: Agreement, mira: User, okafor: User
) -> None:
    meanwhile(
        lambda: actions.end_agreement(by=okafor, pk=agreement.pk),
        lambda: actions.revoke_share(by=mira, pk=share.pk),
    )

    assert check_record(agreement).is_whole


@pytest.mark.parametrize("leaves", ["supervisee", "supervisor"])
def test_comment_sent_as_an_account_goes_and_neither_waits_for_the_other(
    share: Share, mira: User, okafor: User, leaves: str
) -> None:
    """What the other side is told of the comment refers to the person whose account goes."""
    leaver, writer = (mira, okafor) if leaves == "supervisee" else (okafor, mira)
    User.objects.filter(pk=leaver.pk).update(leaves_at=timezone.now())

    [gone] = meanwhile(
        lambda: factories.make_comment(share=share, author=writer), complete_leavings
    )

    leaver.refresh_from_db()
    assert gone == 1
    assert leaver.left_at is not None


def test_barring_while_it_is_shared_refuses_or_takes_back(
    agreement: Agreement, entry: Entry, mira: User, okafor: User
) -> None:
    terms = factories.share_terms(agreement=agreement, entry=entry, passages=["repair"])
    reader, keys = factories.reader(mira), factories.vault_keys(mira)

    meanwhile(
        lambda: actions.share_passages(by=mira, reader=reader, terms=terms),
        lambda: actions.bar_people(by=mira, keys=keys, pk=entry.pk, barred=[okafor.pk]),
    )

    assert not Share.objects.live().exists()
    assert check_record(agreement).is_whole


@pytest.mark.tasks
def test_worker_over_redis_expires_what_ran_out(
    celery_worker: None, share: Share, agreement: Agreement
) -> None:
    lasting = factories.make_share(agreement=agreement)
    now = timezone.now()
    Share.objects.filter(pk=share.pk).update(shared_at=now - timedelta(days=2), expires_at=now)

    expire_shares.delay()

    until = time.monotonic() + WAIT_SECONDS
    waiting = Share.objects.filter(pk=share.pk, expired_at=None)
    while waiting.exists() and time.monotonic() < until:
        time.sleep(0.05)
    share.refresh_from_db()
    lasting.refresh_from_db()
    assert share.expired_at is not None
    assert lasting.key_supervisor is not None
