"""The frame around every page, the pages for a visitor, and the pages for when something fails."""

import re
from http import HTTPStatus

import pytest
from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.template.loader import render_to_string
from django.test import Client, RequestFactory, override_settings
from django.urls import reverse

from accounts.models import User
from tests import factories

VISITOR_PAGES = [
    "home",
    "about_privacy",
    "account_login",
    "account_signup",
    "account_inactive",
    "account_reset_password",
    "account_reset_password_done",
    "account_reset_password_from_key_done",
    "account_email_verification_sent",
]
OWN_PAGES = [
    "account_change_password",
    "account_email",
    "account_logout",
    "account_reauthenticate",
    "mfa_index",
    "usersessions_list",
    "about_privacy",
]


def page(client: Client, name: str) -> str:
    """Return the page ``name`` as ``client`` sees it, with runs of space as one."""
    response = client.get(reverse(name))
    assert response.status_code == HTTPStatus.OK, response
    return re.sub(r"\s+", " ", response.content.decode())


def main_of(html: str) -> str:
    """Return what stands inside the page's frame."""
    return html.split("<main")[1].split("</main>", maxsplit=1)[0]


def assert_is_ours(html: str) -> None:
    """Fail unless ``html`` is a whole page in the frame, with nothing inline."""
    assert '<html lang="en-gb" dir="ltr"' in html
    assert '<a class="skip-link" href="#main">' in html
    # A template's headings are shown in place of the page's own, never beside them.
    shown = re.sub(r"<template.*?</template>", "", html, flags=re.DOTALL)
    assert html.count("<main") == shown.count("<h1") == 1
    assert html.count('role="status"') == 2
    assert re.search(r"<title> \S.* – Mend </title>", html)
    assert not re.search(r"<[^>]*\sstyle\s*=|<style|<script(?![^>]*\ssrc=)", html)


@pytest.mark.django_db
@pytest.mark.parametrize("name", VISITOR_PAGES)
def test_visitor_page_stands_in_the_frame(client: Client, name: str) -> None:
    assert_is_ours(page(client, name))


@pytest.mark.parametrize("name", OWN_PAGES)
def test_signed_in_page_stands_in_the_frame(client: Client, mira: User, name: str) -> None:
    factories.unlock(client, mira)
    assert_is_ours(page(client, name))


@pytest.mark.parametrize("name", sorted(set(OWN_PAGES) - {"account_logout", "about_privacy"}))
def test_visitor_is_sent_to_sign_in_from_a_page_of_ones_own(
    client: Client, db: None, name: str
) -> None:
    response = client.get(reverse(name))
    assert response.status_code == HTTPStatus.FOUND
    assert response["Location"].startswith(reverse("account_login"))


# ---- the bar ----


@pytest.mark.django_db
def test_visitor_is_offered_to_sign_in_and_no_lock(client: Client) -> None:
    html = page(client, "about_privacy")
    assert f'href="{reverse("account_login")}"' in html
    assert "data-lock" not in html
    assert "Sign out" not in html


@pytest.mark.django_db
def test_sign_in_page_does_not_offer_itself(client: Client) -> None:
    bar = page(client, "account_login").split("</header>")[0]
    assert reverse("account_login") not in bar


def test_bar_of_an_open_journal_says_when_it_locks_and_locks_by_post(
    client: Client, mira: User
) -> None:
    factories.unlock(client, mira)
    html = page(client, "about_privacy")
    minutes = settings.VAULT_IDLE_SECONDS // 60
    assert 'data-lock-state="unlocked"' in html
    assert f"locks in {minutes} min</b>" in html
    assert re.search(r'data-locks-at="\d{4}-\d\d-\d\dT[^"]+"', html)
    assert f'<form method="post" action="{reverse("vault_lock")}"' in html


def test_bar_of_a_locked_journal_offers_to_unlock_and_come_back(client: Client, mira: User) -> None:
    client.force_login(mira)
    bar = page(client, "about_privacy").split("</header>", maxsplit=1)[0]
    assert 'data-lock-state="locked"' in bar
    assert f"{reverse('vault_unlock')}?next={reverse('about_privacy')}" in bar
    assert "Lock now" not in bar


def test_account_menu_signs_out_by_post(client: Client, mira: User) -> None:
    client.force_login(mira)
    html = page(client, "about_privacy")
    assert re.search(rf'<form method="post" action="{reverse("account_logout")}"', html)
    assert f'href="{reverse("account_security")}"' in html
    assert f'href="{reverse("usersessions_list")}"' in html


def test_name_in_the_bar_is_escaped(client: Client, db: None) -> None:
    client.force_login(factories.make_user(name="<b>Nell</b>"))
    html = page(client, "about_privacy")
    assert "<b>Nell</b>" not in html
    assert "&lt;b&gt;Nell&lt;/b&gt;" in html


