"""The table of sessions."""

import offbeat.contrib.sessions.models
from offbeat.db import migrations, models


class Migration(migrations.Migration):
    """Creates ``django_session``."""

    dependencies = []

    operations = [
        migrations.CreateModel(
            name="Session",
            fields=[
                (
                    "session_key",
                    models.CharField(
                        verbose_name="session key", max_length=40, serialize=False, primary_key=True
                    ),
                ),
                ("session_data", models.TextField(verbose_name="session data")),
                ("expire_date", models.DateTimeField(verbose_name="expire date", db_index=True)),
            ],
            options={
                "abstract": False,
                "db_table": "django_session",
                "verbose_name": "session",
                "verbose_name_plural": "sessions",
            },
            managers=[
                ("objects", offbeat.contrib.sessions.models.SessionManager()),
            ],
        ),
    ]
