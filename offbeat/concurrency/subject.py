"""What the running code is about: the request, say, for whoever has to know and is called far below its handler.

A context variable in effect. But setting one costs more than all else that a short request does with its context, so the
code that a bridge begins with finds it on its bridges, and it becomes a variable where the context is passed on.
"""

from __future__ import annotations

from contextvars import Context, ContextVar, copy_context
from typing import Any

from greenlet import getcurrent

from .bridge import Bridge

__all__ = ["context_to_pass_on", "publish", "subject"]

_subject: ContextVar[Any] = ContextVar("offbeat.concurrency.subject", default=None)


def subject() -> Any:
    """What the code of this bridge or context is about; None where nobody has said."""
    outer = getcurrent()
    while outer is not None:
        if type(outer) is Bridge and outer.subject is not None:
            return outer.subject
        outer = outer.parent
    return _subject.get()


def publish() -> None:
    """Make what the code of this bridge is about known to its context, which is going to be copied."""
    value = subject()
    if value is not _subject.get():
        _subject.set(value)


def context_to_pass_on() -> Context:
    """A copy of the context for code that runs elsewhere and is about the same."""
    publish()
    return copy_context()
