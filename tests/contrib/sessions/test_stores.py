"""Session stores: the dictionary, keys, expiry and both colours."""

from __future__ import annotations

import datetime
import os

import pytest

from offbeat.conf import settings
from offbeat.contrib.sessions.backends import cache as cache_backend
from offbeat.contrib.sessions.backends import file as file_backend
from offbeat.contrib.sessions.backends import signed_cookies
from offbeat.contrib.sessions.backends.base import SessionBase, UpdateError
from offbeat.contrib.sessions.exceptions import InvalidSessionKey
from offbeat.core.cache import caches
from offbeat.core.exceptions import ImproperlyConfigured
from offbeat.utils import timezone


def choose(name, tmp_path, monkeypatch):
    if name == "file":
        monkeypatch.setattr(file_backend.SessionStore, "_storage_path", str(tmp_path), raising=False)
        return file_backend.SessionStore
    caches["default"].clear()
    return {"cache": cache_backend, "signed_cookies": signed_cookies}[name].SessionStore


@pytest.fixture(params=["cache", "file", "signed_cookies"])
def store(request, tmp_path, monkeypatch):
    return choose(request.param, tmp_path, monkeypatch)


@pytest.fixture(params=["cache", "file"])
def stored(request, tmp_path, monkeypatch):
    """The stores that keep something on the server."""
    return choose(request.param, tmp_path, monkeypatch)


def test_a_new_session_is_empty(store):
    session = store()
    assert not session
    assert not session.modified
    assert not session.accessed
    assert session.get("x", "default") == "default"
    assert session.accessed
    assert not session.modified


def test_it_is_a_dictionary(store):
    session = store()
    session["a"] = 1
    assert session.modified
    session.update({"b": 2})
    assert session.setdefault("c", 3) == 3
    assert session.setdefault("c", 4) == 3
    assert "a" in session
    assert session.has_key("b")
    assert list(session.keys()) == ["a", "b", "c"]
    assert list(session.values()) == [1, 2, 3]
    assert next(iter(session.items())) == ("a", 1)
    assert session.pop("a") == 1
    assert session.pop("a", None) is None
    with pytest.raises(KeyError):
        session.pop("a")
    del session["b"]
    with pytest.raises(KeyError):
        session["b"]


def test_popping_what_is_not_there_changes_nothing(store):
    session = store()
    session.pop("x", None)
    assert not session.modified


def test_what_is_saved_is_loaded(store):
    session = store()
    session["a"] = [1, "é"]
    session.save()
    again = store(session.session_key)
    assert again
    assert not again.accessed
    assert again["a"] == [1, "é"]


def test_flushing(store):
    session = store()
    session["a"] = 1
    session.save()
    key = session.session_key
    session.flush()
    assert not session
    assert session.session_key is None
    assert not session.exists(key)
    assert session.modified
    assert session.accessed


def test_cycling_the_key_keeps_the_data(stored):
    session = stored()
    session["a"] = 1
    session.save()
    before = session.session_key
    session.cycle_key()
    assert session.session_key != before
    assert session["a"] == 1
    assert not session.exists(before)


def test_an_unknown_key_is_not_taken_over(stored):
    session = stored("a" * 32)
    assert session.get("x") is None
    session["x"] = 1
    session.save()
    assert session.session_key != "a" * 32


@pytest.mark.parametrize("key", ["", "1", "1234567"])
def test_keys_that_are_too_short_are_ignored(stored, key):
    assert stored(key).session_key is None


def test_saving_a_session_that_was_deleted_meanwhile(stored):
    one = stored()
    one["a"] = 1
    one.save()
    other = stored(one.session_key)
    other["a"] = 2
    one.delete()
    with pytest.raises(UpdateError):
        other.save()
    assert not stored().exists(one.session_key)


def test_the_test_cookie(store):
    session = store()
    session.set_test_cookie()
    assert session.test_cookie_worked()
    session.delete_test_cookie()
    assert not session.test_cookie_worked()


def test_expiry(store):
    session = store()
    assert session.get_expiry_age() == settings.SESSION_COOKIE_AGE == session.get_session_cookie_age()
    assert not session.get_expire_at_browser_close()
    now = timezone.now()
    session.set_expiry(10)
    assert session.get_expiry_age() == 10
    assert session.get_expiry_date(modification=now) == now + datetime.timedelta(seconds=10)
    session.set_expiry(now + datetime.timedelta(seconds=20))
    assert session.get_expiry_age(modification=now) == 20
    assert session.get_expiry_date() == now + datetime.timedelta(seconds=20)
    session.set_expiry(datetime.timedelta(seconds=30))
    assert session.get_expiry_age() in (29, 30)
    session.set_expiry(0)
    assert session.get_expire_at_browser_close()
    assert session.get_expiry_age() == settings.SESSION_COOKIE_AGE
    session.set_expiry(None)
    assert "_session_expiry" not in session
    session.set_expiry(None)


