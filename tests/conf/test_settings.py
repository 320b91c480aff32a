"""Settings from a module and by hand."""

from __future__ import annotations

import types
from pathlib import Path
from typing import Any

import pytest

from offbeat.conf import LazySettings, Settings, global_settings, settings
from offbeat.core.exceptions import ImproperlyConfigured
from offbeat.test import override_settings


@pytest.fixture
def module(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Write a settings module and return its name."""
    monkeypatch.syspath_prepend(str(tmp_path))

    def write(source: str, name: str) -> str:
        (tmp_path / f"{name}.py").write_text(source)
        return name

    return write


def test_a_module_overlays_the_defaults(module: Any) -> None:
    loaded = Settings(module("DEBUG = True\nTIME_ZONE = 'UTC'\nlower = 1\n", "settings_overlay"))
    assert loaded.DEBUG is True
    assert loaded.APPEND_SLASH is global_settings.APPEND_SLASH
    assert not hasattr(loaded, "lower")
    assert loaded.is_overridden("DEBUG") and not loaded.is_overridden("APPEND_SLASH")


def test_lists_must_be_lists(module: Any) -> None:
    with pytest.raises(ImproperlyConfigured, match="ALLOWED_HOSTS setting must be a list or a tuple"):
        Settings(module("ALLOWED_HOSTS = 'example.com'\n", "settings_text"))


def test_an_unknown_time_zone_is_refused(module: Any) -> None:
    with pytest.raises(ValueError, match="Incorrect timezone setting: Mars/Phobos"):
        Settings(module("TIME_ZONE = 'Mars/Phobos'\n", "settings_zone"))


def test_settings_can_be_configured_by_hand_once() -> None:
    own = LazySettings()
    own.configure(DEBUG=True)
    assert own.DEBUG is True and own.configured
    assert own.APPEND_SLASH is global_settings.APPEND_SLASH
    with pytest.raises(RuntimeError, match="already configured"):
        own.configure()


def test_defaults_of_configure_may_be_any_object() -> None:
    own = LazySettings()
    own.configure(types.SimpleNamespace(ONLY=1), OTHER=2)
    assert (own.ONLY, own.OTHER) == (1, 2)
    with pytest.raises(AttributeError):
        own.APPEND_SLASH


def test_names_must_be_upper_case() -> None:
    with pytest.raises(TypeError, match="'debug' must be uppercase"):
        LazySettings().configure(debug=True)


def test_unconfigured_settings_say_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("OFFBEAT_SETTINGS_MODULE")
    monkeypatch.delenv("DJANGO_SETTINGS_MODULE", raising=False)
    own = LazySettings()
    assert repr(own) == "<LazySettings [Unevaluated]>"
    with pytest.raises(
        ImproperlyConfigured, match="Requested setting DEBUG, but settings are not configured"
    ):
        own.DEBUG


def test_an_empty_key_is_refused_when_it_is_needed() -> None:
    own = LazySettings()
    own.configure(SECRET_KEY="")
    with pytest.raises(ImproperlyConfigured, match="SECRET_KEY"):
        own.SECRET_KEY


def test_values_can_be_set_read_and_deleted() -> None:
    own = LazySettings()
    own.configure()
    own.MINE = 1
    assert own.MINE == 1 and "MINE" in dir(own)
    own.MINE = 2
    assert own.MINE == 2
    del own.MINE
    assert not hasattr(own, "MINE")


def test_relative_urls_get_the_script_prefix() -> None:
    from offbeat.urls import get_script_prefix, set_script_prefix

    before = get_script_prefix()
    try:
        set_script_prefix("/sub/")
        with override_settings(STATIC_URL="static/", MEDIA_URL="https://cdn.example.com/"):
            assert settings.STATIC_URL == "/sub/static/"
            assert settings.MEDIA_URL == "https://cdn.example.com/"
    finally:
        set_script_prefix(before)


def test_an_override_is_undone() -> None:
    before = settings.DEBUG
    with override_settings(DEBUG=not before):
        assert settings.DEBUG is not before
    assert settings.DEBUG is before
