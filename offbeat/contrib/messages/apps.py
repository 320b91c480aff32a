"""Configuration of the messages application."""

from __future__ import annotations

from typing import Any

from offbeat.apps import AppConfig
from offbeat.contrib.messages.storage import base
from offbeat.contrib.messages.utils import get_level_tags
from offbeat.core.signals import setting_changed
from offbeat.utils.translation import gettext_lazy as _


def update_level_tags(setting: str, **kwargs: Any) -> None:
    """Read the tags anew when a test changes them."""
    if setting == "MESSAGE_TAGS":
        base.LEVEL_TAGS = get_level_tags()


class MessagesConfig(AppConfig):
    """The application with the label ``messages``."""

    name = "offbeat.contrib.messages"
    verbose_name = _("Messages")

    def ready(self) -> None:
        """Follow changes of ``MESSAGE_TAGS``."""
        setting_changed.connect(update_level_tags)
