"""Whom a reflection is never shared with."""

from collections.abc import Collection, Iterable
from typing import Any
from uuid import UUID

from django import forms
from django.utils.translation import gettext_lazy as _

from supervision.models import Agreement


class BarForm(forms.Form):
    """Which of one's supervisors, present and past, a reflection is barred from.

    Whoever is barred and in none of the ``agreements`` stays barred.
    """

    def __init__(
        self,
        *args: Any,
        agreements: Iterable[Agreement],
        barred: Collection[UUID],
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        people = {
            str(one.supervisor_id): one.supervisor.get_full_name()
            for one in agreements
            if not one.supervisor.left_at
        }
        self.others = [pk for pk in barred if str(pk) not in people]
        self.fields["people"] = forms.MultipleChoiceField(
            label=_("Never share this reflection with"),
            choices=list(people.items()),
            initial=[str(pk) for pk in barred],
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
