"""Forms for signing up, and for how one signs in."""

from collections.abc import Mapping
from typing import Any, ClassVar

from allauth.account import forms as allauth
from allauth.core import context
from django import forms
from django.conf import settings
from django.contrib.auth.password_validation import UserAttributeSimilarityValidator
from django.core.exceptions import ValidationError
from django.db import transaction
from django.http import HttpRequest
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from accounts import actions, zones
from accounts.forms.people import NO_ADDRESS, name_field
from accounts.invited import Admission, admission_in, forget, invitation_in
from accounts.models import Invitation, User
from vault.forms import ChangePasswordMixin

NEW_PASSWORD_TWICE = {"password1": _("New password"), "password2": _("New password, once more")}


class PlainWords:
    """For allauth's forms, first: fields are named as everywhere in Mend, and by their label alone.

    A placeholder that says the label again goes when one begins to type.
    """

    labels: ClassVar[Mapping[str, Any]] = {}
    fields: dict[str, forms.Field]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, field in self.fields.items():
            field.widget.attrs.pop("placeholder", None)
            field.label = self.labels.get(name, field.label)
            if isinstance(field, forms.EmailField):
                field.error_messages["invalid"] = NO_ADDRESS


class LoginForm(PlainWords, allauth.LoginForm):
    """Signing in."""

    labels = {"login": _("E-mail address")}


class ReauthenticateForm(PlainWords, allauth.ReauthenticateForm):
    """The password once more, before something about the account is changed."""


class AddEmailForm(PlainWords, allauth.AddEmailForm):
    """Another address to sign in with."""

    labels = {"email": _("New e-mail address")}


class ResetPasswordForm(PlainWords, allauth.ResetPasswordForm):
    """Asking for a link to set a new password."""

    labels = {"email": _("E-mail address")}


class ResetPasswordKeyForm(PlainWords, allauth.ResetPasswordKeyForm):
    """Setting a new password by that link."""

    labels = NEW_PASSWORD_TWICE


class SetPasswordForm(PlainWords, allauth.SetPasswordForm):
    """Setting a first password."""

    labels = NEW_PASSWORD_TWICE


class ChangePasswordForm(ChangePasswordMixin, PlainWords, allauth.ChangePasswordForm):
    """Changing the password: the vault follows."""

    labels = {"oldpassword": _("Current password"), **NEW_PASSWORD_TWICE}


class SignupForm(PlainWords, allauth.SignupForm):
    """Signing up: a name, the address, a password. Nothing else is asked, nothing agreed to.

    With an invitation or an admission the address is the one it went to, whatever is posted.
    """

    field_order = ["name", "email", "password1", "timezone"]
    labels = {"email": _("E-mail address")}

    class Media:
        js = [forms.Script("js/timezone.js", type="module")]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.invitation: Invitation | None = invitation_in(context.request)
        self.fields["name"] = name_field()
        self.fields["timezone"] = forms.CharField(
            required=False, max_length=64, widget=forms.HiddenInput
        )
        if self.invitation:
            self.fields["name"].initial = self.invitation.name
            self.fields["email"].initial = self.invitation.email
            self.fields["email"].disabled = True
            self.fields["email"].help_text = _("The address your invitation was sent to.")
        self.admission: Admission | None = None
        if not self.invitation and (admission := admission_in(context.request)):
            self.admission = admission
            self.fields["email"].initial = admission.email
            self.fields["email"].disabled = True
            self.fields["email"].help_text = _("The address the proposal was sent to.")
        self.order_fields(self.field_order)

    def clean_timezone(self) -> str:
        """Return the browser's zone if it is one, else the clinic's, else the installation's."""
        given = self.cleaned_data["timezone"]
        if given in zones.known():
            return str(given)
        return self.invitation.clinic.timezone if self.invitation else settings.TIME_ZONE

    def clean(self) -> dict[str, Any]:
        """Return the cleaned fields. Refuses once the invitation is gone and sign-up is closed."""
        cleaned: dict[str, Any] = super().clean()
        if not (self.invitation or self.admission or settings.OPEN_SIGNUP):
            raise ValidationError(
                gettext("This invitation can no longer be used. Ask your clinic for a new one.")
            )
        self._compare_password_with_name(cleaned)
        return cleaned

    def _compare_password_with_name(self, cleaned: dict[str, Any]) -> None:
        """Refuse a password made of the name; allauth compares it with the address alone."""
        name, password = cleaned.get("name"), cleaned.get("password1")
        if name and password and not self.has_error("password1"):
            try:
                UserAttributeSimilarityValidator(["name"]).validate(password, User(name=name))
            except ValidationError as error:
                self.add_error("password1", error)

    @transaction.atomic
    def save(self, request: HttpRequest) -> User:
        """Return the new person, in their place. Raises ``Refused`` if the invitation just went."""
        user: User = super().save(request)
        return user

    def custom_signup(self, request: HttpRequest, user: User) -> None:
        """Give the new person their name, their time zone and their place."""
        user.name, user.timezone = self.cleaned_data["name"], self.cleaned_data["timezone"]
        user.save(update_fields=["name", "timezone"])
        if self.invitation:
            actions.accept_invitation(invitation=self.invitation, by=user)
            forget(request)
        elif self.admission:
            actions.join_alone(by=user)
            forget(request)
        else:
            actions.make_practice(by=user)
