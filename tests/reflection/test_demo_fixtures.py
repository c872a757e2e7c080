"""The demo's reflections: whole, in the guide's words, and nobody's but invented."""

from datetime import date, timedelta

import pytest
from django.conf import settings
from django.db import transaction
from django.http import QueryDict
from pytest_django import DjangoDbBlocker

from reflection.demo import (
    DemoDocuments,
    HappenedTold,
    NotInTheGuide,
    Vignette,
    read_vignettes,
    told_day,
    unwrapped,
)
from reflection.document import PASSAGES, Document, decode, encode
from reflection.forms import PASSAGE_FORMS
from reflection.identifiers import find_identifiers
from reflection.queries.guide import Guide, guide
from reflection.reading import passages
from tests import factories

ENTRIES = settings.BASE_DIR / "fixtures" / "demo" / "entries"
TODAY = date(2026, 11, 20)
VIGNETTES = read_vignettes(ENTRIES)
TWELVE = [
    "v01-joke",
    "v02-signal",
    "v03-messages",
    "v04-shared",
    "v05-yawn",
    "v06-name",
    "v07-cancel",
    "v08-sides",
    "v09-forms",
    "v10-fee",
    "v11-diary",
    "v12-migraine",
]
MIRAS = ["v01", "v02", "v03", "v04", "v05", "v07", "v11", "v12"]
ENDINGS = {
    "v01-joke": "repaired",
    "v02-signal": "partly",
    "v03-messages": "ended",
    "v06-name": "partly",
    "v07-cancel": "repaired",
    "v10-fee": "ended",
    "v11-diary": "repaired",
    "v12-migraine": "false_alarm",
}
pytestmark = pytest.mark.django_db
every_vignette = pytest.mark.parametrize("name", VIGNETTES)


@pytest.fixture(scope="module")
def whole_guide(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Guide:
    """The guide as it is shipped, read once: nothing here changes it."""
    with django_db_blocker.unblock(), transaction.atomic():
        factories.load_guide()
        found = guide()
        transaction.set_rollback(True)
    return found


@pytest.fixture
def documents(whole_guide: Guide) -> DemoDocuments:
    """What turns the files into documents."""
    return DemoDocuments(whole_guide, TODAY)


def _own_words(document: Document) -> list[str]:
    """Return what a person wrote, without the guide's labels and questions."""
    parts = (document.happened, document.reaction, document.their_side, document.repair)
    texts = [
        getattr(part, name)
        for part in parts
        for name in part.__struct_fields__
        if isinstance(getattr(part, name), str)
    ]
    return [
        document.title,
        *texts,
        document.looking_again.my_part,
        *(answer.text for answer in document.looking_again.answers),
    ]


def test_all_twelve_vignettes_are_written_out() -> None:
    assert set(TWELVE) <= set(VIGNETTES)


def test_mira_has_eight_of_them_and_jonas_four() -> None:
    authors = {name: VIGNETTES[name].author for name in TWELVE}

    assert [name[:3] for name, author in authors.items() if author == "mira"] == MIRAS
    assert sum(author == "jonas" for author in authors.values()) == 4


def test_one_capture_is_left_unfinished() -> None:
    capture = VIGNETTES["capture-break"]

    assert "Went quiet when I mentioned the break" in capture.happened.took_place
    assert capture.finished == ""
    assert capture.title == ""
    assert capture.is_capture


@every_vignette
def test_every_word_of_the_guide_is_found(name: str, documents: DemoDocuments) -> None:
    document = documents.document(VIGNETTES[name])

    assert decode(encode(document)) == document
    assert [passage.slug for passage in passages(document)]


@every_vignette
def test_opening_and_saving_a_passage_changes_nothing(
    name: str, documents: DemoDocuments, whole_guide: Guide
) -> None:
    document = documents.document(VIGNETTES[name])

    for slug in PASSAGES:
        shown = PASSAGE_FORMS[slug](document=document, guide=whole_guide)
        posted = QueryDict(mutable=True)
        for field in shown:
            value = field.value()
            offered = [str(choice) for choice, _label in getattr(field.field, "choices", [])]
            chosen = value if isinstance(value, list) else [value]
            texts = [str(item) for item in chosen if item or type(item) is int]
            posted.setlist(field.name, [t for t in texts if not offered or t in offered])
        form = PASSAGE_FORMS[slug](posted, document=document, guide=whole_guide)
        assert form.is_valid(), form.errors
        assert form.rewrite(document) == document, slug


@every_vignette
def test_every_therapy_session_is_on_a_working_day(name: str, documents: DemoDocuments) -> None:
    day = documents.document(VIGNETTES[name]).happened.occurred_on

    assert day is None or day.weekday() < 5
    assert day is None or day < TODAY


@every_vignette
def test_nothing_identifies_anybody(name: str, documents: DemoDocuments) -> None:
    words = _own_words(documents.document(VIGNETTES[name]))
    for look in map(documents.look_back, VIGNETTES[name].looking_back):
        words += [look.did, look.met, look.learned]

    assert [found for text in words for found in find_identifiers(text)] == []


@every_vignette
def test_looking_back_ends_where_the_story_does(name: str, documents: DemoDocuments) -> None:
    looks = [documents.look_back(told) for told in VIGNETTES[name].looking_back]

    assert [look.noted_at for look in looks] == sorted(look.noted_at for look in looks)
    assert (looks[-1].standing if looks else None) == ENDINGS.get(name)


def test_the_false_alarm_and_the_diary_recognise_no_thought(documents: DemoDocuments) -> None:
    for name in ("v11-diary", "v12-migraine"):
        reaction = documents.document(VIGNETTES[name]).reaction
        assert reaction.no_pattern
        assert reaction.patterns == ()


def test_finch_is_due_on_the_day_of_seeding() -> None:
    assert told_day(VIGNETTES["v05-yawn"].follow_up, TODAY) == TODAY


def test_wrapped_lines_are_joined_and_paragraphs_and_lists_kept() -> None:
    wrapped = "One\nline.\n\nAnother.\n- a\nb\n- c\n1. d\n"

    assert unwrapped(wrapped) == "One line.\n\nAnother.\n- a b\n- c\n1. d"


@pytest.mark.parametrize("weekday", range(7))
def test_a_told_day_has_its_weekday_and_is_past(weekday: int) -> None:
    today = TODAY + timedelta(days=weekday)

    day = told_day("1w thu", today)

    assert day.strftime("%a") == "Thu"
    assert timedelta(days=1) <= today - day <= timedelta(days=10)


def test_a_day_told_in_another_way_is_refused() -> None:
    with pytest.raises(ValueError, match="last tuesday"):
        told_day("last tuesday", TODAY)


def test_a_slug_the_guide_does_not_have_is_refused(documents: DemoDocuments) -> None:
    happened = HappenedTold(kinds=("type-fees",))
    told = Vignette(author="mira", begun="1w mon 20:00", happened=happened)

    with pytest.raises(NotInTheGuide, match="type-fees"):
        documents.document(told)
