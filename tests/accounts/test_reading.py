"""How one wants to read: chosen by oneself, for oneself, shown on every page."""

import pytest
from django.test import Client

from accounts.models import User
from tests import factories

pytestmark = pytest.mark.django_db

URL = "/account/reading/"
CHOSEN = {"text_size": "larger", "line_width": "wide", "typeface": "sans", "less_motion": "on"}


def test_what_is_chosen_is_on_every_page(client: Client, mira: User) -> None:
    client.force_login(mira)
    assert client.post(URL, CHOSEN)["Location"] == URL
    page = client.get("/guide/").text
    assert 'data-text="larger"' in page
    assert 'data-width="wide"' in page
    assert 'data-typeface="sans"' in page
    assert 'data-motion="less"' in page
    assert 'data-keys="off"' in page


def test_no_size_is_named_after_the_one_that_is_chosen(client: Client, mira: User) -> None:
    client.force_login(mira)
    page = client.get(URL).text
    assert page.count("Standard") == 2
    assert "As it is" not in page


def test_nobody_elses_pages_change(client: Client, mira: User, jonas: User) -> None:
    client.force_login(mira)
    client.post(URL, CHOSEN)
    client.force_login(jonas)
    assert 'data-text="medium"' in client.get("/guide/").text
    assert User.objects.get(pk=jonas.pk).text_size == "medium"


def test_visitor_gets_the_pages_as_they_are(client: Client) -> None:
    page = client.get("/guide/").text
    assert "data-text=" not in page
    assert "hands.css" not in page


@pytest.mark.parametrize("wrong", [{"text_size": "huge"}, {"line_width": "'><script>"}])
def test_what_is_not_offered_is_refused(client: Client, mira: User, wrong: dict[str, str]) -> None:
    client.force_login(mira)
    assert client.post(URL, CHOSEN | wrong).status_code == 422
    assert User.objects.get(pk=mira.pk).text_size == "medium"


def test_what_was_not_posted_stays_as_it_is(client: Client, mira: User) -> None:
    client.force_login(mira)
    client.post(URL, CHOSEN)
    client.post(URL, {"text_size": "", "single_keys": "on"})
    mira = User.objects.get(pk=mira.pk)
    assert (mira.text_size, mira.line_width, mira.single_keys) == ("larger", "wide", True)


def test_pages_are_sent_covered_while_the_browser_says_so(client: Client, mira: User) -> None:
    factories.unlock(client, mira)
    assert "data-covered" not in client.get("/account/").text
    client.cookies["mend-cover"] = "1"
    assert "<body data-covered" in client.get("/account/").text
    client.logout()
    assert "data-covered" not in client.get("/guide/").text
