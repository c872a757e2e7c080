"""Writes docs/export.schema.json anew, from the types that exports are made of."""

from typing import Any

import msgspec
from django.conf import settings
from django.core.management.base import BaseCommand

from reflection.export.parts import registered
from reflection.export.shape import file_type


class Command(BaseCommand):
    help = "Write docs/export.schema.json anew, from the types that exports are made of."

    def handle(self, *args: Any, **options: Any) -> None:
        """Write the file."""
        shape = file_type((part.name, part.item) for part in registered())
        schema = msgspec.json.format(msgspec.json.encode(msgspec.json.schema(shape)), indent=2)
        (settings.BASE_DIR / "docs" / "export.schema.json").write_bytes(schema + b"\n")
