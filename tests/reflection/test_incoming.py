"""Bringing reflections in: looked at first, whole or not at all, nothing overwritten."""

import io
import json
import re
import tempfile
import uuid
import zipfile
from datetime import UTC, date, datetime, timedelta
from typing import Any
from unittest.mock import Mock

import msgspec
import pytest
import yaml
from django.core.cache import cache
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.http import HttpResponse
from django.test import Client
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pytest_django import DjangoAssertNumQueries

from accounts.models import AccountEvent, User
from reflection import actions
from reflection.cases import add_codes, codes_of
from reflection.document import Alliance as Views
from reflection.document import Document, Happened, Items, LookBack, Reaction, Repair, encode
from reflection.incoming import actions as incoming
from reflection.incoming import journals, markdown, reading
from reflection.incoming import shape as limits
from reflection.incoming.actions import purge_incoming
from reflection.models import Entry, EntryVersion, Incoming, PrivateList
from reflection.tagging import tags_of
from reflection.watching import MAX_WORDS, watch_words, watched_by
from tests import factories
from tests.factories import PASSWORD, full_document, make_entry
from vault.crypto import VaultKeys

pytestmark = pytest.mark.django_db
PAGE = "/journal/import/"
DAY_ONE = {
    "metadata": {"version": "1.0"},
    "entries": [
        {
            "uuid": "0123456789ABCDEF0123456789ABCDEF",
            "creationDate": "2024-03-01T23:30:00Z",
            "modifiedDate": "2024-03-02T08:00:00Z",
            "timeZone": "Asia\\/Tokyo".replace("\\", ""),
            "text": "# After the yawn\nI yawned\\. Finch \\(quiet\\) went\\.",
            "tags": ["yawns", "Finch"],
            "starred": False,
        }
    ],
}


@pytest.fixture
def keys(client: Client, mira: User) -> VaultKeys:
    """Mira's keys; her browser has them as well."""
    return factories.unlock(client, mira)


def look(client: Client, **files: bytes) -> HttpResponse:
    """Return what Mend says would come of ``files``; a name's ``__`` stands for its full stop."""
    uploaded = [SimpleUploadedFile(name.replace("__", "."), data) for name, data in files.items()]
    response: HttpResponse = client.post(PAGE, {"files": uploaded})  # type: ignore[assignment]
    return response


def bring(client: Client, **files: bytes) -> HttpResponse:
    """Look at ``files`` and say yes; return the answer."""
    assert look(client, **files).status_code == 200
    return yes(client)


def yes(client: Client) -> HttpResponse:
    """Say yes to what waits."""
    waiting = Incoming.objects.get()
    response: HttpResponse = client.post(  # type: ignore[assignment]
        PAGE, {"step": "confirm", "incoming": str(waiting.pk)}
    )
    return response


def exported(client: Client, **given: Any) -> bytes:
    """Return one's journal as JSON."""
    answer = client.post("/journal/export/", {"kind": "json", "password": PASSWORD, **given})
    return b"".join(answer)


def never(*args: Any, **kwargs: Any) -> None:
    """Stand in for what a refusal comes before."""
    raise AssertionError


def packed(**files: bytes) -> bytes:
    """Return a zip of ``files``."""
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            archive.writestr(name.replace("__", "."), data)
    return held.getvalue()


def documents(user: User, keys: VaultKeys) -> list[Document]:
    """Return what ``user`` wrote, newest first."""
    return [entry.open(keys) for entry in Entry.objects.owned_by(user).newest_first()]


def day_one(**changed: Any) -> bytes:
    """Return a Day One journal of one entry."""
    return json.dumps({"entries": [DAY_ONE["entries"][0] | changed]}).encode()  # type: ignore[index]


# --- Mend's own JSON -----------------------------------------------------------------------------


def test_export_comes_back_whole_in_another_account(
    client: Client, mira: User, jonas: User, keys: VaultKeys
) -> None:
    document = full_document(tags=("yawns",), kept_identifiers=("Leeds",))
    entry = make_entry(owner=mira, keys=keys, document=document)
    actions.settle_identifier(
        by=mira,
        keys=keys,
        pk=entry.pk,
        passage="repair",
        rewrite=lambda old: msgspec.structs.replace(old, repair=Repair(plan="Another plan.")),
    )
    actions.finish_entry(by=mira, pk=entry.pk)
    watch_words(by=mira, keys=keys, words=["Alder Lane"])
    file = exported(client, earlier="on")
    Entry.objects.all().delete()
    theirs = factories.unlock(client, jonas)

    response = bring(client, journal__json=file)

    assert response.status_code == 302
    came = Entry.objects.owned_by(jonas).get()
    assert (came.pk, came.revision, came.finished_at) == (entry.pk, 2, came.finished_at)
    assert came.finished_at is not None
    assert came.created_at == entry.created_at
    assert came.open(theirs).repair.plan == "Another plan."
    earlier = EntryVersion.objects.of(came).get(revision=1)
    assert msgspec.structs.replace(earlier.open(theirs), changed={}) == document
    assert watched_by(jonas, lambda vault: theirs).words == ("Alder Lane",)
    assert [(tag.name, tag.count) for tag in tags_of(jonas, lambda vault: theirs)] == [("yawns", 1)]
    assert not Incoming.objects.exists()


def test_case_codes_that_come_in_are_on_ones_list(
    client: Client, mira: User, jonas: User, keys: VaultKeys
) -> None:
    make_entry(owner=mira, keys=keys, document=full_document())
    add_codes(keys=keys, words=["Osprey"])  # put aside for later
    file = exported(client)
    Entry.objects.all().delete()
    theirs = factories.unlock(client, jonas)
    make_entry(
        owner=jonas, keys=theirs, document=full_document(happened=Happened(case_code="Wren"))
    )

    said = look(client, journal__json=file).content.decode()
    yes(client)

    assert "2 case codes are new." in said
    assert codes_of(jonas, theirs, lambda _vault: theirs).words == ("Finch", "Osprey", "Wren")
    page = client.get("/journal/cases/").content.decode()
    assert "no case code" not in page
    assert 'name="word" value="Finch"' not in page


