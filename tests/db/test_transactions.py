"""The transaction matrix: the same cases in a plain thread and in a bridge on the loop."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from typing import Any

import pytest

from offbeat.concurrency import run, spawn, wait
from offbeat.db import IntegrityError, OperationalError, ProgrammingError, transaction
from offbeat.db.transaction import TransactionManagementError, atomic

from .conftest import ALIAS, KEYS, add, make_wrapper, names


@pytest.fixture(params=["thread", "bridge"])
def call(request: pytest.FixtureRequest) -> Callable[..., Any]:
    """Calls a plain function, either directly or in a bridge."""
    if request.param == "thread":
        return lambda fn, *args: fn(*args)

    def in_bridge(fn: Any, *args: Any) -> Any:
        async def main() -> Any:
            return await spawn(fn, *args)

        return run(main())

    return in_bridge


class Stop(Exception):
    pass


def test_a_block_commits_at_its_end(db: Any, call: Any) -> None:
    def body() -> list[str]:
        with atomic(ALIAS):
            assert db.in_atomic_block
            assert not db.get_autocommit()
            add(db, "a")
        assert not db.in_atomic_block
        assert db.get_autocommit()
        return names(db)

    assert call(body) == ["a"]


def test_an_exception_rolls_back(db: Any, call: Any) -> None:
    def body() -> list[str]:
        with pytest.raises(Stop), atomic(ALIAS):
            add(db, "a")
            raise Stop
        return names(db)

    assert call(body) == []


def test_an_inner_block_is_a_savepoint(db: Any, call: Any) -> None:
    def body() -> list[str]:
        with atomic(ALIAS):
            add(db, "a")
            with pytest.raises(Stop), atomic(ALIAS):
                add(db, "b")
                raise Stop
            with atomic(ALIAS):
                add(db, "c")
        return names(db)

    assert call(body) == ["a", "c"]


def test_an_inner_block_without_savepoint_makes_the_outer_one_roll_back(db: Any, call: Any) -> None:
    def body() -> list[str]:
        with atomic(ALIAS):
            add(db, "a")
            with pytest.raises(Stop), atomic(ALIAS, savepoint=False):
                raise Stop
            assert transaction.get_rollback(ALIAS)
            with pytest.raises(TransactionManagementError) as caught:
                names(db)
            assert isinstance(caught.value.__cause__, Stop)
        return names(db)

    assert call(body) == []


def test_set_rollback_undoes_the_innermost_block_only(db: Any, call: Any) -> None:
    def body() -> list[str]:
        with atomic(ALIAS):
            add(db, "a")
            with atomic(ALIAS):
                add(db, "b")
                transaction.set_rollback(True, ALIAS)
            add(db, "c")
        return names(db)

    assert call(body) == ["a", "c"]


def test_an_integrity_error_inside_an_inner_block_leaves_the_outer_one_usable(db: Any, call: Any) -> None:
    def body() -> list[str]:
        with atomic(ALIAS):
            add(db, "a")
            with pytest.raises(IntegrityError), atomic(ALIAS):
                add(db, "a")
            add(db, "b")
        return names(db)

    assert call(body) == ["a", "b"]


def test_a_durable_block_refuses_to_be_nested(db: Any, call: Any) -> None:
    def body() -> None:
        with atomic(ALIAS, durable=True), pytest.raises(RuntimeError, match="durable"):
            with atomic(ALIAS, durable=True):
                pass

    call(body)


def test_one_object_can_be_nested_in_itself(db: Any, call: Any) -> None:
    def body() -> list[str]:
        block = atomic(ALIAS)
        with block:
            add(db, "a")
            with pytest.raises(Stop), block:
                add(db, "b")
                raise Stop
        with block:
            add(db, "c")
        return names(db)

    assert call(body) == ["a", "c"]


def test_as_a_decorator(db: Any, call: Any) -> None:
    @atomic(ALIAS)
    def write(name: str, fail: bool) -> str:
        add(db, name)
        if fail:
            raise Stop
        return name

    def body() -> list[str]:
        assert write("a", False) == "a"
        with pytest.raises(Stop):
            write("b", True)
        return names(db)

    assert call(body) == ["a"]


async def test_as_a_decorator_of_a_coroutine_function(db: Any) -> None:
    @atomic(ALIAS)
    async def write(name: str, fail: bool) -> None:
        await spawn(add, db, name)
        if fail:
            raise Stop

    await write("a", False)
    with pytest.raises(Stop):
        await write("b", True)
    assert await spawn(names, db) == ["a"]


async def test_as_an_asynchronous_context_manager_outside_any_bridge(db: Any) -> None:
    async with atomic(ALIAS):
        await spawn(add, db, "a")
        with pytest.raises(Stop):
            async with atomic(ALIAS):
                await spawn(add, db, "b")
                raise Stop
    assert await spawn(names, db) == ["a"]


def test_savepoints_by_hand(db: Any, call: Any) -> None:
    def body() -> list[str]:
        assert transaction.savepoint_create(ALIAS) is None
        with atomic(ALIAS):
            add(db, "a")
            sid = transaction.savepoint_create(ALIAS)
            add(db, "b")
            transaction.savepoint_rollback(sid, ALIAS)
            sid = transaction.savepoint_create(ALIAS)
            add(db, "c")
            transaction.savepoint_commit(sid, ALIAS)
            transaction.clean_savepoints(ALIAS)
        return names(db)

    assert call(body) == ["a", "c"]


def test_manual_transactions(db: Any, call: Any) -> None:
    def body() -> list[str]:
        transaction.set_autocommit(False, ALIAS)
        assert not transaction.get_autocommit(ALIAS)
        add(db, "a")
        transaction.rollback(ALIAS)
        add(db, "b")
        transaction.commit(ALIAS)
        with atomic(ALIAS):
            add(db, "c")
        transaction.rollback(ALIAS)
        add(db, "d")
        transaction.set_autocommit(True, ALIAS)
        assert transaction.get_autocommit(ALIAS)
        return names(db)

    assert call(body) == ["b", "d"]


def test_manual_commands_are_refused_inside_a_block(db: Any, call: Any) -> None:
    def body() -> None:
        with atomic(ALIAS):
            for command in (transaction.commit, transaction.rollback):
                with pytest.raises(TransactionManagementError, match="forbidden"):
                    command(ALIAS)
            with pytest.raises(TransactionManagementError, match="forbidden"):
                transaction.set_autocommit(True, ALIAS)

    call(body)


def test_the_rollback_flag_needs_a_block(db: Any, call: Any) -> None:
    def body() -> None:
        with pytest.raises(TransactionManagementError, match="outside"):
            transaction.get_rollback(ALIAS)
        with pytest.raises(TransactionManagementError, match="outside"):
            transaction.set_rollback(True, ALIAS)

    call(body)


def test_mark_for_rollback_on_error(db: Any, call: Any) -> None:
    def body() -> list[str]:
        with atomic(ALIAS):
            add(db, "a")
            with pytest.raises(Stop), transaction.mark_for_rollback_on_error(ALIAS):
                raise Stop
            assert db.needs_rollback
        return names(db)

    assert call(body) == []


def test_callbacks_run_after_the_commit_in_order(db: Any, call: Any) -> None:
    def body() -> list[Any]:
        ran: list[Any] = []
        transaction.on_commit(lambda: ran.append("now"), ALIAS)
        with atomic(ALIAS):
            transaction.on_commit(lambda: ran.append((1, db.in_atomic_block)), ALIAS)
            with pytest.raises(Stop), atomic(ALIAS):
                transaction.on_commit(lambda: ran.append("lost"), ALIAS)
                raise Stop
            with atomic(ALIAS):
                transaction.on_commit(lambda: ran.append((2, names(db))), ALIAS)
            add(db, "a")
            assert ran == ["now"]
        return ran

    assert call(body) == ["now", (1, False), (2, ["a"])]


def test_callbacks_of_a_rolled_back_transaction_never_run(db: Any, call: Any) -> None:
    def body() -> list[Any]:
        ran: list[Any] = []
        with pytest.raises(Stop), atomic(ALIAS):
            transaction.on_commit(lambda: ran.append(1), ALIAS)
            raise Stop
        with atomic(ALIAS):
            pass
        return ran

    assert call(body) == []


def test_an_error_in_a_callback_stops_the_next_unless_robust(
    db: Any, call: Any, caplog: pytest.LogCaptureFixture
) -> None:
    def fail() -> None:
        raise Stop

    def body() -> list[Any]:
        ran: list[Any] = []
        with atomic(ALIAS):
            transaction.on_commit(fail, ALIAS, robust=True)
            transaction.on_commit(lambda: ran.append(1), ALIAS)
        with pytest.raises(Stop), atomic(ALIAS):
            transaction.on_commit(fail, ALIAS)
            transaction.on_commit(lambda: ran.append(2), ALIAS)
        return ran

    with caplog.at_level(logging.ERROR, "offbeat.db.backends.base"):
        assert call(body) == [1]
    assert "on_commit()" in caplog.text


def test_a_callback_may_be_asynchronous(db: Any, call: Any) -> None:
    def body() -> list[Any]:
        ran: list[Any] = []

        async def callback() -> None:
            await asyncio.sleep(0)
            ran.append(1)

        with atomic(ALIAS):
            transaction.on_commit(callback, ALIAS)
        return ran

    assert call(body) == [1]


def test_a_callback_must_be_callable(db: Any) -> None:
    with pytest.raises(TypeError, match="callable"):
        transaction.on_commit(None, ALIAS)  # type: ignore[arg-type]


def test_callbacks_are_refused_in_manual_transactions(db: Any, call: Any) -> None:
    def body() -> None:
        transaction.set_autocommit(False, ALIAS)
        try:
            with pytest.raises(TransactionManagementError, match="manual"):
                transaction.on_commit(lambda: None, ALIAS)
        finally:
            transaction.set_autocommit(True, ALIAS)

    call(body)


def test_closing_inside_a_block_loses_it(file_db: Any, call: Any) -> None:
    def body() -> list[str]:
        with atomic(ALIAS):
            add(file_db, "a")
            file_db.close()
            with pytest.raises(ProgrammingError, match="new connection"):
                names(file_db)
        add(file_db, "b")
        return names(file_db)

    assert call(body) == ["b"]


def test_a_commit_that_fails_rolls_back(db: Any, call: Any) -> None:
    if not db.features.can_defer_constraint_checks:
        pytest.skip(f"{db.display_name} checks constraints at once")
    db.run(
        f"CREATE TABLE child (id {KEYS[db.vendor]}, item integer REFERENCES item (id) DEFERRABLE INITIALLY DEFERRED)"
    )

    def body() -> list[Any]:
        ran: list[Any] = []
        with pytest.raises(IntegrityError), atomic(ALIAS):
            transaction.on_commit(lambda: ran.append(1), ALIAS)
            add(db, "a")
            db.run("INSERT INTO child (item) VALUES (99)")
        return [*ran, *names(db), *db.fetch_all("SELECT * FROM child")]

    assert call(body) == []


@pytest.mark.sqlite
def test_a_transaction_that_the_database_ended_accepts_no_more_statements(db: Any, call: Any) -> None:
    def body() -> list[str]:
        with pytest.raises(OperationalError), atomic(ALIAS):
            add(db, "a")
            with pytest.raises(IntegrityError):
                db.run("INSERT OR ROLLBACK INTO item (name) VALUES ('a')")
            with pytest.raises(TransactionManagementError):
                add(db, "b")
            transaction.set_rollback(False, ALIAS)
        return names(db)

    assert call(body) == []


@pytest.mark.sqlite
def test_transaction_mode_is_used_for_begin(tmp_path: Any) -> None:
    db = make_wrapper(str(tmp_path / "x.sqlite3"), transaction_mode="EXCLUSIVE")
    db.force_debug_cursor = True
    with atomic(ALIAS):
        pass
    assert [query["sql"] for query in db.queries] == ["BEGIN EXCLUSIVE", "COMMIT"]
    db.force_debug_cursor = False


def test_non_atomic_requests_marks_a_view() -> None:
    @transaction.non_atomic_requests
    def one() -> None: ...

    @transaction.non_atomic_requests(using="x")
    @transaction.non_atomic_requests(using="y")
    def two() -> None: ...

    assert one._non_atomic_requests == {"default"}  # type: ignore[attr-defined]
    assert two._non_atomic_requests == {"x", "y"}  # type: ignore[attr-defined]


def test_waiting_inside_a_block_lets_the_loop_go_on(db: Any) -> None:
    async def main() -> list[str]:
        def body() -> None:
            with atomic(ALIAS):
                add(db, "a")
                wait(asyncio.sleep(0))
                add(db, "b")

        await spawn(body)
        return await spawn(names, db)

    assert run(main()) == ["a", "b"]
