"""Consent held to: both read, both told, everything back at once, and what a thief is left with."""

import uuid
from collections.abc import Callable
from datetime import timedelta

import pytest
import time_machine
from django.core import mail
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import Clinic, User
from reflection.actions import begin_entry, delete_entry
from reflection.document import Document, Happened, encode
from reflection.models import Entry, PrivateList
from supervision import actions
from supervision.checking import check_record
from supervision.frozen import Reader
from supervision.minutes import AgendaItem, Minutes
from supervision.minutes import encode as encode_minutes
from supervision.models import (
    Agreement,
    Comment,
    ConsentWording,
    HeldComment,
    Proposal,
    Share,
    SupervisionMeeting,
)
from supervision.rules import Refused
from supervision.said import Anchor, encode_said
from tests import factories
from tests.supervision.conftest import BrowserOf
from vault import crypto
from vault.crypto import CannotOpen
from vault.models import Vault

# --- Accepting -----------------------------------------------------------------------------------


@pytest.fixture
def waiting(mira: User, okafor: User) -> Agreement:
    """Mira proposed; Okafor has yet to accept."""
    return factories.make_agreement(supervisee=mira, supervisor=okafor, is_active=False)


def test_acceptor_has_to_say_that_they_read_the_wording(
    as_okafor: Client, waiting: Agreement
) -> None:
    answer = as_okafor.post(reverse("agreement_accept", args=[waiting.pk]))

    waiting.refresh_from_db()
    assert answer.status_code == 422
    assert "Nothing was accepted yet" in answer.content.decode()
    assert waiting.supervisor_accepted_at is None


def test_who_is_asked_by_address_has_to_say_so_too(
    browser_of: BrowserOf, mira: User, rune: User
) -> None:
    factories.load_wordings()
    proposal = actions.propose_to_address(by=mira, email=rune.email, side="supervisee")

    answer = browser_of(rune).post(reverse("proposal_accept", args=[proposal.pk]))

    assert answer.status_code == 422
    assert not Agreement.objects.exists()


def test_nobody_is_said_to_supervise_before_both_accepted(
    as_mira: Client, waiting: Agreement, okafor: User
) -> None:
    for address in (
        reverse("agreement_read", args=[waiting.pk]),
        reverse("supervision_home"),
    ):
        html = " ".join(as_mira.get(address).content.decode().split())
        assert f"{okafor.get_full_name()} as your supervisor" not in html
        assert f"{okafor.get_full_name()}, proposed as your supervisor" in html


def test_newer_wording_is_shown_with_what_changed_beside_the_accepted_one(
    as_mira: Client, agreement: Agreement
) -> None:
    old = agreement.wording
    ConsentWording.objects.create(
        slug=old.slug,
        version=old.version + 1,
        title=old.title,
        text=f"{old.text}\n\nAnd one thing more.",
    )

    html = as_mira.get(reverse("agreement_read", args=[agreement.pk])).content.decode()

    assert f"Wording, version {old.version}" in html
    assert f"There is a newer wording, version {old.version + 1}" in html
    assert "And one thing more.</ins>" in html


def test_who_only_manages_the_clinic_cannot_be_chosen(
    as_mira: Client, browser_of: BrowserOf, ada: User, okafor: User, alder_house: Clinic
) -> None:
    factories.load_wordings()
    ada.memberships.update(is_clinician=False)
    place = str(ada.memberships.get().pk)

    offered = as_mira.get(reverse("agreement_new")).context["form"].fields["person"].choices
    refused = as_mira.post(
        reverse("agreement_new"), {"side": "supervisee", "person": place, "agree": "on"}
    )
    for_two = browser_of(ada).get(reverse("agreement_new_for_clinic", args=[alder_house.pk]))

    assert place not in [value for value, _name in offered]
    assert refused.status_code == 422
    html = for_two.content.decode()
    assert place not in dict(for_two.context["form"].fields["supervisor"].choices)
    assert "who only manages the clinic? Make them a clinician first." in html


def test_person_is_supervisee_in_one_agreement_and_supervisor_in_another(
    as_okafor: Client, agreement: Agreement, okafor: User, jonas: User
) -> None:
    factories.make_agreement(supervisee=okafor, supervisor=jonas)

    html = " ".join(as_okafor.get(reverse("supervision_home")).content.decode().split())

    assert f"{agreement.supervisee.get_full_name()} as your supervisee" in html
    assert f"{jonas.get_full_name()} as your supervisor" in html


