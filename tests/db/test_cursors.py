from __future__ import annotations

import datetime
import decimal
import logging
from collections.abc import Callable
from typing import Any

import pytest

from offbeat.concurrency import run, spawn
from offbeat.db import (
    IntegrityError,
    InterfaceError,
    NotSupportedError,
    OperationalError,
    ProgrammingError,
    connections,
)
from offbeat.db.backends.utils import CursorDebugWrapper, CursorWrapper
from offbeat.db.transaction import atomic

from .conftest import ALIAS, add, names, sql


@pytest.fixture(params=["thread", "bridge"])
def call(request: pytest.FixtureRequest) -> Callable[..., Any]:
    if request.param == "thread":
        return lambda fn, *args: fn(*args)

    def in_bridge(fn: Any, *args: Any) -> Any:
        async def main() -> Any:
            return await spawn(fn, *args)

        return run(main())

    return in_bridge


def test_placeholders(db: Any, call: Any) -> None:
    def body() -> None:
        with db.cursor() as cursor:
            cursor.execute("SELECT %s, '100%%'", ["x"])
            assert cursor.fetchone() == ("x", "100%")
            cursor.execute("SELECT %(a)s, %(b)s, %(a)s", {"a": "x", "b": "y"})
            assert cursor.fetchone() == ("x", "y", "x")
            cursor.execute("SELECT '100%'")
            assert cursor.fetchone() == ("100%",)
            cursor.execute("SELECT %s", (value for value in (1,)))
            assert cursor.fetchall() == [(1,)]

    call(body)


def test_fetching(db: Any, call: Any) -> None:
    def body() -> None:
        for number in range(250):
            add(db, str(number))
        with db.cursor() as cursor:
            cursor.execute("SELECT id FROM item ORDER BY id")
            assert [column[0] for column in cursor.description] == ["id"]
            assert cursor.fetchone() == (1,)
            assert cursor.fetchmany(2) == [(2,), (3,)]
            assert cursor.fetchmany() == [(4,)]
            assert len(cursor.fetchall()) == 246
            assert cursor.fetchone() is None
            assert cursor.fetchmany(5) == []
            cursor.execute("SELECT id FROM item ORDER BY id")
            assert [row[0] for row in cursor] == list(range(1, 251))

    call(body)


def test_executemany_rowcount_and_lastrowid(db: Any, call: Any) -> None:
    def body() -> None:
        with db.cursor() as cursor:
            cursor.executemany("INSERT INTO item (name) VALUES (%s)", (["a"], ["b"]))
            assert cursor.rowcount == 2
            cursor.executemany("INSERT INTO item (name) VALUES (%(n)s)", iter([{"n": "c"}]))
            cursor.executemany("INSERT INTO item (name) VALUES (%s)", [])
            cursor.execute("INSERT INTO item (name) VALUES (%s)", ["d"])
            assert cursor.lastrowid == (None if db.vendor == "postgresql" else 4)
            cursor.execute("DELETE FROM item WHERE name < %s", ["c"])
            assert cursor.rowcount == 2
        assert names(db) == ["c", "d"]

    call(body)


def test_errors_are_ours_with_the_drivers_as_cause(db: Any, call: Any) -> None:
    def body() -> None:
        add(db, "a")
        with db.cursor() as cursor, pytest.raises(IntegrityError) as caught:
            cursor.execute("INSERT INTO item (name) VALUES ('a')")
        assert isinstance(caught.value.__cause__, db.Database.IntegrityError)
        with pytest.raises(IntegrityError) as caught:
            add(db, "a")
        assert isinstance(caught.value.__cause__, db.Database.IntegrityError)
        with pytest.raises((OperationalError, ProgrammingError), match="absent"):
            db.fetch_all("SELECT * FROM absent")
        with db.cursor() as cursor, pytest.raises(ProgrammingError):
            cursor.execute("SELECT %s", [1, 2])
        with db.cursor() as cursor, pytest.raises(NotSupportedError, match="Keyword parameters"):
            cursor.callproc("x", [], {"a": 1})
        if db.vendor == "sqlite":
            with db.cursor() as cursor, pytest.raises(NotSupportedError):
                cursor.callproc("x", [1])

    call(body)


