"""Signals of tests, and what a changed setting makes obsolete (Django documentation: ref/signals)."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable
from typing import Any

from offbeat.conf import settings, warn_outside_framework
from offbeat.core.signals import setting_changed
from offbeat.dispatch import Signal, receiver
from offbeat.utils.log import configure_logging

__all__ = ["setting_changed", "template_rendered"]

template_rendered = Signal()

# What the tests of an application may override safely, but which other applications have read already.
COMPLEX_OVERRIDE_SETTINGS = {"DATABASES"}


def _loaded(name: str) -> Any:
    """The module, if it was imported: what was never imported has nothing to forget."""
    return sys.modules.get(f"offbeat.{name}")


def _clear(module: str, *functions: str) -> None:
    """Empty the caches of these functions."""
    loaded = _loaded(module)
    for name in functions:
        function = getattr(loaded, name, None)
        if function is not None:
            clear: Callable[[], None] = getattr(function, "cache_clear", function)
            clear()


def _forget(obj: Any, *names: str) -> None:
    """Drop cached properties of an object."""
    for name in names:
        getattr(obj, "__dict__", {}).pop(name, None)


@receiver(setting_changed)
def complex_setting_changed(*, setting: str, enter: bool, **kwargs: Any) -> None:
    if enter and setting in COMPLEX_OVERRIDE_SETTINGS:
        warn_outside_framework(f"Overriding setting {setting} can lead to unexpected behavior.", UserWarning)


@receiver(setting_changed)
def update_installed_apps(*, setting: str, **kwargs: Any) -> None:
    if setting == "INSTALLED_APPS":
        _clear("contrib.staticfiles.finders", "get_finder")
        _clear("core.management", "get_commands")
        _clear("template.utils", "get_app_template_dirs")
        _reset_translations()


@receiver(setting_changed)
def update_connections_time_zone(*, setting: str, value: Any, enter: bool, **kwargs: Any) -> None:
    if setting == "TIME_ZONE":
        if hasattr(time, "tzset"):
            if value:
                os.environ["TZ"] = value
            else:
                os.environ.pop("TZ", None)
            time.tzset()
        _clear("utils.timezone", "get_default_timezone")
    if setting in ("TIME_ZONE", "USE_TZ") and (db := _loaded("db")) is not None:
        for connection in db.connections.all(initialized_only=True):
            _forget(connection, "timezone", "timezone_name")
            connection.ensure_timezone()


@receiver(setting_changed)
def clear_routers_cache(*, setting: str, **kwargs: Any) -> None:
    if setting == "DATABASE_ROUTERS" and (db := _loaded("db")) is not None:
        _forget(db.router, "routers")


@receiver(setting_changed)
def clear_cache_handlers(*, setting: str, value: Any, **kwargs: Any) -> None:
    if setting == "CACHES" and (cache := _loaded("core.cache")) is not None:
        cache.close_caches()
        _reset_handler(cache.caches, value)
    if setting == "TASKS" and (tasks := _loaded("tasks")) is not None:
        tasks.task_backends.close_all()
        _reset_handler(tasks.task_backends, value)
    if setting == "MAILERS" and (mail := _loaded("core.mail")) is not None and hasattr(mail, "mailers"):
        _reset_handler(mail.mailers, value)


def _reset_handler(handler: Any, value: Any) -> None:
    from asgiref.local import Local

    _forget(handler, "settings")
    if hasattr(handler, "_settings"):
        handler._settings = None if value is None else handler.configure_settings(value)
        _forget(handler, "settings")
    if hasattr(handler, "_connections"):
        handler._connections = Local(getattr(handler, "thread_critical", False))


@receiver(setting_changed)
def clear_serializers_cache(*, setting: str, **kwargs: Any) -> None:
    if setting == "SERIALIZATION_MODULES" and (serializers := _loaded("core.serializers")) is not None:
        serializers._serializers = {}


@receiver(setting_changed)
def logging_changed(*, setting: str, **kwargs: Any) -> None:
    if setting in ("LOGGING", "LOGGING_CONFIG"):
        configure_logging(settings.LOGGING_CONFIG, settings.LOGGING)


@receiver(setting_changed)
def language_changed(*, setting: str, **kwargs: Any) -> None:
    if setting in ("LANGUAGES", "LANGUAGE_CODE", "LOCALE_PATHS", "USE_I18N", "LANGUAGES_BIDI"):
        _reset_translations()


def _reset_translations() -> None:
    _clear("utils.translation.trans_real", "reset")
    _clear("utils.formats", "reset_format_cache")


@receiver(setting_changed)
def localize_settings_changed(*, setting: str, **kwargs: Any) -> None:
    formats = _loaded("utils.formats")
    if formats is not None and (
        setting in getattr(formats, "FORMAT_SETTINGS", ())
        or setting in ("USE_THOUSAND_SEPARATOR", "FORMAT_MODULE_PATH")
    ):
        formats.reset_format_cache()


@receiver(setting_changed)
def root_urlconf_changed(*, setting: str, **kwargs: Any) -> None:
    if setting == "ROOT_URLCONF" and (urls := _loaded("urls")) is not None:
        urls.clear_url_caches()
        urls.set_urlconf(None)


_TEMPLATE_SETTINGS = {"TEMPLATES", "DEBUG", "INSTALLED_APPS", "FORM_RENDERER"}


@receiver(setting_changed)
def reset_template_engines(*, setting: str, **kwargs: Any) -> None:
    if setting not in _TEMPLATE_SETTINGS:
        return
    if setting != "FORM_RENDERER" and (template := _loaded("template")) is not None:
        engines = template.engines
        _forget(engines, "templates")
        engines._templates = None
        engines._engines = {}
        _clear("template.engine", "Engine")
        engine = getattr(_loaded("template.engine"), "Engine", None)
        if engine is not None:
            engine.get_default.cache_clear()
    _clear("forms.renderers", "get_default_renderer")


@receiver(setting_changed)
def storages_changed(*, setting: str, **kwargs: Any) -> None:
    # A storage looks itself after the settings that are about it alone.
    storage = _loaded("core.files.storage")
    if setting == "STORAGES" and storage is not None:
        _forget(storage.storages, "backends")
        storage.storages._backends = None
        storage.storages._storages = {}
        _lazy_again(storage.default_storage)
    static = _loaded("contrib.staticfiles.storage")
    if static is not None and setting in ("STORAGES", "STATIC_ROOT", "STATIC_URL"):
        if storage is not None:
            storage.storages._storages.pop("staticfiles", None)
        _lazy_again(static.staticfiles_storage)


def _lazy_again(obj: Any) -> None:
    from offbeat.utils.functional import empty

    obj._wrapped = empty


@receiver(setting_changed)
def static_finders_changed(*, setting: str, **kwargs: Any) -> None:
    if setting in ("STATICFILES_DIRS", "STATIC_ROOT", "STATICFILES_FINDERS"):
        _clear("contrib.staticfiles.finders", "get_finder")


@receiver(setting_changed)
def authentication_changed(*, setting: str, **kwargs: Any) -> None:
    if setting == "AUTH_PASSWORD_VALIDATORS":
        _clear("contrib.auth.password_validation", "get_default_password_validators")
    elif setting == "PASSWORD_HASHERS":
        _clear("contrib.auth.hashers", "get_hashers", "get_hashers_by_algorithm")
    elif setting == "AUTH_USER_MODEL":
        user_model_swapped()


def user_model_swapped() -> None:
    """Modules keep the user model in a global of theirs; give them the present one."""
    from offbeat.apps import apps
    from offbeat.core.exceptions import ImproperlyConfigured

    apps.clear_cache()
    auth = _loaded("contrib.auth")
    if auth is None:
        return
    try:
        user_model = auth.get_user_model()
    except ImproperlyConfigured:
        # An invalid value is part of what a test tests.
        return
    for name in ("management.commands.changepassword", "backends", "forms", "handlers.modwsgi", "views"):
        module = _loaded(f"contrib.auth.{name}")
        if module is not None and hasattr(module, "UserModel"):
            module.UserModel = user_model
    management = _loaded("contrib.auth.management")
    if management is not None and hasattr(management, "UserModel"):
        management.UserModel = user_model
