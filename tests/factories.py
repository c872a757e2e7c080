"""Plain functions that make what a test needs. Every argument is given by name."""

import hashlib
import secrets
from typing import Any

from allauth.account.models import EmailAddress
from django.conf import settings
from django.test import Client

from accounts.models import Clinic, Invitation, Membership, User
from reflection import actions as reflection_actions
from reflection.document import Document
from reflection.models import Entry
from vault import actions as vault_actions
from vault.crypto import VaultKeys
from vault.models import Vault

PASSWORD = "two-chairs-and-a-window"


def make_user(*, name: str = "Nell Ward", email: str = "", **fields: Any) -> User:
    """Return a person with a verified address and the shared password."""
    email = email or f"{name.split()[-1].lower()}-{secrets.token_hex(4)}@example.com"
    user: User = User.objects.create_user(
        email=email, password=fields.pop("password", PASSWORD), name=name, **fields
    )
    EmailAddress.objects.create(user=user, email=user.email, verified=True, primary=True)
    return user


def make_clinic(*, name: str = "Alder House", **fields: Any) -> Clinic:
    """Return a clinic."""
    return Clinic.objects.create(name=name, **fields)


def make_membership(
    *,
    user: User,
    clinic: Clinic,
    is_clinician: bool = True,
    is_admin: bool = False,
    **fields: Any,
) -> Membership:
    """Return ``user``'s place in ``clinic``."""
    return Membership.objects.create(
        user=user, clinic=clinic, is_clinician=is_clinician, is_admin=is_admin, **fields
    )


def make_invitation(
    *, clinic: Clinic, token: str = "", email: str = "nell@example.com", **fields: Any
) -> Invitation:
    """Return an open invitation; give ``token`` to know the link that was mailed."""
    digest = hashlib.sha256((token or secrets.token_urlsafe(32)).encode()).hexdigest()
    return Invitation.objects.create(clinic=clinic, email=email, token_digest=digest, **fields)


def make_vault(user: User, password: str = PASSWORD) -> Vault:
    """Return ``user``'s vault, ready to be written to; ``password`` opens it."""
    vault, keys = vault_actions.make_vault(user=user, password=password)
    vault_actions.confirm_recovery_code(
        vault=vault, typed=vault_actions.new_recovery_code(vault=vault, keys=keys)
    )
    vault.refresh_from_db()
    return vault


def recovery_code(user: User, password: str = PASSWORD) -> str:
    """Return a new recovery code of ``user``'s vault, typed back and in use."""
    vault = Vault.objects.active().get(user=user)
    keys = vault_actions.open_with_password(vault=vault, password=password)
    code = vault_actions.new_recovery_code(vault=vault, keys=keys)
    vault_actions.confirm_recovery_code(vault=vault, typed=code)
    return code


def vault_keys(user: User, password: str = PASSWORD) -> VaultKeys:
    """Return the keys of ``user``'s vault."""
    vault = Vault.objects.active().get(user=user)
    return vault_actions.open_with_password(vault=vault, password=password)


def unlock(client: Client, user: User, password: str = PASSWORD) -> VaultKeys:
    """Sign ``client`` in as ``user`` with the vault unlocked, made first if there is none.

    A true row and cookie, without the sign-in page. Return the keys.
    """
    client.force_login(user)
    if not Vault.objects.active().filter(user=user).exists():
        make_vault(user, password)
    keys = vault_keys(user, password)
    cookie = vault_actions.unlock_in_browser(user=user, keys=keys)
    client.cookies[settings.VAULT_COOKIE_NAME] = cookie.hex()
    return keys


def make_entry(
    *, owner: User, keys: VaultKeys, document: Document | None = None, **fields: Any
) -> Entry:
    """Return an entry of ``owner`` holding ``document``; ``fields`` (times, say) are set after."""
    entry = reflection_actions.begin_entry(by=owner, keys=keys, document=document or Document())
    for name, value in fields.items():
        setattr(entry, name, value)
    if fields:
        entry.save(update_fields=list(fields))
    return entry
