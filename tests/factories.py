"""Plain functions that make what a test needs. Every argument is given by name."""

import hashlib
import secrets
from typing import Any

from allauth.account.models import EmailAddress

from accounts.models import Clinic, Invitation, Membership, User

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
