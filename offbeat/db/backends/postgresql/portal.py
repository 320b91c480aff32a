"""Cursors of the server: the rows stay there until they are fetched."""

from __future__ import annotations

from typing import Any

__all__ = ["Portal"]


class Portal:
    """A declared cursor, with the commands that use it; `inner` is the driver's cursor they run on."""

    def __init__(self, name: str, inner: Any, holdable: bool) -> None:
        self.name = '"' + name.replace('"', '""') + '"'
        self.inner = inner
        # Whether it outlives its transaction.
        self.holdable = holdable
        self.open = False

    def __getattr__(self, name: str) -> Any:
        return getattr(self.__dict__["inner"], name)

    def declaration(self, sql: str) -> str:
        hold = "WITH HOLD" if self.holdable else "WITHOUT HOLD"
        return f"DECLARE {self.name} NO SCROLL CURSOR {hold} FOR {sql}"

    def fetching(self, size: int | None) -> str:
        return f"FETCH FORWARD {'ALL' if size is None else size} FROM {self.name}"

    def closing(self) -> str:
        return f"CLOSE {self.name}"
