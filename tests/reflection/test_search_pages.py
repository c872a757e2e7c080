"""Searching the journal: what is found, narrowed down, refused; and that it leaves no trace."""

import logging
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from django.contrib.sessions.models import Session
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.models import User
from reflection.document import (
    AgreedStep,
    Document,
    Happened,
    Label,
    LookBack,
    Reaction,
    Repair,
    Strategy,
)
from reflection.models import Entry, PrivateList
from reflection.renaming import Renaming, rename_case
from reflection.retagging import retag
from reflection.search.form import MAX_LENGTH
from reflection.search.kept import KEPT, latest_searches
from reflection.search.scan import PAGE
from reflection.search.wanted import Search
from tests import factories
from vault import crypto
from vault.crypto import CannotOpen, VaultKeys

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 5, 20, 12, tzinfo=UTC)


@pytest.fixture(scope="module", autouse=True)
def _guide(shipped_guide: None) -> None:
    """The guide, by which a search is narrowed down."""


@pytest.fixture
def keys(client: Client, mira: User) -> VaultKeys:
    """Mira, signed in with her journal unlocked."""
    return factories.unlock(client, mira)


def write(mira: User, keys: VaultKeys, **fields: Any) -> Entry:
    times = {name: fields.pop(name) for name in ("created_at", "finished_at") if name in fields}
    times.setdefault("created_at", NOW)
    return factories.make_entry(owner=mira, keys=keys, document=Document(**fields), **times)


def search(client: Client, **asked: Any) -> Any:
    """Return the page that answers a search."""
    response = client.post(reverse("journal_search"), asked, follow=True)
    assert response.status_code == 200, response.context["form"].errors
    return response


def found(client: Client, **asked: Any) -> list[str]:
    return [hit.row.title for hit in search(client, **asked).context["results"].hits]


def text_of(response: Any) -> str:
    return " ".join(response.content.decode().split())


def test_find_is_shown_with_its_passage_and_the_words_around(
    client: Client, mira: User, keys: VaultKeys
) -> None:
    happened = Happened(
        took_place="I explained too soon, and <b>Finch</b> went quiet & looked away."
    )
    write(mira, keys, title="The door", happened=happened)
    page = text_of(search(client, words="QUIET"))
    assert "What happened · What took place" in page
    assert "&lt;b&gt;Finch&lt;/b&gt; went <mark>quiet</mark> &amp; looked away." in page
    assert "1 reflection in all" in page


def test_find_leads_to_its_passage_where_the_words_are_marked(
    client: Client, mira: User, keys: VaultKeys
) -> None:
    happened = Happened(took_place="I yawned.\n\nShe went <b>quiet</b> & looked.\nQuietly.")
    write(mira, keys, title="The door", happened=happened, repair=Repair(plan="Be quiet."))
    pk = Entry.objects.get().pk
    results = search(client, words="quiet")
    token = results.request["PATH_INFO"].rstrip("/").rpartition("/")[2]
    to_passage = f"/journal/{pk}/?found={token}#repair"
    assert f'href="{to_passage}"' in text_of(results)

    page = text_of(client.get(to_passage))

    assert "She went &lt;b&gt;<mark>quiet</mark>&lt;/b&gt; &amp; looked." in page
    assert "<br><mark>Quiet</mark>ly." in page
    assert "Be <mark>quiet</mark>." in page
    assert reverse("search_read", args=[token]) in page
    assert "quiet" not in to_passage


def test_words_over_an_empty_line_are_marked_line_by_line(
    client: Client, mira: User, keys: VaultKeys
) -> None:
    write(mira, keys, title="x", happened=Happened(took_place="One two\n\nthree four."))
    token = search(client, words='"two three"').request["PATH_INFO"].rstrip("/").rpartition("/")[2]

    page = text_of(client.get(f"/journal/{Entry.objects.get().pk}/?found={token}"))

    assert "<p>One <mark>two</mark></p> <p><mark>three</mark> four.</p>" in page


@pytest.mark.parametrize("token", ["", "nonsense", "0123456789abcdef", "x" * 500])
def test_reflection_opens_unmarked_where_the_search_is_kept_no_longer(
    client: Client, mira: User, keys: VaultKeys, token: str
) -> None:
    write(mira, keys, title="x", happened=Happened(took_place="One two."))

    page = client.get(f"/journal/{Entry.objects.get().pk}/", {"found": token})

    assert page.status_code == 200
    assert "<mark>" not in text_of(page)


