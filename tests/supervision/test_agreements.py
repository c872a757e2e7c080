"""Agreements: proposed, accepted, declined, ended; and proposals to an e-mail address."""

import re
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
import time_machine
from allauth.account.models import EmailAddress
from django.core import mail
from django.db import IntegrityError, transaction
from django.test import Client, TestCase
from django.urls import reverse
from django.utils import timezone

from accounts.models import Clinic, User
from supervision import actions
from supervision.models import Agreement, ConsentWording, Proposal, Share, show_fingerprint
from supervision.rules import AgreementState, Refused
from tests import factories
from tests.supervision.conftest import BrowserOf
from vault.models import Vault

# What somebody posts who accepts: that they read the wording.
READ = {"agree": "on"}


@pytest.fixture(autouse=True)
def _wordings(db: None) -> None:
    factories.load_wordings()


@pytest.fixture
def waiting(mira: User, okafor: User) -> Agreement:
    """Mira proposed; Okafor has yet to accept."""
    return factories.make_agreement(supervisee=mira, supervisor=okafor, is_active=False)


def place_of(user: User) -> str:
    return str(user.memberships.get().pk)


# --- Proposing -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("side", "state"),
    [
        ("supervisee", AgreementState.AWAITING_SUPERVISOR),
        ("supervisor", AgreementState.AWAITING_SUPERVISEE),
    ],
)
def test_proposing_to_a_colleague_is_accepting_for_ones_own_part(
    as_mira: Client, mira: User, okafor: User, side: str, state: AgreementState
) -> None:
    mail.outbox.clear()
    posted = {"side": side, "person": place_of(okafor), "agree": "on"}

    answer = as_mira.post(reverse("agreement_new"), posted)

    agreement = Agreement.objects.get()
    assert answer["Location"] == reverse("agreement_read", args=[agreement.pk])
    assert agreement.state == state
    assert getattr(agreement, side) == mira
    assert agreement.wording == ConsentWording.objects.current("agreement")
    assert [notice.to for notice in mail.outbox] == [[okafor.email]]


def test_one_proposes_only_after_accepting_the_wording(as_mira: Client, okafor: User) -> None:
    answer = as_mira.post(
        reverse("agreement_new"), {"side": "supervisee", "person": place_of(okafor)}
    )

    assert answer.status_code == 422
    assert not Agreement.objects.exists()


def test_only_colleagues_of_ones_own_clinics_can_be_chosen(
    as_mira: Client, okafor: User, rune: User, jonas: User
) -> None:
    jonas.memberships.update(deactivated_at=timezone.now())

    page = as_mira.get(reverse("agreement_new"))

    offered = page.context["form"].fields["person"].choices
    assert [value for value, _ in offered] == ["", place_of(okafor)]
    posted = {"side": "supervisee", "person": place_of(rune), "agree": "on"}
    assert as_mira.post(reverse("agreement_new"), posted).status_code == 422
    assert not Agreement.objects.exists()


def test_two_open_agreements_of_the_same_two_are_refused(
    as_mira: Client, waiting: Agreement, okafor: User
) -> None:
    posted = {"side": "supervisee", "person": place_of(okafor), "agree": "on"}

    answer = as_mira.post(reverse("agreement_new"), posted)

    assert answer.status_code == 422
    assert "already" in answer.content.decode()
    assert Agreement.objects.count() == 1


def test_two_can_supervise_each_other(agreement: Agreement, mira: User, okafor: User) -> None:
    other_way = factories.make_agreement(supervisee=okafor, supervisor=mira)

    assert other_way.state == AgreementState.ACTIVE


def test_after_an_end_they_can_begin_anew(agreement: Agreement, mira: User, okafor: User) -> None:
    actions.end_agreement(by=mira, pk=agreement.pk)

    assert factories.make_agreement(supervisee=mira, supervisor=okafor).state == "active"


