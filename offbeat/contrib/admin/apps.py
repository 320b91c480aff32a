"""Configuration of the application."""

from __future__ import annotations

from offbeat.apps import AppConfig
from offbeat.core import checks
from offbeat.utils.translation import gettext_lazy as _

__all__ = ["AdminConfig", "SimpleAdminConfig"]


class SimpleAdminConfig(AppConfig):
    """The admin without automatic discovery of ``admin`` modules."""

    default_auto_field = "offbeat.db.models.AutoField"
    default_site = "offbeat.contrib.admin.sites.AdminSite"
    name = "offbeat.contrib.admin"
    verbose_name = _("Administration")

    def ready(self) -> None:
        checks.register(_check_dependencies, checks.Tags.admin)
        checks.register(_check_admin_app, checks.Tags.admin)


class AdminConfig(SimpleAdminConfig):
    """The admin, which imports the ``admin`` modules of all applications."""

    default = True

    def ready(self) -> None:
        super().ready()
        from offbeat.contrib.admin import autodiscover

        autodiscover()


def _check_dependencies(**kwargs: object) -> list[checks.CheckMessage]:
    from offbeat.contrib.admin.checks import check_dependencies

    return check_dependencies(**kwargs)


def _check_admin_app(app_configs: object = None, **kwargs: object) -> list[checks.CheckMessage]:
    from offbeat.contrib.admin.checks import check_admin_app

    return check_admin_app(app_configs, **kwargs)