# --- Proposed twice ------------------------------------------------------------------------------


def test_proposing_back_what_was_proposed_is_answered_instead(mira: User, rune: User) -> None:
    factories.load_wordings()
    actions.propose_to_address(by=mira, email=rune.email, side="supervisee")

    with pytest.raises(Refused, match="waits for your answer"):
        actions.propose_to_address(by=rune, email=mira.email, side="supervisor")

    assert Proposal.objects.count() == 1


def test_offering_to_supervise_each_other_is_not_the_same_proposal(mira: User, rune: User) -> None:
    factories.load_wordings()
    actions.propose_to_address(by=mira, email=rune.email, side="supervisee")

    actions.propose_to_address(by=rune, email=mira.email, side="supervisee")

    assert Proposal.objects.open().count() == 2


def test_crossing_proposals_are_both_closed_when_one_is_accepted(mira: User, rune: User) -> None:
    factories.load_wordings()
    hers = actions.propose_to_address(by=mira, email=rune.email, side="supervisee")
    his = Proposal.objects.create(
        proposer=rune, proposer_side="supervisor", email=mira.email, wording=hers.wording
    )

    actions.accept_proposal(by=rune, pk=hers.pk)

    his.refresh_from_db()
    assert his.outcome == Proposal.Outcome.ACCEPTED
    assert Agreement.objects.count() == 1


# --- Told on the first page ----------------------------------------------------------------------


def test_admins_first_page_shows_what_they_proposed_until_both_accepted(
    browser_of: BrowserOf, ada: User, mira: User, okafor: User, alder_house: Clinic
) -> None:
    factories.load_wordings()
    agreement = actions.propose_agreement(
        by=ada, supervisee=mira, supervisor=okafor, clinic=alder_house
    )
    said = f"You proposed that {okafor.get_full_name()} supervises {mira.get_full_name()}."
    as_ada = browser_of(ada)

    assert said in as_ada.get(reverse("home"), follow=True).content.decode()
    actions.accept_agreement(by=mira, pk=agreement.pk)
    actions.accept_agreement(by=okafor, pk=agreement.pk)

    assert said not in as_ada.get(reverse("home"), follow=True).content.decode()


def test_other_is_told_of_the_end_once(
    as_mira: Client, as_okafor: Client, agreement: Agreement, okafor: User
) -> None:
    actions.end_agreement(by=okafor, pk=agreement.pk)
    said = f"{okafor.get_full_name()} ended your supervision agreement"

    assert said in as_mira.get(reverse("home")).content.decode()
    assert said not in as_okafor.get(reverse("home")).content.decode()
    as_okafor.post(reverse("agreement_seen", args=[agreement.pk]))  # not theirs to have seen
    assert said in as_mira.get(reverse("home")).content.decode()
    as_mira.post(reverse("agreement_seen", args=[agreement.pk]))
    assert said not in as_mira.get(reverse("home")).content.decode()


def test_reading_the_agreement_is_being_told(as_mira: Client, agreement: Agreement) -> None:
    actions.end_agreement(by=agreement.supervisor, pk=agreement.pk)

    as_mira.get(reverse("agreement_read", args=[agreement.pk]))

    assert "ended your supervision agreement" not in as_mira.get(reverse("home")).content.decode()


def test_ended_agreement_says_no_more_what_each_may_do(
    as_mira: Client, agreement: Agreement
) -> None:
    address = reverse("agreement_read", args=[agreement.pk])
    assert "You may" in as_mira.get(address).content.decode()

    actions.end_agreement(by=agreement.supervisor, pk=agreement.pk)

    html = as_mira.get(address).content.decode()
    assert "You may" not in html
    assert "was your supervisor" in html


def test_proposer_is_told_that_it_was_declined(as_mira: Client, waiting: Agreement) -> None:
    actions.decline_agreement(by=waiting.supervisor, pk=waiting.pk)

    assert "was declined on" in as_mira.get(reverse("home")).content.decode()


# --- The supervisor's key ------------------------------------------------------------------------


def unpinned(agreement: Agreement) -> Agreement:
    Agreement.objects.filter(pk=agreement.pk).update(key_pin=None, pinned_in=None, pinned_at=None)
    agreement.refresh_from_db()
    return agreement