def test_nobody_agrees_with_themselves(mira: User) -> None:
    with pytest.raises(Refused):
        actions.propose_agreement(by=mira, supervisee=mira, supervisor=mira)
    with pytest.raises(IntegrityError), transaction.atomic():
        Agreement.objects.create(
            supervisee=mira, supervisor=mira, wording=ConsentWording.objects.current("agreement")
        )


def test_wording_shown_is_the_wording_kept_when_a_newer_one_comes(
    as_okafor: Client, waiting: Agreement
) -> None:
    kept = waiting.wording.version
    ConsentWording.objects.create(
        slug="agreement", version=kept + 1, title="Newer", text="Newer words."
    )

    html = as_okafor.get(reverse("agreement_read", args=[waiting.pk])).content.decode()

    assert f"Wording, version {kept}" in html
    agreed_to = re.sub(r"<details.*?</details>", "", html, flags=re.DOTALL)
    assert "Newer words." not in agreed_to  # They stand apart, beside what changed.
    assert ConsentWording.objects.current("agreement").version == kept + 1


# --- A clinic admin proposes ---------------------------------------------------------------------


def test_admin_who_does_not_propose_now_is_back_among_the_clinics_people(
    browser_of: BrowserOf, ada: User, alder_house: Clinic
) -> None:
    page = browser_of(ada).get(reverse("agreement_new_for_clinic", args=[alder_house.pk])).text

    people = reverse("clinic_people", args=[alder_house.pk])
    assert f'<a class="skip" href="{people}">Not now</a>' in page
    assert "manages the clinic has none" not in page  # They may: a role can be taken from anybody.


def test_admin_proposes_for_two_people_of_the_clinic_and_both_have_to_accept(
    browser_of: BrowserOf, ada: User, mira: User, okafor: User, alder_house: Clinic
) -> None:
    as_ada = browser_of(ada)
    address = reverse("agreement_new_for_clinic", args=[alder_house.pk])

    as_ada.post(address, {"supervisee": place_of(mira), "supervisor": place_of(okafor)})

    agreement = Agreement.objects.get()
    assert agreement.state == AgreementState.AWAITING_BOTH
    assert agreement.clinic == alder_house
    page = as_ada.get(reverse("agreement_read", args=[agreement.pk])).content.decode()
    assert reverse("agreement_accept", args=[agreement.pk]) not in page
    for person in (mira, okafor):
        browser_of(person).post(reverse("agreement_accept", args=[agreement.pk]), READ)
    agreement.refresh_from_db()
    assert agreement.state == AgreementState.ACTIVE
    assert agreement.key_pin is not None


@pytest.mark.parametrize("who", ["mira", "rune", "operator"])
def test_only_the_clinics_admin_proposes_for_its_people(
    browser_of: BrowserOf, who: str, alder_house: Clinic, request: pytest.FixtureRequest
) -> None:
    browser = browser_of(request.getfixturevalue(who))
    address = reverse("agreement_new_for_clinic", args=[alder_house.pk])

    assert browser.get(address).status_code == 404
    assert browser.post(address, {}).status_code == 404


def test_admin_cannot_propose_for_somebody_elsewhere(
    ada: User, mira: User, rune: User, alder_house: Clinic
) -> None:
    with pytest.raises(Refused):
        actions.propose_agreement(by=ada, supervisee=mira, supervisor=rune, clinic=alder_house)
    with pytest.raises(Refused):
        actions.propose_agreement(by=ada, supervisee=mira, supervisor=rune)


@pytest.mark.parametrize("is_active", [True, False])
def test_admin_is_not_told_what_the_two_have_agreed_by_themselves(
    browser_of: BrowserOf,
    ada: User,
    mira: User,
    okafor: User,
    alder_house: Clinic,
    is_active: bool,
) -> None:
    factories.make_agreement(supervisee=mira, supervisor=okafor, is_active=is_active)
    address = reverse("agreement_new_for_clinic", args=[alder_house.pk])

    answer = browser_of(ada).post(
        address, {"supervisee": place_of(mira), "supervisor": place_of(okafor)}
    )

    html = answer.content.decode()
    assert answer.status_code == 422
    assert "already" not in html
    assert "the two of you" not in html
    assert "This cannot be proposed for these two people" in html
    assert Agreement.objects.count() == 1