def test_codes_alone_come_in_and_a_code_of_ones_own_keeps_its_spelling(
    client: Client, mira: User, keys: VaultKeys
) -> None:
    add_codes(keys=keys, words=["Finch"])
    file = {
        "format": "mend-journal",
        "version": 1,
        "entries": [],
        "lists": {"cases": [{"word": "FINCH"}, {"word": " Wren "}, {"word": "x" * 201}, 7]},
    }

    said = look(client, journal__json=json.dumps(file).encode()).content.decode()
    done = client.get(yes(client)["Location"]).content.decode()

    assert "1 case code is new." in said
    assert "Your case codes and words to watch were brought in." in done
    assert codes_of(mira, keys, lambda _vault: keys).words == ("Finch", "Wren")


def test_damaged_list_of_codes_keeps_no_reflection_out(
    client: Client, mira: User, keys: VaultKeys
) -> None:
    make_entry(owner=mira, keys=keys, document=full_document())
    file = exported(client)
    Entry.objects.all().delete()
    PrivateList.objects.listed("cases").update(body=b"\x01\x01damaged")

    bring(client, journal__json=file)

    assert Entry.objects.count() == 1
    page = client.get("/journal/cases/").content.decode()
    assert "1 reflection has a case code that is missing here" in page
    assert "no case code" not in page


def test_damaged_list_of_words_keeps_no_reflection_out_and_is_told_of(
    client: Client, mira: User, keys: VaultKeys
) -> None:
    make_entry(owner=mira, keys=keys, document=full_document())
    watch_words(by=mira, keys=keys, words=["a village"])
    file = exported(client)
    Entry.objects.all().delete()
    PrivateList.objects.listed("watched").update(body=b"\x01\x01damaged")

    done = client.get(bring(client, journal__json=file)["Location"]).content.decode()

    assert Entry.objects.count() == 1
    assert "1 reflection was brought in." in done
    assert "The words to watch were left out: your list of them cannot be opened." in done


@pytest.mark.parametrize("codes", [[], [{"word": "Wren"}]], ids=["words alone", "with codes"])
def test_words_that_do_not_come_in_are_not_said_to(
    client: Client, mira: User, keys: VaultKeys, codes: list[Any]
) -> None:
    watch_words(by=mira, keys=keys, words=[f"word {number}" for number in range(MAX_WORDS)])
    lists = {"watched": ["a village"], "cases": codes}
    file = {"format": "mend-journal", "version": 1, "entries": [], "lists": lists}

    answer = bring(client, journal__json=json.dumps(file).encode())
    done = client.get(answer["Location"]).content.decode()

    assert "The words to watch were left out: your list of them is full." in done
    assert "words to watch were brought in" not in done
    assert ("Your case codes were brought in." in done) == bool(codes)


def test_look_back_comes_in_with_its_day(
    client: Client, mira: User, jonas: User, keys: VaultKeys
) -> None:
    noted = datetime(2026, 5, 24, 18, tzinfo=UTC)
    look_back = LookBack(noted_at=noted, occurred_on=date(2026, 5, 21), standing="partly")
    document = full_document(looking_back=(look_back,))
    make_entry(owner=mira, keys=keys, document=document)
    file = exported(client)
    Entry.objects.all().delete()
    theirs = factories.unlock(client, jonas)

    bring(client, journal__json=file)

    assert documents(jonas, theirs)[0].looking_back == (look_back,)


def test_what_is_here_already_is_passed_over_and_stays_as_it_is(
    client: Client, mira: User, keys: VaultKeys
) -> None:
    entry = make_entry(owner=mira, keys=keys, document=full_document())
    file = exported(client)
    actions.settle_identifier(
        by=mira,
        keys=keys,
        pk=entry.pk,
        passage="repair",
        rewrite=lambda old: msgspec.structs.replace(old, repair=Repair(plan="Newer.")),
    )

    response = look(client, journal__json=file)

    assert "It is in your journal already." in response.content.decode()
    assert not Incoming.objects.exists()
    assert documents(mira, keys)[0].repair.plan == "Newer."


def test_what_is_in_the_bin_is_not_brought_in_beside_it(
    client: Client, mira: User, keys: VaultKeys
) -> None:
    entry = make_entry(owner=mira, keys=keys, document=full_document())
    file = exported(client)
    actions.delete_entry(by=mira, pk=entry.pk)

    assert "among your deleted reflections" in look(client, journal__json=file).content.decode()


def test_id_of_somebody_elses_entry_is_not_used_and_tells_nothing(
    client: Client, mira: User, jonas: User, keys: VaultKeys
) -> None:
    entry = make_entry(owner=mira, keys=keys, document=full_document())
    file = exported(client)
    theirs = factories.unlock(client, jonas)

    bring(client, journal__json=file)

    assert Entry.objects.get(pk=entry.pk).owner == mira
    came = Entry.objects.owned_by(jonas).get()
    assert came.pk != entry.pk
    assert came.open(theirs).title == full_document().title


texts = st.text(max_size=40)
moments = st.datetimes(
    datetime(2, 1, 1),  # noqa: DTZ001 - the zone is drawn apart
    datetime(9998, 12, 30),  # noqa: DTZ001
    timezones=st.just(UTC),
)
numbers = st.none() | st.integers(0, 10)
views = st.builds(Items, goals=numbers, tasks=numbers, bond=numbers, strain=numbers)
reflections = st.builds(
    Document,
    title=texts,
    happened=st.builds(
        Happened,
        case_code=texts,
        occurred_on=st.none() | st.dates(),
        took_place=texts,
        strain=st.none() | st.integers(0, 5),
        before=st.builds(Views, mine=views, said=views),
    ),
    reaction=st.builds(Reaction, own_words=texts),
    looking_back=st.lists(st.builds(LookBack, noted_at=moments, learned=texts), max_size=2).map(
        tuple
    ),
)


