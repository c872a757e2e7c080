"""Load the built-in guide from ``fixtures/guide``, all of it or nothing."""

from pathlib import Path
from typing import Any, cast

from django.conf import settings
from django.core import serializers
from django.core.management.base import BaseCommand
from django.db import transaction

from reflection.models.guide import (
    Evidence,
    GuideRow,
    GuideText,
    Pattern,
    PatternPoint,
    Reference,
    RepairStrategy,
    Topic,
)
from reflection.queries.guide import forget_guide

FOLDER: Path = settings.BASE_DIR / "fixtures" / "guide"
MODELS: tuple[type[GuideRow], ...] = (
    Reference,
    Evidence,
    Pattern,
    PatternPoint,
    RepairStrategy,
    GuideText,
    Topic,
)
Key = tuple[str, str]


class Command(BaseCommand):
    """Brings the guide's rows to what the fixtures say.

    A row is known by its slug: it keeps its primary key when its words change, and goes when the
    fixtures no longer hold it. Loading twice changes nothing.
    """

    help = "Load the built-in guide from fixtures/guide. Loading twice changes nothing."

    @transaction.atomic
    def handle(self, *args: Any, **options: Any) -> None:
        """Load every file in the order of its name; unless quiet, say in one line what changed.

        Raises ``DeserializationError``, and leaves the guide as it was, where a file does not fit.
        """
        before = _rows()
        loaded: set[Key] = set()
        for path in sorted(FOLDER.glob("*.yaml")):
            loaded |= _load(path)
        gone = before.keys() - loaded
        _remove(gone)
        forget_guide()
        transaction.on_commit(forget_guide)  # another thread may have read the old one meanwhile
        after = _rows()
        new = after.keys() - before.keys()
        changed = {key for key in after.keys() & before.keys() if after[key] != before[key]}
        if options["verbosity"]:
            self.stdout.write(
                f"Guide: {len(after)} rows ({len(new)} new, {len(changed)} changed, "
                f"{len(gone)} removed)."
            )


def _load(path: Path) -> set[Key]:
    keys: set[Key] = set()
    with path.open(encoding="utf-8") as lines:
        for row in serializers.deserialize("yaml", lines):
            said = cast(GuideRow, row.object)
            # A relation that the file no longer names is dropped too.
            unnamed: dict[str, list[Any]] = {field.name: [] for field in said._meta.many_to_many}
            row.m2m_data = {**unnamed, **(row.m2m_data or {})}
            row.save()
            keys.add((said._meta.label_lower, said.slug))
    return keys


def _remove(keys: set[Key]) -> None:
    for model in reversed(MODELS):
        slugs = [slug for label, slug in keys if label == model._meta.label_lower]
        model.objects.filter(slug__in=slugs).delete()


def _rows() -> dict[Key, dict[str, Any]]:
    """Return what every row of the guide says, by model and slug."""
    rows: dict[Key, dict[str, Any]] = {}
    for model in MODELS:
        relations = [field.name for field in model._meta.many_to_many]
        objects = model.objects.prefetch_related(*relations)
        for row in serializers.serialize("python", objects, use_natural_foreign_keys=True):
            rows[row["model"], row["fields"]["slug"]] = row["fields"]
    return rows
