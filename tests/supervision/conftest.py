"""Two people who agreed, something that was shared, and a browser for each."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from accounts.models import User
from reflection.models import Entry
from supervision.models import Agreement, Share, SupervisionGroup
from tests import factories

BrowserOf = Callable[[User], Client]


def run_out(share: Share) -> None:
    """Let the time of ``share`` be over, a second ago; no task has noticed."""
    now = timezone.now()
    Share.objects.filter(pk=share.pk).update(
        shared_at=now - timedelta(days=2), expires_at=now - timedelta(seconds=1)
    )


@pytest.fixture
def browser_of() -> BrowserOf:
    """Gives a browser in which somebody is signed in and, having a vault, has it open."""

    def open_browser(user: User) -> Client:
        client = Client()
        if user.vaults.exists():
            factories.unlock(client, user)
        else:
            client.force_login(user)
        return client

    return open_browser


@pytest.fixture
def agreement(mira: User, okafor: User) -> Agreement:
    """Okafor supervises Mira; both accepted."""
    return factories.make_agreement(supervisee=mira, supervisor=okafor)


@pytest.fixture
def entry(mira: User) -> Entry:
    """A reflection of Mira's with something in each of its five passages."""
    return factories.make_entry(
        owner=mira, keys=factories.vault_keys(mira), document=factories.full_document()
    )


@pytest.fixture
def share(agreement: Agreement, entry: Entry) -> Share:
    """Two passages of it with Okafor, for a month."""
    return factories.make_share(agreement=agreement, entry=entry, note="Ask me about the apology.")


@pytest.fixture
def tove(alder_house: Any) -> User:
    """A third supervisee of Okafor's, in the group."""
    user = factories.make_user(name="Tove Brandt", email="tove@alder.example")
    factories.make_membership(user=user, clinic=alder_house)
    factories.standing_vault(user)
    return user


@pytest.fixture
def group(agreement: Agreement, okafor: User, mira: User, jonas: User, tove: User) -> Any:
    """Okafor's group of Mira, Jonas and Tove; all accepted."""
    return factories.make_group(supervisor=okafor, members=[mira, jonas, tove])


@pytest.fixture
def copy(group: SupervisionGroup, agreement: Agreement, entry: Entry, jonas: User) -> Share:
    """What Mira shared in the group: Okafor reads, and Jonas along; Tove was not chosen."""
    readers = factories.reading_terms(group, jonas)
    return factories.make_share(agreement=agreement, entry=entry, readers=readers)


@pytest.fixture
def as_mira(mira: User, browser_of: BrowserOf) -> Client:
    return browser_of(mira)


@pytest.fixture
def as_okafor(okafor: User, browser_of: BrowserOf) -> Client:
    return browser_of(okafor)
