"""Debug pages, static files, default error pages, languages."""

from __future__ import annotations

import sys

import pytest

from offbeat.core.exceptions import SuspiciousFileOperation
from offbeat.http import Http404, HttpRequest
from offbeat.urls import path, resolve
from offbeat.views import debug, defaults, static
from offbeat.views.decorators.debug import sensitive_post_parameters, sensitive_variables
from tests.handlers.helpers import changed, urls


def request(method="GET", where="/", **meta):
    made = HttpRequest()
    made.method = method
    made.path = made.path_info = where
    made.META = {"SERVER_NAME": "testserver", "SERVER_PORT": "80", **meta}
    return made


def failure(function, *args):
    try:
        function(*args)
    except Exception:
        return sys.exc_info()
    raise AssertionError("did not fail")


def fails(text):
    local = text
    raise ValueError(local)


def test_a_report_shows_frames_and_escapes_everything():
    response = debug.technical_500_response(
        request(HTTP_ACCEPT="text/html", HTTP_X="<b>"), *failure(fails, "<script>alert(1)</script>")
    )
    page = response.content.decode()
    assert response.status_code == 500
    assert "<script>" not in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page
    assert "ValueError at /" in page
    assert "raise ValueError(local)" in page
    assert "&lt;b&gt;" in page
    assert "a key for tests only" not in page


def test_a_report_is_plain_text_for_scripts():
    response = debug.technical_500_response(
        request(HTTP_ACCEPT="application/json"), *failure(fails, "x"), status_code=400
    )
    assert response.status_code == 400
    assert response["Content-Type"] == "text/plain; charset=utf-8"
    assert b"Exception Type: ValueError at /" in response.content


def test_a_report_shows_causes():
    def chained():
        try:
            fails("first")
        except ValueError as error:
            raise KeyError("second") from error

    text = debug.ExceptionReporter(None, *failure(chained)).get_traceback_text()
    assert "direct cause" in text
    assert "first" in text
    assert "Request data not supplied" in text


def test_a_value_whose_repr_fails_does_not_break_the_report():
    class Broken:
        def __repr__(self):
            raise RuntimeError

    def local():
        broken = Broken()
        raise ValueError(bool(broken))

    page = debug.ExceptionReporter(request(), *failure(local)).get_traceback_html()
    assert "Error in formatting: RuntimeError" in page


def test_long_values_are_cut():
    def local():
        long = "x" * 100_000
        raise ValueError(len(long))

    page = debug.ExceptionReporter(request(), *failure(local)).get_traceback_html()
    assert len(page) < 80_000
    assert "trimmed" in page


def test_sensitive_values_are_hidden_without_debug():
    @sensitive_variables("secret")
    def function():
        secret = "-".join(("very", "secret"))
        shown = "shown"
        raise ValueError(len(secret + shown))

    @sensitive_post_parameters("password")
    def view(request):
        function()

    made = request("POST")
    made.POST["password"] = "+".join(("post", "secret"))
    made.POST["name"] = "Ann"
    info = failure(view, made)
    with changed(DEBUG=False):
        text = debug.ExceptionReporter(made, *info).get_traceback_text()
        page = debug.ExceptionReporter(made, *info).get_traceback_html()
    for report in (text, page):
        assert "-".join(("very", "secret")) not in report
        assert "+".join(("post", "secret")) not in report
        assert "Ann" in report


async def test_sensitive_variables_of_async_functions_are_hidden():
    @sensitive_variables()
    async def function():
        hidden = "-".join(("hidden", "value"))
        raise ValueError(len(hidden))

    try:
        await function()
    except ValueError:
        info = sys.exc_info()
    with changed(DEBUG=False):
        page = debug.ExceptionReporter(request(), *info).get_traceback_html()
    assert "-".join(("hidden", "value")) not in page


