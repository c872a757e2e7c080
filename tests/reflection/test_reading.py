"""What is said of a reflection as a whole."""

from datetime import UTC, date, datetime
from typing import Any

import msgspec
import pytest

from reflection.document import PASSAGES, AgreedStep, Answer, Document, Happened, Label, Strategy
from reflection.reading import day_of, passages, written

LABEL = Label("x", "Some words")


def filled() -> list[tuple[str, str, Any]]:
    """Return each field of each passage with something in it."""
    given: dict[str, Any] = {
        "occurred_on": date(2026, 1, 2),
        "strain": 2,
        "movement": LABEL,
        "no_pattern": True,
        "serious_harm": "unsure",
        "strategies": (Strategy("st-new", "New"),),
        "to_act_on": (
            AgreedStep("s", "Some words.", "Dr Okafor", datetime(2026, 1, 2, tzinfo=UTC)),
        ),
        "answers": (Answer("q", "What?", "p", "P", "Some words."),),
    }
    empty = Document()
    found: list[tuple[str, str, Any]] = []
    for slug in PASSAGES:
        for name in getattr(empty, slug).__struct_fields__:
            value = getattr(getattr(empty, slug), name)
            if isinstance(value, msgspec.Struct):
                continue  # alliance items: one of them below
            guess = (LABEL,) if value == () else "Some words."
            found.append((slug, name, given.get(name, guess)))
    return found


@pytest.mark.parametrize(("slug", "name", "value"), filled())
def test_what_holds_something_is_what_can_be_read(slug: str, name: str, value: object) -> None:
    part = msgspec.structs.replace(getattr(Document(), slug), **{name: value})
    document = msgspec.structs.replace(Document(), **{slug: part})

    assert written(document) == [slug]
    assert [passage.slug for passage in passages(document, only=PASSAGES)] == [slug]


def test_nothing_is_written_in_an_empty_one() -> None:
    assert written(Document()) == []


@pytest.mark.parametrize("begun", [date(1, 1, 3), date(9999, 12, 29)])
@pytest.mark.parametrize("noted", [None, date(1, 1, 1), date(9999, 12, 31), date(2026, 5, 4)])
def test_day_at_the_ends_of_the_calendar_is_told_all_the_same(
    begun: date, noted: date | None
) -> None:
    created_at = datetime(begun.year, begun.month, begun.day, 12, tzinfo=UTC)
    document = Document(happened=Happened(occurred_on=noted))

    near = noted is not None and abs((noted - begun).days) < 3 and noted <= begun
    assert day_of(document, created_at) == (noted if near else begun)
