"""Steps in a plan beside the comments they were copied from: changed since, or removed."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from uuid import UUID

from accounts.models import User
from reflection.document import UNREADABLE, AgreedStep
from reflection.opening import read_uuid
from supervision.frozen import Reader
from supervision.models import Comment
from supervision.rules import Action


@dataclass(frozen=True)
class Since:
    """What became of a comment after its words were copied into a plan.

    ``text`` is what it says now; None where it does not open here. ``may_take_over``: the newer
    words can be put in the place of the copied ones.
    """

    comment: Comment
    is_removed: bool
    text: str | None
    may_take_over: bool


@dataclass(frozen=True)
class ToldStep:
    """A step, and what became of its comment; None where that is as it was, or not from one."""

    step: AgreedStep
    since: Since | None


def told_steps(steps: Sequence[AgreedStep], user: User, reader: Reader) -> list[ToldStep]:
    """Return each of ``user``'s steps with what has changed; one query where there are any."""
    comments = _comments(steps, user)
    return [
        ToldStep(step, _since(step, comments.get(read_uuid(step.source)), user, reader))
        for step in steps
    ]


def _comments(steps: Iterable[AgreedStep], user: User) -> dict[UUID | None, Comment]:
    wanted = [pk for step in steps if (pk := read_uuid(step.source))]
    if not wanted:
        return {}
    return {one.pk: one for one in Comment.objects.to_supervisee(user, wanted)}


def _since(step: AgreedStep, comment: Comment | None, user: User, reader: Reader) -> Since | None:
    if comment is None:
        return None
    if comment.removed_at is not None:
        return Since(comment, is_removed=True, text=None, may_take_over=False)
    if comment.edited_at is None or comment.edited_at <= step.noted_at:
        return None
    try:
        text = comment.read(comment.share.data_key(reader))
    except UNREADABLE:
        text = None
    if text == step.words:
        return None
    may_take_over = text is not None and comment.share.allows(Action.ACT_ON, user)
    return Since(comment, is_removed=False, text=text, may_take_over=may_take_over)
