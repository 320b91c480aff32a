"""What happens during a request of a client: the templates that are rendered, the exception that is raised."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from copy import copy
from typing import Any

from offbeat.core.signals import got_request_exception
from offbeat.test.signals import template_rendered
from offbeat.test.utils import ContextList

__all__ = ["Captured", "capture"]


class Captured:
    """Templates and contexts in the order of rendering, and the last unhandled exception."""

    __slots__ = ("contexts", "exc_info", "templates")

    def __init__(self) -> None:
        self.templates: list[Any] = []
        self.contexts: ContextList = ContextList()
        self.exc_info: Any = None


# Requests may be nested, and run side by side in tasks: each sees what happens in its own context.
_current: ContextVar[Captured | None] = ContextVar("offbeat.test.client.captured", default=None)


def _store_template(sender: Any, template: Any, context: Any, **kwargs: Any) -> None:
    captured = _current.get()
    if captured is not None:
        captured.templates.append(template)
        captured.contexts.append(copy(context))


def _store_exception(sender: Any, **kwargs: Any) -> None:
    captured = _current.get()
    if captured is not None:
        captured.exc_info = sys.exc_info()


@contextmanager
def capture() -> Iterator[Captured]:
    """Collect in the block, in its context and those copied from it."""
    template_rendered.connect(_store_template, dispatch_uid="offbeat.test.client.template")
    got_request_exception.connect(_store_exception, dispatch_uid="offbeat.test.client.exception")
    captured = Captured()
    outer = _current.get()
    _current.set(captured)
    try:
        yield captured
    finally:
        _current.set(outer)
