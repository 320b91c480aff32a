"""Short statements in the event loop's own thread: docs/internals/sqlite-async.

A lane is a connection beside the pool's, for statements outside transactions. :class:`AtOnce` does the same for a pooled
connection while a transaction holds it. Both give ``MOVED`` for a statement that belongs in a thread: the caller then
runs it there, from its beginning.
"""

from __future__ import annotations

import asyncio
import sqlite3
from math import inf
from time import monotonic, thread_time
from typing import Any

from offbeat.concurrency import wait
from offbeat.db.backends.base.state import MOVED, Result
from offbeat.db.turns import turns_of

__all__ = ["BUDGET", "AtOnce", "Lane", "Manners"]

# Seconds of work a statement may take before it is stopped; OPTIONS["inline_budget"] sets another limit, 0 forbids all.
BUDGET = 0.005
# How many times the budget may pass while others use the processor, or the disk is waited for.
PATIENCE = 3
# A statement that was stopped, or took longer several times although it was not, runs in a thread for the next times.
STRIKES = 3
TIMES = 20
SLOW_LIMIT = 2000
# Steps of SQLite's machine between two looks at the clock: 0.1 to 0.4 ms.
STEPS = 4000
# Without a sync per commit, the log is still copied into the database now and then, with two syncs. This many writes
# go without; the next goes to a thread and does it.
WRITES = 100

_SYNC_OFF, _SYNC_NORMAL = 0, 1
_MOVE = frozenset(
    {
        sqlite3.SQLITE_BUSY,
        sqlite3.SQLITE_BUSY_RECOVERY,
        sqlite3.SQLITE_LOCKED,
        sqlite3.SQLITE_INTERRUPT,
    }
)


class Manners:
    """What is known of a database's statements: which are slow, and what commits cost."""

    __slots__ = ("budget", "slow", "strikes")

    def __init__(self, budget: float) -> None:
        self.budget = budget
        self.slow: dict[str, int] = {}
        self.strikes: dict[str, int] = {}

    def is_slow(self, sql: str) -> bool:
        """True for the next runs of a statement that was slow; then it has another chance."""
        left = self.slow[sql]
        if left:
            self.slow[sql] = left - 1
            return True
        del self.slow[sql]
        return False

    def note_long(self, sql: str) -> None:
        """It took long, which may have been the machine's fault, or another thread's: count."""
        strikes = self.strikes.pop(sql, 0) + 1
        if strikes >= STRIKES:
            self.note_slow(sql)
        else:
            if len(self.strikes) >= SLOW_LIMIT:
                self.strikes.clear()
            self.strikes[sql] = strikes

    def note_slow(self, sql: str) -> None:
        if len(self.slow) >= SLOW_LIMIT:
            self.slow.clear()
        self.slow[sql] = TIMES


def commit_syncs(raw: sqlite3.Connection) -> int:
    """0: a commit never waits for the disk; 1: only one that copies the log does; 2: each one does."""
    (level,) = raw.execute("PRAGMA synchronous").fetchone()
    if level == _SYNC_NORMAL:
        return 1 if raw.execute("PRAGMA journal_mode").fetchone()[0] == "wal" else 2
    return 0 if level == _SYNC_OFF else 2


class Stopwatch:
    """Tells whether the statement that runs has had its time.

    On a busy machine the clock goes on while others have the processor, so it is the work that counts, up to a limit. The
    first look is taken by the progress handler: most statements have ended before it.
    """

    __slots__ = ("budget", "deadline", "limit", "manners", "since")

    def __init__(self, manners: Manners) -> None:
        self.manners = manners
        self.budget = manners.budget
        self.deadline = self.limit = inf
        # The thread's time when it was first looked at; 0 before that.
        self.since = 0.0

    def start(self, now: float) -> None:
        self.deadline = now + self.budget
        self.limit = now + self.budget * PATIENCE
        self.since = 0.0

    def over(self) -> bool:
        since = self.since
        if not since:
            self.since = thread_time()
            return False
        now = monotonic()
        return now > self.deadline and (now > self.limit or thread_time() - since > self.budget)

    def stop(self, started: float, sql: str) -> None:
        """Judge a statement that took longer than the budget by the clock."""
        if self.since:
            took = thread_time() - self.since
        else:
            took = (monotonic() - started) / PATIENCE
        if took > self.budget:
            self.manners.note_long(sql)


