"""What holds on every page: signing in without losing text, one's own clock, nothing cached."""

import re
from collections.abc import Iterator

import pytest
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.test import Client, RequestFactory
from django.utils import timezone

from accounts.middleware import TimezoneMiddleware
from accounts.models import User
from reflection.models import Entry
from tests import factories

pytestmark = pytest.mark.django_db
TEMPLATES = settings.BASE_DIR / "templates"
# A form whose words a script looks after.
CARRIES_WORDS = re.compile(r"data-unsent|components/unsent.html|data-holds-words|data-save")
TEXT = "I said it was nothing, and her face closed. I keep going back to that moment."
JOURNAL = "/journal/new/"


class TestSignedOut:
    """Whoever is not signed in, or no longer."""

    def test_page_leads_to_signing_in_and_back(self, client: Client) -> None:
        response = client.get("/journal/?page=2")

        assert response.headers["Location"] == "/accounts/login/?next=/journal/%3Fpage%3D2"

    def test_text_that_was_posted_comes_back_whole(self, client: Client) -> None:
        response = client.post(JOURNAL, {"took_place": TEXT, "case_code": "Heron"})

        assert response.status_code == 401
        assert TEXT in response.content.decode()
        assert "Heron" in response.content.decode()
        assert "no-store" in response.headers["Cache-Control"]

    def test_post_without_words_leads_to_signing_in_and_back_to_its_page(
        self, client: Client
    ) -> None:
        response = client.post(
            "/vault/lock/", headers={"referer": "http://testserver/journal/?page=2"}
        )

        assert response.headers["Location"] == "/accounts/login/?next=/journal/"

    def test_another_sites_address_is_not_gone_back_to(self, client: Client) -> None:
        response = client.post("/vault/lock/", headers={"referer": "https://evil.example/journal/"})

        assert response.headers["Location"] == "/accounts/login/?next=/"

    def test_password_that_was_posted_is_not_shown(self, client: Client) -> None:
        response = client.post(
            "/accounts/password/change/",
            {"oldpassword": "the secret of my life", "password1": "another secret of my life"},
        )

        assert "secret of my life" not in response.content.decode()

    def test_script_is_told_that_the_text_is_still_on_the_page(self, client: Client) -> None:
        response = client.post(
            JOURNAL, {"took_place": TEXT}, headers={"accept": "application/json"}
        )

        assert response.status_code == 401
        assert response.json()["error"] == "signed_out"
        assert "Nothing was lost" in response.json()["message"]


class TestSomebodyElsesPage:
    """Whoever has signed in since the page was opened, in the same browser."""

    def test_nothing_is_done_in_their_name_and_the_text_comes_back(
        self, client: Client, mira: User, jonas: User
    ) -> None:
        factories.unlock(client, jonas)

        response = client.post(JOURNAL, {"took_place": TEXT, "writer": str(mira.pk)})

        assert response.status_code == 409
        assert TEXT in response.content.decode()
        assert f'name="writer" value="{mira.pk}"' in response.content.decode()
        assert not Entry.objects.exists()

    def test_they_are_not_asked_for_their_password_first(
        self, client: Client, mira: User, jonas: User
    ) -> None:
        client.force_login(jonas)

        response = client.post(JOURNAL, {"took_place": TEXT, "writer": str(mira.pk)})

        assert response.status_code == 409
        assert "password" not in response.content.decode().split("<main")[1]

    @pytest.mark.parametrize(
        "form",
        [
            pytest.param(form, id=f"{path.stem}-{number}")
            for path in sorted(TEMPLATES.rglob("*.html"))
            for number, form in enumerate(re.findall(r"<form\b.*?</form>", path.read_text(), re.S))
            if CARRIES_WORDS.search(form) and 'method="post"' in form
        ],
    )
    def test_form_with_words_says_who_opened_it_and_waits_for_a_connection(self, form: str) -> None:
        # What was posted may be given back as a whole, the writer with it.
        given_back = re.search(r"\{% for (field|name, value) in (fields|mine|both) %\}", form)
        assert given_back or 'name="writer" value="{{ user.pk }}"' in form
        waits = ("components/unsent.html", "data-text-offline", "data-holds-words", "data-kept")
        assert any(one in form for one in waits)


class TestTimes:
    """Times are shown by the person's own clock."""

    @pytest.fixture(autouse=True)
    def _afterwards(self) -> Iterator[None]:
        yield
        assert timezone.get_current_timezone_name() == "Europe/London"

    @staticmethod
    def zone_for(user: User) -> str:
        """Return the zone that a view sees when ``user`` asks."""
        seen: list[str] = []

        def view(request: HttpRequest) -> HttpResponse:
            seen.append(timezone.get_current_timezone_name())
            return HttpResponse()

        request = RequestFactory().get("/")
        request.user = user
        TimezoneMiddleware(view)(request)
        return seen[0]

    def test_persons_own_zone_is_used(self, mira: User) -> None:
        mira.timezone = "Australia/Sydney"

        assert self.zone_for(mira) == "Australia/Sydney"

    @pytest.mark.parametrize("name", ["", "Mars/Base", "../etc/passwd", "Europe/London\0"])
    def test_zone_nobody_knows_falls_back(self, mira: User, name: str) -> None:
        mira.timezone = name

        assert self.zone_for(mira) == "Europe/London"


class TestCaches:
    """No private page is kept anywhere."""

    def test_private_page_is_not_stored(self, client: Client, mira: User) -> None:
        client.force_login(mira)

        response = client.get("/account/")

        assert response.headers["Cache-Control"] == "no-store, private"
        assert response.headers["Referrer-Policy"] == "same-origin"

    def test_public_page_is_not_stored_for_somebody_signed_in(
        self, client: Client, mira: User
    ) -> None:
        client.force_login(mira)

        assert "no-store" in client.get("/about/privacy/").headers["Cache-Control"]

    def test_public_page_may_be_stored_for_a_visitor(self, client: Client) -> None:
        assert "Cache-Control" not in client.get("/about/privacy/").headers

    def test_page_that_is_not_there_is_not_stored(self, client: Client) -> None:
        assert "no-store" in client.get("/nowhere/").headers["Cache-Control"]
