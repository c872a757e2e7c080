"""Supervision in groups: who is in one, who reads along, and how their keys go."""

import csv
import hashlib
import io
import json
import zipfile
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.core import mail
from django.db import IntegrityError, transaction
from django.test import Client
from django.urls import URLPattern, reverse
from django.utils import timezone

import supervision.urls
from accounts.models import User
from reflection.actions import delete_entry
from reflection.models import Entry
from supervision import actions
from supervision.checking import check_record
from supervision.leaving import take_leave
from supervision.models import (
    Agreement,
    Comment,
    ConsentWording,
    GroupMembership,
    GroupPin,
    HeldComment,
    Reaction,
    Share,
    ShareEvent,
    ShareReader,
    SupervisionGroup,
)
from supervision.rules import PlaceState, Refused
from tests import factories
from tests.supervision.conftest import BrowserOf
from vault import crypto
from vault.crypto import CannotOpen
from vault.models import Vault

Kind = ShareEvent.Kind


def fresh(share: Share) -> Share:
    return Share.objects.select_related("agreement", "entry").get(pk=share.pk)


def page_of(share: Share) -> str:
    return reverse("share_read", args=[share.pk])


def kinds(share: Share) -> list[str]:
    return [one.kind for one in share.events.log()]


# --- Places --------------------------------------------------------------------------------------


def test_place_is_taken_by_its_own_person_alone(
    okafor: User, agreement: Agreement, mira: User, jonas: User
) -> None:
    group = factories.make_group(supervisor=okafor, members=[], asked=[mira])

    with pytest.raises(SupervisionGroup.DoesNotExist):
        actions.accept_place(by=jonas, pk=group.pk)
    with pytest.raises(GroupMembership.DoesNotExist):
        actions.accept_place(by=okafor, pk=group.pk)
    assert actions.accept_place(by=mira, pk=group.pk).state == PlaceState.MEMBER


def test_only_ones_own_supervisees_are_asked(
    okafor: User, agreement: Agreement, rune: User
) -> None:
    group = factories.make_group(supervisor=okafor, members=[])

    with pytest.raises(Refused, match="both of you have accepted"):
        actions.invite_members(by=okafor, pk=group.pk, people=[rune.pk])
    assert not group.memberships.exists()


def test_nobody_is_asked_before_they_accepted_their_own_agreement(
    okafor: User, mira: User, jonas: User, browser_of: BrowserOf
) -> None:
    factories.make_agreement(supervisee=mira, supervisor=okafor, is_active=False)
    group = factories.make_group(supervisor=okafor, members=[jonas])
    page = browser_of(okafor)

    with pytest.raises(Refused, match="both of you have accepted"):
        actions.invite_members(by=okafor, pk=group.pk, people=[mira.pk])
    with pytest.raises(Refused, match="both of you have accepted"):
        actions.make_group(by=okafor, name="Mondays", people=[mira.pk])
    for address in (reverse("group_new"), reverse("group_read", args=[group.pk])):
        assert mira.get_full_name() not in page.get(address).content.decode()
    answer = page.post(reverse("group_invite", args=[group.pk]), {"people": str(mira.pk)})

    assert answer.status_code == 422
    assert not GroupMembership.objects.filter(person=mira).exists()


def test_names_are_known_to_each_other_once_both_are_in_it(
    okafor: User, mira: User, jonas: User, tove: User, browser_of: BrowserOf
) -> None:
    group = factories.make_group(supervisor=okafor, members=[jonas, tove], asked=[mira])
    address = reverse("group_read", args=[group.pk])

    def shown_to(person: User) -> str:
        return browser_of(person).get(address).content.decode()

    asked = shown_to(mira)
    assert okafor.get_full_name() in asked
    assert "2 members" in asked
    assert not any(one.get_full_name() in asked for one in (jonas, tove))
    assert mira.get_full_name() not in shown_to(jonas)
    assert mira.get_full_name() in shown_to(okafor)

    actions.accept_place(by=mira, pk=group.pk)

    assert mira.get_full_name() in shown_to(jonas)
    accepted = shown_to(mira)
    assert all(one.get_full_name() in accepted for one in (jonas, tove))


def test_nobody_but_its_supervisor_asks_removes_or_ends(
    group: SupervisionGroup, mira: User, jonas: User
) -> None:
    for act in (
        lambda: actions.invite_members(by=mira, pk=group.pk, people=[jonas.pk]),
        lambda: actions.end_group(by=mira, pk=group.pk),
    ):
        with pytest.raises(SupervisionGroup.DoesNotExist):
            act()
    with pytest.raises(GroupMembership.DoesNotExist):
        actions.remove_member(by=mira, pk=group.pk, person=jonas.pk)


def test_group_is_not_joined_before_the_agreement_it_rests_on_is_accepted(
    okafor: User, agreement: Agreement, mira: User
) -> None:
    """People could once be asked under an agreement that waited."""
    group = factories.make_group(supervisor=okafor, members=[], asked=[mira])
    Agreement.objects.filter(pk=agreement.pk).update(supervisor_accepted_at=None)

    with pytest.raises(Refused, match="your own agreement"):
        actions.accept_place(by=mira, pk=group.pk)


