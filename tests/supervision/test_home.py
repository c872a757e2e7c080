"""The supervision page: the lists of both directions, and what to do next."""

from datetime import timedelta
from html import unescape

import pytest
from django.db import connection
from django.test import Client, RequestFactory
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from accounts.models import User
from reflection.actions import delete_entry
from reflection.listing import Position
from reflection.models import Entry
from reflection.queries.guide import forget_guide
from supervision import actions
from supervision.desk import DeskRow, Side, State, Wanted, paged
from supervision.models import Agreement, Share
from supervision.tasks import expire_shares
from supervision.templatetags.supervision_tags import share_counts
from tests import factories
from tests.supervision.conftest import BrowserOf, run_out

HOME = "supervision_home"


def rows_of(browser: Client, address: str = "") -> list[DeskRow]:
    """Return the rows of the desk."""
    found: list[DeskRow] = browser.get(f"{reverse(HOME)}{address}").context["desk"].rows
    return found


def listed(browser: Client, address: str = "") -> list[str]:
    """Return the titles on the desk."""
    return [one.row.title for one in rows_of(browser, address)]


def shown(browser: Client, state: str) -> list[Share]:
    """Return the copies in one queue of the desk."""
    return [one.row.share for one in rows_of(browser, f"?state={state}")]


def open_all(browser: Client) -> None:
    """Open every copy there is."""
    for share in Share.objects.all():
        browser.get(reverse("share_read", args=[share.pk]))


def shared_titles(agreement: Agreement, titles: list[str]) -> None:
    """Share a reflection by each title, a minute apart."""
    owner = agreement.supervisee
    keys, began = factories.vault_keys(owner), timezone.now() - timedelta(days=1)
    for number, title in enumerate(titles):
        entry = factories.make_entry(
            owner=owner, keys=keys, document=factories.full_document(title=title)
        )
        factories.make_share(agreement=agreement, entry=entry, at=began + timedelta(minutes=number))


def test_each_side_sees_the_share_in_its_own_list(
    as_mira: Client, as_okafor: Client, share: Share
) -> None:
    open_all(as_okafor)
    assert listed(as_okafor) == ["Finch, after the yawn"]
    assert listed(as_okafor, "?side=given") == []
    assert listed(as_mira) == ["Finch, after the yawn"]
    assert listed(as_mira, "?side=received") == []


def test_supervisor_learns_no_title_before_an_opening_was_logged(
    as_okafor: Client, share: Share
) -> None:
    for name in (HOME, "home"):
        html = as_okafor.get(reverse(name)).content.decode()
        assert "Finch" not in html
        assert "A reflection shared by Mira Lindgren" in html
        assert "2 passages" in html
    assert not share.events.filter(kind="opened").exists()

    open_all(as_okafor)

    assert share.events.filter(kind="opened").count() == 1
    assert "Finch, after the yawn" in as_okafor.get(reverse(HOME)).content.decode()


def test_comment_of_the_supervisee_gives_no_title_away_either(
    as_okafor: Client, share: Share, mira: User
) -> None:
    factories.make_comment(share=share, author=mira, text="Before you read it.")

    html = as_okafor.get(reverse("home")).content.decode()

    assert html.count(reverse("share_read", args=[share.pk])) == 1
    assert "Waits for your answer" in html
    assert "Finch" not in html


@pytest.mark.parametrize("who", ["jonas", "ada", "rune", "operator"])
def test_outsiders_lists_stay_empty(
    browser_of: BrowserOf, share: Share, who: str, request: pytest.FixtureRequest
) -> None:
    page = browser_of(request.getfixturevalue(who)).get(reverse(HOME))

    for address in ("?side=received", "?side=given", f"?person={share.supervisee_id}"):
        assert not rows_of(browser_of(request.getfixturevalue(who)), address)
    assert not page.context["agreements"]
    assert "Finch" not in page.content.decode()


def test_closed_share_leaves_the_queue_and_opens_for_the_supervisee_alone(
    as_mira: Client, as_okafor: Client, share: Share, mira: User
) -> None:
    open_all(as_okafor)
    actions.revoke_share(by=mira, pk=share.pk)

    assert listed(as_okafor) == listed(as_mira) == []
    assert listed(as_mira, "?state=closed") == ["Finch, after the yawn"]
    assert listed(as_okafor, "?state=closed") == [""]
    html = as_okafor.get(f"{reverse(HOME)}?state=closed").content.decode()
    assert "What Mira Lindgren had shared" in html
    assert "Taken back" in html
    assert "Finch" not in html


