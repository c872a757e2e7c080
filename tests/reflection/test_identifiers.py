"""What the first check for identifying details finds, and what it leaves alone."""

import itertools
import time
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from reflection.identifiers import Kind, find_identifiers, is_nhs_number
from reflection.identifiers.numbers import find_forms
from tests.reflection import identifiers_report as report

VIGNETTES = Path(__file__).parent.parent.parent / "fixtures" / "demo" / "entries"
TODAY = date(2026, 11, 22)
# What was measured when they were set. They may rise; they do not fall.
FLOORS = {"tuned": (1.0, 1.0), "unseen": (0.98, 0.96), "rough": (0.59, 1.0)}


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
        ("on 12/03/1984", Kind.DATE, "12/03/1984"),
        ("on 12.3.84", Kind.DATE, "12.3.84"),
        ("on 1984-03-12,", Kind.DATE, "1984-03-12"),
        ("on 12 March 1984", Kind.DATE, "12 March 1984"),
        ("on the 12th of March 1984", Kind.DATE, "12th of March 1984"),
        ("on March 12th, 1984", Kind.DATE, "March 12th, 1984"),
        ("on 3 Nov 2026", Kind.DATE, "3 Nov 2026"),
        ("born on 12 March 1984", Kind.BIRTH, "12 March 1984"),
        ("her birthday is the 3rd of May", Kind.BIRTH, "3rd of May"),
        ("Fax: 01632 960 777", Kind.PHONE, "01632 960 777"),
        ("call (202) 555-0143 at six", Kind.PHONE, "(202) 555-0143"),
        ("from 203.0.113.9 at night", Kind.IP, "203.0.113.9"),
        ("from 2001:db8::8a2e:370:7334 at night", Kind.IP, "2001:db8::8a2e:370:7334"),
        ("the number 219-09-9999 again", Kind.INSURANCE, "219-09-9999"),
        ("NI QQ 12 34 56 C", Kind.INSURANCE, "QQ 12 34 56 C"),
        ("PPS number 1234567FA", Kind.INSURANCE, "1234567FA"),
        ("MRN: 0042917", Kind.RECORD, "0042917"),
        ("card 4111 1111 1111 1111", Kind.ACCOUNT, "4111 1111 1111 1111"),
        ("GB29 NWBK 6016 1331 9268 19", Kind.ACCOUNT, "GB29 NWBK 6016 1331 9268 19"),
        ("a car, AB12 CDE, followed", Kind.PLATE, "AB12 CDE"),
        ("in Boulder, CO 80302 now", Kind.POSTCODE, "Boulder, CO 80302"),
        ("by D02 X285 there", Kind.POSTCODE, "D02 X285"),
        ("her father is 94 and", Kind.AGE, "94"),
        ("a 101-year-old", Kind.AGE, "101-year-old"),
        ("moved to 7 Elm Close", Kind.STREET, "7 Elm Close"),
        ("moved to Leeds", Kind.TOWN, "Leeds"),
        ("lives in New York", Kind.TOWN, "New York"),
        ("at Larkfield Primary School", Kind.PLACE, "Larkfield Primary School"),
        ("I told Sarah Brown", Kind.NAME, "Sarah Brown"),
        ("with Ludwig van Beek", Kind.NAME, "Ludwig van Beek"),
        ("saw José\u0301 there".replace("é", "e"), Kind.NAME, "Jose\u0301"),
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
        "Card 4111 1111 1111 1112 has a wrong last digit.",
        "Version 10.2.3.4 of the form, at 10:30:15.",
        "GB30 NWBK 6016 1331 9268 19",
        "The score was 94; he said 94 minutes.",
        "SARAH IN CAPITALS, and sarah without, are not told from other words.",
        "She’ll be late. I said: She'll be late, and They’d know. It’s He’ll that I wrote.",
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


def test_what_a_sentence_gives_alone_it_gives_in_a_long_text_too() -> None:
    """A form is looked for around figures alone; nothing may be cut off by that."""
    prose = "we sat and nothing was said for a while; the rain went on. " * 8
    for sentence in [one for part in report.labelled().values() for one in part]:
        alone = [(found.kind, found.text) for found in find_forms(sentence.text)]
        long = find_forms(f"{prose}\n{sentence.text}\n{prose}\nand so on {prose}")

        assert [(found.kind, found.text) for found in long] == alone


@given(st.text(alphabet="a1@.+-/ :(0)WSjanDr'\u00a0éB9\n", max_size=300))
def test_whatever_is_written_every_find_is_where_it_says(text: str) -> None:
    found = find_identifiers(text)

    assert all(text[one.start : one.end] == one.text for one in found)
    assert all(one.end <= other.start for one, other in itertools.pairwise(found))


