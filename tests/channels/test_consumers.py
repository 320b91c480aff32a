"""Consumers: dispatch, WebSockets, JSON, groups, HTTP, and the ORM inside them."""

from __future__ import annotations

import asyncio
import json
import threading

import pytest

from offbeat.channels.consumer import AsyncConsumer, SyncConsumer
from offbeat.channels.db import aclose_old_connections, database_sync_to_async
from offbeat.channels.exceptions import (
    AcceptConnection,
    DenyConnection,
    InvalidChannelLayerError,
    StopConsumer,
)
from offbeat.channels.generic.http import AsyncHttpConsumer
from offbeat.channels.generic.websocket import (
    AsyncJsonWebsocketConsumer,
    AsyncWebsocketConsumer,
    JsonWebsocketConsumer,
    WebsocketConsumer,
)
from offbeat.channels.layers import get_channel_layer
from offbeat.channels.testing import ApplicationCommunicator, HttpCommunicator, WebsocketCommunicator
from offbeat.contrib.auth.models import User

from .models import Room


class Echo(WebsocketConsumer):
    def receive(self, text_data=None, bytes_data=None):
        self.send(text_data, bytes_data)


class AsyncEcho(AsyncWebsocketConsumer):
    async def receive(self, text_data=None, bytes_data=None):
        await self.send(text_data, bytes_data)


class JsonEcho(JsonWebsocketConsumer):
    def receive_json(self, content):
        self.send_json({"heard": content})


class AsyncJsonEcho(AsyncJsonWebsocketConsumer):
    async def receive_json(self, content):
        await self.send_json({"heard": content})


@pytest.mark.parametrize("consumer", [Echo, AsyncEcho])
async def test_frames_go_to_and_fro(consumer):
    socket = WebsocketCommunicator(consumer.as_asgi(), "/path/?a=1")
    assert await socket.connect() == (True, None)
    await socket.send_to(text_data="hello")
    assert await socket.receive_from() == "hello"
    await socket.send_to(bytes_data=b"\x00\xff")
    assert await socket.receive_from() == b"\x00\xff"
    assert await socket.receive_nothing(0.01)
    await socket.disconnect()


@pytest.mark.parametrize("consumer", [JsonEcho, AsyncJsonEcho])
async def test_json_is_decoded_and_encoded(consumer):
    socket = WebsocketCommunicator(consumer.as_asgi(), "/")
    await socket.connect()
    await socket.send_json_to([1, {"a": None}])
    assert await socket.receive_json_from() == {"heard": [1, {"a": None}]}
    await socket.disconnect()


@pytest.mark.parametrize("consumer", [JsonEcho, AsyncJsonEcho])
async def test_a_json_socket_takes_text_only(consumer):
    for frame, error in (({"bytes_data": b"{}"}, "No text section"), ({"text_data": "{"}, "Expecting")):
        socket = WebsocketCommunicator(consumer.as_asgi(), "/")
        await socket.connect()
        await socket.send_to(**frame)
        with pytest.raises(ValueError, match=error):
            await socket.wait()


async def test_a_handler_takes_only_the_argument_that_its_frames_bring():
    class TextOnly(AsyncWebsocketConsumer):
        async def receive(self, text_data):
            await self.send(text_data=text_data.upper())

    socket = WebsocketCommunicator(TextOnly.as_asgi(), "/")
    await socket.connect()
    await socket.send_to(text_data="hello")
    assert await socket.receive_from() == "HELLO"
    await socket.disconnect()


def raising(error, base):
    if issubclass(base, AsyncWebsocketConsumer):

        async def connect(self):
            raise error
    else:

        def connect(self):
            raise error

    return type("Raising", (base,), {"connect": connect})


@pytest.mark.parametrize("base", [WebsocketConsumer, AsyncWebsocketConsumer])
async def test_connect_may_accept_and_refuse_by_exceptions(base):
    socket = WebsocketCommunicator(raising(AcceptConnection(), base).as_asgi(), "/")
    assert (await socket.connect())[0]
    await socket.disconnect()
    socket = WebsocketCommunicator(raising(DenyConnection(), base).as_asgi(), "/")
    assert await socket.connect() == (False, 1000)
    await socket.disconnect()


