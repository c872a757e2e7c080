"""Folding, and finding words and phrases in a text."""

import sys
import unicodedata
from datetime import UTC, datetime

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from reflection.document import (
    AgreedStep,
    Document,
    Happened,
    LookBack,
    Reaction,
    Repair,
    encode,
)
from reflection.search.folding import fold, fold_with_places, pretest
from reflection.search.terms import Folded, Term, excerpt, marked, read_terms
from reflection.search.wanted import Search, Wanted

TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=60)
# Few letters, so that what is looked for is often there; and all that is folded in some odd way.
CLOSE = st.text("aàAbßẞsIıİiςσΣféﬁ\u0301\u00ad\u200b\"'\\“’…½Å\n\t\x00\x1f -é한か゛が", max_size=40)


def holds(text: str, typed: str) -> bool:
    return all(Folded(text).holds(term) for term in read_terms(typed))


@pytest.mark.parametrize(
    ("text", "typed"),
    [
        ("Übertragung", "ubertragung"),
        ("ubertragung", "ÜBERTRAGUNG"),
        ("die Straße", "STRASSE"),
        ("STRASSE", "straße"),
        ("ὁδός", "ΟΔΟΣ"),
        ("ΟΔΟΣ", "οδος"),
        ("İstanbul, ISPARTA, ılık", "istanbul isparta ilik"),
        ("Ilık", "ILIK"),
        ("café", "cafe\u0301"),
        ("cafe\u0301s", "café"),
        ("ﬁnally", "finally"),
        ("smørrebrød, Łódź, œuvre", "smorrebrod lodz oeuvre"),
        ("don’t", "don't"),
        ("self–blame", "self-blame"),
        ("ther\u00adapy", "therapy"),
        ("ruptures", "rupture"),
        ("She said: rupture!", "rupture,"),
        ("I waited.\nThen I spoke.", '"waited. then"'),
        ("they are making  too\u00a0much of it", "“too much”"),
        ("昨日は大変だった", "大変"),
        ("한글", "한글"),
        ("why?", "?"),
        ("a {brace} and a \\", "{ \\"),
        ("one then two", "two one"),
    ],
)
def test_text_is_found(text: str, typed: str) -> None:
    assert holds(text, typed)


@pytest.mark.parametrize(
    ("text", "typed"),
    [
        ("I made an effort", "fort"),
        ("ruptures", '"rupture"'),
        ("too very much", '"too much"'),
        ("one", "one two"),
        ("much too", '"too much"'),
    ],
)
def test_text_is_not_found(text: str, typed: str) -> None:
    assert not holds(text, typed)


def test_words_and_phrases_are_told_apart() -> None:
    assert read_terms('Finch  "too  MUCH" «of it» "" too') == (
        Term(("finch",)),
        Term(("too", "much"), is_exact=True),
        Term(("of", "it"), is_exact=True),
        Term(("too",)),
    )


def test_unclosed_quotation_mark_is_no_part_of_a_word() -> None:
    assert read_terms('"too much') == (Term(("too",)), Term(("much",)))


@given(TEXTS)
def test_fold_is_the_same_however_a_text_is_composed(text: str) -> None:
    assert fold(unicodedata.normalize("NFC", text)) == fold(unicodedata.normalize("NFD", text))


def test_fold_of_a_fold_is_the_same() -> None:
    assigned = (chr(code) for code in range(sys.maxunicode + 1))
    odd = [one for one in assigned if fold(fold(one)) != fold(one)]
    assert odd == []


@given(TEXTS)
@example("aßé\u0301ﬁ")
def test_every_place_of_a_fold_leads_back(text: str) -> None:
    folded, places = fold_with_places(text)
    assert len(places) == len(folded) + 1
    assert places[-1] == len(text)
    for place, letter in enumerate(folded):
        assert letter in fold(text[places[place]])


