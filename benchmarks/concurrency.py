"""One SQLite file under many tasks: what is lost, who sees a lock, how long the loop is held up.

    python benchmarks/concurrency.py [--seconds 60] [--tasks 100] [--synchronous FULL] [--beat 5]

Each task does one random operation after another: reads of a row, of a list with its relations, of an aggregate over
20,000 rows; writes of a row, of fifty at once, of a counter; transactions that move an amount between two accounts, a
fifth of which are rolled back. A heartbeat task notes how much later than asked it wakes up, and where that time went: the loop's thread was computing
(the collector of cyclic garbage, or everything else), or it was ready to run and the machine ran others (Linux tells), or it
waited for the interpreter lock or the disk. At the end the tables are compared with what the tasks were told; the exit
status says whether they agree and nobody saw an error.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import gc
import os
import random
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Awaitable, Callable
from operator import attrgetter
from pathlib import Path
from typing import Any, NamedTuple

import offbeat
from offbeat.conf import settings

ACCOUNTS, COUNTERS, ROWS, BALANCE = 1000, 10, 20_000, 1000


class Undone(Exception):
    """Raised to roll a transaction back."""


def configure(path: str, synchronous: str) -> None:
    settings.configure(
        INSTALLED_APPS=[],
        DATABASES={
            "default": {
                "ENGINE": "offbeat.db.backends.sqlite3",
                "NAME": path,
                "OPTIONS": {"init_command": f"PRAGMA synchronous = {synchronous}"},
            }
        },
        USE_TZ=True,
        LOGGING_CONFIG=None,
    )
    offbeat.setup()


class Ledger:
    """The operations, and what they were told they did."""

    def __init__(self) -> None:
        from offbeat.db import connection, models

        class Account(models.Model):
            balance = models.IntegerField(default=BALANCE)

            class Meta:
                app_label = "benchmark"

        class Entry(models.Model):
            account = models.ForeignKey(Account, models.CASCADE, related_name="entries")
            amount = models.IntegerField()

            class Meta:
                app_label = "benchmark"

        class Tally(models.Model):
            number = models.IntegerField(default=0)

            class Meta:
                app_label = "benchmark"

        with connection.schema_editor() as editor:
            for model in (Account, Entry, Tally):
                editor.create_model(model)
        Account.objects.bulk_create(Account() for _ in range(ACCOUNTS))
        Entry.objects.bulk_create(Entry(account_id=i % ACCOUNTS + 1, amount=i % 100) for i in range(ROWS))
        Tally.objects.bulk_create(Tally() for _ in range(COUNTERS))
        self.Account: Any = Account
        self.Entry: Any = Entry
        self.Tally: Any = Tally
        self.tallied: Counter[int] = Counter()
        self.added: set[int] = set()
        self.operations: list[tuple[int, Callable[[], Awaitable[None]]]] = [
            (30, self.read_a_row),
            (15, self.read_a_list),
            (2, self.scan),
            (15, self.add_a_row),
            (3, self.add_many),
            (5, self.remove_many),
            (15, self.count),
            (15, self.transfer),
        ]

    async def read_a_row(self) -> None:
        await self.Account.objects.aget(pk=random.randint(1, ACCOUNTS))

    async def read_a_list(self) -> None:
        first = random.randint(1, ACCOUNTS - 10)
        accounts = self.Account.objects.filter(pk__gte=first, pk__lt=first + 5).prefetch_related("entries")
        assert len([account async for account in accounts]) == 5

    async def scan(self) -> None:
        from offbeat.db.models import Avg, Count

        await self.Entry.objects.filter(amount__gt=10).aaggregate(n=Count("id"), mean=Avg("amount"))

    async def add_a_row(self) -> None:
        entry = await self.Entry.objects.acreate(account_id=random.randint(1, ACCOUNTS), amount=1)
        self.added.add(entry.pk)

    async def add_many(self) -> None:
        account = random.randint(1, ACCOUNTS)
        made = await self.Entry.objects.abulk_create(
            self.Entry(account_id=account, amount=2) for _ in range(50)
        )
        self.added.update(entry.pk for entry in made)

    async def remove_many(self) -> None:
        keys = [self.added.pop() for _ in range(min(40, len(self.added)))]
        number, _ = await self.Entry.objects.filter(pk__in=keys).adelete()
        assert number == len(keys)

    async def count(self) -> None:
        from offbeat.db.models import F

        key = random.randint(1, COUNTERS)
        assert await self.Tally.objects.filter(pk=key).aupdate(number=F("number") + 1) == 1
        self.tallied[key] += 1

    async def transfer(self) -> None:
        from offbeat.db.transaction import atomic

        one, other = random.sample(range(1, ACCOUNTS + 1), 2)
        amount = random.randint(1, 50)
        try:
            async with atomic():
                source = await self.Account.objects.select_for_update().aget(pk=one)
                target = await self.Account.objects.aget(pk=other)
                source.balance -= amount
                await source.asave()
                target.balance += amount
                await target.asave(update_fields=["balance"])
                if random.random() < 0.2:
                    raise Undone
        except Undone:
            pass

    async def losses(self) -> list[str]:
        """What the tables and the tasks disagree about."""
        from offbeat.db.models import Sum

        found = []
        total = (await self.Account.objects.aaggregate(total=Sum("balance")))["total"]
        if total != ACCOUNTS * BALANCE:
            found.append(f"balances sum up to {total}, not {ACCOUNTS * BALANCE}")
        for key, wanted in self.tallied.items():
            number = (await self.Tally.objects.aget(pk=key)).number
            if number != wanted:
                found.append(f"counter {key} is {number}, not {wanted}")
        there = {key async for key in self.Entry.objects.filter(pk__gt=ROWS).values_list("pk", flat=True)}
        if there != self.added:
            found.append(f"{len(self.added - there)} rows are missing, {len(there - self.added)} too many")
        return found


class Beat(NamedTuple):
    """What one beat of the heartbeat saw, in seconds; `late` beyond what was asked for, the others in all of its time."""

    late: float
    computed: float
    collected: float
    queued: float

    @property
    def waited(self) -> float:
        """For the interpreter lock, or the disk: a lower bound, as the time asked for is a wait, too."""
        return max(self.late - self.computed - self.queued, 0.0)


class Collector:
    """How long the collector of cyclic garbage has run in the thread that made this."""

    def __init__(self) -> None:
        self.total = 0.0
        self.thread = threading.get_ident()
        self.began = 0.0
        gc.callbacks.append(self)

    def __call__(self, phase: str, info: dict[str, int]) -> None:
        if threading.get_ident() != self.thread:
            return
        if phase == "start":
            self.began = time.thread_time()
        else:
            self.total += time.thread_time() - self.began


def queue_time(file: Any) -> float:
    """How long this thread has been ready to run without running; 0 where the system does not tell."""
    if file is None:
        return 0.0
    return int(os.pread(file.fileno(), 100, 0).split()[1]) / 1e9


async def beat(every: float, beats: list[Beat]) -> None:
    collector = Collector()
    with contextlib.ExitStack() as stack:
        stack.callback(gc.callbacks.remove, collector)
        file = None
        path = Path(f"/proc/self/task/{threading.get_native_id()}/schedstat")
        if path.exists():
            file = stack.enter_context(path.open("rb"))
        while True:
            asked, used = time.perf_counter() + every, time.thread_time()
            collected, queued = collector.total, queue_time(file)
            await asyncio.sleep(every)
            beats.append(
                Beat(
                    time.perf_counter() - asked,
                    time.thread_time() - used,
                    collector.total - collected,
                    queue_time(file) - queued,
                )
            )


def spread(times: list[float]) -> str:
    times.sort()
    median, most = times[len(times) // 2], times[int(len(times) * 0.999)]
    return f"median {median * 1e3:.1f} ms, 99.9 % {most * 1e3:.1f} ms, at most {times[-1] * 1e3:.1f} ms"


async def work(ledger: Ledger, until: float, done: Counter[str], errors: Counter[str]) -> None:
    weights = [weight for weight, _ in ledger.operations]
    operations = [operation for _, operation in ledger.operations]
    while time.perf_counter() < until:
        (operation,) = random.choices(operations, weights)
        try:
            await operation()
        except Exception as error:
            errors[f"{type(error).__name__}: {error}"[:120]] += 1
        else:
            done[operation.__name__] += 1


async def measure(ledger: Ledger, seconds: float, tasks: int, every: float) -> int:
    beats: list[Beat] = []
    done: Counter[str] = Counter()
    errors: Counter[str] = Counter()
    heart = asyncio.create_task(beat(every, beats))
    began = time.perf_counter()
    used = time.process_time()
    async with asyncio.TaskGroup() as group:
        for _ in range(tasks):
            group.create_task(work(ledger, began + seconds, done, errors))
    took = time.perf_counter() - began
    used = time.process_time() - used
    heart.cancel()
    lost = await ledger.losses()
    print(f"{tasks} tasks for {took:.1f} s, load {os.getloadavg()[0]:.1f} on {os.cpu_count()} processors")
    print(
        f"{sum(done.values())} operations, {sum(done.values()) / took:.0f} a second, {used / took:.0%} processor"
    )
    print("  " + ", ".join(f"{name} {number}" for name, number in done.most_common()))
    for name, value in (
        ("heartbeat late", attrgetter("late")),
        ("of that, not for want of a processor", lambda beat: max(beat.late - beat.queued, 0.0)),
        ("computing between two beats", attrgetter("computed")),
        ("collecting garbage", attrgetter("collected")),
        ("ready, but others ran", attrgetter("queued")),
        ("waiting for the lock or the disk", attrgetter("waited")),
    ):
        print(f"{name}: {spread([value(beat) for beat in beats])}")
    for beat_ in sorted(beats, reverse=True)[:5]:
        print(
            f"  late by {beat_.late * 1e3:.1f} ms: computed {beat_.computed * 1e3:.1f} (garbage {beat_.collected * 1e3:.1f}), "
            f"others ran {beat_.queued * 1e3:.1f}, waited {beat_.waited * 1e3:.1f}"
        )
    print("errors: " + (", ".join(f"{number} × {text}" for text, number in errors.items()) or "none"))
    print("lost: " + ("; ".join(lost) or "nothing"))
    return 1 if errors or lost else 0


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--tasks", type=int, default=100)
    parser.add_argument("--synchronous", default="FULL", choices=["OFF", "NORMAL", "FULL"])
    parser.add_argument("--beat", type=float, default=5, help="milliseconds between two beats")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        configure(str(Path(folder) / "benchmark.sqlite3"), args.synchronous)
        from offbeat.concurrency import run

        return run(measure(Ledger(), args.seconds, args.tasks, args.beat / 1e3))


if __name__ == "__main__":
    sys.exit(main())
