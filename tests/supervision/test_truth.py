"""What the tables of the rules say, held against what the pages do: every act, role and state.

Each state is built once; each act is tried in it for real and rolled back. An act counts as allowed
where it changed something, or showed what was asked for.
"""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import product
from typing import Any
from uuid import uuid4

import pytest
from django.core.exceptions import ObjectDoesNotExist
from django.db import transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import Clinic, User
from reflection.actions import Source, delete_entry
from reflection.models import Entry
from supervision import actions
from supervision.minutes import AgendaItem, AgreedAction, Minutes, Owner, bring
from supervision.models import (
    Agreement,
    Comment,
    ConsentWording,
    Facts,
    GroupMembership,
    GroupPin,
    HeldComment,
    MeetingVersion,
    Reaction,
    Share,
    ShareReader,
    Signature,
    SupervisionMeeting,
)
from supervision.rules import (
    AGREEMENT_RULES,
    MEETING_RULES,
    MEETING_RULES_AFTER_THE_END,
    PLACE_RULES,
    SHARE_RULES,
    Action,
    AgreementState,
    MeetingState,
    PlaceState,
    Refused,
    Role,
    ShareState,
    may_agreement,
    may_meeting,
    may_place,
    may_share,
)
from tests import factories
from tests.supervision.conftest import BrowserOf

HELD = "Words that were never sent."
WATCHED = (
    Agreement,
    Share,
    ShareReader,
    Comment,
    HeldComment,
    Reaction,
    Entry,
    SupervisionMeeting,
    MeetingVersion,
    Signature,
    GroupMembership,
    GroupPin,
)


@dataclass
class World:
    """Five people, each in a browser with the vault open, and what stands between them.

    ``people`` are listed by role; a role may be somebody's who gets none by what else they are.
    """

    people: dict[Role, list[User]]
    browsers: dict[User, Client]
    agreement: Agreement | None = None
    share: Share | None = None
    meeting: SupervisionMeeting | None = None
    place: GroupMembership | None = None
    comments: dict[User, Comment] = field(default_factory=dict)
    held: HeldComment | None = None

    def one(self, role: Role) -> User:
        return self.people[role][0]

    def get(self, user: User, name: str, *args: Any) -> bool:
        """Tell whether a page shows what is asked for."""
        return self.browsers[user].get(reverse(name, args=args)).status_code == 200

    def post(self, user: User, name: str, *args: Any, **posted: Any) -> bool:
        """Tell whether a post changed anything."""
        return self.changes(lambda: self.browsers[user].post(reverse(name, args=args), posted))

    @staticmethod
    def changes(act: Callable[[], object]) -> bool:
        """Tell whether ``act`` changed anything; what it refuses changes nothing."""
        before = _all_rows()
        with suppress(Refused, ObjectDoesNotExist):
            act()
        return _all_rows() != before


def _all_rows() -> list[Any]:
    return [
        [
            tuple(_plain(value) for value in row)
            for row in model.objects.order_by("pk").values_list()
        ]
        for model in WATCHED
    ]


def _plain(value: Any) -> Any:
    return bytes(value) if isinstance(value, memoryview) else value


@contextmanager
def undone() -> Iterator[None]:
    """Undo all that happens inside."""
    point = transaction.savepoint()
    try:
        yield
    finally:
        transaction.savepoint_rollback(point)


def disagreements(
    world: World,
    acts: dict[Action, Callable[[World, User], bool]],
    says: Callable[[Action, Role], bool],
    roles: Iterable[Role],
) -> list[str]:
    """Return each act that a page allows and the table does not, or the other way about."""
    found = []
    for (action, act), role in product(acts.items(), roles):
        for person in world.people[role]:
            with undone():
                done = act(world, person)
            if done is not says(action, role):
                was = "allowed" if done else "refused"
                found.append(f"{action} was {was} to {person} as {role}")
    return found


@pytest.fixture
def world(
    mira: User,
    okafor: User,
    jonas: User,
    ada: User,
    rune: User,
    operator: User,
    browser_of: BrowserOf,
) -> World:
    people = (mira, okafor, jonas, ada, rune, operator)
    for person in people:
        if not person.vaults.exists():
            factories.make_vault(person)
    factories.load_wordings()
    roles = {
        Role.SUPERVISEE: [mira],
        Role.SUPERVISOR: [okafor],
        Role.PROPOSER: [ada],
        Role.MEMBER: [jonas],
        Role.ADDRESSEE: [rune],  # of a proposal, and of nothing here
        Role.OUTSIDER: [rune, operator],
    }
    return World(roles, {person: browser_of(person) for person in people})


