"""What every page has to know of somebody's supervision (`accounts.ways`), and what follows."""

from uuid import UUID

from django.db.models import Exists
from django.db.models.expressions import Combinable
from django.http import HttpRequest

from accounts.access import number_of
from accounts.models import User
from accounts.ways import Asking, Number, how_many
from supervision.models import Notification, Share

_GAVE = "_supervision_gave"


def gave(request: HttpRequest, user: User, entry: UUID) -> bool:
    """Tell whether ``user``, who asks, ever shared that entry; one query an entry and request.

    Without a query where they never shared anything.
    """
    if not number_of(request, "gave"):
        return False
    if not hasattr(request, _GAVE):
        setattr(request, _GAVE, {})
    found: dict[UUID, bool] = getattr(request, _GAVE)
    if entry not in found:
        found[entry] = Share.objects.gave_any(user, entry)
    return found[entry]


def _unseen(asking: Asking) -> Combinable:
    return how_many(Notification.objects.to(_person(asking)).unseen(), "person")


def _gave(asking: Asking) -> Combinable:
    return Exists(Share.objects.given_by(_person(asking)))


def _person(asking: Asking) -> User:
    return User(pk=asking.user, email=asking.email)


# How many notifications were not seen, and whether they ever gave a copy.
NUMBERS: dict[str, Number] = {"unseen": _unseen, "gave": _gave}
