"""Decorators (Django documentation: ref/contrib/admin, ref/contrib/admin/actions)."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from offbeat.contrib.admin.constants import ActionLocation

__all__ = ["action", "display", "register"]


def action(
    function: Callable[..., Any] | None = None,
    *,
    permissions: Iterable[str] | None = None,
    description: Any = None,
    description_plural: Any = None,
    location: ActionLocation | Iterable[ActionLocation] = ActionLocation.CHANGE_LIST,
) -> Any:
    """Describe an action.

    ``permissions``: names of permissions, one of which the user needs (``has_<name>_permission`` of the ModelAdmin).
    ``description``: its text, for a list ``description_plural`` if there is one. ``location``: where it is offered.
    """

    def decorator(func: Any) -> Any:
        if permissions is not None:
            func.allowed_permissions = permissions
        if description is not None:
            func.short_description = description
        plural = description if description_plural is None else description_plural
        if plural is not None:
            func.plural_description = plural
        func.locations = [location] if isinstance(location, ActionLocation) else location
        return func

    return decorator if function is None else decorator(function)


def display(
    function: Callable[..., Any] | None = None,
    *,
    boolean: bool | None = None,
    ordering: Any = None,
    description: Any = None,
    empty_value: Any = None,
) -> Any:
    """Describe a column or read-only field that a function makes.

    ``boolean``: show icons. ``ordering``: the field or expression that it sorts by. ``description``: its title.
    ``empty_value``: what is shown for nothing; not together with ``boolean`` (ValueError).
    """
    if boolean is not None and empty_value is not None:
        raise ValueError(
            "The boolean and empty_value arguments to the @display decorator are mutually exclusive."
        )
    given = {
        "boolean": boolean,
        "admin_order_field": ordering,
        "short_description": description,
        "empty_value_display": empty_value,
    }

    def decorator(func: Any) -> Any:
        for name, value in given.items():
            if value is not None:
                setattr(func, name, value)
        return func

    return decorator if function is None else decorator(function)


def register(*models: Any, site: Any = None) -> Callable[[Any], Any]:
    """Register a ModelAdmin class for models, with ``site`` or the default one.

    ValueError without models, for a site or a class of the wrong kind.
    """
    from offbeat.contrib.admin.options import ModelAdmin
    from offbeat.contrib.admin.sites import AdminSite
    from offbeat.contrib.admin.sites import site as default_site

    def decorator(admin_class: Any) -> Any:
        if not models:
            raise ValueError("At least one model must be passed to register.")
        admin_site = site or default_site
        if not isinstance(admin_site, AdminSite):
            raise ValueError("site must subclass AdminSite")
        if not issubclass(admin_class, ModelAdmin):
            raise ValueError("Wrapped class must subclass ModelAdmin.")
        admin_site.register(models, admin_class=admin_class)
        return admin_class

    return decorator
