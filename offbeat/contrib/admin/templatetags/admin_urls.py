"""URLs of the admin that keep what the list was filtered by."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qsl, unquote, urlparse, urlunparse

from offbeat import template
from offbeat.contrib.admin.constants import IS_POPUP_VAR, TO_FIELD_VAR
from offbeat.contrib.admin.quoting import quote
from offbeat.urls import Resolver404, get_script_prefix, resolve
from offbeat.utils.http import urlencode

__all__ = ["add_preserved_filters", "admin_urlname", "admin_urlquote", "register"]

register = template.Library()


@register.filter
def admin_urlname(value: Any, arg: Any) -> str:
    """The name of a model's page: ``opts|admin_urlname:"add"``."""
    return f"admin:{value.app_label}_{value.model_name}_{arg}"


@register.filter
def admin_urlquote(value: Any) -> Any:
    """A key for a URL."""
    return quote(value)


def _list_filters(opts: Any, preserved_filters: str, path: str) -> dict[str, str]:
    """The filters for a URL: on their own where it is the list's, as one parameter elsewhere."""
    parameters = dict(parse_qsl(preserved_filters))
    path = f"/{unquote(path).replace(get_script_prefix(), '', 1)}"
    try:
        match = resolve(path)
    except Resolver404:
        return parameters
    current = f"{match.app_name}:{match.url_name}"
    if (
        current == f"admin:{opts.app_label}_{opts.model_name}_changelist"
        and "_changelist_filters" in parameters
    ):
        return dict(parse_qsl(parameters["_changelist_filters"]))
    return parameters


@register.simple_tag(takes_context=True)
def add_preserved_filters(context: Any, url: Any, popup: bool = False, to_field: Any = None) -> str:
    """A URL with the list's filters, and with what a window has to keep."""
    opts = context.get("opts")
    preserved_filters = context.get("preserved_filters")
    parts = list(urlparse(str(url)))
    parameters: dict[str, Any] = {}
    preserved_qsl = context.get("preserved_qsl")
    if opts and preserved_qsl:
        parameters.update(preserved_qsl)
    if opts and preserved_filters:
        parameters.update(_list_filters(opts, preserved_filters, parts[2]))
    if popup:
        parameters[IS_POPUP_VAR] = 1
    if to_field:
        parameters[TO_FIELD_VAR] = to_field
    # What the URL says itself comes first.
    parameters.update(dict(parse_qsl(parts[4])))
    parts[4] = urlencode(parameters)
    return urlunparse(parts)
