"""A group at the same moment: whoever leaves it holds no key afterwards, whatever the order."""

from collections.abc import Callable
from typing import Any

import pytest
from django.urls import reverse

from accounts.models import User
from reflection.models import Entry
from supervision import actions
from supervision.checking import check_record
from supervision.models import (
    Agreement,
    Comment,
    Share,
    ShareEvent,
    ShareReader,
    SupervisionGroup,
)
from supervision.rules import Refused
from tests import factories
from tests.supervision.conftest import BrowserOf
from tests.supervision.test_at_once import meanwhile
from vault.crypto import CannotOpen

pytestmark = pytest.mark.django_db(transaction=True)
Kind = ShareEvent.Kind
Ends = Callable[[SupervisionGroup, User], Any]


@pytest.fixture
def group(agreement: Agreement, okafor: User, mira: User, jonas: User) -> SupervisionGroup:
    """Okafor's group of Mira and Jonas."""
    return factories.make_group(supervisor=okafor, members=[mira, jonas])


@pytest.fixture
def share_to_jonas(
    group: SupervisionGroup, agreement: Agreement, entry: Entry, jonas: User
) -> Callable[[], Share]:
    """Gives what shares Mira's reflection with Okafor, and Jonas along."""
    terms = factories.share_terms(
        agreement=agreement,
        entry=entry,
        passages=["repair"],
        readers=factories.reading_terms(group, jonas),
    )
    mira = agreement.supervisee
    reader = factories.reader(mira)
    return lambda: actions.share_passages(by=mira, reader=reader, terms=terms)


def _leaves(group: SupervisionGroup, person: User) -> None:
    actions.leave_group(by=person, pk=group.pk)


def _is_removed(group: SupervisionGroup, person: User) -> None:
    actions.remove_member(by=group.supervisor, pk=group.pk, person=person.pk)


def _ends_own_agreement(group: SupervisionGroup, person: User) -> None:
    actions.end_agreement(by=person, pk=Agreement.objects.get(supervisee=person).pk)


def _group_ends(group: SupervisionGroup, person: User) -> None:
    actions.end_group(by=group.supervisor, pk=group.pk)


WAYS = pytest.mark.parametrize("ends", [_leaves, _is_removed, _ends_own_agreement, _group_ends])


def holds_nothing(person: User) -> bool:
    """Tell whether no row of the database opens a copy for ``person``, nor says that it does."""
    reader = factories.reader(person)
    for share in Share.objects.exclude(supervisee=person):
        with pytest.raises(CannotOpen):
            share.open(reader)
    return not ShareReader.objects.holding().filter(person=person).exists()


def removals(share: Share) -> int:
    """Return how many lines of the record say that a key to ``share`` was deleted."""
    return share.events.filter(kind=Kind.READER_REMOVED).count()


@WAYS
def test_share_that_comes_while_somebody_leaves_gives_them_no_key(
    group: SupervisionGroup, share_to_jonas: Callable[[], Share], jonas: User, ends: Ends
) -> None:
    [result] = meanwhile(lambda: ends(group, jonas), share_to_jonas)

    assert isinstance(result, Refused)
    assert not Share.objects.exists()
    assert holds_nothing(jonas)


@WAYS
def test_leaving_that_comes_during_a_share_takes_the_new_key_too(
    group: SupervisionGroup,
    agreement: Agreement,
    share_to_jonas: Callable[[], Share],
    jonas: User,
    ends: Ends,
) -> None:
    meanwhile(share_to_jonas, lambda: ends(group, jonas))

    share = Share.objects.get()
    assert holds_nothing(jonas)
    assert removals(share) == 1
    assert check_record(agreement).is_whole


def test_author_who_leaves_while_they_share_has_shared_nothing(
    group: SupervisionGroup, share_to_jonas: Callable[[], Share], mira: User, jonas: User
) -> None:
    [result] = meanwhile(lambda: _leaves(group, mira), share_to_jonas)

    assert isinstance(result, Refused)
    assert not Share.objects.exists()


def test_what_was_being_shared_as_its_author_leaves_is_taken_back_from_all(
    group: SupervisionGroup,
    agreement: Agreement,
    share_to_jonas: Callable[[], Share],
    mira: User,
    jonas: User,
) -> None:
    meanwhile(share_to_jonas, lambda: _leaves(group, mira))

    share = Share.objects.get()
    assert share.key_supervisor is None
    assert holds_nothing(jonas)
    assert check_record(agreement).is_whole


