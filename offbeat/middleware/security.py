"""Security headers and the redirect to HTTPS."""

from __future__ import annotations

import re
from typing import Any

from offbeat.conf import settings
from offbeat.http import HttpResponsePermanentRedirect
from offbeat.http.headers import ResponseHeaders
from offbeat.utils.deprecation import MiddlewareMixin
from offbeat.utils.hooks import RequestBrief, ResponseBrief, in_brief

__all__ = ["SecurityMiddleware"]


class SecurityMiddleware(MiddlewareMixin):
    """Sets the headers the ``SECURE_*`` settings ask for (Django documentation: ref/middleware)."""

    def __init__(self, get_response: Any) -> None:
        super().__init__(get_response)
        self.sts_seconds = settings.SECURE_HSTS_SECONDS
        self.sts_include_subdomains = settings.SECURE_HSTS_INCLUDE_SUBDOMAINS
        self.sts_preload = settings.SECURE_HSTS_PRELOAD
        self.content_type_nosniff = settings.SECURE_CONTENT_TYPE_NOSNIFF
        self.redirect = settings.SECURE_SSL_REDIRECT
        self.redirect_host = settings.SECURE_SSL_HOST
        self.redirect_exempt = [re.compile(pattern) for pattern in settings.SECURE_REDIRECT_EXEMPT]
        self.referrer_policy = settings.SECURE_REFERRER_POLICY
        self.cross_origin_opener_policy = settings.SECURE_CROSS_ORIGIN_OPENER_POLICY
        self._sts = self._sts_value()
        # Kept in the order in which they are sent.
        self._constant = self._constant_headers()._store

    def _sts_value(self) -> str:
        value = f"max-age={self.sts_seconds}"
        if self.sts_include_subdomains:
            value += "; includeSubDomains"
        if self.sts_preload:
            value += "; preload"
        return value

    def _constant_headers(self) -> ResponseHeaders:
        headers = ResponseHeaders()
        if self.content_type_nosniff:
            headers["X-Content-Type-Options"] = "nosniff"
        policy = self.referrer_policy
        if policy:
            # Several policies are for browsers that do not know the last one.
            parts = policy.split(",") if isinstance(policy, str) else policy
            headers["Referrer-Policy"] = ",".join(part.strip() for part in parts)
        if self.cross_origin_opener_policy:
            headers["Cross-Origin-Opener-Policy"] = self.cross_origin_opener_policy
        return headers

    def process_request(self, request: Any) -> Any:
        """Redirect to HTTPS where that is asked for."""
        if not self.redirect or request.is_secure():
            return None
        path = request.path.lstrip("/")
        if any(pattern.search(path) for pattern in self.redirect_exempt):
            return None
        host = self.redirect_host or request.get_host()
        return HttpResponsePermanentRedirect(f"https://{host}{request.get_full_path()}")

    @in_brief(process_request)
    def _redirect_nothing(self) -> RequestBrief | None:
        return None if self.redirect else RequestBrief()

    def process_response(self, request: Any, response: Any) -> Any:
        """Set the headers that the response does not have yet."""
        store = response._header_store
        if self.sts_seconds and "strict-transport-security" not in store and request.is_secure():
            store["strict-transport-security"] = ("Strict-Transport-Security", self._sts)
        for key, entry in self._constant.items():
            if key not in store:
                store[key] = entry
        return response

    @in_brief(process_response)
    def _add_headers(self) -> ResponseBrief | None:
        return None if self.sts_seconds else ResponseBrief(adds=self._constant)
