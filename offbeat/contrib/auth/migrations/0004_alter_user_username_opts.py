from __future__ import annotations

from offbeat.core import validators
from offbeat.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("auth", "0003_alter_user_email_max_length"),
    ]

    operations = [
        migrations.AlterField(
            "user",
            "username",
            models.CharField(
                error_messages={"unique": "A user with that username already exists."},
                help_text="Required. 30 characters or fewer. Letters, digits and @/./+/-/_ only.",
                max_length=30,
                unique=True,
                validators=[validators.RegexValidator(r"^[\w.@+-]+$", "Enter a valid username.", "invalid")],
                verbose_name="username",
            ),
        ),
    ]
