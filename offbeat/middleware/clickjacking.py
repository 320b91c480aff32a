"""The X-Frame-Options header."""

from __future__ import annotations

from typing import Any

from offbeat.conf import settings
from offbeat.utils.deprecation import MiddlewareMixin

__all__ = ["XFrameOptionsMiddleware"]


class XFrameOptionsMiddleware(MiddlewareMixin):
    """Sets X-Frame-Options unless the response has it or its view is exempt."""

    def process_response(self, request: Any, response: Any) -> Any:
        """Set the header."""
        if "X-Frame-Options" not in response.headers and not getattr(
            response, "xframe_options_exempt", False
        ):
            response.headers["X-Frame-Options"] = self.get_xframe_options_value(request, response)
        return response

    def get_xframe_options_value(self, request: Any, response: Any) -> str:
        """Return the value, by default that of X_FRAME_OPTIONS."""
        return str(getattr(settings, "X_FRAME_OPTIONS", "DENY")).upper()
