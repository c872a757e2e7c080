"""A supervisor whose account is closed: supervisees are told, and can take everything back."""

import pytest
from django.core import mail
from django.test import Client
from django.urls import reverse

from accounts import actions as accounts
from accounts.models import User
from supervision import actions
from supervision.models import Agreement, Notification, Share
from tests import factories
from tests.supervision.conftest import BrowserOf

AWAY = "is closed. While it is, they can read nothing of yours"


def told(person: User) -> list[str]:
    found = Notification.objects.of_person(person).unseen().order_by("at", "id")
    return [one.kind for one in found if one.kind in ("away", "back")]


@pytest.fixture
def away(share: Share, okafor: User, ada: User) -> Share:
    """What Mira shared with Okafor, whom the clinic's admin then deactivated."""
    mail.outbox.clear()
    accounts.deactivate(place=okafor.memberships.get(), by=ada)
    return Share.objects.get(pk=share.pk)


def test_supervisee_is_told_in_the_app_and_by_mail_without_content(
    away: Share, mira: User, okafor: User
) -> None:
    [notice] = [one for one in mail.outbox if one.to == [mira.email]]

    assert told(mira) == ["away"]
    assert okafor.get_full_name() in notice.body
    assert reverse("agreement_read", args=[away.agreement_id]) in notice.body
    assert "Finch" not in notice.body


@pytest.mark.parametrize("name", ["supervision_home", "agreement_read", "share_read"])
def test_pages_say_that_the_supervisor_cannot_read_and_offer_to_take_it_back(
    as_mira: Client, away: Share, name: str
) -> None:
    pk = {"agreement_read": away.agreement_id, "share_read": away.pk}.get(name)
    html = as_mira.get(reverse(name, args=[pk] if pk else [])).content.decode()

    back = "share_revoke" if name == "share_read" else "agreement_take_back"
    assert AWAY in html
    assert "may <b>read and comment</b>" not in html
    assert reverse(back, args=[away.pk if name == "share_read" else away.agreement_id]) in html
    if name != "share_read":
        assert "their account is closed" in html


def test_supervisee_is_told_again_when_the_account_is_open(
    as_mira: Client, away: Share, mira: User, okafor: User, ada: User
) -> None:
    accounts.reactivate(place=okafor.memberships.get(), by=ada)

    assert told(mira) == ["away", "back"]
    assert mail.outbox[-1].to == [mira.email]
    html = as_mira.get(reverse("share_read", args=[away.pk])).content.decode()
    assert AWAY not in html
    assert "may <b>read and comment</b>" in html


def test_operator_who_closes_and_opens_an_account_tells_too_and_once(
    share: Share, mira: User, okafor: User, operator: User
) -> None:
    for _twice in range(2):
        accounts.close_account(person=okafor, by=operator)
    for _twice in range(2):
        accounts.open_account(person=okafor, by=operator)

    assert told(mira) == ["away", "back"]
    assert Notification.objects.to(mira).filter(kind__in=["away", "back"]).count() == 2


def test_nobody_is_told_whose_agreement_is_over_or_whom_it_does_not_concern(
    share: Share, agreement: Agreement, mira: User, okafor: User, jonas: User, operator: User
) -> None:
    factories.make_agreement(supervisee=okafor, supervisor=jonas)
    actions.end_agreement(by=mira, pk=agreement.pk)

    accounts.close_account(person=okafor, by=operator)

    assert (told(mira), told(jonas)) == ([], [])


def test_place_ended_in_one_of_two_clinics_closes_no_account_and_tells_nobody(
    share: Share, mira: User, okafor: User, ada: User, browser_of: BrowserOf
) -> None:
    other = factories.make_clinic(name="Birch Lane")
    factories.make_membership(user=okafor, clinic=other)

    accounts.deactivate(place=okafor.memberships.get(clinic__name="Alder House"), by=ada)

    assert told(mira) == []