def test_key_is_asked_for_and_remembered_on_the_agreements_own_page(
    as_mira: Client, agreement: Agreement
) -> None:
    unpinned(agreement)
    address = reverse("agreement_read", args=[agreement.pk])
    assert "Remember this key" in as_mira.get(address).content.decode()
    confirm = reverse("agreement_confirm_key", args=[agreement.pk])

    unticked = as_mira.post(confirm, follow=True).content.decode()
    assert "Nothing was remembered" in unticked
    as_mira.post(confirm, {"key_confirmed": agreement.supervisor_key.hex()})

    page = as_mira.get(address)
    assert page.context["key_standing"] == "known"
    assert "Remember this key" not in page.content.decode()


def test_only_the_supervisee_confirms_a_key_and_only_the_one_there_is(
    as_okafor: Client, agreement: Agreement, mira: User, okafor: User
) -> None:
    unpinned(agreement)
    key = agreement.supervisor_key

    as_okafor.post(
        reverse("agreement_confirm_key", args=[agreement.pk]), {"key_confirmed": key.hex()}
    )
    with pytest.raises(Refused):
        actions.confirm_key(
            by=mira, pk=agreement.pk, keys=factories.vault_keys(mira), fingerprint=b"another"
        )

    agreement.refresh_from_db()
    assert agreement.key_pin is None


def test_supervisors_fresh_vault_is_told_and_stops_sharing(
    as_mira: Client, agreement: Agreement, entry: Entry, okafor: User, mira: User
) -> None:
    okafor.vaults.update(sealed_at=timezone.now())
    factories.make_vault(okafor)

    html = as_mira.get(reverse("home")).content.decode()
    terms = factories.share_terms(agreement=agreement, entry=entry, passages=["repair"])
    fresh = Agreement.objects.get(pk=agreement.pk)
    terms = factories.share_terms(agreement=fresh, entry=entry, passages=["repair"])

    assert f"The key of {okafor.get_full_name()} has changed" in html
    with pytest.raises(Refused, match="key"):
        actions.share_passages(by=mira, reader=factories.reader(mira), terms=terms)


# --- Everything back -----------------------------------------------------------------------------


def test_everything_is_taken_back_at_one_press_with_a_line_for_each(
    as_mira: Client, share: Share, agreement: Agreement, okafor: User
) -> None:
    factories.make_share(agreement=agreement)
    address = reverse("agreement_take_back", args=[agreement.pk])

    asked = as_mira.get(address).content.decode()
    assert Share.objects.live().count() == 2
    as_mira.post(address)

    agreement.refresh_from_db()
    assert "2 copies close at once" in " ".join(asked.split())
    assert not Share.objects.exclude(key_supervisor=None).exists()
    assert agreement.ended_at is None
    lines = [line.kind for line in agreement.record.lines.log()]
    assert lines[-2:] == ["revoked", "revoked"]


def test_taking_everything_back_leaves_another_supervisors_copies(
    share: Share, mira: User, jonas: User
) -> None:
    other = factories.make_agreement(supervisee=mira, supervisor=jonas)
    kept = factories.make_share(agreement=other)

    actions.take_back_everything(by=mira, pk=share.agreement_id)

    assert [one.pk for one in Share.objects.live()] == [kept.pk]


def test_supervisor_takes_nothing_back(
    as_okafor: Client, share: Share, agreement: Agreement, okafor: User
) -> None:
    as_okafor.post(reverse("agreement_take_back", args=[agreement.pk]))
    with pytest.raises(Refused):
        actions.take_back_everything(by=okafor, pk=agreement.pk)

    assert Share.objects.live().count() == 1


# --- The log on the reflection -------------------------------------------------------------------


def test_reflections_page_says_who_opened_which_copy_when(
    as_mira: Client, share: Share, entry: Entry, okafor: User
) -> None:
    actions.note_opening(share=share, by=okafor, events=[])

    html = " ".join(as_mira.get(reverse("entry_read", args=[entry.pk])).content.decode().split())

    assert f"Who opened it, and when: last {okafor.get_full_name()}" in html
    actions.note_opening(share=share, by=share.supervisee, events=[])
    html = " ".join(as_mira.get(reverse("entry_read", args=[entry.pk])).content.decode().split())
    assert f"Who opened it, and when: last {okafor.get_full_name()}" in html
    assert f"{share.supervisee.get_full_name()} opened it" in html
    assert f"{okafor.get_full_name()} opened it" in html
    assert f"the copy for {okafor.get_full_name()}, version 1" in html


