import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("supervision", "0002_pinned_at")]

    operations = [
        migrations.CreateModel(
            name="Record",
            fields=[
                (
                    "agreement",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="record",
                        serialize=False,
                        to="supervision.agreement",
                    ),
                ),
                ("length", models.PositiveIntegerField(default=0)),
                ("head", models.CharField(default="0" * 64, max_length=64)),
            ],
        ),
        migrations.AlterModelOptions(name="shareevent", options={"ordering": ["record", "number"]}),
        migrations.AddField(
            model_name="shareevent",
            name="record",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="lines",
                to="supervision.record",
            ),
        ),
        migrations.AddField(
            model_name="shareevent",
            name="number",
            field=models.PositiveIntegerField(null=True),
        ),
        migrations.AddField(
            model_name="shareevent",
            name="facts",
            field=models.JSONField(default=dict),
        ),
        migrations.AddField(
            model_name="shareevent",
            name="previous",
            field=models.CharField(max_length=64, default=""),
            preserve_default=False,
        ),
        migrations.AddField(
            model_name="shareevent",
            name="hash",
            field=models.CharField(max_length=64, default=""),
            preserve_default=False,
        ),
        migrations.AddField(
            model_name="shareevent",
            name="share_uid",
            field=models.UUIDField(null=True),
        ),
        migrations.AlterField(
            model_name="shareevent",
            name="share",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="events",
                to="supervision.share",
            ),
        ),
        migrations.AlterField(
            model_name="shareevent",
            name="kind",
            field=models.CharField(
                choices=[
                    ("shared", "shared"),
                    ("opened", "opened"),
                    ("commented", "commented"),
                    ("revoked", "taken back"),
                    ("expired", "expired"),
                    ("agreement_ended", "taken back because the agreement ended"),
                    ("entry_deleted", "taken back because the reflection was deleted"),
                    ("proposed", "agreement proposed"),
                    ("accepted", "agreement accepted"),
                    ("declined", "agreement declined"),
                    ("ended", "agreement ended"),
                    ("key_confirmed", "supervisor's key compared"),
                ],
                max_length=20,
            ),
        ),
        migrations.AlterField(
            model_name="share",
            name="purpose",
            field=models.CharField(
                choices=[
                    ("listen", "listen"),
                    ("question", "ask questions"),
                    ("advise", "give advice"),
                    ("risk", "look at the risk together"),
                ],
                max_length=12,
            ),
        ),
        migrations.AddField(
            model_name="share",
            name="expiry_told_at",
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name="share",
            name="expiry_seen_at",
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name="agreement",
            name="closed_seen_at",
            field=models.DateTimeField(null=True),
        ),
    ]
