"""Configuration of the application."""

from __future__ import annotations

from offbeat.apps import AppConfig
from offbeat.contrib.staticfiles.checks import check_finders, check_storages
from offbeat.core import checks
from offbeat.utils.translation import gettext_lazy as _


class StaticFilesConfig(AppConfig):
    """Static files; ``ignore_patterns`` are never collected."""

    name = "offbeat.contrib.staticfiles"
    verbose_name = _("Static Files")
    ignore_patterns = ["CVS", ".*", "*~"]

    def ready(self) -> None:
        checks.register(check_finders, checks.Tags.staticfiles)
        checks.register(check_storages, checks.Tags.staticfiles)