# --- Bad luck ------------------------------------------------------------------------------------


def test_deactivated_supervisor_gets_nothing_new_and_it_is_explained(
    as_mira: Client, share: Share, entry: Entry, agreement: Agreement, okafor: User, mira: User
) -> None:
    okafor.is_active = False
    okafor.save(update_fields=["is_active"])

    html = as_mira.get(reverse("share_new", args=[entry.pk])).content.decode()
    terms = factories.share_terms(agreement=agreement, entry=entry, passages=["repair"])

    assert "is not active" in html
    with pytest.raises(Refused):
        actions.share_passages(by=mira, reader=factories.reader(mira), terms=terms)
    actions.revoke_share(by=mira, pk=share.pk)
    actions.end_agreement(by=mira, pk=agreement.pk)
    assert check_record(agreement).is_whole


def test_entry_deleted_a_moment_ago_is_not_shared(
    as_mira: Client, agreement: Agreement, entry: Entry, mira: User
) -> None:
    terms = factories.share_terms(agreement=agreement, entry=entry, passages=["repair"])
    delete_entry(by=mira, pk=entry.pk)

    with pytest.raises(actions.Changed):
        actions.share_passages(by=mira, reader=factories.reader(mira), terms=terms)
    posted = {"step": "confirm", "share": str(uuid.uuid4()), "seal": "00"}
    assert as_mira.post(reverse("share_new", args=[entry.pk]), posted).status_code == 404
    assert not Share.objects.exists()


@pytest.mark.parametrize(("seconds", "status"), [(-1, 200), (0, 410), (1, 410)])
def test_copy_opens_to_the_second_its_time_is_over_task_or_no_task(
    share: Share, okafor: User, seconds: int, status: int
) -> None:
    with time_machine.travel(share.expires_at + timedelta(seconds=seconds), tick=False):
        browser = Client()
        factories.unlock(browser, okafor)

        assert browser.get(reverse("share_read", args=[share.pk])).status_code == status


def test_clock_that_was_ahead_closes_a_copy_for_good_and_the_record_stays_whole(
    share: Share, agreement: Agreement, okafor: User
) -> None:
    with time_machine.travel(share.expires_at + timedelta(minutes=3)):
        actions.expire_shares()
    reader = factories.reader(okafor)
    share.refresh_from_db()

    with pytest.raises(CannotOpen):
        share.open(reader)
    actions.end_agreement(by=okafor, pk=agreement.pk)
    checked = check_record(agreement)
    assert checked.is_whole
    assert [line.kind for line in checked.lines][-2:] == ["expired", "ended"]


# --- What a thief is left with -------------------------------------------------------------------


def _revoke(share: Share) -> None:
    actions.revoke_share(by=share.supervisee, pk=share.pk)


def _end(share: Share) -> None:
    actions.end_agreement(by=share.supervisor, pk=share.agreement_id)


def _expire(share: Share) -> None:
    with time_machine.travel(share.expires_at + timedelta(seconds=1)):
        actions.expire_shares()


def _take_back_all(share: Share) -> None:
    actions.take_back_everything(by=share.supervisee, pk=share.agreement_id)


def _bar(share: Share) -> None:
    keys = factories.vault_keys(share.supervisee)
    actions.bar_people(
        by=share.supervisee, keys=keys, pk=share.entry_uid, barred=[share.supervisor_id]
    )


def _supersede(share: Share) -> None:
    assert share.entry is not None
    terms = factories.share_terms(
        agreement=share.agreement, entry=share.entry, passages=share.passages
    )
    actions.share_passages(
        by=share.supervisee,
        reader=factories.reader(share.supervisee),
        terms=terms,
        takes_back_older=True,
    )


