"""Signals: receivers of functions, methods and coroutines, dead ones, failing ones."""

from __future__ import annotations

import gc
import logging
import pickle
import weakref
from typing import Any

import pytest

from offbeat.concurrency import spawn
from offbeat.dispatch import Signal, receiver


class Sender:
    """Something that sends."""


def collect(into: list[Any], value: Any = None) -> Any:
    def called(sender: Any, **kwargs: Any) -> Any:
        into.append((sender, kwargs.get("text")))
        return value

    return called


@pytest.fixture(params=[False, True], ids=["plain", "caching"])
def signal(request: pytest.FixtureRequest) -> Signal:
    """A signal without and with its cache."""
    return Signal(use_caching=request.param)


def test_receivers_get_sender_and_arguments(signal: Signal) -> None:
    seen: list[Any] = []
    call = collect(seen, "answer")
    signal.connect(call)
    assert signal.send(Sender, text="hi") == [(call, "answer")]
    assert seen == [(Sender, "hi")]


def test_receivers_of_one_sender_do_not_hear_others(signal: Signal) -> None:
    seen: list[Any] = []
    call = collect(seen)
    signal.connect(call, sender=Sender)
    assert signal.send(Signal) == []
    assert len(signal.send(Sender)) == 1
    assert signal.has_listeners(Sender) and not signal.has_listeners(Signal)


def test_a_receiver_is_connected_once_and_disconnected(signal: Signal) -> None:
    call = collect([])
    signal.connect(call)
    signal.connect(call)
    assert len(signal.send(Sender)) == 1
    assert signal.disconnect(call) is True
    assert signal.disconnect(call) is False
    assert signal.send(Sender) == []


def test_an_identifier_connects_once(signal: Signal) -> None:
    one, two = collect([]), collect([])
    signal.connect(one, dispatch_uid="only")
    signal.connect(two, dispatch_uid="only")
    assert [found for found, _ in signal.send(Sender)] == [one]
    assert signal.disconnect(dispatch_uid="only")


def test_dead_receivers_are_forgotten(signal: Signal) -> None:
    class Holder:
        def method(self, **kwargs: Any) -> str:
            return "alive"

    holder = Holder()
    signal.connect(holder.method)
    assert [answer for _, answer in signal.send(Sender)] == ["alive"]
    reference = weakref.ref(holder)
    del holder
    gc.collect()
    assert reference() is None
    assert signal.send(Sender) == []
    signal.connect(lambda **kwargs: 1, weak=False)
    gc.collect()
    assert [answer for _, answer in signal.send(Sender)] == [1]


def test_receivers_must_be_callable_and_take_keywords(signal: Signal) -> None:
    with pytest.raises(TypeError, match="must be callable"):
        signal.connect("text")  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="keyword arguments"):
        signal.connect(lambda sender: None)


def test_the_first_failure_stops_send(signal: Signal) -> None:
    seen: list[Any] = []

    def failing(**kwargs: Any) -> None:
        raise ValueError("no")

    call = collect(seen)
    signal.connect(failing)
    signal.connect(call)
    with pytest.raises(ValueError, match="no"):
        signal.send(Sender)
    assert seen == []


def test_send_robust_returns_failures_and_logs_them(signal: Signal, caplog: pytest.LogCaptureFixture) -> None:
    error = ValueError("no")

    def failing(**kwargs: Any) -> None:
        raise error

    call = collect([], 7)
    signal.connect(failing)
    signal.connect(call)
    with caplog.at_level(logging.ERROR):
        assert signal.send_robust(Sender) == [(failing, error), (call, 7)]
    assert "failing" in caplog.text


async def test_coroutines_are_awaited_and_functions_called() -> None:
    signal = Signal()
    seen: list[Any] = []
    call = collect(seen, "sync")

    async def coroutine(**kwargs: Any) -> str:
        return "async"

    signal.connect(call)
    signal.connect(coroutine)
    assert await signal.asend(Sender) == [(call, "sync"), (coroutine, "async")]
    assert await signal.asend_robust(Sender) == [(call, "sync"), (coroutine, "async")]
    assert await spawn(signal.send, Sender) == [(call, "sync"), (coroutine, "async")]


def test_coroutines_run_in_plain_code_too() -> None:
    signal = Signal()

    async def coroutine(**kwargs: Any) -> str:
        return "async"

    signal.connect(coroutine)
    assert signal.send(Sender) == [(coroutine, "async")]


async def test_a_failing_coroutine_raises_its_own_error() -> None:
    signal = Signal()

    async def failing(**kwargs: Any) -> None:
        raise ValueError("no")

    async def fine(**kwargs: Any) -> int:
        return 1

    signal.connect(failing)
    signal.connect(fine)
    with pytest.raises(ValueError, match="no"):
        await signal.asend(Sender)
    answers = dict(await signal.asend_robust(Sender))
    assert answers[fine] == 1 and isinstance(answers[failing], ValueError)


def test_the_decorator_connects_to_several() -> None:
    one, two = Signal(), Signal()

    @receiver([one, two], sender=Sender)
    def called(**kwargs: Any) -> int:
        return 3

    assert one.send(Sender) == two.send(Sender) == [(called, 3)]
    assert one.send(Signal) == []


def test_a_receiver_may_disconnect_while_the_signal_runs(signal: Signal) -> None:
    def once(**kwargs: Any) -> int:
        signal.disconnect(once)
        return 1

    signal.connect(once)
    assert len(signal.send(Sender)) == 1
    assert signal.send(Sender) == []


def test_own_exceptions_survive_pickling() -> None:
    from offbeat.core.exceptions import ValidationError

    assert pickle.loads(pickle.dumps(ValidationError("no"))).messages == ["no"]