def test_a_closed_cursor_refuses(db: Any, call: Any) -> None:
    def body() -> None:
        cursor = db.cursor()
        cursor.execute("SELECT 1")
        cursor.close()
        with pytest.raises(InterfaceError):
            cursor.execute("SELECT 1")

    call(body)


def test_a_forgotten_cursor_gives_its_connection_back(file_db: Any) -> None:
    def body() -> None:
        for _ in range(30):
            file_db.cursor().execute("SELECT 1")

    async def main() -> int:
        await spawn(body)
        assert not file_db.pool.busy
        return file_db.pool.open

    assert run(main()) <= 2


def test_a_cursor_keeps_its_connection_while_it_is_open(file_db: Any) -> None:
    def body() -> None:
        with file_db.cursor() as cursor:
            cursor.execute("CREATE TEMPORARY TABLE mine (x integer)")
            with file_db.cursor() as other, pytest.raises((OperationalError, ProgrammingError)):
                other.execute("SELECT * FROM mine")
            cursor.execute("SELECT * FROM mine")
            cursor.execute("DROP TABLE mine")

    async def main() -> None:
        await spawn(body)

    run(main())


def test_a_cursor_opened_before_a_transaction_takes_part_in_it(db: Any, call: Any) -> None:
    def body() -> list[str]:
        with db.cursor() as cursor:
            cursor.execute("SELECT 1")
            cursor.fetchall()
            with pytest.raises(ZeroDivisionError), atomic(ALIAS):
                cursor.execute("INSERT INTO item (name) VALUES ('a')")
                raise ZeroDivisionError
        return names(db)

    if not (db.inline_in_loop and call.__name__ == "in_bridge"):
        assert call(body) == []


async def test_asynchronous_faces(db: Any) -> None:
    async with db.cursor() as cursor:
        await cursor.aexecute("INSERT INTO item (name) VALUES (%s)", ["a"])
        await cursor.aexecutemany("INSERT INTO item (name) VALUES (%s)", [["b"], ["c"]])
        await cursor.aexecute("SELECT name FROM item ORDER BY id")
        assert await cursor.afetchone() == ("a",)
        assert await cursor.afetchmany(1) == [("b",)]
        assert await cursor.afetchall() == [("c",)]
        await cursor.aexecute("SELECT name FROM item ORDER BY id")
        assert [row async for row in cursor] == [("a",), ("b",), ("c",)]
    cursor = db.cursor()
    await cursor.aexecute("SELECT 1")
    await cursor.aclose()


def test_streaming(db: Any, call: Any) -> None:
    def body() -> None:
        for number in range(5):
            add(db, str(number))
        chunks = db.stream(sql(db, "SELECT name FROM item WHERE id > %s ORDER BY id"), (1,), 3)
        assert list(chunks) == [[("1",), ("2",), ("3",)], [("4",)]]
        half = db.stream("SELECT name FROM item", (), 2)
        assert next(half) == [("0",), ("1",)]
        half.close()

    call(body)


def test_run_returns_rows_of_returning(db: Any, call: Any) -> None:
    def body() -> None:
        if not db.features.can_return_columns_from_insert:
            pytest.skip(f"{db.display_name} has no RETURNING")
        result = db.run(sql(db, "INSERT INTO item (name) VALUES (%s) RETURNING id, name"), ("a",))
        assert result.rows == [(1, "a")]

    call(body)


def test_run_tells_how_many_rows_changed(db: Any, call: Any) -> None:
    def body() -> None:
        assert db.run(sql(db, "INSERT INTO item (name) VALUES (%s)"), ("a",)).rowcount == 1
        result = db.run(sql(db, "UPDATE item SET name = %s"), ("b",))
        assert (result.rowcount, result.rows) == (1, None)
        assert db.run_many(sql(db, "INSERT INTO item (name) VALUES (%s)"), [("x",), ("y",)]) == 2

    call(body)


