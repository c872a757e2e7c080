"""What the reflection tests share: the guide as it is shipped."""

from collections.abc import Iterator

import pytest
from pytest_django import DjangoDbBlocker

from reflection.management.commands.load_guide import MODELS
from tests import factories


@pytest.fixture(scope="module")
def shipped_guide(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[None]:
    """The guide from the fixtures, loaded once for a whole file of tests."""
    with django_db_blocker.unblock():
        factories.load_guide()
    yield
    with django_db_blocker.unblock():
        for model in reversed(MODELS):
            model.objects.all().delete()
