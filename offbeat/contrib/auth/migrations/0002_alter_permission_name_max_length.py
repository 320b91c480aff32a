from __future__ import annotations

from offbeat.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("auth", "0001_initial"),
    ]

    operations = [
        migrations.AlterField("permission", "name", models.CharField(max_length=255, verbose_name="name")),
    ]
