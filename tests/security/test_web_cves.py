"""Published weaknesses of URL resolution, views and CSRF protection, each with the request that showed it."""

from __future__ import annotations

import time

import pytest

from offbeat.core.handlers.asgi import ASGIHandler
from offbeat.core.handlers.wsgi import WSGIHandler
from offbeat.http import HttpResponse
from offbeat.middleware.csrf import get_token
from offbeat.urls import NoReverseMatch, Resolver404, path, re_path, resolve, reverse
from tests.handlers.helpers import changed, fetch, urls, wsgi_fetch


def view(request, **kwargs):
    return HttpResponse("ok")


def test_cve_2018_14574_appending_a_slash_stays_on_this_host():
    with (
        urls(re_path(r"^(?P<rest>.*)/$", view)),
        changed(MIDDLEWARE=["offbeat.middleware.common.CommonMiddleware"]),
    ):
        result = wsgi_fetch(WSGIHandler(), "//evil.com", HTTP_HOST="testserver")
    assert result.headers["location"] == "/%2Fevil.com/"


@pytest.mark.parametrize("pattern", [path("admin", view), re_path(r"^admin$", view)])
def test_cve_2021_44420_a_newline_does_not_get_past_a_rule(pattern):
    with urls(pattern):
        assert wsgi_fetch(WSGIHandler(), "/admin\n").status == 404


def test_cve_2014_0480_a_reversed_path_names_no_host():
    with urls(path("<path:p>", view, name="p")):
        assert reverse("p", args=["/evil.com"]) == "/%2Fevil.com"


def test_cve_2014_0472_reversing_imports_nothing():
    with urls(path("a/", view)), pytest.raises(NoReverseMatch):
        reverse("os.system", args=["true"])


def test_cve_2022_41323_a_language_prefix_is_text():
    from offbeat.conf.urls.i18n import i18n_patterns

    with urls(*i18n_patterns(path("a/", view))):
        begin = time.thread_time()
        with pytest.raises(Resolver404):
            resolve("/" + "(a+)+" * 50 + "/a/")
        assert time.thread_time() - begin < 0.5


def test_cve_2019_3498_the_page_does_not_show_the_path():
    with urls(path("a/", view)):
        result = wsgi_fetch(WSGIHandler(), "/go-to-http://evil.example")
    assert b"evil" not in result.body


async def test_cve_2026_3902_a_header_with_an_underscore_spoofs_nothing():
    async def show(request):
        return HttpResponse(f"{request.META.get('HTTP_X_FORWARDED_PROTO')}{request.is_secure()}")

    with urls(path("", show)), changed(SECURE_PROXY_SSL_HEADER=("HTTP_X_FORWARDED_PROTO", "https")):
        client = await fetch(ASGIHandler(), headers=[(b"x_forwarded_proto", b"https")])
    assert client.body == b"NoneFalse"


@pytest.mark.parametrize("length", [None, b"10", b"garbage"])
async def test_cve_2026_33034_a_body_without_a_true_length_is_limited(length):
    async def show(request):
        return HttpResponse(str(len(request.body)))

    headers = [] if length is None else [(b"content-length", length)]
    piece = {"type": "http.request", "body": b"x" * 100_000, "more_body": True}
    with urls(path("", show)), changed(DATA_UPLOAD_MAX_MEMORY_SIZE=250_000):
        client = await fetch(ASGIHandler(), "/", *[piece] * 500, method="POST", headers=headers)
    assert client.status in (400, 413)
    assert client.receives <= 4


@pytest.mark.parametrize(
    "read",
    [
        lambda request: request.META["HTTP_X"],
        lambda request: request.headers["x"],
        lambda request: request._meta_value("HTTP_X"),
    ],
    ids=["META", "headers", "single"],
)
async def test_cve_2025_14550_repeated_headers_take_linear_time(read):
    lengths = []

    async def show(request):
        begin = time.process_time()
        lengths.append(len(read(request)))
        return HttpResponse(str(time.process_time() - begin))

    with urls(path("", show)):
        client = await fetch(ASGIHandler(), headers=[(b"x", b"v" * 100)] * 50_000)
    assert lengths == [50_000 * 101 - 1]
    assert float(client.body) < 1


def posted(**meta):
    with urls(path("", view)), changed(MIDDLEWARE=["offbeat.middleware.csrf.CsrfViewMiddleware"]):
        return wsgi_fetch(WSGIHandler(), "/", method="POST", **meta).status


def test_cve_2011_0696_a_header_of_scripts_replaces_no_token():
    assert posted(HTTP_X_REQUESTED_WITH="XMLHttpRequest", HTTP_COOKIE=f"csrftoken={'a' * 32}") == 403


@pytest.mark.parametrize(
    "meta",
    [
        {"HTTP_REFERER": "https://evil.testserver/"},
        {"HTTP_REFERER": "https://testserver.evil.com/"},
        {"HTTP_REFERER": "https://testserver:444/"},
        {"HTTP_ORIGIN": "https://evil.testserver"},
        {"HTTP_ORIGIN": "http://testserver"},
        {"HTTP_REFERER": "https://testserver/", "HTTP_HOST": "evil.com"},
        {},
    ],
)
def test_cve_2011_4140_a_token_alone_is_not_enough_on_https(meta):
    token = "a" * 32
    headers = {"HTTP_COOKIE": f"csrftoken={token}", "HTTP_X_CSRFTOKEN": token, "wsgi.url_scheme": "https"}
    assert posted(**headers, HTTP_HOST="testserver", HTTP_REFERER="https://testserver/") == 200
    assert posted(**{**headers, "HTTP_HOST": "testserver", **meta}) in (400, 403)


def test_cve_2010_3082_a_planted_cookie_is_not_shown():
    from offbeat.template import Context, Engine

    def form(request):
        template = Engine().from_string("{% csrf_token %}")
        return HttpResponse(template.render(Context({"csrf_token": get_token(request)})))

    with urls(path("", form)), changed(MIDDLEWARE=["offbeat.middleware.csrf.CsrfViewMiddleware"]):
        result = wsgi_fetch(WSGIHandler(), "/", HTTP_COOKIE='csrftoken="><script>alert(1)</script>')
    assert b"script" not in result.body
    assert b"csrfmiddlewaretoken" in result.body
