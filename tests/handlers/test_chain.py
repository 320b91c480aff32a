"""The middleware chain: kinds of middleware, order, exceptions; the same under ASGI and WSGI."""

from __future__ import annotations

import asyncio

import pytest
from asgiref.sync import iscoroutinefunction

from offbeat.concurrency import spawn, threaded
from offbeat.core.exceptions import ImproperlyConfigured, MiddlewareNotUsed, PermissionDenied
from offbeat.core.handlers.asgi import ASGIHandler
from offbeat.core.handlers.base import BaseHandler
from offbeat.core.handlers.wsgi import WSGIHandler
from offbeat.http import Http404, HttpResponse
from offbeat.urls import path
from offbeat.utils.decorators import async_only_middleware, sync_and_async_middleware, sync_only_middleware
from offbeat.utils.deprecation import MiddlewareMixin

from .helpers import changed, fetch, urls, wsgi_fetch

log = []


@pytest.fixture(autouse=True)
def empty_log():
    log.clear()


def sync_function(get_response):
    def middleware(request):
        log.append("sync_function")
        assert not iscoroutinefunction(get_response)
        response = get_response(request)
        log.append("sync_function out")
        return response

    return middleware


@async_only_middleware
def async_function(get_response):
    assert iscoroutinefunction(get_response)

    async def middleware(request):
        log.append("async_function")
        await asyncio.sleep(0)
        response = await get_response(request)
        log.append("async_function out")
        return response

    return middleware


@sync_and_async_middleware
def hybrid(get_response):
    if iscoroutinefunction(get_response):

        async def middleware(request):
            log.append("hybrid async")
            return await get_response(request)
    else:

        def middleware(request):
            log.append("hybrid sync")
            return get_response(request)

    return middleware


class AsyncClass:
    def __init__(self, get_response):
        self.get_response = get_response

    async def __call__(self, request):
        log.append("AsyncClass")
        return await self.get_response(request)


class Both:
    sync_capable = True
    async_capable = True

    def __init__(self, get_response):
        self.get_response = get_response
        self.is_async = iscoroutinefunction(get_response)

    def __call__(self, request):
        log.append("Both sync")
        return self.get_response(request)

    async def __acall__(self, request):
        log.append("Both async")
        return await self.get_response(request)


class Hooks(MiddlewareMixin):
    name = "Hooks"

    def process_request(self, request):
        log.append(f"{self.name} request")

    def process_view(self, request, view, args, kwargs):
        log.append(f"{self.name} view")

    def process_response(self, request, response):
        log.append(f"{self.name} response")
        return response


class Inner(Hooks):
    name = "Inner"


class Answers(Hooks):
    name = "Answers"

    def process_request(self, request):
        return HttpResponse("answered", status=418)


class FailsEarly(Hooks):
    name = "FailsEarly"

    def process_request(self, request):
        raise PermissionDenied


class FailsLate(Hooks):
    name = "FailsLate"

    def process_response(self, request, response):
        raise Http404


class Catches(MiddlewareMixin):
    def process_exception(self, request, exception):
        return HttpResponse(f"caught {exception}", status=409)


class CatchesAsync:
    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        return self.get_response(request)

    async def process_exception(self, request, exception):
        await asyncio.sleep(0)
        return HttpResponse(f"caught {exception}", status=410)

    async def process_view(self, request, view, args, kwargs):
        await asyncio.sleep(0)
        log.append("async view hook")


class NotUsed:
    def __init__(self, get_response):
        raise MiddlewareNotUsed("no need")


def returns_none(get_response):
    return None


@sync_only_middleware
def nothing_special(get_response):
    return get_response


class Neither:
    sync_capable = False
    async_capable = False


@threaded
def in_a_thread(get_response):
    def middleware(request):
        import threading

        log.append(threading.current_thread() is threading.main_thread())
        return get_response(request)

    return middleware


def named(*names):
    return changed(MIDDLEWARE=[f"{__name__}.{name}" for name in names])


async def view(request):
    log.append("view")
    return HttpResponse("ok")


