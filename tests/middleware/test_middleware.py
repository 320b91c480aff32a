"""The middleware that ships."""

from __future__ import annotations

import re

import pytest

from offbeat.core.exceptions import DisallowedHost, PermissionDenied
from offbeat.http import HttpRequest, HttpResponse, StreamingHttpResponse
from offbeat.middleware.clickjacking import XFrameOptionsMiddleware
from offbeat.middleware.common import BrokenLinkEmailsMiddleware, CommonMiddleware
from offbeat.middleware.csp import ContentSecurityPolicyMiddleware, get_nonce
from offbeat.middleware.gzip import GZipMiddleware
from offbeat.middleware.http import ConditionalGetMiddleware
from offbeat.middleware.security import SecurityMiddleware
from offbeat.urls import path
from offbeat.utils.csp import CSP, build_policy
from offbeat.views.decorators.common import no_append_slash
from tests.handlers.helpers import changed, urls


def request(where="/", method="GET", secure=False, **meta):
    made = HttpRequest()
    made.META = {"SERVER_NAME": "testserver", "SERVER_PORT": "443" if secure else "80", **meta}
    made.method = method
    made.path = made.path_info = where
    if secure:
        made._get_scheme = lambda: "https"
    return made


def run(middleware, req=None, response=None):
    response = response if response is not None else HttpResponse("content")
    return middleware(lambda request: response)(req or request())


def test_security_headers():
    response = run(SecurityMiddleware)
    assert response["X-Content-Type-Options"] == "nosniff"
    assert response["Referrer-Policy"] == "same-origin"
    assert response["Cross-Origin-Opener-Policy"] == "same-origin"
    assert "Strict-Transport-Security" not in response


def test_transport_security_is_for_secure_requests():
    with changed(SECURE_HSTS_SECONDS=60, SECURE_HSTS_INCLUDE_SUBDOMAINS=True, SECURE_HSTS_PRELOAD=True):
        assert "Strict-Transport-Security" not in run(SecurityMiddleware)
        response = run(SecurityMiddleware, request(secure=True))
    assert response["Strict-Transport-Security"] == "max-age=60; includeSubDomains; preload"


def test_headers_that_are_there_are_kept():
    response = HttpResponse(headers={"Referrer-Policy": "origin"})
    with changed(SECURE_REFERRER_POLICY="no-referrer, same-origin"):
        assert run(SecurityMiddleware)["Referrer-Policy"] == "no-referrer,same-origin"
        assert run(SecurityMiddleware, response=response)["Referrer-Policy"] == "origin"


def test_redirect_to_https():
    with changed(SECURE_SSL_REDIRECT=True, SECURE_REDIRECT_EXEMPT=["^free/"]):
        response = run(SecurityMiddleware, request("/a/", QUERY_STRING="b=1"))
        assert (response.status_code, response["Location"]) == (301, "https://testserver/a/?b=1")
        assert run(SecurityMiddleware, request("/free/x")).status_code == 200
        assert run(SecurityMiddleware, request(secure=True)).status_code == 200


def slashed(request):
    return HttpResponse()


def test_a_slash_is_appended_where_that_helps():
    with urls(path("a/", slashed), path("no/", no_append_slash(slashed))):
        missing = HttpResponse(status=404)
        response = run(CommonMiddleware, request("/a", QUERY_STRING="q=1"), missing)
        assert (response.status_code, response["Location"]) == (301, "/a/?q=1")
        for where in ("/no", "/b", "/a/"):
            assert run(CommonMiddleware, request(where), HttpResponse(status=404)).status_code == 404
        with changed(APPEND_SLASH=False):
            assert run(CommonMiddleware, request("/a"), HttpResponse(status=404)).status_code == 404


def test_a_slash_is_not_appended_to_a_post_in_debug_mode():
    with urls(path("a/", slashed)), changed(DEBUG=True), pytest.raises(RuntimeError, match="via POST"):
        run(CommonMiddleware, request("/a", "POST"), HttpResponse(status=404))


def test_www_is_prepended():
    with changed(PREPEND_WWW=True), urls(path("a/", slashed)):
        response = run(CommonMiddleware, request("/a"))
    assert response["Location"] == "http://www.testserver/a/"


