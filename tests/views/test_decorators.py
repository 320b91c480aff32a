"""Decorators on sync and async views."""

from __future__ import annotations

import asyncio
import datetime

import pytest
from asgiref.sync import iscoroutinefunction

from offbeat.http import HttpRequest, HttpResponse
from offbeat.utils.decorators import decorator_from_middleware, method_decorator
from offbeat.views import View
from offbeat.views.decorators.cache import cache_control, never_cache
from offbeat.views.decorators.clickjacking import (
    xframe_options_deny,
    xframe_options_exempt,
    xframe_options_sameorigin,
)
from offbeat.views.decorators.csp import csp_override, csp_report_only_override
from offbeat.views.decorators.debug import sensitive_post_parameters, sensitive_variables
from offbeat.views.decorators.gzip import gzip_page
from offbeat.views.decorators.http import condition, require_http_methods, require_POST, require_safe
from offbeat.views.decorators.vary import vary_on_cookie, vary_on_headers


def request(method="GET", **meta):
    made = HttpRequest()
    made.method = method
    made.path = made.path_info = "/"
    made.META = {"SERVER_NAME": "testserver", "SERVER_PORT": "80", **meta}
    return made


def sync_view(request):
    return HttpResponse("x" * 300)


async def async_view(request):
    return HttpResponse("x" * 300)


@pytest.fixture(params=[sync_view, async_view])
def call(request):
    """Decorate a view of either kind and call it."""
    view = request.param

    def caller(decorator, req):
        decorated = decorator(view)
        assert iscoroutinefunction(decorated) == iscoroutinefunction(view)
        assert decorated.__name__ == view.__name__
        response = decorated(req)
        return asyncio.run(response) if iscoroutinefunction(view) else response

    return caller


def test_allowed_methods(call):
    assert call(require_POST, request()).status_code == 405
    assert call(require_POST, request("POST")).status_code == 200
    assert call(require_safe, request("HEAD")).status_code == 200
    assert call(require_http_methods(["PUT"]), request())["Allow"] == "PUT"


def test_headers(call):
    assert call(vary_on_headers("A", "B"), request())["Vary"] == "A, B"
    assert call(vary_on_cookie, request())["Vary"] == "Cookie"
    assert "max-age=5" in call(cache_control(max_age=5), request())["Cache-Control"]
    assert "no-store" in call(never_cache, request())["Cache-Control"]
    assert call(xframe_options_deny, request())["X-Frame-Options"] == "DENY"
    assert call(xframe_options_sameorigin, request())["X-Frame-Options"] == "SAMEORIGIN"
    assert call(xframe_options_exempt, request()).xframe_options_exempt is True
    assert call(csp_override({"a": ["b"]}), request())._csp_config == {"a": ["b"]}
    assert call(csp_report_only_override({}), request())._csp_ro_config == {}
    assert call(gzip_page, request(HTTP_ACCEPT_ENCODING="gzip"))["Content-Encoding"] == "gzip"


def test_wrong_use_is_told():
    with pytest.raises(TypeError, match="mapping"):
        csp_override([])
    with pytest.raises(TypeError, match="method_decorator"):
        never_cache(sync_view)(object())
    with pytest.raises(TypeError, match="must be called"):
        sensitive_variables(sync_view)
    with pytest.raises(TypeError, match="didn't receive an HttpRequest"):
        sensitive_post_parameters()(sync_view)(object())


def test_conditions(call):
    moment = datetime.datetime(2020, 1, 1, tzinfo=datetime.UTC)
    decorator = condition(lambda request: "tag", lambda request: moment)
    response = call(decorator, request())
    assert response["ETag"] == '"tag"'
    assert response["Last-Modified"] == "Wed, 01 Jan 2020 00:00:00 GMT"
    assert call(decorator, request(HTTP_IF_NONE_MATCH='"tag"')).status_code == 304
    assert call(decorator, request("PUT", HTTP_IF_MATCH='"other"')).status_code == 412


async def test_conditions_may_be_async():
    async def tag(request):
        await asyncio.sleep(0)
        return "tag"

    assert (await condition(tag)(async_view)(request()))["ETag"] == '"tag"'


def test_post_parameters_are_marked(call):
    made = request("POST")
    call(sensitive_post_parameters("password"), made)
    assert made.sensitive_post_parameters == ("password",)


def test_method_decorators():
    @method_decorator([require_POST, never_cache], name="dispatch")
    class Decorated(View):
        def get(self, request):
            return HttpResponse()

        @method_decorator(vary_on_cookie)
        def post(self, request):
            return HttpResponse(type(self).__name__)

    view = Decorated.as_view()
    assert view(request()).status_code == 405
    response = view(request("POST"))
    assert response.content == b"Decorated"
    assert response["Vary"] == "Cookie"
    with pytest.raises(ValueError, match="must be the name of a method"):
        method_decorator(never_cache)(Decorated)
    with pytest.raises(TypeError, match="isn't a callable attribute"):
        method_decorator(never_cache, name="http_method_names")(Decorated)


@pytest.mark.parametrize("decorators", [{require_POST, never_cache}, iter([require_POST])])
def test_method_decorators_have_an_order(decorators):
    with pytest.raises(TypeError, match="not subscriptable"):

        @method_decorator(decorators, name="dispatch")
        class Decorated(View):
            pass


async def test_a_method_decorator_on_an_async_method():
    class Decorated(View):
        @method_decorator(never_cache)
        async def get(self, request):
            return HttpResponse()

    assert "no-store" in (await Decorated.as_view()(request()))["Cache-Control"]


def test_a_decorator_made_of_middleware(call):
    class Middleware:
        def __init__(self, get_response, mark="m"):
            self.mark = mark

        def process_response(self, request, response):
            response["X-Mark"] = self.mark
            return response

    assert call(decorator_from_middleware(Middleware), request())["X-Mark"] == "m"
