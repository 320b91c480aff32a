"""The communicators themselves."""

from __future__ import annotations

import asyncio

import pytest

from offbeat.channels.testing import ApplicationCommunicator, HttpCommunicator, WebsocketCommunicator


async def echo_scope(scope, receive, send):
    await receive()
    await send({"type": "websocket.accept"})
    await send({"type": "websocket.send", "text": f"{scope['path']} {scope['query_string'].decode()}"})
    await receive()


async def test_a_path_is_decoded_and_its_query_is_not():
    socket = WebsocketCommunicator(echo_scope, "/w%C3%A4rd/?a=%20b")
    await socket.connect()
    assert await socket.receive_from() == "/wärd/ a=%20b"
    await socket.disconnect()


async def test_the_rest_of_the_scope():
    socket = WebsocketCommunicator(
        echo_scope, "/", headers=[(b"a", b"b")], subprotocols=["x"], spec_version="2.3"
    )
    assert socket.scope["headers"] == [(b"a", b"b")]
    assert socket.scope["subprotocols"] == ["x"]
    assert socket.scope["asgi"] == {"spec_version": "2.3"}
    http = HttpCommunicator(echo_scope, "get", "/x?y=1")
    assert (http.scope["method"], http.scope["path"], http.scope["query_string"]) == ("GET", "/x", b"y=1")


async def test_wrong_use_is_told():
    with pytest.raises(TypeError, match="Expected str"):
        WebsocketCommunicator(echo_scope, b"/")
    socket = WebsocketCommunicator(echo_scope, "/")
    with pytest.raises(AssertionError):
        await socket.send_to()
    with pytest.raises(AssertionError):
        await socket.send_to(text_data="a", bytes_data=b"b")
    with pytest.raises(AssertionError):
        await socket.send_to(text_data=b"bytes")


async def test_an_application_that_says_nothing_in_time():
    async def silent(scope, receive, send):
        await asyncio.sleep(60)

    connection = ApplicationCommunicator(silent, {"type": "test"})
    assert await connection.receive_nothing(0.01)
    with pytest.raises(TimeoutError):
        await connection.receive_output(0.01)
    await connection.wait()


async def test_an_error_of_the_application_comes_out_at_once():
    async def broken(scope, receive, send):
        raise RuntimeError("broken")

    with pytest.raises(RuntimeError, match="broken"):
        await asyncio.wait_for(WebsocketCommunicator(broken, "/").connect(timeout=600), 60)


async def test_an_application_that_says_nothing_is_given_up():
    async def silent(scope, receive, send):
        await asyncio.get_running_loop().create_future()

    connection = WebsocketCommunicator(silent, "/")
    with pytest.raises(asyncio.TimeoutError):
        await connection.connect(timeout=0.01)
    assert connection.future.cancelled()


async def test_an_application_that_has_ended_without_a_word_is_given_up_at_once():
    async def short(scope, receive, send):
        pass

    with pytest.raises(asyncio.TimeoutError):
        await asyncio.wait_for(WebsocketCommunicator(short, "/").receive_output(timeout=600), 60)
