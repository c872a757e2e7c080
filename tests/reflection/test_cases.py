"""Case codes: the list, one case over time, another code everywhere."""

import uuid
from datetime import UTC, date, datetime
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import User
from reflection import actions
from reflection.actions import Conflict, Saved, Source
from reflection.cases import Code, add_codes, case_id, case_key, codes_of, note_code, take_code
from reflection.codes import CASE_CODES, propose
from reflection.document import Document, Happened, LookBack, Repair
from reflection.models import Entry, EntryVersion, PrivateList
from reflection.renaming import Renaming, rename_case, survey
from tests import factories
from vault import crypto
from vault.crypto import VaultKeys

pytestmark = pytest.mark.django_db
JSON = {"accept": "application/json"}


@pytest.fixture
def keys(client: Client, mira: User) -> VaultKeys:
    """Mira, signed in with her journal unlocked."""
    return factories.unlock(client, mira)


def coded(owner: User, keys: VaultKeys, code: str, **fields: Any) -> Entry:
    happened = Happened(case_code=code, took_place=fields.pop("text", ""))
    document = Document(happened=happened, **fields)
    return factories.make_entry(owner=owner, keys=keys, document=document)


def words(user: User, keys: VaultKeys) -> tuple[str, ...]:
    return codes_of(user, keys, lambda _vault: keys).words


def rename(user: User, keys: VaultKeys, old: str, new: str, *, in_texts: bool = True) -> Any:
    renaming = Renaming(old=old, new=new, in_texts=in_texts)
    return rename_case(by=user, keyring=lambda _vault: keys, renaming=renaming)


def url_of(name: str, keys: VaultKeys, code: str) -> str:
    return reverse(name, args=[case_id(keys, code)])


# --- The list ------------------------------------------------------------------------------------


def test_code_of_a_saved_entry_is_on_the_list_and_other_spellings_are_the_same(
    mira: User, keys: VaultKeys
) -> None:
    coded(mira, keys, "Finch")
    coded(mira, keys, "  finch ")
    coded(mira, keys, "🪶 Wren")
    coded(mira, keys, "צִפּוֹר")
    assert words(mira, keys) == ("Finch", "צִפּוֹר", "🪶 Wren")


def test_list_is_gathered_from_a_journal_that_was_there_before(mira: User, keys: VaultKeys) -> None:
    coded(mira, keys, "Finch")
    PrivateList.objects.all().delete()
    assert words(mira, keys) == ("Finch",)


def test_word_saved_half_typed_goes_when_the_whole_is_saved(mira: User, keys: VaultKeys) -> None:
    coded(mira, keys, "Alder")
    entry = coded(mira, keys, "Fi")
    note_code(entry=entry, keys=keys, before="Fi", after="Finch")
    assert words(mira, keys) == ("Alder", "Finch")


def test_code_that_another_entry_has_stays_when_one_loses_it(mira: User, keys: VaultKeys) -> None:
    first = coded(mira, keys, "Finch")
    coded(mira, keys, "Finch")
    note_code(entry=first, keys=keys, before="Finch", after="Wren")
    assert words(mira, keys) == ("Finch", "Wren")


def test_code_put_aside_for_later_stays_when_an_entry_tries_it(mira: User, keys: VaultKeys) -> None:
    add_codes(keys=keys, words=["Dunlin"])
    entry = coded(mira, keys, "Dunlin")
    note_code(entry=entry, keys=keys, before="Dunlin", after="")
    assert words(mira, keys) == ("Dunlin",)


def test_damaged_list_hinders_no_save_and_is_made_anew(
    client: Client, mira: User, keys: VaultKeys
) -> None:
    coded(mira, keys, "Finch")
    PrivateList.objects.update(body=b"\x01\x01" + bytes(60))
    coded(mira, keys, "Wren")
    page = client.get(reverse("case_list")).content.decode()
    assert "cannot be opened" in page
    assert client.get(reverse("journal_begin")).status_code == 200
    assert client.post(reverse("case_gather")).status_code == 302
    assert set(words(mira, keys)) == {"Finch", "Wren"}


def test_code_that_only_entries_have_comes_to_the_list_by_itself(
    client: Client, mira: User, keys: VaultKeys
) -> None:
    """So it was with what was brought in by an earlier Mend."""
    coded(mira, keys, "Finch")
    coded(mira, keys, "Wren")
    take_code(by=mira, keyring=lambda _vault: keys, word="Finch")

    page = client.get("/journal/cases/").content.decode()

    assert "no case code" not in page
    assert words(mira, keys) == ("Finch", "Wren")
    assert client.get(url_of("case_read", keys, "Finch")).status_code == 200


