"""[C] A worked application: async views, the user in them, consumers, routing, the development server."""

from __future__ import annotations

import asyncio
import json
import threading
from dataclasses import dataclass
from importlib.metadata import version

import httpx
import pytest
from asgiref.sync import iscoroutinefunction, sync_to_async
from websockets.sync.client import connect

from offbeat.channels.auth import AuthMiddlewareStack
from offbeat.channels.generic.websocket import AsyncWebsocketConsumer
from offbeat.channels.layers import get_channel_layer
from offbeat.channels.routing import ProtocolTypeRouter, URLRouter
from offbeat.channels.testing import HttpCommunicator, WebsocketCommunicator
from offbeat.conf import settings
from offbeat.contrib.auth.models import User
from offbeat.core.asgi import get_asgi_application
from offbeat.core.files.base import ContentFile
from offbeat.core.files.storage import FileSystemStorage
from offbeat.db import connection
from offbeat.http import HttpResponse, JsonResponse, StreamingHttpResponse
from offbeat.test import AsyncClient
from offbeat.test.utils import CaptureQueriesContext, override_settings
from offbeat.urls import path
from offbeat.views import View
from tests.seeds.conftest import ACCOUNTS
from tests.seeds.models import Article
from tests.seeds.running import free_port, run, script, serving


def test_one_package_brings_the_framework_and_channels():
    import offbeat.channels

    assert version("offbeat")
    assert offbeat.channels.__version__.startswith("4.3")


@pytest.mark.server
@pytest.mark.xdist_group("servers")
@pytest.mark.timeout(120)
@pytest.mark.parametrize(
    "command",
    [
        "python manage.py runserver {}",
        "daphne -b 0.0.0.0 -p {} myproject.asgi:application",
        "uvicorn myproject.asgi:application --host 0.0.0.0 --port {}",
    ],
    ids=["development-server", "daphne-bound", "uvicorn-bound"],
)
def test_commands_that_serve_http_and_sockets(command, project, tmp_path):
    port = free_port()
    with serving(*command.format(port).split(), port=port, cwd=project, log=tmp_path / "log") as url:
        assert httpx.get(f"{url}/", timeout=20).json()["status"] == "ok"
        with connect(f"ws://127.0.0.1:{port}/ws/chat/lobby/") as sock:
            sock.send(json.dumps({"message": "hello"}))
            assert json.loads(sock.recv(5))["message"] == "hello"


def test_migrate_command(project):
    (project / "db.sqlite3").unlink()
    out = run("python", "manage.py", "migrate", cwd=project)
    assert "Applying myapp.0001_initial... OK" in out
    assert "No migrations to apply" in run("python", "manage.py", "migrate", cwd=project)


@pytest.fixture
async def outside():
    """A service elsewhere that takes 50 ms."""

    async def answer(reader, writer):
        await reader.readuntil(b"\r\n\r\n")
        await asyncio.sleep(0.05)
        body = b'{"from": "outside"}'
        writer.write(
            b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\nConnection: close\r\n\r\n%s" % (len(body), body)
        )
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/"
    server.close()


async def test_async_view_that_calls_another_service_uses_no_thread(serve, outside, threads):
    async def view(request):
        async with httpx.AsyncClient() as client:
            response = await client.get(outside)
        return JsonResponse({"outside": response.json(), "thread": threading.get_ident()})

    site = serve(view)
    answers = await asyncio.gather(*(site.async_.get("/") for _ in range(10)))
    assert all(answer.json()["outside"] == {"from": "outside"} for answer in answers)
    assert {answer.json()["thread"] for answer in answers} == {threading.get_ident()}
    assert threads == []


async def test_json_response_from_an_async_view(serve):
    async def view(request):
        return JsonResponse({"status": "ok", "text": "é"})

    response = await serve(view).async_.get("/")
    assert response["Content-Type"] == "application/json"
    assert response.json() == {"status": "ok", "text": "é"}


parts: list[int] = []
most_parts: list[int] = []


async def part(name, user_id):
    parts.append(1)
    most_parts.append(len(parts))
    await asyncio.sleep(0.1)
    parts.pop()
    return name, user_id


