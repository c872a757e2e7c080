"""What the reflection tests share: the guide as it is shipped."""

from collections.abc import Iterator
from typing import Any

import msgspec
import pytest
from pytest_django import DjangoDbBlocker

from reflection.document import Document
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


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch) -> list[Document]:
    """Every reflection that is read out of its ciphertext from now on."""
    found: list[Document] = []
    true_decode = msgspec.json.decode

    def noting(data: bytes, **given: Any) -> Any:
        read = true_decode(data, **given)
        if isinstance(read, Document):
            found.append(read)
        return read

    monkeypatch.setattr(msgspec.json, "decode", noting)
    return found
