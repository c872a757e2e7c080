"""Details that may identify somebody, in the journal: shown, replaced, kept; words to watch."""

import uuid
from datetime import UTC, datetime
from typing import Any
from unittest.mock import Mock

import pytest
from django.db import connection
from django.test import Client
from django.urls import reverse

from accounts.models import User
from reflection.codes import CASE_CODES
from reflection.document import (
    Answer,
    Document,
    Happened,
    LookBack,
    LookingAgain,
    Reaction,
    Repair,
    TheirSide,
)
from reflection.findings import Allowance, findings
from reflection.forms import WatchForm
from reflection.identifiers import find_identifiers
from reflection.models import Entry, EntryVersion, PrivateList
from reflection.watching import MAX_WORDS, watch_words, watched_by
from reflection.writings import find_writing, rewritten, writings
from tests import factories
from vault import actions as vault_actions
from vault.crypto import CannotOpen, VaultKeys
from vault.models import Vault

pytestmark = pytest.mark.django_db

JSON = {"accept": "application/json"}
ALL = {"passage": "all"}
TEXT = "Sarah gave me 020 7946 0018. Sarah cried, and so did I."


@pytest.fixture(scope="module", autouse=True)
def _guide(shipped_guide: None) -> None:
    """The guide, which the passages' forms are made of."""


@pytest.fixture
def keys(client: Client, mira: User) -> VaultKeys:
    """Mira, signed in with her journal unlocked."""
    return factories.unlock(client, mira)


@pytest.fixture
def entry(mira: User, keys: VaultKeys) -> Entry:
    document = Document(happened=Happened(case_code="Finch", took_place=TEXT))
    return factories.make_entry(owner=mira, keys=keys, document=document)


def settle(client: Client, entry: Entry, do: str, text: str, **data: str) -> Any:
    given = {"passage": "happened", "box": "took_place", "text": text, "do": do}
    return client.post(reverse("entry_identifiers", args=[entry.pk]), given | data)


def found(client: Client, entry: Entry, passage: str = "happened") -> dict[str, list[str]]:
    response = client.get(
        reverse("entry_identifiers", args=[entry.pk]), {"passage": passage}, headers=JSON
    )
    told = response.json()["findings"]
    return {box: [one["text"] for one in ones] for box, ones in told.items()}


def reread(entry: Entry, keys: VaultKeys) -> Document:
    return Entry.objects.get(pk=entry.pk).open(keys)


def test_save_tells_what_was_found_in_each_box_once(client: Client, entry: Entry) -> None:
    response = client.post(
        reverse("entry_write", args=[entry.pk, "happened"]),
        {"took_place": TEXT, "surfaced": "By e-mail, from larch@mail.example.org.", "revision": 1},
        headers=JSON,
    )

    told = response.json()["identifiers"]
    assert told["url"] == reverse("entry_identifiers", args=[entry.pk])
    assert [one["text"] for one in told["findings"]["took_place"]] == ["Sarah", "020 7946 0018"]
    [mail] = told["findings"]["surfaced"]
    assert (mail["name"], mail["suggestion"]) == ("an e-mail address", "an e-mail address")
    assert mail["reason"]


def suggested(document: Document, passage: str | None = None) -> dict[str, str]:
    told = findings(document, Allowance(), passage=passage)
    return {one.found.text: one.found.suggestion for one in told}


def test_clients_name_is_offered_the_reflections_own_case_code() -> None:
    text = "Jane Hartley went quiet. Her sister Adaeze had warned me, and Dr Patel too. Jane cried."
    document = Document(
        happened=Happened(case_code="Heron", took_place=text),
        repair=Repair(plan="I will ask Tomasz first, then Jane."),
    )

    said = suggested(document)

    assert (said["Jane Hartley"], said["Jane"]) == ("Heron", "Heron")
    assert said["Dr Patel"] == "the doctor"
    assert "Heron" not in {said["Adaeze"], said["Tomasz"]}
    assert suggested(document, "repair") == {"Tomasz": said["Tomasz"], "Jane": "Heron"}


def test_name_is_offered_a_neutral_word_where_there_is_no_case_code() -> None:
    said = suggested(Document(happened=Happened(took_place="Jane Hartley went quiet.")))

    assert said["Jane Hartley"] in CASE_CODES