async def dashboard(request):
    # The user's row has not been read yet: the attribute reads it.
    user_id = request.user.id
    results = await asyncio.gather(*(part(name, user_id) for name in ("visits", "letters", "notes")))
    return JsonResponse(dict(results))


async def test_three_coroutines_of_a_tenth_of_a_second_take_one(rows, serve):
    most_parts.clear()
    await serve(dashboard, MIDDLEWARE=ACCOUNTS).async_.get("/")
    assert max(most_parts) == 3


async def test_current_user_in_an_async_view(rows, serve, threads):
    """Reading ``request.user.id`` works, and works on the loop."""
    ann = await User.objects.acreate(username="ann")
    site = serve(dashboard, MIDDLEWARE=ACCOUNTS)
    await site.async_.aforce_login(ann)
    response = await site.async_.get("/")
    assert response.json() == {"visits": ann.id, "letters": ann.id, "notes": ann.id}
    assert threads == []
    assert (await AsyncClient().get("/")).json()["visits"] is None


async def test_loop_stays_free_during_a_simulated_wait(serve):
    site = serve(dashboard, MIDDLEWARE=ACCOUNTS, SESSION_ENGINE="offbeat.contrib.sessions.backends.cache")
    most_parts.clear()
    await asyncio.gather(*(site.async_.get("/") for _ in range(30)))
    # Of more than one request at a time.
    assert max(most_parts) > 3


class Profile(View):
    async def title(self, name):
        await asyncio.sleep(0)
        return name.title()

    async def get(self, request):
        return JsonResponse({"title": await self.title(request.GET["name"])})

    async def post(self, request):
        return JsonResponse({"posted": await self.title(request.POST["name"])})


async def test_async_class_based_view_with_helpers(serve, threads):
    view = Profile.as_view()
    assert iscoroutinefunction(view)
    site = serve(view)
    assert (await site.async_.get("/", {"name": "ann"})).json() == {"title": "Ann"}
    assert (await site.async_.delete("/")).status_code == 405
    assert threads == []


@pytest.mark.parametrize("form", ["multipart", "urlencoded"])
async def test_form_data_is_read_without_blocking(serve, threads, form):
    kind = {} if form == "multipart" else {"content_type": "application/x-www-form-urlencoded"}
    data = {"name": "ann"} if form == "multipart" else "name=ann"
    response = await serve(Profile.as_view()).async_.post("/", data, **kind)
    assert response.json() == {"posted": "Ann"}
    assert threads == []


def test_user_model(rows):
    ann = User.objects.create_user("ann", "ann@example.com")
    found = User.objects.get(id=ann.id)
    assert (found.username, found.email, found.is_active) == ("ann", "ann@example.com", True)


async def test_bridge_as_a_call(rows):
    ann = await User.objects.acreate(username="ann")
    assert await sync_to_async(User.objects.get)(id=ann.id) == ann


async def test_list_query_in_a_bridge_and_a_comprehension_over_the_result(rows, serve):
    @sync_to_async
    def active():
        return list(User.objects.filter(is_active=True).order_by("id")[:10])

    async def view(request):
        users = await active()
        with CaptureQueriesContext(connection) as captured:
            found = [{"id": u.id, "username": u.username} for u in users]
        return JsonResponse({"users": found, "queries": len(captured)})

    await User.objects.abulk_create([User(username=f"u{n:02}", is_active=n != 3) for n in range(15)])
    answer = (await serve(view).async_.get("/")).json()
    assert [user["username"] for user in answer["users"]] == [f"u{n:02}" for n in range(11) if n != 3]
    assert answer["queries"] == 0


def test_installed_app_and_asgi_setting(project):
    out = script(
        "from django.apps import apps; from django.conf import settings\n"
        "from channels.routing import get_default_application\n"
        "print(apps.get_app_config('channels').label, settings.ASGI_APPLICATION)\n"
        "from myproject import asgi; print(get_default_application() is asgi.application)\n",
        project,
    )
    assert out.split() == ["channels", "myproject.asgi.application", "True"]