def test_agents_and_hosts_are_refused():
    with changed(DISALLOWED_USER_AGENTS=[re.compile("bad")]), pytest.raises(PermissionDenied):
        run(CommonMiddleware, request(HTTP_USER_AGENT="a bad one"))
    with pytest.raises(DisallowedHost):
        run(CommonMiddleware, request(HTTP_HOST="evil.example"))


def test_content_length_is_set_unless_it_streams():
    assert run(CommonMiddleware)["Content-Length"] == "7"
    assert "Content-Length" not in run(CommonMiddleware, response=StreamingHttpResponse(iter(())))


@pytest.mark.parametrize(
    ("referer", "ignored"),
    [
        ("", True),
        ("http://testserver/page", False),
        ("http://other.example/page", False),
        ("http://other.example/?q=search", True),
        ("http://testserver/missing/", True),
    ],
)
def test_broken_links_worth_a_mail(referer, ignored):
    middleware = BrokenLinkEmailsMiddleware(lambda request: None)
    assert middleware.is_ignorable_request(request(), "/missing/", "testserver", referer) is ignored


def test_frame_options():
    assert run(XFrameOptionsMiddleware)["X-Frame-Options"] == "DENY"
    with changed(X_FRAME_OPTIONS="sameorigin"):
        assert run(XFrameOptionsMiddleware)["X-Frame-Options"] == "SAMEORIGIN"
    exempt = HttpResponse()
    exempt.xframe_options_exempt = True
    assert "X-Frame-Options" not in run(XFrameOptionsMiddleware, response=exempt)


def test_conditional_get():
    first = run(ConditionalGetMiddleware)
    assert first["ETag"]
    again = run(ConditionalGetMiddleware, request(HTTP_IF_NONE_MATCH=first["ETag"]))
    assert again.status_code == 304
    assert "ETag" not in run(ConditionalGetMiddleware, request(method="POST"))
    not_stored = HttpResponse(headers={"Cache-Control": "No-Store"})
    assert "ETag" not in run(ConditionalGetMiddleware, response=not_stored)


def test_gzip():
    import gzip

    long = "a" * 500
    accepts = request(HTTP_ACCEPT_ENCODING="gzip, br")
    response = run(GZipMiddleware, accepts, HttpResponse(long, headers={"ETag": '"x"'}))
    assert gzip.decompress(response.content).decode() == long
    assert response["Content-Encoding"] == "gzip"
    assert response["Vary"] == "Accept-Encoding"
    assert response["ETag"] == 'W/"x"'
    assert response["Content-Length"] == str(len(response.content))
    assert not run(GZipMiddleware, accepts).has_header("Content-Encoding")
    assert not run(GZipMiddleware, request(), HttpResponse(long)).has_header("Content-Encoding")


def test_gzip_hides_the_exact_length():
    accepts = request(HTTP_ACCEPT_ENCODING="gzip")
    lengths = {len(run(GZipMiddleware, accepts, HttpResponse("a" * 500)).content) for _ in range(30)}
    assert len(lengths) > 1


async def test_gzip_of_streams():
    import gzip

    accepts = request(HTTP_ACCEPT_ENCODING="gzip")

    async def pieces():
        yield "one "
        yield "two"

    response = run(GZipMiddleware, accepts, StreamingHttpResponse(pieces()))
    assert gzip.decompress(b"".join([part async for part in response])) == b"one two"
    response = run(GZipMiddleware, accepts, StreamingHttpResponse(iter(["one ", "two"])))
    assert gzip.decompress(b"".join(response)) == b"one two"


def test_content_security_policy():
    with changed(SECURE_CSP={"default-src": [CSP.SELF], "script-src": [CSP.SELF, CSP.NONCE]}):
        response = run(ContentSecurityPolicyMiddleware)
        assert response["Content-Security-Policy"] == "default-src 'self'; script-src 'self'"

        def view(request):
            return HttpResponse(str(get_nonce(request)))

        response = ContentSecurityPolicyMiddleware(view)(request())
        nonce = response.content.decode()
        assert f"script-src 'self' 'nonce-{nonce}'" in response["Content-Security-Policy"]


def test_policies():
    policy = {"a": None, "b": False, "c": True, "d": {"z", "y"}, "e": CSP.NONE, "f": [CSP.NONCE]}
    assert build_policy(policy) == "c; d y z; e 'none'"
