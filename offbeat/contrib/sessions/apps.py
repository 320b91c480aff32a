"""Configuration of the sessions application."""

from __future__ import annotations

from offbeat.apps import AppConfig
from offbeat.utils.translation import gettext_lazy as _


class SessionsConfig(AppConfig):
    """The application with the label ``sessions``."""

    name = "offbeat.contrib.sessions"
    verbose_name = _("Sessions")
