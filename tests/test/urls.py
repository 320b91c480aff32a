"""Views for the tests of the clients."""

from __future__ import annotations

import asyncio
import json
import threading

from offbeat.concurrency import in_bridge, wait
from offbeat.http import HttpResponse, HttpResponseRedirect, JsonResponse, StreamingHttpResponse
from offbeat.template import Context, Template
from offbeat.urls import path


def echo(request):
    return JsonResponse(
        {
            "method": request.method,
            "get": request.GET.dict(),
            "post": request.POST.dict(),
            "files": {name: file.read().decode() for name, file in request.FILES.items()},
            "body": request.body.decode() if request.content_type != "multipart/form-data" else "",
            "type": request.content_type,
            "header": request.headers.get("X-Test", ""),
            "secure": request.is_secure(),
            "host": request.get_host(),
            "cookies": request.COOKIES,
            "csrf": not getattr(request, "_dont_enforce_csrf_checks", False),
        }
    )


async def async_echo(request):
    await asyncio.sleep(0)
    return JsonResponse({"get": request.GET.dict(), "bridge": in_bridge()})


def sync_waiting(request):
    async def later():
        await asyncio.sleep(0)
        return "waited"

    return HttpResponse(f"{wait(later())} {threading.current_thread() is threading.main_thread()}")


def templated(request):
    inner = Template("[{{ who }}]", name="inner.html").render(Context({"who": "inner"}))
    return HttpResponse(
        Template("{{ text }} {{ who }}", name="outer.html").render(Context({"text": inner, "who": "you"}))
    )


def failing(request):
    raise KeyError("view")


def redirect(request):
    return HttpResponseRedirect(request.GET.get("to", "/echo/"), status=int(request.GET.get("status", 302)))


def cycle(request):
    return HttpResponseRedirect("/cycle/")


def endless(request, n):
    return HttpResponseRedirect(f"/endless/{n + 1}/")


def set_cookie(request):
    response = HttpResponse("ok")
    response.set_cookie("flavour", "salt")
    return response


def stream(request):
    return StreamingHttpResponse(["a", "b"])


def no_content(request):
    return HttpResponse("dropped", status=204)


def nested(request):
    from offbeat.test import Client

    Client(raise_request_exception=False).get("/failing/")
    return HttpResponse("fine")


def not_json(request):
    return HttpResponse(json.dumps({}), content_type="text/plain")


urlpatterns = [
    path("echo/", echo, name="echo"),
    path("async/", async_echo),
    path("waiting/", sync_waiting),
    path("templated/", templated),
    path("failing/", failing),
    path("redirect/", redirect),
    path("cycle/", cycle),
    path("endless/<int:n>/", endless),
    path("cookie/", set_cookie),
    path("stream/", stream),
    path("no-content/", no_content),
    path("nested/", nested),
    path("not-json/", not_json),
]