@pytest.mark.parametrize("sync", [True, False])
async def test_subprotocols_headers_codes_and_reasons(sync):
    if sync:

        class Consumer(WebsocketConsumer):
            def connect(self):
                self.accept("chat", headers=[(b"x-test", b"1")])

            def receive(self, text_data=None, bytes_data=None):
                self.send("bye", close=4001)

        class Refusing(WebsocketConsumer):
            def connect(self):
                self.close(4003, "no")
    else:

        class Consumer(AsyncWebsocketConsumer):
            async def connect(self):
                await self.accept("chat", headers=[(b"x-test", b"1")])

            async def receive(self, text_data=None, bytes_data=None):
                await self.send("bye", close=4001)

        class Refusing(AsyncWebsocketConsumer):
            async def connect(self):
                await self.close(4003, "no")

    socket = WebsocketCommunicator(Consumer.as_asgi(), "/", subprotocols=["chat", "other"])
    assert await socket.connect() == (True, "chat")
    assert socket.response_headers == [(b"x-test", b"1")]
    await socket.send_to(text_data="x")
    assert await socket.receive_from() == "bye"
    assert await socket.receive_output() == {"type": "websocket.close", "code": 4001}
    await socket.disconnect()
    socket = WebsocketCommunicator(Refusing.as_asgi(), "/")
    assert await socket.connect() == (False, 4003)
    await socket.disconnect()


async def test_close_without_a_code_and_true():
    class Consumer(AsyncWebsocketConsumer):
        async def receive(self, text_data=None, bytes_data=None):
            await self.send("bye", close=True)

    socket = WebsocketCommunicator(Consumer.as_asgi(), "/")
    await socket.connect()
    await socket.send_to(text_data="x")
    await socket.receive_from()
    assert await socket.receive_output() == {"type": "websocket.close"}
    await socket.disconnect()


async def test_nothing_cannot_be_sent():
    class Consumer(AsyncWebsocketConsumer):
        async def receive(self, text_data=None, bytes_data=None):
            await self.send()

    socket = WebsocketCommunicator(Consumer.as_asgi(), "/")
    await socket.connect()
    await socket.send_to(text_data="x")
    with pytest.raises(ValueError, match="one of bytes_data or text_data"):
        await socket.wait()


@pytest.mark.parametrize("code", [1000, 1001, 4999])
async def test_disconnect_is_told_the_code_and_ends_the_consumer(code, layer):
    told = []

    class Consumer(AsyncWebsocketConsumer):
        groups = ["everybody"]

        async def disconnect(self, code):
            told.append(code)

    socket = WebsocketCommunicator(Consumer.as_asgi(), "/")
    await socket.connect()
    assert list(layer.groups) == ["everybody"]
    await socket.disconnect(code)
    assert told == [code]
    assert not layer.groups
    assert not layer.channels


@pytest.mark.parametrize("base", [AsyncConsumer, SyncConsumer])
@pytest.mark.parametrize(
    ("message", "error"),
    [
        ({"type": "nobody.knows"}, "No handler for message type nobody.knows"),
        ({"type": "_private"}, "leading underscore"),
        ({}, "no 'type' attribute"),
    ],
)
async def test_messages_without_a_handler(base, message, error):
    connection = ApplicationCommunicator(base.as_asgi(), {"type": "test"})
    await connection.send_input(message)
    with pytest.raises(ValueError, match=error):
        await connection.wait()


