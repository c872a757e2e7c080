"""Loading the guide: once, again, after a change, and when something does not fit."""

from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core import serializers
from django.core.management import call_command
from django.core.serializers.base import DeserializationError
from django.db import IntegrityError, transaction

from reflection.management.commands import load_guide
from reflection.management.commands.load_guide import FOLDER, MODELS
from reflection.models import Evidence, GuideText, PatternPoint, Reference, Topic
from tests import factories

pytestmark = pytest.mark.django_db
ROWS = sum(path.read_text().count("- model:") for path in FOLDER.glob("*.yaml"))


def load() -> str:
    """Load the guide; return the one line it says."""
    said = StringIO()
    call_command("load_guide", stdout=said)
    return said.getvalue()


def everything() -> str:
    """Return every row of the guide, primary keys and relations included."""
    rows: list[Any] = [row for model in MODELS for row in model.objects.order_by("pk")]
    return serializers.serialize("json", rows)


def test_loading_twice_changes_nothing() -> None:
    load()
    before = everything()

    said = load()

    assert everything() == before
    assert said == f"Guide: {ROWS} rows (0 new, 0 changed, 0 removed).\n"


def test_loading_says_what_is_new() -> None:
    assert load() == f"Guide: {ROWS} rows ({ROWS} new, 0 changed, 0 removed).\n"


def test_quiet_loading_says_nothing() -> None:
    said = StringIO()

    call_command("load_guide", verbosity=0, stdout=said)

    assert said.getvalue() == ""
    assert PatternPoint.objects.exists()


def test_changed_words_are_put_right_under_the_same_key() -> None:
    load()
    point = PatternPoint.objects.get(slug="p3-q1")
    PatternPoint.objects.filter(pk=point.pk).update(text="Something else?")

    said = load()

    assert PatternPoint.objects.get(slug="p3-q1") == point
    assert PatternPoint.objects.get(pk=point.pk).text == "Is shame leading me to shrink this?"
    assert "0 new, 1 changed, 0 removed" in said


def test_row_that_the_fixtures_no_longer_hold_goes() -> None:
    load()
    Topic.objects.create(slug="astrology", label="Astrology", order=370)

    said = load()

    assert not Topic.objects.filter(slug="astrology").exists()
    assert "0 new, 0 changed, 1 removed" in said


def test_relation_that_the_fixtures_no_longer_name_goes() -> None:
    load()
    without = GuideText.objects.get(slug="acct-punish")
    without.references.add(Reference.objects.get(slug="R1"))

    load()

    assert not without.references.exists()


def test_fixture_that_does_not_fit_leaves_the_guide_as_it_was(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    load()
    before = everything()
    (tmp_path / "01_new.yaml").write_text(
        "- model: reflection.topic\n  fields: {slug: new, label: New, order: 1}\n"
    )
    (tmp_path / "02_bad.yaml").write_text("- model: reflection.horoscope\n  fields: {slug: x}\n")
    monkeypatch.setattr(load_guide, "FOLDER", tmp_path)

    with pytest.raises(DeserializationError):
        load()

    assert everything() == before


def test_fixtures_load_plainly_too_and_come_out_the_same() -> None:
    names = [f"guide/{path.stem}" for path in sorted(FOLDER.glob("*.yaml"))]

    call_command("loaddata", *names, verbosity=0)

    assert "0 new, 0 changed, 0 removed" in load()


def test_database_refuses_evidence_without_its_caveat() -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        Evidence.objects.create(slug="ev-bold", order=1, title="It works", gloss="It does.")


def test_database_refuses_a_text_that_says_nothing() -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        GuideText.objects.create(slug="empty", order=1, section="safety")


def test_guide_that_tests_put_in_place_is_the_one_that_is_loaded() -> None:
    factories.load_guide()
    for model in reversed(MODELS):
        model.objects.all().delete()
    factories.load_guide()
    put = everything()

    call_command("load_guide", verbosity=0)

    assert put == everything()
    added = Reference.objects.create(slug="one-more", order=99)
    assert Reference.objects.get(slug="one-more") == added
