"""Heads of requests that no browser sends, through all the middleware: an answer, never an error of the site."""

from __future__ import annotations

import asyncio
import io
import sys

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from offbeat.conf.urls.i18n import i18n_patterns
from offbeat.contrib.messages import get_messages
from offbeat.core.handlers.asgi import ASGIHandler
from offbeat.core.handlers.wsgi import WSGIHandler
from offbeat.core.signals import got_request_exception
from offbeat.http import FileResponse, JsonResponse
from offbeat.middleware.common import BrokenLinkEmailsMiddleware
from offbeat.test.utils import override_settings
from offbeat.urls import include, path
from offbeat.utils import translation
from offbeat.views.decorators.csrf import csrf_exempt
from offbeat.views.static import serve
from tests.handlers.helpers import changed, fetch, urls, wsgi_fetch

MIDDLEWARE = [
    "offbeat.middleware.cache.UpdateCacheMiddleware",
    "offbeat.middleware.security.SecurityMiddleware",
    "offbeat.middleware.csp.ContentSecurityPolicyMiddleware",
    "offbeat.middleware.gzip.GZipMiddleware",
    "offbeat.contrib.sessions.middleware.SessionMiddleware",
    "offbeat.middleware.locale.LocaleMiddleware",
    "offbeat.middleware.http.ConditionalGetMiddleware",
    "offbeat.middleware.common.BrokenLinkEmailsMiddleware",
    "offbeat.middleware.common.CommonMiddleware",
    "offbeat.middleware.csrf.CsrfViewMiddleware",
    "offbeat.contrib.messages.middleware.MessageMiddleware",
    "offbeat.middleware.clickjacking.XFrameOptionsMiddleware",
    "offbeat.middleware.cache.FetchFromCacheMiddleware",
]
SETTINGS = {
    "MIDDLEWARE": MIDDLEWARE,
    "ALLOWED_HOSTS": ["testserver", ".sub.example", "[::1]"],
    "USE_X_FORWARDED_HOST": True,
    "USE_X_FORWARDED_PORT": True,
    "SECURE_PROXY_SSL_HEADER": ("HTTP_X_FORWARDED_PROTO", "https"),
    "SESSION_ENGINE": "offbeat.contrib.sessions.backends.signed_cookies",
    "LANGUAGES": [("en", "English"), ("de", "German")],
    "MANAGERS": ["managers@example.com"],
    "MAILERS": {"default": {"BACKEND": "offbeat.core.mail.backends.dummy.EmailBackend"}},
    "DATA_UPLOAD_MAX_MEMORY_SIZE": 5_000,
}
WORDS = """
a testserver testserver:80 [::1] [ ] [::1 http://[ https://testserver https://testserver:99999 // \\ % %zz %00 \x00 \n \r\n \x7f é ÿ
; = a=b csrftoken=aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa csrftoken= sessionid=x:y:z messages=[ django_language=de " ' ( ) <script> bytes=
0- -1 bytes=0-1 bytes=99999999999999999999- 1e999 nan q= q=0.5 , * */* text/html text/*;q=x gzip W/"a" "x" -5 0x10 1_0
99999999999999999999999999999999999999999999999999 multipart/form-data multipart/form-data;boundary=B ;boundary=
application/x-www-form-urlencoded ;charset= utf-8 utf-7 idna hex rot13 punycode undefined utf-16 de de-AT *;q=0 https on null
""".split(" ")  # fmt: skip
VALUES = st.lists(
    st.sampled_from(
        [
            *WORDS,
            " ",
            "\t",
            "X" * 2000,
            "Mon, 01 Jan 2024 00:00:00 GMT",
            "Mon, 99 Foo 9999 99:99:99 GMT",
        ]
    ),
    max_size=3,
).map("".join)
NAMES = st.sampled_from(
    "Host Cookie Referer Origin Accept Accept-Language Accept-Encoding If-None-Match If-Match If-Modified-Since "
    "If-Unmodified-Since If-Range Range Content-Type Content-Length X-Forwarded-Host X-Forwarded-Port X-Forwarded-Proto "
    "X-CSRFToken User-Agent Authorization X-Requested-With Expect Transfer-Encoding Cache-Control".split()
)
PATHS = st.sampled_from(
    [
        "/all/", "/aall/", "/checked/", "/file/", "/static/", "/static/../conf.py", "/static/\x00", "/static//etc/passwd",
        "/i18n/setlang/", "/any/", "/any/x\x00y", "/any/\n", "/any/" + "x" * 3000, "/page/", "/de/page/", "/all", "//evil.example/page",
        "/nothing", "", "*", "/%",
    ]
)  # fmt: skip
BODIES = st.sampled_from(
    [
        b"", b"a=1", b"a=%ff&b=%00", b"\xff\xfe", b"language=de&next=http://[", b"--B\r\n", b"x" * 6_000, b"a=b&" * 1_100,
        b'--B\r\nContent-Disposition: form-data; name="f"; filename="../x"\r\n\r\nx\r\n--B--\r\n', bytes(range(256)),
    ]
)  # fmt: skip


