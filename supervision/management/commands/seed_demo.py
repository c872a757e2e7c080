"""Make the demo clinic, once, on a machine of one's own."""

from io import StringIO
from typing import Any

from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.utils.translation import gettext as _

from supervision.demo import (
    Account,
    DemoRefused,
    demo_password,
    refuse_where_unwelcome,
    seed_demo,
)


class Command(BaseCommand):
    """Seeds the demo clinic and says, once, how to sign in to it."""

    help = "Make the demo clinic: six accounts with something to do. Refused where people are."

    def handle(self, *args: Any, **options: Any) -> None:
        """Seed, then print the accounts and their recovery codes as a table."""
        try:
            refuse_where_unwelcome()
            call_command("load_guide", verbosity=0, stdout=StringIO())
            call_command("load_wordings", verbosity=0, stdout=StringIO())
            accounts = seed_demo()
        except DemoRefused as refused:
            raise CommandError(str(refused)) from refused
        self.stdout.write(_table(accounts))


def _table(accounts: list[Account]) -> str:
    """Return the accounts in columns, with what to do with the codes beneath."""
    heads = (_("Sign in as"), _("Who that is"), _("Recovery code"))
    rows = [
        (account.email, f"{account.name}, {account.roles}", account.recovery_code)
        for account in accounts
    ]
    widths = [max(len(row[column]) for row in (heads, *rows)) for column in range(len(heads))]
    lines = [
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in (heads, tuple("-" * width for width in widths), *rows)
    ]
    said = _(
        "All have the password %(password)s. Recovery codes are shown this once: each opens its "
        "account's vault should the password be reset."
    ) % {"password": demo_password()}
    return "\n".join(["", *lines, "", said])
