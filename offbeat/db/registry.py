"""The connections of this process, and what happens to them at the edges of a request."""

from __future__ import annotations

from typing import Any

from offbeat.core import signals
from offbeat.db.utils import DEFAULT_DB_ALIAS, ConnectionHandler, ConnectionRouter

__all__ = ["close_old_connections", "connection", "connections", "reset_queries", "router"]


class _DefaultConnection:
    """`connection`: stands for `connections["default"]`, whichever object that is at the moment."""

    __slots__ = ()

    def __getattr__(self, name: str) -> Any:
        return getattr(connections[DEFAULT_DB_ALIAS], name)

    def __setattr__(self, name: str, value: Any) -> None:
        setattr(connections[DEFAULT_DB_ALIAS], name, value)

    def __delattr__(self, name: str) -> None:
        delattr(connections[DEFAULT_DB_ALIAS], name)

    def __contains__(self, key: object) -> bool:
        return key in connections[DEFAULT_DB_ALIAS]

    def __eq__(self, other: object) -> bool:
        return bool(connections[DEFAULT_DB_ALIAS] == other)

    def __hash__(self) -> int:
        return hash(connections[DEFAULT_DB_ALIAS])

    def __repr__(self) -> str:
        return repr(connections[DEFAULT_DB_ALIAS])


connections = ConnectionHandler()
router = ConnectionRouter()
connection: Any = _DefaultConnection()


def reset_queries(**kwargs: Any) -> None:
    """Forget the logged queries (at the start of each request)."""
    for wrapper in connections.all(initialized_only=True):
        wrapper.reset_queries_log()


def close_old_connections(**kwargs: Any) -> None:
    """Close connections of this thread that are broken or older than CONN_MAX_AGE."""
    for wrapper in connections.all(initialized_only=True):
        wrapper.close_if_unusable_or_obsolete()


signals.request_started.connect_idle(reset_queries)
signals.request_started.connect_idle(close_old_connections)
signals.request_finished.connect_idle(close_old_connections)
