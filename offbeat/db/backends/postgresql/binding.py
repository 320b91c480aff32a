"""Which statements are prepared on the server, with their parameters apart.

Parameters written into the SQL behave as literals do, which is what the documentation describes. A statement that runs
often is tried the other way, outside transactions, where a refusal does no harm; what the server refuses stays as it was.
"""

from __future__ import annotations

from typing import Any

__all__ = ["Binding"]

# How many statements are watched at a time.
LIMIT = 5000

_REFUSED: Any = object()


class Binding:
    """Counts how often statements run; knows which types of parameters the server has taken."""

    def __init__(self, threshold: int | None, always: bool) -> None:
        # After how many runs a statement is prepared; None: never.
        self.threshold = threshold
        # Whether parameters always go apart (OPTIONS["server_side_binding"]).
        self.always = always
        self.known: dict[str, Any] = {}
        # Refused, but perhaps because of their values.
        self.doubts: set[str] = set()

    def hot(self, sql: str) -> bool:
        """Count a run; whether the statement is one to prepare."""
        threshold = self.threshold
        if threshold is None:
            return False
        state = self.known.get(sql, 0)
        if type(state) is not int:
            return state is not _REFUSED
        if state >= threshold:
            self.known[sql] = set()
            return True
        if len(self.known) >= LIMIT:
            self.known.clear()
        self.known[sql] = state + 1
        return False

    def proven(self, sql: str, types: Any) -> bool:
        """Whether the server has taken it before, with parameters of these types."""
        state = self.known.get(sql)
        return type(state) is set and types in state

    def taken(self, sql: str, types: Any) -> None:
        """The server has prepared it."""
        state = self.known.get(sql)
        if type(state) is set:
            state.add(types)

    def doubted(self, sql: str) -> None:
        """The server has not run it. If it runs with its parameters inside, they must not be apart."""
        self.doubts.add(sql)

    def settle(self, sql: str, succeeded: bool) -> None:
        """How a doubted statement has fared."""
        if sql in self.doubts:
            self.doubts.discard(sql)
            if succeeded:
                self.refused(sql)

    def refused(self, sql: str) -> None:
        """Never again."""
        self.known[sql] = _REFUSED

    def forget(self) -> None:
        """The tables have changed."""
        self.known.clear()
