"""Applications that serve static files in front of the project's, for development."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlparse
from urllib.request import url2pathname

from offbeat.concurrency import async_face
from offbeat.conf import settings
from offbeat.contrib.staticfiles import utils
from offbeat.contrib.staticfiles.views import serve
from offbeat.core.handlers.asgi import ASGIHandler
from offbeat.core.handlers.exception import response_for_exception
from offbeat.core.handlers.wsgi import WSGIHandler, get_path_info
from offbeat.http import Http404


class StaticFilesHandlerMixin:
    """Answers what lies below ``STATIC_URL``; the rest is for the application."""

    # Sent on instead of request_started and request_finished.
    handles_files = True
    application: Any
    base_url: Any

    def load_middleware(self, is_async: bool = False) -> None:
        """Static files go through no middleware."""

    def get_base_url(self) -> str:
        """``STATIC_URL``, checked."""
        utils.check_settings()
        return str(settings.STATIC_URL)

    def _should_handle(self, path: str) -> bool:
        """Whether the path lies below the URL, and the URL is on this host."""
        return path.startswith(self.base_url[2]) and not self.base_url[1]

    def file_path(self, url: str) -> str:
        """The relative path of the file at a URL."""
        return url2pathname(url.removeprefix(self.base_url[2]))

    def serve(self, request: Any) -> Any:
        """The file."""
        return serve(request, self.file_path(request.path), insecure=True)

    def get_response(self, request: Any) -> Any:
        """The file, or the page for what went wrong."""
        try:
            return self.serve(request)
        except Http404 as error:
            return response_for_exception(request, error)

    get_response_async = async_face(get_response)


class StaticFilesHandler(StaticFilesHandlerMixin, WSGIHandler):
    """A WSGI application around another."""

    def __init__(self, application: Any) -> None:
        self.application = application
        self.base_url = urlparse(self.get_base_url())
        super().__init__()

    def __call__(self, environ: Any, start_response: Any) -> Any:
        if not self._should_handle(get_path_info(environ)):
            return self.application(environ, start_response)
        return super().__call__(environ, start_response)


class ASGIStaticFilesHandler(StaticFilesHandlerMixin, ASGIHandler):
    """An ASGI application around another."""

    def __init__(self, application: Any) -> None:
        self.application = application
        self.base_url = urlparse(self.get_base_url())
        super().__init__()

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "http" and self._should_handle(scope["path"]):
            await super().__call__(scope, receive, send)
        else:
            await self.application(scope, receive, send)
