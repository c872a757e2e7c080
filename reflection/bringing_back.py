"""Bringing an earlier text back: which parts of it, and what came since and stays."""

from collections.abc import Iterable, Sequence

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from msgspec.structs import replace

from reflection.document import Document, LookBack, Repair
from reflection.reading import PASSAGE_TITLES, in_order_of_days

# What can be brought back by itself, by its name in a `Document`, in the order of reading.
PART_TITLES: dict[str, Promise] = {"title": _("Title"), "tags": _("Tags"), **PASSAGE_TITLES}


def brought_back(
    earlier: Document, current: Document, parts: Iterable[str] = PART_TITLES
) -> Document:
    """Return ``current`` with ``parts`` as they were in ``earlier``.

    What did not exist then is no part of it: looks back that were noted since stay, and so do
    steps that were agreed on in supervision.
    """
    return replace(current, **{part: _as_it_was(part, earlier, current) for part in parts})


def parts_that_differ(one: Document, other: Document) -> list[str]:
    """Return the parts that are not the same in both."""
    return [part for part in PART_TITLES if getattr(one, part) != getattr(other, part)]


def parts_to_bring(earlier: Document, current: Document) -> list[str]:
    """Return the parts that would be other than now if they were brought back."""
    return parts_that_differ(brought_back(earlier, current), current)


def keeps_what_came_since(earlier: Document, current: Document) -> bool:
    """Tell whether there are looks back or agreed steps that bringing ``earlier`` back leaves."""
    looks = brought_back(earlier, current).looking_back
    steps = {step.source for step in current.repair.to_act_on}
    return len(looks) > len(earlier.looking_back) or not steps.issubset(
        step.source for step in earlier.repair.to_act_on
    )


def _as_it_was(part: str, earlier: Document, current: Document) -> object:
    if part == "looking_back":
        return _with_looks_since(earlier.looking_back, current.looking_back)
    if part == "repair":
        return _with_steps_since(earlier.repair, current.repair)
    return getattr(earlier, part)


def _with_looks_since(
    earlier: Sequence[LookBack], current: Sequence[LookBack]
) -> tuple[LookBack, ...]:
    noted = {look.noted_at for look in earlier}
    return in_order_of_days((*earlier, *(one for one in current if one.noted_at not in noted)))


def _with_steps_since(earlier: Repair, current: Repair) -> Repair:
    """Return the plan as it was, with the steps as they are: done stays done."""
    sources = {step.source for step in current.to_act_on}
    gone = (step for step in earlier.to_act_on if step.source not in sources)
    return replace(earlier, to_act_on=(*current.to_act_on, *gone))
