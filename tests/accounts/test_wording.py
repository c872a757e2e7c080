"""The sign-in pages say things as the rest of Mend does."""

import re
from typing import Any

import pytest
from allauth.account.app_settings import FORMS
from allauth.account.models import EmailAddress
from allauth.mfa.totp.internal.auth import TOTP
from django.test import Client
from pytest_django import Settings

from accounts.adapter import AccountAdapter, MFAAdapter
from accounts.models import User
from tests.accounts.conftest import Post, path_in
from tests.factories import PASSWORD

pytestmark = pytest.mark.django_db
LABEL = re.compile(r"<label[^>]*>\s*(.*?)\s*<", re.DOTALL)


def labels(page: Any) -> list[str]:
    """Return the labels of the page's own fields; the cover of a locked page has one too."""
    html = re.sub(r"<template.*?</template>", "", page.content.decode(), flags=re.DOTALL)
    return [" ".join(label.split()) for label in LABEL.findall(html)]


def confirmed(client: Client, user: User) -> Client:
    """Sign in and type the password once more, as some pages ask."""
    client.post("/accounts/login/", {"login": user.email, "password": PASSWORD})
    client.post("/accounts/reauthenticate/", {"password": PASSWORD})
    return client


def test_signing_in_asks_for_the_e_mail_address(client: Client) -> None:
    assert labels(client.get("/accounts/login/")) == ["E-mail address", "Password"]


def test_signing_up_asks_for_it_by_the_same_name(client: Client, settings: Settings) -> None:
    settings.OPEN_SIGNUP = True

    assert labels(client.get("/accounts/signup/")) == ["Your name", "E-mail address", "Password"]


def test_asking_for_a_new_password_names_it_so_too(client: Client, mira: User, post: Post) -> None:
    assert labels(client.get("/accounts/password/reset/")) == ["E-mail address"]

    client.post("/accounts/password/reset/", {"email": mira.email})
    page = client.get(path_in(post()[0]), follow=True)
    assert labels(page) == ["New password", "New password, once more"]


def test_changing_the_password_and_the_address(client: Client, mira: User) -> None:
    confirmed(client, mira)

    assert labels(client.get("/accounts/password/change/")) == [
        "Current password",
        "New password",
        "New password, once more",
    ]
    assert labels(client.get("/accounts/email/")) == ["New e-mail address"]
    assert labels(client.get("/accounts/reauthenticate/")) == ["Password"]


def test_setting_a_first_password(client: Client, mira: User) -> None:
    client.force_login(mira)
    mira.set_unusable_password()
    User.objects.filter(pk=mira.pk).update(password=mira.password)
    client.force_login(mira)

    assert labels(client.get("/accounts/password/set/")) == [
        "New password",
        "New password, once more",
    ]


@pytest.mark.parametrize("password", ["wrong", PASSWORD])
def test_wrong_sign_in_says_what_is_wrong_and_no_more(
    client: Client, mira: User, password: str
) -> None:
    login = mira.email if password == "wrong" else "nobody@alder.example"

    page = client.post("/accounts/login/", {"login": login, "password": password})

    assert "That address and password do not belong together." in page.content.decode()


def test_no_address_at_all_is_told_what_one_looks_like(client: Client, ada: User) -> None:
    said = "That is not an e-mail address: one looks like name@example.org."

    page = client.post("/accounts/login/", {"login": "mira", "password": PASSWORD})
    assert said in page.content.decode()

    client.force_login(ada)
    clinic = ada.memberships.get().clinic_id
    page = client.post(f"/clinic/{clinic}/invite/", {"name": "Nell", "email": "nell"})
    assert said in page.content.decode()


def test_wrong_current_password_says_that_nothing_was_changed(client: Client, mira: User) -> None:
    confirmed(client, mira)
    typed = {"oldpassword": "wrong", "password1": PASSWORD, "password2": "another"}

    page = client.post("/accounts/password/change/", typed).content.decode()

    assert "That is not your current password. Nothing was changed." in page


def test_address_cannot_change_while_two_steps_are_on_and_it_says_what_to_do(
    client: Client, mira: User
) -> None:
    confirmed(client, mira)
    TOTP.activate(mira, "JBSWY3DPEHPK3PXP")

    page = client.post("/accounts/email/", {"email": "m@example.org", "action_add": ""})

    assert "Turn two-step sign-in off, change the address" in page.content.decode()
    assert not EmailAddress.objects.filter(email="m@example.org").exists()


@pytest.mark.parametrize("adapter", [AccountAdapter, MFAAdapter])
def test_no_message_writes_e_mail_another_way(adapter: Any) -> None:
    said = [str(message) for message in adapter.error_messages.values()]

    assert not [message for message in said if re.search(r"\bemail", message, re.IGNORECASE)]


def test_every_form_with_a_field_for_it_is_one_of_ours() -> None:
    assert set(FORMS) == {
        "add_email",
        "change_password",
        "login",
        "reauthenticate",
        "reset_password",
        "reset_password_from_key",
        "set_password",
        "signup",
    }