def test_case_code_is_offered_for_nobody_else() -> None:
    text = "Sarah and Sarah and Sarah. I told Adaeze, Tomasz, Niamh, Piotr, Mohammed and Priya."
    for code in CASE_CODES[:20]:
        document = Document(happened=Happened(case_code=code, took_place=text))
        said = suggested(document)
        assert [name for name, word in said.items() if word == code] == ["Sarah"]


# --- Who the case code stands for -----------------------------------------------------------------

CODE = "Kestrel"


def of(text: str, plan: str = "", code: str = CODE, **fields: Any) -> Document:
    happened = Happened(case_code=code, took_place=text)
    return Document(happened=happened, repair=Repair(plan=plan), **fields)


@pytest.mark.parametrize(
    ("text", "plan", "client"),
    [
        ("Sarah Whitcombe went quiet.", "", "Sarah Whitcombe"),
        ("Sarah went quiet.", "I will ask Maria first. Maria knows.", None),
        ("Sarah went quiet, and Maria brought tea.", "", None),
        ("Maria let my client Sarah in. Maria smiled.", "", "Sarah"),
        ("Maria let Sarah, my client, in. Maria smiled.", "", "Sarah"),
        ("It was a long day.", "I will ask Maria at the front desk.", None),
        ("Kestrel went quiet. Maria brought tea.", "", None),
        ("Kestrel went quiet.", "I will ask Maria.", None),
    ],
)
def test_case_code_is_offered_only_where_it_is_plain_who_the_client_is(
    text: str, plan: str, client: str | None
) -> None:
    said = suggested(of(text, plan, title="Kestrel after the break"))

    assert [name for name, word in said.items() if word == CODE] == ([client] if client else [])


def test_names_have_words_of_their_own_the_same_in_every_passage() -> None:
    names = [
        "Adaeze",
        "Tomasz",
        "Niamh",
        "Piotr",
        "Mohammed",
        "Priya",
        "Sarah",
        "Jane",
        "Maria",
        "Helen",
        "Peter",
        "Susan",
    ]
    document = of(f"I told {', '.join(names)} and Mrs Hartley.", f"Ask {' and '.join(names)}.")
    said, plan = suggested(document, "happened"), suggested(document, "repair")

    assert len(set(said.values())) == len(said) == len(names) + 1
    assert {"Martin", "Hazel", "Heather", "Jasper"}.isdisjoint(said.values())
    assert plan == {name: said[name] for name in names}
    assert CODE not in said.values()
    longer = suggested(of("Jane Hartley left.", "Ask Jane, Mr Hartley and Mrs Whitcombe.", code=""))
    assert longer["Jane"] == longer["Jane Hartley"]
    assert len({*longer.values()}) == 3


def test_code_that_stands_in_the_text_is_offered_for_no_other_name(
    client: Client, mira: User, keys: VaultKeys
) -> None:
    entry = factories.make_entry(owner=mira, keys=keys, document=of("Maria cried. Anna left."))
    written = {"took_place": f"Maria cried. {CODE} left.", "case_code": CODE, "revision": 1}
    client.post(reverse("entry_write", args=[entry.pk, "happened"]), written, headers=JSON)

    assert suggested(reread(entry, keys))["Maria"] != CODE
    told = {"took_place": "My client Maria cried. Anna left.", "case_code": CODE, "revision": 2}
    client.post(reverse("entry_write", args=[entry.pk, "happened"]), told, headers=JSON)
    assert suggested(reread(entry, keys))["Maria"] == CODE
    assert suggested(reread(entry, keys))["Anna"] != CODE


@pytest.mark.parametrize(
    "code", ["K.B. 1987", "k.b.", "KB", "KB 87", "12345", "Sarah", "3/4/1987", "Ash 12345"]
)
def test_case_code_that_others_may_know_is_kept_and_asked_about(
    client: Client, entry: Entry, keys: VaultKeys, code: str
) -> None:
    typed = {"took_place": "Jane went quiet.", "case_code": code, "revision": 1}
    told = client.post(reverse("entry_write", args=[entry.pk, "happened"]), typed, headers=JSON)

    assert "A made-up one, such as" in told.json()["doubts"]["case_code"]
    document = reread(entry, keys)
    assert document.happened.case_code == code
    assert code not in suggested(document).values()
    page = client.get(reverse("entry_write", args=[entry.pk, "happened"])).content.decode()
    assert "A made-up one, such as" in page
    captured = {"took_place": "x", "case_code": code, "entry": str(uuid.uuid4())}
    shown = client.post(reverse("journal_capture"), captured, follow=True).content.decode()
    assert "A made-up one, such as" in shown


