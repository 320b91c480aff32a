"""Handlers of several configured backends by alias."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from asgiref.local import Local

from offbeat.conf import settings as project_settings
from offbeat.utils.functional import cached_property


class ConnectionProxy:
    """Stands for ``connections[alias]``, whatever that is at the moment of use."""

    def __init__(self, connections: Any, alias: str) -> None:
        self.__dict__["_connections"] = connections
        self.__dict__["_alias"] = alias

    def __getattr__(self, item: str) -> Any:
        return getattr(self._connections[self._alias], item)

    def __setattr__(self, name: str, value: Any) -> None:
        setattr(self._connections[self._alias], name, value)

    def __delattr__(self, name: str) -> None:
        delattr(self._connections[self._alias], name)

    def __contains__(self, key: object) -> bool:
        return key in self._connections[self._alias]

    def __eq__(self, other: object) -> bool:
        return bool(self._connections[self._alias] == other)

    def __hash__(self) -> int:
        return hash(self._connections[self._alias])


class ConnectionDoesNotExist(Exception):
    """No connection is configured under the alias."""


class BaseConnectionHandler:
    """Makes connections at their first use; subclasses define ``create_connection(alias)``."""

    settings_name: str | None = None
    exception_class: type[Exception] = ConnectionDoesNotExist
    thread_critical = False

    def __init__(self, settings: Any = None) -> None:
        self._settings = settings
        self._connections = Local(self.thread_critical)

    @cached_property
    def settings(self) -> Any:
        """The configuration by alias."""
        self._settings = self.configure_settings(self._settings)
        return self._settings

    def configure_settings(self, settings: Any) -> Any:
        """The configuration as it is used; by default, the project's setting."""
        if settings is None:
            assert self.settings_name is not None
            settings = getattr(project_settings, self.settings_name)
        return settings

    def create_connection(self, alias: str) -> Any:
        """Make the connection of an alias."""
        raise NotImplementedError("Subclasses must implement create_connection().")

    def __getitem__(self, alias: str) -> Any:
        try:
            return getattr(self._connections, alias)
        except AttributeError:
            if alias not in self.settings:
                raise self.exception_class(f"The connection '{alias}' doesn't exist.")
        connection = self.create_connection(alias)
        setattr(self._connections, alias, connection)
        return connection

    def __setitem__(self, key: str, value: Any) -> None:
        setattr(self._connections, key, value)

    def __delitem__(self, key: str) -> None:
        delattr(self._connections, key)

    def __iter__(self) -> Iterator[str]:
        return iter(self.settings)

    def all(self, initialized_only: bool = False) -> list[Any]:
        """All connections, or those that exist already."""
        return [self[alias] for alias in self if not initialized_only or hasattr(self._connections, alias)]

    def close_all(self) -> None:
        """Close the connections that exist."""
        for connection in self.all(initialized_only=True):
            connection.close()
