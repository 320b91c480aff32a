"""Keeping whole responses in a cache (Django documentation: topics/cache, "The per-site cache").

The two halves go first and last in ``MIDDLEWARE``, or together, as ``CacheMiddleware``, around one view.
"""

from __future__ import annotations

import time
from typing import Any

from offbeat.conf import settings
from offbeat.core.cache import DEFAULT_CACHE_ALIAS, caches
from offbeat.utils.cache import (
    get_cache_directives,
    get_cache_key,
    get_max_age,
    has_vary_header,
    learn_cache_key,
    patch_response_headers,
)
from offbeat.utils.deprecation import MiddlewareMixin
from offbeat.utils.http import parse_http_date_safe

__all__ = ["CacheMiddleware", "FetchFromCacheMiddleware", "UpdateCacheMiddleware"]


def _may_be_stored(request: Any, response: Any) -> bool:
    """Whether a cache that all clients share may keep the response (RFC 9111 §3)."""
    if response.streaming or response.status_code not in (200, 304):
        return False
    # A cookie is for this client alone, whatever other cookies it sent.
    if response.cookies and has_vary_header(response, "Cookie"):
        return False
    # It varies on something that no request header tells.
    if has_vary_header(response, "*"):
        return False
    directives = get_cache_directives(response)
    if not directives.isdisjoint(("private", "no-store", "no-cache")):
        return False
    # RFC 9111 §3.5; where the response varies on it, each client has a copy of its own.
    return (
        "HTTP_AUTHORIZATION" not in request.META
        or not directives.isdisjoint(("public", "must-revalidate", "s-maxage"))
        or has_vary_header(response, "Authorization")
    )


class UpdateCacheMiddleware(MiddlewareMixin):
    """Stores responses."""

    def __init__(self, get_response: Any) -> None:
        super().__init__(get_response)
        self.cache_timeout: Any = settings.CACHE_MIDDLEWARE_SECONDS
        self.page_timeout: Any = None
        self.key_prefix: str = settings.CACHE_MIDDLEWARE_KEY_PREFIX
        self.cache_alias: str = settings.CACHE_MIDDLEWARE_ALIAS

    @property
    def cache(self) -> Any:
        """The cache in use."""
        return caches[self.cache_alias]

    def _should_update_cache(self, request: Any, response: Any) -> bool:
        return getattr(request, "_cache_update_cache", False)

    def process_response(self, request: Any, response: Any) -> Any:
        """Store the response when it may be, and give it the headers that say for how long."""
        if not self._should_update_cache(request, response):
            return response
        if not _may_be_stored(request, response):
            return response
        # The view's own timeout first, then what the response says, then the site's.
        timeout = self.page_timeout
        if timeout is None:
            timeout = get_max_age(response)
            if timeout is None:
                timeout = self.cache_timeout
            elif timeout == 0:
                return response
        patch_response_headers(response, timeout)
        if timeout and response.status_code == 200:
            self._store(request, response, timeout)
        return response

    def _store(self, request: Any, response: Any, timeout: Any) -> None:
        key = learn_cache_key(request, response, timeout, self.key_prefix, cache=self.cache)

        def store(done: Any) -> None:
            self.cache.set(key, done, timeout)

        if hasattr(response, "render") and callable(response.render):
            response.add_post_render_callback(store)
        else:
            store(response)


class FetchFromCacheMiddleware(MiddlewareMixin):
    """Answers from the cache."""

    def __init__(self, get_response: Any) -> None:
        super().__init__(get_response)
        self.key_prefix: str = settings.CACHE_MIDDLEWARE_KEY_PREFIX
        self.cache_alias: str = settings.CACHE_MIDDLEWARE_ALIAS

    @property
    def cache(self) -> Any:
        """The cache in use."""
        return caches[self.cache_alias]

    def process_request(self, request: Any) -> Any:
        """Return the stored response, else note whether this one shall be stored."""
        if request.method not in ("GET", "HEAD"):
            request._cache_update_cache = False
            return None
        request._cache_update_cache = True
        response = self._fetch(request, "GET")
        if response is None and request.method == "HEAD":
            response = self._fetch(request, "HEAD")
        if response is None:
            return None
        self._set_age(response)
        request._cache_update_cache = False
        return response

    def _fetch(self, request: Any, method: str) -> Any:
        key = get_cache_key(request, self.key_prefix, method, cache=self.cache)
        return None if key is None else self.cache.get(key)

    def _set_age(self, response: Any) -> None:
        """Say how old the response is (RFC 9111 §5.1)."""
        max_age = get_max_age(response)
        expires = parse_http_date_safe(response["Expires"]) if response.has_header("Expires") else None
        if max_age is None or expires is None:
            return
        remaining = expires - int(time.time())
        response["Age"] = str(max(0, min(max_age, max_age - remaining)))


class CacheMiddleware(UpdateCacheMiddleware, FetchFromCacheMiddleware):
    """Both halves, for the ``cache_page`` decorator and for simple sites."""

    def __init__(
        self,
        get_response: Any,
        cache_timeout: Any = None,
        page_timeout: Any = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(get_response)
        # None is a value of its own here: the prefix or cache that Django documents as the default.
        if "key_prefix" in kwargs:
            self.key_prefix = kwargs["key_prefix"] or ""
        if "cache_alias" in kwargs:
            self.cache_alias = kwargs["cache_alias"] or DEFAULT_CACHE_ALIAS
        if cache_timeout is not None:
            self.cache_timeout = cache_timeout
        self.page_timeout = page_timeout