def test_accepting_is_on_the_record_with_the_wording(
    group: SupervisionGroup, agreement: Agreement, mira: User
) -> None:
    [line] = agreement.record.lines.log().filter(kind=Kind.GROUP_JOINED)

    assert line.by == mira
    words = hashlib.sha256(group.wording.text.encode()).hexdigest()
    wording = {"wording": ["group", 1], "wording_sha256": words}
    assert line.facts == {"group": str(group.pk), **wording}
    assert check_record(agreement).is_whole


def test_declined_place_can_be_offered_anew(okafor: User, agreement: Agreement, mira: User) -> None:
    group = factories.make_group(supervisor=okafor, members=[], asked=[mira])
    actions.decline_place(by=mira, pk=group.pk)
    with pytest.raises(Refused):
        actions.accept_place(by=mira, pk=group.pk)

    actions.invite_members(by=okafor, pk=group.pk, people=[mira.pk])

    assert actions.accept_place(by=mira, pk=group.pk).is_member


def test_invitation_is_told_by_mail_without_the_groups_name(
    okafor: User, agreement: Agreement, mira: User, django_capture_on_commit_callbacks: Any
) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        factories.make_group(supervisor=okafor, members=[], asked=[mira], name="Heron walk")

    assert any("supervision group" in one.subject for one in mail.outbox)
    assert not any("Heron" in one.subject + str(one.body) for one in mail.outbox)


# --- Sharing and reading along -------------------------------------------------------------------


def test_who_was_chosen_opens_the_same_copy_with_a_key_of_their_own(
    copy: Share, mira: User, okafor: User, jonas: User
) -> None:
    opened = [fresh(copy).open(factories.reader(one)) for one in (mira, okafor, jonas)]

    assert opened[0] == opened[1] == opened[2]


def test_who_was_not_chosen_opens_nothing_and_learns_of_nothing(
    copy: Share, group: SupervisionGroup, tove: User, browser_of: BrowserOf
) -> None:
    client = browser_of(tove)

    with pytest.raises(CannotOpen):
        fresh(copy).open(factories.reader(tove))
    for name in ("share_read", "share_receipt"):
        assert client.get(reverse(name, args=[copy.pk])).status_code == 404
    assert str(copy.pk) not in client.get(reverse("group_read", args=[group.pk])).content.decode()
    assert str(copy.pk) not in client.get(reverse("home")).content.decode()


def test_keys_swapped_between_two_readers_or_two_copies_do_not_open(
    copy: Share, group: SupervisionGroup, agreement: Agreement, jonas: User, tove: User
) -> None:
    readers = factories.reading_terms(group, jonas, tove)
    other = factories.make_share(agreement=agreement, readers=readers)
    mine = copy.readers.get()
    anothers, next_to_it = other.readers.get(person=jonas), other.readers.get(person=tove)
    private = factories.reader(jonas).private_key

    assert mine.data_key(factories.reader(jonas))
    for reader, blob in ((mine, anothers.key), (anothers, mine.key), (anothers, next_to_it.key)):
        reader.key = blob
        with pytest.raises(CannotOpen):
            reader.data_key(factories.reader(jonas))
    # Nor do they pass for what is sealed to a supervisor.
    sealed = bytes(ShareReader.objects.get(pk=mine.pk).key or b"")
    with pytest.raises(CannotOpen):
        crypto.open_sealed(private, sealed, crypto.sealed_share_key(copy.pk, jonas.pk))


def test_record_says_who_was_given_a_key_and_who_lost_it(
    copy: Share, mira: User, jonas: User
) -> None:
    actions.take_from_one(by=mira, pk=copy.pk, person=jonas.pk)

    added, removed = list(copy.events.log())[1:]
    assert (added.kind, added.about, added.facts["reader"]) == (
        Kind.READER_ADDED,
        jonas,
        str(jonas.pk),
    )
    assert (removed.kind, removed.facts["because"]) == (Kind.READER_REMOVED, "taken_back")
    assert "Jonas Weber" in added.words
    assert check_record(copy.agreement).is_whole


def test_check_of_the_record_finds_a_key_that_is_not_on_it(
    copy: Share, group: SupervisionGroup, tove: User
) -> None:
    place = group.memberships.get(person=tove)
    ShareReader.objects.create(
        share=copy, membership=place, person=tove, sealed_to=copy.sealed_to, key=b"slipped in"
    )

    assert [one.number for one in check_record(copy.agreement).troubles] == [0]


def test_line_that_shows_another_readers_name_is_found(copy: Share, tove: User) -> None:
    line = copy.events.log().get(kind=Kind.READER_ADDED)
    line.about = tove

    assert not line.is_whole