@settings(
    max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    written=st.lists(
        st.tuples(reflections, moments), max_size=4, unique_by=lambda one: repr(one[0])
    )
)
def test_whatever_was_written_comes_back_as_it_was(
    client: Client, mira: User, keys: VaultKeys, written: list[tuple[Document, datetime]]
) -> None:
    cache.clear()  # the password is asked for each time, and tries are counted
    Entry.objects.all().delete()
    for document, begun in written:
        make_entry(owner=mira, keys=keys, document=document, created_at=begun)
    file = exported(client)
    before = {one.pk: (one.created_at, one.open(keys)) for one in Entry.objects.all()}
    Entry.objects.all().delete()

    response = look(client, journal__json=file)
    if written:
        yes(client)

    assert response.status_code == (200 if written else 422)
    after = {one.pk: (one.created_at, one.open(keys)) for one in Entry.objects.all()}
    assert after == before


# --- Day One, Markdown ---------------------------------------------------------------------------


def test_day_one_comes_in_on_its_day_where_it_was_written(
    client: Client, mira: User, keys: VaultKeys
) -> None:
    bring(client, Journal__json=json.dumps(DAY_ONE).encode())

    entry = Entry.objects.get()
    document = entry.open(keys)
    assert document.title == "After the yawn"
    assert document.happened.took_place == "I yawned. Finch (quiet) went."
    assert document.happened.occurred_on == date(2024, 3, 2)  # in Tokyo it was the next day
    assert document.tags == ("yawns", "Finch")
    assert entry.created_at == datetime(2024, 3, 1, 23, 30, tzinfo=UTC)
    assert entry.pk == uuid.UUID("0123456789abcdef0123456789abcdef")


def test_day_one_zip_comes_in_without_its_pictures(
    client: Client, mira: User, keys: VaultKeys
) -> None:
    file = packed(Journal__json=json.dumps(DAY_ONE).encode(), photo__jpeg=b"\xff\xd8")

    response = look(client, export__zip=file)
    yes(client)

    assert "1 other file, such as a picture, stays out." in response.content.decode()
    assert len(documents(mira, keys)) == 1


def test_markdown_files_come_in_one_reflection_each(
    client: Client, mira: User, keys: VaultKeys
) -> None:
    bring(
        client,
        one__md=b"---\ntitle: Finch\ndate: 2023-05-06\ntags: [yawns]\n---\nI yawned.\n",
        two__txt="\ufeff# Söhne\r\nZwei Stühle.".encode(),
        **{"2022-01-02 Wren__markdown": "Kein Titel.".encode("utf-16")},
    )

    found = {one.title: one.happened for one in documents(mira, keys)}
    assert found["Finch"].occurred_on == date(2023, 5, 6)
    assert found["Finch"].took_place == "I yawned."
    assert found["Söhne"].took_place == "Zwei Stühle."
    assert found["Wren"] == Happened(took_place="Kein Titel.", occurred_on=date(2022, 1, 2))


def test_exported_markdown_comes_back_under_its_id(
    client: Client, mira: User, keys: VaultKeys
) -> None:
    entry = make_entry(owner=mira, keys=keys, document=full_document())
    answer = client.post("/journal/export/", {"kind": "markdown", "password": PASSWORD})
    file = b"".join(answer)
    assert "It is in your journal already." in look(client, j__zip=file).content.decode()
    Entry.objects.all().delete()

    bring(client, j__zip=file)

    [document] = documents(mira, keys)
    assert Entry.objects.get().pk == entry.pk
    assert "I yawned, and Finch went quiet." in document.happened.took_place


def test_exported_markdown_brings_back_what_its_front_matter_says(
    client: Client, mira: User, keys: VaultKeys
) -> None:
    happened = Happened(case_code="Finch", occurred_on=date(2026, 5, 3), took_place="I yawned.")
    finished = datetime(2026, 5, 4, 9, 30, tzinfo=UTC)
    make_entry(
        owner=mira,
        keys=keys,
        document=full_document(happened=happened, tags=("yawns", "two words")),
        created_at=datetime(2026, 5, 3, 20, tzinfo=UTC),
        finished_at=finished,
        follow_up_on=date(2026, 6, 1),
    )
    make_entry(owner=mira, keys=keys, document=Document(title="Bare", tags=("x",)))
    file = b"".join(client.post("/journal/export/", {"kind": "markdown", "password": PASSWORD}))
    Entry.objects.all().delete()

    bring(client, j__zip=file)

    bare, entry = Entry.objects.owned_by(mira).newest_first()
    document = entry.open(keys)
    assert document.happened.case_code == "Finch"
    assert document.happened.occurred_on == date(2026, 5, 3)
    assert document.tags == ("yawns", "two words")
    assert (entry.finished_at, entry.follow_up_on) == (finished, date(2026, 6, 1))
    assert (bare.finished_at, bare.open(keys).happened.occurred_on) == (None, None)


@pytest.mark.parametrize("stated", ["[]", "{a: 1}", "no day", "99", "2026-99-99"])
def test_front_matter_that_makes_no_sense_keeps_no_reflection_out(
    client: Client, mira: User, keys: VaultKeys, stated: str
) -> None:
    names = ("case_code", "therapy_session", "finished", "look_back_on", "tags", "created", "title")
    front = "".join(f"{name}: {stated}\n" for name in names)

    bring(client, one__md=f"---\nmend: 1\n{front}---\nText.".encode())

    assert documents(mira, keys)[0].happened.took_place.endswith("Text.")