def test_copy_whose_time_is_over_is_closed_before_the_task_has_noticed(
    as_mira: Client, as_okafor: Client, share: Share
) -> None:
    open_all(as_okafor)
    run_out(share)

    for browser in (as_mira, as_okafor):
        assert not rows_of(browser, "")
        assert len(rows_of(browser, "?state=closed")) == 1

    expire_shares()

    assert not rows_of(as_mira, "")
    assert len(rows_of(as_okafor, "?state=closed")) == 1


def test_share_is_in_the_queue_of_whoever_it_waits_for(
    as_mira: Client, as_okafor: Client, share: Share, okafor: User, mira: User
) -> None:
    def queues(browser: Client) -> list[str]:
        states = ("new", "mine", "theirs", "closed")
        return [state for state in states if shown(browser, state)]

    assert [queues(as_okafor), queues(as_mira)] == [["new"], ["new"]]
    open_all(as_mira)
    assert [queues(as_okafor), queues(as_mira)] == [["new"], ["new"]]
    open_all(as_okafor)
    assert [queues(as_okafor), queues(as_mira)] == [["mine"], ["theirs"]]
    held = factories.held_comment(share=share, author=okafor)
    assert [queues(as_okafor), queues(as_mira)] == [["mine"], ["theirs"]]
    actions.send_held(by=okafor, reader=factories.reader(okafor), pk=share.pk)
    assert [queues(as_okafor), queues(as_mira)] == [["theirs"], ["mine"]]
    factories.make_comment(share=share, author=mira, parent=held.pk)
    assert [queues(as_okafor), queues(as_mira)] == [["mine"], ["theirs"]]
    actions.revoke_share(by=mira, pk=share.pk)
    assert [queues(as_okafor), queues(as_mira)] == [["closed"], ["closed"]]


def test_comment_that_is_held_changes_nothing_the_other_side_is_shown(
    as_mira: Client, as_okafor: Client, share: Share, okafor: User
) -> None:
    open_all(as_okafor)
    before = Share.objects.values().get(pk=share.pk)

    factories.held_comment(share=share, author=okafor)

    assert Share.objects.values().get(pk=share.pk) == before


def test_share_hidden_with_its_reflection_is_only_in_the_supervisees_queue(
    as_mira: Client, as_okafor: Client, share: Share, entry: Entry, mira: User
) -> None:
    delete_entry(by=mira, pk=entry.pk)

    for state in ("", "new", "closed"):
        assert not shown(as_okafor, state)
    assert shown(as_mira, "") == [share]
    assert not shown(as_mira, "new")


def test_what_ends_within_a_week_stands_soonest_first(
    as_okafor: Client, agreement: Agreement
) -> None:
    today = timezone.localdate()
    days = {
        number: factories.make_share(agreement=agreement, until=today + timedelta(days=number))
        for number in (5, 2, 6, 9)
    }

    assert shown(as_okafor, "ending") == [days[2], days[5], days[6]]


def test_queue_is_narrowed_to_one_person(
    as_okafor: Client, agreement: Agreement, share: Share, jonas: User, okafor: User
) -> None:
    factories.make_vault(jonas)
    other = factories.make_agreement(supervisee=jonas, supervisor=okafor)
    theirs = factories.make_share(agreement=other)

    page = as_okafor.get(reverse(HOME), {"person": str(jonas.pk)})

    assert [one.row.share for one in page.context["desk"].rows] == [theirs]
    assert "Everybody" in page.content.decode()


def test_filters_say_how_many_wait_and_stop_counting(
    as_okafor: Client, agreement: Agreement, share: Share, monkeypatch: pytest.MonkeyPatch
) -> None:
    def said() -> dict[str, str]:
        states = as_okafor.get(reverse(HOME)).context["desk"].states
        return {str(one.label): one.number for one in states}

    assert said() == {
        "All open": "",
        "New": "1",
        "Waiting for me": "",
        "Waiting for them": "",
        "Ending within 7 days": "",
        "Closed": "",
    }
    monkeypatch.setattr("supervision.desk.MOST", 2)
    shared_titles(agreement, ["Wren", "Plover"])
    assert said()["New"] == "1+"