def test_proposed_codes_are_none_that_is_used_and_never_run_out() -> None:
    assert not {"Hazel", "Martin", "Rowan"} & set(propose([], 60))
    used = [name.upper() for name in CASE_CODES[:-2]]
    assert set(propose(used, 2)) == set(CASE_CODES[-2:])
    more = propose(used, 6)
    assert len(set(more)) == 6
    assert not {case_key(word) for word in more} & {case_key(word) for word in used}


def test_writing_page_opens_one_row_for_the_codes_and_not_the_journal(
    client: Client, mira: User, keys: VaultKeys, opened: list[Document]
) -> None:
    for number in range(4):
        coded(mira, keys, f"Code {number}")
    opened.clear()
    page = client.get(reverse("journal_begin")).content.decode()
    assert '<option value="Code 3">' in page
    assert 'autocomplete="off"' in page
    assert client.get(reverse("journal_capture")).status_code == 200
    assert opened == []


@pytest.mark.parametrize(
    ("word", "ok"),
    [
        ("J.S.", False),
        ("AB", False),
        ("MW 3", True),
        ("Nr 47110", False),
        ("12 05 1987", False),
        ("Heron", True),
        ("🦉", True),
        ("נחליאלי", True),
        ("Birch Flint", True),
    ],
)
def test_code_that_looks_like_initials_or_a_record_is_refused(
    word: str, ok: bool, client: Client, mira: User, keys: VaultKeys
) -> None:
    answer = client.post(reverse("case_list"), {"word": word})
    assert answer.status_code == (302 if ok else 422)
    assert (word in words(mira, keys)) is ok


def test_code_for_later_can_be_taken_from_the_list(
    client: Client, mira: User, keys: VaultKeys
) -> None:
    client.post(reverse("case_list"), {"word": "Dunlin"})
    assert client.post(url_of("case_remove", keys, "Dunlin")).status_code == 302
    assert words(mira, keys) == ()


# --- One case ------------------------------------------------------------------------------------


def test_case_shows_rupture_repair_and_looks_in_the_order_of_their_days(
    client: Client, mira: User, keys: VaultKeys
) -> None:
    look = LookBack(noted_at=datetime(2026, 5, 20, 12, tzinfo=UTC), standing="partly", met="A nod.")
    first = Document(
        title="The yawn",
        happened=Happened(case_code="Finch", occurred_on=date(2026, 5, 4)),
        repair=Repair(plan="No explaining."),
        looking_back=(look,),
    )
    later = Document(
        title="The bill", happened=Happened(case_code="finch", occurred_on=date(2026, 5, 11))
    )
    born = datetime(2026, 6, 1, tzinfo=UTC)
    factories.make_entry(owner=mira, keys=keys, document=later, created_at=born)
    factories.make_entry(owner=mira, keys=keys, document=first, created_at=born)
    coded(mira, keys, "Wren", text="Elsewhere.")
    page = client.get(url_of("case_read", keys, "Finch")).content.decode()
    places = [page.index(word) for word in ("The yawn", "No explaining.", "The bill", "A nod.")]
    assert places == sorted(places)
    assert "Elsewhere." not in page
    assert "Partly repaired" in page


def test_look_back_stands_on_its_own_day_in_the_case(
    client: Client, mira: User, keys: VaultKeys
) -> None:
    noted = datetime(2026, 5, 20, 12, tzinfo=UTC)
    look = LookBack(noted_at=noted, occurred_on=date(2026, 5, 7), met="A nod.")
    coded(mira, keys, "Finch", text="The yawn.", looking_back=(look,))

    page = client.get(url_of("case_read", keys, "Finch")).content.decode()

    assert "7 May 2026" in page
    assert "20 May 2026" not in page


def test_address_of_a_case_does_not_hold_its_code_and_means_nothing_in_another_vault(
    client: Client, mira: User, okafor: User, keys: VaultKeys
) -> None:
    coded(mira, keys, "Finch")
    url = url_of("case_read", keys, "Finch")
    assert "inch" not in url
    assert client.get(url).status_code == 200
    other = Client()
    coded(okafor, factories.unlock(other, okafor), "Finch")
    assert other.get(url).status_code == 404
    for name in ("case_rename", "case_remove"):
        assert other.post(url_of(name, keys, "Finch"), {"word": "Wren"}).status_code == 404
    assert client.get(reverse("case_read", args=[uuid.uuid4()])).status_code == 404


def test_reflection_begun_from_a_case_has_its_code(
    client: Client, mira: User, keys: VaultKeys
) -> None:
    coded(mira, keys, "Finch")
    case = case_id(keys, "Finch")
    assert 'value="Finch"' in client.get(f"/journal/new/?case={case}").content.decode()
    assert 'value="Finch"' in client.get(f"/journal/capture/?case={case}").content.decode()
    assert client.get("/journal/new/?case=nonsense").status_code == 200


