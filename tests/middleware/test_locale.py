"""The language of a request: by path, cookie and header; paths with the language in front."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from offbeat.conf import settings
from offbeat.conf.urls.i18n import i18n_patterns
from offbeat.core.handlers.asgi import ASGIHandler
from offbeat.core.handlers.wsgi import WSGIHandler
from offbeat.http import HttpResponse
from offbeat.middleware.locale import LocaleMiddleware
from offbeat.urls import include, path, reverse
from offbeat.utils import translation
from offbeat.utils.translation.trans_real import parse_accept_lang_header, reset
from tests.handlers.helpers import changed, fetch, urls, wsgi_fetch

MIDDLEWARE = ["offbeat.middleware.locale.LocaleMiddleware", "offbeat.middleware.common.CommonMiddleware"]


def show(request):
    return HttpResponse(f"{translation.get_language()} {request.LANGUAGE_CODE} {reverse('page')}")


class French(LocaleMiddleware):
    def get_fallback_language(self, request):
        return "fr"


@pytest.fixture
def site():
    """A site in three languages, none of which has a catalog."""
    made = []

    def enter(prefix_default=True, middleware=MIDDLEWARE):
        patterns = i18n_patterns(path("page/", show, name="page"), prefix_default_language=prefix_default)
        plain = [path("plain/", show), path("i18n/", include("offbeat.conf.urls.i18n"))]
        for manager in (
            changed(LANGUAGES=[("en", "English"), ("de", "German"), ("fr", "French")], MIDDLEWARE=middleware),
            urls(*patterns, *plain),
        ):
            manager.__enter__()
            made.append(manager)
        reset()
        return WSGIHandler()

    yield enter
    while made:
        made.pop().__exit__(None, None, None)
    translation.deactivate()
    reset()


@pytest.mark.parametrize(
    ("where", "meta", "body"),
    [
        ("/plain/", {}, b"en en /en/page/"),
        ("/plain/", {"HTTP_ACCEPT_LANGUAGE": "de-AT, fr;q=0.9"}, b"de de /de/page/"),
        ("/plain/", {"HTTP_ACCEPT_LANGUAGE": "xx, fr;q=0.1, de;q=0.5"}, b"de de /de/page/"),
        ("/plain/", {"HTTP_ACCEPT_LANGUAGE": "*"}, b"en en /en/page/"),
        ("/plain/", {"HTTP_ACCEPT_LANGUAGE": "fr", "HTTP_COOKIE": "django_language=de"}, b"de de /de/page/"),
        (
            "/plain/",
            {"HTTP_ACCEPT_LANGUAGE": "fr", "HTTP_COOKIE": "django_language=../etc"},
            b"fr fr /fr/page/",
        ),
        ("/de/page/", {"HTTP_ACCEPT_LANGUAGE": "fr"}, b"de de /de/page/"),
        ("/en/page/", {"HTTP_ACCEPT_LANGUAGE": "fr"}, b"en en /en/page/"),
    ],
)
def test_path_then_cookie_then_header_decide(site, where, meta, body):
    result = wsgi_fetch(site(), where, **meta)
    assert (result.status, result.body) == (200, body)
    assert result.headers["content-language"] == body[:2].decode()
    # What the path decides is the same for everybody.
    assert result.headers.get("vary") == (None if where.endswith("/page/") else "Accept-Language")


@pytest.mark.parametrize(
    ("where", "target"),
    [
        ("/page/", "/de/page/"),
        ("/page", "/de/page/"),
        ("/page/?a=1", "/de/page/?a=1"),
        ("//evil.example/page/", None),
        ("/xx/page/", None),
        ("/de/nothing/", None),
        ("/nothing/", None),
    ],
)
def test_a_path_without_language_leads_to_the_one_with_it(site, where, target):
    where, _, query = where.partition("?")
    result = wsgi_fetch(site(), where, QUERY_STRING=query, HTTP_ACCEPT_LANGUAGE="de")
    assert result.status == (404 if target is None else 302)
    assert result.headers.get("location") == target
    if target:
        assert result.headers["vary"] == "Accept-Language, Cookie"


def test_the_prefix_follows_that_of_the_script(site):
    result = wsgi_fetch(site(), "/page/", SCRIPT_NAME="/app", HTTP_ACCEPT_LANGUAGE="de")
    assert result.headers["location"] == "/app/de/page/"


def test_the_default_language_may_go_without_a_prefix(site):
    app = site(prefix_default=False)
    code = settings.LANGUAGE_CODE
    assert wsgi_fetch(app, "/page/", HTTP_ACCEPT_LANGUAGE="de").body == f"{code} {code} /page/".encode()
    assert wsgi_fetch(app, "/de/page/").body == b"de de /de/page/"
    assert wsgi_fetch(app, "/en/page/").status == 404


def test_a_project_chooses_where_paths_without_language_lead(site):
    result = wsgi_fetch(site(middleware=[f"{__name__}.French"]), "/page/", HTTP_ACCEPT_LANGUAGE="de")
    assert result.headers["location"] == "/fr/page/"


async def test_each_request_has_a_language_of_its_own(site):
    site()
    app = ASGIHandler()
    bodies = [
        (await fetch(app, "/plain/", headers=[(b"accept-language", language)])).body[:2]
        for language in (b"de", b"fr", b"", b"de")
    ]
    assert bodies == [b"de", b"fr", b"en", b"de"]


def test_visitors_choose_a_language(site):
    form = b"language=de&next=/en/page/"
    meta = {"CONTENT_TYPE": "application/x-www-form-urlencoded"}
    result = wsgi_fetch(site(), "/i18n/setlang/", method="POST", body=form, **meta)
    # The same page in the new language.
    assert (result.status, result.headers["location"]) == (302, "/de/page/")
    assert result.headers["set-cookie"].startswith("django_language=de;")
    result = wsgi_fetch(
        site(), "/i18n/setlang/", method="POST", body=b"language=xx&next=//evil.example/", **meta
    )
    assert result.headers["location"] == "/"
    assert "set-cookie" not in result.headers


@given(
    st.text(max_size=600)
    | st.lists(st.sampled_from(["de", "*", ";", "q=", "0.5", ",", "-", " ", "nan", "1e9"])).map("".join)
)
def test_any_accept_language_header_parses(header):
    parsed = parse_accept_lang_header(header)
    assert all(0 < quality <= 1 for _, quality in parsed)
    assert [quality for _, quality in parsed] == sorted((quality for _, quality in parsed), reverse=True)