async def test_types_name_handlers_and_stop_ends():
    class Consumer(AsyncConsumer):
        async def test_one_two(self, message):
            await self.send({"type": "answer", "kind": self.kind, "scope": self.scope["type"]})

        async def test_end(self, message):
            raise StopConsumer

        def __init__(self, kind):
            self.kind = kind

    app = Consumer.as_asgi(kind="x")
    assert app.consumer_class is Consumer
    assert app.consumer_initkwargs == {"kind": "x"}
    connection = ApplicationCommunicator(app, {"type": "test"})
    await connection.send_input({"type": "test.one.two"})
    assert await connection.receive_output() == {"type": "answer", "kind": "x", "scope": "test"}
    await connection.send_input({"type": "test.end"})
    await connection.wait()


async def test_sync_handlers_run_in_a_thread_and_one_after_the_other():
    seen = []

    class Consumer(SyncConsumer):
        def test_note(self, message):
            seen.append((message["number"], threading.get_ident()))
            if message["number"] == 9:
                self.send({"type": "done"})

    connection = ApplicationCommunicator(Consumer.as_asgi(), {"type": "test"})
    for number in range(10):
        await connection.send_input({"type": "test.note", "number": number})
    await connection.receive_output()
    assert [number for number, _ in seen] == list(range(10))
    assert threading.get_ident() not in {ident for _, ident in seen}


class Chat(AsyncWebsocketConsumer):
    async def connect(self):
        self.room = f"chat_{self.scope['url_route']['kwargs']['name']}"
        await self.channel_layer.group_add(self.room, self.channel_name)
        await self.accept()

    async def disconnect(self, code):
        await self.channel_layer.group_discard(self.room, self.channel_name)

    async def receive(self, text_data):
        await self.channel_layer.group_send(self.room, {"type": "chat.message", "text": text_data})

    async def chat_message(self, event):
        await self.send(text_data=event["text"])


def enter(name):
    socket = WebsocketCommunicator(Chat.as_asgi(), "/")
    socket.scope["url_route"] = {"args": (), "kwargs": {"name": name}}
    return socket


async def test_five_hundred_members_of_a_group_hear_everything_in_order(layer):
    sockets = [enter("hall") for _ in range(500)]
    for socket in sockets:
        await socket.connect()
    outsider = enter("elsewhere")
    await outsider.connect()
    for number in range(5):
        await sockets[0].send_to(text_data=str(number))
    for socket in sockets:
        assert [await socket.receive_from(5) for _ in range(5)] == ["0", "1", "2", "3", "4"]
    assert await outsider.receive_nothing(0.01)
    for socket in [*sockets, outsider]:
        await socket.disconnect()
    assert not layer.channels
    assert not layer.groups


async def test_a_layer_from_outside_reaches_a_consumer(layer):
    class Consumer(AsyncWebsocketConsumer):
        groups = ["news"]

        async def news_item(self, event):
            await self.send(text_data=event["text"])

    socket = WebsocketCommunicator(Consumer.as_asgi(), "/")
    await socket.connect()
    await get_channel_layer().group_send("news", {"type": "news.item", "text": "extra"})
    assert await socket.receive_from() == "extra"
    await socket.disconnect()


@pytest.mark.parametrize("base", [WebsocketConsumer, AsyncWebsocketConsumer])
async def test_groups_need_a_layer(base):
    from offbeat.test.utils import override_settings

    with override_settings(CHANNEL_LAYERS={}):
        socket = WebsocketCommunicator(type("C", (base,), {"groups": ["g"]}).as_asgi(), "/")
        with pytest.raises(InvalidChannelLayerError):
            await socket.connect()


class Rooms(AsyncWebsocketConsumer):
    async def receive(self, text_data):
        room = await Room.objects.aget(name=text_data)
        # A lazy relation: the query is made by the attribute access.
        await self.send(text_data=json.dumps([room.owner.username, threading.get_ident()]))


async def test_a_lazy_relation_in_an_async_consumer(accounts, threads):
    ann = await User.objects.acreate(username="ann")
    await Room.objects.acreate(name="ward", owner=ann)
    socket = WebsocketCommunicator(Rooms.as_asgi(), "/")
    await socket.connect()
    await socket.send_to(text_data="ward")
    assert await socket.receive_json_from() == ["ann", threading.get_ident()]
    await socket.disconnect()
    assert threads == []


