"""``manage.py write_supervision_rules``: the page of docs that says who may do what."""

from typing import Any

from django.core.management.base import BaseCommand

from supervision.rules_page import PAGE, rules_page


class Command(BaseCommand):
    """Writes ``docs/supervision-rules.md`` from the tables. Run it when a rule has changed."""

    help = "Write docs/supervision-rules.md from the tables in supervision/rules.py."
    requires_system_checks = []

    def handle(self, *args: Any, **options: Any) -> None:
        """Write it."""
        PAGE.write_text(rules_page())
        self.stdout.write(f"{PAGE.name} is written.")
