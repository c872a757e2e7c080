"""Browsers by the names people know, in the list of those signed in and in mails."""

from datetime import timedelta

import pytest
from django.contrib.sessions.models import Session
from django.core import mail
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.browsers import browser_name
from accounts.models import User
from accounts.tasks import clear_sessions
from tests import factories

FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:143.0) Gecko/20100101 Firefox/143.0"


@pytest.mark.parametrize(
    ("user_agent", "name"),
    [
        (FIREFOX, "Firefox on Linux"),
        (
            "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) "
            "Chrome/141.0.0.0 Safari/537.36 Edg/141.0.0.0",
            "Edge on Windows",
        ),
        (
            "Mozilla/5.0 (Linux; Android 15) AppleWebKit/537.36 (KHTML, like Gecko) "
            "Chrome/141.0.0.0 Mobile Safari/537.36",
            "Chrome on Android",
        ),
        (
            "Mozilla/5.0 (iPhone; CPU iPhone OS 18_6 like Mac OS X) AppleWebKit/605.1.15 "
            "(KHTML, like Gecko) Version/18.6 Mobile/15E148 Safari/604.1",
            "Safari on iPhone",
        ),
        (
            "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 "
            "(KHTML, like Gecko) Version/18.6 Safari/605.1.15",
            "Safari on macOS",
        ),
        (
            "Mozilla/5.0 (iPad; CPU OS 18_6 like Mac OS X) AppleWebKit/605.1.15 "
            "(KHTML, like Gecko) CriOS/141.0 Mobile/15E148 Safari/604.1",
            "Chrome on iPad",
        ),
        ("Something (Linux)", "A browser on Linux"),
        ("curl/8.1", "A browser that does not say which"),
        ("", "A browser that does not say which"),
    ],
)
def test_browser_goes_by_its_name_and_system(user_agent: str, name: str) -> None:
    assert browser_name(user_agent) == name


@pytest.mark.django_db
def test_list_and_mail_name_the_browser_and_hide_what_it_says_of_itself() -> None:
    nell: User = factories.make_user()
    factories.make_vault(nell)
    client = Client(headers={"user-agent": FIREFOX})
    sign_in = {"login": nell.email, "password": factories.PASSWORD}
    assert client.post("/accounts/login/", sign_in).status_code == 302

    html = client.get(reverse("usersessions_list")).content.decode()

    assert "Firefox on Linux" in html
    assert "Gecko" not in html

    new = "a-longer-passphrase-than-before"
    changed = {"oldpassword": factories.PASSWORD, "password1": new, "password2": new}
    client.post(reverse("account_change_password"), changed)
    (sent,) = mail.outbox
    assert "with this browser: Firefox on Linux" in sent.body
    assert "Gecko" not in sent.body


@pytest.mark.django_db
def test_sessions_that_have_expired_are_deleted_and_no_others(mira: User) -> None:
    for _number in range(2):
        Client().force_login(mira)
    expired, lasting = Session.objects.all()
    Session.objects.filter(pk=expired.pk).update(expire_date=timezone.now() - timedelta(hours=1))

    clear_sessions()

    assert [*Session.objects.all()] == [lasting]