def all_of_it(request, **kwargs):
    """Read everything that is derived from what the client sent."""
    request.accepts("text/html")
    request.get_preferred_type(["text/html", "a/b"])
    read = [request.build_absolute_uri(), request.get_full_path(), request.get_port(), repr(request)]
    read += [dict(request.headers), request.COOKIES, request.GET, request.POST, request.FILES]
    read += [
        request.content_params,
        request.accepted_types,
        request.session.get("x"),
        list(get_messages(request)),
    ]
    read.append(request.get_signed_cookie("a", default=None))
    return JsonResponse({"read": len(str(read))})


async def all_of_it_async(request, **kwargs):
    """The same in a bridge."""
    return all_of_it(request)


def file(request):
    """A file that can be asked for in parts."""
    return FileResponse(io.BytesIO(b"abc" * 1000), filename="x", request=request)


@pytest.fixture(autouse=True)
def usual_language():
    """Under WSGI the language of a request is that of its thread, until the next request comes."""
    yield
    translation.deactivate()


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """The application in both forms, and the list of errors that it had."""
    errors: list[BaseException | None] = []

    def failed(**kwargs):
        errors.append(sys.exc_info()[1])

    patterns = [
        path("all/", csrf_exempt(all_of_it)),
        path("aall/", csrf_exempt(all_of_it_async)),
        path("checked/", all_of_it),
        path("file/", file),
        path("static/<path:path>", serve, {"document_root": tmp_path_factory.mktemp("static")}),
        path("i18n/", include("offbeat.conf.urls.i18n")),
        path("any/<path:rest>", csrf_exempt(all_of_it)),
        *i18n_patterns(path("page/", all_of_it)),
    ]
    got_request_exception.connect(failed)
    with urls(*patterns), override_settings(**SETTINGS):
        yield ASGIHandler(), WSGIHandler(), errors
    got_request_exception.disconnect(failed)


def environ(headers):
    """Headers as CGI variables."""
    made = {}
    for name, value in headers.items():
        key = name.upper().replace("-", "_")
        made[key if key in ("CONTENT_TYPE", "CONTENT_LENGTH") else f"HTTP_{key}"] = value.encode().decode(
            "latin-1"
        )
    return made


@hypothesis_settings(
    max_examples=300,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(
    method=st.sampled_from(["GET", "POST", "HEAD", "PUT", "OPTIONS", "foo"]),
    where=PATHS,
    query=VALUES,
    headers=st.dictionaries(NAMES, VALUES, max_size=4),
    body=BODIES,
    debug=st.booleans(),
)
def test_any_head_of_a_request_gets_an_answer(site, method, where, query, headers, body, debug):
    asgi, wsgi, errors = site
    errors.clear()
    headers = {"Host": "testserver", **headers}
    raw = [(name.lower().encode(), value.encode()) for name, value in headers.items() if name != "Host"]
    # The helper's own Host is there already, and two are joined.
    raw += [(b"host", headers["Host"].encode())] if headers["Host"] != "testserver" else []
    messages = [
        {"type": "http.request", "body": body[:3], "more_body": True},
        {"type": "http.request", "body": body[3:], "more_body": False},
    ]
    with changed(DEBUG=debug):
        over_asgi = asyncio.run(
            fetch(asgi, where, *messages, method=method, headers=raw, query_string=query.encode())
        )
        meta = {"HTTP_HOST": "testserver", "CONTENT_LENGTH": str(len(body)), **environ(headers)}
        over_wsgi = wsgi_fetch(
            wsgi, where, method=method, body=body, QUERY_STRING=query.encode().decode("latin-1"), **meta
        )
    # Debug mode tells of a form that a redirect would lose.
    told = [error for error in errors if not (debug and "APPEND_SLASH" in str(error))]
    assert told == []
    if not debug:
        assert {over_asgi.status, over_wsgi.status} <= {
            200,
            204,
            206,
            301,
            302,
            304,
            400,
            403,
            404,
            405,
            412,
            413,
            416,
        }


@pytest.mark.parametrize("referer", ["http://[", "//[x", "https://[::1", "http://a]b/"])
def test_a_referrer_that_is_no_address_is_no_broken_link(referer):
    middleware = BrokenLinkEmailsMiddleware(lambda request: None)
    assert middleware.is_ignorable_request(None, "/missing/", "testserver", referer)


@pytest.mark.parametrize("body", [b"x" * 6_000, b"a=b&" * 1_100])
async def test_the_report_of_a_request_whose_form_is_refused_is_made_without_it(body, site):
    asgi, _, _ = site
    headers = [(b"host", b"evil.example"), (b"content-type", b"application/x-www-form-urlencoded")]
    message = {"type": "http.request", "body": body, "more_body": False}
    for accept in (b"text/html", b"text/plain"):
        with changed(DEBUG=True):
            client = await fetch(
                asgi, "/checked/", message, method="POST", headers=[*headers, (b"accept", accept)]
            )
        assert client.status == 400
        assert b"(cannot be read)" in client.body
