"""Who else reads a copy along: members of one of the author's groups with that supervisor."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from supervision.frozen import ReaderTerms
from supervision.models import Agreement, GroupMembership, GroupPin
from vault.crypto import VaultKeys


@dataclass(frozen=True)
class ReaderQuestion:
    """A member's key to compare before anything is sealed to it; ``standing`` as for agreements."""

    place: GroupMembership
    standing: str
    is_confirmed: bool

    @property
    def has_changed(self) -> bool:
        """Whether another was remembered before."""
        return self.standing == "changed"

    @property
    def was_elsewhere(self) -> bool:
        """Whether one was remembered, in another vault of the author's."""
        return self.standing == "elsewhere"

    @property
    def value(self) -> str:
        """What the form sends when it was confirmed."""
        return self.place.key.hex()


class AnyValues(forms.MultipleChoiceField):
    """Values that a page handed out itself; whoever reads them decides what they are worth."""

    hidden_widget = forms.MultipleHiddenInput

    def valid_value(self, value: Any) -> bool:
        """Let every value pass."""
        return True


class ReadersField(forms.MultipleChoiceField):
    """Members who can read along; those who are ``barred`` or cannot are not offered.

    ``barred_people`` are the former, by name.
    """

    def __init__(
        self, fellows: Iterable[GroupMembership], *, barred: Collection[UUID] = (), **kwargs: Any
    ) -> None:
        fellows = list(fellows)
        self.barred_people = [one.person for one in fellows if one.person_id in barred]
        offered = [
            one for one in fellows if one.person_id not in barred and not one.why_not_readable()
        ]
        self.places = {str(one.pk): one for one in offered}
        super().__init__(
            choices=[
                (pk, f"{one.person.get_full_name()} ({one.group.name})")
                for pk, one in self.places.items()
            ],
            widget=forms.CheckboxSelectMultiple,
            required=False,
            error_messages={
                "invalid_choice": _("Somebody you chose cannot read along now. Choose again.")
            },
            **kwargs,
        )

    def clean(self, value: Any) -> list[GroupMembership]:
        """Return the places that were chosen, all in one group."""
        places = [self.places[pk] for pk in super().clean(value)]
        if len({one.group_id for one in places}) > 1:
            raise ValidationError(
                _("Choose members of one group. For another group, share it once more.")
            )
        return places


def check_supervisor(places: Iterable[GroupMembership], agreement: Agreement) -> None:
    """Raise ``ValidationError`` where the group is not that of the agreement's supervisor."""
    if any(one.group.supervisor_id != agreement.supervisor_id for one in places):
        raise ValidationError(
            _("Those who read along have to be in a group of the supervisor you share with.")
        )


def questions(
    places: Iterable[GroupMembership],
    pins: Iterable[GroupPin],
    keys: VaultKeys,
    confirmed: Collection[str],
) -> list[ReaderQuestion]:
    """Return a question for each of ``places`` whose key is not known."""
    known = {(one.group_id, one.person_id): one for one in pins}
    found = []
    for place in places:
        pin = known.get((place.group_id, place.person_id))
        standing = pin.standing(keys, place.key) if pin else "new"
        if standing != "known":
            found.append(ReaderQuestion(place, standing, place.key.hex() in confirmed))
    return found


def reader_terms(
    places: Iterable[GroupMembership], confirmed: Collection[str]
) -> tuple[ReaderTerms, ...]:
    """Return what is agreed to about those who read along."""
    return tuple(
        ReaderTerms(one.pk, one.person_id, one.key, one.key.hex() in confirmed) for one in places
    )
