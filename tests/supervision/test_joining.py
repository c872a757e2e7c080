"""Asked to supervise from outside: from the link in the mail to an account in no clinic."""

import re
import uuid
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from allauth.account.models import EmailAddress
from django.core import mail, signing
from django.test import Client
from django.urls import reverse

from accounts import actions as accounts
from accounts.models import Clinic, Membership, User
from supervision import actions
from supervision.joining import token_for
from supervision.models import Agreement, Comment, Proposal
from tests import factories
from tests.supervision.conftest import BrowserOf

EDDA = "edda@outside.example"
SIGN_UP = "/accounts/signup/"


@pytest.fixture
def proposal(mira: User) -> Proposal:
    """Mira asked somebody outside to supervise her; the mail is the only one there is."""
    factories.load_wordings()
    mail.outbox.clear()
    return actions.propose_to_address(by=mira, email=EDDA, side="supervisee")


def link() -> str:
    """Return the path of the link in the mail to her."""
    [letter] = [one for one in mail.outbox if one.to == [EDDA]]
    found = re.search(r"https?://[^/\s]+(/supervision/proposals/join/\S+)", str(letter.body))
    assert found
    return found[1]


def sign_up(browser: Client, **changed: str) -> Any:
    posted = {"name": "Edda Voss", "email": EDDA, "password1": factories.PASSWORD}
    return browser.post(SIGN_UP, posted | changed)


def joined(browser: Client) -> User:
    browser.get(link())
    sign_up(browser)
    return User.objects.get(email=EDDA)


def test_link_leads_to_signing_up_with_the_address_fixed(
    client: Client, proposal: Proposal
) -> None:
    page = client.get(link(), follow=True)

    form = page.context["form"]
    assert page.redirect_chain == [(SIGN_UP, 302)]
    assert form["email"].value() == EDDA
    assert form.fields["email"].disabled
    assert "Your account belongs to no clinic" in page.content.decode()


def test_mail_says_until_which_day_its_link_works(mira: User) -> None:
    factories.load_wordings()
    mail.outbox.clear()
    with time_machine.travel("2026-02-20T12:00:00Z"):
        actions.propose_to_address(by=mira, email=EDDA, side="supervisee")

    [letter] = mail.outbox
    assert "until\n6 March 2026" in letter.body


def test_account_is_in_no_clinic_and_no_clinic_sees_or_closes_it(
    client: Client, proposal: Proposal, browser_of: BrowserOf, ada: User, alder_house: Clinic
) -> None:
    edda = joined(client)

    assert edda.is_independent
    assert EmailAddress.objects.get(user=edda).verified
    assert not Membership.objects.filter(user=edda).exists()
    people = browser_of(ada).get(reverse("clinic_people", args=[alder_house.pk]))
    assert EDDA not in people.content.decode()
    assert "Edda" not in people.content.decode()
    # Invited into a clinic afterwards, she keeps her account when her place there is ended.
    place = factories.make_membership(user=edda, clinic=alder_house)
    accounts.deactivate(place=place, by=ada)
    edda.refresh_from_db()
    assert edda.is_active


def test_from_the_mail_to_a_comment_and_a_journal_of_ones_own(
    client: Client, proposal: Proposal, mira: User
) -> None:
    client.get(link())
    assert sign_up(client)["Location"] == reverse("vault_setup")
    edda = User.objects.get(email=EDDA)
    factories.make_vault(edda)
    browser = Client()
    factories.unlock(browser, edda)

    home = browser.get(reverse("home")).content.decode()
    page = browser.get(reverse("proposal_read", args=[proposal.pk])).content.decode()
    browser.post(reverse("proposal_accept", args=[proposal.pk]), {"agree": "on"})
    agreement = Agreement.objects.get()
    share = factories.make_share(agreement=agreement, key_confirmed=True)
    posted = {"passage": "repair", "text": "What were you afraid of?"}
    browser.post(reverse("comment_add", args=[share.pk]), posted)

    assert "proposes a supervision agreement" in home
    assert 'href="/journal/"' in home
    assert 'href="/supervision/"' in home
    assert 'href="/clinic/"' not in home
    assert "asks you to be their supervisor" in page
    assert (agreement.supervisee, agreement.supervisor) == (mira, edda)
    assert Comment.objects.get().author == edda
    assert browser.get(reverse("journal_begin")).status_code in (200, 302)
    assert browser.get(reverse("journal_list")).status_code == 200