def test_older_versions_are_folded_under_the_one_that_stands_for_them(
    as_mira: Client, as_okafor: Client, agreement: Agreement, entry: Entry, mira: User
) -> None:
    began = timezone.now() - timedelta(hours=1)
    versions = [
        factories.make_share(agreement=agreement, entry=entry, at=began + timedelta(minutes=number))
        for number in range(3)
    ]

    def folded(browser: Client, address: str = "") -> list[tuple[int, list[int]]]:
        found = rows_of(browser, address)
        return [(one.row.share.version, [other.version for other in one.others]) for one in found]

    assert folded(as_okafor) == folded(as_mira) == [(3, [2, 1])]
    actions.revoke_share(by=mira, pk=versions[2].pk)
    assert folded(as_okafor) == [(2, [1])]
    assert folded(as_mira) == [(2, [3, 1])]
    for one in versions[:2]:
        actions.revoke_share(by=mira, pk=one.pk)
    assert folded(as_mira) == []
    assert folded(as_mira, "?state=closed") == [(3, [2, 1])]
    assert folded(as_okafor, "?state=closed") == [(3, [])]


@pytest.mark.parametrize("side", ["received", "given"])
@pytest.mark.parametrize("state", ["", "new", "mine", "theirs", "ending", "closed"])
def test_every_empty_queue_says_so(
    as_okafor: Client, agreement: Agreement, side: str, state: str
) -> None:
    page = as_okafor.get(reverse(HOME), {"side": side, "state": state})

    assert str(page.context["desk"].nothing) in unescape(page.content.decode())


def test_who_supervises_or_did_is_led_to_what_they_hold_and_nobody_else(
    as_mira: Client, as_okafor: Client, share: Share, agreement: Agreement, okafor: User
) -> None:
    held = reverse("held_list")

    assert held in as_okafor.get(reverse(HOME)).content.decode()
    assert held not in as_mira.get(reverse(HOME)).content.decode()
    actions.end_agreement(by=okafor, pk=agreement.pk)
    assert held in as_okafor.get(reverse(HOME)).content.decode()


def test_each_direction_is_offered_to_who_has_both(
    as_okafor: Client, as_mira: Client, agreement: Agreement, okafor: User, jonas: User
) -> None:
    factories.make_agreement(supervisee=okafor, supervisor=jonas)

    assert len(as_okafor.get(reverse(HOME)).context["desk"].sides) == 2
    assert not as_mira.get(reverse(HOME)).context["desk"].sides


def test_new_and_waiting_are_said_until_opened_and_answered(
    as_mira: Client, as_okafor: Client, share: Share, okafor: User, mira: User
) -> None:
    def said(browser: Client) -> list[bool]:
        html = browser.get(reverse(HOME)).content.decode()
        return [">New<" in html, "Waits for your answer" in html]

    assert said(as_okafor) == [True, False]
    as_okafor.get(reverse("share_read", args=[share.pk]))
    assert said(as_okafor) == [False, False]
    comment = factories.make_comment(share=share, author=okafor)
    assert [said(as_mira), said(as_okafor)] == [[False, True], [False, False]]
    factories.make_comment(share=share, author=mira, parent=comment.pk)
    assert [said(as_mira), said(as_okafor)] == [[False, False], [False, True]]


