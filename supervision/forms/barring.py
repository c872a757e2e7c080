"""Whom a reflection is never shared with."""

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from django import forms
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from supervision.models import Agreement, GroupMembership

Choices = list[tuple[str, str]]


class BarForm(forms.Form):
    """Whom a reflection is barred from: one's supervisors, present and past, and fellow members.

    Whoever is ``barred`` already is named too, though they are neither any more, so that it can be
    changed. Those who left Mend stay barred.
    """

    def __init__(
        self,
        *args: Any,
        agreements: Iterable[Agreement],
        fellows: Iterable[GroupMembership],
        barred: Iterable[User],
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        barred = list(barred)
        here = {one.pk for one in barred if not one.left_at}
        self.others = [one.pk for one in barred if one.pk not in here]
        self.fields["people"] = forms.MultipleChoiceField(
            label=_("Never share this reflection with"),
            choices=_grouped(agreements, fellows, [one for one in barred if one.pk in here]),
            initial=[str(pk) for pk in here],
            required=False,
            widget=forms.CheckboxSelectMultiple,
            help_text=_(
                "Who can read a copy of it now loses it at once. You can change this at any time."
            ),
        )

    @property
    def has_people(self) -> bool:
        """Whether there is anybody to choose."""
        return bool(self.fields["people"].choices)  # type: ignore[attr-defined]

    def chosen(self) -> list[UUID]:
        """Return the ids of everybody who is barred now."""
        return [*self.others, *(UUID(pk) for pk in self.cleaned_data["people"])]


def _grouped(
    agreements: Iterable[Agreement], fellows: Iterable[GroupMembership], barred: Iterable[User]
) -> list[tuple[str | Promise, Choices]] | Choices:
    """Return each person once, under what they are to one; without headings where all are alike."""
    seen: set[UUID] = set()
    supervisors = _choices((one.supervisor for one in agreements), seen)
    members = _choices((one.person for one in fellows), seen)
    groups: list[tuple[str | Promise, Choices]] = [
        (_("Your supervisors, present and past"), supervisors),
        (_("Members of your groups"), members),
        (_("Barred before"), _choices(barred, seen)),
    ]
    filled = [group for group in groups if group[1]]
    return filled if len(filled) > 1 else [one for _title, found in filled for one in found]


def _choices(people: Iterable[User], seen: set[UUID]) -> Choices:
    """Return those who are still here and were not ``seen``, and add them to it."""
    found = {one.pk: one.get_full_name() for one in people if not one.left_at}
    new = [(str(pk), name) for pk, name in found.items() if pk not in seen]
    seen.update(found)
    return new
