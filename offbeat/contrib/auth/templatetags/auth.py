"""Template tags of authentication."""

from __future__ import annotations

from typing import Any

from offbeat.contrib.auth.hashers import UNUSABLE_PASSWORD_PREFIX, identify_hasher
from offbeat.template import Library
from offbeat.utils.html import format_html, format_html_join
from offbeat.utils.translation import gettext

register = Library()


@register.simple_tag
def render_password_as_hash(value: Any) -> Any:
    """What may be shown of a password's hash, as a paragraph of HTML."""
    if not value or value.startswith(UNUSABLE_PASSWORD_PREFIX):
        return format_html("<p><strong>{}</strong></p>", gettext("No password set."))
    try:
        summary = identify_hasher(value).safe_summary(value)
    except ValueError:
        return format_html(
            "<p><strong>{}</strong></p>",
            gettext("Invalid password format or unknown hashing algorithm."),
        )
    parts = ((gettext(key), text) for key, text in summary.items())
    return format_html("<p>{}</p>", format_html_join(" ", "<strong>{}</strong>: <bdi>{}</bdi>", parts))