async def test_the_asynchronous_face(store):
    session = store()
    await session.aset("a", 1)
    assert await session.aget("a") == 1
    await session.aupdate({"b": 2})
    assert await session.asetdefault("c", 3) == 3
    assert await session.ahas_key("b")
    assert list(await session.akeys()) == ["a", "b", "c"]
    assert list(await session.avalues()) == [1, 2, 3]
    assert list(await session.aitems())[2] == ("c", 3)
    assert await session.apop("c") == 3
    await session.aset_test_cookie()
    assert await session.atest_cookie_worked()
    await session.adelete_test_cookie()
    await session.aset_expiry(10)
    assert await session.aget_expiry_age() == 10
    assert await session.aget_expiry_date() > timezone.now()
    assert not await session.aget_expire_at_browser_close()
    await session.asave()
    again = store(session.session_key)
    assert (await again.aload())["a"] == 1
    await again.acycle_key()
    await again.aflush()
    assert not again
    await store.aclear_expired()


async def test_overriding_save_changes_asave(store):
    class Counting(store):
        saves = 0

        def save(self, must_create=False):
            self.saves += 1

    session = Counting()
    await session.asave()
    assert session.saves == 1


class Formats(SessionBase):
    pass


Formats.__qualname__ = "SessionStore"


def test_the_format_that_existing_data_has(monkeypatch):
    monkeypatch.setattr(settings, "SECRET_KEY", "secret")
    data = "eyJhIjoxLCJiIjoiXHUwMGU5In0:1xUIWH:2679qpiryD8rYWoZUmjJnWEC84dJySADf-mwVqXYCT4"
    assert Formats().key_salt == "django.contrib.sessions.SessionStore"
    assert Formats().decode(data) == {"a": 1, "b": "é"}
    cookie = "eyJhIjoxfQ:1xUIWH:jLcnVvwyXy9oSOCTtC3JB65By_22FmuT0gP7KUXPK4w"
    monkeypatch.setattr(settings, "SESSION_COOKIE_AGE", 10**9)
    assert signed_cookies.SessionStore(cookie)["a"] == 1


def test_data_that_was_not_signed_here_is_dropped_and_logged(caplog):
    with caplog.at_level("WARNING", "offbeat.security.SuspiciousSession"):
        assert Formats().decode("x:y:z") == {}
    assert "corrupted" in caplog.text


def test_a_cookie_that_was_tampered_with_gives_a_new_session():
    assert signed_cookies.SessionStore("x:y:z").get("a") is None


def test_file_keys_cannot_leave_the_directory(tmp_path, monkeypatch):
    monkeypatch.setattr(settings, "SESSION_FILE_PATH", str(tmp_path), raising=False)
    monkeypatch.delattr(file_backend.SessionStore, "_storage_path", raising=False)
    monkeypatch.setattr(file_backend.SessionStore, "_storage_path", str(tmp_path), raising=False)
    for key in ("../../../etc/passwd", "a\\b/../c1234", "..\\xxxxxxxx"):
        with pytest.raises(InvalidSessionKey):
            file_backend.SessionStore(key)._key_to_file()
        assert file_backend.SessionStore(key).load() == {}


def test_expired_files_are_cleared(tmp_path, monkeypatch):
    monkeypatch.setattr(file_backend.SessionStore, "_storage_path", str(tmp_path), raising=False)
    old, fresh = file_backend.SessionStore(), file_backend.SessionStore()
    for session, age in ((old, -10), (fresh, 1000)):
        session["x"] = 1
        session.set_expiry(age)
        session.save()
    file_backend.SessionStore.clear_expired()
    assert os.listdir(tmp_path) == [settings.SESSION_COOKIE_NAME + fresh.session_key]
    assert file_backend.SessionStore(old.session_key).get("x") is None


def test_a_directory_that_does_not_exist(monkeypatch):
    monkeypatch.delattr(file_backend.SessionStore, "_storage_path", raising=False)
    monkeypatch.setattr(settings, "SESSION_FILE_PATH", "/no/such/directory", raising=False)
    with pytest.raises(ImproperlyConfigured):
        file_backend.SessionStore()


def test_a_cache_that_takes_nothing_ends_with_an_error(monkeypatch):
    monkeypatch.setattr(cache_backend, "_TRIES", 3)
    session = cache_backend.SessionStore()
    monkeypatch.setattr(
        session, "_cache", type("Down", (), {"add": lambda *a: False, "__contains__": lambda *a: False})()
    )
    with pytest.raises(RuntimeError, match="Unable to create a new session key"):
        session.save()
