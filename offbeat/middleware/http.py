"""Conditional requests."""

from __future__ import annotations

from typing import Any

from offbeat.utils.cache import get_conditional_response, set_response_etag
from offbeat.utils.deprecation import MiddlewareMixin
from offbeat.utils.http import parse_http_date_safe, split_header_value

__all__ = ["ConditionalGetMiddleware"]


class ConditionalGetMiddleware(MiddlewareMixin):
    """Adds an ETag to responses to GET and answers 304 when the client has the content already."""

    def process_response(self, request: Any, response: Any) -> Any:
        """Add the ETag; replace the response when nothing has changed."""
        # Other methods' headers describe an outcome, not the content at the URL.
        if request.method != "GET":
            return response
        if self.needs_etag(response) and not response.has_header("ETag"):
            set_response_etag(response)
        etag = response.get("ETag")
        last_modified = response.get("Last-Modified")
        stamp = parse_http_date_safe(last_modified) if last_modified else None
        if etag or stamp:
            return get_conditional_response(request, etag=etag, last_modified=stamp, response=response)
        return response

    def needs_etag(self, response: Any) -> bool:
        """Tell whether the response may be stored at all."""
        directives = split_header_value(response.get("Cache-Control", ""))
        return all(name.partition("=")[0].strip().lower() != "no-store" for name in directives)
