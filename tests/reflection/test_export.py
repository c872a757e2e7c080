"""Taking one's journal along: as PDF, as JSON, as Markdown."""

import io
import json
import re
import uuid
import zipfile
from datetime import UTC, date, datetime
from hashlib import sha256
from pathlib import Path
from typing import Any

import msgspec
import pytest
import yaml
from django.http import StreamingHttpResponse
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from accounts.models import AccountEvent, User
from reflection import actions
from reflection.document import Document, Happened, LookBack, Repair
from reflection.export import pdf
from reflection.export.files import zipped
from reflection.export.markdown import file_name
from reflection.export.parts import registered
from reflection.export.shape import Leaf, file_type
from reflection.export.typeset import __file__ as typesetter
from reflection.models import Entry
from reflection.watching import watch_words
from tests import factories
from tests.factories import PASSWORD, full_document, make_entry
from vault.crypto import VaultKeys

pytestmark = pytest.mark.django_db
PAGE = "/journal/export/"
ODD = "🪡🏳️‍🌈 שלום \u202e\u202c مرحبا <b>&amp; #strong[x] $x$ \\ \"' e\u0301\u200b\u00a0ñ"
ROOT = Path(__file__).parent.parent.parent


@pytest.fixture
def keys(client: Client, mira: User) -> VaultKeys:
    """Mira's keys; her browser has them as well."""
    return factories.unlock(client, mira)


def export(client: Client, kind: str, **given: Any) -> tuple[StreamingHttpResponse, bytes]:
    """Return the answer to the form, and the file."""
    response = client.post(PAGE, {"kind": kind, "password": PASSWORD, **given})
    assert response.status_code == 200, response.content
    assert isinstance(response, StreamingHttpResponse)
    return response, b"".join(response)