def test_somebody_elses_search_marks_nothing(
    client: Client, mira: User, okafor: User, keys: VaultKeys
) -> None:
    write(mira, keys, title="x", happened=Happened(took_place="One two."))
    token = search(client, words="two").request["PATH_INFO"].rstrip("/").rpartition("/")[2]
    other = Client()
    theirs = factories.unlock(other, okafor)
    entry = factories.make_entry(
        owner=okafor, keys=theirs, document=Document(happened=Happened(took_place="One two."))
    )

    assert "<mark>" not in text_of(other.get(f"/journal/{entry.pk}/", {"found": token}))


def test_all_words_must_be_in_one_reflection_wherever_they_stand(
    client: Client, mira: User, keys: VaultKeys
) -> None:
    look = LookBack(noted_at=NOW, learned="To wait.")
    write(mira, keys, title="Both", tags=("endings",), looking_back=(look,))
    write(mira, keys, title="One", tags=("endings",))
    assert found(client, words="endings wait") == ["Both"]


def test_words_of_the_guide_that_were_chosen_are_found(
    client: Client, mira: User, keys: VaultKeys
) -> None:
    write(mira, keys, title="Felt", reaction=Reaction(feelings=(Label("shame", "Ashamed"),)))
    assert found(client, words="ashamed") == ["Felt"]


def test_title_that_is_found_is_marked(client: Client, mira: User, keys: VaultKeys) -> None:
    write(mira, keys, title="Übertragung, again")
    assert "<mark>Übertragung</mark>, again" in text_of(search(client, words="ubertragung"))


NARROWED: list[tuple[dict[str, str], dict[str, Any]]] = [
    ({"case_code": "finch"}, {"happened": Happened(case_code="Finch")}),
    ({"tag": "Endings"}, {"tags": ("endings", "other")}),
    ({"pattern": "too-much"}, {"reaction": Reaction(patterns=(Label("too-much", "Too much"),))}),
    ({"kind": "bond"}, {"happened": Happened(kinds=(Label("bond", "Bond"),))}),
    ({"strategy": "clarify"}, {"repair": Repair(strategies=(Strategy("clarify", "Clarify"),))}),
    (
        {"standing": "partly"},
        {"looking_back": (LookBack(noted_at=NOW, standing="partly"),)},
    ),
    (
        {"since": "2026-03", "until": "2026-03"},
        {"happened": Happened(occurred_on=date(2026, 3, 31))},
    ),
    ({"finished": "yes"}, {"finished_at": NOW}),
]


@pytest.mark.parametrize(("asked", "fields"), NARROWED)
def test_search_is_narrowed_down(
    client: Client, mira: User, keys: VaultKeys, asked: dict[str, str], fields: dict[str, Any]
) -> None:
    write(mira, keys, title="Wanted word", **fields)
    write(mira, keys, title="Other word")
    assert found(client, **asked) == ["Wanted word"]
    assert found(client, words="word", **asked) == ["Wanted word"]


def test_where_it_stands_is_what_was_noted_last(
    client: Client, mira: User, keys: VaultKeys
) -> None:
    looks = (LookBack(noted_at=NOW, standing="raised"), LookBack(noted_at=NOW, standing="repaired"))
    write(mira, keys, title="Mended", looking_back=looks)
    write(mira, keys, title="Nothing noted")
    assert found(client, standing="raised") == []
    assert found(client, standing="repaired") == ["Mended"]
    assert found(client, standing="not_said") == ["Nothing noted"]


def test_day_that_cannot_be_meant_counts_as_the_day_of_writing(
    client: Client, mira: User, keys: VaultKeys
) -> None:
    for year in (1, 9999):
        happened = Happened(occurred_on=date(year, 1, 1))
        write(mira, keys, title=f"Year {year}", happened=happened)
    assert set(found(client, since="2026-05", until="2026-05")) == {"Year 1", "Year 9999"}
    assert found(client, since="9998-01") == []


def test_shared_ones_are_told_apart(
    client: Client, mira: User, okafor: User, keys: VaultKeys
) -> None:
    agreement = factories.make_agreement(supervisee=mira, supervisor=okafor)
    document = factories.full_document(title="Handed over")
    entry = factories.make_entry(owner=mira, keys=keys, document=document)
    factories.make_share(agreement=agreement, entry=entry)
    write(mira, keys, title="Kept")
    assert found(client, shared="yes") == ["Handed over"]
    assert found(client, shared="no") == ["Kept"]


