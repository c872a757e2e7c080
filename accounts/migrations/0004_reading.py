"""How a person wants to read, and to press keys."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("accounts", "0003_leaving")]

    operations = [
        migrations.AddField(
            model_name="user",
            name="less_motion",
            field=models.BooleanField(default=False, verbose_name="less motion"),
        ),
        migrations.AddField(
            model_name="user",
            name="line_width",
            field=models.CharField(
                choices=[("narrow", "Narrow"), ("medium", "As it is"), ("wide", "Wide")],
                default="medium",
                max_length=8,
                verbose_name="length of the lines",
            ),
        ),
        migrations.AddField(
            model_name="user",
            name="single_keys",
            field=models.BooleanField(default=True, verbose_name="single keys"),
        ),
        migrations.AddField(
            model_name="user",
            name="text_size",
            field=models.CharField(
                choices=[
                    ("small", "Smaller"),
                    ("medium", "As it is"),
                    ("large", "Larger"),
                    ("larger", "Much larger"),
                ],
                default="medium",
                max_length=8,
                verbose_name="size of the text",
            ),
        ),
        migrations.AddField(
            model_name="user",
            name="typeface",
            field=models.CharField(
                choices=[
                    ("serif", "With serifs, as a book has them"),
                    ("sans", "Without serifs"),
                ],
                default="serif",
                max_length=8,
                verbose_name="letters",
            ),
        ),
    ]