def test_foreign_reflections_come_in_as_finished_where_that_is_wanted(
    client: Client, mira: User, keys: VaultKeys
) -> None:
    make_entry(owner=mira, keys=keys, document=full_document())
    own = json.loads(exported(client))
    Entry.objects.all().delete()
    files = {
        "j__json": json.dumps(DAY_ONE).encode(),
        "old__md": b"---\ndate: 2023-05-06\n---\nI yawned.",
        "own__json": json.dumps(own).encode(),
    }

    page = look(client, **files).content.decode()
    waiting = Incoming.objects.get()
    said = {"step": "confirm", "incoming": str(waiting.pk), "finished": "on"}
    client.post(PAGE, said)

    assert re.search(r'name="finished"[^>]*checked', page)
    finished = {entry.open(keys).title: entry.finished_at for entry in Entry.objects.all()}
    assert finished == {
        "After the yawn": datetime(2024, 3, 2, 8, tzinfo=UTC),
        "old": datetime(2023, 5, 6, 11, tzinfo=UTC),
        "Finch, after the yawn": None,
    }
    assert "I yawned." not in client.get("/").content.decode()


def test_foreign_reflections_stay_unfinished_where_that_is_wanted(
    client: Client, mira: User, keys: VaultKeys
) -> None:
    bring(client, old__md=b"I yawned.")

    assert Entry.objects.get().finished_at is None


def test_mends_own_file_is_not_asked_whether_it_is_finished(
    client: Client, mira: User, keys: VaultKeys
) -> None:
    make_entry(owner=mira, keys=keys, document=full_document())
    file = exported(client)
    Entry.objects.all().delete()

    assert 'name="finished"' not in look(client, j__json=file).content.decode()


# --- Long texts ----------------------------------------------------------------------------------


def test_text_longer_than_a_box_comes_in_whole_in_several_reflections(
    client: Client, mira: User, keys: VaultKeys
) -> None:
    paragraphs = [f"Paragraph {number}. " + "word " * 2_000 for number in range(25)]
    text = "\n\n".join(paragraphs)
    assert len(text) > 2 * 100_000

    page = look(client, long__md=f"---\ndate: 2023-05-06\n---\n{text}".encode())
    yes(client)

    found = list(reversed(documents(mira, keys)))
    assert [one.title for one in found] == ["long (1 of 3)", "long (2 of 3)", "long (3 of 3)"]
    assert "3 reflections are new." in page.content.decode()
    assert all(len(one.happened.took_place) <= 100_000 for one in found)
    assert all(one.happened.occurred_on == date(2023, 5, 6) for one in found)
    assert all(one.happened.took_place.startswith("Paragraph") for one in found)
    whole = "\n\n".join(one.happened.took_place for one in found)
    assert whole.split() == text.split()


def test_long_text_of_day_one_comes_in_once_however_often_it_is_brought(
    client: Client, mira: User, keys: VaultKeys
) -> None:
    file = day_one(text="word " * 30_000)
    bring(client, j__json=file)

    page = look(client, j__json=file).content.decode()

    assert Entry.objects.count() == 2
    assert page.count("It is in your journal already.") == 2


def test_text_without_any_gap_is_parted_all_the_same(
    client: Client, mira: User, keys: VaultKeys
) -> None:
    bring(client, one__md="漢".encode() * 250_000)

    assert sum(len(one.happened.took_place) for one in documents(mira, keys)) == 250_000


def test_same_words_twice_come_in_once(client: Client, mira: User, keys: VaultKeys) -> None:
    text = b"---\ndate: 2023-05-06\ntitle: Finch\n---\nI yawned.\n"
    bring(client, one__md=text, two__md=text)
    assert len(documents(mira, keys)) == 1

    response = look(client, again__md=text)

    assert "The same words are in your journal already." in response.content.decode()


@pytest.mark.parametrize(
    ("stated", "day"),
    [
        ("0001-01-01", date(1, 1, 1)),
        ("9999-12-31", date(9999, 12, 31)),
        ("0001-01-01T00:00:00Z", date(1, 1, 1)),
        ("9999-12-31T23:59:59Z", date(9999, 12, 31)),
        ("2024-03-31T01:30:00", date(2024, 3, 31)),  # an hour that the clocks leap over
    ],
)
def test_dates_at_the_ends_of_the_calendar_are_kept(
    client: Client, mira: User, keys: VaultKeys, stated: str, day: date
) -> None:
    bring(client, one__md=f"---\ndate: {stated}\ntitle: Long ago\n---\nText.".encode())

    [document] = documents(mira, keys)
    assert document.happened.occurred_on == day
    assert client.get("/journal/").status_code == 200


@pytest.mark.parametrize("stated", ["0001-01-01T00:00:00Z", "9999-12-31T23:59:59Z"])
def test_day_one_at_the_ends_of_the_calendar_does_not_break(
    client: Client, mira: User, keys: VaultKeys, stated: str
) -> None:
    bring(client, j__json=day_one(creationDate=stated, timeZone="America/Chicago"))

    assert client.get("/journal/").status_code == 200
    assert json.loads(exported(client))["entries"]


@pytest.mark.parametrize("stated", ["0001-01-01", "1666-09-02", "9999-12-31"])
def test_time_that_cannot_be_meant_puts_nothing_at_an_end_of_the_journal(
    client: Client, mira: User, keys: VaultKeys, stated: str
) -> None:
    make_entry(owner=mira, keys=keys, document=full_document(title="Of today"))
    seen = look(client, one__md=f"---\ndate: {stated}\ntitle: Long ago\n---\nText.".encode())
    assert "Its time cannot be meant" in seen.content.decode()
    yes(client)

    entry = Entry.objects.newest_first()[0]
    assert entry.open(keys).title == "Long ago"
    assert abs(entry.created_at - timezone.now()) < timedelta(minutes=1)
    assert abs(entry.updated_at - timezone.now()) < timedelta(minutes=1)
    for page in ("/journal/", "/journal/insights/", "/journal/cases/"):
        assert client.get(page).status_code == 200


