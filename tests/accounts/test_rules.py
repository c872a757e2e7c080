"""Who may do what to a place or an invitation: the tables, line by line."""

from datetime import timedelta
from itertools import product
from typing import Any

import pytest
from django.utils.timezone import now

from accounts.models import Clinic, User
from accounts.rules import (
    INVITATION_ACTS,
    PLACE_ACTS,
    InvitationAct,
    InvitationState,
    PlaceAct,
    PlaceState,
    Refused,
    check_invitation,
    check_place,
    invitation_state,
    place_acts,
    place_state,
)
from tests.factories import make_invitation, make_membership, make_user

pytestmark = pytest.mark.django_db

YES, NO = True, False
PLACE_TABLE = {
    # state:                 (deactivate, reactivate, set clinician, set admin)
    PlaceState.HELD: (YES, NO, YES, YES),
    PlaceState.ENDED: (NO, YES, NO, NO),
    PlaceState.CLOSED: (NO, NO, NO, NO),
    PlaceState.OWN: (NO, NO, YES, YES),
    PlaceState.OWN_AND_LAST: (NO, NO, YES, NO),
}
INVITATION_TABLE = {
    # state:                    (accept, resend, revoke)
    InvitationState.OPEN: (YES, YES, YES),
    InvitationState.EXPIRED: (NO, YES, YES),
    InvitationState.ACCEPTED: (NO, NO, NO),
    InvitationState.REVOKED: (NO, NO, NO),
}


@pytest.mark.parametrize(("state", "act"), list(product(PlaceState, PlaceAct)))
def test_place_table_says_what_it_should(state: PlaceState, act: PlaceAct) -> None:
    assert (state in PLACE_ACTS[act]) is PLACE_TABLE[state][list(PlaceAct).index(act)]


@pytest.mark.parametrize(("state", "act"), list(product(InvitationState, InvitationAct)))
def test_invitation_table_says_what_it_should(state: InvitationState, act: InvitationAct) -> None:
    wanted = INVITATION_TABLE[state][list(InvitationAct).index(act)]
    assert (state in INVITATION_ACTS[act]) is wanted


def test_colleagues_place_is_held(alder_house: Clinic, ada: User, mira: User) -> None:
    assert place_state(mira.memberships.get(), by=ada) is PlaceState.HELD


def test_deactivated_place_is_ended(alder_house: Clinic, ada: User) -> None:
    place = make_membership(user=make_user(), clinic=alder_house, deactivated_at=now())

    assert place_state(place, by=ada) is PlaceState.ENDED


def test_place_of_a_person_the_operator_shut_out_is_closed(alder_house: Clinic, ada: User) -> None:
    place = make_membership(user=make_user(is_active=False), clinic=alder_house)

    assert place_state(place, by=ada) is PlaceState.CLOSED


def test_ended_place_of_a_person_the_operator_shut_out_is_closed(
    alder_house: Clinic, ada: User
) -> None:
    person = make_user(is_active=False, closed_at=now())
    place = make_membership(user=person, clinic=alder_house, deactivated_at=now())

    assert place_state(place, by=ada) is PlaceState.CLOSED
    assert not place_acts(place, by=ada)


def test_own_place_is_the_last_without_another_admin(ada: User, mira: User) -> None:
    assert place_state(ada.memberships.get(), by=ada) is PlaceState.OWN_AND_LAST


def test_admin_who_was_deactivated_does_not_count(alder_house: Clinic, ada: User) -> None:
    make_membership(user=make_user(), clinic=alder_house, is_admin=True, deactivated_at=now())

    assert place_state(ada.memberships.get(), by=ada) is PlaceState.OWN_AND_LAST


def test_admin_of_another_clinic_does_not_count(ada: User, rune: User) -> None:
    assert place_state(ada.memberships.get(), by=ada) is PlaceState.OWN_AND_LAST


def test_own_place_with_another_admin_beside_is_not_the_last(
    alder_house: Clinic, ada: User
) -> None:
    make_membership(user=make_user(), clinic=alder_house, is_admin=True)

    assert place_state(ada.memberships.get(), by=ada) is PlaceState.OWN


def test_what_is_offered_is_what_is_allowed(ada: User, mira: User) -> None:
    place = mira.memberships.get()

    offered = place_acts(place, by=ada)

    assert offered == {PlaceAct.DEACTIVATE, PlaceAct.SET_CLINICIAN, PlaceAct.SET_ADMIN}
    with pytest.raises(Refused):
        check_place(PlaceAct.REACTIVATE, place, by=ada)


@pytest.mark.parametrize(
    ("fields", "state"),
    [
        ({}, InvitationState.OPEN),
        ({"expires_at": now() - timedelta(seconds=1)}, InvitationState.EXPIRED),
        ({"accepted_at": now()}, InvitationState.ACCEPTED),
        ({"revoked_at": now()}, InvitationState.REVOKED),
    ],
)
def test_invitations_state_is_read_from_its_times(
    alder_house: Clinic, fields: dict[str, Any], state: InvitationState
) -> None:
    assert invitation_state(make_invitation(clinic=alder_house, **fields)) is state


def test_expired_invitation_cannot_be_accepted(alder_house: Clinic) -> None:
    invitation = make_invitation(clinic=alder_house, expires_at=now())

    with pytest.raises(Refused):
        check_invitation(InvitationAct.ACCEPT, invitation)
