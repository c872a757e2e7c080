"""Steps that were agreed on in supervision and joined a plan for repair.

``reflection`` knows of a step only its words, from whom they came and an id to find it by.
"""

import uuid
from typing import TYPE_CHECKING

import msgspec
from django.utils import timezone

from accounts.models import User
from reflection.actions import settle_identifier
from reflection.document import AgreedStep, Document
from reflection.models import Entry

if TYPE_CHECKING:
    from collections.abc import Callable

    from vault.crypto import VaultKeys

    Steps = tuple[AgreedStep, ...]


def add_step(*, by: User, keys: "VaultKeys", pk: uuid.UUID, step: AgreedStep) -> Entry:
    """Put ``step`` at the end of the plan of ``by``'s entry; one that is there already stays."""

    def added(steps: "Steps") -> "Steps":
        return steps if any(one.source == step.source for one in steps) else (*steps, step)

    return _rewrite(by, keys, pk, added)


def renew_step(*, by: User, keys: "VaultKeys", pk: uuid.UUID, step: AgreedStep) -> Entry:
    """Put the words of ``step`` in the place of those it had; done stays done. Gone, it is added
    anew."""

    def renewed(steps: "Steps") -> "Steps":
        if all(one.source != step.source for one in steps):
            return (*steps, step)
        return tuple(
            msgspec.structs.replace(step, done_on=one.done_on) if one.source == step.source else one
            for one in steps
        )

    return _rewrite(by, keys, pk, renewed)


def tick_step(*, by: User, keys: "VaultKeys", pk: uuid.UUID, source: str, is_done: bool) -> Entry:
    """Note that ``by`` did an agreed step today, or that it is still to do."""
    day = timezone.localdate() if is_done else None

    def ticked(steps: "Steps") -> "Steps":
        return tuple(
            msgspec.structs.replace(one, done_on=(is_done and one.done_on) or day)
            if one.source == source
            else one
            for one in steps
        )

    return _rewrite(by, keys, pk, ticked)


def remove_step(*, by: User, keys: "VaultKeys", pk: uuid.UUID, source: str) -> Entry:
    """Take an agreed step out of the plan; one that is not there is no error."""
    return _rewrite(by, keys, pk, lambda steps: tuple(one for one in steps if one.source != source))


def _rewrite(
    by: User, keys: "VaultKeys", pk: uuid.UUID, change: "Callable[[Steps], Steps]"
) -> Entry:
    def rewrite(document: Document) -> Document:
        repair = msgspec.structs.replace(
            document.repair, to_act_on=change(document.repair.to_act_on)
        )
        return msgspec.structs.replace(document, repair=repair)

    # No passage is named: nothing that is typed on an open page is touched, so none is too late.
    return settle_identifier(by=by, keys=keys, pk=pk, rewrite=rewrite)