@pytest.mark.parametrize("who", ["mira", "okafor"])
@pytest.mark.parametrize("state", ["", "ending"])
def test_lists_go_on_where_the_page_ended_without_missing_or_repeating_any(
    browser_of: BrowserOf,
    agreement: Agreement,
    who: str,
    state: str,
    request: pytest.FixtureRequest,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("supervision.desk.PAGE", 4)
    shared_titles(agreement, [f"Reflection {number}" for number in range(9)])
    # Pairs share a moment: the position must tell them apart.
    ends = timezone.now() + timedelta(days=2)
    for number, share in enumerate(Share.objects.newest_first()):
        moment = timezone.now() - timedelta(hours=number // 2)
        Share.objects.filter(pk=share.pk).update(
            shared_at=moment, expires_at=ends + timedelta(hours=number // 2)
        )
    browser = browser_of(request.getfixturevalue(who))
    open_all(browser)

    pages, address = [], f"?state={state}"
    while address:
        desk = browser.get(f"{reverse(HOME)}{address}").context["desk"]
        pages.append([one.row.title for one in desk.rows])
        address = desk.following

    assert [len(page) for page in pages] == [4, 4, 1]
    assert len({title for page in pages for title in page}) == 9


@pytest.mark.parametrize("who", ["mira", "okafor"])
def test_closed_ones_go_on_across_pages_whether_or_not_a_task_has_closed_them(
    browser_of: BrowserOf,
    agreement: Agreement,
    mira: User,
    who: str,
    request: pytest.FixtureRequest,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("supervision.desk.PAGE", 2)
    shared_titles(agreement, [f"Reflection {number}" for number in range(7)])
    shares = list(Share.objects.newest_first())
    for number, share in enumerate(shares[:6]):
        run_out(share)
        if number % 3 == 0:
            actions.revoke_share(by=mira, pk=share.pk)
    browser = browser_of(request.getfixturevalue(who))

    seen, address = [], "?state=closed"
    while address:
        desk = browser.get(f"{reverse(HOME)}{address}").context["desk"]
        seen += [one.row.share for one in desk.rows]
        address = desk.following

    assert seen == sorted(seen, key=lambda one: (one.shared_at, one.pk), reverse=True)
    assert {one.pk for one in seen} == {one.pk for one in shares[:6]}
    assert len(seen) == 6


@pytest.mark.parametrize(
    "address", ["?after=nonsense", "?side=up&state=odd", "?person=me", "?after=&person="]
)
def test_nonsense_in_the_address_is_the_first_page(
    as_okafor: Client, share: Share, address: str
) -> None:
    assert [one.row.share for one in rows_of(as_okafor, address)] == [share]


def test_locked_vault_shows_everything_but_the_titles(as_okafor: Client, share: Share) -> None:
    as_okafor.post(reverse("vault_lock"))

    html = as_okafor.get(reverse(HOME)).content.decode()

    assert "Your vault is locked, so titles are not shown." in html
    assert reverse("share_read", args=[share.pk]) in html
    assert "Finch" not in html


def test_row_that_does_not_open_hides_no_other(
    as_okafor: Client, agreement: Agreement, share: Share
) -> None:
    shared_titles(agreement, ["Wren"])
    open_all(as_okafor)
    Share.objects.filter(pk=share.pk).update(body=b"\x01\x01")

    assert sorted(listed(as_okafor)) == ["", "Wren"]
    assert "A copy that does not open here" in as_okafor.get(reverse(HOME)).content.decode()


def test_admin_without_a_vault_reaches_agreements(
    browser_of: BrowserOf, mira: User, okafor: User, ada: User
) -> None:
    factories.load_wordings()
    ada.vaults.all().delete()
    clinic = ada.memberships.get().clinic
    actions.propose_agreement(by=ada, supervisee=mira, supervisor=okafor, clinic=clinic)

    html = browser_of(ada).get(reverse(HOME)).content.decode()

    assert "Dr Chidi Okafor, proposed by you to supervise Mira Lindgren" in " ".join(html.split())


@pytest.mark.skipif(connection.vendor != "sqlite", reason="reads what SQLite says of its plans")
@pytest.mark.parametrize("side", [Side.RECEIVED, Side.GIVEN])
@pytest.mark.parametrize("state", list(State))
def test_queue_is_read_in_the_order_of_an_index(okafor: User, side: Side, state: State) -> None:
    after = Position(timezone.now(), okafor.pk)

    for wanted in (Wanted(side, state), Wanted(side, state, after=after)):
        plan = paged(okafor, wanted)[:51].explain()

        # Of what ends within a week the database may sort the few there are.
        assert "TEMP B-TREE" not in plan or state == State.ENDING, plan
        assert "USING INDEX supervis" in plan, plan


def test_page_takes_a_constant_number_of_queries(
    as_okafor: Client,
    as_mira: Client,
    agreement: Agreement,
    share: Share,
    jonas: User,
    okafor: User,
    django_assert_max_num_queries: DjangoAssertNumQueries,
) -> None:
    factories.make_share(agreement=agreement, entry=share.entry)
    with django_assert_max_num_queries(12) as few:
        as_okafor.get(reverse(HOME))
    shared_titles(agreement, [f"Reflection {number}" for number in range(8)])
    factories.make_agreement(supervisee=jonas, supervisor=okafor)
    for one in Share.objects.all():
        factories.make_comment(share=one, author=okafor)
        factories.make_share(agreement=agreement, entry=one.entry)
    with django_assert_max_num_queries(12) as many:
        as_okafor.get(reverse(HOME))
    with django_assert_max_num_queries(12):
        as_mira.get(reverse(HOME))

    assert len(many) == len(few)


# --- What the journal's pages show ---------------------------------------------------------------


def test_journal_says_with_whom_passages_are_shared_in_one_query(
    as_mira: Client,
    agreement: Agreement,
    share: Share,
    mira: User,
    django_assert_max_num_queries: DjangoAssertNumQueries,
) -> None:
    with django_assert_max_num_queries(12) as few:
        html = as_mira.get(reverse("journal_list")).content.decode()
    assert "2 passages with Dr Chidi Okafor" in html
    shared_titles(agreement, [f"Reflection {number}" for number in range(8)])
    forget_guide()
    with django_assert_max_num_queries(12) as many:
        html = as_mira.get(reverse("journal_list")).content.decode()

    assert html.count("2 passages with Dr Chidi Okafor") == 9
    assert len(many) == len(few)


def test_chip_shows_the_latest_to_each_supervisor_from_few_rows(
    rf: RequestFactory, agreement: Agreement, entry: Entry, mira: User, jonas: User
) -> None:
    other = factories.make_agreement(supervisee=mira, supervisor=jonas)
    began = timezone.now() - timedelta(hours=1)
    for number in range(4):
        at = began + timedelta(minutes=number)
        latest = factories.make_share(agreement=agreement, entry=entry, at=at)
    actions.revoke_share(by=mira, pk=latest.pk)
    factories.make_share(agreement=other, entry=entry, passages=["repair"], at=began)

    request = rf.get("/")
    request.user = mira
    shown = share_counts([entry.pk], request)[entry.pk]

    assert [(one.supervisor, one.version) for one in shown] == [
        (agreement.supervisor, 3),
        (jonas, 1),
    ]
    with CaptureQueriesContext(connection) as asked:
        rows = list(Share.objects.latest_live_of([entry.pk], mira))
    assert (len(asked), len(rows)) == (1, 2)


def test_chip_goes_when_it_was_taken_back(as_mira: Client, share: Share, mira: User) -> None:
    actions.revoke_share(by=mira, pk=share.pk)

    assert "with Dr Chidi Okafor" not in as_mira.get(reverse("journal_list")).content.decode()


def test_reflections_own_page_holds_the_conversation(
    as_mira: Client, share: Share, entry: Entry, okafor: User, mira: User
) -> None:
    comment = factories.make_comment(share=share, author=okafor, text="What did they hear?")
    factories.make_comment(share=share, author=mira, text="A stop.", parent=comment.pk)

    html = as_mira.get(reverse("entry_read", args=[entry.pk])).content.decode()

    assert html.index("What did they hear?") < html.index("A stop.")
    assert reverse("share_revoke", args=[share.pk]) in html


def test_reflection_that_was_not_shared_shows_nothing_of_it(
    as_mira: Client, entry: Entry, agreement: Agreement
) -> None:
    html = as_mira.get(reverse("entry_read", args=[entry.pk])).content.decode()

    assert "shared-title" not in html


def test_first_page_says_what_waits_for_either_side(
    as_mira: Client, as_okafor: Client, share: Share, okafor: User, jonas: User
) -> None:
    factories.make_agreement(supervisee=jonas, supervisor=okafor, is_active=False)

    html = as_okafor.get(reverse("home")).content.decode()
    assert "Shared with you, not yet opened" in html
    assert "Jonas Weber proposes a supervision agreement." in html
    assert "Comments to answer" not in as_mira.get(reverse("home")).content.decode()
    as_okafor.get(reverse("share_read", args=[share.pk]))
    factories.make_comment(share=share, author=okafor)

    assert "Shared with you" not in as_okafor.get(reverse("home")).content.decode()
    assert "Comments to answer" in as_mira.get(reverse("home")).content.decode()
