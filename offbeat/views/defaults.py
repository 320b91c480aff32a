"""The default error pages: a project's template where there is one, else a plain page."""

from __future__ import annotations

from functools import lru_cache
from typing import Any
from urllib.parse import quote

from offbeat.http import (
    HttpResponseBadRequest,
    HttpResponseForbidden,
    HttpResponseNotFound,
    HttpResponseServerError,
)
from offbeat.template import Context, Engine, TemplateDoesNotExist, loader
from offbeat.views.decorators.csrf import requires_csrf_token

__all__ = [
    "ERROR_400_TEMPLATE_NAME",
    "ERROR_403_TEMPLATE_NAME",
    "ERROR_404_TEMPLATE_NAME",
    "ERROR_500_TEMPLATE_NAME",
    "ERROR_PAGE_TEMPLATE",
    "bad_request",
    "page_not_found",
    "permission_denied",
    "server_error",
]

ERROR_404_TEMPLATE_NAME = "404.html"
ERROR_403_TEMPLATE_NAME = "403.html"
ERROR_400_TEMPLATE_NAME = "400.html"
ERROR_500_TEMPLATE_NAME = "500.html"
ERROR_PAGE_TEMPLATE = """
<!doctype html>
<html lang="en">
<head>
  <title>%(title)s</title>
</head>
<body>
  <h1>%(title)s</h1><p>%(details)s</p>
</body>
</html>
"""


@lru_cache(maxsize=8)
def _plain_page(title: str, details: str) -> Any:
    return Engine().from_string(ERROR_PAGE_TEMPLATE % {"title": title, "details": details})


def _page(
    kind: Any,
    request: Any,
    template_name: str,
    default_name: str,
    context: dict[str, Any] | None,
    title: str,
    details: str,
) -> Any:
    try:
        template = loader.get_template(template_name)
    except TemplateDoesNotExist:
        if template_name != default_name:
            # A template that was asked for by name has to exist.
            raise
        return kind(_plain_page(title, details).render(Context(context)))
    return kind(template.render() if context is None else template.render(context, request))


@requires_csrf_token
def page_not_found(request: Any, exception: Exception, template_name: str = ERROR_404_TEMPLATE_NAME) -> Any:
    """Return 404; the template gets ``request_path`` (quoted) and ``exception``."""
    message = exception.__class__.__name__
    if exception.args and isinstance(exception.args[0], str):
        message = exception.args[0]
    context = {"request_path": quote(request.path), "exception": message}
    # The page does not show the path: it would be a way to put text on it (CVE-2019-3498).
    return _page(
        HttpResponseNotFound,
        request,
        template_name,
        ERROR_404_TEMPLATE_NAME,
        context,
        "Not Found",
        "The requested resource was not found on this server.",
    )


@requires_csrf_token
def server_error(request: Any, template_name: str = ERROR_500_TEMPLATE_NAME) -> Any:
    """Return 500; the template is rendered without a context, since anything may be broken."""
    return _page(
        HttpResponseServerError,
        request,
        template_name,
        ERROR_500_TEMPLATE_NAME,
        None,
        "Server Error (500)",
        "",
    )


@requires_csrf_token
def bad_request(request: Any, exception: Exception, template_name: str = ERROR_400_TEMPLATE_NAME) -> Any:
    """Return 400; the template gets nothing, since the exception may hold what the client sent."""
    return _page(
        HttpResponseBadRequest,
        request,
        template_name,
        ERROR_400_TEMPLATE_NAME,
        None,
        "Bad Request (400)",
        "",
    )


@requires_csrf_token
def permission_denied(
    request: Any, exception: Exception, template_name: str = ERROR_403_TEMPLATE_NAME
) -> Any:
    """Return 403; the template gets the exception's text as ``exception``."""
    return _page(
        HttpResponseForbidden,
        request,
        template_name,
        ERROR_403_TEMPLATE_NAME,
        {"exception": str(exception)},
        "403 Forbidden",
        "",
    )
