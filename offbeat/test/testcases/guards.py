"""Which databases a test may use."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable
from difflib import get_close_matches
from typing import Any

from offbeat.core.exceptions import ImproperlyConfigured
from offbeat.db import connections

__all__ = ["ALL_DATABASES", "DatabaseOperationForbidden", "check_aliases", "forbid", "permit"]

ALL_DATABASES = "__all__"

# The ways to a database; each of them is replaced on the connections that a test must not use.
_OPERATIONS = {
    "connect": "connections",
    "temporary_connection": "connections",
    "cursor": "queries",
    "chunked_cursor": "queries",
    "fetch_all": "queries",
    "run": "queries",
    "run_many": "queries",
    "stream": "queries",
}


class DatabaseOperationForbidden(AssertionError):
    """The test used a database which is not among its ``databases``."""


class _DatabaseFailure:
    """Stands for a method of a connection which must not be called."""

    def __init__(self, wrapped: Any, message: Callable[[str], str], operation: str) -> None:
        self.wrapped = wrapped
        self.message = message
        self.operation = operation
        self.thread = threading.get_ident()

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        threaded = threading.get_ident() != self.thread
        raise DatabaseOperationForbidden(self.message("threaded connections" if threaded else self.operation))


def check_aliases(databases: Iterable[str] | str, test: str) -> frozenset[str]:
    """The aliases of ``databases``; ImproperlyConfigured for one that does not exist."""
    if databases == ALL_DATABASES:
        return frozenset(connections)
    for alias in databases:
        if alias not in connections:
            message = f"{test}.databases refers to {alias!r} which is not defined in settings.DATABASES."
            matches = get_close_matches(alias, list(connections))
            if matches:
                message += f" Did you mean {matches[0]!r}?"
            raise ImproperlyConfigured(message)
    return frozenset(databases)


def forbid(aliases: Iterable[str], template: str, test: str) -> None:
    """Let every use of the databases fail with a message made of the template."""
    for alias in connections:
        if alias not in aliases:
            continue
        connection = connections[alias]

        def message(operation: str, alias: str = alias) -> str:
            return template % {"test": test, "alias": alias, "operation": operation}

        for name, operation in _OPERATIONS.items():
            method = getattr(connection, name, None)
            if method is not None and not isinstance(method, _DatabaseFailure):
                setattr(connection, name, _DatabaseFailure(method, message, operation))


def permit(aliases: Iterable[str]) -> None:
    """Undo :func:`forbid`."""
    for alias in aliases:
        connection = connections[alias]
        for name in _OPERATIONS:
            if isinstance(connection.__dict__.get(name), _DatabaseFailure):
                delattr(connection, name)
