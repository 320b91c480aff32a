"""The in-memory layer: names, capacity, expiry, groups, waiting readers."""

from __future__ import annotations

import asyncio
import threading

import pytest

from offbeat.channels import layers
from offbeat.channels.exceptions import ChannelFull, InvalidChannelLayerError
from offbeat.channels.layers import BaseChannelLayer, InMemoryChannelLayer, channel_layers, get_channel_layer
from offbeat.test.utils import override_settings


class Clock:
    def __init__(self):
        self.now = 1000.0

    def monotonic(self):
        return self.now


@pytest.fixture
def clock(monkeypatch):
    clock = Clock()
    monkeypatch.setattr(layers, "time", clock)
    return clock


def is_empty(layer):
    return not layer.channels and not layer.groups


async def test_messages_come_in_order_and_leave_nothing():
    layer = InMemoryChannelLayer()
    for number in range(3):
        await layer.send("a", {"type": "x", "number": number})
    assert [(await layer.receive("a"))["number"] for _ in range(3)] == [0, 1, 2]
    assert is_empty(layer)


async def test_a_waiting_reader_is_woken():
    layer = InMemoryChannelLayer()
    readers = [asyncio.ensure_future(layer.receive("a")) for _ in range(2)]
    await asyncio.sleep(0)
    await layer.send("a", {"type": "one"})
    await layer.send("a", {"type": "two"})
    assert [(await reader)["type"] for reader in readers] == ["one", "two"]
    assert is_empty(layer)


async def test_a_full_channel_refuses_and_a_group_goes_on():
    layer = InMemoryChannelLayer(capacity=2, channel_capacity={"big*": 3})
    for _ in range(2):
        await layer.send("small", {"type": "x"})
    with pytest.raises(ChannelFull):
        await layer.send("small", {"type": "x"})
    for _ in range(3):
        await layer.send("big.one", {"type": "x"})
    with pytest.raises(ChannelFull):
        await layer.send("big.one", {"type": "x"})
    await layer.group_add("g", "small")
    await layer.group_add("g", "other")
    await layer.group_send("g", {"type": "to all"})
    assert (await layer.receive("other"))["type"] == "to all"
    assert [(await layer.receive("small"))["type"] for _ in range(2)] == ["x", "x"]


async def test_messages_expire(clock):
    layer = InMemoryChannelLayer(expiry=10, capacity=1)
    await layer.group_add("g", "a")
    await layer.send("a", {"type": "old"})
    clock.now += 11
    await layer.send("a", {"type": "new"})
    assert (await layer.receive("a"))["type"] == "new"


async def test_a_channel_that_nobody_reads_loses_its_groups(clock):
    layer = InMemoryChannelLayer(expiry=10)
    await layer.group_add("g", "dead")
    await layer.send("dead", {"type": "x"})
    clock.now += 11
    await layer.send("other", {"type": "x"})
    await layer.receive("other")
    assert is_empty(layer)


async def test_memberships_expire(clock):
    layer = InMemoryChannelLayer(group_expiry=100)
    await layer.group_add("g", "a")
    clock.now += 50
    await layer.group_add("g", "b")
    clock.now += 51
    await layer.group_send("g", {"type": "x"})
    assert list(layer.groups["g"]) == ["b"]
    assert list(layer.channels) == ["b"]


async def test_members_get_copies_of_their_own():
    layer = InMemoryChannelLayer()
    message = {"type": "x", "list": [1]}
    for name in "ab":
        await layer.group_add("g", name)
    await layer.group_send("g", message)
    message["list"].append("sender")
    first = await layer.receive("a")
    first["list"].append("first")
    first["more"] = 1
    assert await layer.receive("b") == {"type": "x", "list": [1]}


async def test_leaving_a_group():
    layer = InMemoryChannelLayer()
    await layer.group_add("g", "a")
    await layer.group_discard("g", "a")
    await layer.group_discard("g", "never.there")
    await layer.group_discard("no.such.group", "a")
    await layer.group_send("g", {"type": "x"})
    assert is_empty(layer)


async def test_a_cancelled_reader_hands_its_message_over():
    layer = InMemoryChannelLayer()
    first, second = (asyncio.ensure_future(layer.receive("a")) for _ in range(2))
    await asyncio.sleep(0)
    await layer.send("a", {"type": "x"})
    # Woken already, but it has not run since.
    first.cancel()
    assert await second == {"type": "x"}
    with pytest.raises(asyncio.CancelledError):
        await first
    assert is_empty(layer)


