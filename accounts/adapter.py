"""Where Mend's rules meet allauth's."""

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.core import context
from allauth.mfa.adapter import DefaultMFAAdapter
from django.conf import settings
from django.http import HttpRequest
from django.shortcuts import resolve_url
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.access import is_clinician
from accounts.actions import record
from accounts.invited import admission_in, invitation_in
from accounts.models import AccountEvent, User
from accounts.server_keys import key_now, open_under_any
from vault import crypto
from vault.adapter import VaultAdapterMixin
from vault.kept import is_ours

Kind = AccountEvent.Kind

# allauth tells the person of each of these by mail, at one point: the account log hears it there.
TOLD_BY_MAIL: dict[str, AccountEvent.Kind] = {
    "account/email/email_changed": Kind.EMAIL_CHANGED,
    "account/email/password_changed": Kind.PASSWORD_CHANGED,
    "account/email/password_set": Kind.PASSWORD_CHANGED,
    "account/email/password_reset": Kind.PASSWORD_RESET,
    "mfa/email/totp_activated": Kind.TWO_STEP_ON,
    "mfa/email/totp_deactivated": Kind.TWO_STEP_OFF,
    "mfa/email/recovery_codes_generated": Kind.RECOVERY_CODES_MADE,
}


# What allauth would say in words of its own, on the pages that are in use here.
SAID = {
    "account_inactive": _("This account is not open. Ask your clinic, or whoever runs Mend."),
    "email_password_mismatch": _("That address and password do not belong together."),
    "too_many_login_attempts": _("That was too many tries. Wait five minutes, then try again."),
    "rate_limited": _("That was too many tries. Wait some minutes, then try again."),
    "incorrect_password": _("That is not your password. Check it and try again."),
    "enter_current_password": _(
        "That is not your current password. Nothing was changed. Check it and try again."
    ),
    "invalid_password_reset": _("This link has been used or ran out. Ask for a new one."),
    "duplicate_email": _("That is your e-mail address already. Nothing was changed."),
    "email_taken": _("Somebody signs in with this e-mail address already."),
    "same_as_current": _("That is what it is already. Nothing was changed."),
    "max_email_addresses": _("You cannot have more than %d e-mail addresses."),
    "cannot_remove_primary_email": _("You sign in with this e-mail address, so it stays."),
    "unverified_primary_email": _("Confirm your e-mail address first, by the link in its mail."),
    "unknown_email": _("Nobody signs in with this e-mail address."),
}
SAID_OF_TWO_STEPS = {
    "incorrect_code": _("That is not the code, or it has run out. Type the newest one."),
    "add_email_blocked": _(
        "Nothing was changed. Turn two-step sign-in off, change the address, and turn it on again."
    ),
    "unverified_email": _(
        "Confirm your e-mail address first, by the link in its mail. Then turn two steps on."
    ),
}


class AccountAdapter(VaultAdapterMixin, DefaultAccountAdapter):
    """Sign-in that also opens the vault, and sign-up by invitation only."""

    error_messages = DefaultAccountAdapter.error_messages | SAID

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """Return whether this visitor may sign up: invited, admitted, or where anybody may."""
        if settings.OPEN_SIGNUP or invitation_in(request) is not None:
            return True
        return admission_in(request) is not None

    def is_safe_url(self, url: str) -> bool:
        """Return whether to go to ``url`` after signing in or out: as everywhere else in Mend."""
        return is_ours(context.request, url)

    def get_signup_redirect_url(self, request: HttpRequest) -> str:
        """Return the vault's set-up for who keeps a journal, else the first page."""
        return resolve_url("vault_setup" if is_clinician(request) else "home")

    def send_notification_mail(
        self,
        template_prefix: str,
        user: User,
        context: dict[str, Any] | None = None,
        email: str | None = None,
    ) -> None:
        """Tell ``user`` by mail, by their own clock, what changed, and write it into the log."""
        kind = TOLD_BY_MAIL.get(template_prefix)
        if kind is not None:
            record(kind, user=user, by=user)
        with timezone.override(user.zone):
            super().send_notification_mail(template_prefix, user, context, email)


class MFAAdapter(DefaultMFAAdapter):
    """Two-step sign-in whose secrets are of no use to who holds the database alone."""

    error_messages = DefaultMFAAdapter.error_messages | SAID_OF_TWO_STEPS

    def encrypt(self, text: str) -> str:
        """Return ``text`` under a key of the installation, in hex."""
        key = key_now(crypto.second_step_key)
        return crypto.encrypt(key, text.encode(), crypto.second_step()).hex()

    def decrypt(self, encrypted_text: str) -> str:
        """Return what `encrypt` was given, also under one of ``SECRET_KEY_FALLBACKS``.

        Raises ``CannotOpen``.
        """
        blob = bytes.fromhex(encrypted_text)
        return open_under_any(
            crypto.second_step_key, lambda key: crypto.decrypt(key, blob, crypto.second_step())
        ).decode()
