"""Helpers for caching headers, conditional requests and the keys of cached pages (RFC 9110, RFC 9111)."""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Iterable
from hashlib import md5
from typing import Any

from offbeat.conf import settings
from offbeat.utils.http import http_date, parse_etags, parse_http_date_safe, quote_etag, split_header_value

__all__ = [
    "add_never_cache_headers",
    "get_cache_directives",
    "get_cache_key",
    "get_conditional_response",
    "get_max_age",
    "has_vary_header",
    "learn_cache_key",
    "patch_cache_control",
    "patch_response_headers",
    "patch_vary_headers",
    "set_response_etag",
]


def _directives(response: Any) -> list[tuple[str, Any]]:
    """The directives of ``Cache-Control`` as (lower-case name, value or True)."""
    found = []
    for part in split_header_value(response.get("Cache-Control") or ""):
        name, equals, value = part.partition("=")
        found.append((name.strip().lower(), value.strip() if equals else True))
    return found


def get_cache_directives(response: Any) -> set[str]:
    """The names of the directives of ``Cache-Control``, in lower case."""
    return {name for name, _ in _directives(response)}


def patch_cache_control(response: Any, **kwargs: Any) -> None:
    """Add directives to ``Cache-Control``, underscores standing for hyphens.

    ``True`` gives a directive without value. The lower ``max_age`` wins; ``private`` and ``public`` replace each
    other; ``no_cache`` gathers field names until it is given without.
    """
    cc: dict[str, Any] = defaultdict(set)
    for name, value in _directives(response):
        if name == "no-cache":
            cc[name].add(value)
        else:
            cc[name] = value
    if "max-age" in cc and "max_age" in kwargs:
        try:
            kwargs["max_age"] = min(int(cc["max-age"]), kwargs["max_age"])
        except ValueError:
            # What was there is no number, so it says nothing.
            pass
    if "private" in cc and "public" in kwargs:
        del cc["private"]
    elif "public" in cc and "private" in kwargs:
        del cc["public"]
    for key, value in kwargs.items():
        name = key.replace("_", "-")
        if name == "no-cache":
            cc[name].add(value)
        else:
            cc[name] = value
    directives: list[str] = []
    for name, value in cc.items():
        if isinstance(value, set):
            # Without fields it holds for the whole response.
            values: Iterable[Any] = [True] if True in value else sorted(value)
            directives.extend(_directive(name, one) for one in values)
        else:
            directives.append(_directive(name, value))
    response.headers["Cache-Control"] = ", ".join(directives)


def _directive(name: str, value: Any) -> str:
    return name if value is True else f"{name}={value}"


def get_max_age(response: Any) -> int | None:
    """The ``max-age`` of ``Cache-Control`` in seconds; None if absent or not a number."""
    if not response.has_header("Cache-Control"):
        return None
    try:
        return int(dict(_directives(response))["max-age"])
    except (ValueError, TypeError, KeyError):
        return None


def set_response_etag(response: Any) -> Any:
    """Give the response an ``ETag`` made from its content, if it has content in memory."""
    if not response.streaming and response.content:
        digest = md5(response.content, usedforsecurity=False).hexdigest()
        response.headers["ETag"] = quote_etag(digest)
    return response


def _precondition_failed(request: Any) -> Any:
    from offbeat.http import HttpResponse
    from offbeat.utils.log import log_response

    response = HttpResponse(status=412)
    log_response("Precondition Failed: %s", request.path, response=response, request=request)
    return response


def _not_modified(request: Any, response: Any = None) -> Any:
    from offbeat.http import HttpResponseNotModified

    new_response = HttpResponseNotModified()
    if response:
        # RFC 9110 §15.4.5, and Last-Modified, which caches use though they need not get it.
        for header in (
            "Cache-Control",
            "Content-Location",
            "Date",
            "ETag",
            "Expires",
            "Last-Modified",
            "Vary",
        ):
            if header in response:
                new_response.headers[header] = response.headers[header]
        new_response.cookies = response.cookies
    return new_response


def get_conditional_response(
    request: Any, etag: str | None = None, last_modified: int | None = None, response: Any = None
) -> Any:
    """What answers a conditional request (RFC 9110 §13.2.2): a 304, a 412, or ``response`` itself."""
    if response and not 200 <= response.status_code < 300:
        return response
    if_match = parse_etags(request.META.get("HTTP_IF_MATCH", ""))
    if_unmodified = _date(request, "HTTP_IF_UNMODIFIED_SINCE")
    if_none_match = parse_etags(request.META.get("HTTP_IF_NONE_MATCH", ""))
    if_modified = _date(request, "HTTP_IF_MODIFIED_SINCE")
    if if_match:
        if not _if_match_passes(etag, if_match):
            return _precondition_failed(request)
    elif if_unmodified and not (last_modified and last_modified <= if_unmodified):
        return _precondition_failed(request)
    safe = request.method in ("GET", "HEAD")
    if if_none_match:
        if not _if_none_match_passes(etag, if_none_match):
            return _not_modified(request, response) if safe else _precondition_failed(request)
    elif if_modified and safe and last_modified and last_modified <= if_modified:
        return _not_modified(request, response)
    return response


def _date(request: Any, key: str) -> int | None:
    value = request.META.get(key)
    return parse_http_date_safe(value) if value else None


