"""Looking back: noted, changed and taken away; the day to be asked; change over time in words."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from reflection import actions
from reflection.alliance import changes, noted_earlier
from reflection.document import SCHEMA, Alliance, Document, Happened, Items, LookBack, decode
from reflection.models import Entry, EntryVersion
from reflection.reading import day_of_look, standing_of
from tests import factories
from vault.crypto import VaultKeys

pytestmark = pytest.mark.django_db

NOTED = datetime(2026, 5, 20, 12, 0, 0, 123456, tzinfo=UTC)


@pytest.fixture
def keys(client: Client, mira: User) -> VaultKeys:
    """Mira, signed in with her journal unlocked."""
    return factories.unlock(client, mira)


@pytest.fixture
def entry(mira: User, keys: VaultKeys) -> Entry:
    """A reflection with two looks back."""
    looks = (
        LookBack(noted_at=NOTED, met="A nod.", standing="raised"),
        LookBack(noted_at=NOTED + timedelta(days=7), learned="Wait.", standing="partly"),
    )
    document = Document(title="The yawn", looking_back=looks)
    return factories.make_entry(owner=mira, keys=keys, document=document)


def looks_of(entry: Entry, keys: VaultKeys) -> tuple[LookBack, ...]:
    return Entry.objects.get(pk=entry.pk).open(keys).looking_back


def edit_url(entry: Entry, place: int) -> str:
    return reverse("look_back_edit", args=[entry.pk, place])


def posted(look: LookBack, **changed: str) -> dict[str, str]:
    return {"noted_at": look.noted_at.isoformat(), "revision": "1", **changed}


def test_look_back_is_changed_in_its_place_and_the_earlier_text_is_kept(
    client: Client, entry: Entry, keys: VaultKeys
) -> None:
    first, second = looks_of(entry, keys)
    page = client.get(edit_url(entry, 1)).content.decode()
    assert "A nod." in page
    answer = client.post(edit_url(entry, 1), posted(first, met="A long nod.", standing="raised"))
    assert answer.status_code == 302
    assert [look.met for look in looks_of(entry, keys)] == ["A long nod.", ""]
    assert looks_of(entry, keys)[1] == second
    kept = EntryVersion.objects.select_related("entry").get().open(keys)
    assert kept.looking_back == (first, second)


def test_look_back_is_of_today_unless_another_day_is_given(
    client: Client, entry: Entry, keys: VaultKeys
) -> None:
    url = reverse("entry_look_back", args=[entry.pk])
    with time_machine.travel(datetime(2026, 5, 31, 18, tzinfo=UTC), tick=False):
        page = client.get(url).content.decode()
        noted = timezone.now().isoformat()
        client.post(url, {"noted_at": noted, "did": "Spoke.", "occurred_on": "2026-05-28"})
        client.post(url, {"noted_at": noted, "did": "No day."})
    assert 'name="occurred_on" value="2026-05-31"' in page
    assert [look.occurred_on for look in looks_of(entry, keys)[2:]] == [date(2026, 5, 28), None]
    read = client.get(reverse("entry_read", args=[entry.pk])).content.decode()
    assert read.index("28 May 2026") < read.index("Spoke.") < read.index("31 May 2026")


def test_detail_noted_when_looking_back_is_shown_once_it_is_saved(
    client: Client, entry: Entry
) -> None:
    url = reverse("entry_look_back", args=[entry.pk])
    noted = timezone.now().isoformat()
    answer = client.post(url, {"noted_at": noted, "did": "I rang 020 7946 0018."})
    shown = reverse("entry_read", args=[entry.pk]) + "?details=shown#identifiers"
    assert answer["Location"] == shown
    assert "<mark>020 7946 0018</mark>" in client.get(answer["Location"]).content.decode()


def test_day_of_a_look_back_can_be_changed_and_looks_stand_in_the_order_of_their_days(
    client: Client, entry: Entry, keys: VaultKeys
) -> None:
    second = looks_of(entry, keys)[1]
    page = client.get(edit_url(entry, 2)).content.decode()
    assert 'name="occurred_on" value="2026-05-27"' in page
    changed = posted(second, learned="Wait.", standing="partly", occurred_on="2026-05-14")
    assert client.post(edit_url(entry, 2), changed).status_code == 302
    assert [look.learned for look in looks_of(entry, keys)] == ["Wait.", ""]
    assert looks_of(entry, keys)[0].occurred_on == date(2026, 5, 14)
    assert standing_of(Entry.objects.get().open(keys)) == "raised"


@pytest.mark.parametrize("day", ["2026-06-03", "1926-05-31", "nonsense"])
def test_day_of_a_look_back_that_cannot_be_meant_is_refused(
    client: Client, entry: Entry, keys: VaultKeys, day: str
) -> None:
    url = reverse("entry_look_back", args=[entry.pk])
    with time_machine.travel(datetime(2026, 5, 31, 18, tzinfo=UTC), tick=False):
        data = {"noted_at": timezone.now().isoformat(), "did": "Spoke.", "occurred_on": day}
        answer = client.post(url, data)
    assert answer.status_code == 422
    assert "Spoke." in answer.content.decode()
    assert len(looks_of(entry, keys)) == 2


def test_look_back_of_an_earlier_mend_is_of_the_day_it_was_noted(mira: User) -> None:
    old = b'{"schema":1,"looking_back":[{"noted_at":"2026-05-20T12:00:00Z","met":"A nod."}]}'
    document = decode(old)
    assert document.schema == SCHEMA
    assert document.looking_back == (LookBack(noted_at=NOTED.replace(microsecond=0), met="A nod."),)
    assert day_of_look(document.looking_back[0]) == date(2026, 5, 20)


def test_look_back_is_known_by_when_it_was_noted_and_not_by_its_place(
    client: Client, mira: User, entry: Entry, keys: VaultKeys
) -> None:
    first, second = looks_of(entry, keys)
    actions.take_look(by=mira, keys=keys, pk=entry.pk, noted_at=first.noted_at)
    late = posted(second, learned="Wait longer.", revision="2")
    assert client.post(edit_url(entry, 2), late).status_code == 302
    assert [look.learned for look in looks_of(entry, keys)] == ["Wait longer."]


def test_look_back_changed_in_another_tab_is_shown_before_it_is_replaced(
    client: Client, entry: Entry, keys: VaultKeys
) -> None:
    first, _ = looks_of(entry, keys)
    client.post(edit_url(entry, 1), posted(first, met="From one tab."))
    answer = client.post(edit_url(entry, 1), posted(first, met="From the other."))
    page = answer.content.decode()
    assert answer.status_code == 409
    assert "From one tab." in page
    assert "From the other." in page
    assert looks_of(entry, keys)[0].met == "From one tab."
    revision = str(Entry.objects.get(pk=entry.pk).revision)
    assert f'name="revision" value="{revision}"' in page
    again = posted(first, met="From the other.", revision=revision)
    assert client.post(edit_url(entry, 1), again).status_code == 302
    assert looks_of(entry, keys)[0].met == "From the other."


def test_text_for_a_look_back_taken_away_meanwhile_is_not_lost(
    client: Client, entry: Entry, keys: VaultKeys
) -> None:
    first, _ = looks_of(entry, keys)
    remove = reverse("look_back_remove", args=[entry.pk, 1])
    assert client.post(remove, {"noted_at": first.noted_at.isoformat()}).status_code == 302
    answer = client.post(edit_url(entry, 1), posted(first, met="Written meanwhile."))
    assert answer.status_code == 409
    assert "Written meanwhile." in answer.content.decode()
    assert f'action="{reverse("entry_look_back", args=[entry.pk])}"' in answer.content.decode()


def test_look_back_taken_away_stays_among_the_earlier_texts(
    client: Client, entry: Entry, keys: VaultKeys
) -> None:
    first, second = looks_of(entry, keys)
    remove = reverse("look_back_remove", args=[entry.pk, 1])
    for _ in range(2):  # a second press takes no other
        client.post(remove, {"noted_at": first.noted_at.isoformat()})
    assert looks_of(entry, keys) == (second,)
    assert first in EntryVersion.objects.select_related("entry").get().open(keys).looking_back


@pytest.mark.parametrize("place", [0, 3, 99999])
def test_look_back_that_is_not_there_is_not_found(client: Client, entry: Entry, place: int) -> None:
    assert client.get(edit_url(entry, place)).status_code == 404


@pytest.mark.parametrize("noted_at", ["", "nonsense", "0001-01-01T00:00:00Z", "9999-12-31T23:59Z"])
def test_clock_of_the_page_that_cannot_be_meant_is_not_taken(
    client: Client, entry: Entry, keys: VaultKeys, noted_at: str
) -> None:
    url = reverse("entry_look_back", args=[entry.pk])
    answer = client.post(url, {"learned": "Third.", "noted_at": noted_at})
    assert answer.status_code in {302, 422}
    assert client.get(reverse("entry_read", args=[entry.pk])).status_code == 200
    for look in looks_of(entry, keys):
        assert date(2020, 1, 1) < look.noted_at.date() < date(2100, 1, 1)


def test_same_page_sent_again_with_other_words_keeps_both(
    client: Client, entry: Entry, keys: VaultKeys
) -> None:
    url = reverse("entry_look_back", args=[entry.pk])
    now = timezone.now().isoformat()
    for words in ("One.", "One.", "Other."):
        client.post(url, {"learned": words, "noted_at": now})
    assert [look.learned for look in looks_of(entry, keys)][2:] == ["One.", "Other."]
    times = [look.noted_at for look in looks_of(entry, keys)]
    assert len(set(times)) == len(times)


@pytest.mark.parametrize(
    ("method", "name"),
    [
        ("get", "look_back_edit"),
        ("post", "look_back_edit"),
        ("post", "look_back_remove"),
        ("get", "entry_remind"),
        ("post", "entry_remind"),
    ],
)
@pytest.mark.parametrize("who", ["jonas", "okafor", "ada", "operator"])
def test_nobody_else_looks_back(
    who: str, method: str, name: str, entry: Entry, request: pytest.FixtureRequest
) -> None:
    other = Client()
    factories.unlock(other, request.getfixturevalue(who))
    args = [entry.pk] if name == "entry_remind" else [entry.pk, 1]
    data = {"when": "week", "noted_at": NOTED.isoformat()}
    assert getattr(other, method)(reverse(name, args=args), data).status_code == 404
    assert Entry.objects.get(pk=entry.pk).follow_up_on is None


# --- When to be asked ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("when", "on", "expected"),
    [
        ("tomorrow", "", date(2026, 5, 21)),
        ("week", "", date(2026, 5, 27)),
        ("month", "", date(2026, 6, 17)),
        ("day", "2026-07-01", date(2026, 7, 1)),
        ("never", "", None),
        ("week", "0001-01-01", date(2026, 5, 27)),
    ],
)
def test_not_yet_is_asked_again_when_one_says(
    when: str, on: str, expected: date | None, client: Client, mira: User, entry: Entry
) -> None:
    with time_machine.travel(datetime(2026, 5, 20, 12, tzinfo=UTC), tick=False):
        factories.unlock(client, mira)
        Entry.objects.filter(pk=entry.pk).update(follow_up_on=date(2026, 5, 20))
        url = reverse("entry_remind", args=[entry.pk])
        answer = client.post(url, {"when": when, "on": on, "back": "home"})
        assert answer.status_code == 302
        assert answer["Location"].startswith("/?reminded=")
        assert Entry.objects.get(pk=entry.pk).follow_up_on == expected
        page = client.get(answer["Location"]).content.decode()
        assert "You planned to look back" not in page


def test_looking_back_early_leaves_the_day_that_is_set(client: Client, entry: Entry) -> None:
    day = timezone.localdate() + timedelta(days=40)
    Entry.objects.filter(pk=entry.pk).update(follow_up_on=day)
    url = reverse("entry_look_back", args=[entry.pk])
    page = client.get(url).content.decode()
    assert f'name="follow_up_on" value="{day}"' in page
    opened = {"initial-follow_up_on": str(day), "follow_up_on": str(day)}
    client.post(url, {"noted_at": timezone.now().isoformat(), "did": "Spoke early.", **opened})
    assert Entry.objects.get(pk=entry.pk).follow_up_on == day
    emptied = {"initial-follow_up_on": str(day), "follow_up_on": ""}
    client.post(url, {"noted_at": timezone.now().isoformat(), "did": "And again.", **emptied})
    assert Entry.objects.get(pk=entry.pk).follow_up_on is None


def test_looking_back_on_the_day_ends_the_reminder(client: Client, entry: Entry) -> None:
    Entry.objects.filter(pk=entry.pk).update(follow_up_on=timezone.localdate())
    url = reverse("entry_look_back", args=[entry.pk])
    assert 'name="follow_up_on" value=' not in client.get(url).content.decode()
    opened = {"initial-follow_up_on": "", "follow_up_on": ""}
    client.post(url, {"noted_at": timezone.now().isoformat(), "did": "Spoke.", **opened})
    assert Entry.objects.get(pk=entry.pk).follow_up_on is None


@pytest.mark.parametrize("name", ["entry_look_back", "look_back_edit"])
def test_day_set_elsewhere_since_is_not_set_back(
    client: Client, mira: User, entry: Entry, keys: VaultKeys, name: str
) -> None:
    today = timezone.localdate()
    Entry.objects.filter(pk=entry.pk).update(follow_up_on=today)
    args = [entry.pk] if name == "entry_look_back" else [entry.pk, 1]
    shown = "" if name == "entry_look_back" else str(today)
    in_a_week = today + timedelta(days=7)
    actions.set_look_back(by=mira, pk=entry.pk, follow_up_on=in_a_week)
    look = looks_of(entry, keys)[0]
    opened = {"initial-follow_up_on": shown, "follow_up_on": shown}
    fields = posted(look, met="A long nod.", **opened)
    if name == "entry_look_back":
        fields["noted_at"] = timezone.now().isoformat()
    assert client.post(reverse(name, args=args), fields).status_code == 302
    assert Entry.objects.get(pk=entry.pk).follow_up_on == in_a_week


@pytest.mark.parametrize("day", ["", "0001-01-01", "9999-12-31", "2026-02-30", "soon", "1.5.2026"])
def test_day_that_cannot_be_meant_is_asked_for_again(
    day: str, client: Client, keys: VaultKeys, entry: Entry
) -> None:
    answer = client.post(reverse("entry_remind", args=[entry.pk]), {"when": "day", "on": day})
    assert answer.status_code == 422
    assert 'aria-invalid="true"' in answer.content.decode()
    assert Entry.objects.get(pk=entry.pk).follow_up_on is None


@pytest.mark.parametrize("day", ["0001-01-01", "9999-12-31"])
def test_impossible_day_is_refused_where_one_looks_back_and_plans(
    day: str, client: Client, keys: VaultKeys, entry: Entry
) -> None:
    data = {"learned": "x", "follow_up_on": day, "noted_at": NOTED.isoformat()}
    assert client.post(reverse("entry_look_back", args=[entry.pk]), data).status_code == 422
    repair = reverse("entry_write", kwargs={"pk": entry.pk, "passage": "repair"})
    answer = client.post(repair, {"follow_up_on": day, "revision": "1"})
    assert answer.status_code == 422
    assert "within the next ten years" in answer.content.decode()


def test_day_that_is_over_is_refused_where_one_looks_back(
    client: Client, keys: VaultKeys, entry: Entry
) -> None:
    yesterday = str(timezone.localdate() - timedelta(days=1))
    data = {"learned": "x", "follow_up_on": yesterday, "noted_at": timezone.now().isoformat()}
    looked = client.post(reverse("entry_look_back", args=[entry.pk]), data)
    asked = {"when": "day", "on": yesterday}
    for answer in (looked, client.post(reverse("entry_remind", args=[entry.pk]), asked)):
        assert answer.status_code == 422
        assert "That day is over." in answer.content.decode()
    today = data | {"follow_up_on": str(timezone.localdate())}
    assert client.post(reverse("entry_look_back", args=[entry.pk]), today).status_code == 302


def test_day_that_is_over_is_kept_and_asked_about_where_one_plans(
    client: Client, keys: VaultKeys, entry: Entry
) -> None:
    today = timezone.localdate()
    repair = reverse("entry_write", kwargs={"pk": entry.pk, "passage": "repair"})

    def doubts(day: date, opened: date | str = "") -> dict[str, str]:
        data = {"follow_up_on": day, "initial-follow_up_on": opened, "revision": "1"}
        answer = client.post(repair, data, headers={"accept": "application/json"})
        assert answer.status_code == 200
        found: dict[str, str] = answer.json()["doubts"]
        return found

    late = today - timedelta(days=8)
    assert "is over" in doubts(late)["follow_up_on"]
    assert Entry.objects.get(pk=entry.pk).follow_up_on == late
    assert doubts(late, opened=late) == {}
    assert doubts(today) == {}
    assert "Is this day right?" not in client.get(repair).content.decode()


@pytest.mark.parametrize("day", [date(1, 1, 1), date(9999, 12, 31)])
def test_impossible_day_that_is_stored_hinders_no_page(
    day: date, client: Client, keys: VaultKeys, entry: Entry
) -> None:
    Entry.objects.filter(pk=entry.pk).update(follow_up_on=day)
    for name in ("entry_read", "entry_look_back", "entry_remind"):
        assert client.get(reverse(name, args=[entry.pk])).status_code == 200
    for url in ("/", "/journal/", f"/journal/{entry.pk}/repair/"):
        assert client.get(url).status_code == 200


@pytest.mark.parametrize(
    ("zone", "comes"),
    [("Pacific/Auckland", True), ("Europe/London", False), ("America/Lima", False)],
)
def test_day_comes_by_the_clock_of_who_asks(
    zone: str, comes: bool, client: Client, mira: User, entry: Entry
) -> None:
    Entry.objects.filter(pk=entry.pk).update(follow_up_on=date(2026, 5, 21))
    mira.timezone = zone
    mira.save(update_fields=["timezone"])
    with time_machine.travel(datetime(2026, 5, 20, 13, tzinfo=UTC), tick=False):
        factories.unlock(client, mira)
        page = client.get("/").content.decode()
    assert ("You planned to look back" in page) is comes
    assert ("to look back at" in page) is comes


# --- Change over time ----------------------------------------------------------------------------


def with_bonds(before: int | None, after: int | None, *looks: int) -> Document:
    def bond(number: int | None) -> Alliance:
        return Alliance(mine=Items(bond=number))

    return Document(
        happened=Happened(before=bond(before), after=bond(after)),
        looking_back=tuple(
            LookBack(noted_at=NOTED + timedelta(days=7 * number), alliance=bond(found))
            for number, found in enumerate(looks)
        ),
    )


def test_alliance_is_said_as_plain_change() -> None:
    [(view, [sentence])] = changes(with_bonds(6, 3, 4))
    assert str(view) == "My view"
    assert sentence == (
        "Steady and trusting connection: 4 on 20 May 2026, was 6 before and 3 after"
    )
    [(_, [longer])] = changes(with_bonds(6, 3, 4, 0))
    assert longer.endswith("0 on 27 May 2026, was 6 before, 3 after and 4 on 20 May 2026")


@pytest.mark.parametrize("document", [with_bonds(6, 3), with_bonds(None, None, 4), Document()])
def test_nothing_is_said_where_nothing_can_be_compared(document: Document) -> None:
    assert changes(document) == []


def test_earlier_numbers_stand_beside_the_choice_of_a_new_one(
    client: Client, mira: User, keys: VaultKeys
) -> None:
    document = with_bonds(6, 3, 4)
    assert noted_earlier(document) == {"mine_bond": "was 6 before, 3 after and 4 on 20 May 2026"}
    assert noted_earlier(document, document.looking_back[0]) == {
        "mine_bond": "was 6 before and 3 after"
    }
    entry = factories.make_entry(owner=mira, keys=keys, document=document)
    page = client.get(reverse("entry_look_back", args=[entry.pk])).content.decode()
    assert "was 6 before, 3 after and 4 on 20 May 2026" in page
    assert 'aria-describedby="id_now_mine_bond_helptext"' in page


def test_number_of_queries_of_looking_back_is_small(
    client: Client, entry: Entry, django_assert_max_num_queries: Any
) -> None:
    for url in (reverse("entry_look_back", args=[entry.pk]), edit_url(entry, 1)):
        client.get(url)
        with django_assert_max_num_queries(12):
            client.get(url)


def test_numbers_stay_in_sight_when_the_page_comes_back_with_an_error(
    client: Client, entry: Entry
) -> None:
    address = reverse("entry_look_back", args=[entry.pk])
    assert '<details class="more" >' in client.get(address).content.decode()
    data = {
        "noted_at": timezone.now().isoformat(),
        "now_mine_bond": "4",
        "follow_up_on": "9999-12-31",
    }

    answer = client.post(address, data)

    assert answer.status_code == 422
    assert '<details class="more" open>' in answer.content.decode()