def test_another_address_posted_with_the_link_is_ignored(
    client: Client, proposal: Proposal
) -> None:
    client.get(link())
    sign_up(client, email="mallory@outside.example")

    assert not User.objects.filter(email="mallory@outside.example").exists()
    assert User.objects.filter(email=EDDA).exists()


@pytest.mark.parametrize("ends", ["taken_back", "ran_out", "closed_account"])
def test_link_ends_with_the_proposal_its_time_or_its_proposer(
    client: Client, proposal: Proposal, mira: User, operator: User, ends: str
) -> None:
    address = link()
    if ends == "taken_back":
        actions.take_back_proposal(by=mira, pk=proposal.pk)
    elif ends == "closed_account":
        accounts.close_account(person=mira, by=operator)

    with time_machine.travel(timedelta(days=15 if ends == "ran_out" else 1)):
        page = client.get(address)
        refused = sign_up(client)

    assert page.status_code == 410
    assert "Accounts are by invitation" in refused.content.decode()
    assert not User.objects.filter(email=EDDA).exists()


def test_proposal_taken_back_while_the_form_was_open_lets_nobody_in(
    client: Client, proposal: Proposal, mira: User
) -> None:
    client.get(link())
    actions.take_back_proposal(by=mira, pk=proposal.pk)

    page = sign_up(client)

    assert "Accounts are by invitation" in page.content.decode()
    assert not User.objects.filter(email=EDDA).exists()


def test_changed_link_and_one_for_no_proposal_open_nothing(
    client: Client, proposal: Proposal
) -> None:
    address = link()
    forged = signing.dumps(proposal.pk.hex, salt="another use of the same secret")
    no_proposal = token_for(Proposal(pk=uuid.uuid4()))

    assert client.get(f"{address[:-3]}xx/").status_code == 404
    assert client.get(reverse("proposal_join", args=[forged])).status_code == 404
    assert client.get(reverse("proposal_join", args=[no_proposal])).status_code == 410
    assert "Accounts are by invitation" in sign_up(client).content.decode()


def test_who_has_an_account_is_led_to_sign_in_and_then_to_the_proposal(
    client: Client, proposal: Proposal, browser_of: BrowserOf, jonas: User
) -> None:
    edda = factories.make_user(name="Edda Voss", email=EDDA)
    page = proposal_url = reverse("proposal_read", args=[proposal.pk])

    visitor = client.get(link()).content.decode()
    hers = browser_of(edda).get(link())
    anothers = browser_of(jonas).get(link()).content.decode()

    assert f"next={page}" in visitor
    assert hers["Location"] == proposal_url
    assert "went to another address" in anothers


def test_mail_is_the_same_whether_or_not_there_is_an_account(mira: User, rune: User) -> None:
    factories.load_wordings()
    mail.outbox.clear()
    for email in (rune.email, EDDA):
        actions.propose_to_address(by=mira, email=email, side="supervisee")

    known, unknown = (
        re.sub(r"/supervision/proposals/\S+", "…", str(one.body)).replace(one.to[0], "…")
        for one in mail.outbox
    )
    assert known == unknown


def test_who_came_by_a_proposal_lets_nobody_else_in(client: Client, proposal: Proposal) -> None:
    edda = joined(client)
    mail.outbox.clear()

    actions.propose_to_address(by=edda, email="next@outside.example", side="supervisee")

    [letter] = mail.outbox
    assert "/join/" not in letter.body
    assert "a clinic that uses Mend can invite you" in letter.body
    own = Proposal.objects.get(proposer=edda)
    assert client.get(reverse("proposal_join", args=[token_for(own)])).status_code == 410


def test_second_use_of_the_link_makes_no_second_account(client: Client, proposal: Proposal) -> None:
    joined(client)

    page = Client().get(link()).content.decode()

    assert "You have an account in Mend already" in page
    assert User.objects.filter(email=EDDA).count() == 1
