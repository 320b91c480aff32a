"""What backends of other template languages put into the context."""

from __future__ import annotations

from typing import Any

from offbeat.utils.functional import lazy
from offbeat.utils.html import format_html
from offbeat.utils.safestring import SafeString

__all__ = ["csrf_input", "csrf_input_lazy", "csrf_token_lazy"]


def csrf_input(request: Any) -> SafeString:
    """The hidden form field with the request's token."""
    from offbeat.middleware.csrf import get_token

    return format_html('<input type="hidden" name="csrfmiddlewaretoken" value="{}">', get_token(request))


def _token(request: Any) -> str:
    from offbeat.middleware.csrf import get_token

    return get_token(request)


csrf_input_lazy = lazy(csrf_input, SafeString, str)
csrf_token_lazy = lazy(_token, str)