async def test_a_cancelled_reader_leaves_nothing():
    layer = InMemoryChannelLayer()
    reader = asyncio.ensure_future(layer.receive("a"))
    await asyncio.sleep(0)
    reader.cancel()
    with pytest.raises(asyncio.CancelledError):
        await reader
    assert is_empty(layer)
    await layer.send("a", {"type": "kept"})
    assert (await layer.receive("a"))["type"] == "kept"


@pytest.mark.parametrize("send", ["send", "group_send"])
async def test_another_loop_in_another_thread_wakes_a_reader(send):
    layer = InMemoryChannelLayer()
    await layer.group_add("target", "target")
    reader = asyncio.ensure_future(layer.receive("target"))
    await asyncio.sleep(0)
    thread = threading.Thread(
        target=lambda: asyncio.run(getattr(layer, send)("target", {"type": "from afar"}))
    )
    thread.start()
    assert await asyncio.wait_for(reader, 30) == {"type": "from afar"}
    thread.join()


async def test_a_reader_whose_loop_is_gone_is_passed_over():
    layer = InMemoryChannelLayer()

    def abandon():
        loop = asyncio.new_event_loop()
        task = loop.create_task(layer.receive("a"))
        loop.run_until_complete(asyncio.sleep(0))
        loop.close()
        return task

    task = await asyncio.get_running_loop().run_in_executor(None, abandon)
    await layer.send("a", {"type": "x"})
    assert await asyncio.wait_for(layer.receive("a"), 30) == {"type": "x"}
    task._log_destroy_pending = False
    task.get_coro().close()


@pytest.mark.parametrize("name", ["a", "chat.room-1_x", "specific.inmemory!abc"])
def test_names_of_channels(name):
    assert BaseChannelLayer().require_valid_channel_name(name)


@pytest.mark.parametrize(
    "name", ["", "with space", "ümlaut", "x" * 100, "a!b!c d", "٣", "a!é", None, 3, b"bytes", "a\n"]
)
async def test_what_is_no_name(name):
    layer = InMemoryChannelLayer()
    with pytest.raises(TypeError):
        await layer.send(name, {"type": "x"})
    with pytest.raises(TypeError):
        await layer.group_add(name, "a")
    with pytest.raises(TypeError):
        await layer.group_add("g", name)
    with pytest.raises(TypeError):
        await layer.group_send(name, {"type": "x"})
    assert is_empty(layer)


async def test_what_is_no_message():
    layer = InMemoryChannelLayer()
    for wrong in ("text", None, ["list"]):
        with pytest.raises(TypeError):
            await layer.send("a", wrong)
        with pytest.raises(TypeError):
            await layer.group_send("g", wrong)
    assert is_empty(layer)


def test_names_of_groups_and_of_receiving():
    layer = BaseChannelLayer()
    with pytest.raises(TypeError):
        layer.require_valid_group_name("with!mark")
    with pytest.raises(TypeError):
        layer.require_valid_channel_name("a!b", receive=True)
    assert layer.require_valid_channel_name("a!", receive=True)
    assert layer.valid_channel_names(["a", "b!"], receive=True)
    assert layer.non_local_name("specific.x!abc") == "specific.x!"


async def test_new_channels_are_nobody_elses():
    layer = InMemoryChannelLayer()
    names = {await layer.new_channel() for _ in range(100)}
    assert len(names) == 100
    assert all(name.startswith("specific.inmemory!") for name in names)


async def test_flushing():
    layer = InMemoryChannelLayer()
    await layer.send("a", {"type": "x"})
    await layer.group_add("g", "a")
    await layer.flush()
    assert is_empty(layer)
    await layer.close()


def test_layers_come_from_the_settings():
    memory = "offbeat.channels.layers.InMemoryChannelLayer"
    with override_settings(
        CHANNEL_LAYERS={
            "default": {"BACKEND": memory, "CONFIG": {"capacity": 7}, "TEST_CONFIG": {"capacity": 8}},
            "alias": {"BACKEND": "channels.layers.InMemoryChannelLayer"},
            "wrong": {"BACKEND": "no.such.Layer"},
            "empty": {},
        }
    ):
        layer = get_channel_layer()
        assert layer.capacity == 7
        assert get_channel_layer() is layer
        assert channel_layers.make_test_backend("default").capacity == 8
        assert isinstance(get_channel_layer("alias"), InMemoryChannelLayer)
        assert "alias" in channel_layers
        for name in ("wrong", "empty"):
            with pytest.raises(InvalidChannelLayerError):
                get_channel_layer(name)
        with pytest.raises(InvalidChannelLayerError, match="TEST_CONFIG"):
            channel_layers.make_test_backend("alias")
        replaced = channel_layers.set("default", "mine")
        assert replaced is layer
        assert get_channel_layer() == "mine"
    with override_settings(CHANNEL_LAYERS={}):
        assert get_channel_layer() is None
