"""Configuration of the application."""

from __future__ import annotations

from offbeat.apps import AppConfig
from offbeat.utils.translation import gettext_lazy as _

__all__ = ["AdminDocsConfig"]


class AdminDocsConfig(AppConfig):
    """Pages about models, views, templates, tags and filters."""

    name = "offbeat.contrib.admindocs"
    verbose_name = _("Administrative Documentation")
