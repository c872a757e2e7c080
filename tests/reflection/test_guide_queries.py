"""The guide as forms and pages read it."""

from dataclasses import FrozenInstanceError

import pytest
from django.core.management import call_command
from pytest_django import DjangoAssertNumQueries

from reflection.management.commands.load_guide import MODELS
from reflection.models import GuideText, Pattern, PatternPoint
from reflection.queries import guide as queries
from reflection.queries.guide import guide, short_titles

pytestmark = pytest.mark.django_db
loaded = pytest.mark.usefixtures("shipped_guide")


@loaded
def test_whole_guide_takes_three_queries(
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    with django_assert_num_queries(3):
        book = guide()
        assert book.patterns["p3-proportion"].prompts
        assert book.strategies["st-new"].caveat
        assert book.safety["copy-harm"].text


@loaded
def test_pattern_comes_with_all_it_says_in_order() -> None:
    pattern = guide().patterns["p3-proportion"]

    assert (pattern.number, pattern.title, pattern.short_title) == (
        3,
        "They are making too much of it",
        "Too much of it",
    )
    assert [point.slug for point in pattern.thoughts] == ["p3-thought-a", "p3-thought-b"]
    assert [point.slug for point in pattern.blame] == ["p3-blame-a", "p3-blame-b", "p3-blame-c"]
    assert [point.slug for point in pattern.contexts] == ["p3-c1", "p3-c2"]
    assert [point.slug for point in pattern.realities] == ["p3-r1", "p3-r2", "p3-r3"]
    assert [point.slug for point in pattern.prompts] == ["p3-q1", "p3-q2", "p3-q3"]
    assert pattern.prompts[2].hint.startswith("A guess is enough.")


@loaded
def test_forms_find_their_choices() -> None:
    book = guide()

    assert [text.label for text in book.kinds] == ["Goals", "Tasks", "Bond"]
    assert [text.label for text in book.movements] == [
        "Withdrawal",
        "Confrontation",
        "Both",
        "Not sure",
    ]
    assert (len(book.feelings), len(book.amplifiers), len(book.choices)) == (5, 3, 3)
    assert (len(book.markers.withdrawal), len(book.markers.confrontation)) == (7, 7)
    assert (len(book.items), len(book.views), len(book.lenses)) == (4, 3, 10)
    assert (len(book.steps), len(book.harm_steps), len(book.contacts)) == (3, 4, 5)
    assert all(text.label for texts in book.sections.values() for text in texts)


@loaded
def test_professional_duty_stands_beside_the_guides_own_advice() -> None:
    book = guide()
    code = {point.slug: point for point in book.patterns["p2-favour"].contexts}["p2-c3"]

    assert [note.slug for note in book.text("acct-agree").notes] == ["eth-hcpc", "eth-apology"]
    assert [note.slug for note in code.notes] == ["eth-bacp"]
    assert [note.slug for note in book.strategies["st-theme"].notes] == ["pp-vignette"]
    assert book.text("acct-punish").notes == ()


@loaded
def test_text_says_when_it_was_not_checked() -> None:
    book = guide()

    assert book.text("acct-agree").unchecked == ""
    assert book.text("wd-denial").unchecked == "from a secondary source"
    assert book.text("cf-progress").unchecked == "unchecked"
    assert book.text("contact-uk-999").unchecked == "to be confirmed by your clinic"


@loaded
def test_text_that_is_not_there_is_an_error() -> None:
    with pytest.raises(KeyError):
        guide().text("no-such-text")


@loaded
def test_guide_that_was_read_cannot_be_changed() -> None:
    book = guide()

    with pytest.raises(FrozenInstanceError):
        book.patterns["p1-intent"].title = "Mine"  # type: ignore[misc]
    with pytest.raises(TypeError):
        book.patterns["p1-intent"] = book.patterns["p2-favour"]  # type: ignore[index]


@loaded
def test_guide_is_read_once_a_minute(
    django_assert_num_queries: DjangoAssertNumQueries, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = guide().patterns["p1-intent"].prompts[0].text
    PatternPoint.objects.filter(slug="p1-q1").update(text="Am I holding on?")

    with django_assert_num_queries(0):
        assert guide().patterns["p1-intent"].prompts[0].text == before
    monkeypatch.setattr(queries, "KEPT_SECONDS", -1.0)
    assert guide().patterns["p1-intent"].prompts[0].text == "Am I holding on?"


@loaded
def test_loading_it_again_shows_at_once() -> None:
    PatternPoint.objects.filter(slug="p1-q1").update(text="Am I holding on?")
    assert guide().patterns["p1-intent"].prompts[0].text == "Am I holding on?"

    call_command("load_guide", verbosity=0)

    assert guide().patterns["p1-intent"].prompts[0].text != "Am I holding on?"


@loaded
def test_short_titles_are_those_of_patterns_and_strategies() -> None:
    titles = short_titles()

    assert titles["p1-intent"] == "I meant well"
    assert titles["p4-context"] == "Leaving things out"
    assert titles["st-new"] == "New experience"
    assert len(titles) == 10


def test_guide_is_empty_where_none_is_loaded() -> None:
    for model in reversed(MODELS):
        model.objects.all().delete()

    book = guide()

    assert dict(book.patterns) == {}
    assert book.feelings == ()
    assert dict(book.safety) == {}
    assert short_titles() == {}


def test_rows_are_called_by_their_slug() -> None:
    pattern = Pattern.objects.create(slug="p9", order=9, title="Nine", short_title="9", opening="…")
    text = GuideText.objects.create(slug="t9", order=9, section="limit", text="Nine.")

    assert (str(pattern), str(text)) == ("p9", "t9")
    assert Pattern.objects.get_by_natural_key("p9") == pattern
