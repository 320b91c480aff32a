"""Fields of the past, which only old migrations may use (Django documentation: ref/checks)."""

from __future__ import annotations

from offbeat.db.models import CharField, EmailField, TextField

__all__ = ["CICharField", "CIEmailField", "CITextField"]

_HINT = 'Use {}(db_collation="…") with a case-insensitive non-deterministic collation instead.'


class CICharField(CharField):
    """Text without regard to case."""

    system_check_removed_details = {
        "msg": "offbeat.contrib.postgres.fields.CICharField is removed except for support in historical migrations.",
        "hint": _HINT.format("CharField"),
        "id": "fields.E905",
    }


class CIEmailField(EmailField):
    """An address without regard to case."""

    system_check_removed_details = {
        "msg": "offbeat.contrib.postgres.fields.CIEmailField is removed except for support in historical migrations.",
        "hint": _HINT.format("EmailField"),
        "id": "fields.E906",
    }


class CITextField(TextField):
    """Long text without regard to case."""

    system_check_removed_details = {
        "msg": "offbeat.contrib.postgres.fields.CITextField is removed except for support in historical migrations.",
        "hint": _HINT.format("TextField"),
        "id": "fields.E907",
    }
