"""Words of a copy, found again by code points, and marked without changing what stands there."""

import html
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reflection.document import Block, Passage
from supervision.marked import Mark, mark_passage, mark_text
from supervision.said import Anchor, NotThere, ThereTwice, find_words
from tests.vault.reference import A, B

TEXTS = (
    "Then wait. Then wait.",
    "👩‍👩‍👧 sat, 🪡 fell;\nnobody spoke.\n\n\nThen: e\u0301, ñ.",
    "שלום \u202eodd\u202c مرحبا & <b>bold</b> \"quoted\" 'so'",
)


def passage(*texts: str, items: tuple[str, ...] = ()) -> Passage:
    blocks = [Block(label="What", text=text) for text in texts]
    if items:
        blocks.append(Block(label="Listed", items=items, style="list"))
    return Passage(slug="repair", title="Repair", blocks=tuple(blocks))


def shown(marked: str) -> dict[int, str]:
    """Return what a browser shows of each paragraph, by the code point it begins at."""
    parts = re.findall(r'<p data-at="(\d+)" dir="auto">(.*?)</p>', marked, flags=re.DOTALL)
    return {int(at): html.unescape(re.sub(r"<[^>]*>", "", inner)) for at, inner in parts}


@pytest.mark.parametrize("text", TEXTS)
def test_every_run_of_words_is_found_where_it_stands(text: str) -> None:
    for start in range(0, len(text), 3):
        for end in range(start + 1, len(text) + 1, 5):
            words = text[start:end]
            if not words.strip():
                continue
            found = find_words(passage("Before.", text), words, near=f"1..{start}.{end}")
            assert text[found.start : found.end] == found.words
            assert (found.block, found.start) == (1, start)
            assert found.holds(passage("Before.", text))


def test_words_in_a_list_are_found_in_their_item() -> None:
    found = find_words(passage("Plan.", items=("Ask", "Wait longer")), "longer")

    assert found == Anchor(block=1, start=5, end=11, words="longer", item=1)


def test_words_over_the_end_of_a_line_are_found_by_their_words() -> None:
    assert find_words(passage(TEXTS[1]), "fell; nobody").words == "fell;\nnobody"


@pytest.mark.parametrize(
    "near", ["", "x", "0..0", "9..0.4", "0..5.4", "0.3.0.4", "0..99.100", "०..०.४"]
)
def test_words_that_stand_twice_are_not_guessed_at(near: str) -> None:
    with pytest.raises(ThereTwice):
        find_words(passage(TEXTS[0]), "Then wait", near=near)


def test_words_that_stand_nowhere_are_not_there() -> None:
    with pytest.raises(NotThere):
        find_words(passage(TEXTS[0]), "Then go")
    with pytest.raises(NotThere):
        find_words(passage(TEXTS[0]), "“”")


@given(
    text=st.text(st.sampled_from("ab \n<&\"'é🪡ש"), min_size=1, max_size=40),
    spans=st.lists(st.tuples(st.integers(0, 40), st.integers(1, 40)), max_size=5),
)
def test_marks_change_no_letter_of_the_text_and_each_links_once(
    text: str, spans: list[tuple[int, int]]
) -> None:
    marks: list[Mark] = []
    for start, length in spans:
        words = text[start : start + length]
        if words.strip("\n"):
            anchor = Anchor(0, start, start + len(words), words)
            marks.append(Mark(A, len(marks) + 1, anchor))

    marked = mark_text(text, marks)

    for at, words in shown(marked).items():
        assert text[at : at + len(words)] == words
    assert "".join(shown(marked).values()).replace("\n", "") == text.replace("\n", "")
    numbers = re.findall(r'data-number="(\d+)"', marked)
    assert sorted(numbers) == sorted(str(mark.number) for mark in marks)


def test_what_was_written_is_escaped_and_marks_nest_nowhere() -> None:
    text = "<script>alert(1)</script> & <b>so</b>"
    marks = [
        Mark(A, 1, Anchor(0, 0, 20, text[:20])),
        Mark(B, 2, Anchor(0, 10, 37, text[10:37])),
    ]

    [block] = mark_passage(passage(text), marks)

    assert block.text is not None
    assert "<script" not in block.text.html
    assert "<b>" not in block.text.html
    assert not re.search(r"<mark[^>]*>[^<]*<mark", block.text.html)
