"""DatabaseCache on the default database."""

from __future__ import annotations

import pytest

from offbeat.core.cache.backends.db import DatabaseCache
from offbeat.db import connection
from offbeat.db.models import DateTimeField

TABLE = "a cache"


@pytest.fixture(autouse=True)
def table():
    quote = connection.ops.quote_name
    with connection.cursor() as cursor:
        cursor.execute(
            f"CREATE TABLE {quote(TABLE)} (cache_key varchar(255) NOT NULL PRIMARY KEY, value text NOT NULL, "
            f"expires {DateTimeField().db_type(connection)} NOT NULL)"
        )
    yield
    with connection.cursor() as cursor:
        cursor.execute(f"DROP TABLE {quote(TABLE)}")


def make(**params):
    return DatabaseCache(TABLE, params)


def exercise(cache):
    assert cache.get("a") is None
    cache.set("a", {"x": [1, None]})
    assert cache.get("a") == {"x": [1, None]}
    assert not cache.add("a", 2)
    assert cache.add("b", b"\x00bytes")
    assert cache.get_many(["a", "b", "c"]) == {"a": {"x": [1, None]}, "b": b"\x00bytes"}
    assert cache.has_key("b")
    assert cache.touch("b")
    assert not cache.touch("missing")
    cache.set("n", 1)
    assert cache.incr("n") == 2
    assert cache.delete("a")
    assert not cache.delete("a")
    cache.set_many({"p": 1, "q": 2})
    cache.delete_many(["p", "q", "missing"])
    cache.delete_many([])
    assert cache.get_many(["p", "q"]) == {}
    cache.clear()
    assert not cache.has_key("n")


def test_the_operations():
    exercise(make())


async def test_the_asynchronous_face():
    from offbeat.concurrency import spawn

    await spawn(exercise, make())
    cache = make()
    await cache.aset("a", 1)
    assert await cache.aget("a") == 1
    await cache.aclear()


def test_timeouts():
    cache = make()
    cache.set("past", 1, -5)
    cache.set("now", 1, 0)
    cache.set("ever", 1, None)
    assert cache.get_many(["past", "now", "ever"]) == {"ever": 1}
    assert not cache.has_key("past")
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT COUNT(*) FROM {connection.ops.quote_name(TABLE)}")
        assert cursor.fetchone()[0] == 1
    cache.set("past", 1, -5)
    assert cache.add("past", 2)
    assert cache.get("past") == 2


@pytest.mark.parametrize("frequency", [0, 2])
def test_culling(frequency):
    cache = make(OPTIONS={"MAX_ENTRIES": 10, "CULL_FREQUENCY": frequency})
    for number in range(30):
        cache.set(f"key{number:02}", number)
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT COUNT(*) FROM {connection.ops.quote_name(TABLE)}")
        assert cursor.fetchone()[0] <= 12
