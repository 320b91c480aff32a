"""OPTIONS["pool"]: connections that the threads of a process share. Source: Django documentation, ref/databases."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from offbeat.core.exceptions import ImproperlyConfigured
from offbeat.db.holders import Holder, held_now
from offbeat.db.utils import OperationalError

if TYPE_CHECKING:
    from offbeat.db.pool_statistics import PoolStatistics

__all__ = ["ThreadPool", "pool_options"]

# The names and defaults of psycopg_pool, which the documentation refers to.
_DEFAULTS: dict[str, Any] = {
    "min_size": 4,
    "max_size": None,
    "timeout": 30.0,
    "max_waiting": 0,
    "max_lifetime": 3600.0,
    "max_idle": 600.0,
}


def pool_options(alias: str, settings_dict: dict[str, Any]) -> dict[str, Any] | None:
    """The complete options of a pool; None where threads have connections of their own."""
    chosen = (settings_dict.get("OPTIONS") or {}).get("pool")
    if not chosen:
        return None
    if settings_dict["CONN_MAX_AGE"] != 0:
        raise ImproperlyConfigured("Pooling doesn't support persistent connections.")
    given = {} if chosen is True else dict(chosen)
    unknown = sorted(set(given) - set(_DEFAULTS))
    if unknown:
        raise ImproperlyConfigured(
            f"settings.DATABASES[{alias!r}]['OPTIONS']['pool'] has unknown keys: {', '.join(unknown)}. Known are "
            f"{', '.join(_DEFAULTS)}."
        )
    options = {**_DEFAULTS, **given}
    if options["max_size"] is None:
        options["max_size"] = max(options["min_size"], 1)
    if options["max_size"] < options["min_size"]:
        raise ImproperlyConfigured(
            f"settings.DATABASES[{alias!r}]['OPTIONS']['pool']: max_size is less than min_size."
        )
    return options


class ThreadPool:
    """At most `max_size` connections. Threads beyond that wait, in order of arrival, `timeout` seconds at most."""

    def __init__(self, alias: str, connect: Callable[[], Any], options: dict[str, Any]) -> None:
        self.alias = alias
        self.connect = connect
        self.max_size: int = options["max_size"]
        self.min_size: int = options["min_size"]
        self.timeout: float = options["timeout"]
        self.max_waiting: int = options["max_waiting"]
        self.max_lifetime: float = options["max_lifetime"]
        self.max_idle: float = options["max_idle"]
        self.closed = False
        self.open = 0
        self.lock = threading.Lock()
        # Each with the moment it came back.
        self.idle: deque[tuple[Any, float]] = deque()
        self.waiters: deque[_Waiter] = deque()
        self.holders: dict[Any, Holder] = {}
        self._opened = self._closed = self._waits = self._timeouts = 0
        self._longest_wait = 0.0

    def acquire(self) -> Any:
        """A connection for the current thread; OperationalError if none gets free in time."""
        with self.lock:
            link = self._take()
            if link is None and self.open < self.max_size:
                self.open += 1
                waiter = None
            elif link is None:
                waiter = self._queue()
        if link is None:
            link = self._connect() if waiter is None else self._wait(waiter)
        link.pool = self
        thread = threading.current_thread()
        self.holders[link] = Holder(thread.name, thread)
        return link

    def _take(self) -> Any:
        now = time.monotonic()
        while self.idle:
            link, since = self.idle.pop()
            spare = now - since > self.max_idle and self.open > self.min_size
            if link.reusable() and now - link.born < self.max_lifetime and not spare:
                return link
            self._end(link)
        return None

    def _end(self, link: Any) -> None:
        self.open -= 1
        self._closed += 1
        link.discard()

    def _connect(self) -> Any:
        try:
            link = self.connect()
        except BaseException:
            with self.lock:
                self.open -= 1
                self._hand_over(None)
            raise
        with self.lock:
            self._opened += 1
        return link

    def _queue(self) -> _Waiter:
        if self.max_waiting and len(self.waiters) >= self.max_waiting:
            raise OperationalError(
                f"{len(self.waiters)} threads wait for a connection to database '{self.alias}' already "
                "(OPTIONS['pool']['max_waiting'])."
            )
        waiter = _Waiter()
        self._waits += 1
        self.waiters.append(waiter)
        return waiter

    def _wait(self, waiter: _Waiter) -> Any:
        start = time.monotonic()
        served = waiter.ready.wait(self.timeout)
        with self.lock:
            self._longest_wait = max(self._longest_wait, time.monotonic() - start)
            if not served and not waiter.ready.is_set():
                self._timeouts += 1
                self.waiters.remove(waiter)
                raise OperationalError(
                    f"No connection to database '{self.alias}' became free within {self.timeout:g} s. All "
                    f"{self.max_size} are in use (by {self._held_by()}). Raise OPTIONS['pool']['max_size'] or "
                    "OPTIONS['pool']['timeout']."
                )
        return waiter.link if waiter.link is not None else self._connect()

    def _held_by(self) -> str:
        names = (
            f"{holder.name} at {holder.stack[0]}" if holder.stack else holder.name
            for holder in self.holders.values()
        )
        return ", ".join(sorted(names)) or "nobody"

    def report(self) -> str:
        """Who holds connections and for how long; with DEBUG also the code that took them."""
        with self.lock:
            return held_now(self.holders.values())

    def statistics(self) -> PoolStatistics:
        """Figures of this moment and since the pool was made."""
        from offbeat.db.pool_statistics import PoolStatistics

        with self.lock:
            return PoolStatistics(
                size=self.max_size,
                open=self.open,
                idle=len(self.idle),
                busy=len(self.holders),
                waiting=len(self.waiters),
                opened=self._opened,
                closed=self._closed,
                waits=self._waits,
                timeouts=self._timeouts,
                longest_wait=self._longest_wait,
            )

    def _hand_over(self, link: Any) -> bool:
        """Give a connection, or the room for one, to who waits longest. The caller holds the lock."""
        if not self.waiters:
            return False
        waiter = self.waiters.popleft()
        if link is None:
            self.open += 1
        waiter.link = link
        waiter.ready.set()
        return True

    def release(self, link: Any) -> None:
        """Take a connection back; one that is not as new is closed."""
        self.holders.pop(link, None)
        link.pool = None
        with self.lock:
            if self.closed or not link.reusable() or time.monotonic() - link.born >= self.max_lifetime:
                self._end(link)
                self._hand_over(None)
            elif not self._hand_over(link):
                self.idle.append((link, time.monotonic()))

    def forget(self, link: Any) -> None:
        """A connection was lost while it was out."""
        self.holders.pop(link, None)
        with self.lock:
            self.open -= 1
            self._closed += 1
            self._hand_over(None)

    def close(self) -> None:
        """Close the idle connections now, the others when they come back."""
        with self.lock:
            self.closed = True
            while self.idle:
                link, _ = self.idle.pop()
                self._end(link)


class _Waiter:
    __slots__ = ("link", "ready")

    def __init__(self) -> None:
        self.ready = threading.Event()
        self.link: Any = None
