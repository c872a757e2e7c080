"""``manage.py load_wordings``: the texts that people consent to."""

from pathlib import Path
from typing import Any, cast

from django.conf import settings
from django.core import serializers
from django.core.management.base import BaseCommand, CommandError
from django.db import transaction

from supervision.models import ConsentWording

FIXTURE = Path(settings.BASE_DIR) / "fixtures" / "supervision" / "wordings.yaml"


class Command(BaseCommand):
    """Adds the wordings that are not there yet. Loading twice changes nothing."""

    help = "Load the consent wordings. A version that was loaded before is never changed."

    @transaction.atomic
    def handle(self, *args: Any, **options: Any) -> None:
        """Load them. Raises ``CommandError`` where a version reads differently than before."""
        added = 0
        for found in serializers.deserialize("yaml", FIXTURE.read_text()):
            given = cast(ConsentWording, found.object)
            kept, is_new = ConsentWording.objects.get_or_create(
                slug=given.slug,
                version=given.version,
                defaults={"title": given.title, "text": given.text},
            )
            if (kept.title, kept.text) != (given.title, given.text):
                raise CommandError(
                    f"The wording {kept} was shown to people as it was loaded before. Nothing "
                    "was changed: give the new words a version of their own."
                )
            added += is_new
        if options["verbosity"]:
            self.stdout.write(f"{added} consent wordings added.")
