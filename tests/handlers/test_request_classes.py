"""What a handler does with the class of its requests."""

from __future__ import annotations

from io import BytesIO
from typing import Any

import pytest

from offbeat.core.exceptions import BadRequest
from offbeat.core.handlers.wsgi import WSGIHandler, WSGIRequest
from offbeat.http import HttpResponse
from offbeat.test import RequestFactory
from offbeat.test.utils import override_settings
from offbeat.urls import path


def environ(**more: Any) -> dict[str, Any]:
    return {
        "REQUEST_METHOD": "GET",
        "PATH_INFO": "/here/",
        "SERVER_NAME": "testserver",
        "SERVER_PORT": "80",
        "wsgi.input": BytesIO(),
        **more,
    }


def status_of(handler: Any, **more: Any) -> str:
    seen: list[str] = []
    response = handler(environ(**more), lambda status, headers: seen.append(status))
    response.close()
    return seen[0]


def test_a_class_of_requests_may_have_a_urlconf_of_its_own() -> None:
    class Request(WSGIRequest):
        urlconf = (path("here/", lambda request: HttpResponse("x")),)

    class Handler(WSGIHandler):
        request_class = Request

    assert status_of(Handler()) == "200 OK"
    assert status_of(WSGIHandler()) == "404 Not Found"


def test_a_malformed_content_type_is_a_bad_request() -> None:
    header = "text/plain; charset*=BOGUS''%20"
    with pytest.raises(BadRequest, match="Invalid Content-Type header"):
        WSGIRequest(environ(CONTENT_TYPE=header))
    assert status_of(WSGIHandler(), CONTENT_TYPE=header) == "400 Bad Request"


def test_the_debug_page_of_a_404_shows_its_data_to_watchers() -> None:
    from offbeat.http import Http404
    from offbeat.template import Template
    from offbeat.test.signals import template_rendered
    from offbeat.test.utils.environment import instrumented_test_render
    from offbeat.views.debug import technical_404_response

    contexts: list[Any] = []

    def watch(context: Any, **kwargs: Any) -> None:
        contexts.append(context.flatten())

    original = Template._render
    template_rendered.connect(watch)
    setattr(Template, "_render", instrumented_test_render)
    try:
        with override_settings(DEBUG=True):
            response = technical_404_response(RequestFactory().get("/gone/"), Http404("It is <gone>"))
    finally:
        setattr(Template, "_render", original)
        template_rendered.disconnect(watch)
    assert "It is &lt;gone&gt;" in response.text
    assert contexts[0]["reason"] == "It is <gone>"