def sync_view(request):
    log.append("view")
    return HttpResponse("ok")


async def fails(request):
    raise KeyError("oops")


PATTERNS = [path("", view), path("sync/", sync_view), path("fails/", fails)]


@pytest.fixture(params=["asgi", "wsgi"])
def get(request):
    """Fetch a path through a fresh handler."""
    if request.param == "asgi":

        def fetcher(where="/"):
            return asyncio.run(fetch(ASGIHandler(), where))
    else:

        def fetcher(where="/"):
            return wsgi_fetch(WSGIHandler(), where)

    fetcher.asgi = request.param == "asgi"
    with urls(*PATTERNS):
        yield fetcher


def test_sync_and_async_functions_nest(get):
    with named("sync_function", "async_function", "sync_function"):
        client = get()
    assert client.body == b"ok"
    assert log == [
        "sync_function",
        "async_function",
        "sync_function",
        "view",
        "sync_function out",
        "async_function out",
        "sync_function out",
    ]


def test_hybrids_take_the_colour_of_the_server(get):
    with named("hybrid", "Both", "AsyncClass"):
        client = get("/sync/")
    assert client.status == 200
    expected = ["hybrid async", "Both async"] if get.asgi else ["hybrid sync", "Both sync"]
    assert log == [*expected, "AsyncClass", "view"]


def test_hook_middleware_runs_in_order(get):
    with named("Hooks", "Inner"):
        get()
    assert log == [
        "Hooks request",
        "Inner request",
        "Hooks view",
        "Inner view",
        "view",
        "Inner response",
        "Hooks response",
    ]


def test_an_answer_of_process_request_passes_out_through_its_own_middleware(get):
    with named("Hooks", "Answers", "Inner"):
        client = get()
    assert client.status == 418
    assert log == ["Hooks request", "Answers response", "Hooks response"]


def test_an_exception_in_process_request_is_answered_for_those_outside(get):
    with named("Hooks", "FailsEarly", "Inner"):
        client = get()
    assert client.status == 403
    assert log == ["Hooks request", "Hooks response"]


def test_an_exception_in_process_response_is_answered_for_those_outside(get):
    with named("Hooks", "FailsLate", "Inner"):
        client = get()
    assert client.status == 404
    assert log[-2:] == ["Inner response", "Hooks response"]


def test_exception_middleware_from_the_inside_out(get):
    with named("Catches", "CatchesAsync"):
        client = get("/fails/")
    assert (client.status, client.body) == (410, b"caught 'oops'")
    assert log == ["async view hook"]


def test_unused_middleware_is_skipped(get):
    with named("Hooks", "NotUsed", "nothing_special", "Inner"):
        client = get()
    assert client.status == 200
    assert log[:2] == ["Hooks request", "Inner request"]


async def test_a_threaded_middleware_and_what_is_inside_it():
    with urls(*PATTERNS), named("in_a_thread", "async_function"):
        client = await fetch(ASGIHandler())
    assert client.body == b"ok"
    assert log[0] is False
    assert "view" in log


@pytest.mark.parametrize("handler", [BaseHandler])
def test_what_cannot_be_a_middleware_is_refused(handler):
    with named("returns_none"), pytest.raises(ImproperlyConfigured, match="returned None"):
        handler().load_middleware()
    with named("Neither"), pytest.raises(RuntimeError, match="at least one of sync_capable"):
        handler().load_middleware()


def test_names_of_the_original_framework_are_understood():
    with changed(MIDDLEWARE=["django.middleware.common.CommonMiddleware"]):
        BaseHandler().load_middleware()


async def test_get_response_of_another_task_runs_in_a_bridge_of_its_own():
    with urls(*PATTERNS), named("sync_function"):
        handler = ASGIHandler()
        from offbeat.core.handlers.asgi import ASGIRequest

        from .helpers import scope

        requests = [ASGIRequest(scope(), None) for _ in range(3)]
        responses = await asyncio.gather(*(spawn(handler.get_response, request) for request in requests))
    assert [response.content for response in responses] == [b"ok"] * 3
