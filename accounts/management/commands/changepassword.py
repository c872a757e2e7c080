"""``manage.py changepassword``: Django's own, and a line in the log of the person whose it is."""

import getpass
from typing import Any

from django.contrib.auth.management.commands import changepassword
from django.utils.translation import gettext as _

from accounts.actions import record
from accounts.models import AccountEvent, User


class Command(changepassword.Command):
    """Sets somebody's password. Their vault does not follow it, and their log says who did it."""

    help = "Set a person's password. It is written into their account log."

    def handle(self, *args: Any, **options: Any) -> str | None:
        """Return what Django's own says. Raises ``CommandError`` where nothing was set."""
        said: str | None = super().handle(*args, **options)
        person = User.objects.get(email=options["username"] or getpass.getuser())
        # Nobody is signed in here: without these words it would read as the person's own doing.
        by = _("by whoever runs Mend, on the server")
        record(AccountEvent.Kind.PASSWORD_CHANGED, user=person, detail=by)
        return said