@pytest.mark.parametrize(
    "unit",
    ["a", "1", "a.", "0 ", "a@", "www.", "12/", "jan ", "(", "Aa ", "Dr ", "St ", "1 Aa ", "O'"],
)
def test_longest_text_takes_no_longer_than_a_moment(unit: str) -> None:
    text = (unit * 40_000)[:40_000]
    began = time.process_time()

    find_identifiers(text)

    assert time.process_time() - began < 5


@pytest.mark.parametrize("part", FLOORS)
def test_labelled_sentences_are_told_as_well_as_is_stated(part: str) -> None:
    recall, precision = FLOORS[part]
    counts = report.measured()[part]

    total = report.total(counts)

    assert total.recall >= recall
    assert total.precision >= precision


def test_labelled_set_is_large_and_holds_much_that_is_nothing() -> None:
    sentences = [one for part in report.labelled().values() for one in part]

    assert len(sentences) >= 150
    assert sum(not one.labels for one in sentences) >= 60
    assert {label.kind for one in sentences for label in one.labels} == set(Kind) - {Kind.WORD}


def test_figures_in_the_documentation_are_those_measured() -> None:
    assert report.tables() in report.DOCUMENT.read_text()


@pytest.mark.parametrize(
    ("watched", "text", "found"),
    [
        ("lighthouse", "After the Lighthouse fire.", "Lighthouse"),
        ("café noir", "At the CAFE NOIR, again", "CAFE NOIR"),
        ("Cafe\u0301", "at the café", "café"),
        ("St. Anne's", "near St Anne’s today", "St Anne’s"),
        ("straße", "in the STRASSE", "STRASSE"),
        ("Finch", "said Finch's mother", "Finch"),
    ],
)
def test_own_word_is_found_whatever_its_accents_and_case(
    watched: str, text: str, found: str
) -> None:
    [one] = [one for one in find_identifiers(text, watched=[watched]) if one.kind is Kind.WORD]

    assert one.text == found


def test_own_word_is_found_as_a_whole_word_only() -> None:
    assert find_identifiers("highlighting the arts", watched=["light", "art", "", "…"]) == []


def test_names_that_may_stand_are_left_alone() -> None:
    text = "I will ask Dr Okafor, not Dr Smith."

    assert [one.text for one in find_identifiers(text, known=["Dr Chidi Okafor"])] == ["Dr Smith"]


def test_name_told_once_is_found_again_in_the_same_text() -> None:
    text = "Her brother Xylo came. Xylo was late. I had waited for Xylo."

    assert [one.text for one in find_identifiers(text)] == ["Xylo"] * 3


@pytest.mark.parametrize(
    ("text", "suggestion"),
    [
        ("on 14 June 2025", "a day about a year ago"),
        ("on 14/06/1999", "a day about 27 years ago"),
        ("on 2026-06-01", "a day some months ago"),
        ("on 20 November 2026", "a day around now"),
        ("on 20 November 2029", "a day later on"),
        ("on 31/02/2024", "a day some time ago"),
        ("a 94-year-old", "very old"),
        ("aged 94", "aged over 89"),
        ("she is 94 years old", "over 89 years old"),
        ("She is 94 next May", "over 89"),
        ("He will be 91 in March", "over 89"),
        ("She lives at Ashford Road 14.", "an address"),
        ("in Leeds", "the city"),
        ("Her number 020 7946 0018", "(left out)"),
        ("Her number is 020 7946 0018.", "(left out)"),
        ("Her address is 14 Larkspur Avenue", "(left out)"),
        ("020 7946 0018", "a number"),
        ("Dr Smith", "the doctor"),
    ],
)
def test_suggestion_fits_the_place(text: str, suggestion: str) -> None:
    [one] = find_identifiers(text, today=TODAY)

    assert one.suggestion == suggestion


def test_name_is_given_the_same_neutral_word_each_time_and_none_that_is_there() -> None:
    first, second = find_identifiers("Sarah came. Sarah left.")
    [other] = find_identifiers(f"Sarah and {first.suggestion}")

    assert first.suggestion == second.suggestion
    assert other.suggestion != first.suggestion


def written_in(value: object) -> Iterator[str]:
    """Yield every text in what was read from YAML."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict | list):
        for item in value.values() if isinstance(value, dict) else value:
            yield from written_in(item)


def test_vignettes_of_the_demonstration_are_not_spoken_up_about_without_cause() -> None:
    paths = sorted(VIGNETTES.glob("v[0-9]*.yaml"))
    texts = [text for path in paths for text in written_in(yaml.safe_load(path.read_text()))]

    found = {one.text for text in texts for one in find_identifiers(text)}

    assert len(paths) == 13
    assert found <= {"Dr O.", "Mira"}


@pytest.mark.parametrize("text", ["a Long-term plan", "Self-criticism is Meta-analytic"])
def test_hyphenated_word_is_not_taken_for_a_double_name(text: str) -> None:
    assert find_identifiers(text) == []
