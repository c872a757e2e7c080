"""The texts people consent to: loaded once, never changed."""

import pytest
from django.core.management import CommandError, call_command

from supervision.models import ConsentWording

pytestmark = pytest.mark.django_db


def load() -> None:
    call_command("load_wordings", verbosity=0)


def test_loading_twice_changes_nothing() -> None:
    load()
    before = list(ConsentWording.objects.values())

    load()

    assert list(ConsentWording.objects.values()) == before
    assert {(row["slug"], row["version"]) for row in before} == {
        ("agreement", 1),
        ("agreement", 2),
        ("share", 1),
        ("share-group", 1),
        ("group", 1),
    }


def test_words_that_were_shown_to_people_are_never_changed() -> None:
    load()
    ConsentWording.objects.filter(slug="share").update(text="What somebody agreed to before.")

    with pytest.raises(CommandError, match="version of their own"):
        load()

    assert ConsentWording.objects.current("share").text == "What somebody agreed to before."


def test_newest_version_is_the_one_shown() -> None:
    load()
    ConsentWording.objects.create(slug="share", version=2, title="Newer", text="Newer words.")

    assert ConsentWording.objects.current("share").title == "Newer"
    assert ConsentWording.objects.get_by_natural_key("share", 1).natural_key() == ("share", 1)