async def test_a_task_started_in_a_consumer_may_use_lazy_relations(accounts, threads):
    class Starter(AsyncWebsocketConsumer):
        async def receive(self, text_data):
            self.task = asyncio.create_task(self.work(text_data))

        async def work(self, name):
            await asyncio.sleep(0)
            room = await Room.objects.aget(name=name)
            await self.send(text_data=room.owner.username)

    ann = await User.objects.acreate(username="ann")
    await Room.objects.acreate(name="ward", owner=ann)
    socket = WebsocketCommunicator(Starter.as_asgi(), "/")
    await socket.connect()
    await socket.send_to(text_data="ward")
    assert await socket.receive_from() == "ann"
    await socket.disconnect()
    assert threads == []


async def test_the_orm_in_a_sync_consumer(accounts):
    class Count(WebsocketConsumer):
        def receive(self, text_data=None, bytes_data=None):
            self.send(",".join(room.owner.username for room in Room.objects.all()))

    ann = await User.objects.acreate(username="ann")
    await Room.objects.acreate(name="ward", owner=ann)
    socket = WebsocketCommunicator(Count.as_asgi(), "/")
    await socket.connect()
    await socket.send_to(text_data="?")
    assert await socket.receive_from() == "ann"
    await socket.disconnect()


async def test_database_calls_by_their_old_name(accounts):
    @database_sync_to_async
    def names():
        return [user.username for user in User.objects.all()], threading.get_ident()

    await User.objects.acreate(username="ann")
    found, thread = await names()
    assert found == ["ann"]
    assert thread != threading.get_ident()
    assert (await database_sync_to_async(User.objects.get)(username="ann")).username == "ann"
    with pytest.raises(TypeError):
        database_sync_to_async(aclose_old_connections)
    await aclose_old_connections()


class Page(AsyncHttpConsumer):
    async def handle(self, body):
        await self.send_headers(status=201, headers={b"X-Test": b"1"})
        await self.send_body(b"got ", more_body=True)
        await self.send_body(body)


async def test_an_http_consumer():
    answer = await HttpCommunicator(Page.as_asgi(), "POST", "/x?y=1", body=b"this").get_response()
    assert answer == {"status": 201, "headers": [(b"X-Test", b"1")], "body": b"got this"}


async def test_an_http_consumer_waits_for_the_whole_body():
    connection = ApplicationCommunicator(Page.as_asgi(), {"type": "http"})
    await connection.send_input({"type": "http.request", "body": b"one ", "more_body": True})
    await connection.send_input({"type": "http.request", "body": b"two"})
    bodies = [(await connection.receive_output()).get("body") for _ in range(3)]
    assert bodies == [None, b"got ", b"one two"]
    await connection.wait()


async def test_an_http_consumer_of_a_client_that_leaves():
    gone = []

    class Waiting(AsyncHttpConsumer):
        async def disconnect(self):
            gone.append(True)

    connection = ApplicationCommunicator(Waiting.as_asgi(), {"type": "http"})
    await connection.send_input({"type": "http.request", "body": b"", "more_body": True})
    await connection.send_input({"type": "http.disconnect"})
    await connection.wait()
    assert gone == [True]


async def test_long_polling_is_ended_by_a_message_of_a_group(layer):
    class Poll(AsyncHttpConsumer):
        async def http_request(self, message):
            await self.channel_layer.group_add("news", self.channel_name)
            await self.send_headers()
            await self.send_body(b"", more_body=True)

        async def news(self, event):
            await self.send_body(event["text"].encode())
            raise StopConsumer

    polls = [HttpCommunicator(Poll.as_asgi(), "GET", "/") for _ in range(50)]
    answers = [asyncio.ensure_future(poll.get_response()) for poll in polls]
    while len(layer.groups.get("news", ())) < 50:
        await asyncio.sleep(0)
    await layer.group_send("news", {"type": "news", "text": "now"})
    assert {(await answer)["body"] for answer in answers} == {b"now"}
