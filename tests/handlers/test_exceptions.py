"""From exceptions to responses."""

from __future__ import annotations

import logging

import pytest

from offbeat.core.exceptions import (
    BadRequest,
    DisallowedHost,
    PermissionDenied,
    SuspiciousOperation,
    TooManyFieldsSent,
)
from offbeat.core.handlers.asgi import ASGIHandler
from offbeat.core.handlers.wsgi import LimitedStream, WSGIHandler, WSGIRequest, get_script_name
from offbeat.core.signals import got_request_exception
from offbeat.http import FileResponse, Http404, HttpResponse
from offbeat.http.multipartparser import MultiPartParserError
from offbeat.template.response import SimpleTemplateResponse
from offbeat.urls import path

from .helpers import changed, environ, fetch, urls, wsgi_fetch


def raising(error):
    def view(request):
        raise error

    return view


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (Http404("no"), 404),
        (PermissionDenied(), 403),
        (BadRequest("bad"), 400),
        (MultiPartParserError("bad"), 400),
        (SuspiciousOperation("odd"), 400),
        (DisallowedHost("odd"), 400),
        (TooManyFieldsSent("many"), 400),
        (KeyError("x"), 500),
    ],
)
@pytest.mark.parametrize("debug", [False, True])
def test_statuses(error, status, debug):
    with urls(path("", raising(error))), changed(DEBUG=debug):
        result = wsgi_fetch(WSGIHandler())
    assert result.status == status
    if not debug:
        assert b"Traceback" not in result.body


def test_a_path_that_matches_nothing_is_not_shown_on_the_page():
    with urls(path("", raising(Http404()))):
        result = wsgi_fetch(WSGIHandler(), "/see-http://evil.example/")
    assert result.status == 404
    assert b"evil" not in result.body


def test_a_project_has_handlers_of_its_own():
    def not_found(request, exception):
        return HttpResponse(f"none: {exception}", status=404)

    async def failed(request):
        return HttpResponse("sorry", status=500)

    patterns = [path("a/", raising(Http404("a"))), path("b/", raising(ValueError()))]
    with urls(*patterns, handler404=not_found, handler500=failed):
        assert wsgi_fetch(WSGIHandler(), "/a/").body == b"none: a"
        assert wsgi_fetch(WSGIHandler(), "/b/").body == b"sorry"


def test_an_exception_in_a_handler_is_a_server_error():
    with urls(path("", raising(Http404())), handler404=raising(KeyError())):
        assert wsgi_fetch(WSGIHandler()).status == 500


def test_uncaught_exceptions_are_logged_and_signalled(caplog):
    seen = []

    def receiver(sender, request, **kwargs):
        seen.append(request.path)

    got_request_exception.connect(receiver)
    try:
        with urls(path("a/", raising(ValueError("x")))), caplog.at_level(logging.ERROR, "offbeat.request"):
            wsgi_fetch(WSGIHandler(), "/a/")
    finally:
        got_request_exception.disconnect(receiver)
    assert seen == ["/a/"]
    [record] = caplog.records
    assert record.getMessage() == "Internal Server Error: /a/"
    assert record.status_code == 500
    assert record.exc_info[0] is ValueError


def test_suspicious_operations_go_to_the_security_logger(caplog):
    with urls(path("", raising(DisallowedHost("evil")))), caplog.at_level(logging.ERROR, "offbeat.security"):
        wsgi_fetch(WSGIHandler())
    assert caplog.records[0].name == "offbeat.security.DisallowedHost"


def test_exceptions_propagate_when_asked():
    with (
        urls(path("", raising(KeyError("x")))),
        changed(DEBUG_PROPAGATE_EXCEPTIONS=True),
        pytest.raises(KeyError),
    ):
        wsgi_fetch(WSGIHandler())


@pytest.mark.parametrize("error", [SystemExit(), KeyboardInterrupt()])
def test_what_ends_the_process_is_no_response(error):
    with urls(path("", raising(error))), pytest.raises(type(error)):
        wsgi_fetch(WSGIHandler())


@pytest.mark.parametrize("result", [None, "coroutine"])
async def test_a_view_has_to_return_a_response(result, caplog):
    async def forgotten():
        return HttpResponse()

    def view(request):
        return forgotten() if result else None

    with urls(path("", view)), changed(DEBUG_PROPAGATE_EXCEPTIONS=True), pytest.raises(ValueError) as caught:
        await fetch(ASGIHandler())
    expected = "unawaited coroutine instead" if result else "It returned None instead"
    assert expected in str(caught.value)


def test_a_template_response_is_rendered_with_its_callbacks():
    class Template(SimpleTemplateResponse):
        @property
        def rendered_content(self):
            return "rendered"

    with urls(path("", lambda request: Template("x.html"))):
        assert wsgi_fetch(WSGIHandler()).body == b"rendered"


def test_a_limited_stream_ends_at_its_limit():
    from io import BytesIO

    stream = LimitedStream(BytesIO(b"one\ntwo\nthree"), 8)
    assert stream.readline() == b"one\n"
    assert stream.read(100) == b"two\n"
    assert stream.read() == stream.readline() == b""


def test_the_path_of_an_environ():
    request = WSGIRequest(environ("/caf\xc3\xa9/", SCRIPT_NAME="/app"))
    assert request.path == "/app/café/"
    assert request.path_info == "/café/"
    assert WSGIRequest(environ("/%\xff")).path_info == "/%%FF"
    assert WSGIRequest(environ("", SCRIPT_NAME="/app")).path == "/app/"


def test_the_script_name_before_a_rewrite():
    assert get_script_name({"SCRIPT_URL": "/foobar//", "PATH_INFO": "/"}) == "/foobar"
    assert get_script_name({"SCRIPT_NAME": "/a", "PATH_INFO": "/"}) == "/a"
    with changed(FORCE_SCRIPT_NAME="/forced"):
        assert get_script_name({}) == "/forced"


def test_a_file_is_handed_to_the_server(tmp_path):
    file = tmp_path / "a.txt"
    file.write_bytes(b"content")
    given = []

    def wrapper(handle, size):
        given.append(handle)
        return iter([handle.read()])

    with urls(path("", lambda request: FileResponse(file.open("rb")))):
        result = wsgi_fetch(WSGIHandler(), **{"wsgi.file_wrapper": wrapper})
    assert result.body == b"content"
    given[0].close()
