from __future__ import annotations

from typing import Any

from offbeat.db import migrations


class Migration(migrations.Migration):
    dependencies = [
        ("auth", "0005_alter_user_last_login_null"),
        ("contenttypes", "0002_remove_content_type_name"),
    ]

    # The order of the two applications is all that this migration says.
    operations: list[Any] = []
