"""CSRF protection."""

from __future__ import annotations

import pytest

from offbeat.http import HttpRequest, HttpResponse
from offbeat.middleware.csrf import (
    CSRF_TOKEN_LENGTH,
    CsrfViewMiddleware,
    _does_token_match,
    _mask_cipher_secret,
    _unmask_cipher_token,
    get_token,
    rotate_token,
)
from offbeat.views.decorators.csrf import csrf_exempt, csrf_protect, ensure_csrf_cookie, requires_csrf_token
from tests.handlers.helpers import changed

SECRET = "lcccccccX2kcccccccY2jcccccccssIC"


def request(method="POST", cookie=SECRET, token=None, secure=False, **meta):
    made = HttpRequest()
    made.method = method
    made.path = made.path_info = "/"
    made.META = {"SERVER_NAME": "testserver", "SERVER_PORT": "443" if secure else "80", **meta}
    if secure:
        made._get_scheme = lambda: "https"
    if cookie:
        made.COOKIES["csrftoken"] = cookie
    if token:
        made.POST["csrfmiddlewaretoken"] = token
    return made


def view(request):
    return HttpResponse("ok")


def check(req, callback=view):
    middleware = CsrfViewMiddleware(callback)
    middleware.process_request(req)
    refused = middleware.process_view(req, callback, (), {})
    return refused if refused is not None else middleware.process_response(req, callback(req))


def test_tokens_are_masked_anew_each_time():
    first, second = _mask_cipher_secret(SECRET), _mask_cipher_secret(SECRET)
    assert first != second
    assert _unmask_cipher_token(first) == _unmask_cipher_token(second) == SECRET
    assert len(first) == CSRF_TOKEN_LENGTH
    assert _does_token_match(first, SECRET)
    assert not _does_token_match(first, SECRET[::-1])


def test_a_token_that_another_implementation_has_made_is_accepted():
    # Mask "a" * 32: each character is shifted by nothing; mask "b" * 32: by one.
    assert _unmask_cipher_token("a" * 32 + SECRET) == SECRET
    assert _unmask_cipher_token("b" * 32 + "b" * 32) == "a" * 32


@pytest.mark.parametrize("token", [SECRET, _mask_cipher_secret(SECRET)], ids=["plain", "masked"])
def test_a_post_with_the_token_passes(token):
    assert check(request(token=token)).status_code == 200
    assert check(request(HTTP_X_CSRFTOKEN=token)).status_code == 200


@pytest.mark.parametrize(
    ("made", "reason"),
    [
        ({"cookie": None}, "CSRF cookie not set."),
        ({}, "CSRF token missing."),
        ({"token": "x"}, "CSRF token from POST has incorrect length."),
        ({"token": "!" * 32}, "CSRF token from POST has invalid characters."),
        ({"token": "a" * 32}, "CSRF token from POST incorrect."),
        ({"HTTP_X_CSRFTOKEN": "a" * 64}, "CSRF token from the 'X-Csrftoken' HTTP header incorrect."),
        ({"cookie": "'><script>"}, "CSRF cookie has incorrect length."),
        ({"HTTP_X_REQUESTED_WITH": "XMLHttpRequest"}, "CSRF token missing."),
    ],
)
def test_a_post_without_it_is_refused(made, reason, caplog):
    assert check(request(**made)).status_code == 403
    assert caplog.records[-1].getMessage() == f"Forbidden ({reason}): /"
    assert caplog.records[-1].name == "offbeat.security.csrf"


@pytest.mark.parametrize("method", ["GET", "HEAD", "OPTIONS", "TRACE"])
def test_safe_methods_pass(method):
    assert check(request(method, cookie=None)).status_code == 200


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH", "QUERY"])
def test_other_methods_are_checked(method):
    assert check(request(method)).status_code == 403
    assert check(request(method, HTTP_X_CSRFTOKEN=SECRET)).status_code == 200


@pytest.mark.parametrize(
    ("origin", "status"),
    [
        ("http://testserver", 200),
        ("https://testserver", 403),
        ("null", 403),
        ("http://evil.example", 403),
        ("https://good.example", 200),
        ("https://a.dot.example", 200),
        ("http://a.dot.example", 403),
        ("https://[", 403),
    ],
)
def test_the_origin_decides(origin, status):
    with changed(CSRF_TRUSTED_ORIGINS=["https://good.example", "https://*.dot.example"]):
        assert check(request(token=SECRET, HTTP_ORIGIN=origin)).status_code == status


@pytest.mark.parametrize(
    ("referer", "reason"),
    [
        (None, "no Referer"),
        ("", "malformed"),
        ("https://", "malformed"),
        ("https://[", "malformed"),
        ("http://testserver/", "insecure"),
        ("https://evil.example/", "does not match"),
        ("https://testserver.evil.example/", "does not match"),
    ],
)
def test_a_secure_post_needs_a_referer_of_this_site(referer, reason, caplog):
    meta = {} if referer is None else {"HTTP_REFERER": referer}
    assert check(request(token=SECRET, secure=True, **meta)).status_code == 403
    assert reason in caplog.text


def test_a_secure_post_from_here_or_a_trusted_site_passes():
    assert check(request(token=SECRET, secure=True, HTTP_REFERER="https://testserver/x")).status_code == 200
    with changed(CSRF_TRUSTED_ORIGINS=["https://*.good.example"]):
        made = request(token=SECRET, secure=True, HTTP_REFERER="https://a.good.example/")
        assert check(made).status_code == 200


def test_the_cookie_is_sent_when_the_token_is_used():
    def form(request):
        return HttpResponse(get_token(request))

    response = check(request("GET", cookie=None), form)
    cookie = response.cookies["csrftoken"]
    assert _does_token_match(response.content.decode(), cookie.value)
    assert cookie["samesite"] == "Lax"
    assert "Cookie" in response["Vary"]
    assert "csrftoken" not in check(request("GET")).cookies


def test_a_login_changes_the_secret():
    def login(request):
        rotate_token(request)
        return HttpResponse()

    assert check(request(token=SECRET), login).cookies["csrftoken"].value != SECRET


def test_the_secret_may_live_in_the_session():
    with changed(CSRF_USE_SESSIONS=True):
        made = request(cookie=None, token=SECRET)
        made.session = {"_csrftoken": SECRET}
        assert check(made).status_code == 200
        other = request("GET", cookie=None)
        other.session = {}
        check(other, lambda req: HttpResponse(get_token(req)))
        assert len(other.session["_csrftoken"]) == 32


def test_a_view_may_be_exempt():
    assert check(request(), csrf_exempt(view)).status_code == 200


async def test_the_decorators_work_on_both_kinds_of_view():
    async def async_view(request):
        return HttpResponse(get_token(request))

    assert csrf_exempt(async_view).csrf_exempt is True
    assert (await csrf_exempt(async_view)(request())).status_code == 200
    assert (await csrf_protect(async_view)(request())).status_code == 403
    assert (await csrf_protect(async_view)(request(token=SECRET))).status_code == 200
    assert csrf_protect(view)(request()).status_code == 403
    assert (await requires_csrf_token(async_view)(request())).status_code == 200
    assert "csrftoken" in ensure_csrf_cookie(view)(request("GET", cookie=None)).cookies


def test_the_failure_page_escapes_and_explains():
    with changed(DEBUG=True):
        response = check(request(token=SECRET, HTTP_ORIGIN="http://<script>"))
    assert b"<script>" not in response.content
    assert b"CSRF verification failed" in response.content
    assert b"Origin checking failed" in response.content
    assert b"Origin checking failed" not in check(request(token="x")).content