@given(CLOSE, CLOSE)
@example("ﬁ", "f")
@example('say “no"', '“no"')
@example("a\u00adb", "ab")
def test_pretest_never_leaves_out_what_is_there(text: str, typed: str) -> None:
    document = Document(title=text)
    wanted = Wanted(Search(words=typed))
    if wanted.is_answered_by(document):
        assert wanted.pretest()(encode(document))


@given(st.lists(CLOSE, min_size=1, max_size=3), CLOSE, CLOSE)
def test_pretest_never_leaves_out_a_tag_or_a_case(tags: list[str], code: str, text: str) -> None:
    document = Document(tags=tuple(tags), happened=Happened(case_code=code, took_place=text))
    for search in (Search(tag=tags[0]), Search(case_code=code), Search(words=f'"{tags[-1]}"')):
        wanted = Wanted(search)
        if wanted.is_answered_by(document):
            assert wanted.pretest()(encode(document))


def test_pretest_saves_the_look_at_most_documents() -> None:
    raw = encode(Document(title="A silence – “again”", happened=Happened(took_place="naïve")))
    assert not Wanted(Search(words="rupture")).pretest()(raw)
    assert not pretest(["naiveté"])(raw)
    assert pretest(["naive"])(raw)


def test_document_of_an_earlier_schema_is_always_looked_at() -> None:
    assert Wanted(Search(words="rupture")).pretest()(b'{"schema":0,"title":""}')


def test_every_box_is_looked_into() -> None:
    document = Document(
        title="alpha",
        tags=("beta gamma",),
        happened=Happened(case_code="Finch", client_words="delta"),
        reaction=Reaction(own_words="epsilon"),
        repair=Repair(plan="zeta"),
        looking_back=(LookBack(noted_at="2026-03-01T10:00:00Z", learned="eta"),),  # type: ignore[arg-type]
    )
    for word in ("alpha", '"beta gamma"', "finch", "delta", "epsilon", "zeta", "eta"):
        assert Wanted(Search(words=word)).is_answered_by(document), word


def test_steps_from_supervision_are_looked_into_word_by_word_and_by_who_said_them() -> None:
    said = AgreedStep(
        source="1", words="Ask before explaining.", by="Ruth Okafor", noted_at=datetime.now(UTC)
    )
    document = Document(repair=Repair(to_act_on=(said,)))
    raw = encode(document)
    for words in ("explaining", '"ask before"', "okafor"):
        wanted = Wanted(Search(words=words))
        assert wanted.pretest()(raw), words
        assert wanted.is_answered_by(document), words
    assert not Wanted(Search(words="explained")).is_answered_by(document)


def test_phrase_is_not_found_across_two_boxes() -> None:
    document = Document(title="too", tags=("much", "of it"))
    assert not Wanted(Search(words='"too much"')).is_answered_by(document)
    assert not Wanted(Search(words='"much of"')).is_answered_by(document)


def shown(text: str, typed: str, around: int = 12) -> str:
    spans = Folded(text).spans(read_terms(typed))
    pieces = excerpt(text, spans, around=around)
    return "".join(f"[{piece.text}]" if piece.is_found else piece.text for piece in pieces)


def test_excerpt_is_cut_between_words() -> None:
    text = "At first I thought nothing of the silence that came after it, and then I did."
    assert shown(text, "silence") == "…of the [silence] that came…"


def test_excerpt_marks_what_stands_in_the_text_not_in_its_fold() -> None:
    assert shown("die Straße da", "strass", around=40) == "die [Straß]e da"
    assert shown("e\u0301toile", "e", around=40) == "[e\u0301]toile"


def test_finds_that_overlap_are_marked_once() -> None:
    text = "too much of it"
    spans = Folded(text).spans(read_terms('"too much" much "much of"'))
    assert [piece.text for piece in marked(text, spans) if piece.is_found] == ["too much of"]


@given(TEXTS, TEXTS)
def test_marked_text_is_the_text(text: str, typed: str) -> None:
    spans = Folded(text).spans(read_terms(typed))
    assert "".join(piece.text for piece in marked(text, spans)) == text
