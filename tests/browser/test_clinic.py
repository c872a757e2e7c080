"""A clinic's admin at work, and the people she invites and deactivates."""

import re

import pytest
from django.core import mail
from django.utils.timezone import now
from playwright.sync_api import Page, expect

from accounts.models import Clinic, User
from tests.accounts.conftest import path_in
from tests.browser.accessibility import usable_in_every_shape
from tests.browser.conftest import OpenPage
from tests.browser.people import enter
from tests.factories import PASSWORD, make_invitation, make_membership, make_user


def invite(page: Page, clinic: Clinic, *, name: str, email: str) -> str:
    """Invite somebody by the page; return the path in the mail they got."""
    page.goto("/clinic/")
    page.get_by_role("link", name="Invite somebody").click()
    page.get_by_label("Their name").fill(name)
    page.get_by_label("Their e-mail address").fill(email)
    page.get_by_role("button", name="Send the invitation").click()
    expect(page.get_by_text(f"An invitation is on its way to {email}")).to_be_visible()
    return path_in(mail.outbox[-1])


def test_invited_person_signs_up_and_is_out_at_once_when_deactivated(
    open_page: OpenPage, page: Page, alder_house: Clinic, ada: User
) -> None:
    enter(page, ada)
    link = invite(page, alder_house, name="Nell Ward", email="nell@example.com")

    nells = open_page()
    nells.goto(link)
    expect(nells.get_by_label("E-mail address")).to_have_value("nell@example.com")
    expect(nells.get_by_label("E-mail address")).to_be_disabled()
    nells.get_by_label("Password", exact=True).fill(PASSWORD)
    nells.get_by_role("button", name="Make my account").click()
    expect(nells).to_have_url(re.compile("/vault/setup/"))
    assert User.objects.get(email="nell@example.com").timezone == "Europe/London"

    page.goto("/clinic/")
    page.get_by_role("link", name="Manage Nell Ward").click()
    page.get_by_role("button", name="Deactivate Nell Ward").click()
    expect(page.get_by_text("Nell Ward was deactivated.")).to_be_visible()

    nells.goto("/account/")
    expect(nells.get_by_role("heading", name="Sign in")).to_be_visible()
    nells.get_by_label("E-mail address").fill("nell@example.com")
    nells.get_by_label("Password", exact=True).fill(PASSWORD)
    nells.get_by_role("main").get_by_role("button", name="Sign in").click()
    expect(nells.get_by_role("heading", name="switched off")).to_be_visible()


def test_admin_moves_between_the_pages_without_a_script(
    open_page: OpenPage, alder_house: Clinic, ada: User, mira: User
) -> None:
    page = open_page(javascript=False)
    enter(page, ada)

    page.goto("/clinic/")
    page.get_by_role("link", name="Manage Mira Lindgren").click()
    page.get_by_label("Clinic admin").check()
    page.get_by_role("button", name="Save the roles").click()

    expect(page.get_by_text("Roles saved for Mira Lindgren.")).to_be_visible()
    assert mira.memberships.get().is_admin


@pytest.fixture
def busy_clinic(alder_house: Clinic, ada: User, mira: User, jonas: User) -> Clinic:
    """A clinic with every kind of line in its list, and a name that is hard to fit."""
    make_membership(
        user=make_user(
            name="Maximiliane von Habsburg-Lothringen-Featherstonehaugh",
            email="maximiliane.von.habsburg-lothringen@a-very-long-domain-name.example",
        ),
        clinic=alder_house,
        is_admin=True,
    )
    left = make_user(name="Noor Haddad", is_active=False)
    make_membership(user=left, clinic=alder_house, deactivated_at=now())
    make_invitation(clinic=alder_house, name="Pia Okonkwo", email="pia@example.com")
    make_invitation(clinic=alder_house, email="late@example.com", expires_at=now())
    return alder_house


def test_pages_of_the_clinic_are_usable_at_every_width_and_in_both_schemes(
    page: Page, busy_clinic: Clinic, ada: User
) -> None:
    enter(page, ada)
    places = [place.pk for place in busy_clinic.memberships.all()]

    home = f"/clinic/{busy_clinic.pk}/"
    for path in (home, f"{home}invite/", *(f"{home}people/{pk}/" for pk in places), "/account/"):
        page.goto(path)
        usable_in_every_shape(page)


def test_invitation_pages_are_usable_at_every_width_and_in_both_schemes(
    open_page: OpenPage, alder_house: Clinic, mira: User, rune: User
) -> None:
    make_invitation(clinic=alder_house, token="new", email="nell@example.com", name="Nell")
    make_invitation(clinic=alder_house, token="rune", email=rune.email, invited_by=mira)
    visitor, runes = open_page(), open_page()
    enter(runes, rune)

    for page, token in ((visitor, "new"), (visitor, "rune"), (runes, "rune"), (runes, "new")):
        page.goto(f"/invitation/{token}/")
        usable_in_every_shape(page)