def test_taking_back_from_one_leaves_all_others_their_key(
    group: SupervisionGroup, agreement: Agreement, mira: User, okafor: User, jonas: User, tove: User
) -> None:
    readers = factories.reading_terms(group, jonas, tove)
    share = factories.make_share(agreement=agreement, readers=readers)

    actions.take_from_one(by=mira, pk=share.pk, person=jonas.pk)

    for user in (mira, okafor, tove):
        assert fresh(share).open(factories.reader(user))
    with pytest.raises(CannotOpen):
        fresh(share).open(factories.reader(jonas))


@pytest.mark.parametrize("who", ["okafor", "jonas", "tove", "ada"])
def test_nobody_but_the_author_takes_it_back_from_one(
    copy: Share, jonas: User, who: str, request: pytest.FixtureRequest, browser_of: BrowserOf
) -> None:
    user = request.getfixturevalue(who)
    with pytest.raises(Share.DoesNotExist):
        actions.take_from_one(by=user, pk=copy.pk, person=jonas.pk)
    path = reverse("share_take_from_one", args=[copy.pk, jonas.pk])
    assert browser_of(user).post(path).status_code == 404


def test_reader_of_another_supervisors_group_is_refused(
    group: SupervisionGroup, mira: User, rune: User, jonas: User, entry: Entry
) -> None:
    elsewhere = factories.make_agreement(supervisee=mira, supervisor=rune)
    terms = factories.share_terms(
        agreement=elsewhere,
        entry=entry,
        passages=["repair"],
        readers=factories.reading_terms(group, jonas),
        key_confirmed=True,
    )

    with pytest.raises(Refused, match="no longer in the group"):
        actions.share_passages(by=mira, reader=factories.reader(mira), terms=terms)
    assert not Share.objects.filter(agreement=elsewhere).exists()


def test_sharing_stops_where_a_members_key_is_not_the_known_one(
    group: SupervisionGroup, agreement: Agreement, entry: Entry, mira: User, jonas: User
) -> None:
    factories.make_share(
        agreement=agreement, entry=entry, readers=factories.reading_terms(group, jonas)
    )
    Vault.objects.filter(user=jonas).update(sealed_at=timezone.now())
    factories.make_vault(jonas)

    with pytest.raises(Refused, match="Compare the key of Jonas Weber"):
        factories.make_share(
            agreement=agreement,
            entry=entry,
            readers=factories.reading_terms(group, jonas, confirmed=False),
        )
    assert Share.objects.count() == 1


def test_member_with_a_fresh_vault_is_told_why_an_old_copy_does_not_open(
    copy: Share, jonas: User, browser_of: BrowserOf
) -> None:
    Vault.objects.filter(user=jonas).update(sealed_at=timezone.now())
    factories.make_vault(jonas)
    client = browser_of(jonas)

    answer = client.get(page_of(copy))

    assert answer.status_code == 409
    assert "fresh vault" in answer.content.decode()


@pytest.mark.parametrize("is_gone", ["deactivated", "without_vault"])
def test_member_who_cannot_read_is_refused_by_name(
    group: SupervisionGroup, agreement: Agreement, entry: Entry, jonas: User, is_gone: str
) -> None:
    readers = factories.reading_terms(group, jonas)
    if is_gone == "deactivated":
        User.objects.filter(pk=jonas.pk).update(is_active=False)
    else:
        Vault.objects.filter(user=jonas).update(sealed_at=timezone.now())

    with pytest.raises(Refused, match="Jonas Weber"):
        factories.make_share(agreement=agreement, entry=entry, readers=readers)
    assert not Share.objects.exists()


def test_barred_member_is_neither_offered_nor_given_a_key(
    copy: Share, entry: Entry, mira: User, jonas: User, agreement: Agreement, as_mira: Client
) -> None:
    group = copy.group
    assert group is not None
    actions.bar_people(by=mira, keys=factories.vault_keys(mira), pk=entry.pk, barred=[jonas.pk])

    html = as_mira.get(reverse("share_new", args=[entry.pk])).content.decode()
    assert "Tove Brandt" in html
    assert "Jonas Weber (" not in html
    with pytest.raises(CannotOpen):
        fresh(copy).open(factories.reader(jonas))
    entry.refresh_from_db()
    with pytest.raises(Refused, match="barred Jonas Weber"):
        factories.make_share(
            agreement=agreement, entry=entry, readers=factories.reading_terms(group, jonas)
        )


# --- Every way in which it ends ------------------------------------------------------------------


def _revoke(share: Share) -> None:
    actions.revoke_share(by=share.supervisee, pk=share.pk)


def _expire(share: Share) -> None:
    with time_machine.travel(share.expires_at + timedelta(seconds=1), tick=False):
        actions.expire_shares()


def _end_agreement(share: Share) -> None:
    actions.end_agreement(by=share.supervisee, pk=share.agreement_id)


def _purge(share: Share) -> None:
    assert share.entry is not None
    share.entry.delete()
    actions.expire_shares()


def _author_leaves(share: Share) -> None:
    assert share.group_id is not None
    actions.leave_group(by=share.supervisee, pk=share.group_id)


def _author_is_removed(share: Share) -> None:
    assert share.group_id is not None
    actions.remove_member(by=share.supervisor, pk=share.group_id, person=share.supervisee_id)


