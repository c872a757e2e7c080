"""What somebody reads along in a group stands on their desk, in queues of its own."""

from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from accounts.models import User
from reflection.models import Entry
from supervision import actions
from supervision.desk import Desk
from supervision.models import Agreement, Share, SupervisionGroup
from tests import factories
from tests.supervision.conftest import BrowserOf, run_out


@pytest.fixture
def as_jonas(jonas: User, browser_of: BrowserOf) -> Client:
    return browser_of(jonas)


def desk_of(browser: Client, **asked: str) -> Desk:
    desk: Desk = browser.get(reverse("supervision_home"), asked).context["desk"]
    return desk


def along(browser: Client, state: str = "") -> list[Share]:
    return [one.row.share for one in desk_of(browser, side="along", state=state).rows]


def test_copy_one_may_read_along_is_new_until_it_is_opened(copy: Share, as_jonas: Client) -> None:
    sides = {str(one.label): one.number for one in desk_of(as_jonas).sides}
    assert sides == {"Handed out by me": "", "Read along": "1"}
    assert along(as_jonas) == along(as_jonas, "new") == [copy]
    [row] = desk_of(as_jonas, side="along").rows
    assert row.row.heading == "A reflection shared by Mira Lindgren"
    assert row.row.chips[0].words == "New"

    as_jonas.get(reverse("share_read", args=[copy.pk]))

    assert along(as_jonas, "new") == []
    [row] = desk_of(as_jonas, side="along").rows
    assert row.row.heading == "Finch, after the yawn"


def test_copy_whose_time_is_over_is_closed_before_the_task_has_noticed(
    copy: Share, as_jonas: Client
) -> None:
    run_out(copy)

    assert along(as_jonas) == []
    assert along(as_jonas, "closed") == [copy]


def test_way_to_what_one_read_along_stays_when_the_group_has_ended(
    copy: Share, okafor: User, as_jonas: Client
) -> None:
    assert copy.group is not None
    actions.end_group(by=okafor, pk=copy.group.pk)

    assert "Read along" in [str(one.label) for one in desk_of(as_jonas).sides]
    assert along(as_jonas, "closed") == [copy]


def test_who_reads_along_is_never_said_to_be_waited_for(
    copy: Share, okafor: User, as_jonas: Client
) -> None:
    factories.make_comment(share=copy, author=okafor)
    as_jonas.get(reverse("share_read", args=[copy.pk]))

    html = as_jonas.get(reverse("supervision_home"), {"side": "along"}).content.decode()

    assert "Waits for your answer" not in html
    assert "Waiting for me" not in html
    assert [str(one.label) for one in desk_of(as_jonas, side="along", state="mine").states] == [
        "All open",
        "New",
        "Ending within 7 days",
        "Closed",
    ]


def test_what_was_taken_from_a_member_is_closed_and_says_why(
    copy: Share, mira: User, jonas: User, as_jonas: Client
) -> None:
    actions.take_from_one(by=mira, pk=copy.pk, person=jonas.pk)

    assert along(as_jonas) == along(as_jonas, "new") == []
    [row] = desk_of(as_jonas, side="along", state="closed").rows
    assert row.row.heading == "What Mira Lindgren had shared"
    assert "Mira Lindgren took this back from you" in row.row.told
    assert "Until" not in row.row.standing
    assert (
        "Finch"
        not in as_jonas.get(
            reverse("supervision_home"), {"side": "along", "state": "closed"}
        ).content.decode()
    )


def test_what_ends_soon_stands_there_too(copy: Share, as_jonas: Client) -> None:
    assert along(as_jonas, "ending") == []

    Share.objects.filter(pk=copy.pk).update(expires_at=timezone.now() + timedelta(days=2))

    assert along(as_jonas, "ending") == [copy]


@pytest.mark.parametrize("state", ["", "new", "ending", "closed"])
@pytest.mark.parametrize("who", ["tove", "ada", "rune"])
def test_nobody_who_was_not_chosen_finds_it_there(
    copy: Share, who: str, state: str, request: pytest.FixtureRequest, browser_of: BrowserOf
) -> None:
    assert along(browser_of(request.getfixturevalue(who)), state) == []


def test_member_is_shown_no_other_version_than_they_read(
    copy: Share,
    group: SupervisionGroup,
    agreement: Agreement,
    entry: Entry,
    tove: User,
    as_jonas: Client,
) -> None:
    newer = factories.make_share(
        agreement=agreement, entry=entry, readers=factories.reading_terms(group, tove)
    )

    assert along(as_jonas) == [copy]
    html = as_jonas.get(reverse("supervision_home"), {"side": "along"}).content.decode()
    assert str(newer.pk) not in html


def test_desk_of_who_is_in_no_group_offers_nothing_to_read_along(
    agreement: Agreement, as_okafor: Client, as_mira: Client
) -> None:
    for browser in (as_okafor, as_mira):
        assert desk_of(browser).sides == []


@pytest.mark.parametrize("state", ["", "new", "ending", "closed"])
def test_every_empty_queue_says_so(as_jonas: Client, group: SupervisionGroup, state: str) -> None:
    page = as_jonas.get(reverse("supervision_home"), {"side": "along", "state": state})

    assert str(page.context["desk"].nothing) in page.content.decode()


def test_queue_takes_a_constant_number_of_queries(
    copy: Share,
    group: SupervisionGroup,
    agreement: Agreement,
    jonas: User,
    as_jonas: Client,
    django_assert_max_num_queries: DjangoAssertNumQueries,
) -> None:
    counts = []
    for _round in range(2):
        with django_assert_max_num_queries(14) as counted:
            assert as_jonas.get(reverse("supervision_home"), {"side": "along"}).status_code == 200
        counts.append(len(counted))
        for _number in range(3):
            readers = factories.reading_terms(group, jonas)
            factories.make_share(agreement=agreement, readers=readers)

    assert counts[0] == counts[1]
