"""Cursors of the server, procedures, COPY."""

from __future__ import annotations

from typing import Any

import pytest

from offbeat.concurrency import run, spawn
from offbeat.db import NotSupportedError, ProgrammingError
from offbeat.db.transaction import atomic
from tests.db.conftest import ALIAS


def portals(db: Any) -> list[tuple[bool, bool]]:
    return db.fetch_all(  # type: ignore[no-any-return]
        "SELECT is_holdable, is_scrollable FROM pg_cursors WHERE statement LIKE 'DECLARE%%'"
    )


def test_rows_are_left_on_the_server(pg: Any) -> None:
    chunks = pg.stream("SELECT i FROM generate_series(1, %s) AS i", (5,), 2)
    assert next(chunks) == [(1,), (2,)]
    assert portals(pg) == [(True, False)]
    assert list(chunks) == [[(3,), (4,)], [(5,)]]
    assert portals(pg) == []


def test_an_abandoned_cursor_is_closed(pg: Any) -> None:
    chunks = pg.stream("SELECT generate_series(1, 5)", (), 2)
    next(chunks)
    chunks.close()
    assert portals(pg) == []


def test_inside_a_transaction_a_cursor_needs_not_outlive_it(pg: Any, call: Any) -> None:
    def body() -> None:
        with atomic(ALIAS):
            chunks = pg.stream("SELECT generate_series(1, 5)", (), 2)
            next(chunks)
            assert portals(pg) == [(False, False)]
            assert list(chunks) == [[(3,), (4,)], [(5,)]]
            assert portals(pg) == []

    call(body)


def test_on_the_loop_a_connection_with_an_open_cursor_is_not_used_again(connect: Any) -> None:
    db = connect(pool_size=1)

    def body() -> None:
        ((pid,),) = db.fetch_all("SELECT pg_backend_pid()")
        assert [row for chunk in db.stream("SELECT generate_series(1, 3)", (), 2) for row in chunk] == [
            (1,),
            (2,),
            (3,),
        ]
        assert db.fetch_all("SELECT pg_backend_pid()") == [(pid,)]
        half = db.stream("SELECT generate_series(1, 3)", (), 2)
        next(half)
        half.close()
        assert db.fetch_all("SELECT pg_backend_pid()") != [(pid,)]
        assert portals(db) == []

    async def main() -> None:
        await spawn(body)
        assert db.pool.open == 1

    run(main())


def test_cursors_of_the_server_can_be_disabled(connect: Any, call: Any) -> None:
    db = connect(DISABLE_SERVER_SIDE_CURSORS=True)

    def body() -> None:
        with atomic(ALIAS):
            chunks = db.stream("SELECT i FROM generate_series(1, %s) AS i", (3,), 2)
            assert next(chunks) == [(1,), (2,)]
            assert portals(db) == []
            assert next(chunks) == [(3,)]

    call(body)


def test_chunked_cursors_have_names_and_parameters(pg: Any, call: Any) -> None:
    def body() -> None:
        with pg.chunked_cursor() as cursor:
            cursor.execute("SELECT i AS n, '100%%' FROM generate_series(1, %s) AS i", [3])
            assert [column.name for column in cursor.description] == ["n", "?column?"]
            assert cursor.fetchone() == (1, "100%")
            assert cursor.fetchmany(1) == [(2, "100%")]
            assert cursor.fetchall() == [(3, "100%")]
            assert cursor.fetchall() == []

    call(body)


def test_procedures(pg: Any, call: Any) -> None:
    def body() -> None:
        with pg.cursor() as cursor:
            cursor.callproc("upper", ["abc"])
            assert cursor.fetchone() == ("ABC",)
        with pg.cursor() as cursor, pytest.raises(NotSupportedError, match="Keyword parameters"):
            cursor.callproc("upper", [], {"x": 1})

    call(body)


def test_copy_in_and_out(pg: Any, call: Any, table: str) -> None:
    def body() -> None:
        with pg.cursor() as cursor:
            with cursor.copy(f"COPY {table} (name, amount) FROM STDIN") as copy:
                copy.write_row(("tab\there", 3))
            with cursor.copy(f"COPY {table} (name, amount) FROM STDIN") as copy:
                copy.write("d\t4\n")
            with cursor.copy(
                f"COPY (SELECT name, amount FROM {table} WHERE amount < %s ORDER BY id) TO STDOUT", [5]
            ) as copy:
                copy.set_types(["text", "int4"])
                assert list(copy.rows()) == [("tab\there", 3), ("d", 4)]
            with cursor.copy(f"COPY (SELECT 1 FROM {table}) TO STDOUT") as copy:
                assert b"".join(copy) == b"1\n" * 4
        pg.run(f"DELETE FROM {table} WHERE amount < 5")

    call(body)


async def test_copy_on_the_loop(pg: Any, table: str) -> None:
    async with pg.cursor() as cursor:
        async with cursor.copy(f"COPY {table} (name) FROM STDIN") as copy:
            await copy.awrite_row(["x"])
        async with cursor.copy(f"COPY (SELECT name FROM {table} ORDER BY id) TO STDOUT") as copy:
            assert b"".join([data async for data in copy]) == b"a\nb\nx\n"


def test_an_error_in_copy_undoes_it(pg: Any, call: Any, table: str) -> None:
    def body() -> None:
        with pg.cursor() as cursor:
            with pytest.raises(ZeroDivisionError), cursor.copy(f"COPY {table} (name) FROM STDIN") as copy:
                copy.write_row(["x"])
                raise ZeroDivisionError
            with pytest.raises(ProgrammingError), cursor.copy("COPY absent FROM STDIN"):
                pass
        assert pg.fetch_all(f"SELECT count(*) FROM {table}") == [(2,)]

    call(body)


def test_a_changed_setting_does_not_reach_the_next_user(connect: Any) -> None:
    db = connect(pool_size=1)

    def change(sql: str) -> None:
        with db.cursor() as cursor:
            cursor.execute(sql)

    async def main() -> None:
        for sql in ("SET work_mem = '1MB'", "set search_path to pg_catalog"):
            ((before,),) = await spawn(db.fetch_all, "SELECT current_setting('work_mem')")
            await spawn(change, sql)
            assert await spawn(db.fetch_all, "SELECT current_setting('work_mem')") == [(before,)]
            assert await spawn(db.fetch_all, "SHOW search_path") != [("pg_catalog",)]
        ((pid,),) = await spawn(db.fetch_all, "SELECT pg_backend_pid()")
        async with atomic(ALIAS):
            await spawn(change, "SET LOCAL work_mem = '1MB'")
        assert await spawn(db.fetch_all, "SELECT pg_backend_pid()") == [(pid,)]

    run(main())
