"""The Content-Security-Policy headers."""

from __future__ import annotations

from typing import Any

from offbeat.conf import settings
from offbeat.utils.csp import CSP, LazyNonce, build_policy
from offbeat.utils.deprecation import MiddlewareMixin

__all__ = ["ContentSecurityPolicyMiddleware", "get_nonce"]


def get_nonce(request: Any) -> LazyNonce | None:
    """Return the request's nonce, None without the middleware."""
    return getattr(request, "_csp_nonce", None)


class ContentSecurityPolicyMiddleware(MiddlewareMixin):
    """Sends the policies of ``SECURE_CSP`` and ``SECURE_CSP_REPORT_ONLY``, or those a view has set instead."""

    def process_request(self, request: Any) -> None:
        """Give the request a nonce, which comes into being when a template uses it."""
        request._csp_nonce = LazyNonce()

    def process_response(self, request: Any, response: Any) -> Any:
        """Set the headers that the response does not have yet."""
        nonce = get_nonce(request)
        for header, attribute, setting in (
            (CSP.HEADER_ENFORCE, "_csp_config", "SECURE_CSP"),
            (CSP.HEADER_REPORT_ONLY, "_csp_ro_config", "SECURE_CSP_REPORT_ONLY"),
        ):
            config = getattr(response, attribute, None)
            if config is None:
                config = getattr(settings, setting)
            if config and header not in response.headers:
                response.headers[str(header)] = build_policy(config, nonce)
        return response
