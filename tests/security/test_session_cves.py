"""Published weaknesses of sessions that are kept outside the database, each as a test."""

from __future__ import annotations

import pytest

from offbeat.contrib.sessions.backends import cache as cache_backend
from offbeat.contrib.sessions.backends import file as file_backend
from offbeat.contrib.sessions.exceptions import InvalidSessionKey
from offbeat.core.cache import cache


@pytest.fixture(autouse=True)
def empty_cache():
    cache.clear()
    yield
    cache.clear()


@pytest.fixture
def files(tmp_path, monkeypatch):
    monkeypatch.setattr(file_backend.SessionStore, "_storage_path", str(tmp_path), raising=False)
    return tmp_path


@pytest.mark.parametrize("backend", [cache_backend, file_backend])
def test_cve_2015_5964_flushing_unused_sessions_stores_nothing(backend, files, monkeypatch):
    stored = []
    monkeypatch.setattr(cache, "add", lambda *args, **kwargs: stored.append(args))
    monkeypatch.setattr(cache, "set", lambda *args, **kwargs: stored.append(args))
    for number in range(100):
        session = backend.SessionStore(f"unknown{number:025}")
        session.flush()
        assert session.session_key is None
    assert stored == []
    assert list(files.iterdir()) == []


def test_cve_2011_4136_a_key_of_the_cache_is_no_session():
    key = "a" * 32
    cache.set(key, {"_auth_user_id": "1"})
    session = cache_backend.SessionStore(key)
    assert session.get("_auth_user_id") is None


@pytest.mark.parametrize("key", ["..\\..\\secret", "../../secret", "a/b", "a\x00b", "..", "C:\\secret"])
def test_cve_2011_0698_a_session_key_is_no_path(key, files):
    (files.parent / "secret").write_text("x")
    session = file_backend.SessionStore(key)
    assert session.load() == {}
    assert session.session_key is None
    with pytest.raises(InvalidSessionKey):
        session.exists(key)