@pytest.mark.parametrize("closes", [_revoke, _end, _expire, _take_back_all, _bar, _supersede])
def test_stolen_rows_and_the_supervisors_own_key_open_nothing_that_was_closed(
    share: Share, okafor: User, closes: Callable[[Share], None]
) -> None:
    thief: Reader = factories.reader(okafor)
    assert share.open(thief).note == "Ask me about the apology."
    leave_traces(share, okafor)
    closes(share)

    # Every row there is, every key the supervisor has, and any share's id tried on any other's key.
    shares = list(Share.objects.all())
    stolen = [bytes(one.key_supervisor) for one in shares if one.key_supervisor]
    row = next(one for one in shares if one.pk == share.pk)
    assert row.key_supervisor is None
    for key in [*stolen, bytes(row.key_supervisee), b"", None]:
        row.key_supervisor = key
        with pytest.raises(CannotOpen):
            row.open(thief)
    for vault in Vault.objects.filter(user=okafor):
        for blob in (row.key_supervisee, row.body):
            with pytest.raises(CannotOpen):
                thief.keys.unwrap(bytes(blob), crypto.share_key(share.pk, vault.pk))
    row.key_supervisor = None
    with pytest.raises(CannotOpen):
        Comment.objects.get(share=row).open(row.data_key(thief))
    # What is the supervisor's own opens, and holds no word of what was closed.
    own = everything_of(okafor, thief)
    assert "Now, hold on." in own
    assert f'"begun_from":"{share.pk}"' in own
    assert "Bring the plan." in own
    for words in ("Thursday", "explaining", "quick", "Finch", "Ask me about"):
        assert words not in own


def leave_traces(share: Share, supervisor: User) -> None:
    """Let the supervisor do with a copy everything that leaves something of theirs behind."""
    reader = factories.reader(supervisor)
    anchor = Anchor(0, 0, 8, "Thursday")
    factories.make_comment(share=share, author=supervisor, text="Sent.", anchor=anchor)
    factories.held_comment(share=share, author=supervisor, text="Now, hold on.", anchor=anchor)
    begun = Document(begun_from=str(share.pk), happened=Happened(took_place="In my own words."))
    begin_entry(by=supervisor, keys=reader.keys, document=begun)
    item = AgendaItem(uuid.uuid4(), supervisor.pk, text="Bring the plan.", share=share.pk)
    minutes = Minutes(agenda=(item,))
    factories.make_meeting(agreement=share.agreement, by=supervisor, minutes=minutes)


def everything_of(supervisor: User, reader: Reader) -> str:
    """Return all that opens with the supervisor's keys in every row there is of theirs."""
    found: list[bytes] = [
        encode_said(one.open_as_stored(reader))
        for one in HeldComment.objects.filter(author=supervisor)
    ]
    for entry in Entry.objects.filter(owner=supervisor):
        found.append(encode(entry.open(reader.keys)))
    for meeting in SupervisionMeeting.objects.of_party(supervisor):
        found.append(encode_minutes(meeting.read(meeting.data_key(reader))))
    for one in PrivateList.objects.filter(vault__user=supervisor):
        found.append(" ".join(map(str, one.open_as(reader.keys, object))).encode())
    return b"\n".join(found).decode()


# --- Addresses that are only posted to -----------------------------------------------------------


@pytest.mark.parametrize(
    "name",
    [
        "agreement_accept",
        "agreement_decline",
        "agreement_end",
        "agreement_seen",
        "agreement_confirm_key",
    ],
)
def test_plain_visit_to_an_agreements_button_leads_to_its_page_and_does_nothing(
    as_mira: Client, agreement: Agreement, name: str
) -> None:
    answer = as_mira.get(reverse(name, args=[agreement.pk]))

    agreement.refresh_from_db()
    assert answer["Location"] == reverse("agreement_read", args=[agreement.pk])
    assert agreement.ended_at is None


@pytest.mark.parametrize("name", ["share_revoke", "share_see_ending"])
def test_plain_visit_to_a_shares_button_leads_to_a_page_and_does_nothing(
    as_mira: Client, share: Share, name: str
) -> None:
    answer = as_mira.get(reverse(name, args=[share.pk]), follow=True)

    share.refresh_from_db()
    assert answer.status_code == 200
    assert share.revoked_at is None
    assert as_mira.put(reverse(name, args=[share.pk])).status_code == 405


def test_mail_about_the_end_holds_no_content(
    share: Share, agreement: Agreement, okafor: User
) -> None:
    mail.outbox.clear()

    actions.end_agreement(by=okafor, pk=agreement.pk)

    assert mail.outbox
    assert all("Finch" not in f"{one.body} {one.subject}" for one in mail.outbox)