@pytest.mark.parametrize("code", ["Kestrel", "Bramble 2", "The blue door", "", "Two Oaks"])
def test_made_up_case_code_is_not_asked_about(client: Client, entry: Entry, code: str) -> None:
    typed = {"took_place": "x", "case_code": code, "revision": 1}
    told = client.post(reverse("entry_write", args=[entry.pk, "happened"]), typed, headers=JSON)
    assert told.json()["doubts"] == {}


def test_first_save_of_a_new_reflection_tells_it_too(client: Client, keys: VaultKeys) -> None:
    response = client.post(
        reverse("journal_begin"), {"took_place": "I rang 020 7946 0018."}, headers=JSON
    )

    assert list(response.json()["identifiers"]["findings"]) == ["took_place"]


def test_no_box_is_gone_through_twice(monkeypatch: pytest.MonkeyPatch) -> None:
    happened = Happened(case_code="Heron", took_place="Sarah cried.", client_words="Sarah did.")
    document = Document(happened=happened, reaction=Reaction(own_words="I told Tom."))
    gone_through = Mock(wraps=find_identifiers)
    monkeypatch.setattr("reflection.findings.find_identifiers", gone_through)

    told = findings(document, Allowance(), passage="happened")

    texts = [call.args[0] for call in gone_through.call_args_list]
    assert [finding.found.suggestion for finding in told] == ["Heron", "Heron"]
    assert texts.count("Sarah cried.") == texts.count("I told Tom.") == 1


def test_reading_back_shows_the_text_at_once_and_leads_to_the_details(
    client: Client, entry: Entry
) -> None:
    page = client.get(reverse("entry_read", args=[entry.pk])).content.decode()

    assert "Details that may identify somebody" not in page
    assert f'data-later="{reverse("entry_identifiers", args=[entry.pk])}?passage=all"' in page
    assert 'href="?details=shown#identifiers"' in page


@pytest.mark.parametrize(
    ("name", "asked"), [("entry_read", {"details": "shown"}), ("entry_identifiers", ALL)]
)
def test_details_are_listed_each_with_its_place(
    client: Client, entry: Entry, name: str, asked: dict[str, str]
) -> None:
    page = client.get(reverse(name, args=[entry.pk]), asked).content.decode()

    assert "Details that may identify somebody" in page
    assert "<mark>020 7946 0018</mark>" in page
    assert "<mark>Sarah</mark>" in page
    assert 'href="#happened"' in page


def test_where_nothing_was_found_only_who_asked_is_told(
    client: Client, mira: User, keys: VaultKeys
) -> None:
    entry = factories.make_entry(owner=mira, keys=keys, document=factories.full_document())

    part = client.get(reverse("entry_identifiers", args=[entry.pk]), ALL).content.decode()
    page = client.get(reverse("entry_read", args=[entry.pk]), {"details": "shown"})

    assert part.strip() == ""
    assert "No further detail was found" in page.content.decode()


def test_replacing_changes_every_place_in_that_box_and_keeps_the_earlier_text(
    client: Client, entry: Entry, keys: VaultKeys
) -> None:
    response = settle(client, entry, "replace", "Sarah", replacement="Wren")

    assert response.status_code == 302
    assert response["Location"].endswith("?details=shown#identifiers")
    expected = "Wren gave me 020 7946 0018. Wren cried, and so did I."
    assert reread(entry, keys).happened.took_place == expected
    version = EntryVersion.objects.get(entry=entry)
    assert version.open(keys).happened.took_place == TEXT


def test_replacing_a_detail_that_is_gone_changes_nothing(
    client: Client, entry: Entry, keys: VaultKeys
) -> None:
    settle(client, entry, "replace", "Priya", replacement="Wren")
    settle(client, entry, "replace", "Sarah", replacement="Wren", box="no_such_box")
    settle(client, entry, "replace", "Sarah", replacement="Wren", passage="repair")

    assert Entry.objects.get(pk=entry.pk).revision == 1
    assert reread(entry, keys).happened.took_place == TEXT


