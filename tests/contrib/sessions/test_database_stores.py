"""Sessions in the database, alone and behind a cache."""

from __future__ import annotations

import datetime

import pytest

from offbeat.conf import settings
from offbeat.contrib.sessions.backends import cached_db, db
from offbeat.contrib.sessions.backends.base import CreateError, UpdateError
from offbeat.contrib.sessions.models import Session
from offbeat.core.cache import caches
from offbeat.db import connection
from offbeat.utils import timezone


@pytest.fixture(autouse=True)
def table():
    caches["default"].clear()
    with connection.schema_editor() as editor:
        editor.create_model(Session)
    yield
    with connection.schema_editor() as editor:
        editor.delete_model(Session)


@pytest.fixture(params=["db", "cached_db"])
def store(request):
    return {"db": db, "cached_db": cached_db}[request.param].SessionStore


def test_a_session_is_a_row(store):
    session = store()
    session["a"] = 1
    session.set_expiry(300)
    session.save()
    row = Session.objects.get()
    assert row.pk == session.session_key
    assert row.get_decoded() == {"a": 1, "_session_expiry": 300}
    assert str(row) == session.session_key
    assert abs(row.expire_date - timezone.now() - datetime.timedelta(seconds=300)) < datetime.timedelta(
        seconds=5
    )
    again = store(session.session_key)
    assert again["a"] == 1
    again["a"] = 2
    again.save()
    assert Session.objects.get().get_decoded()["a"] == 2


def test_rows_that_existing_data_has(store, monkeypatch):
    monkeypatch.setattr(settings, "SECRET_KEY", "secret")
    Session.objects.create(
        session_key="k" * 32,
        session_data="eyJhIjoxLCJiIjoiXHUwMGU5In0:1xUIWH:2679qpiryD8rYWoZUmjJnWEC84dJySADf-mwVqXYCT4",
        expire_date=timezone.now() + datetime.timedelta(days=1),
    )
    assert dict(store("k" * 32).items()) == {"a": 1, "b": "é"}


def test_an_expired_row_is_not_loaded_and_is_cleared(store):
    session = store()
    session["a"] = 1
    session.set_expiry(-10)
    session.save()
    caches["default"].clear()
    assert store(session.session_key).get("a") is None
    fresh = store()
    fresh["b"] = 1
    fresh.save()
    store.clear_expired()
    assert [row.pk for row in Session.objects.all()] == [fresh.session_key]


def test_a_key_that_is_taken(store):
    session = store()
    session.create()
    with pytest.raises(CreateError):
        session.save(must_create=True)


def test_a_row_that_is_gone(store):
    session = store()
    session["a"] = 1
    session.save()
    Session.objects.all().delete()
    with pytest.raises(UpdateError):
        session.save()
    assert Session.objects.count() == 0


def test_cycling_and_flushing(store):
    session = store()
    session["a"] = 1
    session.save()
    before = session.session_key
    session.cycle_key()
    assert not session.exists(before)
    assert [row.pk for row in Session.objects.all()] == [session.session_key]
    session.flush()
    assert Session.objects.count() == 0
    assert session.session_key is None


async def test_the_asynchronous_face(store):
    session = store()
    await session.aset("a", 1)
    await session.asave()
    again = store(session.session_key)
    assert await again.aget("a") == 1
    assert (await again.acreate_model_instance({"x": 1})).session_key == session.session_key
    await again.acycle_key()
    assert not await again.aexists(session.session_key)
    await again.aflush()
    await store.aclear_expired()
    assert await Session.objects.acount() == 0


def test_the_cache_is_read_first(monkeypatch):
    session = cached_db.SessionStore()
    session["a"] = 1
    session.save()
    assert caches["default"].get(session.cache_key) == {"a": 1}
    Session.objects.all().delete()
    assert cached_db.SessionStore(session.session_key)["a"] == 1
    assert session.cache_key.startswith("django.contrib.sessions.cached_db")


def test_a_cache_that_fails_costs_nothing_but_speed(caplog):
    session = cached_db.SessionStore()
    session["a"] = 1

    def fail(*args, **kwargs):
        raise RuntimeError("cache is down")

    session._cache = type("Down", (), {"set": fail, "__contains__": lambda *a: False})()
    session.save()
    assert "Error saving to cache" in caplog.text
    assert Session.objects.get().get_decoded() == {"a": 1}


def test_cve_2015_3982_a_flushed_session_is_nobodys(store):
    one, other = store(), store()
    for session in (one, other):
        session["a"] = 1
        session.save()
        session.flush()
        session["b"] = 1
        session.save()
    assert one.session_key
    assert one.session_key != other.session_key


def test_cve_2015_5143_unknown_keys_write_no_rows(store):
    for number in range(50):
        assert store(f"{number:032d}").get("a") is None
    assert Session.objects.count() == 0