def test_admin_choosing_one_person_twice_is_told(
    browser_of: BrowserOf, ada: User, mira: User, alder_house: Clinic
) -> None:
    address = reverse("agreement_new_for_clinic", args=[alder_house.pk])

    answer = browser_of(ada).post(
        address, {"supervisee": place_of(mira), "supervisor": place_of(mira)}
    )

    assert answer.status_code == 422
    assert "An agreement needs two people." in answer.content.decode()


def test_admin_takes_their_proposal_back(
    browser_of: BrowserOf, ada: User, mira: User, okafor: User, alder_house: Clinic
) -> None:
    agreement = actions.propose_agreement(
        by=ada, supervisee=mira, supervisor=okafor, clinic=alder_house
    )

    answer = browser_of(ada).post(reverse("agreement_decline", args=[agreement.pk]), follow=True)

    agreement.refresh_from_db()
    assert answer.status_code == 200
    assert agreement.state == AgreementState.DECLINED


def test_mail_says_a_name_as_it_is_written(mira: User, okafor: User) -> None:
    mira.name = "Mira <Lindgren> & O'Brien"
    mira.save(update_fields=["name"])
    mail.outbox.clear()

    actions.propose_agreement(by=mira, supervisee=mira, supervisor=okafor)

    assert "Mira <Lindgren> & O'Brien proposes" in str(mail.outbox[0].body)


# --- Answering -----------------------------------------------------------------------------------


def test_accepting_makes_it_active_and_tells_the_other(
    as_okafor: Client, waiting: Agreement, mira: User
) -> None:
    mail.outbox.clear()

    as_okafor.post(reverse("agreement_accept", args=[waiting.pk]), READ)

    waiting.refresh_from_db()
    assert waiting.state == AgreementState.ACTIVE
    assert [notice.to for notice in mail.outbox] == [[mira.email]]


def test_proposer_cannot_accept_for_the_other(as_mira: Client, waiting: Agreement) -> None:
    as_mira.post(reverse("agreement_accept", args=[waiting.pk]), READ)

    waiting.refresh_from_db()
    assert waiting.supervisor_accepted_at is None


@pytest.mark.parametrize("who", ["jonas", "ada", "rune", "operator"])
@pytest.mark.parametrize(
    "name", ["agreement_read", "agreement_accept", "agreement_decline", "agreement_end"]
)
def test_outsider_is_told_nothing_of_an_agreement(
    browser_of: BrowserOf,
    waiting: Agreement,
    who: str,
    name: str,
    request: pytest.FixtureRequest,
) -> None:
    browser = browser_of(request.getfixturevalue(who))
    method = browser.get if name == "agreement_read" else browser.post

    for pk in (waiting.pk, uuid4()):
        assert method(reverse(name, args=[pk])).status_code == 404
    waiting.refresh_from_db()
    assert waiting.state == AgreementState.AWAITING_SUPERVISOR


def test_declined_proposal_cannot_be_accepted_afterwards(
    as_okafor: Client, waiting: Agreement
) -> None:
    as_okafor.post(reverse("agreement_decline", args=[waiting.pk]))

    answer = as_okafor.post(reverse("agreement_accept", args=[waiting.pk]), READ, follow=True)

    waiting.refresh_from_db()
    assert waiting.state == AgreementState.DECLINED
    assert "Nothing was changed." in answer.content.decode()


def test_accepting_while_locked_leaves_the_key_to_be_compared_at_the_first_share(
    as_mira: Client, okafor: User, mira: User
) -> None:
    agreement = actions.propose_agreement(by=okafor, supervisee=mira, supervisor=okafor)
    as_mira.post(reverse("vault_lock"))

    as_mira.post(reverse("agreement_accept", args=[agreement.pk]), READ)

    agreement.refresh_from_db()
    assert agreement.state == AgreementState.ACTIVE
    assert agreement.key_pin is None


