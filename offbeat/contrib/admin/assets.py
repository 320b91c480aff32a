"""The static files that the admin's forms name."""

from __future__ import annotations

from typing import Any

from offbeat.forms.widgettypes.media import Media

__all__ = ["script_media"]

MODEL_ADMIN = ("core.js", "admin/RelatedObjectLookups.js", "actions.js", "urlify.js", "prepopulate.js")
INLINE = ("core.js", "inlines.js")
FILTERED_SELECT = ("core.js", "SelectBox.js", "SelectFilter2.js")
DATES = ("core.js", "calendar.js", "admin/DateTimeShortcuts.js")
AUTOCOMPLETE = ("core.js", "autocomplete.js")


def script_media(names: tuple[str, ...]) -> Any:
    """The media of scripts below ``admin/js/``."""
    return Media(js=[f"admin/js/{name}" for name in names])