# --- Agreements ----------------------------------------------------------------------------------


def _shares(world: World, user: User) -> bool:
    entry = factories.make_entry(
        owner=user, keys=factories.vault_keys(user), document=factories.full_document()
    )
    fresh = Agreement.objects.get(pk=_pk(world))
    terms = factories.share_terms(
        agreement=fresh, entry=entry, passages=["repair"], key_confirmed=True
    )
    reader = factories.reader(user)
    return world.changes(lambda: actions.share_passages(by=user, reader=reader, terms=terms))


def _plans(world: World, user: User) -> bool:
    fresh = Agreement.objects.get(pk=_pk(world))
    return world.changes(lambda: factories.make_meeting(agreement=fresh, by=user))


def _pk(world: World) -> Any:
    assert world.agreement is not None
    return world.agreement.pk


def _confirms_key(world: World, user: User) -> bool:
    shown = Agreement.objects.get(pk=_pk(world)).supervisor_key.hex()
    return world.post(user, "agreement_confirm_key", _pk(world), key_confirmed=shown)


def _bars(world: World, user: User) -> bool:
    """Never share with the supervisor; who is that themselves, with the supervisee."""
    keys = factories.vault_keys(user)
    entry = factories.make_entry(owner=user, keys=keys, document=factories.full_document())
    okafor = world.one(Role.SUPERVISOR)
    other = world.one(Role.SUPERVISEE) if user == okafor else okafor
    return world.changes(
        lambda: actions.bar_people(by=user, keys=keys, pk=entry.pk, barred=[other.pk])
    )


AGREEMENT_ACTS: dict[Action, Callable[[World, User], bool]] = {
    Action.SEE: lambda w, user: w.get(user, "agreement_read", _pk(w)),
    Action.ACCEPT: lambda w, user: w.post(user, "agreement_accept", _pk(w), agree="on"),
    Action.DECLINE: lambda w, user: w.post(user, "agreement_decline", _pk(w)),
    Action.END: lambda w, user: w.post(user, "agreement_end", _pk(w)),
    Action.CONFIRM_KEY: _confirms_key,
    Action.SHARE: _shares,
    Action.BAR: _bars,
    Action.PLAN: _plans,
    Action.REVOKE_ALL: lambda w, user: w.post(user, "agreement_take_back", _pk(w)),
    Action.CHECK_RECORD: lambda w, user: w.get(user, "record_read", _pk(w)),
    Action.EXPORT_RECORD: lambda w, user: w.get(user, "record_json", _pk(w)),
}


def _bring_to(world: World, state: AgreementState, clinic: Clinic) -> Agreement:
    """Return an agreement that the clinic's admin proposed, in ``state``."""
    mira, okafor = world.one(Role.SUPERVISEE), world.one(Role.SUPERVISOR)
    made = actions.propose_agreement(
        by=world.one(Role.PROPOSER), supervisee=mira, supervisor=okafor, clinic=clinic
    )
    if state == AgreementState.DECLINED:
        return actions.decline_agreement(by=okafor, pk=made.pk)
    accepts = {
        AgreementState.AWAITING_BOTH: (),
        AgreementState.AWAITING_SUPERVISEE: (okafor,),
        AgreementState.AWAITING_SUPERVISOR: (mira,),
    }.get(state, (mira, okafor))
    for person in accepts:
        made = actions.accept_agreement(by=person, pk=made.pk)
    if len(accepts) == 2:
        factories.make_share(agreement=made, key_confirmed=True)
    if state == AgreementState.ENDED:
        made = actions.end_agreement(by=okafor, pk=made.pk)
    return made


@pytest.mark.parametrize("state", [one for one in AgreementState if one != AgreementState.NEW])
def test_pages_do_with_an_agreement_what_the_table_says(
    world: World, alder_house: Clinic, state: AgreementState
) -> None:
    world.agreement = _bring_to(world, state, alder_house)
    assert Agreement.objects.get().state == state

    roles = (Role.SUPERVISEE, Role.SUPERVISOR, Role.PROPOSER, Role.OUTSIDER)
    found = disagreements(
        world, AGREEMENT_ACTS, lambda action, role: may_agreement(action, state, role), roles
    )

    assert found == []


