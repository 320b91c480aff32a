"""Caches that need no server."""

from __future__ import annotations

import threading

import pytest

from offbeat.core.cache import CacheHandler, CacheKeyWarning, InvalidCacheBackendError, cache, caches
from offbeat.core.cache.backends import base
from offbeat.core.cache.backends.dummy import DummyCache
from offbeat.core.cache.backends.filebased import FileBasedCache
from offbeat.core.cache.backends.locmem import LocMemCache
from offbeat.core.cache.utils import make_template_fragment_key


@pytest.fixture(params=["locmem", "file"])
def make(request, tmp_path):
    def make_cache(**params):
        if request.param == "locmem":
            return LocMemCache(str(tmp_path), params)
        return FileBasedCache(str(tmp_path / "cache"), params)

    return make_cache


class Clock:
    def __init__(self):
        self.now = 1_000_000.0

    def __call__(self):
        return self.now


@pytest.fixture
def clock(monkeypatch):
    clock = Clock()
    for module in ("base", "locmem", "filebased"):
        monkeypatch.setattr(f"offbeat.core.cache.backends.{module}.time.time", clock)
    return clock


def test_the_basic_operations(make):
    cache = make()
    assert cache.get("a") is None
    assert cache.get("a", 1) == 1
    cache.set("a", {"x": [1]})
    assert cache.get("a") == {"x": [1]}
    assert "a" in cache
    assert not cache.add("a", 2)
    assert cache.add("b", 2)
    assert cache.delete("a")
    assert not cache.delete("a")
    cache.clear()
    assert not cache.has_key("b")


def test_none_is_a_value(make):
    cache = make()
    cache.set("a", None)
    assert cache.get("a", "default") is None
    assert "a" in cache
    assert cache.get_many(["a", "b"]) == {"a": None}
    assert cache.get_or_set("a", "x") is None


def test_what_is_got_is_a_copy(make):
    cache = make()
    value = [1]
    cache.set("a", value)
    value.append(2)
    cache.get("a").append(3)
    assert cache.get("a") == [1]


def test_counting(make):
    cache = make()
    cache.set("n", 1)
    assert cache.incr("n") == 2
    assert cache.incr("n", 10) == 12
    assert cache.decr("n", 2) == 10
    with pytest.raises(ValueError, match="not found"):
        cache.incr("missing")


def test_many(make):
    cache = make()
    assert cache.set_many({"a": 1, "b": 2}) == []
    assert cache.get_many(["a", "b", "c"]) == {"a": 1, "b": 2}
    cache.delete_many(["a", "b"])
    assert cache.get_many(["a", "b"]) == {}


def test_get_or_set(make):
    cache = make()
    assert cache.get_or_set("a", lambda: 1) == 1
    assert cache.get_or_set("a", lambda: 2) == 1
    assert cache.get_or_set("b", 3) == 3


def test_timeouts(make, clock):
    cache = make(TIMEOUT=10)
    cache.set("default", 1)
    cache.set("long", 1, 100)
    cache.set("ever", 1, None)
    cache.set("never", 1, 0)
    cache.set("past", 1, -1)
    assert [key for key in ("default", "long", "ever", "never", "past") if key in cache] == [
        "default",
        "long",
        "ever",
    ]
    clock.now += 11
    assert [key for key in ("default", "long", "ever") if key in cache] == ["long", "ever"]
    assert cache.touch("long", 10)
    assert not cache.touch("default")
    clock.now += 20
    assert "long" not in cache
    assert "ever" in cache


def test_versions(make):
    cache = make(VERSION=2)
    cache.set("a", 1)
    assert cache.get("a", version=1) is None
    assert cache.incr_version("a") == 3
    assert (cache.get("a"), cache.get("a", version=3)) == (None, 1)
    assert cache.decr_version("a", version=3) == 2
    with pytest.raises(ValueError, match="not found"):
        cache.incr_version("missing")