@pytest.mark.sqlite
def test_declared_types_of_users_rows(db: Any, call: Any) -> None:
    db.run("CREATE TABLE typed (d date, dt datetime, t time, b bool, x text, n decimal)")

    def body() -> None:
        values = (
            datetime.date(2020, 1, 2),
            datetime.datetime(2020, 1, 2, 3, 4, 5, 6),
            "03:04:05",
            True,
            "2020-01-01",
            decimal.Decimal("1.5"),
        )
        with db.cursor() as cursor:
            cursor.execute("INSERT INTO typed VALUES (%s, %s, %s, %s, %s, %s)", values)
            cursor.execute("SELECT *, d AS other, date(dt) AS dt FROM typed WHERE x = %s", ["2020-01-01"])
            row = cursor.fetchone()
        assert row[:4] == (values[0], values[1], datetime.time(3, 4, 5), True)
        assert row[3] is True
        assert row[4:] == ("2020-01-01", 1.5, datetime.date(2020, 1, 2), "2020-01-02")
        # The ORM knows the types: its rows are the driver's.
        assert db.fetch_all("SELECT d, b FROM typed") == [("2020-01-02", 1)]

    call(body)


def test_queries_are_logged_on_demand(db: Any, call: Any, caplog: pytest.LogCaptureFixture) -> None:
    def body() -> None:
        db.force_debug_cursor = True
        try:
            assert isinstance(db.cursor(), CursorDebugWrapper)
            with atomic(ALIAS):
                add(db, "it's")
                with atomic(ALIAS):
                    db.fetch_all(sql(db, "SELECT name FROM item WHERE name = %s"), ("100%",))
            with db.cursor() as cursor:
                cursor.execute("SELECT 1")
                cursor.executemany("INSERT INTO item (name) VALUES (%s)", [["x"], ["y"]])
            queries = [query["sql"] for query in db.queries]
        finally:
            db.force_debug_cursor = False
        add(db, "unseen")
        assert isinstance(db.cursor(), CursorWrapper)
        assert queries[0].startswith("BEGIN")
        assert queries[1] == "INSERT INTO item (name) VALUES ('it''s')"
        assert queries[2].startswith("SAVEPOINT")
        assert queries[3] == "SELECT name FROM item WHERE name = '100%'"
        assert queries[4].startswith("RELEASE")
        assert queries[5:] == ["COMMIT", "SELECT 1", "2 times: INSERT INTO item (name) VALUES (%s)"]

    with caplog.at_level(logging.DEBUG, "offbeat.db.backends"):
        call(body)
    assert f"alias={ALIAS}" in caplog.text
    assert caplog.records[0].alias == ALIAS  # type: ignore[attr-defined]


def test_execute_wrappers(db: Any, call: Any) -> None:
    def body() -> None:
        seen: list[Any] = []

        def wrapper(name: str) -> Any:
            def wrap(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
                seen.append((name, sql, many, context["connection"].alias))
                return execute(sql, params, many, context)

            return wrap

        with db.execute_wrapper(wrapper("outer")):
            with db.execute_wrapper(wrapper("inner")):
                add(db, "a")
            db.run_many(sql(db, "INSERT INTO item (name) VALUES (%s)"), [("b",)])
        add(db, "c")
        assert db.execute_wrappers == []
        insert = "INSERT INTO item (name) VALUES (%s)"
        assert seen == [
            ("inner", insert, False, ALIAS),
            ("outer", insert, False, ALIAS),
            ("outer", insert, True, ALIAS),
        ]

        def block(*args: Any) -> None:
            raise RuntimeError("no queries here")

        with db.execute_wrapper(block), pytest.raises(RuntimeError, match="no queries"):
            names(db)

    call(body)


def test_execute_wrappers_of_one_task_do_not_see_another(db: Any) -> None:
    import asyncio

    async def main() -> list[str]:
        seen: list[str] = []

        def wrap(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
            seen.append(sql)
            return execute(sql, params, many, context)

        async def watched() -> None:
            with db.execute_wrapper(wrap):
                await asyncio.sleep(0)
                await spawn(names, db)

        await asyncio.gather(watched(), spawn(add, db, "a"))
        return seen

    assert run(main()) == ["SELECT name FROM item ORDER BY id"]


def test_reset_queries_empties_the_log(db: Any) -> None:
    from offbeat.db import reset_queries

    db.force_debug_cursor = True
    add(db, "a")
    assert len(db.queries) == 1
    reset_queries()
    assert db.queries == []
    db.force_debug_cursor = False


@pytest.mark.sqlite
def test_connection_is_the_default_one() -> None:
    from offbeat.db import connection

    assert connection.alias == "default"
    assert connection == connections["default"]
    assert connection.vendor == "sqlite"
