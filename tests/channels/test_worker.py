"""Workers, which run consumers for named channels."""

from __future__ import annotations

import asyncio

import pytest

from offbeat.channels.consumer import AsyncConsumer, SyncConsumer
from offbeat.channels.layers import InMemoryChannelLayer
from offbeat.channels.routing import ChannelNameRouter, ProtocolTypeRouter
from offbeat.channels.worker import Worker
from offbeat.contrib.auth.models import User
from offbeat.core.management import call_command

pytestmark = pytest.mark.usefixtures("accounts")


def application(done):
    class Thumbnails(AsyncConsumer):
        async def make(self, message):
            user = await User.objects.acreate(username=message["name"])
            await done.put(("thumbnails", self.scope["channel"], user.username))

    class Mails(SyncConsumer):
        def send_mail(self, message):
            done.put_nowait(("mails", self.scope["channel"], message["to"]))

    router = ChannelNameRouter({"thumbnails": Thumbnails.as_asgi(), "mails": Mails.as_asgi()})
    return ProtocolTypeRouter({"channel": router})


async def test_a_worker_reads_its_channels():
    layer, done = InMemoryChannelLayer(), asyncio.Queue()
    worker = asyncio.ensure_future(Worker(application(done), ["thumbnails", "mails"], layer).handle())
    await layer.send("thumbnails", {"type": "make", "name": "ann"})
    await layer.send("thumbnails", {"type": "make", "name": "bob"})
    assert [await asyncio.wait_for(done.get(), 30) for _ in range(2)] == [
        ("thumbnails", "thumbnails", "ann"),
        ("thumbnails", "thumbnails", "bob"),
    ]
    worker.cancel()
    with pytest.raises(asyncio.CancelledError):
        await worker
    assert not layer.channels


async def test_a_failing_consumer_ends_the_worker_with_its_error():
    layer = InMemoryChannelLayer()

    async def failing(scope, receive, send):
        await receive()
        raise RuntimeError("broken")

    worker = asyncio.ensure_future(Worker(failing, ["a"], layer).handle())
    await layer.send("a", {"type": "x"})
    await asyncio.sleep(0.01)
    await layer.send("a", {"type": "x"})
    with pytest.raises(ExceptionGroup) as failure:
        await asyncio.wait_for(worker, 30)
    assert failure.group_contains(RuntimeError, match="broken")


async def test_a_message_without_a_type():
    layer = InMemoryChannelLayer()
    worker = asyncio.ensure_future(Worker(application(asyncio.Queue()), ["mails"], layer).handle())
    await layer.send("mails", {"to": "ann"})
    with pytest.raises(ExceptionGroup) as failure:
        await asyncio.wait_for(worker, 30)
    assert failure.group_contains(ValueError, match="no type")


def test_a_worker_needs_a_layer():
    with pytest.raises(ValueError, match="not valid"):
        Worker(None, [], None)


def test_the_command(layer, monkeypatch):
    from offbeat.channels.management.commands import runworker
    from offbeat.test.utils import override_settings

    made = []

    class Recorded(Worker):
        def run(self):
            made.append((self.application, self.channels, self.channel_layer))

    monkeypatch.setattr(runworker.Command, "worker_class", Recorded)
    with override_settings(ASGI_APPLICATION="tests.channels.test_worker.target"):
        call_command(runworker.Command(), "a", "b")
    assert made == [(target, ["a", "b"], layer)]


async def target(scope, receive, send):
    return None
