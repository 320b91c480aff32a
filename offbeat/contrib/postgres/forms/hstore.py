"""HStoreField (Django documentation: ref/contrib/postgres/forms)."""

from __future__ import annotations

import json
from typing import Any

from offbeat import forms
from offbeat.core.exceptions import ValidationError
from offbeat.utils.translation import gettext_lazy as _

__all__ = ["HStoreField"]


class HStoreField(forms.CharField):
    """A JSON object of texts, in a text area."""

    widget = forms.Textarea
    default_error_messages = {
        "invalid_json": _("Could not load JSON data."),
        "invalid_format": _("Input must be a JSON dictionary."),
    }

    def prepare_value(self, value: Any) -> Any:
        """Write JSON."""
        return json.dumps(value, ensure_ascii=False) if isinstance(value, dict) else value

    def to_python(self, value: Any) -> Any:
        """Read JSON; nothing is an empty dictionary."""
        if not value:
            return {}
        if not isinstance(value, dict):
            try:
                value = json.loads(value)
            except json.JSONDecodeError:
                raise ValidationError(self.error_messages["invalid_json"], code="invalid_json")
        if not isinstance(value, dict):
            raise ValidationError(self.error_messages["invalid_format"], code="invalid_format")
        return {key: None if item is None else str(item) for key, item in value.items()}

    def has_changed(self, initial: Any, data: Any) -> bool:
        """Whether the dictionaries differ, however they are written."""
        return super().has_changed(self.to_python(initial), data)
