"""A password set on the server: the person whose it is finds that in their log."""

from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.test import Client
from django.urls import reverse

from accounts.models import AccountEvent, User

NEW = "a quite different password"


@pytest.fixture
def typed(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What is typed at the command's questions, in turn."""
    answers: list[str] = []
    monkeypatch.setattr("getpass.getpass", lambda prompt: answers.pop(0))
    return answers


def test_password_set_on_the_server_is_in_the_log_of_its_person(
    client: Client, mira: User, typed: list[str]
) -> None:
    typed += [NEW, NEW]

    call_command("changepassword", mira.email, stdout=StringIO())

    mira.refresh_from_db()
    assert mira.check_password(NEW)
    event = AccountEvent.objects.get(kind="password_changed")
    assert (event.user, event.by) == (mira, None)
    client.force_login(mira)
    page = client.get(reverse("account_security")).content.decode()
    assert "Password changed: by whoever runs Mend, on the server" in page


def test_password_that_was_not_set_leaves_no_line(mira: User, typed: list[str]) -> None:
    typed += ["one of them", "another", "a third", "a fourth", "no", "yes"]

    with pytest.raises(CommandError):
        call_command("changepassword", mira.email, stdout=StringIO(), stderr=StringIO())
    with pytest.raises(CommandError, match="does not exist"):
        call_command("changepassword", "nobody@alder.example", stdout=StringIO())

    assert not AccountEvent.objects.exists()
