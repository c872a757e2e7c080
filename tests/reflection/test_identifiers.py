"""What the first check for identifying details finds, and what it leaves alone."""

import itertools
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reflection.identifiers import Kind, find_identifiers, is_nhs_number


@pytest.mark.parametrize(
    ("text", "kind", "found"),
    [
        (
            "Mail wren.k+x@mail.example.co.uk.",
            Kind.EMAIL,
            "wren.k+x@mail.example.co.uk",
        ),
        ("(see https://foo.example/x?y=1).", Kind.WEB, "https://foo.example/x?y=1"),
        ("on www.larch-and-sons.example!", Kind.WEB, "www.larch-and-sons.example"),
        ("works at brambles.co.uk, I think", Kind.WEB, "brambles.co.uk"),
        ("NHS number 943 476 5919.", Kind.NHS, "943 476 5919"),
        ("943-476-5919", Kind.NHS, "943-476-5919"),
        ("9434765919", Kind.NHS, "9434765919"),
        ("ring 020 7946 0958 after six", Kind.PHONE, "020 7946 0958"),
        ("ring 07700 900123", Kind.PHONE, "07700 900123"),
        ("+44 (0)20 7946 0958", Kind.PHONE, "+44 (0)20 7946 0958"),
        ("+1-202-555-0143", Kind.PHONE, "+1-202-555-0143"),
        ("lives near SW1A 1AA.", Kind.POSTCODE, "SW1A 1AA"),
        ("lives near m1 1ae", Kind.POSTCODE, "m1 1ae"),
        ("DN551PT", Kind.POSTCODE, "DN551PT"),
        ("born 12/03/1984", Kind.DATE, "12/03/1984"),
        ("born 12.3.84", Kind.DATE, "12.3.84"),
        ("born 1984-03-12,", Kind.DATE, "1984-03-12"),
        ("on 12 March 1984", Kind.DATE, "12 March 1984"),
        ("on the 12th of March 1984", Kind.DATE, "12th of March 1984"),
        ("on March 12th, 1984", Kind.DATE, "March 12th, 1984"),
        ("on 3 Nov 2026", Kind.DATE, "3 Nov 2026"),
    ],
)
def test_detail_with_a_form_of_its_own_is_found(text: str, kind: Kind, found: str) -> None:
    [one] = find_identifiers(text)

    assert (one.kind, one.text) == (kind, found)
    assert text[one.start : one.end] == found
    assert str(one.name)
    assert str(one.reason)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Session 14, strain 3 of 5, at 10:30, for 50 minutes.",
        "In 2019, in spring, on a Tuesday in March.",
        "They were 47 and had 12 sessions; p2-c3, item 2.1.3.",
        "About 1,000,000 people, 62% of them.",
        "943 476 5918 is no NHS number: its last digit is wrong.",
        "We talked.Then they left.And that was it.",
        "She said: I may 20 times.",
        "an e-mail @ home; the M4; vitamin B12 2x",
    ],
)
def test_ordinary_words_and_numbers_are_left_alone(text: str) -> None:
    assert find_identifiers(text) == []


@pytest.mark.parametrize(
    ("text", "is_one"),
    [
        ("943 476 5919", True),
        ("401 023 2137", True),
        ("943 476 5918", False),
        ("943 476 591", False),
        ("000 000 0060", False),
    ],
)
def test_nhs_number_is_told_by_its_last_digit(text: str, is_one: bool) -> None:
    assert is_nhs_number(text) is is_one


def test_details_come_in_reading_order_and_never_overlap() -> None:
    text = "finch@example.org, https://finch@example.org/1984-03-12, SW1A 1AA, 020 7946 0958"

    found = find_identifiers(text)

    assert [one.start for one in found] == sorted(one.start for one in found)
    assert all(one.end <= other.start for one, other in itertools.pairwise(found))
    assert next(one.kind for one in found) == Kind.EMAIL


@given(st.text(alphabet="a1@.+-/ :(0)WSjan\u00a0é", max_size=300))
def test_whatever_is_written_every_find_is_where_it_says(text: str) -> None:
    found = find_identifiers(text)

    assert all(text[one.start : one.end] == one.text for one in found)
    assert all(one.end <= other.start for one, other in itertools.pairwise(found))


@pytest.mark.parametrize("unit", ["a", "1", "a.", "0 ", "+", "a@", "www.", "12/", "jan ", "(", "-"])
def test_longest_text_takes_no_longer_than_a_moment(unit: str) -> None:
    text = (unit * 200_000)[:200_000]
    began = time.perf_counter()

    find_identifiers(text)

    assert time.perf_counter() - began < 5
