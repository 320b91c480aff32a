"""Applications and their models."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from offbeat.apps import AppConfig, apps
from offbeat.apps.registry import Apps
from offbeat.contrib.auth.models import User
from offbeat.core.exceptions import AppRegistryNotReady, ImproperlyConfigured
from offbeat.db import models
from offbeat.test.utils import isolate_apps, override_settings


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Write an application's ``apps.py`` and return its name."""
    monkeypatch.syspath_prepend(str(tmp_path))

    def write(name: str, source: str | None = None) -> str:
        (tmp_path / name).mkdir()
        (tmp_path / name / "__init__.py").touch()
        if source is not None:
            (tmp_path / name / "apps.py").write_text(f"from offbeat.apps import AppConfig\n{source}")
        return name

    return write


def test_applications_are_found_by_label() -> None:
    config = apps.get_app_config("auth")
    assert (config.name, config.label, config.verbose_name) == (
        "offbeat.contrib.auth",
        "auth",
        "Authentication and Authorization",
    )
    assert config in apps.get_app_configs()
    assert apps.is_installed("offbeat.contrib.auth") and not apps.is_installed("auth")
    assert apps.get_containing_app_config("offbeat.contrib.auth.models.User") is config
    assert apps.get_containing_app_config("elsewhere.models") is None


def test_models_are_found_without_case() -> None:
    assert apps.get_model("auth.User") is apps.get_model("auth", "USER") is User
    assert User in apps.get_models() and User in set(apps.get_app_config("auth").get_models())


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("nowhere.User", "No installed app with label 'nowhere'"),
        ("auth.Nobody", "doesn't have a 'Nobody' model"),
    ],
)
def test_unknown_names_are_lookup_errors(name: str, message: str) -> None:
    with pytest.raises(LookupError, match=message):
        apps.get_model(name)


def test_a_name_without_application_is_a_value_error() -> None:
    with pytest.raises(ValueError):
        apps.get_model("User")


def test_the_only_config_of_a_package_is_its_own(package: Any) -> None:
    one = package("alpha_app", "class AlphaConfig(AppConfig):\n    name = 'alpha_app'\n    label = 'alpha'\n")
    bare = package("beta_app")
    assert AppConfig.create(one).label == "alpha"
    assert type(AppConfig.create(bare)) is AppConfig
    assert AppConfig.create(f"{one}.apps.AlphaConfig").label == "alpha"


def test_of_several_configs_the_default_one_counts(package: Any) -> None:
    source = "class One(AppConfig):\n    name = 'gamma_app'\nclass Two(AppConfig):\n    name = 'gamma_app'\n    default = {}\n"
    assert type(AppConfig.create(package("gamma_app", source.format("True")))).__name__ == "Two"


@pytest.mark.parametrize(
    ("source", "entry", "error", "message"),
    [
        ("class C(AppConfig):\n    pass\n", "{}.apps.C", ImproperlyConfigured, "must supply a name"),
        (
            "class C(AppConfig):\n    name = 'no.where'\n",
            "{}",
            ImproperlyConfigured,
            "Cannot import 'no.where'",
        ),
        ("C = 1\n", "{}.apps.C", ImproperlyConfigured, "isn't a subclass of AppConfig"),
        ("", "{}.apps.Lost", ImportError, "does not contain a 'Lost' class"),
        ("", "{}_nowhere", ImportError, "No module named"),
    ],
)
def test_wrong_configurations_are_told(
    package: Any,
    source: str,
    entry: str,
    error: type[Exception],
    message: str,
    request: pytest.FixtureRequest,
) -> None:
    name = package(f"wrong_{abs(hash(request.node.name)):x}", source)
    with pytest.raises(error, match=message):
        AppConfig.create(entry.format(name))


def test_labels_must_be_unique_identifiers(package: Any) -> None:
    with pytest.raises(ImproperlyConfigured, match="labels aren't unique"):
        Apps(["offbeat.contrib.auth", "offbeat.contrib.auth"])
    with pytest.raises(ImproperlyConfigured, match="not a valid Python identifier"):
        AppConfig("my-app", None)


def test_the_registry_says_when_it_is_not_ready() -> None:
    fresh = Apps()
    fresh.apps_ready = fresh.models_ready = False
    with pytest.raises(AppRegistryNotReady, match="Apps aren't loaded yet"):
        fresh.get_app_configs()
    with pytest.raises(AppRegistryNotReady, match="Models aren't loaded yet"):
        fresh.get_models()


def test_installed_apps_can_be_overridden() -> None:
    with override_settings(INSTALLED_APPS=["offbeat.contrib.sessions"]):
        assert [config.label for config in apps.get_app_configs()] == ["sessions"]
        with pytest.raises(LookupError):
            apps.get_app_config("auth")
    assert apps.is_installed("offbeat.contrib.auth")


def test_an_operation_waits_for_its_models() -> None:
    seen: list[Any] = []
    with isolate_apps("tests.apps") as isolated:
        isolated.lazy_model_operation(lambda *found: seen.append(found), ("apps", "one"), ("apps", "two"))

        class One(models.Model):
            class Meta:
                app_label = "apps"

        assert seen == []

        class Two(models.Model):
            class Meta:
                app_label = "apps"

        assert seen == [(One, Two)]


def test_a_model_cannot_be_registered_twice_from_different_places() -> None:
    with isolate_apps("tests.apps") as isolated:
        first = type(
            "Same", (models.Model,), {"__module__": "one", "Meta": type("Meta", (), {"app_label": "apps"})}
        )
        assert isolated.get_registered_model("apps", "same") is first
        with pytest.raises(RuntimeError, match="Conflicting 'same' models"):
            type(
                "Same",
                (models.Model,),
                {"__module__": "two", "Meta": type("Meta", (), {"app_label": "apps"})},
            )
