from __future__ import annotations

import inspect

from offbeat.concurrency import async_face, async_function, in_bridge

from .helpers import query


class Base:
    def get(self, key: int, *, default: int = 0) -> tuple[int, int, bool]:
        """Get it."""
        return query(key), default, in_bridge()

    aget = async_face(get)


class Overriding(Base):
    def get(self, key, *, default=0):
        return ("own", *super().get(key, default=default))


def load(x: int) -> int:
    """Load it."""
    return query(x)


aload = async_function(load)


def test_face_runs_the_method_so_that_it_may_suspend(run, run_plain):
    for runner in (run, run_plain):
        assert runner(lambda: Base().aget(1, default=2)) == (1, 2, True)


def test_an_overridden_method_is_honoured(run_plain):
    assert run_plain(lambda: Overriding().aget(1)) == ("own", 1, 0, True)


def test_face_keeps_signature_and_docstring():
    assert inspect.iscoroutinefunction(Base.aget)
    assert Base.aget.__name__ == "aget"
    assert Base.aget.__qualname__ == "Base.aget"
    assert Base.aget.__doc__ == "Get it."
    assert inspect.signature(Base.aget) == inspect.signature(Base.get)


def test_async_function(run, run_plain):
    for runner in (run, run_plain):
        assert runner(lambda: aload(3)) == 3
    assert (aload.__name__, aload.__doc__) == ("aload", "Load it.")
    assert inspect.iscoroutinefunction(aload)