@WAYS
def test_comment_that_comes_while_its_writer_leaves_is_refused(
    group: SupervisionGroup,
    share_to_jonas: Callable[[], Share],
    jonas: User,
    ends: Ends,
) -> None:
    share, reader = share_to_jonas(), factories.reader(jonas)

    [result] = meanwhile(
        lambda: ends(group, jonas),
        lambda: actions.add_comment(
            by=jonas, reader=reader, pk=share.pk, passage="repair", text="Too late."
        ),
    )

    assert isinstance(result, Refused)
    assert not Comment.objects.exists()
    assert holds_nothing(jonas)


@WAYS
def test_reading_while_one_leaves_keeps_no_key_and_is_on_record_once(
    group: SupervisionGroup,
    agreement: Agreement,
    share_to_jonas: Callable[[], Share],
    jonas: User,
    browser_of: BrowserOf,
    ends: Ends,
) -> None:
    share, client = share_to_jonas(), browser_of(jonas)
    page = reverse("share_read", args=[share.pk])

    [answer] = meanwhile(lambda: ends(group, jonas), lambda: client.get(page))

    # Whoever had it in hand a moment before was shown it, and that is told; nobody else was.
    opened = share.events.filter(kind=Kind.OPENED, by=jonas).count()
    assert (getattr(answer, "status_code", 0), opened) in {(200, 1), (410, 0)}
    assert client.get(page).status_code == 410
    assert holds_nothing(jonas)
    assert removals(share) == 1
    assert check_record(agreement).is_whole


@WAYS
def test_leaving_while_one_reads_takes_the_key(
    group: SupervisionGroup,
    agreement: Agreement,
    share_to_jonas: Callable[[], Share],
    jonas: User,
    browser_of: BrowserOf,
    ends: Ends,
) -> None:
    share, client = share_to_jonas(), browser_of(jonas)
    page = reverse("share_read", args=[share.pk])

    meanwhile(lambda: client.get(page), lambda: ends(group, jonas))

    assert share.events.filter(kind=Kind.OPENED, by=jonas).count() == 1
    assert client.get(page).status_code == 410
    assert holds_nothing(jonas)
    assert check_record(agreement).is_whole


def _revokes(share: Share, mira: User, jonas: User) -> None:
    actions.revoke_share(by=mira, pk=share.pk)


def _takes_from_one(share: Share, mira: User, jonas: User) -> None:
    actions.take_from_one(by=mira, pk=share.pk, person=jonas.pk)


def _bars(share: Share, mira: User, jonas: User) -> None:
    keys = factories.vault_keys(mira)
    actions.bar_people(by=mira, keys=keys, pk=share.entry_uid, barred=[jonas.pk])


@pytest.mark.parametrize("takes", [_revokes, _takes_from_one, _bars])
@pytest.mark.parametrize("leaves_first", [True, False])
def test_key_that_is_taken_as_its_reader_leaves_goes_once(
    group: SupervisionGroup,
    agreement: Agreement,
    share_to_jonas: Callable[[], Share],
    mira: User,
    jonas: User,
    takes: Callable[[Share, User, User], None],
    *,
    leaves_first: bool,
) -> None:
    share = share_to_jonas()
    both = [lambda: _leaves(group, jonas), lambda: takes(share, mira, jonas)]

    meanwhile(*(both if leaves_first else reversed(both)))

    assert holds_nothing(jonas)
    assert removals(share) == 1
    assert check_record(agreement).is_whole


def test_two_who_share_with_each_other_and_leave_together_wait_for_neither(
    group: SupervisionGroup,
    agreement: Agreement,
    share_to_jonas: Callable[[], Share],
    mira: User,
    jonas: User,
) -> None:
    share_to_jonas()
    own = Agreement.objects.get(supervisee=jonas)
    factories.make_share(agreement=own, readers=factories.reading_terms(group, mira))

    meanwhile(lambda: _leaves(group, mira), lambda: _leaves(group, jonas))

    assert holds_nothing(mira)
    assert holds_nothing(jonas)
    assert not Share.objects.live().exists()
    assert [check_record(one).is_whole for one in (agreement, own)] == [True, True]


def test_place_that_is_taken_while_the_group_ends_is_refused(
    okafor: User, agreement: Agreement, mira: User
) -> None:
    group = factories.make_group(supervisor=okafor, members=[], asked=[mira])

    [result] = meanwhile(
        lambda: actions.end_group(by=okafor, pk=group.pk),
        lambda: actions.accept_place(by=mira, pk=group.pk),
    )

    assert isinstance(result, Refused)
    assert not group.memberships.members().exists()
