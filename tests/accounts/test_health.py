"""Whether this process is up, and whether it can do its work."""

import pytest
from django.core.management import call_command
from django.db import OperationalError
from django.db.migrations.executor import MigrationExecutor
from django.test import Client
from pytest_django import DjangoAssertNumQueries, Settings

from accounts.models import User
from tests.factories import PASSWORD

COUNTERS_IN_THE_DATABASE = {
    "BACKEND": "django.core.cache.backends.db.DatabaseCache",
    "LOCATION": "mend_cache",
}


def test_process_answers_without_the_database(
    client: Client, django_assert_num_queries: DjangoAssertNumQueries, db: None
) -> None:
    with django_assert_num_queries(0):
        response = client.get("/healthz")

    assert response.content == b"ok"


@pytest.mark.django_db
class TestReady:
    """Ready is: the database answers, and is as this version needs it."""

    def test_migrated_database_is_ready(self, client: Client) -> None:
        response = client.get("/readyz")

        assert response.status_code == 200
        assert response.json() == {"ready": True, "database": "ready", "queue": "in this process"}

    def test_database_not_yet_migrated_is_not(
        self, client: Client, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(MigrationExecutor, "migration_plan", lambda *a: [("one", False)])

        response = client.get("/readyz")

        assert response.status_code == 503
        assert response.json()["database"] == "not migrated"

    def test_database_without_the_table_for_counters_is_not_until_it_is_made(
        self, client: Client, settings: Settings, mira: User
    ) -> None:
        settings.CACHES = settings.CACHES | {"default": COUNTERS_IN_THE_DATABASE}
        response = client.get("/readyz")
        assert response.status_code == 503
        assert response.json()["database"] == "without its cache table"

        for _time in range(2):  # As the migrate service does at each start.
            call_command("createcachetable", verbosity=0)

        assert client.get("/readyz").status_code == 200
        for password in ("wrong",) * 5 + (PASSWORD,):
            page = client.post("/accounts/login/", {"login": mira.email, "password": password})
        assert "too many tries" in page.content.decode()

    def test_database_that_does_not_answer_is_not_and_is_not_quoted(
        self, client: Client, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def away(*args: object) -> None:
            raise OperationalError("could not connect to secret-host")

        monkeypatch.setattr(MigrationExecutor, "__init__", away)

        response = client.get("/readyz")

        assert response.status_code == 503
        assert response.json()["database"] == "away"
        assert "secret-host" not in response.content.decode()

    def test_queue_that_is_away_is_told_and_not_needed(
        self, client: Client, settings: Settings
    ) -> None:
        settings.REDIS_URL = "redis://127.0.0.1:1/0"

        response = client.get("/readyz")

        assert response.status_code == 200
        assert response.json()["queue"] == "away"
