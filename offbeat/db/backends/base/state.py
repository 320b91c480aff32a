"""What the current code (a context) and a transaction's block know of each other."""

from __future__ import annotations

from collections import deque
from threading import get_ident
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from offbeat.db.backends.base.session import Session

__all__ = ["MOVED", "NEVER", "Block", "Result", "Scope"]


class Result(NamedTuple):
    """Outcome of a statement that changes data; `rows` when it returns some (RETURNING)."""

    rowcount: int
    lastrowid: Any
    rows: list[tuple[Any, ...]] | None


class Block:
    """One `atomic()` block (or a manually managed transaction) of a session."""

    __slots__ = ("atomic", "closed", "outermost", "savepoint", "session", "thread_id")

    def __init__(self, session: Session, atomic: Any = None) -> None:
        self.session = session
        self.atomic = atomic
        self.closed = False
        self.outermost = False
        self.savepoint: str | None = None
        self.thread_id = get_ident()


class Scope:
    """What one context knows of one database: its innermost block, and who watches its queries.

    Replaced, not changed, so that a child task keeps what it was started with, and so that "nothing has changed
    since" is a comparison of two references.
    """

    __slots__ = ("block", "debug", "log", "wrappers")

    def __init__(
        self,
        block: Block | None = None,
        wrappers: list[Any] | None = None,
        debug: bool = False,
        log: deque[dict[str, str]] | None = None,
    ) -> None:
        self.block = block
        self.wrappers = wrappers
        self.debug = debug
        self.log = log


# No context ever has this scope: a session whose `fast_scope` it is takes the careful way.
NEVER: Any = Scope()

# What a statement gives that was to run in the loop's thread, but has to be moved off it.
MOVED: Any = object()