def test_results_come_in_pages_without_saying_what_was_looked_for(
    client: Client, mira: User, keys: VaultKeys
) -> None:
    for number in range(PAGE + 3):
        write(mira, keys, title=f"word {number}", created_at=NOW + timedelta(hours=number))
    first = search(client, words="word")
    assert len(first.context["results"].hits) == PAGE
    assert "There are more" in text_of(first)
    address = first.redirect_chain[-1][0]
    following = first.context["results"].following
    second = client.get(address.partition("#")[0], {"after": str(following), "seen": str(PAGE)})
    assert [hit.row.title for hit in second.context["results"].hits] == [
        "word 2",
        "word 1",
        "word 0",
    ]
    assert f"{PAGE + 3} reflections in all" in text_of(second)
    assert "word" not in address


def test_answer_can_be_come_back_to_and_loaded_again(
    client: Client, mira: User, keys: VaultKeys
) -> None:
    write(mira, keys, title="Finch, the yawn")
    address = search(client, words="yawn").redirect_chain[-1][0].partition("#")[0]
    assert "<mark>yawn</mark>" in text_of(client.get(address))
    assert 'value="yawn"' in text_of(client.get(address))


def test_only_the_latest_searches_are_kept(client: Client, mira: User, keys: VaultKeys) -> None:
    first = search(client, words="word").redirect_chain[-1][0].partition("#")[0]
    for number in range(KEPT):
        search(client, words=f"other {number}")
    response = client.get(first)
    assert response.status_code == 404
    assert "kept no longer" in text_of(response)
    assert text_of(client.get(reverse("journal_search"))).count("#results") == KEPT


def test_same_search_again_is_kept_once(client: Client, mira: User, keys: VaultKeys) -> None:
    for words in ("one", "two", "one"):
        search(client, words=words)
    latest = client.get(reverse("journal_search")).context["latest"]
    assert [words for _token, words in latest] == ["one", "two"]


def test_searches_can_be_forgotten(client: Client, mira: User, keys: VaultKeys) -> None:
    search(client, words="yawn")
    client.post(reverse("journal_search"), {"forget": "yes"})
    assert client.get(reverse("journal_search")).context["latest"] == []
    assert not PrivateList.objects.listed("searches")


def test_what_was_looked_for_stands_nowhere_in_clear(
    client: Client, mira: User, keys: VaultKeys, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    response = search(client, words="quokkaword", tag="quokkaword")
    addresses = [address for address, _status in response.redirect_chain]
    assert "quokkaword" not in "".join(addresses)
    assert "quokkaword" not in caplog.text.replace("%", "")
    assert "quokkaword" not in "".join(str(one.get_decoded()) for one in Session.objects.all())
    row = PrivateList.objects.get(name="searches")
    assert b"quokkaword" not in bytes(row.body)
    assert response["Cache-Control"] == "no-store, private"
    title = response.content.decode().partition("<title>")[2].partition("</title>")[0]
    assert "quokkaword" not in title


def test_words_in_an_address_are_not_looked_for(
    client: Client, mira: User, keys: VaultKeys
) -> None:
    write(mira, keys, title="word")
    response = client.get(reverse("journal_search"), {"words": "word"})
    assert "results" not in response.context
    assert 'value="word"' not in response.content.decode()


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({"words": "x" * 5000}, f"up to {MAX_LENGTH} characters and this has 5,000"),
        ({"words": " ".join(f"w{number}" for number in range(21))}, "Up to 20 words"),
        ({"words": "   "}, "Write a word to look for"),
        ({"words": '""'}, "Write a word to look for"),
        ({"since": "13/2026"}, "as 2026-03"),
        ({"since": "0000-01"}, "as 2026-03"),
        ({"since": "2026-13"}, "as 2026-03"),
        ({"since": "2026-05", "until": "2026-04"}, "before the other"),
        ({"standing": "mended"}, "mended"),
    ],
)
def test_search_that_cannot_be_carried_out_says_why(
    client: Client, mira: User, keys: VaultKeys, asked: dict[str, str], said: str
) -> None:
    response = client.post(reverse("journal_search"), asked)
    assert response.status_code == 422
    assert said in text_of(response)


