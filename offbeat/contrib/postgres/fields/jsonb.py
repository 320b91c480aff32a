"""The JSONField of the past, which only old migrations may use (Django documentation: ref/checks)."""

from __future__ import annotations

from offbeat.db.models import JSONField as ModelsJSONField

__all__ = ["JSONField"]


class JSONField(ModelsJSONField):
    """JSON."""

    system_check_removed_details = {
        "msg": "offbeat.contrib.postgres.fields.JSONField is removed except for support in historical migrations.",
        "hint": "Use offbeat.db.models.JSONField instead.",
        "id": "fields.E904",
    }