def test_damaged_entry_hides_no_case_and_is_named(
    client: Client, mira: User, keys: VaultKeys
) -> None:
    coded(mira, keys, "Finch")
    broken = coded(mira, keys, "Wren")
    Entry.objects.filter(pk=broken.pk).update(body=b"\x01\x01" + bytes(40))
    for url in (reverse("case_list"), url_of("case_read", keys, "Finch")):
        page = client.get(url).content.decode()
        assert "Finch" in page
        assert str(broken.pk) in page


@pytest.mark.parametrize("name", ["case_list", "case_read", "case_rename", "capture_list"])
def test_queries_are_few_and_do_not_grow(
    name: str, client: Client, mira: User, keys: VaultKeys, django_assert_max_num_queries: Any
) -> None:
    coded(mira, keys, "Finch")
    url = reverse(name) if name.endswith("list") else url_of(name, keys, "Finch")
    client.get(url)
    with django_assert_max_num_queries(12) as few:
        client.get(url)
    for number in range(12):
        coded(mira, keys, "Finch" if number % 2 else f"Code {number}")
    with django_assert_max_num_queries(len(few)):
        client.get(url)


# --- Another code --------------------------------------------------------------------------------


def test_renaming_leaves_the_old_code_nowhere_in_ones_journal(mira: User, keys: VaultKeys) -> None:
    entry = coded(mira, keys, "Finch", text="Finch's silence.", title="Finch, after")
    other = coded(mira, keys, "Wren", text="As with Finch. Finches fly; finch too.")
    deleted = coded(mira, keys, "finch")
    actions.delete_entry(by=mira, pk=deleted.pk)
    look = LookBack(noted_at=datetime(2026, 5, 20, 12, tzinfo=UTC), met="Finch nodded.")
    actions.look_back(by=mira, keys=keys, pk=entry.pk, look=look, follow_up_on=None)
    EntryVersion.objects.create(entry=entry, revision=99, body=b"", kind=EntryVersion.Kind.CONFLICT)
    version = EntryVersion.objects.get(revision=99)
    version.put(keys, Document(happened=Happened(case_code="Finch", took_place="Finch left.")))
    version.save()
    saved = Entry.objects.get(pk=entry.pk).updated_at

    done = rename(mira, keys, "Finch", "Dunlin")

    assert (done.changed, done.damaged, done.sealed) == (3, (), 0)
    documents = [one.open(keys) for one in Entry.objects.all()]
    documents += [one.open(keys) for one in EntryVersion.objects.select_related("entry")]
    for document in documents:
        assert "Finch" not in str(document).replace("Finches", "")
        assert document.happened.case_code in {"Dunlin", "Wren"}
    assert Entry.objects.get(pk=other.pk).open(keys).happened.took_place == (
        "As with Dunlin. Finches fly; finch too."
    )
    assert Entry.objects.get(pk=entry.pk).updated_at == saved
    assert words(mira, keys) == ("Dunlin", "Wren")


def test_renaming_leaves_the_texts_where_that_was_not_wanted(mira: User, keys: VaultKeys) -> None:
    entry = coded(mira, keys, "Ash", text="Ash on the sill.")
    rename(mira, keys, "Ash", "Dunlin", in_texts=False)
    happened = Entry.objects.get(pk=entry.pk).open(keys).happened
    assert (happened.case_code, happened.took_place) == ("Dunlin", "Ash on the sill.")


def test_renaming_touches_nobody_elses_journal(mira: User, okafor: User, keys: VaultKeys) -> None:
    theirs = factories.unlock(Client(), okafor)
    entry = coded(okafor, theirs, "Finch")
    coded(mira, keys, "Finch")
    rename(mira, keys, "Finch", "Dunlin")
    assert Entry.objects.get(pk=entry.pk).open(theirs).happened.case_code == "Finch"


def test_page_opened_before_a_renaming_does_not_bring_back_a_tag_that_said_the_code(
    client: Client, mira: User, keys: VaultKeys
) -> None:
    entry = coded(mira, keys, "", tags=("Finch",))
    rename(mira, keys, "Finch", "Dunlin")
    old = {"tags": "Finch", "took_place": "And then?", "revision": "1", "page": "5f"}

    answer = client.post(f"/journal/{entry.pk}/happened/", old, headers=JSON)

    assert answer.status_code == 409
    assert Entry.objects.get(pk=entry.pk).open(keys).tags == ("Dunlin",)