def test_pages_propose_an_agreement_for_whom_the_table_says(
    world: World, alder_house: Clinic
) -> None:
    place = {person: str(person.memberships.get().pk) for person in world.people[Role.SUPERVISEE]}
    place |= {person: str(person.memberships.get().pk) for person in world.people[Role.SUPERVISOR]}
    mira, okafor = world.one(Role.SUPERVISEE), world.one(Role.SUPERVISOR)

    def proposes(world: World, user: User) -> bool:
        if user in (mira, okafor):
            other, side = (okafor, "supervisee") if user == mira else (mira, "supervisor")
            posted = {"person": place[other], "side": side, "agree": "on"}
            return world.post(user, "agreement_new", **posted)
        both = {"supervisee": place[mira], "supervisor": place[okafor]}
        return world.post(user, "agreement_new_for_clinic", alder_house.pk, **both)

    roles = (Role.SUPERVISEE, Role.SUPERVISOR, Role.PROPOSER, Role.OUTSIDER)
    found = disagreements(
        world,
        {Action.PROPOSE: proposes},
        lambda action, role: may_agreement(action, AgreementState.NEW, role),
        roles,
    )

    assert found == []


# --- Shares --------------------------------------------------------------------------------------


def _spk(world: World) -> Any:
    assert world.share is not None
    return world.share.pk


def _comments(world: World, user: User, **fields: Any) -> bool:
    posted = {"passage": "repair", "text": "And then?", "do": "send"} | fields
    return world.post(user, "comment_add", _spk(world), **posted)


def _own(world: World, user: User) -> Any:
    """Return a comment of theirs, or for who could write none somebody else's."""
    return world.comments.get(user, world.comments[world.one(Role.SUPERVISOR)]).pk


def _anothers(world: World, user: User) -> Any:
    """Return a comment that they could answer quietly: the supervisor's, or to that one another."""
    okafor = world.one(Role.SUPERVISOR)
    return world.comments[world.one(Role.SUPERVISEE) if user == okafor else okafor].pk


def _extends(world: World, user: User) -> bool:
    share = Share.objects.get(pk=_spk(world))
    until = timezone.localdate() + timedelta(days=200)
    along = share.readers.holding().exists()
    posted = {
        "lasts": "date",
        "until_on": until.isoformat(),
        "attestation": "asked",
        "before": share.expires_at.isoformat(),
        "wording": ConsentWording.objects.to_share(in_group=along).pk,
    }
    return world.post(user, "share_extend", share.pk, **posted)


def _reads_held(world: World, user: User) -> bool:
    return HELD in world.browsers[user].get(reverse("held_list")).content.decode()


def _drops_held(world: World, user: User) -> bool:
    assert world.held is not None
    return world.post(user, "held_drop", world.held.pk)


def _reflects(world: World, user: User) -> bool:
    """Tell whether the press answers with an empty page to write on; nothing is made by it."""
    address = reverse("share_reflect", args=[_spk(world)])
    return world.browsers[user].post(address).status_code == 200


SHARE_ACTS: dict[Action, Callable[[World, User], bool]] = {
    Action.READ: lambda w, user: w.get(user, "share_read", _spk(w)),
    Action.READ_RECEIPT: lambda w, user: w.get(user, "share_receipt", _spk(w)),
    Action.COMMENT: _comments,
    Action.REPLY: lambda w, user: _comments(w, user, parent=str(_anothers(w, user))),
    Action.HOLD: lambda w, user: _comments(w, user, do="hold"),
    Action.SEND: lambda w, user: w.post(user, "held_send", _spk(w)),
    Action.READ_HELD: _reads_held,
    Action.DROP_HELD: _drops_held,
    Action.KEEP_LATE: lambda w, user: w.post(
        user, "comment_keep", _spk(w), passage="repair", text="Too late to be sent."
    ),
    Action.CARRY_HELD: lambda w, user: w.post(user, "held_carry", _spk(w)),
    Action.EDIT: lambda w, user: w.post(
        user, "comment_edit", _spk(w), _own(w, user), passage="repair", text="Another way."
    ),
    Action.REMOVE: lambda w, user: w.post(user, "comment_remove", _spk(w), _own(w, user)),
    Action.THANK: lambda w, user: w.post(user, "comment_thanks", _spk(w), _anothers(w, user)),
    Action.ACT_ON: lambda w, user: w.post(user, "comment_act_on", _spk(w), _anothers(w, user)),
    Action.REFLECT: _reflects,
    Action.EXTEND: _extends,
    Action.REVOKE: lambda w, user: w.post(user, "share_revoke", _spk(w)),
    Action.LET_END: lambda w, user: w.post(user, "share_see_ending", _spk(w)),
    Action.TAKE_FROM_ONE: lambda w, user: w.post(
        user, "share_take_from_one", _spk(w), w.one(Role.MEMBER).pk
    ),
}


