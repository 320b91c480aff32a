"""[B] Preparing a project: callables of WSGI and ASGI, middleware of both kinds, adapters, tests, servers."""

from __future__ import annotations

import asyncio
import inspect
import json
import re
import socket
import threading

import h2.config
import h2.connection
import h2.events
import httpx
import pytest
from asgiref.sync import async_to_sync, iscoroutinefunction, sync_to_async

from offbeat.channels.generic.websocket import AsyncWebsocketConsumer
from offbeat.channels.routing import ProtocolTypeRouter
from offbeat.channels.testing import WebsocketCommunicator
from offbeat.contrib.auth.models import User
from offbeat.core.asgi import get_asgi_application
from offbeat.core.wsgi import get_wsgi_application
from offbeat.db import connections
from offbeat.http import HttpResponse, JsonResponse
from offbeat.test import TestCase
from tests.seeds.models import Article
from tests.seeds.running import free_port, run, script, serving

HERE = f"{__name__}."


async def plain(request):
    return HttpResponse("ok")


def test_wsgi_callable_takes_environ_and_start_response(serve):
    serve(plain)
    started = []
    environ = {"REQUEST_METHOD": "GET", "PATH_INFO": "/", "SERVER_NAME": "testserver", "SERVER_PORT": "80"}
    environ |= {"wsgi.input": None, "wsgi.url_scheme": "http", "HTTP_HOST": "testserver"}
    body = get_wsgi_application()(environ, lambda status, headers: started.append((status, dict(headers))))
    assert b"".join(body) == b"ok"
    body.close()
    assert started[0][0] == "200 OK"
    assert started[0][1]["Content-Type"].startswith("text/html")


async def test_asgi_callable_takes_scope_receive_and_send(serve):
    serve(plain)
    application = get_asgi_application()
    assert iscoroutinefunction(application) or iscoroutinefunction(type(application).__call__)
    sent = []
    inbox = asyncio.Queue()
    inbox.put_nowait({"type": "http.request", "body": b"", "more_body": False})

    async def send(message):
        sent.append(message)

    scope = {
        "type": "http",
        "method": "GET",
        "path": "/",
        "query_string": b"",
        "headers": [(b"host", b"testserver")],
    }
    await application(scope, inbox.get, send)
    assert [message["type"] for message in sent] == ["http.response.start", "http.response.body"]
    assert (sent[0]["status"], sent[1]["body"]) == (200, b"ok")


@pytest.mark.server
@pytest.mark.xdist_group("servers")
@pytest.mark.timeout(120)
def test_uvicorn_with_host_and_port(project, tmp_path):
    port = free_port()
    command = f"uvicorn myproject.asgi:application --host 0.0.0.0 --port {port}"
    with serving(*command.split(), port=port, cwd=project, log=tmp_path / "log") as url:
        assert httpx.get(f"{url}/").json()["status"] == "ok"


class Timing:
    """Asynchronous by its ``__call__`` alone; says so by nothing else."""

    def __init__(self, get_response):
        self.get_response = get_response

    async def __call__(self, request):
        ident = threading.get_ident()
        response = await self.get_response(request)
        response["X-Loop"] = str(ident)
        return response


