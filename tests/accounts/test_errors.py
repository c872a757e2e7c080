"""What is shown when a request cannot be answered, and that nothing somebody wrote goes astray."""

import logging
from io import StringIO
from typing import Any

import pytest
from django.conf import settings as django_settings
from django.http import HttpRequest
from django.test import Client, RequestFactory
from django.views.debug import ExceptionReporter
from pytest_django import Settings

from accounts.models import User
from accounts.reports import SilentReporterFilter, TypeOnlyFormatter
from tests import factories
from tests.accounts.urls_that_fail import CANARY, breaks

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.urls("tests.accounts.urls_that_fail"),
]
TEXT = "I said it was nothing, and her face closed. I keep going back to that moment."
OURS = {"sec-fetch-site": "same-origin"}
THEIRS = {"sec-fetch-site": "cross-site"}
JSON = {"accept": "application/json"}


@pytest.fixture
def strict() -> Client:
    """A browser that gets the error page instead of the exception, and is checked for its token."""
    return Client(raise_request_exception=False, enforce_csrf_checks=True)


@pytest.fixture
def trusted() -> Client:
    """The same, with its token in order."""
    return Client(raise_request_exception=False)


class TestStaleForm:
    """A form whose token no longer fits."""

    def test_text_comes_back_to_who_sent_it_from_our_page(self, strict: Client) -> None:
        response = strict.post("/journal/new/", {"took_place": TEXT}, headers=OURS)

        assert response.status_code == 403
        assert TEXT in response.content.decode()

    def test_another_site_gets_none_of_its_text_onto_our_page(self, strict: Client) -> None:
        response = strict.post("/journal/new/", {"took_place": TEXT}, headers=THEIRS)

        assert response.status_code == 403
        assert TEXT not in response.content.decode()

    def test_page_from_before_signing_in_again_says_so_and_saves_on_the_next_press(
        self, strict: Client
    ) -> None:
        nell = factories.make_user()
        factories.make_vault(nell)
        strict.get("/accounts/login/")
        fields = {"took_place": TEXT, "csrfmiddlewaretoken": strict.cookies["csrf"].value}
        assert strict.post("/journal/new/", fields, headers=OURS).status_code == 401
        factories.unlock(strict, nell)
        strict.cookies["csrf"] = "n" * 32  # as signing in gives a new one

        kept = strict.post("/journal/new/", fields, headers=OURS)

        html = kept.content.decode()
        assert kept.status_code == 403
        assert "You have signed in again since this page was made" in html
        assert "open for long" not in html
        assert TEXT in html
        fields["csrfmiddlewaretoken"] = strict.cookies["csrf"].value
        assert strict.post("/journal/new/", fields, headers=OURS).status_code == 302
        assert strict.post("/vault/lock/", {}, headers=OURS).status_code == 403

    @pytest.mark.parametrize(
        "page", ["/accounts/login/?next=/journal/", "/accounts/password/reset/"]
    )
    def test_forms_of_visitors_are_shown_afresh(self, strict: Client, page: str) -> None:
        fields = {"login": "nell@example.org", "email": "nell@example.org", "password": "pw"}
        response = strict.post(page, fields, headers=OURS)

        assert (response.status_code, response["Location"]) == (303, page)
        html = strict.get(page).content.decode()
        assert "had been open for long" in html
        assert "Please fill it in once more" in html
        assert strict.post(page, fields, headers=THEIRS).status_code == 403

    def test_form_without_words_gets_a_plain_page(self, strict: Client) -> None:
        response = strict.post("/accounts/logout/", headers=OURS)

        assert response.status_code == 403
        assert "had been open for long" in response.content.decode()

    def test_script_gets_json(self, strict: Client) -> None:
        response = strict.post("/journal/new/", {"took_place": TEXT}, headers=OURS | JSON)

        assert response.json()["error"] == "stale"


