from typing import TYPE_CHECKING, Any

from django.apps import AppConfig
from django.contrib.auth.signals import user_logged_in, user_logged_out
from django.http import HttpRequest

if TYPE_CHECKING:
    from django.contrib.auth.base_user import AbstractBaseUser


class VaultConfig(AppConfig):
    name = "vault"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        user_logged_in.connect(_signed_in, dispatch_uid="vault.signed_in")
        user_logged_out.connect(_signed_out, dispatch_uid="vault.signed_out")


def _signed_in(request: HttpRequest | None, user: "AbstractBaseUser", **kwargs: Any) -> None:
    """Keep what this sign-in's password opened; lock what an earlier one left in the browser."""
    access = getattr(request, "vault", None)
    if access is not None:
        access.signed_in(user)


def _signed_out(request: HttpRequest | None, **kwargs: Any) -> None:
    access = getattr(request, "vault", None)
    if access is not None:
        access.lock()