def _group_ends(share: Share) -> None:
    assert share.group_id is not None
    actions.end_group(by=share.supervisor, pk=share.group_id)


def _supervisor_goes(share: Share) -> None:
    with transaction.atomic():
        take_leave(share.supervisor)


@pytest.mark.parametrize(
    "happens",
    [
        _revoke,
        _expire,
        _end_agreement,
        _purge,
        _author_leaves,
        _author_is_removed,
        _group_ends,
        _supervisor_goes,
    ],
)
def test_closing_takes_every_key_at_once_and_puts_it_on_record(
    copy: Share, jonas: User, mira: User, okafor: User, happens: Callable[[Share], None]
) -> None:
    happens(copy)

    stolen = fresh(copy)
    reader = stolen.readers.get()
    assert (stolen.key_supervisor, reader.key, reader.because) == (None, None, "closed")
    for user in (okafor, jonas):
        with pytest.raises(CannotOpen):
            stolen.open(factories.reader(user))
    assert stolen.open(factories.reader(mira))
    assert kinds(copy)[-1] == Kind.READER_REMOVED
    assert check_record(copy.agreement).is_whole


def _leaves(share: Share, jonas: User) -> None:
    assert share.group_id is not None
    actions.leave_group(by=jonas, pk=share.group_id)


def _removed(share: Share, jonas: User) -> None:
    assert share.group_id is not None
    actions.remove_member(by=share.supervisor, pk=share.group_id, person=jonas.pk)


def _ends_own_agreement(share: Share, jonas: User) -> None:
    actions.end_agreement(by=jonas, pk=Agreement.objects.get(supervisee=jonas).pk)


def _account_goes(share: Share, jonas: User) -> None:
    with transaction.atomic():
        take_leave(jonas)


@pytest.mark.parametrize("happens", [_leaves, _removed, _ends_own_agreement, _account_goes])
def test_member_who_goes_loses_every_key_and_opens_nothing_with_stolen_rows(
    copy: Share,
    group: SupervisionGroup,
    jonas: User,
    okafor: User,
    entry: Entry,
    happens: Callable[[Share, User], None],
) -> None:
    comment = factories.make_comment(share=copy, author=okafor, text="Sent before he went.")
    own = Agreement.objects.get(supervisee=jonas)
    of_jonas = factories.make_share(
        agreement=own, readers=factories.reading_terms(group, copy.supervisee)
    )

    happens(copy, jonas)

    stolen, reader = fresh(copy), factories.reader(jonas)
    blobs = [stolen.body, stolen.key_supervisee, stolen.key_supervisor, comment.body]
    for context in (
        crypto.reader_share_key(copy.pk, jonas.pk),
        crypto.sealed_share_key(copy.pk, jonas.pk),
        crypto.sealed_share_key(copy.pk, okafor.pk),
    ):
        for blob in blobs:
            with pytest.raises(CannotOpen):
                crypto.open_sealed(reader.private_key, bytes(blob or b""), context)
    with pytest.raises(CannotOpen):
        stolen.open(reader)
    assert not ShareReader.objects.holding().filter(person=jonas).exists()
    assert stolen.open(factories.reader(okafor))  # for all others it goes on
    mine = Share.objects.filter(pk=of_jonas.pk).first()
    assert mine is None or mine.is_forgotten
    assert check_record(copy.agreement).is_whole


def test_nothing_of_a_deleted_account_is_left_in_groups(
    copy: Share, group: SupervisionGroup, jonas: User
) -> None:
    with transaction.atomic():
        take_leave(jonas)

    assert not GroupMembership.objects.of(jonas).exists()
    assert not ShareReader.objects.filter(person=jonas).exists()
    assert not GroupPin.objects.about(jonas).exists()


def test_database_refuses_a_key_that_was_removed(copy: Share) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        copy.readers.update(removed_at=timezone.now(), because="closed")
    with pytest.raises(IntegrityError), transaction.atomic():
        copy.readers.update(key=None)


def test_hidden_with_its_reflection_it_opens_for_no_member(
    copy: Share, entry: Entry, mira: User, jonas: User, browser_of: BrowserOf
) -> None:
    delete_entry(by=mira, pk=entry.pk)

    answer = browser_of(jonas).get(page_of(copy))

    assert answer.status_code == 410
    assert "put away the reflection" in answer.content.decode()
    assert "opens again only if Mira Lindgren brings the reflection back" in answer.content.decode()


# --- Talking -------------------------------------------------------------------------------------


def test_member_comments_and_reads_what_others_sent_but_nothing_held(
    copy: Share, mira: User, okafor: User, jonas: User, browser_of: BrowserOf
) -> None:
    factories.make_comment(share=copy, author=okafor, text="Sent by the supervisor.")
    factories.held_comment(share=copy, author=okafor, text="Held by the supervisor.")
    factories.make_comment(share=copy, author=jonas, text="Said by a fellow member.")

    html = browser_of(jonas).get(page_of(copy)).content.decode()

    assert "Sent by the supervisor." in html
    assert "Said by a fellow member." in html
    assert "Held by the supervisor." not in html
    assert 'value="hold"' not in html
    assert reverse("meeting_bring", args=[copy.pk]) not in html
    assert reverse("share_receipt", args=[copy.pk]) not in html
    for user in (mira, okafor):
        assert "Said by a fellow member." in browser_of(user).get(page_of(copy)).content.decode()


