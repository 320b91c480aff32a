"""The transaction part of a connection's face. Source: Django documentation, topics/db/transactions."""

from __future__ import annotations

import inspect
import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from offbeat.concurrency import wait
from offbeat.db.backends.base.execution import Execution
from offbeat.db.backends.base.loop_session import LoopSession, at_home
from offbeat.db.backends.base.session import Session, TransactionManagementError
from offbeat.db.backends.base.state import Block, Scope

__all__ = ["Transactions"]

logger = logging.getLogger("offbeat.db.backends.base")
Hook = tuple[set[str | None], Callable[[], Any], bool]


class Transactions(Execution):
    """Blocks, savepoints, manual transactions, and callbacks for after the commit."""

    features: Any

    def enter_block(self, atomic: Any) -> tuple[Block, Scope | None]:
        """Enter an `atomic()` block; returns it with the scope to restore at its end."""
        before = self._scope.get()
        session, outer = self.find_session()
        pinned: LoopSession | None = None
        if session is None:
            session = pinned = self._pin_for(atomic)
        elif atomic.durable and session.blocks:
            top = session.blocks[-1].atomic
            if not getattr(top, "_from_testcase", False):
                raise RuntimeError("A durable atomic block cannot be nested within another atomic block.")
        try:
            with self.wrap_database_errors:
                block: Block = at_home(session, session.enter, outer, atomic)
        except BaseException:
            if pinned is not None:
                self._unpin(pinned)
            raise
        if before is None:
            self._scope.set(Scope(block))
        else:
            self._scope.set(Scope(block, before.wrappers, before.debug, before.log))
        session.refresh_fast()
        return block, before

    def _pin_for(self, atomic: Any) -> LoopSession:
        """A pinned connection for a transaction; writers pass the gate before they take one."""
        gate = self.write_gate() if self.gated(atomic) else None
        if gate is not None:
            wait(self.pass_gate(gate))
        try:
            session = self.checkout()
        except BaseException:
            if gate is not None:
                gate.release()
            raise
        session.gate = gate
        session.for_block = True
        return session

    def _unpin(self, session: LoopSession) -> None:
        gate, session.gate = session.gate, None
        self.give_back(session)
        if gate is not None:
            gate.release()

    @contextmanager
    def session(self) -> Iterator[None]:
        """Pin one connection for this block (settings made in it do not reach others). In plain threads it always is."""
        session, _ = self.find_session()
        if session is not None:
            yield
            return
        pinned = self.checkout()
        block = Block(pinned)
        before = self._scope.get()
        old = before or Scope()
        self._scope.set(Scope(block, old.wrappers, old.debug, old.log))
        try:
            yield
        finally:
            block.closed = True
            self._restore_scope(before)
            self.give_back(pinned)

    def gated(self, atomic: Any) -> bool:
        """Whether a transaction must pass the write gate."""
        return False

    def exit_block(self, block: Block, before: Scope | None, exc: BaseException | None) -> None:
        """Leave an `atomic()` block; `before` is the scope outside of it."""
        session = block.session
        hooks: list[Hook] = []
        cancelled: BaseException | None = None
        try:
            with self.wrap_database_errors:
                hooks, cancelled = at_home(session, session.exit, block, exc)
        finally:
            self._restore_scope(before)
            if block.outermost and isinstance(session, LoopSession) and session.for_block:
                self._unpin(session)
            else:
                session.refresh_fast()
        self._run_hooks(hooks)
        if cancelled is not None and exc is None:
            raise cancelled

    def _restore_scope(self, before: Scope | None) -> None:
        # Wrappers and logs that were set up inside the block outlive it, as attributes of a connection would.
        now = self._scope.get()
        if now is None or (
            before is not None
            and (now.wrappers, now.debug, now.log) == (before.wrappers, before.debug, before.log)
        ):
            self._scope.set(before)
        elif before is None and now.wrappers is None and not now.debug and now.log is None:
            self._scope.set(None)
        else:
            outer = before.block if before is not None else None
            self._scope.set(Scope(outer, now.wrappers, now.debug, now.log))

    def _run_hooks(self, hooks: list[Hook]) -> None:
        for _, func, robust in hooks:
            self._run_hook(func, robust)

    def _run_hook(self, func: Callable[[], Any], robust: bool) -> None:
        try:
            result = func()
            if inspect.isawaitable(result):
                wait(result)
        except Exception as exc:
            if not robust:
                raise
            name = getattr(func, "__qualname__", repr(func))
            logger.error(f"Error calling {name} in on_commit() (%s).", exc, exc_info=True)

    def on_commit(self, func: Callable[[], Any], robust: bool = False) -> None:
        """Call `func` (async functions are awaited) after the transaction commits; now, if there is none."""
        if not callable(func):
            raise TypeError("on_commit()'s callback must be a callable.")
        session = self.current_session()
        if session is not None and session.blocks:
            session.run_on_commit.append((set(session.savepoint_ids), func, robust))
        elif session is not None and not session.autocommit:
            raise TransactionManagementError("on_commit() cannot be used in manual transaction management")
        else:
            self._run_hook(func, robust)

    def run_and_clear_commit_hooks(self) -> None:
        """Call the callbacks that wait for the commit."""
        self.validate_no_atomic_block()
        session = self.current_session()
        if session is not None:
            hooks, session.run_on_commit = session.run_on_commit, []
            self._run_hooks(hooks)

    # State of the current code's session. On a loop without a pinned session there is nothing to see.

    def _need_session(self) -> Session:
        session = self.current_session()
        if session is None:
            raise TransactionManagementError(
                "There is no transaction here: outside atomic(), each statement uses a connection of its own."
            )
        return session

    @property
    def in_atomic_block(self) -> bool:
        session = self.current_session()
        return session is not None and bool(session.blocks)

    @property
    def atomic_blocks(self) -> list[Any]:
        session = self.current_session()
        return [] if session is None else [block.atomic for block in session.blocks]

    @property
    def savepoint_ids(self) -> list[str | None]:
        session = self.current_session()
        return [] if session is None else session.savepoint_ids

    @property
    def savepoint_state(self) -> int:
        session = self.current_session()
        return 0 if session is None else session.savepoint_state

    @property
    def commit_on_exit(self) -> bool:
        session = self.current_session()
        return session is None or session.commit_on_exit

    @property
    def closed_in_transaction(self) -> bool:
        session = self.current_session()
        return session is not None and session.closed_in_transaction

    @property
    def run_on_commit(self) -> list[Hook]:
        session = self.current_session()
        return [] if session is None else session.run_on_commit

    @run_on_commit.setter
    def run_on_commit(self, hooks: list[Hook]) -> None:
        self._need_session().run_on_commit = hooks

    @property
    def needs_rollback(self) -> bool:
        session = self.current_session()
        return session is not None and session.needs_rollback

    @needs_rollback.setter
    def needs_rollback(self, value: bool) -> None:
        self._need_session().needs_rollback = value

    @property
    def rollback_exc(self) -> BaseException | None:
        session = self.current_session()
        return None if session is None else session.rollback_exc

    @rollback_exc.setter
    def rollback_exc(self, exc: BaseException | None) -> None:
        self._need_session().rollback_exc = exc

    @property
    def autocommit(self) -> bool:
        session = self.current_session()
        return session is None or session.autocommit

    def get_autocommit(self) -> bool:
        """Whether statements outside `atomic()` commit by themselves."""
        self.ensure_connection()
        return self.autocommit

    def ensure_connection(self) -> None:
        raise NotImplementedError

    def set_autocommit(
        self, autocommit: bool, force_begin_transaction_with_broken_autocommit: bool = False
    ) -> None:
        """Turn manual transaction management on (False) or off (True); off commits what is open."""
        begin = force_begin_transaction_with_broken_autocommit
        self.validate_no_atomic_block()
        session = self.current_session()
        if session is None:
            if autocommit:
                return
            session = self._pin_manual()
        cancelled: BaseException | None = None
        with self.wrap_database_errors:
            cancelled = at_home(session, session.set_autocommit, autocommit, begin)
        if autocommit:
            if isinstance(session, LoopSession) and session.manual:
                session.manual.closed = True
                session.manual = None
                scope = self._scope.get()
                self._restore_scope(
                    None if scope is None else Scope(None, scope.wrappers, scope.debug, scope.log)
                )
                self._unpin(session)
            hooks, session.run_on_commit = session.run_on_commit, []
            self._run_hooks(hooks)
        if cancelled is not None:
            raise cancelled

    def _pin_manual(self) -> LoopSession:
        """On a loop, manual transactions pin a connection to the current context until autocommit is back."""
        session = self.checkout()
        session.manual = Block(session)
        before = self._scope.get() or Scope()
        self._scope.set(Scope(session.manual, before.wrappers, before.debug, before.log))
        return session

    def get_rollback(self) -> bool:
        """Whether the innermost block will be rolled back."""
        if not self.in_atomic_block:
            raise TransactionManagementError("The rollback flag doesn't work outside of an 'atomic' block.")
        return self.needs_rollback

    def set_rollback(self, rollback: bool) -> None:
        """Make the innermost block roll back (or not) at its end."""
        if not self.in_atomic_block:
            raise TransactionManagementError("The rollback flag doesn't work outside of an 'atomic' block.")
        self.needs_rollback = rollback

    def validate_no_atomic_block(self) -> None:
        """Raise TransactionManagementError inside `atomic()`."""
        if self.in_atomic_block:
            raise TransactionManagementError("This is forbidden when an 'atomic' block is active.")

    def validate_no_broken_transaction(self) -> None:
        """Raise TransactionManagementError if the current block can only be rolled back."""
        session = self.current_session()
        if session is not None:
            session.validate_no_broken_transaction()

    def commit(self) -> None:
        """Commit a manual transaction."""
        self._end_manual(True)

    def rollback(self) -> None:
        """Roll a manual transaction back."""
        self._end_manual(False)

    def _end_manual(self, success: bool) -> None:
        self.validate_no_atomic_block()
        session = self.current_session()
        if session is None:
            return
        with self.wrap_database_errors:
            cancelled = at_home(session, session.end_manual, success)
        if success:
            session.errors_occurred = False
            hooks, session.run_on_commit = session.run_on_commit, []
            self._run_hooks(hooks)
        if cancelled is not None:
            raise cancelled

    def savepoint(self) -> str | None:
        """Make a savepoint; None outside a transaction."""
        if not self._savepoint_allowed():
            return None
        return self._with_turn("savepoint")  # type: ignore[no-any-return]

    def savepoint_rollback(self, sid: str | None) -> None:
        """Undo what happened since the savepoint."""
        if self._savepoint_allowed():
            self._with_turn("savepoint_rollback", sid)

    def savepoint_commit(self, sid: str | None) -> None:
        """Forget a savepoint."""
        if self._savepoint_allowed():
            self._with_turn("savepoint_commit", sid)

    def clean_savepoints(self) -> None:
        """Restart the numbering of savepoints."""
        session = self.current_session()
        if session is not None:
            session.savepoint_state = 0

    def _savepoint_allowed(self) -> bool:
        return bool(self.features.uses_savepoints) and not self.autocommit

    def _with_turn(self, name: str, *args: Any) -> Any:
        session, block = self.find_session()
        if session is None:
            return None

        def act() -> Any:
            session.claim(block)
            try:
                session.prepare() if session.link is None else None
                return getattr(session, name)(*args)
            finally:
                session.release()

        with self.wrap_database_errors:
            return at_home(session, act)

    @contextmanager
    def constraint_checks_disabled(self) -> Any:
        """Foreign keys are not checked in this block."""
        disabled = self.disable_constraint_checking()
        try:
            yield
        finally:
            if disabled:
                self.enable_constraint_checking()

    def disable_constraint_checking(self) -> bool:
        """Stop checking foreign keys; whether that was possible and is to be undone."""
        return False

    def enable_constraint_checking(self) -> None:
        """Check foreign keys again."""

    def check_constraints(self, table_names: Any = None) -> None:
        """Raise IntegrityError for rows whose foreign keys point nowhere."""
