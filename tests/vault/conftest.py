"""What the vault's tests share: browsers, and a look at what is kept."""

from collections.abc import Callable

import pytest
from django.conf import settings
from django.test import Client

from accounts.models import User
from tests.factories import PASSWORD
from vault.models import Unlock

Browser = Callable[[], Client]


@pytest.fixture
def second() -> Client:
    """Another browser."""
    return Client()


def sign_in(client: Client, user: User, password: str = PASSWORD) -> None:
    """Sign in through the page, as people do."""
    response = client.post("/accounts/login/", {"login": user.email, "password": password})
    assert response.status_code == 302, response.content.decode()


def vault_cookie(client: Client) -> str:
    """Return the vault's cookie as the browser has it, or nothing."""
    morsel = client.cookies.get(settings.VAULT_COOKIE_NAME)
    return morsel.value if morsel else ""


def state(client: Client) -> str:
    """Return what the browser's script is told."""
    return str(client.get("/vault/state/").json()["state"])


def rows(user: User) -> int:
    """Return in how many browsers the person's key is kept, pending ones too."""
    return Unlock.objects.of(user).count()
