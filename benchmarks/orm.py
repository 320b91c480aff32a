"""What hot ORM operations cost, as multiples of the bare driver doing the same, on SQLite, sync and async.

    python benchmarks/orm.py [--rounds 7] [operation ...]

Figures are processor time, the best of several rounds; the driver, the sync and the async face take turns, so that what
disturbs one disturbs all. A multiple says more than the microseconds, which are those of this machine.
"""

from __future__ import annotations

import argparse
import asyncio
import datetime
import gc
import sqlite3
import tempfile
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import offbeat
from offbeat.conf import settings

AUTHORS, BOOKS_EACH = 1000, 5
SECONDS = 0.05


def configure(path: str) -> None:
    """One database file; commits do not wait for the disk, which would hide everything else."""
    settings.configure(
        INSTALLED_APPS=[],
        DATABASES={
            "default": {
                "ENGINE": "offbeat.db.backends.sqlite3",
                "NAME": path,
                "OPTIONS": {"init_command": "PRAGMA synchronous = OFF"},
            }
        },
        USE_TZ=True,
        LOGGING_CONFIG=None,
    )
    offbeat.setup()


def make_operations(path: str) -> dict[str, tuple[Callable[[int], Any], Callable[[int], Any] | None, Any]]:
    """name -> (driver, sync, async); each takes a counter."""
    from offbeat.db import connection, models
    from offbeat.db.models import Avg, Count, Max

    class Author(models.Model):
        name = models.CharField(max_length=100)
        email = models.CharField(max_length=200)
        rating = models.FloatField()
        active = models.BooleanField()
        joined = models.DateTimeField()

        class Meta:
            app_label = "benchmark"
            db_table = "author"

    class Book(models.Model):
        author = models.ForeignKey(Author, models.CASCADE, related_name="books")
        title = models.CharField(max_length=200)
        price = models.FloatField()
        pages = models.IntegerField()
        published = models.DateField()

        class Meta:
            app_label = "benchmark"
            db_table = "book"

    class Note(models.Model):
        text = models.CharField(max_length=200)
        number = models.IntegerField()

        class Meta:
            app_label = "benchmark"
            db_table = "note"

    with connection.schema_editor() as editor:
        for model in (Author, Book, Note):
            editor.create_model(model)
    joined = datetime.datetime(2024, 1, 1, tzinfo=datetime.UTC)
    Author.objects.bulk_create(
        Author(
            name=f"Author {i}",
            email=f"a{i}@example.com",
            rating=i % 50 / 10,
            active=i % 3 == 0,
            joined=joined,
        )
        for i in range(AUTHORS)
    )
    Book.objects.bulk_create(
        Book(
            author_id=i // BOOKS_EACH + 1,
            title=f"Book {i}",
            price=i % 90 + 0.5,
            pages=50 + i % 700,
            published=datetime.date(2000, 1, 1),
        )
        for i in range(AUTHORS * BOOKS_EACH)
    )
    raw = sqlite3.connect(path, isolation_level=None)
    raw.execute("PRAGMA synchronous = OFF")
    author = "id, name, email, rating, active, joined"
    book = "id, author_id, title, price, pages, published"
    both = f"b.{book.replace(', ', ', b.')}, a.{author.replace(', ', ', a.')}"
    marks = ",".join("?" * 100)

    def rows(sql: str, *params: Any) -> list[Any]:
        return raw.execute(sql, params).fetchall()

    def key(i: int) -> int:
        return i * 7919 % AUTHORS + 1

    def start(i: int) -> int:
        return i * 37 % (AUTHORS - 100) + 1

    def hundred(i: int) -> Any:
        return Book.objects.filter(id__gte=start(i), id__lt=start(i) + 100)

    def with_books(i: int) -> Any:
        return Author.objects.prefetch_related("books").filter(id__gte=start(i), id__lt=start(i) + 100)

    def values() -> Any:
        return Book.objects.order_by("id").values_list("id", "title", "price", "pages")[:1000]

    def raw_prefetch(i: int) -> int:
        authors = rows(f"SELECT {author} FROM author WHERE id >= ? AND id < ?", start(i), start(i) + 100)
        books: dict[int, list[Any]] = {}
        for row in rows(f"SELECT {book} FROM book WHERE author_id IN ({marks})", *[a[0] for a in authors]):
            books.setdefault(row[1], []).append(row)
        return sum(map(len, books.values()))

    async def prefetch(i: int) -> int:
        total = 0
        async for one in with_books(i):
            total += len(one.books.all())
        return total

    def raw_bulk(i: int) -> None:
        raw.execute("BEGIN")
        raw.executemany("INSERT INTO note (text, number) VALUES (?, ?)", [("note", n) for n in range(1000)])
        raw.execute("COMMIT")

    def thousand() -> list[Any]:
        return [Note(text="note", number=n) for n in range(1000)]

    kept = Author.objects.get(pk=1)

    def changed(i: int) -> Any:
        kept.rating = i % 5
        return kept

    async def listed(queryset: Any) -> list[Any]:
        return [item async for item in queryset]

    aggregates = {"n": Count("id"), "price": Avg("price"), "pages": Max("pages")}
    expensive = Book.objects.filter(pages__gt=100)
    insert = "INSERT INTO note (text, number) VALUES (?, ?)"
    return {
        "get": (
            lambda i: raw.execute(f"SELECT {author} FROM author WHERE id = ?", (key(i),)).fetchone(),
            lambda i: Author.objects.get(pk=key(i)),
            lambda i: Author.objects.aget(pk=key(i)),
        ),
        "filter, 100 rows": (
            lambda i: rows(f"SELECT {book} FROM book WHERE id >= ? AND id < ?", start(i), start(i) + 100),
            lambda i: list(hundred(i)),
            lambda i: listed(hundred(i)),
        ),
        "select_related": (
            lambda i: rows(
                f"SELECT {both} FROM book b JOIN author a ON a.id = b.author_id WHERE b.id >= ? AND b.id < ?",
                start(i),
                start(i) + 100,
            ),
            lambda i: list(hundred(i).select_related("author")),
            lambda i: listed(hundred(i).select_related("author")),
        ),
        "prefetch, 100 x 5": (
            raw_prefetch,
            lambda i: sum(len(one.books.all()) for one in with_books(i)),
            prefetch,
        ),
        "values_list, 1000": (
            lambda i: rows("SELECT id, title, price, pages FROM book ORDER BY id LIMIT 1000"),
            lambda i: list(values()),
            lambda i: listed(values()),
        ),
        "aggregate": (
            lambda i: rows("SELECT count(*), avg(price), max(pages) FROM book WHERE pages > ?", 100),
            lambda i: expensive.aggregate(**aggregates),
            lambda i: expensive.aaggregate(**aggregates),
        ),
        "create": (
            lambda i: raw.execute(insert, ("note", i)).lastrowid,
            lambda i: Note.objects.create(text="note", number=i),
            lambda i: Note.objects.acreate(text="note", number=i),
        ),
        "bulk_create, 1000": (
            raw_bulk,
            lambda i: Note.objects.bulk_create(thousand()),
            lambda i: Note.objects.abulk_create(thousand()),
        ),
        "save": (
            lambda i: raw.execute("UPDATE author SET rating = ? WHERE id = ?", (i % 5, 1)),
            lambda i: changed(i).save(update_fields=["rating"]),
            lambda i: changed(i).asave(update_fields=["rating"]),
        ),
        "delete": (
            lambda i: raw.execute("DELETE FROM note WHERE id = ?", (i,)),
            lambda i: Note.objects.filter(pk=i).delete(),
            lambda i: Note.objects.filter(pk=i).adelete(),
        ),
        "gather, 20 x get": (
            lambda i: [
                raw.execute(f"SELECT {author} FROM author WHERE id = ?", (key(i + n),)) for n in range(20)
            ],
            None,
            lambda i: asyncio.gather(*[Author.objects.aget(pk=key(i + n)) for n in range(20)]),
        ),
    }