@pytest.mark.django_db
def test_foot_leads_to_what_is_private_and_to_help(client: Client) -> None:
    foot = page(client, "account_login").split('<footer class="site-foot">')[1]
    assert reverse("about_privacy") in foot
    assert f'{reverse("guide_home")}#safety"' in foot
    assert "emergency service" in foot
    assert "not supervision, legal advice, a clinical record or crisis care" in foot


# ---- the promise ----


@pytest.mark.django_db
@pytest.mark.parametrize("name", ["home", "about_privacy"])
def test_both_halves_of_the_promise_are_told(client: Client, name: str) -> None:
    text = main_of(page(client, name))
    assert "server that has been taken over can read what its users open" in text
    assert "Private does not mean privileged" in text
    assert "recovery code, nobody can open your journal" in text
    for more in ("zero-knowledge", "end-to-end", "military", "unbreakable", "100"):
        assert more not in text.lower()


# ---- signing in, by allauth's own pages ----


@pytest.mark.django_db
def test_sign_in_page_says_what_mend_is_and_how_to_get_an_account(client: Client) -> None:
    text = main_of(page(client, "account_login"))
    assert "a private place for psychotherapists" in text
    assert reverse("account_signup") in text


@pytest.mark.django_db
def test_closed_sign_up_explains_invitations(client: Client) -> None:
    text = main_of(page(client, "account_signup"))
    assert "Accounts are by invitation" in text
    assert "<form" not in text


@pytest.mark.django_db
def test_open_sign_up_offers_its_form(client: Client) -> None:
    with override_settings(OPEN_SIGNUP=True):
        text = main_of(page(client, "account_signup"))
    assert 'name="password1"' in text
    assert "by invitation" not in text


def test_wrong_password_is_told_in_a_summary(client: Client, mira: User) -> None:
    data = {"login": mira.email, "password": "not-the-one"}
    html = client.post(reverse("account_login"), data).content.decode()
    assert 'class="summary"' in html
    assert "nothing was lost" in html
    assert "not-the-one" not in html


@pytest.mark.django_db
def test_reset_says_that_the_journal_stays_locked(client: Client) -> None:
    text = main_of(page(client, "account_reset_password"))
    assert "A new password does not open your journal by itself" in text


@pytest.mark.django_db
def test_used_up_reset_link_says_what_to_do(client: Client) -> None:
    url = reverse("account_reset_password_from_key", args=["1", "set-password"])
    html = client.get(url).content.decode()
    assert "This link no longer works" in html
    assert reverse("account_reset_password") in html


@pytest.mark.django_db
def test_used_up_confirmation_link_says_what_to_do(client: Client) -> None:
    html = client.get(reverse("account_confirm_email", args=["gone"])).content.decode()
    assert "This link has run out or was used before" in html
    assert reverse("account_login") in html


def test_back_up_codes_are_told_apart_from_the_recovery_code(client: Client, mira: User) -> None:
    factories.unlock(client, mira)
    assert "They are not the recovery code of your journal" in page(client, "mfa_index")


# ---- when something fails ----


@pytest.mark.django_db
@pytest.mark.parametrize("name", ["400.html", "403.html", "404.html", "429.html"])
def test_error_page_says_what_happened_and_what_to_do(name: str) -> None:
    request = RequestFactory().get("/")
    request.user = AnonymousUser()
    html = re.sub(r"\s+", " ", render_to_string(name, {}, request))
    assert_is_ours(html)
    text = main_of(html)
    assert re.search(r"saved is still saved|nothing was lost|where you left it", text)
    assert 'class="btn"' in text


@pytest.mark.django_db
def test_what_is_tried_too_often_is_told_to_wait(client: Client) -> None:
    url = reverse("account_reset_password")
    with override_settings(ACCOUNT_RATE_LIMITS={"reset_password": "1/m/ip"}):
        client.post(url, {"email": "nell@example.com"})
        response = client.post(url, {"email": "nell@example.com"})
    assert response.status_code == HTTPStatus.TOO_MANY_REQUESTS
    html = re.sub(r"\s+", " ", response.content.decode())
    assert_is_ours(html)
    assert "nothing was lost" in main_of(html)


@pytest.mark.django_db
def test_missing_page_is_answered_in_the_frame(client: Client) -> None:
    response = client.get("/nowhere/")
    assert response.status_code == HTTPStatus.NOT_FOUND
    assert_is_ours(re.sub(r"\s+", " ", response.content.decode()))


def test_page_for_a_fault_of_ours_needs_nothing_but_itself() -> None:
    html = render_to_string("500.html")
    assert "What was saved before is still saved" in html
    assert "csrf" not in html
    assert re.findall(r'href="([^"]+)"', html) == [
        "/static/img/favicon.svg",
        "/static/css/tokens.css",
        "/static/css/mend.css",
        "/",
        "/",
    ]
