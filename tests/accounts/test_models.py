"""What the database itself refuses about people, places, invitations, the log and the outbox."""

from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.utils.timezone import now

from accounts.actions import record
from accounts.models import AccountEvent, Clinic, OutgoingMail, User
from tests.factories import make_invitation, make_membership, make_user

pytestmark = pytest.mark.django_db


def test_two_people_cannot_share_an_address_by_its_capitals(mira: User) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        User.objects.create(email="Mira@Alder.example", name="Not Mira")


def test_person_is_found_by_their_address_however_written(mira: User) -> None:
    assert User.objects.get_by_natural_key("MIRA@alder.example") == mira


def test_person_has_one_place_in_a_clinic(alder_house: Clinic, mira: User) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        make_membership(user=mira, clinic=alder_house)


def test_place_without_a_role_is_refused(alder_house: Clinic) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        make_membership(user=make_user(), clinic=alder_house, is_clinician=False)


def test_address_has_one_unanswered_invitation_to_a_clinic(alder_house: Clinic) -> None:
    make_invitation(clinic=alder_house, email="nell@example.com")

    with pytest.raises(IntegrityError), transaction.atomic():
        make_invitation(clinic=alder_house, email="NELL@example.com")


@pytest.mark.parametrize(
    "fields",
    [
        {"is_clinician": False},
        {"accepted_at": now(), "revoked_at": now()},
        {"accepted_by": "ada"},
        {"revoked_by": "ada"},
    ],
)
def test_invitation_that_makes_no_sense_is_refused(
    alder_house: Clinic, ada: User, fields: dict[str, Any]
) -> None:
    given: dict[str, Any] = {
        name: ada if value == "ada" else value for name, value in fields.items()
    }

    with pytest.raises(IntegrityError), transaction.atomic():
        make_invitation(clinic=alder_house, **given)


class TestLog:
    """The account log only grows."""

    def test_line_cannot_be_changed(self, mira: User) -> None:
        event = record(AccountEvent.Kind.JOINED, user=mira)
        event.detail = "something else"

        with pytest.raises(TypeError):
            event.save()
        with pytest.raises(TypeError):
            AccountEvent.objects.update(detail="something else")

    def test_line_cannot_be_taken_out(self, mira: User) -> None:
        event = record(AccountEvent.Kind.JOINED, user=mira)

        with pytest.raises(TypeError):
            event.delete()
        with pytest.raises(TypeError):
            AccountEvent.objects.all().delete()

    def test_line_stays_when_who_acted_is_gone(self, mira: User, operator: User) -> None:
        record(AccountEvent.Kind.DEACTIVATED, user=mira, by=operator)

        operator.delete()

        assert AccountEvent.objects.get().by is None


def test_mail_that_left_is_emptied(db: None) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        OutgoingMail.objects.create(sealed=b"still here", sent_at=now())
