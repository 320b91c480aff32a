"""The tags of levels."""

from __future__ import annotations

from offbeat.conf import settings
from offbeat.contrib.messages import constants


def get_level_tags() -> dict[int, str]:
    """The tag of each level, ``MESSAGE_TAGS`` over the defaults."""
    return {**constants.DEFAULT_TAGS, **getattr(settings, "MESSAGE_TAGS", {})}
