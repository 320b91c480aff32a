"""[E] Why all this: what comes ready-made, WSGI and ASGI side by side, and the three stages."""

from __future__ import annotations

import asyncio
import smtplib
import subprocess
import threading
import types
from pathlib import Path

import httpx
from asgiref.wsgi import WsgiToAsgi

from offbeat.channels.testing import ApplicationCommunicator, HttpCommunicator
from offbeat.contrib.auth.models import User
from offbeat.core import mail
from offbeat.core.asgi import get_asgi_application
from offbeat.core.wsgi import get_wsgi_application
from offbeat.db import transaction
from offbeat.http import HttpResponse, JsonResponse
from offbeat.test.utils import override_settings
from tests.seeds.models import Article
from tests.seeds.running import RUN, environment, run, script

HERE = f"{__name__}."


def test_a_new_project_comes_with_its_batteries(tmp_path):
    program = [RUN[0], "-m", "offbeat"]
    done = subprocess.run(
        [*program, "startproject", "fresh"],
        cwd=tmp_path,
        env=environment(),
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    project = tmp_path / "fresh"
    settings = (project / "fresh" / "settings.py").read_text()
    for name in ("auth", "contenttypes", "sessions", "messages", "staticfiles"):
        assert f"contrib.{name}" in settings
    assert {"asgi.py", "wsgi.py", "urls.py", "settings.py"} <= {p.name for p in (project / "fresh").iterdir()}
    assert "no issues" in run("python", "manage.py", "check", cwd=project)
    run("python", "manage.py", "migrate", cwd=project)
    run("python", "manage.py", "startapp", "things", cwd=project)
    assert (project / "things" / "models.py").exists()


def test_built_in_migrations_follow_the_model(project):
    models = project / "myapp" / "models.py"
    models.write_text(models.read_text() + "    pages = models.IntegerField(default=1)\n")
    assert "Add field pages to article" in run("python", "manage.py", "makemigrations", cwd=project)
    written = next((project / "myapp" / "migrations").glob("0002*.py")).read_text()
    assert "from django.db import migrations, models" in written
    assert "OK" in run("python", "manage.py", "migrate", cwd=project)
    out = script("from myapp.models import Article; print(Article.objects.create(title='x').pages)", project)
    assert out.strip() == "1"
    run("python", "manage.py", "migrate", "myapp", "0001", cwd=project)


def test_documentation_has_a_page_for_each_part():
    docs = Path(__file__).parents[2] / "docs"
    pages = [page for page in docs.rglob("*.md") if page.stat().st_size > 500]
    assert len(pages) >= 10
    text = " ".join(page.read_text().lower() for page in pages)
    for part in ("async", "websocket", "migration", "template", "form", "middleware", "bridge"):
        assert part in text, part


async def test_coroutines_on_the_event_loop(serve, threads):
    """Ten thousand waits in one thread."""
    running = 0

    async def wait():
        nonlocal running
        running += 1
        await asyncio.sleep(0.01)
        running -= 1

    async def view(request):
        await asyncio.gather(*(wait() for _ in range(10_000)))
        return HttpResponse("all")

    assert (await serve(view).async_.get("/")).content == b"all"
    assert running == 0
    assert threads == []


def test_wsgi_behind_a_proxy(serve):
    """PEP 3333, with the headers that Nginx sends."""

    def view(request):
        return JsonResponse(
            {"secure": request.is_secure(), "host": request.get_host(), "url": request.build_absolute_uri()}
        )

    serve(
        view,
        ALLOWED_HOSTS=["www.example.com"],
        USE_X_FORWARDED_HOST=True,
        SECURE_PROXY_SSL_HEADER=("HTTP_X_FORWARDED_PROTO", "https"),
    )
    environ = {
        "REQUEST_METHOD": "GET",
        "PATH_INFO": "/",
        "SERVER_NAME": "127.0.0.1",
        "SERVER_PORT": "8000",
        "HTTP_HOST": "127.0.0.1:8000",
        "HTTP_X_FORWARDED_HOST": "www.example.com",
        "HTTP_X_FORWARDED_PROTO": "https",
        "wsgi.url_scheme": "http",
        "wsgi.input": None,
    }
    response = get_wsgi_application()(environ, lambda status, headers: None)
    body = b"".join(response)
    response.close()
    assert body == b'{"secure": true, "host": "www.example.com", "url": "https://www.example.com/"}'


async def test_the_wsgi_application_runs_on_asgi_servers_too(serve):
    serve(lambda request: HttpResponse(f"{request.method} {request.path}"))
    application = WsgiToAsgi(get_wsgi_application())
    answer = await HttpCommunicator(
        application, "GET", "/", headers=[(b"host", b"testserver")]
    ).get_response()
    assert answer["body"] == b"GET /"


async def test_foreign_applications_in_one_process(serve):
    """Mounted beside it, around it, and it below a path of another application."""

    async def foreign(scope, receive, send):
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": f"foreign {scope['root_path']}".encode()})

    async def view(request):
        return JsonResponse({"path": request.path, "info": request.path_info})

    serve(view)
    own = get_asgi_application()

    async def mount(scope, receive, send):
        for prefix, application in (("/foreign", foreign), ("/own", own)):
            if scope["path"].startswith(prefix):
                return await application({**scope, "root_path": prefix}, receive, send)
        raise AssertionError(scope["path"])

    async def get(path):
        return (
            await HttpCommunicator(mount, "GET", path, headers=[(b"host", b"testserver")]).get_response()
        )["body"]

    assert await get("/foreign/x") == b"foreign /foreign"
    assert await get("/own/") == b'{"path": "/own/", "info": "/"}'


async def test_a_request_that_the_client_leaves_ends(serve):
    ended = asyncio.Event()

    async def view(request):
        try:
            await asyncio.sleep(60)
        finally:
            ended.set()

    serve(view)
    scope = {
        "type": "http",
        "method": "GET",
        "path": "/",
        "query_string": b"",
        "headers": [(b"host", b"testserver")],
    }
    client = ApplicationCommunicator(get_asgi_application(), scope)
    await client.send_input({"type": "http.request", "body": b""})
    await asyncio.sleep(0.01)
    await client.send_input({"type": "http.disconnect"})
    await asyncio.wait_for(ended.wait(), 30)
    await client.wait()


async def test_new_parts_and_old_ones_in_one_request(rows, serve):
    def helper(author):
        with transaction.atomic():
            return Article.objects.create(title="made by old code", author=author).pk

    async def view(request):
        from offbeat.concurrency import spawn

        author = await User.objects.acreate(username="ann")
        pk = await spawn(helper, author)
        article = await Article.objects.aget(pk=pk)
        return HttpResponse(f"{article.title} for {article.author}")

    assert (await serve(view).async_.get("/")).content == b"made by old code for ann"


class SlowServer:
    """An SMTP server that takes its time, in place of ``smtplib.SMTP``."""

    sent: list[tuple[tuple[str, ...], int]] = []
    reached = threading.Event()
    go_on = threading.Event()

    def __init__(self, *args, **kwargs):
        pass

    def sendmail(self, from_addr, to_addrs, message, *args, **kwargs):
        self.reached.set()
        assert self.go_on.wait(30)
        self.sent.append((tuple(to_addrs), threading.get_ident()))

    def __getattr__(self, name):
        return lambda *args, **kwargs: (250, b"")


async def test_mail_from_a_view_holds_up_nothing(serve, monkeypatch):
    """Sent by SMTP while other requests are answered: no queue is needed."""
    for event in (SlowServer.reached, SlowServer.go_on):
        event.clear()
    SlowServer.sent.clear()
    monkeypatch.setattr(smtplib, "SMTP", SlowServer)
    backend = "offbeat.core.mail.backends.smtp.EmailBackend"
    mailers = {"default": {"BACKEND": backend, "OPTIONS": {"host": "localhost"}}}

    async def view(request):
        if "mail" in request.GET:
            await mail.asend_mail("Hello", "there", "a@example.com", ["b@example.com"])
        return HttpResponse("ok")

    site = serve(view)
    with override_settings(MAILERS=mailers):
        sending = asyncio.ensure_future(site.async_.get("/", {"mail": 1}))
        while not SlowServer.reached.is_set():
            assert not sending.done()
            await asyncio.sleep(0.001)
        for _ in range(10):
            assert (await site.async_.get("/")).content == b"ok"
        assert not sending.done()
        SlowServer.go_on.set()
        assert (await sending).status_code == 200
    ((to, thread),) = SlowServer.sent
    assert to == ("b@example.com",)
    assert thread != threading.get_ident()


async def test_outside_calls_from_a_view(serve, threads):
    async def answer(request):
        return httpx.Response(200, json={"asked": str(request.url)})

    async def view(request):
        async with httpx.AsyncClient(transport=httpx.MockTransport(answer)) as client:
            responses = await asyncio.gather(*(client.get(f"http://outside/{n}") for n in range(5)))
        return JsonResponse({"asked": [response.json()["asked"][-1] for response in responses]})

    assert (await serve(view).async_.get("/")).json() == {"asked": ["0", "1", "2", "3", "4"]}
    assert threads == []


async def test_the_three_stages_in_one_request(rows, serve, threads):
    """ASGI; async views and middleware; the ORM awaited in a transaction."""
    order = []

    class Stage:
        async_capable = True
        sync_capable = False

        def __init__(self, get_response):
            self.get_response = get_response

        async def __call__(self, request):
            order.append("middleware")
            return await self.get_response(request)

    async def view(request):
        order.append(type(request).__name__)
        async with transaction.atomic():
            await Article.objects.acreate(title="x")
        return HttpResponse(str(await Article.objects.acount()))

    globals()["Stage"] = Stage
    site = serve(view, MIDDLEWARE=[HERE + "Stage"])
    assert (await site.async_.get("/")).content == b"1"
    assert order == ["middleware", "ASGIRequest"]
    assert threads == []


IMPORTS = """
import asyncio
import json
import os
from dataclasses import dataclass
from enum import Enum
import myapp.routing
from myapp import consumers
from django.contrib.auth.models import User
from django.core.asgi import get_asgi_application
from django.db import models
from django.db.models import Value
from django.db.models.functions import Reverse, Length
from django.http import JsonResponse
from django.test import TestCase
from django.urls import path
from django.views import View
from channels.auth import AuthMiddlewareStack
from channels.generic.websocket import AsyncWebsocketConsumer
from channels.routing import ProtocolTypeRouter, URLRouter
from asgiref.sync import async_to_sync
from asgiref.sync import sync_to_async
import httpx
"""
PATHS = """
django.contrib.auth.models.User
django.core.asgi.get_asgi_application
django.db.models
django.db.models.Value
django.db.models.functions.Length
django.db.models.functions.Reverse
django.http.JsonResponse
django.test.TestCase
django.urls.path
django.views.View
channels.auth.AuthMiddlewareStack
channels.generic.websocket.AsyncWebsocketConsumer
channels.routing.ProtocolTypeRouter
channels.routing.URLRouter
"""


def test_exact_import_lines_and_dotted_paths_give_this_package(project):
    out = script(
        IMPORTS
        + "from pydoc import locate\n"
        + f"for name in {PATHS.split()!r}:\n"
        + "    found = locate(name)\n"
        + "    assert found is not None, name\n"
        + "    home = getattr(found, '__module__', None) or found.__name__\n"
        + "    assert home.startswith('offbeat'), (name, home)\n"
        + "print('all')\n",
        project,
    )
    assert out.strip() == "all"


def test_settings_name_classes_by_their_old_paths(project):
    out = script(
        "from django.conf import settings\n"
        "from django.db import connection\n"
        "from channels.layers import get_channel_layer\n"
        "print(type(connection._wrapped if hasattr(connection, '_wrapped') else connection).__name__, connection.vendor)\n"
        "print(type(get_channel_layer()).__module__)\n",
        project,
    )
    assert "sqlite" in out
    assert "offbeat.channels.layers" in out


def test_all_generations_of_coroutines_can_be_awaited(serve):
    """PEP 380, 3156 and 492: futures, generators and native coroutines work in a view."""

    @types.coroutine
    def old_style():
        yield from asyncio.sleep(0).__await__()
        return "generator"

    async def view(request):
        future = asyncio.get_running_loop().create_future()
        future.get_loop().call_soon(future.set_result, "future")
        return HttpResponse(f"{await old_style()} {await future}")

    assert serve(view).sync.get("/").content == b"generator future"