def test_both_see_the_same_key_to_compare(
    as_mira: Client, as_okafor: Client, agreement: Agreement
) -> None:
    address = reverse("agreement_read", args=[agreement.pk])
    shown = show_fingerprint(agreement.supervisor_key)

    assert len(shown.split()) == 8
    for browser in (as_mira, as_okafor):
        assert shown in browser.get(address).content.decode()


def test_changed_key_is_said_on_the_agreements_page(
    as_mira: Client, agreement: Agreement, okafor: User
) -> None:
    Vault.objects.filter(user=okafor).update(sealed_at=timezone.now())
    factories.make_vault(okafor)

    page = as_mira.get(reverse("agreement_read", args=[agreement.pk]))

    assert page.context["key_standing"] == "changed"
    assert "This is not the key you knew." in page.content.decode()


# --- Ending --------------------------------------------------------------------------------------


@pytest.mark.parametrize("who", ["mira", "okafor"])
def test_either_ends_it_and_everything_is_taken_back_in_the_same_moment(
    browser_of: BrowserOf,
    share: Share,
    agreement: Agreement,
    okafor: User,
    who: str,
    request: pytest.FixtureRequest,
) -> None:
    second = factories.make_share(agreement=agreement)
    mail.outbox.clear()
    user = request.getfixturevalue(who)

    browser_of(user).post(reverse("agreement_end", args=[agreement.pk]))

    agreement.refresh_from_db()
    assert agreement.state == AgreementState.ENDED
    for one in (share, second):
        one.refresh_from_db()
        assert one.key_supervisor is None
        assert one.revoked_by == user
        assert one.revoked_at == agreement.ended_at
        assert one.events.log()[1].kind == "agreement_ended"
    assert not Share.objects.received_by(okafor).exists()
    assert [notice.to for notice in mail.outbox] == [[agreement.other_party(user).email]]


def test_ending_touches_no_other_agreement(
    share: Share, agreement: Agreement, mira: User, jonas: User
) -> None:
    other = factories.make_agreement(supervisee=mira, supervisor=jonas)
    kept = factories.make_share(agreement=other)

    actions.end_agreement(by=mira, pk=agreement.pk)

    kept.refresh_from_db()
    assert kept.key_supervisor is not None


def test_both_ending_at_once_is_ending_once(
    as_mira: Client, as_okafor: Client, agreement: Agreement, mira: User
) -> None:
    address = reverse("agreement_end", args=[agreement.pk])
    as_mira.post(address)

    answer = as_okafor.post(address, follow=True)

    agreement.refresh_from_db()
    assert agreement.ended_by == mira
    assert "has ended already" in answer.content.decode()


def test_what_was_not_accepted_cannot_be_ended(as_mira: Client, waiting: Agreement) -> None:
    as_mira.post(reverse("agreement_end", args=[waiting.pk]))

    waiting.refresh_from_db()
    assert waiting.ended_at is None


@pytest.mark.parametrize("name", ["agreement_read", "agreement_take_back"])
def test_supervisee_is_told_that_records_of_meetings_are_not_taken_back(
    as_mira: Client, agreement: Agreement, name: str
) -> None:
    factories.make_share(agreement=agreement)

    html = " ".join(as_mira.get(reverse(name, args=[agreement.pk])).content.decode().split())

    assert "The records of your meetings are not taken back" in html


def test_supervisor_is_told_so_too_and_both_again_when_it_has_ended(
    as_okafor: Client, agreement: Agreement, mira: User
) -> None:
    address = reverse("agreement_read", args=[agreement.pk])
    before = as_okafor.get(address).content.decode()
    mail.outbox.clear()

    after = as_okafor.post(reverse("agreement_end", args=[agreement.pk]), follow=True)

    [letter] = [one for one in mail.outbox if one.to == [mira.email]]
    assert "The records of your meetings are not taken back" in before
    assert "stay readable by both of you" in after.content.decode()
    assert "stay readable by both of you" in letter.body


