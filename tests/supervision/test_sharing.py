"""Sharing through the pages: choose, look at the very copy, confirm."""

import re
import uuid
from datetime import timedelta
from typing import Any

import pytest
from django.core import mail
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from reflection import actions as reflection_actions
from reflection.models import Entry
from supervision import actions
from supervision.models import Agreement, Share, ShareEvent
from tests import factories


@pytest.fixture
def agreement(mira: User, okafor: User) -> Agreement:
    return factories.make_agreement(supervisee=mira, supervisor=okafor)


@pytest.fixture
def entry(mira: User) -> Entry:
    return factories.make_entry(
        owner=mira, keys=factories.vault_keys(mira), document=factories.full_document()
    )


@pytest.fixture
def as_mira(client: Client, mira: User) -> Client:
    factories.unlock(client, mira)
    return client


def choices(agreement: Agreement, **changed: Any) -> dict[str, Any]:
    given = {
        "step": "preview",
        "agreement": str(agreement.pk),
        "passages": ["looking_again", "repair"],
        "purpose": "question",
        "note": "Was the apology for them or for me?",
        "lasts": "30",
        "attestation": "contract",
    }
    return given | changed


def hidden_fields(page: HttpResponse) -> dict[str, Any]:
    """Return what the preview's form would post with its Share button."""
    html = page.content.decode()
    form = html[html.index('name="seal"') - 4000 : html.index('value="confirm"')]
    found: dict[str, list[str]] = {}
    for tag in re.findall(r"<input type=\"hidden\"[^>]*>", form):
        name = re.search(r'name="([^"]*)"', tag)
        value = re.search(r'value="([^"]*)"', tag)
        if name:
            found.setdefault(name[1], []).append(value[1] if value else "")
    return {name: values if len(values) > 1 else values[0] for name, values in found.items()} | {
        "step": "confirm"
    }


def test_preview_shows_the_copy_and_shares_nothing(
    as_mira: Client, entry: Entry, agreement: Agreement
) -> None:
    page = as_mira.post(reverse("share_new", args=[entry.pk]), choices(agreement))

    assert page.status_code == 200
    assert "The apology was quick." in page.content.decode()
    assert "no explaining first" in page.content.decode()
    assert "I felt caught out." not in page.content.decode()
    assert not Share.objects.exists()


def test_what_was_previewed_is_what_is_shared(
    as_mira: Client, entry: Entry, agreement: Agreement, okafor: User
) -> None:
    address = reverse("share_new", args=[entry.pk])
    page = as_mira.post(address, choices(agreement))

    done = as_mira.post(address, hidden_fields(page))

    share = Share.objects.get()
    assert done.status_code == 302
    assert done["Location"] == reverse("share_receipt", args=[share.pk])
    copy = share.open(factories.reader(okafor))
    assert copy == page.context["copy"]
    assert copy.note == "Was the apology for them or for me?"
    assert [event.kind for event in share.events.log()] == [ShareEvent.Kind.SHARED]
    assert mail.outbox[-1].to == [okafor.email]
    assert "Finch" not in mail.outbox[-1].body