def _revoked(share: Share) -> None:
    actions.revoke_share(by=share.supervisee, pk=share.pk)


def _past_its_time(share: Share) -> None:
    now = timezone.now()
    Share.objects.filter(pk=share.pk).update(
        shared_at=now - timedelta(days=2), expires_at=now - timedelta(seconds=1)
    )


def _entry_deleted(share: Share) -> None:
    assert share.entry is not None
    delete_entry(by=share.supervisee, pk=share.entry.pk)


HAPPENS: dict[ShareState, Callable[[Share], None]] = {
    ShareState.LIVE: lambda share: None,
    ShareState.REVOKED: _revoked,
    ShareState.EXPIRED: _past_its_time,
    ShareState.WITHOUT_ENTRY: _entry_deleted,
}


def _with_a_share(world: World) -> Share:
    """Return a copy read along by a member, with a comment by each, one held, a newer version."""
    mira, okafor = world.one(Role.SUPERVISEE), world.one(Role.SUPERVISOR)
    jonas = world.one(Role.MEMBER)
    group = factories.make_group(supervisor=okafor, members=[mira, jonas])
    agreement = Agreement.objects.get(supervisee=mira)
    readers = factories.reading_terms(group, jonas)
    share = factories.make_share(agreement=agreement, readers=readers)
    world.agreement, world.share = agreement, share
    for person in (mira, okafor, jonas):
        world.comments[person] = factories.make_comment(share=share, author=person)
    world.held = factories.held_comment(share=share, author=okafor, text=HELD)
    assert share.entry is not None
    factories.make_share(agreement=agreement, entry=share.entry)
    return share


@pytest.mark.parametrize("state", list(ShareState))
def test_pages_do_with_a_share_what_the_table_says(world: World, state: ShareState) -> None:
    share = _with_a_share(world)
    HAPPENS[state](share)
    assert Share.objects.select_related("agreement", "entry").get(pk=share.pk).state == state

    found = disagreements(
        world, SHARE_ACTS, lambda action, role: may_share(action, state, role), Role
    )

    assert found == []


# --- Meetings ------------------------------------------------------------------------------------

AGREED = uuid4()


def _meets(world: World) -> SupervisionMeeting:
    """Return the meeting as it stands now."""
    assert world.meeting is not None
    return SupervisionMeeting.objects.select_related("agreement").get(pk=world.meeting.pk)


def _on_meeting(act: Callable[..., object], **given: Any) -> Callable[[World, User], bool]:
    """Return what tells whether ``act`` changed the meeting, tried by one who can open it or not.

    A value among ``given`` that can be called is called with the meeting and the person.
    """

    def tried(world: World, user: User) -> bool:
        meeting = _meets(world)
        said = {
            name: value(meeting, user) if callable(value) else value
            for name, value in given.items()
        }
        return world.changes(lambda: act(by=user, pk=meeting.pk, **said))

    return tried


def _reader(meeting: SupervisionMeeting, user: User) -> Any:
    return factories.reader(user)


def _earlier(meeting: SupervisionMeeting, user: User) -> Facts:
    return Facts(meeting.starts_at - timedelta(hours=1), 40, meeting.format)


def _brings(meeting: SupervisionMeeting, user: User) -> Any:
    return bring(AgendaItem(id=uuid4(), by=user.pk, text="The yawn"))