def test_too_long_a_search_is_still_in_its_box(client: Client, mira: User, keys: VaultKeys) -> None:
    response = client.post(reverse("journal_search"), {"words": "quokka " * 100})
    assert "quokka quokka" in text_of(response)


def test_damaged_entry_is_named_and_the_rest_is_searched(
    client: Client, mira: User, keys: VaultKeys
) -> None:
    write(mira, keys, title="word")
    broken = write(mira, keys, title="word, broken")
    broken.body = bytes(broken.body)[:-1] + b"x"
    broken.save(update_fields=["body"])
    response = search(client, words="word")
    assert [hit.row.title for hit in response.context["results"].hits] == ["word"]
    page = text_of(response)
    assert "Its ciphertext is kept as it is" in page
    assert reverse("entry_read", args=[broken.pk]) in page


def test_entry_in_a_sealed_vault_is_counted_and_not_searched(
    client: Client, mira: User, keys: VaultKeys
) -> None:
    entry = write(mira, keys, title="word")
    older = factories.standing_vault(factories.make_user(name="Nobody Else"))
    Entry.objects.filter(pk=entry.pk).update(vault=older)
    response = search(client, words="word")
    assert response.context["results"].sealed == 1
    assert "sealed vault" in text_of(response)


def test_deleted_entries_are_not_searched(client: Client, mira: User, keys: VaultKeys) -> None:
    entry = write(mira, keys, title="word")
    client.post(reverse("entry_delete", args=[entry.pk]))
    assert found(client, words="word") == []


def test_nobody_finds_what_somebody_else_wrote(
    client: Client, mira: User, jonas: User, keys: VaultKeys
) -> None:
    write(mira, keys, title="word")
    address = search(client, words="word").redirect_chain[-1][0].partition("#")[0]
    other = Client()
    factories.unlock(other, jonas)
    assert found(other, words="word") == []
    assert other.get(address).status_code == 404


def test_find_from_supervision_says_that_it_is(client: Client, mira: User, keys: VaultKeys) -> None:
    step = AgreedStep(source="1", words="Ask before explaining.", by="Ruth Okafor", noted_at=NOW)
    write(mira, keys, title="Finch", repair=Repair(to_act_on=(step,)))
    (hit,) = search(client, words="explaining").context["results"].hits
    (one,) = hit.finds
    assert (one.passage, one.label) == ("Repair", "From supervision")
    assert "".join(piece.text for piece in one.pieces) == "Ask before explaining."


# --- Kept searches follow what is renamed ---------------------------------------------------------


def kept(keys: VaultKeys) -> list[Search]:
    return [one.search for one in latest_searches(keys)]


def rename(mira: User, keys: VaultKeys, old: str, new: str, *, in_texts: bool) -> None:
    renaming = Renaming(old=old, new=new, in_texts=in_texts)
    rename_case(by=mira, keyring=lambda _vault: keys, renaming=renaming)


def test_kept_search_follows_a_case_to_its_new_code(
    client: Client, mira: User, keys: VaultKeys
) -> None:
    write(mira, keys, title="Yawned", happened=Happened(case_code="Finch"))
    url = search(client, case_code="finch").request["PATH_INFO"]
    rename(mira, keys, "Finch", "Wren", in_texts=False)
    assert kept(keys) == [Search(case_code="Wren")]
    (hit,) = client.get(url).context["results"].hits  # the same address, still
    assert hit.row.title == "Yawned"


@pytest.mark.parametrize(
    ("in_texts", "words"), [(True, "wait Wren finches"), (False, "wait Finch finches")]
)
def test_words_looked_for_follow_a_code_only_where_the_texts_do(
    client: Client, mira: User, keys: VaultKeys, in_texts: bool, words: str
) -> None:
    search(client, words="wait Finch finches")
    rename(mira, keys, "Finch", "Wren", in_texts=in_texts)
    assert kept(keys) == [Search(words=words)]


def test_searches_that_become_the_same_are_kept_once(
    client: Client, mira: User, keys: VaultKeys
) -> None:
    for code in ("Finch", "Wren", "Robin"):
        search(client, case_code=code)
    rename(mira, keys, "Finch", "Wren", in_texts=True)
    assert kept(keys) == [Search(case_code="Robin"), Search(case_code="Wren")]


