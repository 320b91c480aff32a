"""Transactions. Source: Django documentation, topics/db/transactions; docs/internals/connections."""

from __future__ import annotations

import functools
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import TracebackType
from typing import Any, TypeVar, overload

from offbeat.concurrency import spawn
from offbeat.concurrency.marks import iscoroutinefunction
from offbeat.db.backends.base.session import TransactionManagementError
from offbeat.db.registry import connections
from offbeat.db.utils import DEFAULT_DB_ALIAS
from offbeat.utils.deprecation import RemovedInDjango2028Warning

__all__ = [
    "Atomic",
    "TransactionManagementError",
    "atomic",
    "clean_savepoints",
    "commit",
    "get_autocommit",
    "get_connection",
    "get_rollback",
    "mark_for_rollback_on_error",
    "non_atomic_requests",
    "on_commit",
    "rollback",
    "savepoint",
    "savepoint_commit",
    "savepoint_create",
    "savepoint_rollback",
    "set_autocommit",
    "set_rollback",
]

F = TypeVar("F", bound=Callable[..., Any])


def get_connection(using: str | None = None) -> Any:
    """The wrapper of an alias; of the default database without one."""
    return connections[DEFAULT_DB_ALIAS if using is None else using]


def get_autocommit(using: str | None = None) -> bool:
    """Whether statements outside `atomic()` commit by themselves."""
    return get_connection(using).get_autocommit()  # type: ignore[no-any-return]


def set_autocommit(autocommit: bool, using: str | None = None) -> None:
    """Turn autocommit on or off. Raises TransactionManagementError inside `atomic()`."""
    get_connection(using).set_autocommit(autocommit)


def commit(using: str | None = None) -> None:
    """Commit a manual transaction. Raises TransactionManagementError inside `atomic()`."""
    get_connection(using).commit()


def rollback(using: str | None = None) -> None:
    """Roll a manual transaction back. Raises TransactionManagementError inside `atomic()`."""
    get_connection(using).rollback()


def savepoint_create(using: str | None = None) -> str | None:
    """Make a savepoint in the current transaction; returns its id."""
    return get_connection(using).savepoint()  # type: ignore[no-any-return]


def savepoint(using: str | None = None) -> str | None:
    """The old name of :func:`savepoint_create`."""
    warnings.warn(
        "savepoint() is deprecated. Use savepoint_create() instead.", RemovedInDjango2028Warning, stacklevel=2
    )
    return savepoint_create(using)


def savepoint_rollback(sid: str | None, using: str | None = None) -> None:
    """Undo what happened since the savepoint."""
    get_connection(using).savepoint_rollback(sid)


def savepoint_commit(sid: str | None, using: str | None = None) -> None:
    """Release the savepoint."""
    get_connection(using).savepoint_commit(sid)


def clean_savepoints(using: str | None = None) -> None:
    """Restart the numbering of savepoint ids."""
    get_connection(using).clean_savepoints()


def get_rollback(using: str | None = None) -> bool:
    """Whether the innermost block will be rolled back at its end."""
    return get_connection(using).get_rollback()  # type: ignore[no-any-return]


def set_rollback(rollback: bool, using: str | None = None) -> None:
    """Force (or, after an error was dealt with, prevent) a rollback at the end of the innermost block."""
    get_connection(using).set_rollback(rollback)


def on_commit(func: Callable[[], Any], using: str | None = None, robust: bool = False) -> None:
    """Call `func` when the transaction has been committed; `robust`: errors are logged, not raised."""
    get_connection(using).on_commit(func, robust)


@contextmanager
def mark_for_rollback_on_error(using: str | None = None) -> Iterator[None]:
    """An exception in this block makes the enclosing `atomic()` roll back: cheaper than a savepoint."""
    try:
        yield
    except Exception as exc:
        wrapper = get_connection(using)
        if wrapper.in_atomic_block:
            wrapper.needs_rollback = True
            wrapper.rollback_exc = exc
        raise


class Atomic:
    """All or nothing: `with atomic():`, `async with atomic():`, or as a decorator of either kind of function.

    The outermost block is a transaction, inner ones are savepoints. An object can be used many times, also nested
    in itself.
    """

    __slots__ = ("_entered", "_from_testcase", "durable", "savepoint", "using")

    def __init__(self, using: str | None, savepoint: bool, durable: bool) -> None:
        self.using = using
        self.savepoint = savepoint
        self.durable = durable
        self._from_testcase = False
        self._entered: list[Any] = []

    def __enter__(self) -> None:
        wrapper = get_connection(self.using)
        self._entered.append((wrapper, *wrapper.enter_block(self)))

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc_value: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        wrapper, block, before = self._leave()
        wrapper.exit_block(block, before, exc_value)

    def _leave(self) -> tuple[Any, Any, Any]:
        """What __enter__ noted; when several tasks are in the same object, that of the current one."""
        entered = self._entered
        if len(entered) > 1:
            current = entered[-1][0].current_block()
            for index in range(len(entered) - 1, -1, -1):
                if entered[index][1] is current:
                    return entered.pop(index)  # type: ignore[no-any-return]
        return entered.pop()  # type: ignore[no-any-return]

    async def __aenter__(self) -> None:
        await spawn(self.__enter__)

    async def __aexit__(
        self,
        exc_type: type[BaseException] | None,
        exc_value: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await spawn(self.__exit__, exc_type, exc_value, traceback)

    def _again(self) -> Atomic:
        """For each call of a decorated function one of its own: calls may overlap."""
        fresh = Atomic(self.using, self.savepoint, self.durable)
        fresh._from_testcase = self._from_testcase
        return fresh

    def __call__(self, func: F) -> F:
        if iscoroutinefunction(func):

            @functools.wraps(func)
            async def ainner(*args: Any, **kwargs: Any) -> Any:
                async with self._again():
                    return await func(*args, **kwargs)

            return ainner  # type: ignore[return-value]

        @functools.wraps(func)
        def inner(*args: Any, **kwargs: Any) -> Any:
            with self._again():
                return func(*args, **kwargs)

        return inner  # type: ignore[return-value]


@overload
def atomic(using: F) -> F: ...


@overload
def atomic(using: str | None = None, savepoint: bool = True, durable: bool = False) -> Atomic: ...


def atomic(using: Any = None, savepoint: bool = True, durable: bool = False) -> Any:
    """A block of code that takes effect as a whole or not at all.

    `using`: alias of the database. `savepoint=False`: an inner block without a savepoint of its own. `durable`: raises
    RuntimeError unless this is the outermost block.
    """
    if callable(using):
        return Atomic(DEFAULT_DB_ALIAS, savepoint, durable)(using)
    return Atomic(using, savepoint, durable)


def _non_atomic_requests(view: F, using: str) -> F:
    try:
        view._non_atomic_requests.add(using)  # type: ignore[attr-defined]
    except AttributeError:
        view._non_atomic_requests = {using}  # type: ignore[attr-defined]
    return view


@overload
def non_atomic_requests(using: F) -> F: ...


@overload
def non_atomic_requests(using: str | None = None) -> Callable[[F], F]: ...


def non_atomic_requests(using: Any = None) -> Any:
    """Decorator of views that ATOMIC_REQUESTS shall leave alone, for one database or (the default one) without."""
    if callable(using):
        return _non_atomic_requests(using, DEFAULT_DB_ALIAS)
    alias = DEFAULT_DB_ALIAS if using is None else using
    return lambda view: _non_atomic_requests(view, alias)