MEETING_ACTS: dict[Action, Callable[[World, User], bool]] = {
    Action.READ_MEETING: lambda w, user: w.get(user, "meeting_read", _meets(w).pk),
    Action.MOVE: _on_meeting(
        actions.move_meeting,
        reader=_reader,
        facts=_earlier,
        before=lambda meeting, user: meeting.facts,
        anew=True,
    ),
    Action.MINUTE: _on_meeting(actions.rewrite_minutes, reader=_reader, rewrite=_brings, anew=True),
    Action.FOLLOW: _on_meeting(actions.follow_action, reader=_reader, action=AGREED, is_done=True),
    Action.TOOK_PLACE: _on_meeting(actions.note_meeting_took_place),
    Action.CALL_OFF: _on_meeting(actions.call_off_meeting),
    Action.SIGN: _on_meeting(
        actions.sign_meeting,
        reader=_reader,
        revision=lambda meeting, user: meeting.revision,
    ),
}
# The other way to change a record.
WRITES_NOTES = {
    Action.MINUTE: _on_meeting(
        actions.write_notes,
        reader=_reader,
        text="What we said.",
        source=lambda meeting, user: Source(meeting.revision, "page", 1),
        anew=True,
    )
}
HAPPENED: dict[MeetingState, tuple[str, ...]] = {
    MeetingState.PLANNED: (),
    MeetingState.HELD: ("held",),
    MeetingState.SIGNED_BY_SUPERVISEE: ("held", Role.SUPERVISEE),
    MeetingState.SIGNED_BY_SUPERVISOR: ("held", Role.SUPERVISOR),
    MeetingState.SIGNED: ("held", Role.SUPERVISEE, Role.SUPERVISOR),
    MeetingState.CALLED_OFF: ("off",),
}


def _with_a_meeting(world: World, state: MeetingState) -> None:
    """Let supervisee and supervisor have a meeting, begun two hours ago, in ``state``."""
    mira, okafor = world.one(Role.SUPERVISEE), world.one(Role.SUPERVISOR)
    world.agreement = factories.make_agreement(supervisee=mira, supervisor=okafor)
    agreed = AgreedAction(id=AGREED, owner=Owner.SUPERVISEE, text="Say less.")
    world.meeting = factories.make_meeting(
        agreement=world.agreement,
        by=mira,
        starts_at=timezone.now() - timedelta(hours=2),
        minutes=Minutes(actions=(agreed,)),
    )
    acts = {"held": Action.TOOK_PLACE, "off": Action.CALL_OFF}
    for what in HAPPENED[state]:
        act = MEETING_ACTS[acts.get(what, Action.SIGN)]
        assert act(world, okafor if what == Role.SUPERVISOR else mira)


@pytest.mark.parametrize("state", list(MeetingState))
def test_a_meeting_can_be_done_with_what_the_table_says(world: World, state: MeetingState) -> None:
    _with_a_meeting(world, state)
    assert _of_meeting(world, state, has_ended=False) == []
    actions.end_agreement(by=world.one(Role.SUPERVISOR), pk=_pk(world))
    assert _of_meeting(world, state, has_ended=True) == []


def _of_meeting(world: World, state: MeetingState, *, has_ended: bool) -> list[str]:
    assert _meets(world).state == state
    roles = (Role.SUPERVISEE, Role.SUPERVISOR, Role.MEMBER, Role.PROPOSER, Role.OUTSIDER)
    return [
        one
        for acts in (MEETING_ACTS, WRITES_NOTES)
        for one in disagreements(
            world,
            acts,
            lambda action, role: may_meeting(action, state, role, has_ended=has_ended),
            roles,
        )
    ]


# --- Places in a group ---------------------------------------------------------------------------


def _its(world: World) -> GroupMembership:
    """Return the place as it stands now."""
    assert world.place is not None
    return GroupMembership.objects.select_related("group", "person").get(pk=world.place.pk)


def _in_group(world: World, act: Callable[..., object], user: User, **given: Any) -> bool:
    return world.changes(lambda: act(by=user, pk=_its(world).group_id, **given))


def _about_it(act: Callable[..., object]) -> Callable[[World, User], bool]:
    """Return what tells whether ``act`` changed the place of the one it is."""
    return lambda w, user: _in_group(w, act, user, person=_its(w).person_id)


def _sees_group(world: World, user: User) -> bool:
    """Tell whether the group's page is there; to who is no longer in it, it says only that."""
    address = reverse("group_read", args=[_its(world).group_id])
    return world.browsers[user].get(address).status_code in (200, 410)


def _confirms_fellow(world: World, user: User) -> bool:
    mira = world.one(Role.SUPERVISEE)
    shown = GroupMembership.objects.of(mira).members().with_vaults().get().key
    keys = factories.vault_keys(user)
    return _in_group(
        world, actions.confirm_member_key, user, person=mira.pk, keys=keys, fingerprint=shown
    )


def _shares_in_group(world: World, user: User) -> bool:
    """Share with the supervisor and a fellow member, as somebody in the group can."""
    place, mira = _its(world), world.one(Role.SUPERVISEE)
    terms = factories.share_terms(
        agreement=place.agreement,
        entry=_own_entry(user),
        passages=["repair"],
        key_confirmed=True,
        readers=factories.reading_terms(place.group, mira),
    )
    reader = factories.reader(user)
    return world.changes(lambda: actions.share_passages(by=user, reader=reader, terms=terms))


