import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("supervision", "0004_chain_record")]

    operations = [
        migrations.AlterField(
            model_name="shareevent",
            name="record",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE,
                related_name="lines",
                to="supervision.record",
            ),
        ),
        migrations.AlterField(
            model_name="shareevent",
            name="number",
            field=models.PositiveIntegerField(),
        ),
        migrations.AddConstraint(
            model_name="shareevent",
            constraint=models.UniqueConstraint(
                fields=("record", "number"), name="record_line_once"
            ),
        ),
        migrations.AddConstraint(
            model_name="shareevent",
            constraint=models.UniqueConstraint(
                fields=("record", "previous"), name="record_line_one_next"
            ),
        ),
    ]