def test_wording_says_of_meetings_and_of_an_admin_what_is_so(
    browser_of: BrowserOf, mira: User, okafor: User, ada: User
) -> None:
    factories.load_wordings()
    words = ConsentWording.objects.current("agreement").text
    clinic = ada.memberships.get().clinic
    agreement = actions.propose_agreement(by=ada, supervisee=mira, supervisor=okafor, clinic=clinic)
    address = reverse("agreement_read", args=[agreement.pk])
    as_ada = browser_of(ada)

    waiting = as_ada.get(address).status_code
    actions.accept_agreement(by=mira, pk=agreement.pk)
    actions.accept_agreement(by=okafor, pk=agreement.pk)

    assert "once both have accepted, or it was declined, they see nothing of it" in words
    assert "The records of meetings stay readable by both" in words
    assert (waiting, as_ada.get(address).status_code) == (200, 404)


# --- To an e-mail address ------------------------------------------------------------------------


def propose_to(browser: Client, email: str, side: str = "supervisee") -> Any:
    """Propose to an address, and return the page one lands on."""
    posted = {"side": side, "email": email, "agree": "on"}
    return browser.post(reverse("agreement_new"), posted, follow=True)


def test_known_and_unknown_addresses_are_answered_alike(as_mira: Client, rune: User) -> None:
    mail.outbox.clear()
    known = propose_to(as_mira, rune.email)
    unknown = propose_to(as_mira, "nobody@nowhere.example")

    def said(page: Any, email: str) -> str:
        html: str = page.content.decode()
        proposal = Proposal.objects.get(email=email)
        html = html[html.index("<main") : html.index("</main>")]
        for token in (email, str(proposal.pk)):
            html = html.replace(token, "…")
        return "\n".join(line for line in html.splitlines() if "csrf" not in line)

    assert said(known, rune.email) == said(unknown, "nobody@nowhere.example")
    assert [notice.to for notice in mail.outbox] == [[rune.email], ["nobody@nowhere.example"]]
    assert not Agreement.objects.exists()


def test_whoever_has_the_address_finds_the_proposal_and_accepts(
    as_mira: Client, browser_of: BrowserOf, rune: User, mira: User
) -> None:
    propose_to(as_mira, rune.email.upper())
    proposal = Proposal.objects.get()
    as_rune = browser_of(rune)
    assert reverse("proposal_read", args=[proposal.pk]) in (
        as_rune.get(reverse("supervision_home")).content.decode()
    )

    as_rune.post(reverse("proposal_accept", args=[proposal.pk]), READ)

    agreement = Agreement.objects.get()
    assert (agreement.supervisee, agreement.supervisor) == (mira, rune)
    assert agreement.state == AgreementState.ACTIVE
    proposal.refresh_from_db()
    assert (proposal.outcome, proposal.agreement) == ("accepted", agreement)


def test_supervisee_who_accepts_a_proposal_remembers_the_supervisors_key(
    as_mira: Client, browser_of: BrowserOf, rune: User
) -> None:
    propose_to(browser_of(rune), "mira@alder.example", side="supervisor")

    as_mira.post(reverse("proposal_accept", args=[Proposal.objects.get().pk]), READ)

    agreement = Agreement.objects.get()
    assert agreement.knows_key(factories.vault_keys(agreement.supervisee), agreement.supervisor_key)


def test_account_made_later_finds_the_proposal(as_mira: Client, browser_of: BrowserOf) -> None:
    propose_to(as_mira, "later@practice.example")
    later = factories.make_user(name="Lea Later", email="later@practice.example")

    assert Proposal.objects.addressed_to(later).count() == 1


def test_address_that_was_not_verified_finds_nothing(as_mira: Client, rune: User) -> None:
    propose_to(as_mira, "other@practice.example")
    second = EmailAddress.objects.create(
        user=rune, email="other@practice.example", verified=False, primary=False
    )
    assert not Proposal.objects.addressed_to(rune).exists()

    second.verified = True
    second.save()

    assert Proposal.objects.addressed_to(rune).exists()


