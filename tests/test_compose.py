"""The compose file, read by the real Compose parser."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parent.parent
COMPOSE = Path(sys.executable).parent / "docker-compose"
ENVIRONMENT = {
    "POSTGRES_PASSWORD": "0123456789abcdef",
    "SECRET_KEY": "k" * 64,
    "VAULT_PEPPER": "p" * 64,
    "SITE_URL": "https://mend.example.org",
    "ALLOWED_HOSTS": "mend.example.org",
    "EMAIL_URL": "smtp+tls://name:password@mail.example.org:587",
    "DEFAULT_FROM_EMAIL": "Mend <mend@example.org>",
}
OURS = ("web", "worker", "beat", "migrate")


def compose(environment: dict[str, str]) -> subprocess.CompletedProcess[str]:
    """Return what Compose makes of the file with ``environment`` and no other."""
    command: list[str | Path] = [COMPOSE, "--file", ROOT / "docker-compose.yml"]
    return subprocess.run(
        [*command, "--env-file", "/dev/null", "config", "--format", "json"],
        env=environment | {"HOME": "/nonexistent"},
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture(scope="module")
def services() -> dict[str, Any]:
    """The services as Compose understands them."""
    done = compose(ENVIRONMENT)
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout)["services"]
    return found


def test_compose_accepts_the_file_with_every_service(services: dict[str, Any]) -> None:
    assert set(services) == {"db", "redis", *OURS}


@pytest.mark.parametrize("name", sorted(ENVIRONMENT))
def test_missing_setting_stops_the_start_with_a_sentence(name: str) -> None:
    done = compose({key: value for key, value in ENVIRONMENT.items() if key != name})

    assert done.returncode != 0
    assert f"Set {name} in .env" in done.stderr


def test_earlier_secret_key_is_handed_on_and_read() -> None:
    done = compose(ENVIRONMENT | {"SECRET_KEY_FALLBACKS": "e" * 40})
    given = json.loads(done.stdout)["services"]["web"]["environment"]
    read = "from config import settings as s; print(s.SECRET_KEY_FALLBACKS, s.SECRET_KEY)"

    said = subprocess.run(
        [sys.executable, "-c", read],
        env=given,
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )

    assert said.stdout.strip() == f"{['e' * 40]} {'k' * 64}"


@pytest.mark.parametrize("name", OURS)
def test_our_services_can_write_nowhere_and_gain_nothing(
    services: dict[str, Any], name: str
) -> None:
    assert services[name]["read_only"] is True
    assert services[name]["cap_drop"] == ["ALL"]
    assert services[name]["security_opt"] == ["no-new-privileges:true"]


def test_image_runs_as_nobody_in_particular() -> None:
    last_stage = (ROOT / "Dockerfile").read_text().rpartition("\nFROM ")[2]

    assert "\nUSER 10001\n" in last_stage


@pytest.mark.parametrize("name", ["db", "redis", "web", "worker", "beat"])
def test_lasting_service_says_whether_it_is_well(services: dict[str, Any], name: str) -> None:
    assert services[name]["healthcheck"]["test"]


def test_only_web_is_reachable_and_only_from_this_machine(services: dict[str, Any]) -> None:
    published = {name: service["ports"] for name, service in services.items() if "ports" in service}

    assert set(published) == {"web"}
    assert {port["host_ip"] for port in published["web"]} == {"127.0.0.1"}


@pytest.mark.parametrize("name", ["web", "worker", "beat"])
def test_nothing_starts_before_the_migrations_are_through(
    services: dict[str, Any], name: str
) -> None:
    needed = services[name]["depends_on"]["migrate"]["condition"]

    assert needed == "service_completed_successfully"


def test_fresh_database_gets_its_tables_the_one_for_counters_and_the_guide(
    services: dict[str, Any],
) -> None:
    script = services["migrate"]["command"][-1]

    steps = [step.split()[2] for step in script.split("&&")]
    assert steps == ["migrate", "createcachetable", "load_guide", "load_wordings"]


def test_writing_does_not_wait_for_redis(services: dict[str, Any]) -> None:
    assert "redis" not in services["web"]["depends_on"]
