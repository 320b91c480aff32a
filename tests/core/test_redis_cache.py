"""RedisCache, in both colours, against a real server where there is one."""

from __future__ import annotations

import shutil
import subprocess
import tempfile
import time

import pytest

from offbeat.concurrency import spawn
from offbeat.core.cache.backends.redis import RedisCache

redis = pytest.importorskip("redis")
pytestmark = pytest.mark.server


@pytest.fixture(scope="module")
def url():
    program = shutil.which("redis-server")
    if program is None:
        pytest.skip("redis-server is not installed")
    with tempfile.TemporaryDirectory() as directory:
        socket = f"{directory}/redis.sock"
        command = [program, "--port", "0", "--unixsocket", socket, "--save", "", "--dir", directory]
        with subprocess.Popen(command, stdout=subprocess.DEVNULL) as server:
            client = redis.Redis(unix_socket_path=socket)
            for _ in range(200):
                try:
                    client.ping()
                    break
                except redis.ConnectionError:
                    time.sleep(0.02)
            client.close()
            yield f"unix://{socket}"
            server.terminate()


def exercise(cache):
    cache.clear()
    assert cache.get("a", "default") == "default"
    cache.set("a", {"x": [1]})
    assert cache.get("a") == {"x": [1]}
    assert not cache.add("a", 1)
    assert cache.add("n", 1)
    assert cache.incr("n", 4) == 5
    assert cache.decr("n") == 4
    with pytest.raises(ValueError, match="not found"):
        cache.incr("missing")
    assert cache.set_many({"b": 2, "c": None}, timeout=100) == []
    assert cache.get_many(["b", "c", "d"]) == {"b": 2, "c": None}
    assert cache.touch("b", 50)
    assert cache.touch("b", None)
    assert not cache.touch("missing")
    assert cache.get_or_set("e", lambda: "made") == "made"
    cache.set("b", 1, timeout=0)
    assert "b" not in cache
    assert not cache.add("a", 1, timeout=0)
    assert cache.add("z", 1, timeout=0)
    assert "z" not in cache
    assert cache.set_many({}) == []
    assert cache.get_many([]) == {}
    cache.set("v", 1)
    assert cache.incr_version("v") == 2
    assert cache.get("v", version=2) == 1
    assert cache.delete("a")
    assert not cache.delete("a")
    cache.delete_many(["c", "n"])
    cache.delete_many([])
    assert not cache.has_key("n")
    cache.clear()
    assert cache.get("e") is None


async def test_one_body_in_both_colours(url):
    cache = RedisCache(url, {})
    try:
        await spawn(exercise, cache)
        await cache.aset("a", 1)
        assert await cache.aget("a") == 1
        assert await cache.aincr("a") == 2
    finally:
        await cache._cache.disconnect()


async def test_the_blocking_colour(url):
    import threading

    cache = RedisCache(url, {})
    failures = []

    def run():
        try:
            exercise(cache)
        except BaseException as error:
            failures.append(error)

    thread = threading.Thread(target=run)
    thread.start()
    thread.join()
    await cache._cache.disconnect()
    assert not failures


def test_servers_and_timeouts():
    cache = RedisCache("redis://a;redis://b,redis://c", {"TIMEOUT": 10})
    assert cache._servers == ["redis://a", "redis://b", "redis://c"]
    assert cache.get_backend_timeout() == 10
    assert cache.get_backend_timeout(None) is None
    assert cache.get_backend_timeout(-5) == 0
    assert cache._cache._get_connection_pool_index(write=True) == 0
    assert cache._cache._get_connection_pool_index(write=False) in (1, 2)
