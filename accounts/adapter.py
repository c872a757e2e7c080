"""Where Mend's rules meet allauth's."""

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.mfa.adapter import DefaultMFAAdapter
from django.conf import settings
from django.http import HttpRequest
from django.shortcuts import resolve_url
from django.utils import timezone

from accounts.access import is_clinician
from accounts.actions import record
from accounts.invited import invitation_in
from accounts.models import AccountEvent, User
from accounts.server_keys import key_now, open_under_any
from vault import crypto
from vault.adapter import VaultAdapterMixin

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


class AccountAdapter(VaultAdapterMixin, DefaultAccountAdapter):
    """Sign-in that also opens the vault, and sign-up by invitation only."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """Return whether this visitor may sign up: invited, or anybody where that is allowed."""
        return bool(settings.OPEN_SIGNUP) or invitation_in(request) is not None

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
