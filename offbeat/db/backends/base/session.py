"""A connection with its transaction: the stack of blocks, and whose turn it is.

Source: Django documentation, topics/db/transactions; the rules are in docs/internals/connections.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from offbeat.db.backends.base.state import NEVER, Block
from offbeat.db.utils import DatabaseError, Error, ProgrammingError

if TYPE_CHECKING:
    from offbeat.db.backends.base.base import BaseDatabaseWrapper

__all__ = ["Session", "TransactionManagementError"]

_OUTLIVED = (
    "This code was started inside an atomic() block that has ended. Wait for it inside the block, or start it "
    "detached (offbeat.concurrency.detached)."
)
_BROKEN = "An error occurred in the current transaction. You can't execute queries until the end of the 'atomic' block."


class TransactionManagementError(ProgrammingError):
    """Transactions are used in a way that cannot work."""


class Session:
    """State of one connection. Subclasses know how to wait, and how to reach the driver."""

    # What identifies the owner: a thread's ident, or None for the session of a task.
    thread_id: int | None = None

    def __init__(self, wrapper: BaseDatabaseWrapper, link: Any = None) -> None:
        self.wrapper = wrapper
        self.link = link
        self.fast_scope: Any = NEVER
        self.fast_execute: Any = None
        self.autocommit = True
        self.commit_on_exit = True
        self.closed_in_transaction = False
        self.blocks: list[Block] = []
        self.savepoint_ids: list[str | None] = []
        self.savepoint_state = 0
        self.run_on_commit: list[tuple[set[str | None], Any, bool]] = []
        self.rollback_exc: BaseException | None = None
        self.close_at: float | None = None
        self.errors_occurred = False
        self.health_check_enabled = False
        self.health_check_done = False
        self._needs_rollback = False

    @property
    def in_atomic_block(self) -> bool:
        return bool(self.blocks)

    @property
    def needs_rollback(self) -> bool:
        return self._needs_rollback

    @needs_rollback.setter
    def needs_rollback(self, value: bool) -> None:
        self._needs_rollback = value
        if not value:
            self.rollback_exc = None
        self.refresh_fast()

    def refresh_fast(self) -> None:
        """Decide in which scope a statement needs no look at the state at all."""
        self.fast_scope = NEVER

    def check_health(self) -> None:
        """Find out whether the connection still answers, where that was asked for."""

    def claim(self, block: Block | None) -> None:
        """Wait until it is the turn of a statement of `block`."""
        raise NotImplementedError

    def release(self) -> None:
        """Let the next statement come."""
        raise NotImplementedError

    def claim_exit(self, block: Block) -> BaseException | None:
        """Wait, through any cancellation, until `block` can be left; the first cancellation."""
        cancelled: BaseException | None = None
        while True:
            try:
                self.claim(block)
                return cancelled
            except asyncio.CancelledError as exc:
                cancelled = cancelled or exc

    def io(self, name: str, *args: Any) -> Any:
        """Call a method of the link. The caller holds the turn."""
        raise NotImplementedError

    def final_io(self, sql: str) -> BaseException | None:
        """Run a command to its end whatever happens; returns a cancellation that came meanwhile."""
        raise NotImplementedError

    def validate_no_broken_transaction(self) -> None:
        if self._needs_rollback:
            raise TransactionManagementError(_BROKEN) from self.rollback_exc

    def outlived(self) -> TransactionManagementError:
        return TransactionManagementError(_OUTLIVED)

    def perform(self, block: Block | None, name: str, *args: Any) -> Any:
        """One statement: wait for the turn, check the state, call the driver."""
        self.claim(block)
        try:
            self.prepare()
            return self.io(name, *args)
        except BaseException as exc:
            self.after_error(exc)
            raise
        finally:
            self.release()

    def prepare(self) -> None:
        """Bring the connection into the state in which a statement can run."""
        if self.health_check_enabled and not self.blocks:
            self.check_health()
        if self.link is None:
            if self.blocks and self.closed_in_transaction:
                raise ProgrammingError("Cannot open a new connection in an atomic block.")
            self.wrapper.open_session(self)
        if self._needs_rollback:
            self.validate_no_broken_transaction()
        if not self.autocommit and not self.blocks and not self.link.in_transaction:
            self.command(self.wrapper.ops.start_transaction_sql())

    def after_error(self, exc: BaseException) -> None:
        """Some errors end the whole transaction in the database: no statement may go on as if in it."""
        link = self.link
        if self.blocks and link is not None and not link.in_transaction and not self._needs_rollback:
            self.needs_rollback = True
            self.rollback_exc = exc

    def command(self, sql: str) -> None:
        """A transaction command, logged like a query."""
        sql = sql.rstrip(";")
        self.wrapper.log_command(self, sql, lambda: self.io("command", sql))

    def _final(self, sql: str) -> BaseException | None:
        sql = sql.rstrip(";")
        cancelled: list[BaseException | None] = []
        self.wrapper.log_command(self, sql, lambda: cancelled.append(self.final_io(sql)))
        return cancelled[0]

    def _next_savepoint(self) -> str:
        self.savepoint_state += 1
        return f"s{self.thread_id or id(self)}_x{self.savepoint_state}"

    def savepoint(self) -> str:
        """Make a savepoint; the caller holds the turn."""
        sid = self._next_savepoint()
        if not self.link.in_transaction and not self.autocommit:
            self.command(self.wrapper.ops.start_transaction_sql())
        self.wrapper.run_savepoint_sql(self, self.wrapper.ops.savepoint_create_sql(sid))
        return sid

    def savepoint_rollback(self, sid: str) -> None:
        self.wrapper.run_savepoint_sql(self, self.wrapper.ops.savepoint_rollback_sql(sid))
        self.run_on_commit = [hook for hook in self.run_on_commit if sid not in hook[0]]

    def savepoint_commit(self, sid: str) -> None:
        self.wrapper.run_savepoint_sql(self, self.wrapper.ops.savepoint_commit_sql(sid))

    def enter(self, outer: Block | None, atomic: Any) -> Block:
        """Open a block: BEGIN, or a savepoint inside `outer`."""
        self.claim(outer)
        try:
            block = Block(self, atomic)
            if self.link is None or (self.health_check_enabled and not self.blocks):
                self.prepare()
            uses_savepoints = self.wrapper.features.uses_savepoints
            if not self.blocks:
                block.outermost = True
                self.needs_rollback = False
                self.commit_on_exit = self.autocommit
                if self.autocommit:
                    self.command(self.wrapper.begin_sql(atomic))
                    self.autocommit = False
                else:
                    block.savepoint = self.savepoint() if uses_savepoints else None
                    self.savepoint_ids.append(block.savepoint)
            else:
                if atomic.savepoint and not self._needs_rollback and uses_savepoints:
                    block.savepoint = self.savepoint()
                self.savepoint_ids.append(block.savepoint)
            self.blocks.append(block)
        finally:
            self.release()
        return block

    def exit(
        self, block: Block, exc: BaseException | None
    ) -> tuple[list[tuple[set[str | None], Any, bool]], BaseException | None]:
        """Close a block: commit if all went well, else roll back.

        Returns the callbacks to be called now, and a cancellation that arrived meanwhile.
        """
        cancelled = self.claim_exit(block)
        failure = exc or cancelled
        hooks: list[tuple[set[str | None], Any, bool]] = []
        try:
            block.closed = True
            if block.outermost and self.commit_on_exit:
                late, hooks = self._exit_outermost(failure)
            else:
                late = self._exit_inner(block, failure)
            cancelled = cancelled or late
        finally:
            self._pop(block)
            self.release()
        return hooks, cancelled

    def _pop(self, block: Block) -> None:
        while self.blocks:
            inner = self.blocks.pop()
            inner.closed = True
            if inner is block:
                break
            if self.savepoint_ids:
                self.savepoint_ids.pop()
        if not self.blocks:
            if self.commit_on_exit:
                self.autocommit = True
                self.needs_rollback = False
            self.commit_on_exit = True
            if self.closed_in_transaction:
                self.closed_in_transaction = False
                self.needs_rollback = False
                self.link = None

    def _exit_outermost(
        self, failure: BaseException | None
    ) -> tuple[BaseException | None, list[tuple[set[str | None], Any, bool]]]:
        if self.closed_in_transaction:
            self.run_on_commit = []
            return None, []
        if failure is None and not self._needs_rollback:
            try:
                late = self._final(self.wrapper.ops.end_transaction_sql())
            except DatabaseError:
                self._roll_back()
                raise
            hooks, self.run_on_commit = self.run_on_commit, []
            return late, hooks
        return self._roll_back(), []

    def _roll_back(self) -> BaseException | None:
        self.run_on_commit = []
        try:
            if self.link is not None and self.link.in_transaction:
                return self._final(self.wrapper.ops.end_transaction_sql(success=False))
        except Error:
            # Whatever state the connection is in, closing it ends the transaction.
            self.abandon()
        return None

    def abandon(self) -> None:
        """Drop a connection whose state is unknown."""
        link, self.link = self.link, None
        self.refresh_fast()
        if link is not None:
            link.discard()

    def _exit_inner(self, block: Block, failure: BaseException | None) -> BaseException | None:
        sid = self.savepoint_ids.pop() if self.savepoint_ids else None
        if self.closed_in_transaction:
            return None
        if failure is None and not self._needs_rollback:
            if sid is None:
                return None
            try:
                return self._final(self.wrapper.ops.savepoint_commit_sql(sid))
            except DatabaseError as error:
                self._roll_back_to(sid, error)
                raise
        if sid is None:
            self.needs_rollback = True
            self.rollback_exc = failure
            return None
        return self._roll_back_to(sid, failure)

    def _roll_back_to(self, sid: str, failure: BaseException | None) -> BaseException | None:
        self.run_on_commit = [hook for hook in self.run_on_commit if sid not in hook[0]]
        self.needs_rollback = False
        ops = self.wrapper.ops
        try:
            first = self._final(ops.savepoint_rollback_sql(sid))
            # The savepoint won't be reused: release it to keep the database's own stack small.
            return self._final(ops.savepoint_commit_sql(sid)) or first
        except Error:
            self.needs_rollback = True
            self.rollback_exc = failure
            return None

    def set_autocommit(self, autocommit: bool, begin: bool = False) -> BaseException | None:
        """Turn manual transactions on (`begin`: one begins at once) or off; returns a cancellation that came meanwhile."""
        self.claim(None)
        late: BaseException | None = None
        try:
            if self.link is None or self.health_check_enabled:
                self.prepare()
            if autocommit and self.link.in_transaction:
                late = self._final(self.wrapper.ops.end_transaction_sql())
            self.autocommit = autocommit
            if begin and not autocommit and not self.link.in_transaction:
                self.command(self.wrapper.begin_sql(None))
        finally:
            self.release()
            self.refresh_fast()
        return late

    def end_manual(self, success: bool) -> BaseException | None:
        """commit() or rollback() of a manual transaction."""
        self.claim(None)
        try:
            if self.link is not None and self.link.in_transaction:
                return self._final(self.wrapper.ops.end_transaction_sql(success=success))
            return None
        finally:
            if not success:
                self.needs_rollback = False
                self.run_on_commit = []
            self.release()
