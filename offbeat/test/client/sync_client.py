"""The client for WSGI requests."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import SplitResult

from offbeat.core.serializers.json import DjangoJSONEncoder

from .base import REDIRECT_STATUS_CODES, ClientMixin, FollowingVerbs
from .capture import capture
from .factory import RequestFactory
from .handlers import ClientHandler

__all__ = ["Client"]


class Client(ClientMixin, FollowingVerbs, RequestFactory):  # type: ignore[misc]
    """A browser without a screen: makes requests to the project in this process, and keeps cookies.

    A response has the attributes ``client``, ``request``, ``templates``, ``context``, ``json()``, ``resolver_match``,
    ``exc_info`` and ``wsgi_request``. Source: Django documentation, topics/testing/tools.
    """

    def __init__(
        self,
        enforce_csrf_checks: bool = False,
        raise_request_exception: bool = True,
        json_encoder: type[json.JSONEncoder] = DjangoJSONEncoder,
        *,
        headers: Mapping[str, str] | None = None,
        query_params: Mapping[str, Any] | None = None,
        **defaults: Any,
    ) -> None:
        super().__init__(json_encoder=json_encoder, headers=headers, query_params=query_params, **defaults)
        self.handler: Any = ClientHandler(enforce_csrf_checks)
        self.raise_request_exception = raise_request_exception
        self.extra = {}
        self.headers = None

    def request(self, **request: Any) -> Any:
        """Make a request with this environ and return the response."""
        environ = self._base_environ(**request)
        with capture() as captured:
            response = self.handler(environ)
        self.check_exception(response, captured)
        self._decorate(response, request, captured, request["PATH_INFO"], response.wsgi_request)
        return response

    def _end(self, response: Any, follow: bool, **again: Any) -> Any:
        return self._handle_redirects(response, **again) if follow else response

    def _handle_redirects(self, response: Any, **again: Any) -> Any:
        """Follow redirects to their end; RedirectCycleError."""
        chain: list[tuple[str, int]] = []
        response.redirect_chain = chain
        again.setdefault("extra", {})
        while response.status_code in REDIRECT_STATUS_CODES:
            chain.append((response.url, response.status_code))
            response = self._redirect(response, **again)
            self._check_cycle(chain, response)
        return response

    def _target_server(self, url: SplitResult) -> dict[str, Any]:
        server: dict[str, Any] = {}
        if url.scheme:
            server["wsgi.url_scheme"] = url.scheme
        if url.hostname:
            server["SERVER_NAME"] = url.hostname
            server["HTTP_HOST"] = url.netloc
        if url.port:
            server["SERVER_PORT"] = str(url.port)
        return server