def test_prefixes_and_key_functions(make):
    one, other = make(KEY_PREFIX="one"), make(KEY_PREFIX="other")
    one.set("a", 1)
    assert other.get("a") is None
    assert make(KEY_FUNCTION=lambda key, prefix, version: f"custom-{key}").make_key("a") == "custom-a"
    assert make(KEY_FUNCTION=f"{base.__name__}.default_key_func").make_key("a") == ":1:a"


@pytest.mark.parametrize("key", ["a b", "a\x00", "x" * 251, "a\x7f"])
def test_keys_that_memcached_could_not_store(make, key):
    with pytest.warns(CacheKeyWarning):
        make().set(key, 1)


def test_culling(make):
    cache = make(OPTIONS={"MAX_ENTRIES": 6, "CULL_FREQUENCY": 2})
    for number in range(20):
        cache.set(number, number)
    assert 3 <= len([n for n in range(20) if n in cache]) <= 6
    cache = make(OPTIONS={"MAX_ENTRIES": 1, "CULL_FREQUENCY": 0})
    cache.set("a", 1)
    cache.set("b", 1)
    assert "a" not in cache


def test_the_least_recently_used_goes_first():
    cache = LocMemCache("lru", {"OPTIONS": {"MAX_ENTRIES": 3, "CULL_FREQUENCY": 3}})
    cache.clear()
    for key in "abc":
        cache.set(key, 1)
    cache.get("a")
    cache.set("d", 1)
    assert [key for key in "abcd" if key in cache] == ["a", "c", "d"]


def test_counting_from_threads_loses_nothing():
    cache = LocMemCache("threads", {})
    cache.set("n", 0)
    threads = [threading.Thread(target=lambda: [cache.incr("n") for _ in range(200)]) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert cache.get("n") == 800


async def test_the_asynchronous_face(make):
    cache = make()
    await cache.aset("a", 1)
    assert await cache.aget("a") == 1
    assert await cache.aincr("a") == 2
    assert await cache.aadd("b", 1)
    assert await cache.ahas_key("b")
    assert await cache.aget_many(["a", "b"]) == {"a": 2, "b": 1}
    assert await cache.aset_many({"c": 3}) == []
    assert await cache.atouch("c")
    assert await cache.adelete("c")
    assert await cache.aincr_version("b") == 2
    await cache.adelete_many(["a"])
    await cache.aclear()
    await cache.aclose()

    async def slow():
        return 5

    assert await cache.aget_or_set("slow", slow) == 5
    assert await cache.aget("slow") == 5


async def test_overriding_a_method_changes_its_asynchronous_face():
    class Loud(LocMemCache):
        def get(self, key, default=None, version=None):
            return "loud"

    assert await Loud("loud", {}).aget("x") == "loud"


def test_the_dummy_stores_nothing():
    cache = DummyCache("", {})
    cache.set("a", 1)
    assert cache.add("a", 1)
    assert cache.get("a", 2) == 2
    assert not cache.touch("a")
    assert not cache.delete("a")
    assert "a" not in cache
    assert cache.get_or_set("a", "x") == "x"


def test_caches_by_alias():
    assert caches["default"] is caches["default"]
    cache.set("alias", 1)
    assert "alias" in cache
    other = []
    thread = threading.Thread(target=lambda: other.append(caches["default"]))
    thread.start()
    thread.join()
    assert other[0] is not caches["default"]
    assert other[0].get("alias") == 1
    handler = CacheHandler({"bad": {"BACKEND": "x.Y"}})
    for alias in ("missing", "bad"):
        with pytest.raises(InvalidCacheBackendError):
            handler[alias]


def test_fragment_keys():
    assert make_template_fragment_key("a") == "template.cache.a.d41d8cd98f00b204e9800998ecf8427e"
    assert make_template_fragment_key("a", ["abc"]) == "template.cache.a.a6360ec2c58ecc4b23fd5bd00216fccd"
    assert make_template_fragment_key("a", ["b", 1]) != make_template_fragment_key("a", ["b1"])
