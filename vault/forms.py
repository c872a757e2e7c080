"""What the vault's pages ask. Forms read what was typed; whether it opens is decided elsewhere."""

from typing import Any

from allauth.core import context
from django import forms
from django.contrib.auth.base_user import AbstractBaseUser
from django.core.exceptions import ValidationError
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from vault import actions
from vault.access import VaultAccess


def _password(label: Any, *, autocomplete: str = "current-password", **options: Any) -> Any:
    widget = forms.PasswordInput(attrs={"autocomplete": autocomplete})
    return forms.CharField(label=label, strip=False, widget=widget, max_length=1024, **options)


def _code(label: Any, **options: Any) -> Any:
    attrs = {"autocomplete": "off", "autocapitalize": "characters", "spellcheck": "false"}
    widget = forms.TextInput(attrs={**attrs, "class": "recovery"})
    hint = _("7 groups of 4. Small or capital letters, with or without hyphens.")
    return forms.CharField(label=label, widget=widget, max_length=200, help_text=hint, **options)


class PasswordForm(forms.Form):
    """The account's password, asked once more."""

    password = _password(_("Your password"))


class UnlockForm(PasswordForm):
    """The password that opens the vault. The page opens with the caret in it.

    Whoever goes by key to a page of their vault is led there, and types it blindly: its letters
    must press no keys.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not self.is_bound:
            self.fields["password"].widget.attrs["autofocus"] = True


class CodeForm(forms.Form):
    """The recovery code: to open the vault, or typed back."""

    code = _code(_("Recovery code"))


class OldKeyForm(forms.Form):
    """What opens a vault that the account's password does not: the code, or an old password."""

    code = _code(_("Recovery code"), required=False)
    old_password = _password(
        _("Or the password you had before"),
        required=False,
        autocomplete="off",
        help_text=_("If you remember it. It opens the vault as well as the code does."),
    )

    def clean(self) -> dict[str, Any]:
        """Return the cleaned fields. Refuses when both are empty."""
        cleaned = super().clean() or self.cleaned_data
        if not (cleaned.get("code") or cleaned.get("old_password")):
            raise ValidationError(gettext("Type your recovery code, or the password from before."))
        return cleaned


class ReopenForm(OldKeyForm):
    """An old key, and the password that is to open the vault from now on."""

    password = _password(
        _("Your password now"),
        help_text=_("The one you sign in with. It will open the vault again from now on."),
    )


class StartOverForm(PasswordForm):
    """Asking for a fresh vault, knowing what that means."""

    understood = forms.BooleanField(
        label=_("I understand that I cannot read what is in my vault now without its code.")
    )


class ChangePasswordMixin:
    """For the form that changes the password, first: the vault follows even while it is locked.

    The current password has just been typed, so it opens the vault before the new one is set.
    """

    user: AbstractBaseUser
    cleaned_data: dict[str, Any]

    def save(self) -> None:
        """Open the vault with the old password if it is locked, then set the new one."""
        access: VaultAccess = context.request.vault
        if access.vault is not None and access.setup_keys is None:
            old = self.cleaned_data["oldpassword"]
            keys = actions.open_for_account(user=self.user, password=old)
            if keys is not None:
                access.open(keys, user=self.user)
        super().save()  # type: ignore[misc]