@pytest.mark.parametrize(
    "name", ["proposal_read", "proposal_accept", "proposal_decline", "proposal_take_back"]
)
@pytest.mark.parametrize("who", ["jonas", "ada", "operator"])
def test_outsider_is_told_nothing_of_a_proposal(
    as_mira: Client,
    browser_of: BrowserOf,
    rune: User,
    name: str,
    who: str,
    request: pytest.FixtureRequest,
) -> None:
    propose_to(as_mira, rune.email)
    browser = browser_of(request.getfixturevalue(who))
    method = browser.get if name == "proposal_read" else browser.post

    assert method(reverse(name, args=[Proposal.objects.get().pk])).status_code == 404
    assert Proposal.objects.get().is_open


def test_proposer_cannot_accept_their_own_proposal(as_mira: Client, rune: User) -> None:
    propose_to(as_mira, rune.email)

    answer = as_mira.post(reverse("proposal_accept", args=[Proposal.objects.get().pk]), READ)

    assert answer.status_code == 404
    assert not Agreement.objects.exists()


def test_declining_closes_it_and_its_proposer_sees_that(
    as_mira: Client, browser_of: BrowserOf, rune: User
) -> None:
    propose_to(as_mira, rune.email)
    proposal = Proposal.objects.get()

    browser_of(rune).post(reverse("proposal_decline", args=[proposal.pk]))

    assert "Declined" in as_mira.get(reverse("supervision_home")).content.decode()


def test_taking_it_back_closes_it_for_the_other(
    as_mira: Client, browser_of: BrowserOf, rune: User
) -> None:
    propose_to(as_mira, rune.email)
    proposal = Proposal.objects.get()
    as_mira.post(reverse("proposal_take_back", args=[proposal.pk]))

    as_rune = browser_of(rune)
    assert as_rune.get(reverse("proposal_read", args=[proposal.pk])).status_code == 404
    assert as_rune.post(reverse("proposal_accept", args=[proposal.pk]), READ).status_code == 404
    assert not Agreement.objects.exists()


def test_proposal_accepted_when_the_two_have_agreed_meanwhile_is_refused_in_words(
    as_mira: Client, browser_of: BrowserOf, rune: User, mira: User
) -> None:
    propose_to(as_mira, rune.email)
    factories.make_agreement(supervisee=mira, supervisor=rune)

    answer = browser_of(rune).post(
        reverse("proposal_accept", args=[Proposal.objects.get().pk]), READ, follow=True
    )

    assert "already" in answer.content.decode()
    assert Agreement.objects.count() == 1


@pytest.mark.parametrize(
    ("posted", "said"),
    [
        ({"side": "supervisee"}, "Say who it is"),
        ({"side": "supervisee", "email": "no address"}, "valid email address"),
        ({"side": "supervisee", "email": "mira@alder.example"}, "your own address"),
        ({"email": "nobody@nowhere.example"}, "Choose one of these."),
    ],
)
def test_proposal_that_names_nobody_is_explained(
    as_mira: Client, posted: dict[str, str], said: str
) -> None:
    answer = as_mira.post(reverse("agreement_new"), posted | {"agree": "on"})

    assert answer.status_code == 422
    assert said in answer.content.decode()
    assert not Proposal.objects.exists()


def test_colleague_and_address_at_once_are_refused(as_mira: Client, okafor: User) -> None:
    posted = {
        "side": "supervisee",
        "person": place_of(okafor),
        "email": "nobody@nowhere.example",
        "agree": "on",
    }

    assert as_mira.post(reverse("agreement_new"), posted).status_code == 422
    assert not Agreement.objects.exists()
    assert not Proposal.objects.exists()


