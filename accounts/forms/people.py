"""Forms about people and their places."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts import zones
from accounts.forms.names import NameField
from accounts.models import Membership, User
from accounts.rules import PlaceAct

NO_ADDRESS = _("That is not an e-mail address: one looks like name@example.org.")


def name_field(**options: Any) -> NameField:
    """Return the field for one's own name."""
    return NameField(
        label=_("Your name"),
        max_length=120,
        help_text=_("As your supervisor or supervisees know you."),
        widget=forms.TextInput(attrs={"autocomplete": "name"}),
        **options,
    )


class ProfileForm(forms.Form):
    """One's own name and time zone."""

    name = name_field()
    timezone = forms.ChoiceField(
        label=_("Time zone"),
        help_text=_("Times are shown, and reminders sent, by this clock."),
        choices=zones.choices,
    )

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        kwargs["initial"] = {"name": user.name, "timezone": user.timezone}
        super().__init__(*args, **kwargs)


class RolesMixin(forms.Form):
    """What somebody is in a clinic: at least one of two things."""

    # Neither has to be ticked, but one of them: none of them is said to be optional.
    one_of = ("is_clinician", "is_admin")

    is_clinician = forms.BooleanField(
        label=_("Clinician"),
        required=False,
        help_text=_("Keeps a private journal, and can give or receive supervision."),
    )
    is_admin = forms.BooleanField(
        label=_("Clinic admin"),
        required=False,
        help_text=_("Invites people and sets roles. Sees nothing that anybody writes."),
    )

    def clean(self) -> dict[str, Any]:
        """Return the cleaned fields. Refuses when neither role is ticked."""
        cleaned = super().clean() or self.cleaned_data
        if not (cleaned.get("is_clinician") or cleaned.get("is_admin")):
            self.add_error("is_clinician", _("Choose at least one role."))
        return cleaned


class InvitationForm(RolesMixin):
    """Whom to invite, and as what."""

    name = NameField(label=_("Their name"), max_length=120)
    email = forms.EmailField(
        label=_("Their e-mail address"),
        max_length=254,
        help_text=_("The invitation goes to this address, and they will sign in with it."),
        error_messages={"invalid": NO_ADDRESS},
    )
    field_order = ["name", "email", "is_clinician", "is_admin"]


class RolesForm(RolesMixin):
    """Somebody's roles, as far as this admin may change them."""

    def __init__(
        self, *args: Any, place: Membership, acts: frozenset[PlaceAct], **kwargs: Any
    ) -> None:
        kwargs["initial"] = {"is_clinician": place.is_clinician, "is_admin": place.is_admin}
        super().__init__(*args, **kwargs)
        self.fields["is_clinician"].disabled = PlaceAct.SET_CLINICIAN not in acts
        self.fields["is_admin"].disabled = PlaceAct.SET_ADMIN not in acts
