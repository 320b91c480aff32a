"""Context processors: functions of a request that give variables for every template (ref/templates/api)."""

from __future__ import annotations

import itertools
from typing import Any

from offbeat.conf import settings
from offbeat.utils.functional import SimpleLazyObject, lazy

__all__ = ["csp", "csrf", "debug", "i18n", "media", "request", "static", "tz"]


def csrf(request: Any) -> dict[str, Any]:
    """``csrf_token``, made when it is used."""

    def token() -> str:
        from offbeat.middleware.csrf import get_token

        value = get_token(request)
        # A middleware that gave no token leaves a mark that {% csrf_token %} recognises.
        return "NOTPROVIDED" if value is None else str(value)

    return {"csrf_token": SimpleLazyObject(token)}


def debug(request: Any) -> dict[str, Any]:
    """``debug`` and ``sql_queries`` for visitors from INTERNAL_IPS while DEBUG is on."""
    if not settings.DEBUG or request.META.get("REMOTE_ADDR") not in settings.INTERNAL_IPS:
        return {}
    from offbeat.db import connections

    return {
        "debug": True,
        # Asked for late, so that the queries of the template itself are in it.
        "sql_queries": lazy(
            lambda: list(itertools.chain.from_iterable(connections[alias].queries for alias in connections)),
            list,
        )(),
    }


def i18n(request: Any) -> dict[str, Any]:
    """``LANGUAGES``, ``LANGUAGE_CODE``, ``LANGUAGE_BIDI``."""
    from offbeat.utils import translation

    return {
        "LANGUAGES": settings.LANGUAGES,
        "LANGUAGE_CODE": translation.get_language(),
        "LANGUAGE_BIDI": translation.get_language_bidi(),
    }


def tz(request: Any) -> dict[str, Any]:
    """``TIME_ZONE``: the name of the current time zone."""
    from offbeat.utils import timezone

    return {"TIME_ZONE": timezone.get_current_timezone_name()}


def static(request: Any) -> dict[str, Any]:
    """``STATIC_URL``."""
    return {"STATIC_URL": settings.STATIC_URL}


def media(request: Any) -> dict[str, Any]:
    """``MEDIA_URL``."""
    return {"MEDIA_URL": settings.MEDIA_URL}


def request(request: Any) -> dict[str, Any]:
    """``request``."""
    return {"request": request}


def csp(request: Any) -> dict[str, Any]:
    """``csp_nonce``: the request's nonce for content security policies."""
    from offbeat.middleware.csp import get_nonce

    return {"csp_nonce": get_nonce(request)}