@pytest.mark.parametrize("name", ["SECRET_KEY", "API_KEY", "PASSWORD", "AUTH_X", "a_token", "HTTP_COOKIE"])
def test_settings_are_cleansed_by_name(name):
    assert debug.cleanse_setting(name, "x") == "********************"
    assert debug.cleanse_setting("D", {name: "x", "b": 1}) == {name: "********************", "b": 1}


def test_a_404_tells_what_was_tried():
    def view(request):
        return None

    with urls(path("known/", view, name="known")), changed(DEBUG=True):
        exc = failure(resolve, "/<script>/")[1]
        page = debug.technical_404_response(request(where="/<script>/"), exc).content.decode()
    assert "known/ [name='known']" in page
    assert "<script>" not in page


def test_a_404_is_plain_text_for_scripts():
    def view(request):
        raise Http404("<gone>")

    with urls(path("known/", view, name="known")), changed(DEBUG=True):
        made = request(where="/other/", HTTP_ACCEPT="application/json")
        response = debug.technical_404_response(made, failure(resolve, "/other/")[1])
        assert response.status_code == 404
        assert response["Content-Type"] == "text/plain; charset=utf-8"
        assert "http://testserver/other/" in response.text
        assert "\n    known/\nNone of them matched.\n" in response.text
        made = request(where="/known/", HTTP_ACCEPT="text/plain")
        response = debug.technical_404_response(made, Http404("<gone>"))
    assert "<gone>" in response.text
    assert "view" in response.text.split("Raised by: ")[1]


def test_an_empty_project_gets_a_start_page():
    with urls():
        exc = failure(resolve, "/")[1]
        response = debug.technical_404_response(request(), exc)
    assert b"install worked successfully" in response.content


def test_default_pages():
    assert b"Not Found" in defaults.page_not_found(request(), Http404()).content
    assert b"403 Forbidden" in defaults.permission_denied(request(), Exception("<x>")).content
    assert b"Bad Request (400)" in defaults.bad_request(request(), Exception()).content
    assert defaults.server_error(request()).status_code == 500


@pytest.fixture
def root(tmp_path):
    (tmp_path / "inside").mkdir()
    (tmp_path / "inside" / "a <b>.txt").write_text("content")
    (tmp_path / ".hidden").write_text("")
    return tmp_path


def test_a_file_is_served(root):
    response = static.serve(request(), "inside/a <b>.txt", root)
    assert b"".join(response) == b"content"
    assert response["Content-Type"].startswith("text/plain")
    later = static.serve(request(HTTP_IF_MODIFIED_SINCE=response["Last-Modified"]), "inside/a <b>.txt", root)
    assert later.status_code == 304
    response.close()


@pytest.mark.parametrize("where", ["../secret", "..\\secret", "/../../etc/passwd", "//evil.com/", "none.txt"])
def test_a_path_does_not_lead_out_of_the_root(root, where):
    with pytest.raises((Http404, SuspiciousFileOperation)):
        static.serve(request(), where, root / "inside")


def test_directory_indexes(root):
    with pytest.raises(Http404, match="not allowed"):
        static.serve(request(), "", root)
    page = static.serve(request(), "inside", root, show_indexes=True).content.decode()
    assert "a &lt;b&gt;.txt" in page
    assert "../" in page
    assert ".hidden" not in static.serve(request(), "", root, show_indexes=True).content.decode()


@pytest.mark.parametrize(
    ("header", "modified"),
    [
        (None, True),
        ("garbage", True),
        ("Thu, 01 Jan 1970 00:00:50 GMT", True),
        ("Thu, 01 Jan 1970 00:01:40 GMT", False),
        ("Thu, 01 Jan 1970 00:01:40 GMT; length=7", False),
    ],
)
def test_when_a_file_was_modified(header, modified):
    assert static.was_modified_since(header, 100.5) is modified


def test_the_language_is_set_for_this_site_only():
    from offbeat.views.i18n import set_language

    made = request("POST")
    made.POST.update({"language": "de", "next": "https://evil.example/"})
    response = set_language(made)
    assert response.url == "/"
