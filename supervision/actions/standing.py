"""What a list says of a copy, kept in its row by whatever changes it. No content.

Each is called in the transaction of what happened, with the share locked or about to be, and before
the record is: a list then shows what is, and reads no more rows than it shows.
"""

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from accounts.models import User
from supervision.models import Comment, Share, ShareReader

Family = tuple[UUID, UUID]
LISTED = ("comment_count", "last_comment_at", "last_word")


def keep_opening(share: Share, by: User, at: datetime) -> None:
    """Keep when the supervisor, or somebody who reads along, first opened it.

    What the supervisee opens is their own.
    """
    if by.pk == share.supervisor_id and share.opened_at is None:
        Share.objects.filter(pk=share.pk, opened_at=None).update(opened_at=at)
        share.opened_at = at
    elif by.pk not in (share.supervisee_id, share.supervisor_id):
        ShareReader.objects.of_share(share).filter(person=by, opened_at=None).update(opened_at=at)


def keep_conversation(share: Share) -> None:
    """Keep how many comments there are beside ``share``, and when and by whom the last is.

    Whose turn it is, is between the two: a member of a group does not answer for the supervisor.
    """
    comments = Comment.objects.of_share(share)
    share.comment_count, last = comments.count_and_last()
    share.last_comment_at = last.created_at if last else None
    if share.group_id:
        last = comments.by_the_two(share).count_and_last()[1]
    share.last_word = share.side_of(last.author_id).value if last else ""
    share.save(update_fields=LISTED)


def fold_versions(families: Iterable[Family]) -> None:
    """Let one version stand for all that a supervisor was given of a reflection.

    It is the newest that is open, or the newest where none is. ``families`` are pairs of a
    reflection's and a supervisor's ids.
    """
    for entry, supervisor in sorted(set(families)):
        family = Share.objects.filter(entry_uid=entry, supervisor=supervisor)
        versions = list(family.only("version", "revoked_at", "expired_at", "is_folded"))
        if not versions:
            continue
        front = max(versions, key=lambda one: (not one.is_forgotten, one.version))
        for one in versions:
            if one.is_folded is not (one.pk != front.pk):
                one.is_folded = not one.is_folded
                one.save(update_fields=["is_folded"])