def test_answer_is_awaited_of_the_two_and_never_of_who_reads_along(
    copy: Share,
    group: SupervisionGroup,
    mira: User,
    okafor: User,
    jonas: User,
    browser_of: BrowserOf,
) -> None:
    page, jonas_page = reverse("group_read", args=[group.pk]), browser_of(jonas)
    jonas_page.get(page_of(copy))
    browser_of(okafor).get(page_of(copy))
    assert "Nothing said yet" in browser_of(okafor).get(page).content.decode()
    assert "Nothing said yet" not in jonas_page.get(page).content.decode()

    factories.make_comment(share=copy, author=okafor)

    assert "Waits for your answer" in browser_of(mira).get(page).content.decode()
    assert "Waits for your answer" not in jonas_page.get(page).content.decode()
    assert "Waits for your answer" not in jonas_page.get(reverse("home")).content.decode()


def test_each_is_told_who_can_see_what_and_from_whom_it_is_taken(
    copy: Share,
    group: SupervisionGroup,
    as_mira: Client,
    as_okafor: Client,
    jonas: User,
    browser_of: BrowserOf,
) -> None:
    member = browser_of(jonas).get(page_of(copy)).content.decode()
    assert "Mira Lindgren and Dr Chidi Okafor can see that you opened it" in member
    author = as_mira.get(page_of(copy)).content.decode()
    assert "You and Dr Chidi Okafor can see every opening, and by whom" in author
    assert "Dr Chidi Okafor and those who read along cannot open it any more" in author
    listed = as_okafor.get(reverse("group_read", args=[group.pk])).content.decode()
    assert "1 of the group reads along." in listed

    answer = as_mira.post(reverse("share_revoke", args=[copy.pk]), follow=True)

    said = "Dr Chidi Okafor and those who read along cannot open it any more."
    assert said in answer.content.decode()


@pytest.mark.parametrize("name", ["share_receipt", "share_receipt_export", "meeting_bring"])
def test_what_is_between_the_two_is_not_the_members(
    copy: Share, jonas: User, browser_of: BrowserOf, name: str
) -> None:
    assert browser_of(jonas).get(reverse(name, args=[copy.pk])).status_code == 404


@pytest.mark.parametrize("what", ["hold", "revoke", "react"])
def test_member_does_nothing_that_is_the_two_sides(
    copy: Share, okafor: User, jonas: User, what: str
) -> None:
    comment = factories.make_comment(share=copy, author=okafor)
    acts: dict[str, Callable[[], object]] = {
        "hold": lambda: factories.held_comment(share=copy, author=jonas),
        "revoke": lambda: actions.revoke_share(by=jonas, pk=copy.pk),
        "react": lambda: actions.react(
            by=jonas, pk=copy.pk, comment=comment.pk, kind=Reaction.Kind.THANKS, is_on=True
        ),
    }

    with pytest.raises((Refused, Share.DoesNotExist)):
        acts[what]()


def test_member_is_refused_in_words_at_every_address_of_the_copy(
    copy: Share, jonas: User, okafor: User, browser_of: BrowserOf
) -> None:
    comment = factories.make_comment(share=copy, author=okafor)
    held = factories.held_comment(share=copy, author=okafor)
    ids = {"pk": copy.pk, "person": okafor.pk, "comment": comment.pk, "held": held.pk}
    browser = browser_of(jonas)
    addresses = {
        (one.name, *names): reverse(one.name, kwargs={name: ids[name] for name in names})
        for one in supervision.urls.urlpatterns
        if isinstance(one, URLPattern) and one.name and "shares/<uuid:pk>" in str(one.pattern)
        for names in [tuple(one.pattern.converters)]
    }
    assert len(addresses) > 15

    for name, address in addresses.items():
        for method in (browser.get, browser.post):
            assert method(address).status_code < 500, name
    assert fresh(copy).is_live
    assert copy.readers.filter(removed_at=None).exists()
    assert Comment.objects.get() == comment
    assert HeldComment.objects.get() == held


def test_member_carries_nothing_over(copy: Share, jonas: User, browser_of: BrowserOf) -> None:
    answer = browser_of(jonas).post(reverse("held_carry", args=[copy.pk]), follow=True)
    assert "Nothing was changed." in answer.content.decode()


def test_member_begins_no_reflection_from_what_they_read_along(
    copy: Share, jonas: User, browser_of: BrowserOf
) -> None:
    answer = browser_of(jonas).post(reverse("share_reflect", args=[copy.pk]), follow=True)

    assert answer.redirect_chain == [(page_of(copy), 302)]
    assert "That is not yours to do here." in answer.content.decode()


