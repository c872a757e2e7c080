"""The supervision page: the lists of both directions, and what to do next."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from accounts.models import User
from reflection.models import Entry
from reflection.queries.guide import forget_guide
from supervision import actions
from supervision.models import Agreement, Share
from supervision.templatetags.supervision_tags import share_counts
from tests import factories
from tests.supervision.conftest import BrowserOf

HOME = "supervision_home"


def listed(browser: Client, name: str, address: str = "") -> list[str]:
    """Return the titles of a list."""
    return [row.title for row in browser.get(address or reverse(HOME)).context[name]]


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
    assert listed(as_okafor, "received") == ["Finch, after the yawn"]
    assert listed(as_okafor, "given") == []
    assert listed(as_mira, "given") == ["Finch, after the yawn"]
    assert listed(as_mira, "received") == []


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

    assert "Comments to answer" in html
    assert "Finch" not in html


@pytest.mark.parametrize("who", ["jonas", "ada", "rune", "operator"])
def test_outsiders_lists_stay_empty(
    browser_of: BrowserOf, share: Share, who: str, request: pytest.FixtureRequest
) -> None:
    page = browser_of(request.getfixturevalue(who)).get(reverse(HOME))

    assert not page.context["received"]
    assert not page.context["given"]
    assert not page.context["agreements"]
    assert "Finch" not in page.content.decode()


def test_closed_share_leaves_the_supervisors_list_and_stays_in_the_supervisees(
    as_mira: Client, as_okafor: Client, share: Share, mira: User
) -> None:
    actions.revoke_share(by=mira, pk=share.pk)

    assert listed(as_okafor, "received") == []
    assert listed(as_mira, "given") == ["Finch, after the yawn"]
    assert "Taken back" in as_mira.get(reverse(HOME)).content.decode()


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


@pytest.mark.parametrize(("who", "name"), [("mira", "given"), ("okafor", "received")])
def test_lists_go_on_where_the_page_ended_without_missing_or_repeating_any(
    browser_of: BrowserOf,
    agreement: Agreement,
    who: str,
    name: str,
    request: pytest.FixtureRequest,
) -> None:
    titles = [f"Reflection {number}" for number in range(23)]
    shared_titles(agreement, titles)
    browser = browser_of(request.getfixturevalue(who))
    open_all(browser)

    first = browser.get(reverse(HOME))
    following = first.context[f"more_{name}"]
    second = f"{reverse(HOME)}?{name}_after={following}"

    newest_first = titles[::-1]
    assert [row.title for row in first.context[name]] == newest_first[:20]
    assert listed(browser, name, second) == newest_first[20:]
    assert browser.get(second).context[f"more_{name}"] is None


def test_nonsense_position_is_the_first_page(as_okafor: Client, share: Share) -> None:
    page = as_okafor.get(f"{reverse(HOME)}?received_after=nonsense")

    assert [row.share for row in page.context["received"]] == [share]


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

    assert sorted(listed(as_okafor, "received")) == ["", "Wren"]
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


def test_page_takes_a_constant_number_of_queries(
    as_okafor: Client,
    as_mira: Client,
    agreement: Agreement,
    share: Share,
    jonas: User,
    okafor: User,
    django_assert_max_num_queries: DjangoAssertNumQueries,
) -> None:
    with django_assert_max_num_queries(12) as few:
        as_okafor.get(reverse(HOME))
    shared_titles(agreement, [f"Reflection {number}" for number in range(8)])
    factories.make_agreement(supervisee=jonas, supervisor=okafor)
    for one in Share.objects.all():
        factories.make_comment(share=one, author=okafor)
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
    as_mira: Client, agreement: Agreement, entry: Entry, mira: User, jonas: User
) -> None:
    other = factories.make_agreement(supervisee=mira, supervisor=jonas)
    began = timezone.now() - timedelta(hours=1)
    for number in range(4):
        at = began + timedelta(minutes=number)
        latest = factories.make_share(agreement=agreement, entry=entry, at=at)
    actions.revoke_share(by=mira, pk=latest.pk)
    factories.make_share(agreement=other, entry=entry, passages=["repair"], at=began)

    shown = share_counts([entry.pk], mira)[entry.pk]

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
