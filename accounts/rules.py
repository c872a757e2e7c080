"""Who may do what to a person's place in a clinic, and to an invitation: one table each.

Only an admin of the clinic gets as far as these tables; the lookup answers everybody else with
404. So a place that is not the admin's own is never the last admin's.
"""

from enum import Enum

from accounts.models import Invitation, Membership, User


class Refused(Exception):
    """The act is not open in this state; nothing was changed."""


class PlaceState(Enum):
    """What a place looks like to the admin who is about to act on it."""

    HELD = "somebody else's, held now"
    ENDED = "somebody else's, deactivated"
    CLOSED = "somebody else's, held or not, whose account the operator has closed"
    OWN = "the admin's own, with another admin beside"
    OWN_AND_LAST = "the admin's own, and nobody else could manage the clinic"


class PlaceAct(Enum):
    """What an admin does to a place."""

    DEACTIVATE = "end the place"
    REACTIVATE = "give the place back"
    SET_CLINICIAN = "make or unmake a clinician"
    SET_ADMIN = "make or unmake an admin"


PLACE_ACTS: dict[PlaceAct, frozenset[PlaceState]] = {
    PlaceAct.DEACTIVATE: frozenset({PlaceState.HELD}),
    PlaceAct.REACTIVATE: frozenset({PlaceState.ENDED}),
    PlaceAct.SET_CLINICIAN: frozenset({PlaceState.HELD, PlaceState.OWN, PlaceState.OWN_AND_LAST}),
    PlaceAct.SET_ADMIN: frozenset({PlaceState.HELD, PlaceState.OWN}),
}


class InvitationState(Enum):
    """How far an invitation has come."""

    OPEN = "waiting for an answer"
    EXPIRED = "its time ran out"
    ACCEPTED = "accepted"
    REVOKED = "withdrawn"


class InvitationAct(Enum):
    """What is done to an invitation; accepting is the invited person's."""

    ACCEPT = "accept"
    RESEND = "send again"
    REVOKE = "withdraw"


INVITATION_ACTS: dict[InvitationAct, frozenset[InvitationState]] = {
    InvitationAct.ACCEPT: frozenset({InvitationState.OPEN}),
    InvitationAct.RESEND: frozenset({InvitationState.OPEN, InvitationState.EXPIRED}),
    InvitationAct.REVOKE: frozenset({InvitationState.OPEN, InvitationState.EXPIRED}),
}


def place_state(place: Membership, *, by: User) -> PlaceState:
    """Return what ``place`` looks like to ``by``, an admin of its clinic."""
    if place.user_id == by.pk:
        others = Membership.objects.other_admins(place).exists()
        return PlaceState.OWN if others else PlaceState.OWN_AND_LAST
    if place.user.closed_at:
        return PlaceState.CLOSED
    if not place.is_current:
        return PlaceState.ENDED
    return PlaceState.HELD if place.user.is_active else PlaceState.CLOSED


def place_acts(place: Membership, *, by: User) -> frozenset[PlaceAct]:
    """Return what ``by``, an admin of its clinic, may do to ``place`` now."""
    state = place_state(place, by=by)
    return frozenset(act for act, states in PLACE_ACTS.items() if state in states)


def check_place(act: PlaceAct, place: Membership, *, by: User) -> None:
    """Raise ``Refused`` unless ``by`` may do ``act`` to ``place`` now."""
    if place_state(place, by=by) not in PLACE_ACTS[act]:
        raise Refused


def invitation_state(invitation: Invitation) -> InvitationState:
    """Return how far ``invitation`` has come."""
    if invitation.accepted_at:
        return InvitationState.ACCEPTED
    if invitation.revoked_at:
        return InvitationState.REVOKED
    return InvitationState.EXPIRED if invitation.has_expired else InvitationState.OPEN


def check_invitation(act: InvitationAct, invitation: Invitation) -> None:
    """Raise ``Refused`` unless ``act`` is open to ``invitation`` now."""
    if invitation_state(invitation) not in INVITATION_ACTS[act]:
        raise Refused