def test_old_journal_keeps_its_times(client: Client, mira: User, keys: VaultKeys) -> None:
    seen = look(client, one__md=b"---\ndate: 1983-02-01\n---\nText.")
    assert "cannot be meant" not in seen.content.decode()
    yes(client)

    assert Entry.objects.get().created_at.date() == date(1983, 2, 1)


# --- What cannot be read -------------------------------------------------------------------------


def test_one_damaged_reflection_keeps_out_no_other(
    client: Client, mira: User, keys: VaultKeys
) -> None:
    make_entry(owner=mira, keys=keys, document=full_document())
    make_entry(owner=mira, keys=keys, document=full_document(title="Wren"))
    file = json.loads(exported(client))
    file["entries"][0]["document"]["happened"]["strain"] = 99
    Entry.objects.all().delete()

    response = look(client, j__json=json.dumps(file).encode())

    assert "reflection 1" in response.content.decode()
    assert "out of its range" in response.content.decode()
    yes(client)
    assert [one.title for one in documents(mira, keys)] == ["Wren"]


@pytest.mark.parametrize(
    ("name", "data", "said"),
    [
        ("j__json", json.dumps(DAY_ONE).encode()[:200], "it is not whole"),
        ("j__json", b'{"hello": 1}', "no journal that Mend knows"),
        ("j__json", b"\xff\xfe\x00", "not the JSON of a journal"),
        ("j__json", b'{"format": "mend-journal", "version": 99, "entries": []}', "newer Mend"),
        ("j__json", b"[" * 100_000, "not the JSON of a journal"),
        ("j__zip", packed(a__md=b"text" * 999)[:80], "broken or not whole"),
        ("j__zip", b"PK\x03\x04nonsense", "broken or not whole"),
        ("j__md", b"\xff\xfa\x80 not text", "no text in UTF-8"),
        ("j__md", b"  \n", "There is no text in it"),
        ("j__pdf", b"%PDF-1.7", "nothing in it that Mend can read"),
    ],
    # The file's bytes are no name: an archive holds the time it was made.
    ids=lambda value: value if isinstance(value, str) else "file",
)
def test_file_that_cannot_be_read_says_why_and_brings_in_nothing(
    client: Client, mira: User, keys: VaultKeys, name: str, data: bytes, said: str
) -> None:
    response = look(client, **{name: data})

    assert response.status_code == 422
    assert said in response.content.decode().replace("&#x27;", "'")
    assert not Entry.objects.exists()
    assert not Incoming.objects.exists()


def test_no_file_at_all_is_asked_for(client: Client, mira: User, keys: VaultKeys) -> None:
    response = client.post(PAGE, {})

    assert response.status_code == 422
    assert "Choose a file first." in response.content.decode()


def test_zip_bomb_is_refused_without_being_unpacked(
    client: Client, mira: User, keys: VaultKeys, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reading, "MOST_UNPACKED", 1024 * 1024)
    bomb = packed(**{f"{number}__md": b"0" * 700_000 for number in range(20)})
    assert len(bomb) < 50_000

    response = look(client, bomb__zip=bomb)

    assert "Unpacked it is larger than 1 MB" in response.content.decode()


def test_upload_beyond_the_limit_is_refused_and_not_kept(
    client: Client, mira: User, keys: VaultKeys, monkeypatch: pytest.MonkeyPatch
) -> None:
    response = look(client, big__md=b"0" * (limits.MOST_UPLOADED + 1))

    assert response.status_code == 422
    assert "more than 48 MB" in response.content.decode()


def test_upload_larger_than_django_keeps_in_memory_makes_no_file(
    client: Client, mira: User, keys: VaultKeys, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*args: Any, **kwargs: Any) -> None:
        raise AssertionError("an upload was to be written to disk")

    for name in ("NamedTemporaryFile", "TemporaryFile", "mkstemp", "SpooledTemporaryFile"):
        monkeypatch.setattr(tempfile, name, refuse)

    text = b"words " * 16_000
    files = packed(**{f"{number}__md": b"%d " % number + text for number in range(40)})
    stored = b"# " + files  # more than 2.5 MB of what cannot be packed
    response = look(client, j__zip=files, other__jpeg=stored * 400)

    assert response.status_code == 200
    assert len(stored * 400) > 2_621_440


def test_too_many_files_are_refused(
    client: Client, mira: User, keys: VaultKeys, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reading, "MOST_FILES", 3)

    response = look(client, j__zip=packed(**{f"{n}__md": b"text" for n in range(4)}))

    assert "more than 3 files" in response.content.decode()


