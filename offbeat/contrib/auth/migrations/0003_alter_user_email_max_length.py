from __future__ import annotations

from offbeat.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("auth", "0002_alter_permission_name_max_length"),
    ]

    operations = [
        migrations.AlterField(
            "user", "email", models.EmailField(blank=True, max_length=254, verbose_name="email address")
        ),
    ]