def _bars_fellow(world: World, user: User) -> bool:
    keys, entry = factories.vault_keys(user), _own_entry(user)
    mira = world.one(Role.SUPERVISEE)
    return world.changes(
        lambda: actions.bar_people(by=user, keys=keys, pk=entry.pk, barred=[mira.pk])
    )


def _own_entry(user: User) -> Entry:
    keys = factories.vault_keys(user)
    return factories.make_entry(owner=user, keys=keys, document=factories.full_document())


def _ends_group(world: World, user: User) -> bool:
    """Tell whether this place ended with the group."""
    before = _its(world).state
    _in_group(world, actions.end_group, user)
    return _its(world).state != before


PLACE_ACTS: dict[Action, Callable[[World, User], bool]] = {
    Action.SEE: _sees_group,
    Action.ACCEPT: lambda w, user: _in_group(w, actions.accept_place, user),
    Action.DECLINE: _about_it(actions.decline_place),
    Action.CONFIRM_KEY: _confirms_fellow,
    Action.SHARE: _shares_in_group,
    Action.BAR: _bars_fellow,
    Action.LEAVE: lambda w, user: _in_group(w, actions.leave_group, user),
    Action.REMOVE_MEMBER: _about_it(actions.remove_member),
    Action.END: _ends_group,
}
# What a fellow member might try with the place of another; all else is about their own.
FELLOW_ACTS = {
    action: PLACE_ACTS[action] for action in (Action.DECLINE, Action.REMOVE_MEMBER, Action.END)
}


def _with_a_place(world: World, state: PlaceState) -> None:
    """Let the supervisor have a group with a fellow member, and one person's place in ``state``."""
    fellow, okafor = world.one(Role.SUPERVISEE), world.one(Role.SUPERVISOR)
    jonas = world.one(Role.MEMBER)
    was_member = state in (PlaceState.MEMBER, PlaceState.LEFT)
    members, asked = ([fellow, jonas], []) if was_member else ([fellow], [jonas])
    group = factories.make_group(supervisor=okafor, members=members, asked=asked)
    world.place = group.memberships.get(person=jonas)
    if state == PlaceState.DECLINED:
        actions.decline_place(by=jonas, pk=group.pk)
    if state == PlaceState.LEFT:
        actions.leave_group(by=jonas, pk=group.pk)


@pytest.mark.parametrize("state", [one for one in PlaceState if one != PlaceState.NEW])
def test_a_place_in_a_group_can_be_done_with_what_the_table_says(
    world: World, state: PlaceState
) -> None:
    _with_a_place(world, state)
    assert _its(world).state == state

    def says(action: Action, role: Role) -> bool:
        return may_place(action, state, role)

    roles = (Role.MEMBER, Role.SUPERVISOR, Role.PROPOSER, Role.OUTSIDER)
    found = disagreements(world, PLACE_ACTS, says, roles)
    world.people[Role.OUTSIDER] = world.people[Role.SUPERVISEE]
    found += disagreements(world, FELLOW_ACTS, says, [Role.OUTSIDER])

    assert found == []


def test_people_are_asked_into_a_group_by_whom_the_table_says(world: World) -> None:
    okafor, mira = world.one(Role.SUPERVISOR), world.one(Role.SUPERVISEE)
    jonas = world.one(Role.MEMBER)
    factories.make_agreement(supervisee=jonas, supervisor=okafor)
    group = factories.make_group(supervisor=okafor, members=[mira])

    def asks(world: World, user: User) -> bool:
        return world.post(user, "group_invite", group.pk, people=str(jonas.pk))

    found = disagreements(
        world,
        {Action.INVITE: asks},
        lambda action, role: may_place(action, PlaceState.NEW, role),
        Role,
    )

    assert found == []


def test_every_action_of_the_tables_is_tried() -> None:
    assert set(SHARE_ACTS) == set(SHARE_RULES)
    assert {*AGREEMENT_ACTS, Action.PROPOSE} == set(AGREEMENT_RULES)
    assert set(MEETING_ACTS) == set(MEETING_RULES) >= set(MEETING_RULES_AFTER_THE_END)
    assert {*PLACE_ACTS, Action.INVITE} == set(PLACE_RULES)
