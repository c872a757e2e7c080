"""Proposing an agreement: to a colleague, to an e-mail address, or for two people of a clinic."""

from collections.abc import Iterable
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from accounts.models import Membership, User
from supervision.models import Proposal


class PersonField(forms.ChoiceField):
    """One of some people, by the place each holds in a clinic; cleans to that place or None."""

    def __init__(self, places: Iterable[Membership], *, with_clinic: bool, **kwargs: Any) -> None:
        self.places = {str(place.pk): place for place in places}
        choices = [
            (value, self._label(place, with_clinic=with_clinic))
            for value, place in self.places.items()
        ]
        super().__init__(choices=[("", _("Nobody chosen")), *choices], **kwargs)

    @staticmethod
    def _label(place: Membership, *, with_clinic: bool) -> str:
        name = place.user.get_full_name()
        return f"{name} ({place.clinic.name})" if with_clinic else name

    def clean(self, value: Any) -> Membership | None:
        """Return the place that was chosen."""
        return self.places.get(super().clean(value))


class ProposalForm(forms.Form):
    """What one of the two proposes. ``places`` are one's colleagues.

    Those who keep no journal cannot be chosen: they have no vault to seal anything to.
    """

    side = forms.ChoiceField(
        label=_("What are you asking for?"),
        widget=forms.RadioSelect,
        error_messages={"required": _("Choose one of these.")},
        choices=[
            (Proposal.Side.SUPERVISEE, _("I would like them to supervise me.")),
            (Proposal.Side.SUPERVISOR, _("I would like to supervise them.")),
        ],
    )
    email = forms.EmailField(
        label=_("Or their e-mail address"),
        required=False,
        help_text=_("For somebody you share no clinic with. We write to them."),
        widget=forms.EmailInput(attrs={"autocomplete": "off"}),
    )
    agree = forms.BooleanField(
        label=_("I have read this agreement and accept it for my part."),
        error_messages={
            "required": _("Proposing is accepting for your part. Tick this if you do.")
        },
    )
    field_order = ["side", "person", "email", "agree"]

    def __init__(self, *args: Any, places: Iterable[Membership], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        places = [place for place in places if place.is_clinician]
        if places:
            with_clinic = len({place.clinic_id for place in places}) > 1
            self.fields["person"] = PersonField(
                places,
                with_clinic=with_clinic,
                label=_("A colleague"),
                required=False,
                help_text=_(
                    "Those who keep a journal here, and not those who only manage the clinic: what "
                    "is shared is sealed to somebody’s vault."
                ),
            )
        else:
            self.fields["email"].label = _("Their e-mail address")
        self.order_fields(self.field_order)

    def clean(self) -> dict[str, Any]:
        """Require one way of saying who, not both."""
        cleaned = super().clean() or {}
        chosen = [name for name in ("person", "email") if cleaned.get(name)]
        if len(chosen) == 2:
            raise ValidationError(_("Choose a colleague or give an address, not both."))
        if not chosen and not self.has_error("email"):
            self.add_error("email", _("Say who it is: choose a colleague, or give an address."))
        return cleaned


class AcceptForm(forms.Form):
    """What somebody says who accepts an agreement: that they read its wording."""

    agree = forms.BooleanField(
        label=_("I have read this agreement and accept it for my part."),
        error_messages={
            "required": _("Nothing was accepted yet. Read the wording, and tick this if you agree.")
        },
    )


class ClinicProposalForm(forms.Form):
    """What a clinic's admin proposes for two of its people who keep a journal."""

    def __init__(self, *args: Any, places: Iterable[Membership], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        places = [place for place in places if place.is_clinician]
        for name, label in (("supervisee", _("Supervisee")), ("supervisor", _("Supervisor"))):
            self.fields[name] = PersonField(places, with_clinic=False, label=label)
        self.fields["supervisor"].help_text = _(
            "Only people who keep a journal can be chosen: what is shared is sealed to their "
            "vault. Is somebody missing who only manages the clinic? Make them a clinician first."
        )

    def clean(self) -> dict[str, Any]:
        """Require two different people."""
        cleaned = super().clean() or {}
        people = [cleaned.get("supervisee"), cleaned.get("supervisor")]
        if all(people) and people[0] == people[1]:
            raise ValidationError(_("An agreement needs two people. Choose another for one side."))
        return cleaned

    def people(self) -> tuple[User, User]:
        """Return the supervisee and the supervisor that were chosen."""
        return self.cleaned_data["supervisee"].user, self.cleaned_data["supervisor"].user