def test_words_typed_by_a_member_who_was_removed_meanwhile_come_back(
    copy: Share, jonas: User, browser_of: BrowserOf
) -> None:
    client = browser_of(jonas)
    assert copy.group_id is not None
    actions.remove_member(by=copy.supervisor, pk=copy.group_id, person=jonas.pk)

    answer = client.post(
        reverse("comment_add", args=[copy.pk]), {"passage": "repair", "text": "Half a thought."}
    )

    assert answer.status_code == 409
    assert "Half a thought." in answer.content.decode()
    assert not Comment.objects.exists()


def test_opening_is_shown_to_author_supervisor_and_that_member_by_name(
    group: SupervisionGroup,
    agreement: Agreement,
    entry: Entry,
    mira: User,
    okafor: User,
    jonas: User,
    tove: User,
    browser_of: BrowserOf,
) -> None:
    readers = factories.reading_terms(group, jonas, tove)
    share = factories.make_share(agreement=agreement, entry=entry, readers=readers)
    browser_of(jonas).get(page_of(share))

    for user in (mira, okafor, jonas):
        assert "Jonas Weber opened it" in browser_of(user).get(page_of(share)).content.decode()
    html = browser_of(tove).get(page_of(share)).content.decode()
    assert "A member of the group opened it" in html
    assert "Jonas Weber opened it" not in html


# --- Pages ---------------------------------------------------------------------------------------


def test_removed_members_old_link_says_why(
    copy: Share, mira: User, jonas: User, browser_of: BrowserOf
) -> None:
    client = browser_of(jonas)
    actions.take_from_one(by=mira, pk=copy.pk, person=jonas.pk)

    answer = client.get(page_of(copy))

    assert answer.status_code == 410
    assert "Mira Lindgren took this back from you" in answer.content.decode()
    assert "Your key to it is deleted, so that" in answer.content.decode()


@pytest.mark.parametrize("who", ["ada", "rune", "operator"])
def test_group_is_unknown_to_everybody_outside(
    group: SupervisionGroup, who: str, request: pytest.FixtureRequest, browser_of: BrowserOf
) -> None:
    client = browser_of(request.getfixturevalue(who))

    for name in ("group_accept", "group_decline", "group_leave", "group_end", "group_invite"):
        assert client.post(reverse(name, args=[group.pk])).status_code == 404
    assert client.get(reverse("group_read", args=[group.pk])).status_code == 404


def test_page_of_a_group_one_left_says_so(
    group: SupervisionGroup, jonas: User, browser_of: BrowserOf
) -> None:
    client = browser_of(jonas)

    answer = client.post(reverse("group_leave", args=[group.pk]), follow=True)

    assert answer.status_code == 410
    assert "You left this group" in answer.content.decode()


def test_group_is_made_asked_into_and_accepted_on_its_pages(
    agreement: Agreement, okafor: User, mira: User, as_okafor: Client, as_mira: Client
) -> None:
    page = reverse("group_new")
    given = {"name": "Thursdays at six", "people": [str(mira.pk)]}
    assert as_okafor.post(page, given).status_code == 422
    unseen = as_okafor.post(page, given | {"name": "Thurs\u202edays", "agree": "on"})
    assert "cannot be seen" in unseen.content.decode()
    as_okafor.post(page, given | {"agree": "on"})
    group = SupervisionGroup.objects.get()

    assert "asks you into a supervision group" in as_mira.get(reverse("home")).content.decode()
    accept = reverse("group_accept", args=[group.pk])
    assert as_mira.post(accept).status_code == 422
    as_mira.post(accept, {"agree": "on"})

    assert group.memberships.get().is_member
    assert "Thursdays at six" in as_mira.get(reverse("supervision_home")).content.decode()


def _choices(group: SupervisionGroup, share_as: Agreement, *people: User) -> dict[str, Any]:
    places = group.memberships.filter(person__in=people)
    return {
        "agreement": str(share_as.pk),
        "passages": ["repair"],
        "purpose": "question",
        "lasts": "30",
        "attestation": "contract",
        "readers": [str(one.pk) for one in places],
    }


def test_nobody_is_chosen_beforehand_and_the_preview_says_who(
    group: SupervisionGroup,
    agreement: Agreement,
    entry: Entry,
    mira: User,
    jonas: User,
    as_mira: Client,
) -> None:
    page = reverse("share_new", args=[entry.pk])
    html = as_mira.get(page).content.decode()
    assert "Who else may read along?" in html
    assert "checked" not in html.split("Who else may read along?")[1].split("Which passages?")[0]
    chosen = _choices(group, agreement, jonas)
    jonas_place = group.memberships.with_vaults().get(person=jonas)

    asked = as_mira.post(page, chosen | {"step": "preview"}).content.decode()
    assert "Compare the key of Jonas Weber once" in asked
    chosen["reader_keys"] = [jonas_place.key.hex()]
    answer = as_mira.post(page, chosen | {"step": "preview"})
    html = answer.content.decode()
    assert "Jonas Weber would read it along" in html
    assert "Tove Brandt" not in html

    confirmed = {"share": str(answer.context["terms"].share), "seal": answer.context["seal"]}
    as_mira.post(page, chosen | confirmed | {"step": "confirm"})
    share = Share.objects.get()
    assert [one.person for one in share.readers.all()] == [jonas]
    assert group.pk == share.group_id