class Lane:
    """A loop's connection for short statements in autocommit. None of them suspends once it has begun."""

    def __init__(self, loop: asyncio.AbstractEventLoop, manners: Manners, gate: Any) -> None:
        self.loop: asyncio.AbstractEventLoop | None = loop
        self.turns = turns_of(loop)
        self.gate = gate
        self.manners = manners
        self.slow = manners.slow
        self.watch = Stopwatch(manners)
        self.link: Any = None
        self.raw: Any = None
        self.execute: Any = None
        self.writes = False
        self.writes_left = WRITES
        self.syncs = 2

    def opened(self, link: Any) -> None:
        """Keep a new connection; called in a thread, perhaps after the end of whoever wanted it."""
        self.link, self.raw = link, link.raw
        if self.loop is None:
            self.close()

    def ready(self) -> None:
        """Everything is set up: statements may come."""
        raw = self.raw
        self.syncs = commit_syncs(raw)
        self.writes = self.syncs < 2
        raw.execute("PRAGMA busy_timeout = 0")
        if self.syncs == 1:
            raw.execute("PRAGMA wal_autocheckpoint = 0")
        raw.set_progress_handler(self.watch.over, STEPS)
        self.execute = raw.execute

    def close(self) -> None:
        self.loop = None
        link, self.link = self.link, None
        self.execute = None
        if link is not None:
            link.raw.set_progress_handler(None, 0)
            link.discard()

    def fetch_all(self, sql: str, params: Any) -> Any:
        """Rows; or MOVED."""
        if sql in self.slow and self.manners.is_slow(sql):
            return MOVED
        now = monotonic()
        turns = self.turns
        if now >= turns.end or turns.queue:
            now = turns.admit(now)
            if self.loop is None:
                return MOVED
        watch = self.watch
        watch.start(now)
        try:
            rows = self.execute(sql, params).fetchall()
        except sqlite3.OperationalError as exc:
            if exc.sqlite_errorcode in _MOVE:
                self._moved(exc, sql)
                return MOVED
            raise
        if monotonic() - now > watch.budget:
            watch.stop(now, sql)
        if self.raw.in_transaction:
            self.raw.rollback()
        return rows

    def run(self, sql: str, params: Any) -> Any:
        """Result; or MOVED. A statement that is stopped has changed nothing."""
        if not self.writes or self.gate.held or (sql in self.slow and self.manners.is_slow(sql)):
            return MOVED
        now = monotonic()
        turns = self.turns
        if now >= turns.end or turns.queue:
            now = turns.admit(now)
            if self.loop is None or self.gate.held:
                return MOVED
        if self.syncs:
            self.writes_left -= 1
            if self.writes_left < 0:
                # In a thread, where the log is copied when it has grown.
                self.writes_left = WRITES
                return MOVED
        watch = self.watch
        watch.start(now)
        try:
            cursor = self.execute(sql, params)
            rows = cursor.fetchall() if cursor.description is not None else None
        except sqlite3.OperationalError as exc:
            if exc.sqlite_errorcode in _MOVE:
                self._moved(exc, sql)
                return MOVED
            raise
        if monotonic() - now > watch.budget:
            watch.stop(now, sql)
        if self.raw.in_transaction:
            # A BEGIN that nobody could end: the next statement is somebody else's.
            self.raw.rollback()
        return Result(cursor.rowcount, cursor.lastrowid, rows)

    def _moved(self, exc: sqlite3.OperationalError, sql: str) -> None:
        if exc.sqlite_errorcode == sqlite3.SQLITE_INTERRUPT:
            self.manners.note_slow(sql)


class AtOnce:
    """Runs the statements of a transaction on its pooled connection, in the loop's thread.

    A SELECT that takes too long is stopped and starts again in the connection's thread. Stopping a write would end its
    transaction: a write suspends in mid-statement instead, and lets the loop go round.
    """

    def __init__(self, loop: asyncio.AbstractEventLoop, link: Any, manners: Manners) -> None:
        self.turns = turns_of(loop)
        self.link = link
        self.raw = link.raw
        self.manners = manners
        # Read at the first use: whoever is told of new connections may change these settings.
        self.syncs = -1
        self.patience = 0
        # Whether the connection is set up for the loop's thread: impatient, and watching the clock.
        self.here = False
        self.watch = Stopwatch(manners)
        self.may_stop = False
        self.failure: BaseException | None = None

    def __call__(self, name: str, *args: Any) -> Any:
        """The result of a method of the connection; or MOVED."""
        if self.syncs < 0:
            self.syncs = commit_syncs(self.raw)
            (self.patience,) = self.raw.execute("PRAGMA busy_timeout").fetchone()
        if name == "command":
            if self.syncs and args[0] in {"COMMIT", "ROLLBACK"}:
                # It may wait for the disk, and for nothing else: the connection can stay as it is.
                self.watch.start(inf)
                return MOVED
        elif name not in {"fetch_all", "run"}:
            self.leave()
            return MOVED
        sql = args[0]
        if sql in self.manners.slow and self.manners.is_slow(sql):
            self.leave()
            return MOVED
        now = monotonic()
        turns = self.turns
        # The commands that end something are not to be cancelled.
        if (now >= turns.end or turns.queue) and (
            name != "command" or sql.startswith(("BEGIN", "SAVEPOINT"))
        ):
            now = turns.admit(now)
        if self.link.broken:
            return MOVED
        if not self.here:
            self._come()
        self.watch.start(now)
        self.may_stop = sql.startswith(("SELECT", "BEGIN"))
        try:
            result = getattr(self.link.link, name)(*args)
        except sqlite3.OperationalError as exc:
            failure, self.failure = self.failure, None
            if failure is not None:
                raise failure from None
            if exc.sqlite_errorcode not in _MOVE or (not self.may_stop and self._ended()):
                raise
            if exc.sqlite_errorcode == sqlite3.SQLITE_INTERRUPT:
                self.manners.note_slow(sql)
            self.leave()
            return MOVED
        if monotonic() - now > self.watch.budget:
            self.watch.stop(now, sql)
        return result

    def _ended(self) -> bool:
        return not self.raw.in_transaction

    def _come(self) -> None:
        self.raw.execute("PRAGMA busy_timeout = 0")
        self.raw.set_progress_handler(self._tick, STEPS)
        self.here = True

    def leave(self) -> None:
        """Set the connection up for its own thread."""
        if self.here:
            self.raw.set_progress_handler(None, 0)
            self.raw.execute(f"PRAGMA busy_timeout = {self.patience}")
            self.here = False

    def _tick(self) -> bool:
        if not self.watch.over():
            return False
        if self.may_stop:
            return True
        try:
            wait(asyncio.sleep(0))
        except BaseException as exc:
            self.failure = exc
            return True
        self.watch.start(monotonic())
        return False