def test_replacing_while_the_passage_is_open_elsewhere_loses_neither_text(
    client: Client, entry: Entry, keys: VaultKeys
) -> None:
    settle(client, entry, "replace", "Sarah", replacement="Wren")

    late = client.post(
        reverse("entry_write", args=[entry.pk, "happened"]),
        {"took_place": TEXT + " More.", "revision": 1, "page": "a", "turn": 1},
        headers=JSON,
    )

    assert late.status_code == 409
    texts = {version.open(keys).happened.took_place for version in EntryVersion.objects.all()}
    assert TEXT + " More." in texts
    assert reread(entry, keys).happened.took_place.startswith("Wren")


def test_kept_detail_is_not_asked_about_again_in_that_reflection(
    client: Client, entry: Entry, keys: VaultKeys, mira: User
) -> None:
    other = factories.make_entry(
        owner=mira, keys=keys, document=Document(happened=Happened(took_place=TEXT))
    )

    settle(client, entry, "keep", "Sarah")

    assert found(client, entry) == {"took_place": ["020 7946 0018"]}
    assert found(client, other) == {"took_place": ["Sarah", "020 7946 0018"]}
    assert reread(entry, keys).kept_identifiers == ("Sarah",)
    assert reread(entry, keys).happened.took_place == TEXT


def test_keeping_a_detail_makes_no_conflict_with_the_page_it_is_written_on(
    client: Client, entry: Entry, keys: VaultKeys
) -> None:
    settle(client, entry, "keep", "Sarah")

    response = client.post(
        reverse("entry_write", args=[entry.pk, "happened"]),
        {"took_place": TEXT + " More.", "case_code": "Finch", "revision": 1},
        headers=JSON,
    )

    assert response.status_code == 200
    assert reread(entry, keys).kept_identifiers == ("Sarah",)
    assert reread(entry, keys).happened.took_place == TEXT + " More."


def test_nothing_or_a_whole_novel_is_not_kept(
    client: Client, entry: Entry, keys: VaultKeys
) -> None:
    settle(client, entry, "keep", "")
    settle(client, entry, "keep", "x" * 501)

    assert reread(entry, keys).kept_identifiers == ()


@pytest.mark.parametrize("method", ["get", "post"])
def test_colleague_cannot_reach_the_details_of_an_entry(
    client: Client, entry: Entry, jonas: User, okafor: User, keys: VaultKeys, method: str
) -> None:
    for other in (jonas, okafor):
        theirs = Client()
        factories.unlock(theirs, other)
        response = getattr(theirs, method)(
            reverse("entry_identifiers", args=[entry.pk]),
            {"do": "keep", "text": "Sarah", "passage": "happened"},
        )
        assert response.status_code == 404
    assert reread(entry, keys).kept_identifiers == ()


def test_locked_journal_tells_and_settles_nothing(entry: Entry, mira: User) -> None:
    locked = Client()
    locked.force_login(mira)
    url = reverse("entry_identifiers", args=[entry.pk])

    assert locked.get(url).status_code == 302
    assert locked.post(url, {"do": "keep", "text": "Sarah"}, headers=JSON).status_code == 423
    assert locked.get(reverse("journal_words")).status_code == 302
    assert locked.post(reverse("journal_words"), {"words": "x"}, headers=JSON).status_code == 423


def test_ones_own_name_may_stand(client: Client, mira: User, keys: VaultKeys) -> None:
    document = Document(reaction=Reaction(own_words="Mira Lindgren, I told myself, stop."))
    entry = factories.make_entry(owner=mira, keys=keys, document=document)

    assert found(client, entry, "reaction") == {}


def test_made_up_case_code_may_stand_and_one_that_is_a_name_may_not(
    client: Client, mira: User, keys: VaultKeys
) -> None:
    texts = {"Bramble": {}, "Sarah": {"case_code": ["Sarah"], "took_place": ["Sarah"]}}
    for code, expected in texts.items():
        document = Document(happened=Happened(case_code=code, took_place=f"Then {code} said no."))
        entry = factories.make_entry(owner=mira, keys=keys, document=document)

        assert found(client, entry) == expected


def every_box() -> Document:
    answer = Answer("p1-i2", "What did you miss?", "p1-intent", "I meant well", "the answer")
    look = LookBack(datetime(2026, 3, 1, tzinfo=UTC), did="did", met="met", learned="learned")
    return Document(
        title="title",
        happened=Happened(
            case_code="code", took_place="took", client_words="words", surfaced="surfaced"
        ),
        reaction=Reaction(something_else="else", own_words="own"),
        looking_again=LookingAgain(answers=(answer,), my_part="part"),
        their_side=TheirSide(their_voice="voice"),
        repair=Repair(plan="plan", words="might"),
        looking_back=(look, look),
    )