def test_zip_of_too_many_pictures_is_refused_before_its_list_is_read(
    client: Client, mira: User, keys: VaultKeys, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = packed(**{f"{n}__png": b"" for n in range(9)})
    monkeypatch.setattr(reading, "MOST_LISTED", 8)
    monkeypatch.setattr(zipfile, "ZipFile", never)

    said = look(client, j__zip=file).content.decode()

    assert "more than 5000 files" in said


def test_zip_of_too_many_files_is_refused_before_one_is_opened(
    client: Client, mira: User, keys: VaultKeys, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = packed(**{f"{n}__md": b"text" for n in range(4)})
    monkeypatch.setattr(reading, "MOST_FILES", 3)
    monkeypatch.setattr(zipfile.ZipFile, "open", never)

    assert "more than 3 files" in look(client, j__zip=file).content.decode()


@pytest.mark.parametrize(
    "front", ["[" * 9, "a: {b: [c, d]}\n{" * 9, "[" * 1_900 + "]" * 1_900, "x" * 4_001]
)
def test_front_matter_that_is_too_long_or_too_deep_is_not_parsed(
    client: Client, mira: User, keys: VaultKeys, monkeypatch: pytest.MonkeyPatch, front: str
) -> None:
    monkeypatch.setattr(yaml, "parse", never)
    monkeypatch.setattr(yaml, "load", never)
    text = f"---\n{front}\n---\nText."

    bring(client, one__md=text.encode())

    assert documents(mira, keys)[0].happened.took_place == text


@pytest.mark.parametrize("front", ["- a\n" * 200, "? " * 20, "a: &b [c]\nd: *b"])
def test_front_matter_with_too_much_in_it_is_not_built(
    client: Client, mira: User, keys: VaultKeys, monkeypatch: pytest.MonkeyPatch, front: str
) -> None:
    monkeypatch.setattr(yaml, "load", never)
    text = f"---\n{front}\n---\nText."

    bring(client, one__md=text.encode())

    assert documents(mira, keys)[0].happened.took_place == text


def test_front_matter_of_all_files_together_is_bounded(
    client: Client, mira: User, keys: VaultKeys, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(markdown, "MOST_FRONTS", 50)
    file = packed(**{f"{n}__md": b"---\ntitle: A title\n---\nText %d." % n for n in range(9)})

    response = look(client, j__zip=file)

    assert response.status_code == 422
    assert "too many lines about the texts" in response.content.decode()


def test_text_longer_than_anybody_wrote_keeps_out_no_other(
    client: Client, mira: User, keys: VaultKeys, monkeypatch: pytest.MonkeyPatch
) -> None:
    for place in (limits, reading):
        monkeypatch.setattr(place, "MOST_TEXT", 1024 * 1024)
    long = b"a " * 600_000
    journal = {"entries": [DAY_ONE["entries"][0] | {"text": long.decode()}]}  # type: ignore[index]
    files = {"long__md": long, "fine__md": b"Text.", "j__json": json.dumps(journal).encode()}

    page = look(client, j__zip=packed(**files)).content.decode()
    yes(client)

    assert page.count("It is longer than 1 MB: too long for one reflection.") == 2
    assert [one.title for one in documents(mira, keys)] == ["fine"]


def test_text_is_parted_without_copying_what_is_left_of_it() -> None:
    class Text(str):
        """Notes how much of it was taken out."""

        taken = 0

        def __getitem__(self, key: Any) -> str:
            part = super().__getitem__(key)
            Text.taken += len(part)
            return Text(part)

        def lstrip(self, chars: str | None = None) -> str:
            return Text(super().lstrip(chars))

    text = Text("word " * 400_000)

    assert " ".join(journals._parted(text)).split() == text.split()
    assert Text.taken <= len(text)


def test_title_of_a_long_text_is_worked_out_once(
    client: Client, mira: User, keys: VaultKeys, monkeypatch: pytest.MonkeyPatch
) -> None:
    title_of = Mock(return_value="Title")
    monkeypatch.setattr(limits, "title_of", title_of)

    reading.read_files([("one.md", b"word " * 200_000)], UTC)

    assert title_of.call_count == 1


@pytest.mark.parametrize("entry", ["{}", '{"text": "a"}', "0", "[]"])
def test_too_many_reflections_are_refused_before_one_is_read(
    client: Client, mira: User, keys: VaultKeys, monkeypatch: pytest.MonkeyPatch, entry: str
) -> None:
    monkeypatch.setattr(limits, "MOST_ENTRIES", 3)
    monkeypatch.setattr(journals, "_from_day_one", never)
    file = '{"entries": [' + ",".join([entry] * 4) + "]}"

    response = look(client, j__json=file.encode())

    assert response.status_code == 422
    assert "more than 3 reflections" in response.content.decode()


def test_what_cannot_be_read_counts_in_all_files_together(
    client: Client, mira: User, keys: VaultKeys, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "MOST_ENTRIES", 5)
    damaged = b'{"entries": [0, 0]}'
    files = {"a__json": damaged, "b__json": damaged, "c__md": b"\xff\xfa\x80", "d__md": b"Text."}

    assert "more than 5 reflections" in look(client, j__zip=packed(**files)).content.decode()


def test_json_with_more_values_than_memory_is_for_is_not_parsed(
    client: Client, mira: User, keys: VaultKeys, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(journals, "MOST_VALUES", 20)
    monkeypatch.setattr(journals, "_plain_json", never)

    response = look(client, j__json=day_one(tags=["a"] * 30))

    assert response.status_code == 422
    assert "more in it than Mend takes at once" in response.content.decode()


@pytest.mark.parametrize("name", ["cases", "watched"])
def test_list_longer_than_any_journals_is_refused(
    client: Client, mira: User, keys: VaultKeys, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setattr(journals, "MOST_ENTRIES", 3)
    file = {"format": "mend-journal", "version": 1, "entries": [], "lists": {name: ["a"] * 4}}

    response = look(client, j__json=json.dumps(file).encode())

    assert response.status_code == 422
    assert "more than 3 words" in response.content.decode()


@pytest.mark.parametrize(
    ("escaped", "shown"),
    [
        (r"a\ud800b", "a\ufffdb"),
        (r"\uDfffb", "\ufffdb"),
        (r"\udc00\ud800", "\ufffd\ufffd"),
        (r"\ud800\ud83d\ude00\udc00", "\ufffd😀\ufffd"),
        (r"C:\\ud800", r"C:\ud800"),
    ],
)
def test_half_a_sign_is_marked_in_json_and_the_rest_comes_in(
    client: Client, mira: User, keys: VaultKeys, escaped: str, shown: str
) -> None:
    make_entry(owner=mira, keys=keys, document=full_document(title="A title"))
    own = exported(client).replace(b"A title", escaped.encode())
    theirs = day_one(text="A title").replace(b"A title", escaped.encode())
    Entry.objects.all().delete()

    bring(client, own__json=own, theirs__json=theirs)

    mine = next(one for one in documents(mira, keys) if one.title)
    other = next(one for one in documents(mira, keys) if not one.title)
    assert mine.title == shown
    assert other.happened.took_place == shown


@pytest.mark.parametrize("name", ["title", "case_code", "tags"])
def test_half_a_sign_is_marked_in_front_matter_and_the_rest_comes_in(
    client: Client, mira: User, keys: VaultKeys, name: str
) -> None:
    front = f'---\nmend: 1\n{name}: "A\\uD800"\n---\nText.'

    bring(client, one__md=front.encode())

    [document] = documents(mira, keys)
    named = {"title": document.title, "case_code": document.happened.case_code}
    assert (named | {"tags": "".join(document.tags)})[name] == "A\ufffd"
    assert document.happened.took_place == "Text."


@pytest.mark.parametrize("loader", [yaml.SafeLoader, yaml.CSafeLoader])
def test_sign_in_two_halves_in_front_matter_keeps_no_reflection_out(
    client: Client, mira: User, keys: VaultKeys, monkeypatch: pytest.MonkeyPatch, loader: Any
) -> None:
    monkeypatch.setattr(markdown, "_Loader", loader)
    text = '---\ntitle: "\\ud83d\\ude00"\n---\nText.'

    bring(client, one__md=text.encode())

    assert documents(mira, keys)[0].happened.took_place == text


def test_names_in_a_zip_lead_nowhere(client: Client, mira: User, keys: VaultKeys) -> None:
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w") as archive:
        archive.writestr("../../../../tmp/escaped.md", b"text")
        archive.writestr("/etc/absolute.md", b"more text")
        archive.writestr("C:\\windows\\third.md", b"other text")
        archive.writestr("__MACOSX/._third.md", b"\x00\x05")

    bring(client, j__zip=held.getvalue())

    assert {one.title for one in documents(mira, keys)} == {"escaped", "absolute", "third"}


def test_yaml_that_builds_things_builds_nothing(
    client: Client, mira: User, keys: VaultKeys
) -> None:
    front = b"---\ntitle: !!python/object/apply:os.system ['true']\n---\nText."

    bring(client, one__md=front)

    assert documents(mira, keys)[0].title == "one"


@pytest.mark.parametrize("name", ["tags", "id", "title", "case_code"])
def test_front_matter_that_unfolds_to_a_thousandfold_comes_in_as_it_stands(
    client: Client, mira: User, keys: VaultKeys, name: str
) -> None:
    levels = ["l0: &l0 [x,x,x,x,x,x,x,x,x,x]"]
    levels += [f"l{at}: &l{at} [{','.join([f'*l{at - 1}'] * 10)}]" for at in range(1, 4)]
    text = "\n".join(["---", "mend: 1", *levels, f"{name}: [*l3]", "---", "Text."])

    bring(client, one__md=text.encode())

    [document] = documents(mira, keys)
    assert document.happened.took_place == text
    assert document.tags == ()


@pytest.mark.parametrize(
    "stated", ["!!bool x", "!!timestamp x", "!!int ''", "0x" + "f" * 4000, "&own [*own]"]
)
@pytest.mark.parametrize("name", ["tags", "id", "created", "title"])
def test_front_matter_with_a_value_no_one_can_say_keeps_no_reflection_out(
    client: Client, mira: User, keys: VaultKeys, name: str, stated: str
) -> None:
    bring(client, one__md=f"---\n{name}: {stated}\n---\nText.".encode())

    assert documents(mira, keys)[0].happened.took_place.endswith("Text.")


def test_tag_or_id_that_is_a_list_of_its_own_is_passed_over(
    client: Client, mira: User, keys: VaultKeys
) -> None:
    front = "id: [1, 2]\ntags: [yawns, [one, two], {a: b}, 2026, null, true]"

    bring(client, one__md=f"---\n{front}\n---\nText.".encode())

    [document] = documents(mira, keys)
    assert document.tags == ("yawns", "2026", "True")
    assert document.happened.took_place == "Text."


# --- Between the look and the yes ----------------------------------------------------------------


def test_what_waits_is_ciphertext_and_goes_with_the_yes_or_the_no(
    client: Client, mira: User, keys: VaultKeys
) -> None:
    look(client, one__md=b"Sieglinde waits.")
    waiting = Incoming.objects.get()
    assert b"Sieglinde" not in bytes(waiting.body)
    assert waiting.open(keys) == [("one.md", b"Sieglinde waits.")]

    client.post(PAGE, {"step": "discard", "incoming": str(waiting.pk)})

    assert not Incoming.objects.exists()
    assert not Entry.objects.exists()


def test_newer_file_takes_the_place_of_one_that_waits(
    client: Client, mira: User, keys: VaultKeys
) -> None:
    look(client, one__md=b"First.")
    look(client, two__md=b"Second.")

    assert Incoming.objects.get().open(keys) == [("two.md", b"Second.")]


def test_yes_said_twice_brings_in_once(client: Client, mira: User, keys: VaultKeys) -> None:
    look(client, one__md=b"Text.")
    said = {"step": "confirm", "incoming": str(Incoming.objects.get().pk)}
    client.post(PAGE, said)

    again = client.post(PAGE, said)

    assert again.status_code == 422
    assert "no longer waits" in again.content.decode()
    assert Entry.objects.count() == 1


def test_file_waits_an_hour_and_is_then_dropped(
    client: Client, mira: User, keys: VaultKeys
) -> None:
    look(client, one__md=b"Text.")
    waiting = Incoming.objects.get()
    assert purge_incoming() == 0
    waiting.created_at -= timedelta(minutes=61)
    waiting.save(update_fields=["created_at"])

    response = client.post(PAGE, {"step": "confirm", "incoming": str(waiting.pk)})

    assert response.status_code == 422
    assert purge_incoming() == 1
    assert not Entry.objects.exists()


def test_reading_and_sealing_are_done_before_anybody_has_to_wait(
    client: Client, mira: User, keys: VaultKeys, monkeypatch: pytest.MonkeyPatch
) -> None:
    look(client, one__md=b"Text.", two__md=b"More text.")
    depths = []

    def noted(name: str) -> None:
        done = getattr(incoming, name)

        def note(*args: Any, **kwargs: Any) -> Any:
            depths.append((name, len(connection.savepoint_ids)))
            return done(*args, **kwargs)

        monkeypatch.setattr(incoming, name, note)

    for name in ("read_files", "plan_for", "_entry", "_written"):
        noted(name)
    yes(client)

    assert Entry.objects.count() == 2
    assert [name for name, depth in depths if depth] == ["_written"]
    assert {name for name, _depth in depths} == {
        "read_files",
        "plan_for",
        "_entry",
        "_written",
    }


@pytest.mark.parametrize("change", ["written", "deleted"])
def test_what_changed_in_the_journal_while_it_was_read_is_seen(
    client: Client, mira: User, keys: VaultKeys, monkeypatch: pytest.MonkeyPatch, change: str
) -> None:
    there = make_entry(owner=mira, keys=keys, document=full_document(tags=("old",)))
    document = full_document(title="Wren")
    file = json.loads(exported(client))
    file["entries"][0] |= {"document": json.loads(encode(document)), "id": str(uuid.uuid4())}
    look(client, j__json=json.dumps(file).encode())
    made_ready, times = incoming._made_ready, []

    def and_meanwhile(*args: Any, **kwargs: Any) -> Any:
        ready = made_ready(*args, **kwargs)
        times.append(1)
        if len(times) == 1 and change == "written":
            make_entry(owner=mira, keys=keys, document=document)
        if len(times) == 1 and change == "deleted":
            actions.delete_entry(by=mira, pk=there.pk)
        return ready

    monkeypatch.setattr(incoming, "_made_ready", and_meanwhile)
    yes(client)

    assert len(times) == 2
    assert [one.title for one in documents(mira, keys)].count("Wren") == 1
    tags = {tag.name for tag in tags_of(mira, lambda _vault: keys)}
    assert ("old" in tags) == (change == "written")


def test_id_that_somebody_took_while_it_was_read_is_not_used(
    client: Client, mira: User, jonas: User, keys: VaultKeys, monkeypatch: pytest.MonkeyPatch
) -> None:
    look(client, j__json=json.dumps(DAY_ONE).encode())
    theirs = factories.vault_keys(jonas)
    made_ready, times = incoming._made_ready, []

    def and_meanwhile(*args: Any, **kwargs: Any) -> Any:
        ready = made_ready(*args, **kwargs)
        times.append(1)
        if len(times) == 1:
            other = make_entry(owner=jonas, keys=theirs, document=full_document())
            Entry.objects.filter(pk=other.pk).update(id=ready.entries[0].pk)
        return ready

    monkeypatch.setattr(incoming, "_made_ready", and_meanwhile)
    yes(client)

    came = Entry.objects.owned_by(mira).get()
    assert came.open(keys).title == "After the yawn"
    assert came.pk != Entry.objects.owned_by(jonas).get().pk


def test_trouble_half_way_brings_in_nothing(
    client: Client, mira: User, keys: VaultKeys, monkeypatch: pytest.MonkeyPatch
) -> None:
    look(client, one__md=b"Text.", two__md=b"More text.")
    client.raise_request_exception = False

    def trouble(**kwargs: Any) -> None:
        raise RuntimeError

    monkeypatch.setattr("reflection.incoming.actions.recount_tags", trouble)
    response = yes(client)

    assert response.status_code == 500
    assert not Entry.objects.exists()
    assert Incoming.objects.exists()  # to say yes to once more


def test_log_says_how_many_came_in_and_nothing_of_them(
    client: Client, mira: User, keys: VaultKeys
) -> None:
    bring(client, one__md=b"Text.", two__md=b"More text.")

    event = AccountEvent.objects.get()
    assert (event.kind, event.detail, event.user) == ("imported", "2", mira)


def test_number_of_queries_does_not_grow_with_the_file(
    client: Client,
    mira: User,
    keys: VaultKeys,
    django_assert_max_num_queries: DjangoAssertNumQueries,
) -> None:
    look(client, j__zip=packed(**{f"{n}__md": b"text %d" % n for n in range(150)}))
    said = {"step": "confirm", "incoming": str(Incoming.objects.get().pk)}

    with django_assert_max_num_queries(30):
        client.post(PAGE, said)

    assert Entry.objects.count() == 150


# --- Who may not ---------------------------------------------------------------------------------


def test_nobody_else_can_say_yes(client: Client, mira: User, jonas: User, keys: VaultKeys) -> None:
    look(client, one__md=b"Text.")
    waiting = Incoming.objects.get()
    other = Client()
    factories.unlock(other, jonas)

    for step in ("confirm", "discard"):
        other.post(PAGE, {"step": step, "incoming": str(waiting.pk)})

    assert Incoming.objects.exists()
    assert not Entry.objects.exists()


def test_locked_vault_sends_to_unlock_and_takes_nothing(client: Client, mira: User) -> None:
    client.force_login(mira)

    response = look(client, one__md=b"Text.")

    assert response.status_code == 302
    assert response["Location"] == "/vault/unlock/?next=%2Fjournal%2Fimport%2F"
    assert client.get(PAGE).status_code == 302
    assert not Incoming.objects.exists()


def test_visitor_is_sent_to_sign_in(client: Client, db: None) -> None:
    assert client.get(PAGE)["Location"].startswith("/accounts/login/")
    assert look(client, one__md=b"Text.").status_code == 302


def test_post_without_the_forms_token_is_refused(mira: User) -> None:
    client = Client(enforce_csrf_checks=True)
    factories.unlock(client, mira)

    assert look(client, one__md=b"Text.").status_code == 403
    assert not Incoming.objects.exists()
