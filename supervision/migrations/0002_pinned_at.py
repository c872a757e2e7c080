import django.db.models.functions
from django.apps.registry import Apps
from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor


def date_pins(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    """Date the pins there are: they were made on acceptance at the earliest."""
    pinned = apps.get_model("supervision", "Agreement").objects.filter(key_pin__isnull=False)
    pinned.update(
        pinned_at=django.db.models.functions.Coalesce("supervisee_accepted_at", "proposed_at")
    )


class Migration(migrations.Migration):
    dependencies = [("supervision", "0001_initial")]

    operations = [
        migrations.AddField(
            model_name="agreement",
            name="pinned_at",
            field=models.DateTimeField(null=True),
        ),
        migrations.RunPython(date_pins, migrations.RunPython.noop),
        migrations.AddConstraint(
            model_name="agreement",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("key_pin", None), ("pinned_at__isnull", False), _connector="OR"
                ),
                name="agreement_pin_and_when",
            ),
        ),
    ]