def test_every_box_of_a_reflection_can_be_read_and_rewritten_where_it_stands() -> None:
    document = every_box()
    found = writings(document)

    assert len(found) == len({(one.passage, one.box) for one in found}) == 18
    for one in found:
        changed = rewritten(document, one, "anew")
        again = find_writing(changed, one.passage, one.box)
        assert again is not None
        assert again.text == "anew"
        assert [other.text for other in writings(changed) if other.box != one.box] == [
            other.text for other in found if other.box != one.box
        ]


def test_word_added_is_found_and_word_removed_is_found_no_more(
    client: Client, mira: User, keys: VaultKeys
) -> None:
    document = Document(repair=Repair(plan="Meet at the LÍghthouse, they said."))
    entry = factories.make_entry(owner=mira, keys=keys, document=document)

    added = client.post(reverse("journal_words"), {"words": "lighthouse\n\n  old   mill \n"})
    page = client.get(reverse("journal_words")).content.decode()

    assert added.status_code == 302
    assert "lighthouse" in page
    assert "old mill" in page
    assert found(client, entry, "repair") == {"plan": ["LÍghthouse"]}
    client.post(reverse("journal_words"), {"remove": "lighthouse"})
    assert found(client, entry, "repair") == {}
    assert watched_by(mira, lambda _: keys).words == ("old mill",)


def test_empty_list_says_what_it_is_for(client: Client, keys: VaultKeys) -> None:
    assert "No words yet" in client.get(reverse("journal_words")).content.decode()


@pytest.mark.parametrize("words", ["", "   \n", "x" * (WatchForm.MAX_LENGTH + 1), "…"])
def test_words_that_cannot_be_looked_for_are_refused_and_still_there(
    client: Client, keys: VaultKeys, words: str
) -> None:
    response = client.post(reverse("journal_words"), {"words": words})

    assert response.status_code == 422
    assert words.strip() in response.content.decode()
    assert not PrivateList.objects.exists()


def test_same_word_is_listed_once_and_a_full_list_says_so(
    client: Client, mira: User, keys: VaultKeys
) -> None:
    watch_words(by=mira, keys=keys, words=[f"word {number}" for number in range(MAX_WORDS)])

    again = client.post(reverse("journal_words"), {"words": "WORD 7"})
    more = client.post(reverse("journal_words"), {"words": "one more"})

    assert again.status_code == 302
    assert more.status_code == 422
    assert "The list is full. Nothing was lost" in more.content.decode()
    assert len(watched_by(mira, lambda _: keys).words) == MAX_WORDS


def test_nobody_elses_words_are_shown_or_taken_away(
    client: Client, mira: User, jonas: User, keys: VaultKeys
) -> None:
    watch_words(by=mira, keys=keys, words=["lighthouse"])
    theirs = Client()
    factories.unlock(theirs, jonas)

    theirs.post(reverse("journal_words"), {"remove": "lighthouse"})

    assert "lighthouse" not in theirs.get(reverse("journal_words")).content.decode()
    assert watched_by(mira, lambda _: keys).words == ("lighthouse",)


def test_list_does_not_open_under_another_vault_or_name(
    mira: User, jonas: User, keys: VaultKeys
) -> None:
    watch_words(by=mira, keys=keys, words=["lighthouse"])
    row = PrivateList.objects.get()

    with pytest.raises(CannotOpen):
        row.open(factories.vault_keys(jonas))
    row.name = "another"
    with pytest.raises(CannotOpen):
        row.open(keys)


def test_list_of_a_sealed_vault_is_said_to_be_missing_not_lost(
    client: Client, mira: User, keys: VaultKeys
) -> None:
    watch_words(by=mira, keys=keys, words=["lighthouse"])
    vault_actions.seal(vault=Vault.objects.active().get(user=mira))
    fresh = Client()
    factories.unlock(fresh, mira)

    page = fresh.get(reverse("journal_words")).content.decode()

    assert "earlier, sealed journal" in page
    assert "lighthouse" not in page
    fresh.post(reverse("journal_words"), {"words": "mill"})
    assert "mill" in fresh.get(reverse("journal_words")).content.decode()
    assert PrivateList.objects.count() == 2


