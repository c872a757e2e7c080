"""What becomes of notifications: seen, gone after a while, and how somebody wants them."""

from collections.abc import Collection
from datetime import timedelta
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from accounts.models import User
from supervision import notices
from supervision.models import Agreement, NoticeChoice, NoticeKind, Notification
from supervision.models.notification import ON_RECEIPT

KEPT = timedelta(days=90)


def see_notification(*, by: User, pk: UUID) -> Notification:
    """Return one of ``by``'s, seen. Raises ``Notification.DoesNotExist`` for anybody else's."""
    found = Notification.objects.of_person(by).get(pk=pk)
    Notification.objects.of_person(by).about(pk=pk).see()
    return found


def see_all(*, by: User) -> int:
    """Note that ``by`` has seen all of theirs; return how many they had not."""
    return Notification.objects.of_person(by).see()


def see_about(*, by: User, are_there: bool = False, **what: UUID) -> None:
    """Note that ``by`` looks at the share, agreement, meeting and so on that theirs are about.

    Looked at again, a page writes nothing and locks nothing. ``are_there``: it is known that some
    were not seen.
    """
    about = Notification.objects.to(by).about(**what).unseen()
    if are_there or about.exists():
        about.see()


def see_end_of(*, by: User, share: UUID) -> None:
    """Note that ``by`` looks at a copy's receipt: what it was said there of its end is seen.

    That somebody wrote beside the copy is not: their words stand elsewhere.
    """
    about = Notification.objects.to(by).about(share=share).of_kinds(ON_RECEIPT).unseen()
    if about.exists():
        about.see()


@transaction.atomic
def note_record_failed(agreement: Agreement) -> None:
    """Tell both that a check found the record of their agreement not as it was made."""
    notices.record_failed(agreement)


@transaction.atomic
def choose_notices(*, by: User, in_app: Collection[str], by_mail: Collection[str]) -> None:
    """Keep of which kinds ``by`` is told in the app, and of which by mail."""
    NoticeChoice.objects.of_person(by).delete()
    chosen = (
        NoticeChoice(person=by, kind=kind, in_app=kind in in_app, by_mail=kind in by_mail)
        for kind in NoticeKind
    )
    default = NoticeChoice.by_default
    NoticeChoice.objects.bulk_create(
        one
        for one in chosen
        if (one.in_app, one.by_mail) != (default(one.kind).in_app, default(one.kind).by_mail)
    )


def purge_notifications() -> int:
    """Delete what is older than ninety days, seen or not; return how many that were."""
    return Notification.objects.before(timezone.now() - KEPT).delete()[0]