def timed(operation: Callable[[int], Any], first: int, count: int) -> float:
    started = time.process_time()
    for i in range(first, first + count):
        operation(i)
    return (time.process_time() - started) / count


async def timed_async(operation: Callable[[int], Awaitable[Any]], first: int, count: int) -> float:
    started = time.process_time()
    for i in range(first, first + count):
        await operation(i)
    return (time.process_time() - started) / count


def measure(faces: tuple[Any, ...], rounds: int, runner: asyncio.Runner) -> list[float | None]:
    """The best time of each face, in seconds."""

    def run(number: int, first: int, count: int) -> float:
        if number == 2:
            return runner.run(timed_async(faces[number], first, count))
        return timed(faces[number], first, count)

    present = [number for number, face in enumerate(faces) if face is not None]
    counts = {}
    for number in present:
        run(number, 1, 3)
        counts[number] = max(1, int(SECONDS / max(run(number, 4, 5), 1e-7)))
    best: list[float | None] = [None, None, None]
    position = 10
    for _ in range(rounds):
        for number in present:
            gc.collect()
            took = run(number, position, counts[number])
            position += counts[number]
            before = best[number]
            best[number] = took if before is None else min(before, took)
    return best


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("operations", nargs="*", help="parts of names; all of them without")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        path = str(Path(folder) / "benchmark.sqlite3")
        configure(path)
        operations = make_operations(path)
        print(f"{'':20}{'driver, us':>12}{'sync':>9}{'async':>9}   (multiples of the driver)")
        with asyncio.Runner() as runner:
            for name, faces in operations.items():
                if options.operations and not any(part in name for part in options.operations):
                    continue
                driver, *ours = measure(faces, options.rounds, runner)
                assert driver is not None
                shown = "".join(
                    f"{'-' if took is None else format(took / driver, '.2f'):>9}" for took in ours
                )
                print(f"{name:20}{driver * 1e6:>12.1f}{shown}", flush=True)


if __name__ == "__main__":
    main()
