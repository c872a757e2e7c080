"""Who may do what with a supervision meeting, in which state; and that the rows agree with it."""

from collections.abc import Callable
from datetime import timedelta
from itertools import product

import pytest
from django.utils import timezone

from accounts.models import User
from supervision import actions
from supervision.models import Agreement, SupervisionMeeting
from supervision.rules import MEETING_RULES, Action, MeetingState, Role, may_meeting
from tests import factories
from tests.factories import make_meeting

# Each line: an action, then every (state, who) it is open to. What is not here is refused.
# A star: also when the agreement has ended.
MEETINGS = """
read_meeting* planned              supervisee supervisor
read_meeting* held                 supervisee supervisor
read_meeting* signed_by_supervisee supervisee supervisor
read_meeting* signed_by_supervisor supervisee supervisor
read_meeting* signed               supervisee supervisor
read_meeting* called_off           supervisee supervisor
move          planned              supervisee supervisor
move          held                 supervisee supervisor
move          signed_by_supervisee supervisee supervisor
move          signed_by_supervisor supervisee supervisor
move          signed               supervisee supervisor
minute        planned              supervisee supervisor
minute        held                 supervisee supervisor
minute        signed_by_supervisee supervisee supervisor
minute        signed_by_supervisor supervisee supervisor
minute        signed               supervisee supervisor
follow*       planned              supervisee supervisor
follow*       held                 supervisee supervisor
follow*       signed_by_supervisee supervisee supervisor
follow*       signed_by_supervisor supervisee supervisor
follow*       signed               supervisee supervisor
took_place*   planned              supervisee supervisor
call_off*     planned              supervisee supervisor
call_off      held                 supervisee supervisor
sign*         held                 supervisee supervisor
sign*         signed_by_supervisee supervisor
sign*         signed_by_supervisor supervisee
"""


def _allowed(*, has_ended: bool) -> set[tuple[str, str, str]]:
    lines = (line.split() for line in MEETINGS.strip().splitlines())
    return {
        (action.rstrip("*"), state, role)
        for action, state, *roles in lines
        for role in roles
        if not has_ended or action.endswith("*")
    }


@pytest.mark.parametrize("has_ended", [False, True])
def test_meeting_table_allows_just_what_is_written_here(has_ended: bool) -> None:
    every = product(Action, MeetingState, Role)

    allowed = {one for one in every if may_meeting(*one, has_ended=has_ended)}
    assert allowed == _allowed(has_ended=has_ended)


def test_outsider_and_proposer_may_do_nothing_with_a_meeting() -> None:
    for action, state, role in product(MEETING_RULES, MeetingState, (Role.OUTSIDER, Role.PROPOSER)):
        assert not may_meeting(action, state, role, has_ended=False)


def _held(meeting: SupervisionMeeting) -> None:
    actions.note_meeting_took_place(by=meeting.planned_by, pk=meeting.pk)  # type: ignore[arg-type]


def _sign(meeting: SupervisionMeeting, user: User) -> None:
    actions.sign_meeting(
        by=user, reader=factories.reader(user), pk=meeting.pk, revision=meeting.revision
    )


def _signed_by_supervisee(meeting: SupervisionMeeting) -> None:
    _held(meeting)
    _sign(meeting, meeting.agreement.supervisee)


def _signed_by_supervisor(meeting: SupervisionMeeting) -> None:
    _held(meeting)
    _sign(meeting, meeting.agreement.supervisor)


def _signed(meeting: SupervisionMeeting) -> None:
    _signed_by_supervisee(meeting)
    _sign(meeting, meeting.agreement.supervisor)


def _called_off(meeting: SupervisionMeeting) -> None:
    actions.call_off_meeting(by=meeting.agreement.supervisor, pk=meeting.pk)


STATES: list[tuple[Callable[[SupervisionMeeting], None], MeetingState]] = [
    (lambda meeting: None, MeetingState.PLANNED),
    (_held, MeetingState.HELD),
    (_signed_by_supervisee, MeetingState.SIGNED_BY_SUPERVISEE),
    (_signed_by_supervisor, MeetingState.SIGNED_BY_SUPERVISOR),
    (_signed, MeetingState.SIGNED),
    (_called_off, MeetingState.CALLED_OFF),
]


@pytest.mark.django_db
@pytest.mark.parametrize(("happens", "state"), STATES)
def test_meeting_is_in_the_state_its_rows_say_and_open_by_the_table(
    agreement: Agreement,
    mira: User,
    okafor: User,
    jonas: User,
    ada: User,
    operator: User,
    happens: Callable[[SupervisionMeeting], None],
    state: MeetingState,
) -> None:
    begun = timezone.now() - timedelta(hours=2)
    meeting = make_meeting(agreement=agreement, by=mira, starts_at=begun)
    happens(meeting)

    fresh = SupervisionMeeting.objects.select_related("agreement").get(pk=meeting.pk)
    assert fresh.state == state
    for user in (mira, okafor, jonas, ada, operator):
        role = fresh.role_of(user)
        seen = SupervisionMeeting.objects.of_party(user).find(meeting.pk) is not None
        assert seen is may_meeting(Action.READ_MEETING, state, role, has_ended=False), user
        for action in MEETING_RULES:
            open_now = may_meeting(action, state, role, has_ended=False)
            assert fresh.allows(action, user) is open_now, (action, user)
