"""The admin site (Django documentation: ref/contrib/admin).

The names are imported when they are asked for: a URLconf that names ``admin.site`` does not pay for forms and lists.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from offbeat.contrib.admin.action_type import Action
    from offbeat.contrib.admin.constants import HORIZONTAL, VERTICAL, ActionLocation, ShowFacets
    from offbeat.contrib.admin.decorators import action, display, register
    from offbeat.contrib.admin.filters import (
        AllValuesFieldListFilter,
        BooleanFieldListFilter,
        ChoicesFieldListFilter,
        DateFieldListFilter,
        EmptyFieldListFilter,
        FieldListFilter,
        ListFilter,
        RelatedFieldListFilter,
        RelatedOnlyFieldListFilter,
        SimpleListFilter,
    )
    from offbeat.contrib.admin.options import ModelAdmin, StackedInline, TabularInline
    from offbeat.contrib.admin.sites import AdminSite, site

_HOMES = {
    "action_type": ("Action",),
    "constants": ("HORIZONTAL", "VERTICAL", "ActionLocation", "ShowFacets"),
    "decorators": ("action", "display", "register"),
    "filters": (
        "AllValuesFieldListFilter",
        "BooleanFieldListFilter",
        "ChoicesFieldListFilter",
        "DateFieldListFilter",
        "EmptyFieldListFilter",
        "FieldListFilter",
        "ListFilter",
        "RelatedFieldListFilter",
        "RelatedOnlyFieldListFilter",
        "SimpleListFilter",
    ),
    "options": ("ModelAdmin", "StackedInline", "TabularInline"),
    "sites": ("AdminSite", "site"),
}
_HOME_OF = {name: home for home, names in _HOMES.items() for name in names}

__all__ = [
    "HORIZONTAL",
    "VERTICAL",
    "Action",
    "ActionLocation",
    "AdminSite",
    "AllValuesFieldListFilter",
    "BooleanFieldListFilter",
    "ChoicesFieldListFilter",
    "DateFieldListFilter",
    "EmptyFieldListFilter",
    "FieldListFilter",
    "ListFilter",
    "ModelAdmin",
    "RelatedFieldListFilter",
    "RelatedOnlyFieldListFilter",
    "ShowFacets",
    "SimpleListFilter",
    "StackedInline",
    "TabularInline",
    "action",
    "autodiscover",
    "display",
    "register",
    "site",
]


def __getattr__(name: str) -> Any:
    home = _HOME_OF.get(name)
    if home is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = globals()[name] = getattr(import_module(f"{__name__}.{home}"), name)
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})


def autodiscover() -> None:
    """Import the ``admin`` module of every installed application; restore the registry where one fails."""
    from offbeat.contrib.admin.sites import site
    from offbeat.utils.module_loading import autodiscover_modules

    autodiscover_modules("admin", register_to=site)