class Stamp:
    """Synchronous."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        response = self.get_response(request)
        response["X-Stamp"] = str(threading.get_ident())
        return response


class Both:
    """Two paths, and a question to the inner chain; declares nothing."""

    seen: list[object] = []

    def __init__(self, get_response):
        self.get_response = get_response
        self.inner_is_async = iscoroutinefunction(get_response)
        type(self).seen.append(self.inner_is_async)

    def __call__(self, request):
        if self.inner_is_async:
            return self.__acall__(request)
        response = self.get_response(request)
        assert not inspect.isawaitable(response)
        response["X-Path"] = "sync"
        return response

    async def __acall__(self, request):
        response = await self.get_response(request)
        response["X-Path"] = "async"
        return response


async def test_async_middleware_runs_on_the_loop_without_a_thread(serve, threads):
    site = serve(plain, MIDDLEWARE=[HERE + "Timing"])
    response = await site.async_.get("/")
    assert response["X-Loop"] == str(threading.get_ident())
    assert threads == []


def test_async_middleware_works_under_wsgi_too(serve):
    site = serve(plain, MIDDLEWARE=[HERE + "Timing", HERE + "Stamp"])
    response = site.sync.get("/")
    assert "X-Loop" in response
    assert "X-Stamp" in response


async def test_sync_middleware_is_adapted_in_asgi_mode(serve, threads):
    """Around an async view it runs where the view runs: there is no thread to be seen in a log."""
    site = serve(plain, MIDDLEWARE=[HERE + "Stamp", HERE + "Timing", HERE + "Stamp"])
    response = await site.async_.get("/")
    assert response["X-Stamp"] == response["X-Loop"] == str(threading.get_ident())
    assert threads == []


async def test_two_path_middleware_is_given_a_truthful_answer(serve):
    Both.seen.clear()
    site = serve(plain, MIDDLEWARE=[HERE + "Both"])
    responses = [await site.async_.get("/")]
    async_answers = list(Both.seen)
    from offbeat.concurrency import in_thread

    responses.append(await in_thread(site.sync.get, "/"))
    for response in responses:
        assert response.content == b"ok"
        assert response["X-Path"] in ("sync", "async")
    # Whatever it was told, calling the inner chain gave what was promised; the assertion is in the class.
    assert set(Both.seen) <= {True, False}
    assert (responses[0]["X-Path"] == "async") is async_answers[-1]


@pytest.mark.filterwarnings("ignore:'asyncio.iscoroutinefunction' is deprecated:DeprecationWarning")
async def test_async_middleware_sees_an_async_inner_chain(serve):
    seen = []

    class Asking:
        async_capable = True
        sync_capable = False

        def __init__(self, get_response):
            self.get_response = get_response
            seen.append((asyncio.iscoroutinefunction(get_response), iscoroutinefunction(get_response)))

        async def __call__(self, request):
            return await self.get_response(request)

    globals()["Asking"] = Asking
    site = serve(plain, MIDDLEWARE=[HERE + "Asking"])
    assert (await site.async_.get("/")).status_code == 200
    assert seen[-1] == (True, True)


async def test_adapter_as_a_decorator_awaited_in_an_async_view(rows, serve):
    @sync_to_async
    def find(pk):
        return User.objects.get(id=pk), threading.get_ident()

    async def view(request):
        user, ident = await find(int(request.GET["id"]))
        return JsonResponse({"name": user.username, "elsewhere": ident != threading.get_ident()})

    ann = await User.objects.acreate(username="ann")
    response = await serve(view).async_.get("/", {"id": ann.pk})
    assert response.json() == {"name": "ann", "elsewhere": True}


async def test_async_function_view_awaits(serve):
    async def view(request):
        await asyncio.sleep(0)
        return HttpResponse("awaited")

    assert (await serve(view).async_.get("/")).content == b"awaited"


def test_sqlite_and_backends_of_third_parties(project):
    backend = project / "mybackend"
    backend.mkdir()
    (backend / "__init__.py").touch()
    (backend / "base.py").write_text(
        "from django.db.backends.sqlite3 import base, features, operations\n\n\n"
        "class DatabaseFeatures(features.DatabaseFeatures):\n    can_fly = True\n\n\n"
        "class DatabaseOperations(operations.DatabaseOperations):\n"
        "    def quote_name(self, name):\n        return super().quote_name(name.lower())\n\n\n"
        "class DatabaseWrapper(base.DatabaseWrapper):\n"
        "    display_name = 'Mine'\n    features_class = DatabaseFeatures\n    ops_class = DatabaseOperations\n"
    )
    with (project / "myproject" / "settings.py").open("a") as settings:
        settings.write("\nDATABASES['default']['ENGINE'] = 'mybackend'\n")
    out = script(
        "from django.db import connection\n"
        "from myapp.models import Room\n"
        "Room.objects.create(name='blue')\n"
        "print(connection.display_name, connection.features.can_fly, connection.ops.quote_name('ABC'), Room.objects.get().name)\n",
        project,
    )
    assert out.split() == ["Mine", "True", '"abc"', "blue"]
    assert connections["default"].vendor == "sqlite"


async def test_sockets_work_and_layers_beside_the_framework_in_one_process(rows, serve, layer):
    class Background(AsyncWebsocketConsumer):
        async def receive(self, text_data):
            self.job = asyncio.create_task(self.work(text_data))

        async def work(self, title):
            await Article.objects.acreate(title=title)
            await self.channel_layer.send(self.channel_name, {"type": "work.done", "title": title})

        async def work_done(self, event):
            await self.send(text_data=f"done {event['title']}")

    async def view(request):
        return JsonResponse({"titles": [article.title async for article in Article.objects.all()]})

    site = serve(view)
    application = ProtocolTypeRouter({"http": get_asgi_application(), "websocket": Background.as_asgi()})
    scope_types = []

    async def noting(scope, receive, send):
        scope_types.append(scope["type"])
        await application(scope, receive, send)

    socket = WebsocketCommunicator(noting, "/")
    await socket.connect()
    await socket.send_to(text_data="x")
    assert await socket.receive_from() == "done x"
    await socket.disconnect()
    assert scope_types == ["websocket"]
    assert (await site.async_.get("/")).json() == {"titles": ["x"]}


@pytest.mark.server
@pytest.mark.xdist_group("servers")
@pytest.mark.timeout(120)
def test_staying_on_wsgi_with_gunicorn(project, tmp_path):
    port = free_port()
    command = f"gunicorn myproject.wsgi:application --bind 127.0.0.1:{port}"
    with serving(*command.split(), port=port, cwd=project, log=tmp_path / "log") as url:
        for path in ("/", "/sync/", "/me/", "/broken-if-blocking/"):
            assert httpx.get(url + path).status_code == 200


class FromSync(TestCase):
    __test__ = False

    def test_calls(self):
        async def add(title):
            await Article.objects.acreate(title=title)
            return await Article.objects.acount()

        assert async_to_sync(add)("x") == 1
        assert Article.objects.count() == 1


def test_async_code_from_a_sync_test_case(rows):
    import unittest

    result = unittest.TestResult()
    unittest.defaultTestLoader.loadTestsFromTestCase(FromSync)(result)
    assert result.testsRun == 1
    assert not result.errors, result.errors[0][1]
    assert not result.failures
    # The adapter's coroutine wrote into the test's own transaction.
    assert not Article.objects.exists()


@pytest.mark.asyncio
async def test_async_test_by_a_mark_of_pytest(rows, threads):
    await Article.objects.acreate(title="x")
    assert (await Article.objects.aget()).title == "x"
    assert threads == []


@pytest.mark.server
@pytest.mark.xdist_group("servers")
@pytest.mark.timeout(120)
def test_http_2_through_a_server_that_speaks_it(project, tmp_path):
    port = free_port()
    command = f"hypercorn myproject.asgi:application --bind 127.0.0.1:{port}"
    with serving(*command.split(), port=port, cwd=project, log=tmp_path / "log"):
        connection = h2.connection.H2Connection(h2.config.H2Configuration(client_side=True))
        connection.initiate_connection()
        names = {":method": "GET", ":path": "/", ":authority": "127.0.0.1", ":scheme": "http"}
        connection.send_headers(1, list(names.items()), end_stream=True)
        status, body, ended = None, b"", False
        with socket.create_connection(("127.0.0.1", port), timeout=10) as sock:
            sock.sendall(connection.data_to_send())
            while not ended:
                for event in connection.receive_data(sock.recv(65536)):
                    if isinstance(event, h2.events.ResponseReceived):
                        status = dict(event.headers)[b":status"]
                    elif isinstance(event, h2.events.DataReceived):
                        body += event.data
                    elif isinstance(event, h2.events.StreamEnded):
                        ended = True
                sock.sendall(connection.data_to_send())
    assert status == b"200"
    assert json.loads(body)["status"] == "ok"


def test_upgrade_checklist_ends_with_checks_and_a_full_test_run(project):
    assert "no issues" in run("python", "-Wd", "manage.py", "check", cwd=project)
    assert "No changes detected" in run("python", "manage.py", "makemigrations", "--check", cwd=project)
    out = run("python", "manage.py", "test", cwd=project)
    assert re.search(r"Ran 3 tests.*OK", out, re.DOTALL)