def test_who_lets_others_read_along_agrees_to_a_wording_that_says_what_that_means(
    group: SupervisionGroup,
    agreement: Agreement,
    entry: Entry,
    jonas: User,
    as_mira: Client,
) -> None:
    page, means = reverse("share_new", args=[entry.pk]), "Those who read along are colleagues."
    chosen = _choices(group, agreement, jonas)
    chosen["reader_keys"] = [group.memberships.with_vaults().get(person=jonas).key.hex()]
    assert means in as_mira.get(page).content.decode()

    alone = as_mira.post(page, chosen | {"step": "preview", "readers": []})
    together = as_mira.post(page, chosen | {"step": "preview"})

    assert (means in alone.content.decode(), means in together.content.decode()) == (False, True)
    terms = together.context["terms"]
    confirmed = {"share": str(terms.share), "seal": together.context["seal"], "step": "confirm"}
    as_mira.post(page, chosen | confirmed)
    share = Share.objects.get()
    assert (share.wording.slug, share.wording.version) == ("share-group", 1)
    [shared, *_given] = share.events.log()
    assert shared.facts["wording"] == ["share-group", 1]
    html = as_mira.get(reverse("share_receipt", args=[share.pk])).content.decode()
    assert "What you agree to by letting colleagues read along”, version 1" in html
    assert means in html


@pytest.mark.parametrize("with_readers", [True, False])
def test_wording_for_other_readers_than_are_chosen_is_refused(
    group: SupervisionGroup,
    agreement: Agreement,
    entry: Entry,
    jonas: User,
    *,
    with_readers: bool,
) -> None:
    readers = factories.reading_terms(group, jonas) if with_readers else ()
    other = ConsentWording.objects.to_share(in_group=not with_readers)

    with pytest.raises(Refused, match="not the wording for what you chose"):
        factories.make_share(agreement=agreement, entry=entry, readers=readers, wording=other.pk)
    assert not Share.objects.exists()


def test_reader_slipped_in_after_the_preview_is_shown_first(
    group: SupervisionGroup,
    agreement: Agreement,
    entry: Entry,
    jonas: User,
    tove: User,
    as_mira: Client,
) -> None:
    page = reverse("share_new", args=[entry.pk])
    chosen = _choices(group, agreement, jonas)
    places = group.memberships.with_vaults().filter(person__in=[jonas, tove])
    chosen["reader_keys"] = [one.key.hex() for one in places]
    seen = as_mira.post(page, chosen | {"step": "preview"})
    confirmed = {"share": str(seen.context["terms"].share), "seal": seen.context["seal"]}
    chosen["readers"] = [str(one.pk) for one in places]

    answer = as_mira.post(page, chosen | confirmed | {"step": "confirm"})

    assert "nothing was shared" in answer.content.decode()
    assert not Share.objects.exists()


# --- Where its author finds who reads along ------------------------------------------------------


@pytest.fixture
def read_by_two(
    group: SupervisionGroup, agreement: Agreement, entry: Entry, mira: User, jonas: User, tove: User
) -> Share:
    """What Jonas and Tove were let read along; Jonas not any more."""
    readers = factories.reading_terms(group, jonas, tove)
    share = factories.make_share(agreement=agreement, entry=entry, readers=readers)
    actions.take_from_one(by=mira, pk=share.pk, person=jonas.pk)
    return share


@pytest.mark.parametrize("name", ["record_json", "share_receipt_export"])
def test_exported_consent_names_who_reads_along_and_who_did(
    read_by_two: Share, jonas: User, tove: User, as_mira: Client, name: str
) -> None:
    pk = read_by_two.agreement_id if name == "record_json" else read_by_two.pk

    told = as_mira.get(reverse(name, args=[pk])).json()

    found = {one["name"]: (one["share"], one["because"]) for one in told["read_along"]}
    assert found == {
        "Jonas Weber": (str(read_by_two.pk), "taken_back"),
        "Tove Brandt": (str(read_by_two.pk), ""),
    }
    assert [bool(one["until"]) for one in told["read_along"] if one["because"]] == [True]
    lines = told["lines"]
    assert all(one["line"]["by"] in {*told["people"], None} for one in lines)
    assert told["people"][str(tove.pk)] == "Tove Brandt"


def test_record_as_a_sheet_names_who_each_key_was_for(read_by_two: Share, as_mira: Client) -> None:
    answer = as_mira.get(reverse("record_csv", args=[read_by_two.agreement_id]))

    rows = list(csv.DictReader(io.StringIO(answer.content.decode())))
    about = [(one["kind"], one["about"]) for one in rows if one["about"]]
    assert sorted(about) == [
        ("reader_added", "Jonas Weber"),
        ("reader_added", "Tove Brandt"),
        ("reader_removed", "Jonas Weber"),
    ]


