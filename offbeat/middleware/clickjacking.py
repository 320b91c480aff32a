"""The X-Frame-Options header."""

from __future__ import annotations

from typing import Any

from offbeat.conf import settings
from offbeat.http.headers import ResponseHeaders
from offbeat.utils.deprecation import MiddlewareMixin
from offbeat.utils.hooks import ResponseBrief, in_brief, same_methods

__all__ = ["XFrameOptionsMiddleware"]


class XFrameOptionsMiddleware(MiddlewareMixin):
    """Sets X-Frame-Options unless the response has it or its view is exempt."""

    def process_response(self, request: Any, response: Any) -> Any:
        """Set the header."""
        if "x-frame-options" not in response._header_store and not getattr(
            response, "xframe_options_exempt", False
        ):
            response.headers["X-Frame-Options"] = self.get_xframe_options_value(request, response)
        return response

    @in_brief(process_response)
    def _add_header(self) -> ResponseBrief | None:
        if not same_methods(type(self), XFrameOptionsMiddleware, "get_xframe_options_value"):
            return None
        headers = ResponseHeaders({"X-Frame-Options": _configured_value()})
        return ResponseBrief(adds=headers._store, spared_by="xframe_options_exempt")

    def get_xframe_options_value(self, request: Any, response: Any) -> str:
        """Return the value, by default that of X_FRAME_OPTIONS."""
        return _configured_value()


def _configured_value() -> str:
    return str(getattr(settings, "X_FRAME_OPTIONS", "DENY")).upper()
