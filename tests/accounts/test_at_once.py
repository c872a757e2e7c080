"""Two acts on accounts at the same moment: neither waits for the other without end."""

import threading
import time

import pytest
from django.db import connection, transaction

from accounts.leaving import ask_to_leave
from accounts.models import Clinic, User
from tests import factories

pytestmark = pytest.mark.django_db(transaction=True)
WAIT_SECONDS = 20


def test_admin_asks_to_leave_as_another_ends_their_place(ada: User, alder_house: Clinic) -> None:
    """Both lock the clinic first and then the person, as `accounts.actions` does."""
    factories.make_membership(user=factories.make_user(), clinic=alder_house, is_admin=True)
    asked = []

    def ask() -> None:
        try:
            asked.append(ask_to_leave(by=ada))
        finally:
            connection.close()

    other = threading.Thread(target=ask)
    with transaction.atomic():
        Clinic.objects.select_for_update(no_key=True).get(pk=alder_house.pk)
        other.start()
        time.sleep(0.5)
        User.objects.select_for_update(no_key=True).get(pk=ada.pk)
    other.join(WAIT_SECONDS)

    ada.refresh_from_db()
    assert [person.pk for person in asked] == [ada.pk]
    assert ada.leaves_at is not None