def _if_match_passes(target: str | None, etags: list[str]) -> bool:
    """Strong comparison (RFC 9110 §13.1.1)."""
    if not target:
        return False
    if etags == ["*"]:
        return True
    return not target.startswith("W/") and target in etags


def _if_none_match_passes(target: str | None, etags: list[str]) -> bool:
    """Weak comparison (RFC 9110 §13.1.2)."""
    if not target:
        return True
    if etags == ["*"]:
        return False
    return target.removeprefix("W/") not in (etag.removeprefix("W/") for etag in etags)


def patch_response_headers(response: Any, cache_timeout: float | None = None) -> None:
    """Set ``Expires`` and ``Cache-Control: max-age``, by default to ``CACHE_MIDDLEWARE_SECONDS``."""
    if cache_timeout is None:
        cache_timeout = settings.CACHE_MIDDLEWARE_SECONDS
    cache_timeout = max(cache_timeout, 0)
    if not response.has_header("Expires"):
        response.headers["Expires"] = http_date(time.time() + cache_timeout)
    patch_cache_control(response, max_age=cache_timeout)


def add_never_cache_headers(response: Any) -> None:
    """Headers that keep every cache from storing the response."""
    patch_response_headers(response, cache_timeout=-1)
    patch_cache_control(response, no_cache=True, no_store=True, must_revalidate=True, private=True)


def patch_vary_headers(response: Any, newheaders: Iterable[str]) -> None:
    """Add to ``Vary`` the names that are not in it; an asterisk replaces everything."""
    existing = response.headers.get("Vary")
    names = split_header_value(existing) if existing else []
    known = {name.lower() for name in names}
    names += [name for name in newheaders if name.lower() not in known]
    response.headers["Vary"] = "*" if "*" in names else ", ".join(names)


def has_vary_header(response: Any, header_query: str) -> bool:
    """Whether ``Vary`` names the header."""
    if not response.has_header("Vary"):
        return False
    names = {name.lower() for name in split_header_value(response.headers["Vary"])}
    return header_query.lower() in names


def _i18n_cache_key_suffix(request: Any, cache_key: str) -> str:
    """Pages may differ by language and time zone, so the key does."""
    if settings.USE_I18N:
        from offbeat.utils.translation import get_language

        # The middleware may have found the language already.
        cache_key += f".{getattr(request, 'LANGUAGE_CODE', get_language())}"
    if settings.USE_TZ:
        from offbeat.utils.timezone import get_current_timezone_name

        cache_key += f".{get_current_timezone_name()}"
    return cache_key


def _generate_cache_key(request: Any, method: str, headerlist: list[str], key_prefix: str) -> str:
    digest = md5(usedforsecurity=False)
    for header in headerlist:
        value = request.META.get(header)
        # Netstrings keep one header's value from running into the next one's; absent is not empty.
        if value is None:
            digest.update(b"-,")
        else:
            raw = value.encode()
            digest.update(b"%d:%b," % (len(raw), raw))
    url = md5(request.build_absolute_uri().encode("ascii"), usedforsecurity=False)
    key = f"views.decorators.cache.cache_page.{key_prefix}.{method}.{url.hexdigest()}.{digest.hexdigest()}"
    return _i18n_cache_key_suffix(request, key)


def _generate_cache_header_key(key_prefix: str, request: Any) -> str:
    url = md5(request.build_absolute_uri().encode("ascii"), usedforsecurity=False)
    key = f"views.decorators.cache.cache_header.{key_prefix}.{url.hexdigest()}"
    return _i18n_cache_key_suffix(request, key)


def _default_cache() -> Any:
    from offbeat.core.cache import caches

    return caches[settings.CACHE_MIDDLEWARE_ALIAS]


def get_cache_key(
    request: Any, key_prefix: str | None = None, method: str = "GET", cache: Any = None
) -> str | None:
    """The key of the page in the cache; None if it is not known yet which headers decide."""
    if key_prefix is None:
        key_prefix = settings.CACHE_MIDDLEWARE_KEY_PREFIX
    if cache is None:
        cache = _default_cache()
    headerlist = cache.get(_generate_cache_header_key(key_prefix, request))
    return None if headerlist is None else _generate_cache_key(request, method, headerlist, key_prefix)


def learn_cache_key(
    request: Any,
    response: Any,
    cache_timeout: float | None = None,
    key_prefix: str | None = None,
    cache: Any = None,
) -> str:
    """Note which headers the response varies on, and return the key for it."""
    if key_prefix is None:
        key_prefix = settings.CACHE_MIDDLEWARE_KEY_PREFIX
    if cache_timeout is None:
        cache_timeout = settings.CACHE_MIDDLEWARE_SECONDS
    if cache is None:
        cache = _default_cache()
    headerlist: list[str] = []
    if response.has_header("Vary"):
        # The language is in the key by its own name, not by all that clients ask for.
        is_accept_language_redundant = settings.USE_I18N
        for header in split_header_value(response.headers["Vary"]):
            name = header.upper().replace("-", "_")
            if name != "ACCEPT_LANGUAGE" or not is_accept_language_redundant:
                headerlist.append(f"HTTP_{name}")
        headerlist.sort()
    cache.set(_generate_cache_header_key(key_prefix, request), headerlist, cache_timeout)
    return _generate_cache_key(request, request.method, headerlist, key_prefix)