class TestBroken:
    """Mend itself failed."""

    def test_text_comes_back(self, trusted: Client) -> None:
        response = trusted.post("/breaks/", {"took_place": TEXT}, headers=OURS)

        assert response.status_code == 500
        assert TEXT in response.content.decode()

    def test_page_without_text_says_what_happened_and_nothing_more(self, trusted: Client) -> None:
        response = trusted.get("/breaks/")

        assert response.status_code == 500
        assert "on our side" in response.content.decode()
        assert CANARY not in response.content.decode()

    def test_script_gets_json(self, trusted: Client) -> None:
        response = trusted.get("/breaks/", headers=JSON)

        assert (response.status_code, response.json()["error"]) == (500, "server")

    def test_error_page_that_breaks_as_well_leaves_a_sentence(
        self, trusted: Client, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def also_broken(*args: object, **kwargs: object) -> str:
            raise RuntimeError(CANARY)

        monkeypatch.setattr("accounts.views.errors.render_to_string", also_broken)

        response = trusted.get("/breaks/")

        assert response.status_code == 500
        assert "Nothing was lost" in response.content.decode()
        assert CANARY not in response.content.decode()

    def test_with_debug_on_no_variable_and_no_posted_text_is_shown(
        self, trusted: Client, settings: Settings
    ) -> None:
        settings.DEBUG = True

        page = trusted.post("/breaks/", {"took_place": TEXT}).content.decode()

        assert "ValueError" in page
        assert TEXT not in page


class TestOthers:
    """Not found, not allowed, not understood."""

    @pytest.mark.parametrize(
        ("path", "status"), [("/refuses/", 403), ("/suspects/", 400), ("/misses/", 404)]
    )
    def test_page_says_what_happened_and_nothing_more(
        self, trusted: Client, path: str, status: int
    ) -> None:
        response = trusted.get(path)

        assert response.status_code == status
        assert CANARY not in response.content.decode()
        assert trusted.get(path, headers=JSON).json()["message"]

    @pytest.mark.parametrize("path", ["/refuses/", "/misses/", "/no/such/address/"])
    def test_text_comes_back(self, trusted: Client, path: str) -> None:
        response = trusted.post(path, {"took_place": TEXT}, headers=OURS)

        assert response.status_code in {403, 404}
        assert TEXT in response.content.decode()

    def test_another_site_gets_none_of_its_text_onto_our_page(self, trusted: Client) -> None:
        response = trusted.post("/no/such/address/", {"took_place": TEXT}, headers=THEIRS)

        assert response.status_code == 404
        assert TEXT not in response.content.decode()

    def test_more_than_can_be_taken_at_once_is_said_to_be_too_much(
        self, strict: Client, settings: Settings
    ) -> None:
        settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 1000
        strict.get("/accounts/login/")  # gives the cookie that any page of ours gives

        response = strict.post("/journal/new/", {"took_place": TEXT * 20}, headers=OURS)

        assert response.status_code == 413
        assert "more text than can be saved at once" in response.content.decode()


class TestReports:
    """What is noted of an error: where and of what kind."""

    @staticmethod
    def failed() -> tuple[HttpRequest, ValueError]:
        request = RequestFactory().post(
            "/breaks/", {"took_place": TEXT}, headers={"referer": CANARY}
        )
        try:
            breaks(request)
        except ValueError as error:
            return request, error
        raise AssertionError

    def test_report_holds_no_variable_posted_field_header_or_setting(self) -> None:
        request, error = self.failed()
        reporter = ExceptionReporter(request, type(error), error, error.__traceback__)

        data = reporter.get_traceback_data()

        assert isinstance(reporter.filter, SilentReporterFilter)
        assert not any(frame["vars"] for frame in data["frames"])
        assert list(data["filtered_POST_items"]) == []
        assert data["request_meta"] == {}
        assert list(data["request_COOKIES_items"]) == []
        assert data["settings"] == {}

    def test_log_line_tells_the_kind_and_the_place_and_no_message(self) -> None:
        _request, error = self.failed()
        failure = (type(error), error, error.__traceback__)

        line = TypeOnlyFormatter("{message}", style="{").formatException(failure)

        assert "builtins.KeyError" in line
        assert line.endswith("builtins.ValueError")
        assert "urls_that_fail.py" in line
        assert f"({CANARY}" not in line
        assert TEXT not in line

    def test_line_that_celery_writes_of_a_failed_task_quotes_nothing(self) -> None:
        _request, error = self.failed()
        said = {"name": "some.task", "exc": repr(error)}
        line = logging.LogRecord(
            "celery.app.trace", logging.ERROR, "", 0, "%(name)s raised %(exc)s", (said,), None
        )
        line.exc_info = (type(error), error, error.__traceback__)
        logging.Formatter().format(line)  # Another handler, that leaves the whole text behind.

        written = TypeOnlyFormatter("{message}", style="{").format(line)

        assert written.startswith("some.task raised ValueError\n")
        assert TEXT not in written

    def test_true_log_of_a_failed_request_quotes_nothing(self, trusted: Client) -> None:
        out = StringIO()
        formatters: Any = django_settings.LOGGING["formatters"]
        formatter = formatters["plain"]
        handler = logging.StreamHandler(out)
        handler.setFormatter(TypeOnlyFormatter(formatter["format"], style="{"))
        logger = logging.getLogger("django.request")
        logger.addHandler(handler)
        try:
            trusted.post("/breaks/", {"took_place": TEXT})
        finally:
            logger.removeHandler(handler)

        assert formatter["()"] == "accounts.reports.TypeOnlyFormatter"
        assert "ERROR django.request Internal Server Error: /breaks/" in out.getvalue()
        assert "ValueError" in out.getvalue()
        assert TEXT not in out.getvalue()


@pytest.mark.parametrize(
    ("address", "page"),
    [
        (
            "/journal/0d4a7f6e-8c55-4f3e-9d3b-52f3cf1f0e11/delete/",
            "/journal/0d4a7f6e-8c55-4f3e-9d3b-52f3cf1f0e11/",
        ),
        ("/vault/lock/", "/"),
    ],
)
def test_address_of_a_button_leads_to_its_page(
    client: Client, mira: User, address: str, page: str
) -> None:
    client.force_login(mira)
    response = client.get(address)
    assert response.status_code == 405
    assert response["Allow"] == "POST"
    assert "no-store" in response["Cache-Control"]
    assert f'href="{page}"' in response.content.decode()
    assert "nothing was changed" in response.content.decode()