class ChatConsumer(AsyncWebsocketConsumer):
    """Takes text only, has an event without a dot, and leaves the base's methods alone."""

    async def connect(self):
        self.group = f"chat_{self.scope['url_route']['kwargs']['room_name']}"
        await self.channel_layer.group_add(self.group, self.channel_name)
        await self.accept()

    async def disconnect(self, close_code):
        await self.channel_layer.group_discard(self.group, self.channel_name)

    async def receive(self, text_data):
        event = {"type": "chat_message", "message": json.loads(text_data)["message"]}
        await self.channel_layer.group_send(self.group, event)

    async def chat_message(self, event):
        await self.send(text_data=json.dumps({"message": event["message"], "room": self.group}))


routes = [path("ws/chat/<str:room_name>/", ChatConsumer.as_asgi())]


async def enter(room):
    socket = WebsocketCommunicator(URLRouter(routes), f"/ws/chat/{room}/")
    assert (await socket.connect())[0]
    return socket


async def test_consumer_joins_sends_to_and_leaves_a_group(layer):
    ann, bob, elsewhere = await enter("blue"), await enter("blue"), await enter("red")
    assert set(layer.groups) == {"chat_blue", "chat_red"}
    await ann.send_json_to({"message": "hello"})
    for socket in (ann, bob):
        assert await socket.receive_json_from() == {"message": "hello", "room": "chat_blue"}
    assert await elsewhere.receive_nothing(0.01)
    await bob.disconnect()
    await ann.send_json_to({"message": "still here?"})
    await ann.receive_json_from()
    assert len(layer.groups["chat_blue"]) == 1
    for socket in (ann, elsewhere):
        await socket.disconnect()
    assert not layer.groups
    assert not layer.channels


async def test_consumer_that_takes_no_bytes_and_does_not_call_its_base(layer):
    socket = await enter("blue")
    # Only the keyword that applies is passed, so text is fine; a binary frame has no parameter to go to.
    await socket.send_json_to({"message": "x"})
    assert (await socket.receive_json_from())["message"] == "x"
    # The consumer ends though ``disconnect`` never calls the base class.
    await socket.disconnect()
    assert not layer.groups


async def test_group_names_have_rules(layer):
    for name in ("with space", "ümlaut", "x" * 120):
        with pytest.raises(TypeError):
            await layer.group_add(f"chat_{name}", "channel")
    await layer.group_send("chat_blue-1.2", {"type": "chat_message", "message": "nobody"})


async def test_a_layer_reaches_members_from_a_view(layer, serve):
    async def view(request):
        await get_channel_layer().group_send("chat_blue", {"type": "chat_message", "message": "from a view"})
        return HttpResponse()

    socket = await enter("blue")
    await serve(view).async_.get("/")
    assert (await socket.receive_json_from())["message"] == "from a view"
    await socket.disconnect()


async def test_protocol_routing_with_session_and_user_on_the_socket(rows, layer, serve, threads):
    class Who(AsyncWebsocketConsumer):
        async def connect(self):
            await self.accept()
            who = self.scope["user"]
            await self.send(text_data=f"{who.username}|{self.scope['session'].get('seen')}")

    async def view(request):
        return HttpResponse("http")

    site = serve(view, MIDDLEWARE=ACCOUNTS)
    application = ProtocolTypeRouter(
        {
            "http": get_asgi_application(),
            "websocket": AuthMiddlewareStack(URLRouter([path("ws/", Who.as_asgi())])),
        }
    )
    answer = await HttpCommunicator(
        application, "GET", "/", headers=[(b"host", b"testserver")]
    ).get_response()
    assert answer["body"] == b"http"
    ann = await User.objects.acreate(username="ann")
    await site.async_.aforce_login(ann)
    session = await site.async_.asession()
    await session.aset("seen", "yes")
    await session.asave()
    cookie = f"{settings.SESSION_COOKIE_NAME}={session.session_key}".encode()
    for headers, told in (([(b"cookie", cookie)], "ann|yes"), ([], "|None")):
        socket = WebsocketCommunicator(application, "/ws/", headers=headers)
        assert (await socket.connect())[0]
        assert await socket.receive_from() == told
        await socket.disconnect()
    assert threads == []


