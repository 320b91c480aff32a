"""The registry of checks, their messages, and the checks of settings."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from offbeat.core import checks
from offbeat.core.checks.caches import (
    check_cache_location_not_exposed,
    check_default_cache_is_configured,
    check_file_based_cache_is_absolute,
)
from offbeat.core.checks.compatibility.django_4_0 import check_csrf_trusted_origins
from offbeat.core.checks.files import check_setting_file_upload_temp_dir
from offbeat.core.checks.registry import CheckRegistry
from offbeat.core.checks.security import base, csrf, sessions
from offbeat.core.checks.translation import (
    check_language_settings_consistent,
    check_setting_language_code,
    check_setting_languages,
)
from offbeat.test import override_settings


def ids(messages: list[Any]) -> list[str]:
    return [message.id for message in messages]


def test_messages_compare_and_show_themselves() -> None:
    message = checks.Error("Wrong.", hint="Right it.", obj="thing", id="x.E001")
    assert message == checks.Error("Wrong.", hint="Right it.", obj="thing", id="x.E001")
    assert message != checks.Warning("Wrong.", hint="Right it.", obj="thing", id="x.E001")
    assert str(message) == "thing: (x.E001) Wrong.\n\tHINT: Right it."
    assert message.is_serious() and not checks.Warning("Odd.").is_serious()
    assert checks.Warning("Odd.").is_serious(checks.WARNING)
    with pytest.raises(TypeError):
        checks.CheckMessage("high", "text")  # type: ignore[arg-type]


def test_messages_can_be_silenced() -> None:
    with override_settings(SILENCED_SYSTEM_CHECKS=["x.W001"]):
        assert checks.Warning("Odd.", id="x.W001").is_silenced()
        assert not checks.Warning("Odd.", id="x.W002").is_silenced()


def test_checks_run_by_tag_and_before_deployment() -> None:
    registry = CheckRegistry()

    @registry.register("one")
    def first(app_configs: Any, **kwargs: Any) -> list[Any]:
        return [1]

    @registry.register("two", deploy=True)
    def second(app_configs: Any, **kwargs: Any) -> list[Any]:
        return [2]

    assert registry.run_checks() == [1]
    assert sorted(registry.run_checks(include_deployment_checks=True)) == [1, 2]  # type: ignore[type-var]
    assert registry.run_checks(tags=["two"]) == []
    assert registry.run_checks(tags=["two"], include_deployment_checks=True) == [2]
    assert registry.tags_available() == {"one"} and registry.tag_exists("two", True)


def test_wrong_checks_are_refused() -> None:
    registry = CheckRegistry()
    with pytest.raises(TypeError, match="keyword arguments"):
        registry.register(lambda app_configs: [])
    registry.register(lambda app_configs, **kwargs: 5)
    with pytest.raises(TypeError, match="must return a list"):
        registry.run_checks()


def test_database_checks_run_for_named_databases_only() -> None:
    registry = CheckRegistry()
    seen: list[Any] = []

    @registry.register(checks.Tags.database)
    def database(databases: Any = None, **kwargs: Any) -> list[Any]:
        seen.append(databases)
        return []

    registry.run_checks()
    assert seen == []
    registry.run_checks(databases=["other"])
    assert seen == [["other"]]


def test_the_built_in_checks_are_registered() -> None:
    tags = checks.registry.registry.tags_available(deployment_checks=True)
    assert {"models", "urls", "security", "caches", "templates", "translation", "files", "commands"} <= tags


SECURE = "offbeat.middleware.security.SecurityMiddleware"
FRAMES = "django.middleware.clickjacking.XFrameOptionsMiddleware"
SESSIONS = "offbeat.contrib.sessions.middleware.SessionMiddleware"
CSRF = "offbeat.middleware.csrf.CsrfViewMiddleware"


@pytest.mark.parametrize(
    ("check", "settings", "expected"),
    [
        (base.check_security_middleware, {"MIDDLEWARE": []}, ["security.W001"]),
        (base.check_xframe_options_middleware, {"MIDDLEWARE": [FRAMES]}, []),
        (base.check_sts, {"MIDDLEWARE": [SECURE], "SECURE_HSTS_SECONDS": 0}, ["security.W004"]),
        (base.check_ssl_redirect, {"MIDDLEWARE": [SECURE], "SECURE_SSL_REDIRECT": False}, ["security.W008"]),
        (base.check_secret_key, {"SECRET_KEY": "x" * 60}, ["security.W009"]),
        (base.check_secret_key, {"SECRET_KEY": "django-insecure-" + "abcdefghij" * 6}, ["security.W009"]),
        (base.check_secret_key, {"SECRET_KEY": "abcdefghij" * 6}, []),
        (base.check_secret_key_fallbacks, {"SECRET_KEY_FALLBACKS": ["short"]}, ["security.W025"]),
        (base.check_debug, {"DEBUG": True}, ["security.W018"]),
        (
            base.check_xframe_deny,
            {"MIDDLEWARE": [FRAMES], "X_FRAME_OPTIONS": "SAMEORIGIN"},
            ["security.W019"],
        ),
        (base.check_allowed_hosts, {"ALLOWED_HOSTS": []}, ["security.W020"]),
        (
            base.check_referrer_policy,
            {"MIDDLEWARE": [SECURE], "SECURE_REFERRER_POLICY": "x"},
            ["security.E023"],
        ),
        (base.check_csp_settings, {"SECURE_CSP": "default-src"}, ["security.E026"]),
        (csrf.check_csrf_middleware, {"MIDDLEWARE": []}, ["security.W003"]),
        (
            csrf.check_csrf_cookie_secure,
            {"MIDDLEWARE": [CSRF], "CSRF_COOKIE_SECURE": False},
            ["security.W016"],
        ),
        (csrf.check_csrf_failure_view, {"CSRF_FAILURE_VIEW": "no.where"}, ["security.E102"]),
        (
            sessions.check_session_cookie_secure,
            {
                "MIDDLEWARE": [SESSIONS],
                "INSTALLED_APPS": ["django.contrib.sessions"],
                "SESSION_COOKIE_SECURE": False,
            },
            ["security.W012"],
        ),
        (
            check_csrf_trusted_origins,
            {"CSRF_TRUSTED_ORIGINS": ["example.com", "https://example.com"]},
            ["4_0.E001"],
        ),
        (check_default_cache_is_configured, {"CACHES": {}}, ["caches.E001"]),
        (check_setting_file_upload_temp_dir, {"FILE_UPLOAD_TEMP_DIR": "/no/where"}, ["files.E001"]),
        (check_setting_language_code, {"LANGUAGE_CODE": "en_US"}, ["translation.E001"]),
        (check_setting_languages, {"LANGUAGES": [("en--us", "English")]}, ["translation.E002"]),
        (
            check_language_settings_consistent,
            {"LANGUAGE_CODE": "fr", "LANGUAGES": [("en", "English")]},
            ["translation.E004"],
        ),
        (
            check_language_settings_consistent,
            {"LANGUAGE_CODE": "fr-ca", "LANGUAGES": [("fr", "French")]},
            [],
        ),
    ],
)
def test_settings_are_checked(check: Any, settings: dict[str, Any], expected: list[str]) -> None:
    with override_settings(**settings):
        assert ids(check(None)) == expected


@pytest.mark.parametrize(("inner", "relation"), [("", "matches"), ("cache", "is inside")])
def test_a_cache_where_files_are_served_is_warned_of(tmp_path: Path, inner: str, relation: str) -> None:
    backend = "offbeat.core.cache.backends.filebased.FileBasedCache"
    caches = {"default": {"BACKEND": backend, "LOCATION": tmp_path / inner}}
    with override_settings(CACHES=caches, MEDIA_ROOT=tmp_path):
        messages = check_cache_location_not_exposed(None)
    assert ids(messages) == ["caches.W002"]
    assert relation in str(messages[0].msg)
    with override_settings(CACHES={"default": {"BACKEND": backend, "LOCATION": "relative"}}):
        assert ids(check_file_based_cache_is_absolute(None)) == ["caches.W003"]