def test_same_proposal_twice_and_a_flood_of_them_are_refused(as_mira: Client, mira: User) -> None:
    propose_to(as_mira, "first@nowhere.example")
    again = propose_to(as_mira, "First@nowhere.example")
    assert "proposed this to that address already" in again.content.decode()

    for number in range(19):
        actions.propose_to_address(by=mira, email=f"{number}@nowhere.example", side="supervisee")
    flood = propose_to(as_mira, "one-too-many@nowhere.example")

    assert flood.status_code == 422
    assert "20 of your proposals wait for an answer" in flood.content.decode()
    assert Proposal.objects.count() == 20


def _propose_and_take_back(by: User, email: str, times: int) -> None:
    for _number in range(times):
        made = actions.propose_to_address(by=by, email=email, side="supervisee")
        actions.take_back_proposal(by=by, pk=made.pk)


def test_who_takes_proposals_back_sends_an_address_no_more_mail_than_three_a_day(
    as_mira: Client, mira: User
) -> None:
    with TestCase.captureOnCommitCallbacks(execute=True):
        _propose_and_take_back(mira, "stranger@nowhere.example", 3)

        answer = propose_to(as_mira, "Stranger@nowhere.example")

    assert answer.status_code == 422
    assert "3 times within a day" in answer.content.decode()
    assert "Nothing was sent" in answer.content.decode()
    assert len(mail.outbox) == 3
    with time_machine.travel(timezone.now() + timedelta(days=1, minutes=1)):
        actions.propose_to_address(by=mira, email="stranger@nowhere.example", side="supervisee")


@pytest.mark.parametrize("is_supervisee", [True, False])
def test_who_takes_proposals_back_proposes_to_a_colleague_three_times_a_day(
    mira: User, okafor: User, is_supervisee: bool
) -> None:
    def propose(*, asks_to_be_supervised: bool) -> Agreement:
        people = (mira, okafor) if asks_to_be_supervised else (okafor, mira)
        return actions.propose_agreement(by=mira, supervisee=people[0], supervisor=people[1])

    for _number in range(3):
        made = propose(asks_to_be_supervised=True)
        actions.decline_agreement(by=mira, pk=made.pk)

    with pytest.raises(Refused, match="3 times within a day"):
        propose(asks_to_be_supervised=is_supervisee)
    with time_machine.travel(timezone.now() + timedelta(days=1, minutes=1)):
        propose(asks_to_be_supervised=is_supervisee)


def test_side_is_no_way_around_what_an_address_gets_in_a_day(mira: User) -> None:
    _propose_and_take_back(mira, "stranger@nowhere.example", 3)

    with pytest.raises(Refused, match="3 times within a day"):
        actions.propose_to_address(by=mira, email="stranger@nowhere.example", side="supervisor")


def test_what_became_of_proposals_lets_nobody_make_more_of_them_in_a_day(
    as_mira: Client, mira: User, rune: User, okafor: User
) -> None:
    for person in (rune, okafor):
        made = actions.propose_to_address(by=mira, email=person.email, side="supervisee")
        actions.decline_proposal(by=person, pk=made.pk)
    for number in range(28):
        _propose_and_take_back(mira, f"{number}@nowhere.example", 1)

    answer = propose_to(as_mira, "one-too-many@nowhere.example")

    assert answer.status_code == 422
    assert "30 proposals within a day" in answer.content.decode()
    # Nobody else is kept from it.
    actions.propose_to_address(by=rune, email="0@nowhere.example", side="supervisee")


def test_who_accepted_what_somebody_else_proposed_takes_no_proposal_back(
    ada: User, mira: User, okafor: User, browser_of: BrowserOf
) -> None:
    factories.load_wordings()
    clinic = ada.memberships.get().clinic
    agreement = actions.propose_agreement(by=ada, supervisee=mira, supervisor=okafor, clinic=clinic)
    actions.accept_agreement(by=mira, pk=agreement.pk)
    page = reverse("agreement_read", args=[agreement.pk])

    html = browser_of(mira).get(page).content.decode()
    assert "Decline after all" in html
    assert "Take the proposal back" not in html
    assert "Take the proposal back" in browser_of(ada).get(page).content.decode()