def test_case_insensitive_look_up(rows):
    for name in ("Annabel", "HANNA", "bob"):
        User.objects.create(username=name)
    found = User.objects.filter(username__icontains="ann").order_by("id")
    assert [user.username for user in found] == ["Annabel", "HANNA"]


@dataclass
class UserDTO:
    id: int
    username: str


async def test_dataclass_filled_from_a_model_instance(rows):
    ann = await User.objects.acreate(username="ann")
    found = await User.objects.aget(id=ann.id)
    assert UserDTO(id=found.id, username=found.username) == UserDTO(ann.id, "ann")
    assert f"{found}" == "ann"


def test_lookup_by_key(rows):
    ann = User.objects.create(username="ann")
    assert User.objects.get(id=ann.id) == ann
    with pytest.raises(User.DoesNotExist):
        User.objects.get(id=ann.id + 1)


async def test_smoke_test_view(serve, threads):
    async def test_view(request):
        return JsonResponse({"status": "ok"})

    assert (await serve(test_view).async_.get("/")).json() == {"status": "ok"}
    assert threads == []


async def test_long_polling_holds_many_requests_open_at_once(serve, threads):
    news, waiting = asyncio.Event(), []

    async def view(request):
        waiting.append(request)
        await news.wait()
        return HttpResponse("news")

    site = serve(view)
    requests = [asyncio.ensure_future(site.async_.get("/")) for _ in range(200)]
    while len(waiting) < 200:
        await asyncio.sleep(0)
    news.set()
    assert {(await request).content for request in requests} == {b"news"}
    assert threads == []


async def test_server_sent_events_over_time(rows, serve, threads):
    """Each event arrives before the next one is made, and the generator reads lazy relations."""
    await Article.objects.acreate(title="x", author=await User.objects.acreate(username="ann"))
    go_on = asyncio.Semaphore(0)

    async def events():
        async for article in Article.objects.all():
            for number in range(3):
                yield f"data: {number} {article.author.username}\n\n"
                await go_on.acquire()

    async def view(request):
        return StreamingHttpResponse(events(), content_type="text/event-stream")

    serve(view)
    client = HttpCommunicator(get_asgi_application(), "GET", "/", headers=[(b"host", b"testserver")])
    await client.send_input({"type": "http.request", "body": b""})
    start = await client.receive_output()
    assert (b"Content-Type", b"text/event-stream") in start["headers"]
    for number in range(3):
        part = await client.receive_output()
        assert part["body"] == f"data: {number} ann\n\n".encode()
        assert await client.receive_nothing(0.01)
        go_on.release()
    assert not (await client.receive_output()).get("more_body", False)
    assert threads == []


async def test_uploads_and_storage_in_async_views(serve, tmp_path):
    from offbeat.core.files.uploadedfile import SimpleUploadedFile

    storage = FileSystemStorage(location=tmp_path)

    async def view(request):
        name = await sync_to_async(storage.save)("kept.txt", request.FILES["file"])
        return JsonResponse({"name": name, "size": storage.size(name)})

    response = await serve(view).async_.post("/", {"file": SimpleUploadedFile("a.txt", b"x" * 100)})
    assert response.json() == {"name": "kept.txt", "size": 100}
    assert (tmp_path / "kept.txt").read_bytes() == b"x" * 100
    assert storage.save("kept.txt", ContentFile(b"y")) != "kept.txt"


async def test_many_sockets_at_once(layer):
    """In one process; tests/servers/test_many_sockets.py does it over the network."""
    sockets = [await enter("ward") for _ in range(300)]
    await layer.group_send("chat_ward", {"type": "chat_message", "message": "pulse"})
    for socket in sockets:
        assert (await socket.receive_json_from(5))["message"] == "pulse"
    for socket in sockets:
        await socket.disconnect()
    assert not layer.groups


def test_layer_setting_chooses_the_layer():
    with override_settings(
        CHANNEL_LAYERS={
            "default": {"BACKEND": "channels.layers.InMemoryChannelLayer", "CONFIG": {"capacity": 3}}
        }
    ):
        assert get_channel_layer().capacity == 3