def test_list_of_a_joined_vault_is_read_and_taken_from_like_ones_own(
    client: Client, mira: User, keys: VaultKeys
) -> None:
    watch_words(by=mira, keys=keys, words=["lighthouse"])
    sealed = Vault.objects.active().get(user=mira)
    vault_actions.seal(vault=sealed)
    fresh = Client()
    new_keys = factories.unlock(fresh, mira)
    vault_actions.join_sealed(
        sealed=sealed,
        sealed_keys=keys,
        into=Vault.objects.active().get(user=mira),
        keys=new_keys,
    )

    assert "lighthouse" in fresh.get(reverse("journal_words")).content.decode()
    fresh.post(reverse("journal_words"), {"remove": "lighthouse"})
    assert "No words yet" in fresh.get(reverse("journal_words")).content.decode()


def damage(user: User) -> None:
    """Spoil what is stored of the user's list in the vault that is theirs now."""
    vault = Vault.objects.active().get(user=user)
    PrivateList.objects.filter(vault=vault, name="watched").update(body=b"\x01\x01" + bytes(60))


def test_damaged_list_is_said_to_be_so_and_is_begun_anew(
    client: Client, mira: User, keys: VaultKeys
) -> None:
    watch_words(by=mira, keys=keys, words=["lighthouse"])
    damage(mira)
    url = reverse("journal_words")

    page = client.get(url).content.decode()
    assert "cannot be opened" in page
    assert "earlier, sealed journal" not in page
    assert "No words yet" not in page
    refused = client.post(url, {"words": "old mill"})
    assert refused.status_code == 422
    assert "old mill" in refused.content.decode()
    assert "Begin the list anew" in refused.content.decode()
    assert client.post(url, {"anew": "yes"}).status_code == 302

    assert "cannot be opened" not in client.get(url).content.decode()
    assert client.post(url, {"words": "old mill"}).status_code == 302
    assert watched_by(mira, lambda _: keys).words == ("old mill",)


def test_taking_a_word_away_passes_over_a_damaged_list(
    client: Client, mira: User, keys: VaultKeys
) -> None:
    watch_words(by=mira, keys=keys, words=["lighthouse"])
    damage(mira)

    assert client.post(reverse("journal_words"), {"remove": "lighthouse"}).status_code == 302

    assert PrivateList.objects.count() == 1


def test_beginning_anew_leaves_lists_that_open_or_wait_as_they_are(
    client: Client, mira: User, keys: VaultKeys
) -> None:
    watch_words(by=mira, keys=keys, words=["lighthouse"])
    vault_actions.seal(vault=Vault.objects.active().get(user=mira))
    fresh = Client()
    new_keys = factories.unlock(fresh, mira)
    url = reverse("journal_words")
    fresh.post(url, {"words": "mill"})
    fresh.post(url, {"anew": "yes"})
    assert watched_by(mira, lambda _: new_keys).words == ("mill",)
    damage(mira)

    page = fresh.get(url).content.decode()
    fresh.post(url, {"anew": "yes"})

    assert "cannot be opened" in page
    assert "earlier, sealed journal" in page
    [sealed] = PrivateList.objects.all()
    assert sealed.open(keys) == ("lighthouse",)


def test_nobody_begins_somebody_elses_list_anew(mira: User, jonas: User, keys: VaultKeys) -> None:
    watch_words(by=mira, keys=keys, words=["lighthouse"])
    damage(mira)
    theirs = Client()
    factories.unlock(theirs, jonas)

    theirs.post(reverse("journal_words"), {"anew": "yes"})

    assert PrivateList.objects.count() == 1


def test_neither_words_nor_kept_details_stand_in_clear_in_the_database(
    client: Client, entry: Entry, mira: User, keys: VaultKeys
) -> None:
    client.post(reverse("journal_words"), {"words": "Zwielichthof"})
    settle(client, entry, "keep", "Sarah")

    with connection.cursor() as cursor:
        for table in ("reflection_privatelist", "reflection_entry", "reflection_entryversion"):
            cursor.execute(f"SELECT * FROM {table}")  # noqa: S608
            raw = b" ".join(
                bytes(cell) if isinstance(cell, bytes | memoryview) else str(cell).encode()
                for row in cursor.fetchall()
                for cell in row
            )
            assert b"Zwielichthof" not in raw
            assert b"Sarah" not in raw
