"""Routing by protocol, path and channel name."""

from __future__ import annotations

import pytest

from offbeat.channels.routing import (
    ChannelNameRouter,
    ProtocolTypeRouter,
    URLRouter,
    get_default_application,
)
from offbeat.core.exceptions import ImproperlyConfigured
from offbeat.http import HttpResponse
from offbeat.test.utils import override_settings
from offbeat.urls import include, path, re_path


def app(name):
    async def application(scope, receive, send):
        route = scope.get("url_route", {})
        return name, route.get("args"), route.get("kwargs"), scope.get("path_remaining")

    return application


async def call(router, path="/", **scope):
    return await router({"type": "websocket", "path": path, **scope}, None, None)


async def test_protocols():
    router = ProtocolTypeRouter({"http": app("h"), "websocket": app("w")})
    assert (await router({"type": "http"}, None, None))[0] == "h"
    assert (await router({"type": "websocket"}, None, None))[0] == "w"
    with pytest.raises(ValueError, match="No application configured for scope type 'mqtt'"):
        await router({"type": "mqtt"}, None, None)


async def test_what_serves_http_is_told_of_start_and_end():
    router = ProtocolTypeRouter({"http": app("h")})
    assert (await router({"type": "lifespan"}, None, None))[0] == "h"
    with pytest.raises(ValueError, match="lifespan"):
        await ProtocolTypeRouter({"websocket": app("w")})({"type": "lifespan"}, None, None)


async def test_paths_and_their_arguments():
    router = URLRouter(
        [
            path("chat/<str:room>/", app("chat"), {"kind": "text"}),
            path("number/<int:n>/", app("number")),
            re_path(r"^old/(\w+)/$", app("old")),
            re_path(r"^named/(?P<x>\w+)$", app("named")),
            path("", app("root")),
        ]
    )
    assert (await call(router, "/chat/ward 3/"))[:3] == ("chat", (), {"room": "ward 3", "kind": "text"})
    assert (await call(router, "/number/12/"))[:3] == ("number", (), {"n": 12})
    assert (await call(router, "/old/x/"))[:3] == ("old", ("x",), {})
    assert (await call(router, "/named/x"))[:3] == ("named", (), {"x": "x"})
    assert (await call(router, "/"))[0] == "root"
    assert (await call(router, "/prefix/number/1/", root_path="/prefix"))[0] == "number"


@pytest.mark.parametrize("wrong", ["/nowhere/", "/number/x/", "/number/1/more", "/number/1"])
async def test_no_route(wrong):
    router = URLRouter([path("number/<int:n>/", app("number"))])
    with pytest.raises(ValueError, match="No route found for path"):
        await call(router, wrong)


async def test_a_scope_without_a_path():
    with pytest.raises(ValueError, match="No 'path' key"):
        await URLRouter([])({"type": "websocket"}, None, None)


async def test_nested_routers_add_their_arguments_up():
    inner = URLRouter([path("room/<int:room>/", app("room")), re_path(r"^seat/(\d)$", app("seat"))])
    router = URLRouter(
        [
            path("house/<str:house>/", inner),
            re_path(r"^tent/(\w+)/", inner),
            path("deep/<int:a>/", URLRouter([path("er/<int:b>/", inner, {"c": 3})])),
            path("house/<str:house>/garden/", app("garden")),
        ]
    )
    assert (await call(router, "/house/a/room/3/"))[:3] == ("room", (), {"house": "a", "room": 3})
    assert (await call(router, "/tent/x/seat/4"))[:3] == ("seat", ("x", "4"), {})
    assert (await call(router, "/deep/1/er/2/room/5/"))[2] == {"a": 1, "b": 2, "c": 3, "room": 5}


async def test_a_router_without_a_match_leaves_the_next_route_its_turn():
    inner = URLRouter([path("inner/", app("inner"))])
    router = URLRouter([path("a/", inner), path("a/<str:rest>/", app("outer"))])
    assert (await call(router, "/a/inner/"))[0] == "inner"
    assert (await call(router, "/a/other/"))[0] == "outer"


def test_included_urls_are_refused():
    with pytest.raises(ImproperlyConfigured, match="include"):
        URLRouter([path("x/", include([path("", lambda request: HttpResponse())]))])


async def test_channel_names():
    router = ChannelNameRouter({"a": app("a"), "b": app("b")})
    assert (await router({"type": "channel", "channel": "b"}, None, None))[0] == "b"
    with pytest.raises(ValueError, match="No application configured for channel name 'c'"):
        await router({"type": "channel", "channel": "c"}, None, None)
    with pytest.raises(ValueError, match="without a 'channel' key"):
        await router({"type": "websocket"}, None, None)


application = object()


def test_the_application_of_the_settings():
    with override_settings(ASGI_APPLICATION="tests.channels.test_routing.application"):
        assert get_default_application() is application
    for wrong in (None, "nodots", "no.such.module", "tests.channels.test_routing.nothing"):
        with override_settings(ASGI_APPLICATION=wrong):
            with pytest.raises(ImproperlyConfigured):
                get_default_application()
