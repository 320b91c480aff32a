"""The application ``channels``."""

from __future__ import annotations

from offbeat.apps import AppConfig


class ChannelsConfig(AppConfig):
    """Real time."""

    name = "offbeat.channels"
    label = "channels"
    verbose_name = "Channels"
