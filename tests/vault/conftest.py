"""What the vault's tests share: browsers, and a look at what is kept."""

from collections.abc import Callable, Iterator

import pytest
from django.conf import settings
from django.test import Client
from django.urls import set_urlconf

from accounts.models import User
from tests.factories import PASSWORD
from vault.models import Unlock

Browser = Callable[[], Client]


@pytest.fixture(autouse=True)
def _vault_pages(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Add the pages of ``tests.vault.urls`` to Mend's own.

    pytest-django's mark would have every address read anew before and after each test, which takes
    longer than most of them.
    """
    monkeypatch.setattr(settings, "ROOT_URLCONF", "tests.vault.urls")
    yield
    set_urlconf(None)


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