def test_old_code_is_left_in_no_list(client: Client, mira: User, keys: VaultKeys) -> None:
    write(mira, keys, happened=Happened(case_code="Finch", took_place="Finch left."))
    search(client, case_code="Finch", words="Finch")
    rename(mira, keys, "Finch", "Wren", in_texts=True)
    for row in PrivateList.objects.all_of(mira):
        assert b"inch" not in keys.decrypt_body(
            bytes(row.body), crypto.private_list(row.vault_id, row.name)
        )


def test_kept_search_follows_a_tag_and_goes_with_it(
    client: Client, mira: User, keys: VaultKeys
) -> None:
    write(mira, keys, tags=("team",))
    given: Any = {"by": mira, "keys": keys, "keyring": lambda _vault: keys}
    search(client, tag="Team")
    retag(**given, old="team", new="the team")
    assert kept(keys) == [Search(tag="the team")]
    retag(**given, old="the team")
    assert kept(keys) == []


def test_damaged_list_of_searches_hinders_no_renaming(
    client: Client, mira: User, keys: VaultKeys
) -> None:
    entry = write(mira, keys, happened=Happened(case_code="Finch"))
    search(client, case_code="Finch")
    PrivateList.objects.listed(PrivateList.Name.SEARCHES).update(body=b"no list")
    rename(mira, keys, "Finch", "Wren", in_texts=True)
    assert Entry.objects.get(pk=entry.pk).open(keys).happened.case_code == "Wren"


def test_nobodys_searches_but_ones_own_follow(
    client: Client, mira: User, jonas: User, keys: VaultKeys
) -> None:
    theirs = Client()
    their_keys = factories.unlock(theirs, jonas)
    search(theirs, case_code="Finch")
    rename(mira, keys, "Finch", "Wren", in_texts=True)
    assert kept(their_keys) == [Search(case_code="Finch")]


def test_search_is_refused_while_locked(client: Client, mira: User) -> None:
    client.force_login(mira)
    response = client.post(reverse("journal_search"), {"words": "word"})
    assert response.status_code == 423
    assert client.get(reverse("journal_search")).status_code == 302


def test_visitor_is_sent_to_sign_in(client: Client) -> None:
    response = client.post(reverse("journal_search"), {"words": "word"})
    assert response.status_code == 302
    assert "login" in response["Location"]


def test_search_asks_a_constant_number_of_queries(
    client: Client, mira: User, keys: VaultKeys
) -> None:
    counted = []
    for number in (1, 30):
        for _ in range(number):
            write(mira, keys, title="word", tags=("endings",))
        response = search(client, words="word", shared="no")
        address = response.redirect_chain[-1][0].partition("#")[0]
        with CaptureQueriesContext(connection) as asked:
            client.get(address)
        counted.append(len(asked))
    assert counted[0] == counted[1] <= 12, [query["sql"][:90] for query in asked]


def test_entries_are_opened_one_after_another_as_one_by_one(mira: User, keys: VaultKeys) -> None:
    entry = write(mira, keys, title="word")
    context = crypto.entry_body(entry.pk, entry.vault_id, entry.revision)
    key, body = bytes(entry.key), bytes(entry.body)
    one_by_one = crypto.decrypt_body(entry.data_key(keys), body, context)
    assert keys.entry_opener()(entry.pk.bytes, entry.revision, key, body) == one_by_one


Swap = Callable[[Entry, Entry], tuple[Any, ...]]
SWAPS: list[Swap] = [
    lambda one, two: (two.pk.bytes, one.revision, one.key, one.body),
    lambda one, two: (one.pk.bytes, one.revision + 1, one.key, one.body),
    lambda one, two: (one.pk.bytes, one.revision, two.key, one.body),
    lambda one, two: (one.pk.bytes, one.revision, one.key, two.body),
    lambda one, two: (one.pk.bytes, one.revision, one.key, b"\x01\x10" + bytes(one.body)[2:]),
    lambda one, two: (one.pk.bytes, one.revision, b"\x02" + bytes(one.key)[1:], one.body),
    lambda one, two: (one.pk.bytes, one.revision, one.key, bytes(one.body)[:9]),
    lambda one, two: (one.pk.bytes, one.revision, b"", one.body),
]


@pytest.mark.parametrize("swap", SWAPS)
def test_swapped_ciphertexts_refuse_to_open_one_after_another(
    mira: User, keys: VaultKeys, swap: Swap
) -> None:
    one, two = write(mira, keys, title="one"), write(mira, keys, title="two")
    with pytest.raises(CannotOpen):
        keys.entry_opener()(*swap(one, two))