def test_page_opened_before_a_renaming_does_not_bring_the_old_code_back_unseen(
    client: Client, mira: User, keys: VaultKeys
) -> None:
    entry = coded(mira, keys, "Finch", text="They were silent.")
    rename(mira, keys, "Finch", "Dunlin")
    old = {"case_code": "Finch", "took_place": "And then?", "revision": "1"}
    for page in ("", "5f"):
        answer = client.post(f"/journal/{entry.pk}/happened/", {**old, "page": page}, headers=JSON)
        assert answer.status_code == 409
        assert Entry.objects.get(pk=entry.pk).open(keys).happened.case_code == "Dunlin"
    shown = client.post(f"/journal/{entry.pk}/happened/", {**old, "page": "5f"})
    assert shown.status_code == 409
    assert "Finch" in shown.content.decode()
    assert "Dunlin" in shown.content.decode()


def test_other_passage_of_a_page_opened_before_is_saved_as_ever(
    mira: User, keys: VaultKeys
) -> None:
    import msgspec

    entry = coded(mira, keys, "Finch")
    rename(mira, keys, "Finch", "Dunlin")
    saved = actions.save_passage(
        by=mira,
        keys=keys,
        pk=entry.pk,
        passage="repair",
        rewrite=lambda document: msgspec.structs.replace(document, repair=Repair(plan="Thursday")),
        source=Source(revision=1, page="a", turn=1),
    )
    assert isinstance(saved, Saved)
    assert not isinstance(saved, Conflict)
    assert saved.document.happened.case_code == "Dunlin"


def test_two_cases_become_one_only_when_that_was_said(
    client: Client, mira: User, keys: VaultKeys
) -> None:
    first, second = coded(mira, keys, "Finch"), coded(mira, keys, "Wren")
    url = url_of("case_rename", keys, "Finch")
    asked = client.post(url, {"word": "wren"})
    assert asked.status_code == 422
    assert "Shall the two become one?" in asked.content.decode()
    assert Entry.objects.get(pk=first.pk).open(keys).happened.case_code == "Finch"
    done = client.post(url, {"word": "wren", "merge": "on", "in_texts": "on"})
    assert done.status_code == 200
    codes = {Entry.objects.get(pk=one.pk).open(keys).happened.case_code for one in (first, second)}
    assert codes == {"Wren"}
    assert words(mira, keys) == ("Wren",)
    assert client.get(url).status_code == 404


def test_spelling_of_a_code_can_be_changed_without_being_asked(
    client: Client, mira: User, keys: VaultKeys
) -> None:
    coded(mira, keys, "finch")
    assert client.post(url_of("case_rename", keys, "finch"), {"word": "Finch"}).status_code == 200
    assert words(mira, keys) == ("Finch",)


def test_renaming_leaves_a_damaged_entry_and_says_which(
    client: Client, mira: User, keys: VaultKeys
) -> None:
    coded(mira, keys, "Finch")
    broken = coded(mira, keys, "Finch")
    Entry.objects.filter(pk=broken.pk).update(body=b"\x01\x01" + bytes(40))
    page = client.post(url_of("case_rename", keys, "Finch"), {"word": "Dunlin"}).content.decode()
    assert "Changed in 1 reflection" in page
    assert str(broken.pk) in page
    assert bytes(Entry.objects.get(pk=broken.pk).body) == b"\x01\x01" + bytes(40)


def test_renaming_says_how_often_the_word_stands_where(mira: User, keys: VaultKeys) -> None:
    coded(mira, keys, "Finch", text="Finch laughed.")
    coded(mira, keys, "Wren", text="Like Finch.")
    found = survey(mira, lambda _vault: keys, "Finch")
    assert (found.coded, found.mentioning) == (1, 2)


def test_renamed_texts_are_bound_to_their_place(mira: User, keys: VaultKeys) -> None:
    one, other = coded(mira, keys, "Finch"), coded(mira, keys, "Finch")
    rename(mira, keys, "Finch", "Dunlin")
    body = Entry.objects.get(pk=one.pk).body
    Entry.objects.filter(pk=other.pk).update(body=body)
    with pytest.raises(crypto.CannotOpen):
        Entry.objects.get(pk=other.pk).open(keys)


def test_list_of_codes_is_sealed_under_its_vault_and_name(mira: User, keys: VaultKeys) -> None:
    coded(mira, keys, "Finch")
    row = PrivateList.objects.get(name="cases")
    assert b"Finch" not in bytes(row.body)
    assert [code.word for code in row.open_as(keys, Code)] == ["Finch"]
    row.name = "watched"
    with pytest.raises(crypto.CannotOpen):
        row.open_as(keys, Code)
