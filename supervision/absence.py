"""What is told when the account of somebody who supervises is closed, and when it is open again."""

from accounts.models import User
from supervision import notices
from supervision.models import Agreement


def tell_supervisees(person: User) -> None:
    """Tell everybody whom ``person`` supervises that their account is closed, or open again.

    The agreements and copies stay as they are: to end or take back is the supervisee's to choose.
    """
    for agreement in Agreement.objects.active().filter(supervisor=person).with_people():
        if person.is_active:
            notices.supervisor_back(agreement)
        else:
            notices.supervisor_away(agreement)