def test_receipt_and_reflection_name_who_reads_along_and_who_did(
    read_by_two: Share, entry: Entry, as_mira: Client, as_okafor: Client
) -> None:
    receipt = reverse("share_receipt", args=[read_by_two.pk])
    pages = [
        as_mira.get(receipt),
        as_okafor.get(receipt),
        as_mira.get(reverse("entry_read", args=[entry.pk])),
    ]

    for page in pages:
        html = page.content.decode()
        assert "Tove Brandt reads along" in html
        assert "Jonas Weber read along until" in html


def test_journals_own_export_names_who_reads_along_and_who_did(
    read_by_two: Share, as_mira: Client
) -> None:
    def exported(kind: str) -> bytes:
        posted = {"kind": kind, "password": factories.PASSWORD}
        return b"".join(as_mira.post(reverse("journal_export"), posted))

    [shared] = json.loads(exported("json"))["shared"]
    [folder] = [
        file.read(name)
        for file in [zipfile.ZipFile(io.BytesIO(exported("markdown")))]
        for name in file.namelist()
        if name.startswith("shared/")
    ]

    found = {one["name"]: (bool(one["until"]), one["because"]) for one in shared["readers"]}
    assert found == {"Jonas Weber": (True, "taken_back"), "Tove Brandt": (False, "")}
    assert "Tove Brandt reads along" in folder.decode()
    assert "Jonas Weber read along until" in folder.decode()


def test_journals_chips_say_how_many_read_along_in_as_many_queries(
    read_by_two: Share,
    group: SupervisionGroup,
    agreement: Agreement,
    jonas: User,
    tove: User,
    as_mira: Client,
    django_assert_max_num_queries: Any,
) -> None:
    page = reverse("journal_list")
    as_mira.get(page)
    with django_assert_max_num_queries(12) as few:
        html = " ".join(as_mira.get(page).content.decode().split())
    assert "2 passages with Dr Chidi Okafor and 1 reading along" in html
    for _number in range(4):
        factories.make_share(
            agreement=agreement, readers=factories.reading_terms(group, jonas, tove)
        )

    with django_assert_max_num_queries(len(few)):
        html = " ".join(as_mira.get(page).content.decode().split())

    assert html.count("2 passages with Dr Chidi Okafor and 2 reading along") == 4


def test_copy_nobody_reads_along_says_nothing_of_it(share: Share, as_mira: Client) -> None:
    html = as_mira.get(reverse("journal_list")).content.decode()

    assert "reading along" not in html


def test_pages_take_a_constant_number_of_queries(
    copy: Share,
    group: SupervisionGroup,
    agreement: Agreement,
    mira: User,
    jonas: User,
    tove: User,
    browser_of: BrowserOf,
    django_assert_max_num_queries: Any,
) -> None:
    client = browser_of(jonas)
    pages = [page_of(copy), reverse("group_read", args=[group.pk])]
    counts = []
    for _round in range(2):
        for page in pages:
            client.get(page)  # opened, so that no line is added
        for page in pages:
            with django_assert_max_num_queries(20) as counted:
                assert client.get(page).status_code == 200
            counts.append(len(counted))
        for _number in range(3):
            readers = factories.reading_terms(group, jonas, tove)
            factories.make_comment(
                share=factories.make_share(agreement=agreement, readers=readers), author=jonas
            )
            factories.make_comment(share=copy, author=jonas)

    assert counts[:2] == counts[2:]
    assert max(counts) <= 12, counts


def test_member_whose_reading_was_taken_while_they_typed_is_told_so(
    copy: Share, mira: User, jonas: User, browser_of: BrowserOf
) -> None:
    client = browser_of(jonas)
    actions.take_from_one(by=mira, pk=copy.pk, person=jonas.pk)

    answer = client.post(
        reverse("comment_add", args=[copy.pk]), {"passage": "repair", "text": "Half a thought."}
    )

    html = answer.content.decode()
    assert answer.status_code == 409
    assert "Mira Lindgren took this back from you on" in html
    assert "Half a thought." in html
    assert "data-unsaved" in html
    assert reverse("share_receipt", args=[copy.pk]) not in html
    assert "Keep it among what I hold" not in html


@pytest.mark.parametrize("what_ends", ["agreement", "group"])
def test_page_of_a_group_that_is_over_says_what_became_of_the_agreement(
    group: SupervisionGroup,
    agreement: Agreement,
    mira: User,
    okafor: User,
    what_ends: str,
    as_mira: Client,
) -> None:
    if what_ends == "agreement":
        actions.end_agreement(by=mira, pk=agreement.pk)
    else:
        actions.end_group(by=okafor, pk=group.pk)

    html = as_mira.get(reverse("group_read", args=[group.pk])).content.decode()

    assert ("Your agreement with Dr Chidi Okafor ended on" in html) is (what_ends == "agreement")
    assert ("is untouched by this" in html) is (what_ends == "group")