def unzipped(data: bytes) -> dict[str, bytes]:
    """Return the files of a zip by their names."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        assert archive.testzip() is None
        return {name: archive.read(name) for name in archive.namelist()}


def test_json_holds_every_reflection_whole(client: Client, mira: User, keys: VaultKeys) -> None:
    document = full_document(title=ODD, tags=("yawns",))
    entry = make_entry(owner=mira, keys=keys, document=document)

    response, data = export(client, "json")

    file = json.loads(data)
    assert (file["format"], file["version"]) == ("mend-journal", 1)
    assert file["entries"][0]["id"] == str(entry.pk)
    held = msgspec.convert(file["entries"][0]["document"], type=Document)
    assert held == document
    assert response["Cache-Control"] == "no-store, private"
    assert re.fullmatch(
        r'attachment; filename="mend-journal-\d{4}-\d\d-\d\d.json"', response["Content-Disposition"]
    )


def test_json_is_as_its_schema_says_and_the_schema_is_current(
    client: Client, mira: User, okafor: User, keys: VaultKeys
) -> None:
    agreement = factories.make_agreement(supervisee=mira, supervisor=okafor)
    factories.make_share(agreement=agreement)
    shape = file_type((part.name, part.item) for part in registered())

    _response, data = export(client, "json", earlier="on")

    msgspec.json.decode(data, type=shape, strict=False)
    schema = msgspec.json.format(msgspec.json.encode(msgspec.json.schema(shape)), indent=2)
    kept = ROOT / "docs" / "export.schema.json"
    assert kept.read_bytes() == schema + b"\n", "write it anew: manage.py export_schema"


def test_earlier_texts_come_along_only_if_wanted(
    client: Client, mira: User, keys: VaultKeys
) -> None:
    entry = make_entry(owner=mira, keys=keys, document=full_document())
    actions.settle_identifier(
        by=mira,
        keys=keys,
        pk=entry.pk,
        passage="repair",
        rewrite=lambda old: msgspec.structs.replace(old, repair=Repair(plan="Something else.")),
    )

    _response, without = export(client, "json")
    _response, with_them = export(client, "json", earlier="on")

    assert json.loads(without)["entries"][0]["earlier"] == []
    texts = json.loads(with_them)["entries"][0]["earlier"]
    assert [one["revision"] for one in texts] == [1]
    assert texts[0]["document"]["repair"]["plan"] == "Thursday: no explaining first."


def test_shares_come_along_with_receipt_and_comments(
    client: Client, mira: User, okafor: User, keys: VaultKeys
) -> None:
    agreement = factories.make_agreement(supervisee=mira, supervisor=okafor)
    share = factories.make_share(agreement=agreement, note="Was it me?")
    first = factories.make_comment(share=share, author=okafor, text="And before that?")
    factories.make_comment(share=share, author=mira, text="A week of silence.", parent=first.pk)

    _response, data = export(client, "json")
    _response, folder = export(client, "markdown")

    shared = json.loads(data)["shared"][0]
    assert shared["copy"]["note"] == "Was it me?"
    assert shared["comments"][0]["text"] == "And before that?"
    assert shared["comments"][0]["answers"][0]["text"] == "A week of silence."
    assert [one["kind"] for one in shared["events"]] == ["shared", "commented", "commented"]
    text = next(text for name, text in unzipped(folder).items() if name.startswith("shared/"))
    for words in ("Was it me?", "And before that?", "A week of silence.", "Dr Chidi Okafor"):
        assert words in text.decode()


def test_what_others_shared_with_one_is_not_in_it(client: Client, mira: User, okafor: User) -> None:
    factories.make_share(agreement=factories.make_agreement(supervisee=mira, supervisor=okafor))
    factories.unlock(client, okafor)

    _response, data = export(client, "json")

    assert json.loads(data)["entries"] == json.loads(data)["shared"] == []


def test_words_to_watch_come_along(client: Client, mira: User, keys: VaultKeys) -> None:
    watch_words(by=mira, keys=keys, words=["Alder Lane"])

    _response, data = export(client, "json")

    assert json.loads(data)["lists"]["watched"] == ["Alder Lane"]


def test_markdown_has_a_file_for_each_reflection(
    client: Client, mira: User, keys: VaultKeys
) -> None:
    titles = ["Finch: after/the \\ yawn?", "../../etc/passwd", "CON", ODD, "", "x" * 300]
    for title in titles:
        make_entry(owner=mira, keys=keys, document=full_document(title=title))

    _response, data = export(client, "markdown")

    files = unzipped(data)
    assert len(files) == len(titles)
    for name, text in files.items():
        assert not set(name) & set('/\\:*?"<>|\u202e')
        assert len(name) < 120
        assert text.startswith(b"---\nmend: 1\n")
        assert "I yawned, and Finch went quiet." in text.decode()


def test_pdf_is_tagged_and_has_its_title(client: Client, mira: User, keys: VaultKeys) -> None:
    make_entry(owner=mira, keys=keys, document=full_document(title=ODD))

    response, data = export(client, "pdf")

    assert response["Content-Type"] == "application/pdf"
    assert data.startswith(b"%PDF-")
    assert b"/MarkInfo" in data
    assert b"/StructTreeRoot" in data
    assert b"<pdfuaid:part>1</pdfuaid:part>" in data
    assert b"My journal" in data


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """What goes to the typesetter, book by book."""
    run, books = pdf.subprocess.run, []

    def noted(command: list[str], **options: Any) -> Any:
        books.append(json.loads(options["input"]))
        return run(command, **options)

    monkeypatch.setattr(pdf.subprocess, "run", noted)
    return books


def test_signs_that_no_font_has_are_put_into_words_and_told_of(
    client: Client, mira: User, keys: VaultKeys, sent: list[dict[str, Any]]
) -> None:
    happened = Happened(took_place="She said 漢字です。 And नमस्ते ★.")
    document = full_document(title="漢 𓀀 \x07\x9f", happened=happened)
    make_entry(owner=mira, keys=keys, document=document)

    _response, data = export(client, "pdf")
    _response, folder = export(client, "markdown")

    assert b"<pdfuaid:part>1</pdfuaid:part>" in data
    [book] = sent
    said = "6 Devanagari signs, 6 Chinese or Japanese signs, 2 other signs."
    assert said in " ".join(book["warnings"])
    [leaf] = book["leaves"]
    assert leaf["title"].strip() == "[1 Chinese or Japanese sign] [1 other sign]"
    took_place = "She said [5 Chinese or Japanese signs] And [6 Devanagari signs] [1 other sign]."
    assert took_place in json.dumps(leaf)
    [text] = unzipped(folder).values()
    assert "漢字です。" in text.decode()


@pytest.mark.parametrize(
    "title", ["Ωδή", "Журнал", "שלום עליכם", "مرحبا بكم", "Zoë’s “½”", "🏳️‍🌈 ✓"]
)
def test_letters_that_a_font_has_are_set_as_they_are(
    client: Client, mira: User, keys: VaultKeys, sent: list[dict[str, Any]], title: str
) -> None:
    happened = Happened(took_place=title, client_words=title)
    make_entry(owner=mira, keys=keys, document=full_document(title=title, happened=happened))

    _response, data = export(client, "pdf")

    assert b"<pdfuaid:part>1</pdfuaid:part>" in data
    assert sent[0]["leaves"][0]["title"] == title
    assert len(sent[0]["warnings"]) == 1


def test_pdf_has_the_tags_and_a_day_for_each_line_of_its_contents(
    client: Client, mira: User, keys: VaultKeys, sent: list[dict[str, Any]]
) -> None:
    looks = (LookBack(noted_at=datetime(2026, 5, 9, tzinfo=UTC), standing="partly"),)
    document = full_document(tags=("yawns", "endings"), looking_back=looks)
    begun = datetime(2026, 5, 3, 12, tzinfo=UTC)
    make_entry(owner=mira, keys=keys, document=document, created_at=begun)

    export(client, "pdf")

    [leaf] = sent[0]["leaves"]
    assert leaf["day"] == "3 May 2026"
    assert "Tags: yawns, endings" in leaf["facts"]
    assert "Where it stands: partly repaired" in leaf["facts"]


def test_mark_of_direction_in_a_title_turns_nothing_round_beside_it() -> None:
    """A title is closed off from the page number that follows it in the contents."""
    template = (Path(typesetter).parent / "book.typ").read_text()

    assert '#let isolated(written) = "\\u{2068}" + written + "\\u{2069}"' in template
    assert "heading(level: 1, supplement: leaf.day, isolated(leaf.title))" in template


def test_markdown_says_in_its_front_matter_what_one_would_look_for(
    client: Client, mira: User, keys: VaultKeys
) -> None:
    looks = (LookBack(noted_at=datetime(2026, 5, 9, tzinfo=UTC), standing="partly"),)
    happened = Happened(case_code="Finch", occurred_on=date(2026, 5, 3), took_place="I yawned.")
    document = full_document(happened=happened, tags=("yawns", "two words"), looking_back=looks)
    make_entry(
        owner=mira,
        keys=keys,
        document=document,
        finished_at=datetime(2026, 5, 4, 9, 30, tzinfo=UTC),
        follow_up_on=date(2026, 6, 1),
    )

    _response, folder = export(client, "markdown")

    [text] = unzipped(folder).values()
    front = yaml.safe_load(text.decode().split("---\n")[1])
    assert front["case_code"] == "Finch"
    assert front["tags"] == ["yawns", "two words"]
    assert front["therapy_session"] == date(2026, 5, 3)
    assert front["standing"] == "partly"
    assert front["finished"] == "2026-05-04T10:30:00+01:00"
    assert front["look_back_on"] == date(2026, 6, 1)
    assert "Tags: yawns, two words" in text.decode()


def test_front_matter_leaves_out_what_there_is_not(
    client: Client, mira: User, keys: VaultKeys
) -> None:
    make_entry(owner=mira, keys=keys, document=Document(title="Bare"))

    _response, folder = export(client, "markdown")

    [text] = unzipped(folder).values()
    front = yaml.safe_load(text.decode().split("---\n")[1])
    assert set(front) == {"mend", "id", "title", "created"}


def test_long_journal_comes_in_volumes(
    client: Client, mira: User, keys: VaultKeys, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pdf, "VOLUME", 2)
    for _ in range(5):
        make_entry(owner=mira, keys=keys, document=full_document())

    response, data = export(client, "pdf")

    assert response["Content-Type"] == "application/zip"
    files = unzipped(data)
    assert [*files] == [f"Journal, volume {number:02d}.pdf" for number in (1, 2, 3)]
    assert all(book.startswith(b"%PDF-") for book in files.values())


def test_empty_journal_is_a_book_as_well(client: Client, mira: User, keys: VaultKeys) -> None:
    for kind in ("pdf", "json", "markdown"):
        _response, data = export(client, kind)
        assert data


def test_pdf_that_cannot_be_set_is_said_and_not_logged(
    client: Client, mira: User, keys: VaultKeys, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pdf.sys, "executable", "/nowhere/python")

    response = client.post(PAGE, {"kind": "pdf", "password": PASSWORD})

    assert response.status_code == 422
    assert "Nothing was lost" in response.content.decode()
    assert not AccountEvent.objects.exists()


def test_text_goes_to_the_typesetter_by_pipe_alone(
    client: Client, mira: User, keys: VaultKeys, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_entry(owner=mira, keys=keys, document=full_document(title="Sieglinde"))
    run, seen = pdf.subprocess.run, []

    def noted(command: list[str], **options: Any) -> Any:
        seen.append((command, options))
        return run(command, **options)

    monkeypatch.setattr(pdf.subprocess, "run", noted)
    export(client, "pdf")

    [(command, options)] = seen
    assert b"Sieglinde" in options.pop("input")
    assert "Sieglinde" not in repr((command, options))
    assert options["env"] == {}
    assert not re.search(r"open\(|write_|tempfile|output=", Path(typesetter).read_text())


def test_damaged_reflection_does_not_hold_up_the_others(
    client: Client, mira: User, keys: VaultKeys
) -> None:
    make_entry(owner=mira, keys=keys, document=full_document())
    broken = make_entry(owner=mira, keys=keys, document=full_document(), body=b"\x01\x01broken")

    _response, data = export(client, "json")
    _response, book = export(client, "pdf")

    file = json.loads(data)
    assert len(file["entries"]) == 1
    assert [(one["id"], one["reason"]) for one in file["unreadable"]] == [
        (str(broken.pk), "damaged")
    ]
    assert book.startswith(b"%PDF-")


def test_deleted_reflection_is_left_out(client: Client, mira: User, keys: VaultKeys) -> None:
    entry = make_entry(owner=mira, keys=keys, document=full_document())
    actions.delete_entry(by=mira, pk=entry.pk)

    _response, data = export(client, "json", earlier="on")

    assert json.loads(data)["entries"] == []


def test_wrong_password_gets_no_file(client: Client, mira: User, keys: VaultKeys) -> None:
    response = client.post(PAGE, {"kind": "json", "password": "wrong"})

    assert response.status_code == 400
    assert "That is not your password" in response.content.decode()
    assert not AccountEvent.objects.exists()


def test_passwords_cannot_be_tried_without_end(client: Client, mira: User, keys: VaultKeys) -> None:
    for _ in range(10):
        client.post(PAGE, {"kind": "json", "password": "wrong"})

    response = client.post(PAGE, {"kind": "json", "password": PASSWORD})

    assert response.status_code == 429
    assert "too many tries" in response.content.decode()


def test_locked_vault_gets_no_file(client: Client, mira: User) -> None:
    client.force_login(mira)

    assert client.get(PAGE).status_code == 302
    assert client.post(PAGE, {"kind": "json", "password": PASSWORD}).status_code == 423


def test_visitor_gets_no_file(client: Client) -> None:
    response = client.post(PAGE, {"kind": "json", "password": PASSWORD})

    assert response.status_code == 302
    assert response["Location"].startswith("/accounts/login/")


def test_export_holds_ones_own_alone(client: Client, mira: User, jonas: User) -> None:
    theirs = factories.unlock(Client(), jonas)
    make_entry(owner=jonas, keys=theirs, document=full_document(title="Of Jonas"))
    factories.unlock(client, mira)

    _response, data = export(client, "json", earlier="on")

    assert json.loads(data)["entries"] == []


def test_log_says_that_a_file_was_made_and_nothing_of_it(
    client: Client, mira: User, keys: VaultKeys
) -> None:
    make_entry(owner=mira, keys=keys, document=full_document())

    export(client, "markdown")

    event = AccountEvent.objects.get()
    assert (event.kind, event.user, event.detail) == ("exported", mira, "Markdown")


@pytest.mark.parametrize("kind", ["json", "markdown"])
def test_number_of_queries_does_not_grow(
    client: Client,
    mira: User,
    okafor: User,
    keys: VaultKeys,
    django_assert_max_num_queries: DjangoAssertNumQueries,
    kind: str,
) -> None:
    agreement = factories.make_agreement(supervisee=mira, supervisor=okafor)
    for _ in range(6):
        share = factories.make_share(agreement=agreement)
        factories.make_comment(share=share, author=okafor)
    response = client.post(PAGE, {"kind": kind, "password": PASSWORD, "earlier": "on"})

    with django_assert_max_num_queries(6):
        assert b"".join(response)


def test_times_are_by_the_readers_own_clock(client: Client, mira: User) -> None:
    mira.timezone = "Pacific/Auckland"
    mira.save(update_fields=["timezone"])
    keys = factories.unlock(client, mira)
    late = datetime(2026, 5, 3, 20, 0, tzinfo=UTC)
    make_entry(owner=mira, keys=keys, document=full_document(), created_at=late)

    _response, data = export(client, "markdown")

    [name] = unzipped(data)
    assert name.startswith("2026-05-04 ")


def test_days_at_both_ends_of_the_calendar_are_exported(
    client: Client, mira: User, keys: VaultKeys
) -> None:
    for year in (2, 9998):
        begun = datetime(year, 1, 1, tzinfo=UTC)
        make_entry(
            owner=mira,
            keys=keys,
            document=full_document(happened=Happened(occurred_on=begun.date())),
            created_at=begun,
        )

    for kind in ("json", "markdown", "pdf"):
        assert export(client, kind)[1]


def test_zip_is_sent_piece_by_piece() -> None:
    made: list[int] = []

    def files() -> Any:
        for number in range(50):
            made.append(number)
            yield f"{number}.md", b"words " * 1000, datetime(2026, 1, 1, tzinfo=UTC)

    pieces = zipped(files())
    first = next(pieces)

    assert made == [0]
    assert first.startswith(b"PK\x03\x04")
    assert len(unzipped(first + b"".join(pieces))) == 50


def test_file_names_of_one_title_differ() -> None:
    begun = datetime(2026, 1, 1, tzinfo=UTC)
    leaves = [Leaf(uuid.uuid4(), "Finch", begun, (), ()) for _ in range(20)]

    assert len({file_name(leaf) for leaf in leaves}) == 20


def test_memory_stays_flat_however_long_the_journal(
    client: Client, mira: User, keys: VaultKeys
) -> None:
    import tracemalloc

    document = full_document(happened=Happened(took_place="word " * 4000))
    entry = make_entry(owner=mira, keys=keys, document=document)
    rows = []
    for _ in range(600):
        again = Entry(**{f.attname: getattr(entry, f.attname) for f in Entry._meta.concrete_fields})
        again.pk = uuid.uuid4()  # does not open: what is held is its ciphertext, which is enough
        rows.append(again)
    Entry.objects.bulk_create(rows, batch_size=100)
    del rows
    response = client.post(PAGE, {"kind": "json", "password": PASSWORD})
    tracemalloc.start()
    for _piece in response:
        pass
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()

    whole = 600 * len(entry.body)
    assert peak < whole / 2


def test_fonts_are_the_ones_their_sources_name() -> None:
    folder = Path(typesetter).parent / "fonts"
    table = (folder / "SOURCES.md").read_text()
    named = dict(re.findall(r"^\| `(\S+)` .*`([0-9a-f]{64})` \|$", table, re.M))

    found = {one.name: sha256(one.read_bytes()).hexdigest() for one in folder.glob("*.ttf")}
    assert found == named
    for licence in folder.glob("OFL-*.txt"):
        assert "SIL OPEN FONT LICENSE" in licence.read_text().upper()
