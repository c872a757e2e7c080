"""The standing cast: who appears in the tests, and where they belong."""

import pytest
from django.core.cache import cache
from pytest_django import DjangoDbBlocker

from accounts.models import Clinic, User
from reflection.queries.guide import forget_guide
from tests import factories, migrated

pytest_plugins = ["tests.worker"]
ASKING = {"db", "transactional_db", "django_db_setup"}


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark every test that asks the tests' database: all others need to run on one only."""
    for item in items:
        asks = ASKING.intersection(getattr(item, "fixturenames", ()))
        if (asks or item.get_closest_marker("django_db")) and not item.get_closest_marker("apart"):
            item.add_marker("database")


@pytest.fixture(scope="session")
def django_db_keepdb(
    request: pytest.FixtureRequest,
    django_db_modify_db_settings: None,
    django_db_blocker: DjangoDbBlocker,
) -> bool:
    """Whether the tests' database is there already: a copy of the one that the suite migrated."""
    with django_db_blocker.unblock():
        return migrated.copy() or bool(request.config.getvalue("reuse_db"))


@pytest.fixture(autouse=True)
def _fresh_counters() -> None:
    """Start every test with no rate limit used up."""
    cache.clear()


@pytest.fixture(autouse=True)
def _fresh_guide() -> None:
    """Read the guide anew: what another test loaded is gone."""
    forget_guide()


@pytest.fixture
def alder_house(db: None) -> Clinic:
    """The clinic that most of the cast belong to."""
    return factories.make_clinic(name="Alder House")


@pytest.fixture
def elsewhere(db: None) -> Clinic:
    """Another clinic, which has no business in Alder House."""
    return factories.make_clinic(name="Elsewhere")


def _person(name: str, email: str, clinic: Clinic, *, clinician: bool, admin: bool) -> User:
    user = factories.make_user(name=name, email=email)
    factories.make_membership(user=user, clinic=clinic, is_clinician=clinician, is_admin=admin)
    factories.standing_vault(user)
    return user


@pytest.fixture
def mira(alder_house: Clinic) -> User:
    """A clinician, who keeps a journal."""
    return _person("Mira Lindgren", "mira@alder.example", alder_house, clinician=True, admin=False)


@pytest.fixture
def okafor(alder_house: Clinic) -> User:
    """Mira's supervisor, a clinician too."""
    return _person(
        "Dr Chidi Okafor", "okafor@alder.example", alder_house, clinician=True, admin=False
    )


@pytest.fixture
def jonas(alder_house: Clinic) -> User:
    """A colleague of Mira's without an agreement."""
    return _person("Jonas Weber", "jonas@alder.example", alder_house, clinician=True, admin=False)


@pytest.fixture
def ada(alder_house: Clinic) -> User:
    """The admin of Alder House, not a clinician."""
    return _person("Ada Byrne", "ada@alder.example", alder_house, clinician=False, admin=True)


@pytest.fixture
def rune(elsewhere: Clinic) -> User:
    """The admin of another clinic."""
    return _person("Rune Dahl", "rune@elsewhere.example", elsewhere, clinician=False, admin=True)


@pytest.fixture
def operator(db: None) -> User:
    """Who runs the installation: a superuser in no clinic."""
    return factories.make_user(
        name="Olu Operator", email="operator@host.example", is_staff=True, is_superuser=True
    )
