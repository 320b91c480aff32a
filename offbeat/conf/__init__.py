"""Settings, read lazily from the module that the environment names.

``OFFBEAT_SETTINGS_MODULE`` is looked at first, then ``DJANGO_SETTINGS_MODULE``. Django documentation: topics/settings.
"""

from __future__ import annotations

import importlib
import os
import time
import traceback
import warnings
from pathlib import Path
from types import ModuleType
from typing import Any

from offbeat.conf import global_settings
from offbeat.core.exceptions import ImproperlyConfigured
from offbeat.utils.functional import LazyObject, empty

ENVIRONMENT_VARIABLE = "OFFBEAT_SETTINGS_MODULE"
DJANGO_ENVIRONMENT_VARIABLE = "DJANGO_SETTINGS_MODULE"
DEFAULT_STORAGE_ALIAS = "default"
STATICFILES_STORAGE_ALIAS = "staticfiles"

_LISTS = ("ALLOWED_HOSTS", "INSTALLED_APPS", "TEMPLATE_DIRS", "LOCALE_PATHS", "SECRET_KEY_FALLBACKS")
_PREFIXED = ("MEDIA_URL", "STATIC_URL")
# What MAILERS replaces.
DEPRECATED_EMAIL_SETTINGS = frozenset(
    {
        "EMAIL_BACKEND",
        "EMAIL_FILE_PATH",
        "EMAIL_HOST",
        "EMAIL_HOST_PASSWORD",
        "EMAIL_HOST_USER",
        "EMAIL_PORT",
        "EMAIL_SSL_CERTFILE",
        "EMAIL_SSL_KEYFILE",
        "EMAIL_TIMEOUT",
        "EMAIL_USE_SSL",
        "EMAIL_USE_TLS",
    }
)
EMAIL_SETTING_DEPRECATED_MSG = "The {name} setting is deprecated. Migrate to MAILERS before Django 2028."

__all__ = [
    "DEFAULT_STORAGE_ALIAS",
    "DEPRECATED_EMAIL_SETTINGS",
    "EMAIL_SETTING_DEPRECATED_MSG",
    "ENVIRONMENT_VARIABLE",
    "STATICFILES_STORAGE_ALIAS",
    "LazySettings",
    "Settings",
    "UserSettingsHolder",
    "settings",
]


class SettingsReference(str):
    """The name of a setting, as text that migrations recognise as a reference to it."""

    def __new__(cls, value: str, setting_name: str) -> SettingsReference:
        return super().__new__(cls, value)

    def __init__(self, value: str, setting_name: str) -> None:
        self.setting_name = setting_name


def settings_module_name() -> str | None:
    """The settings module that the environment names, if any."""
    return os.environ.get(ENVIRONMENT_VARIABLE) or os.environ.get(DJANGO_ENVIRONMENT_VARIABLE)


class LazySettings(LazyObject):
    """Settings loaded at the first use, from the named module or from ``configure()``."""

    # Nothing here needs masking, and a setting that was read before must cost no more than an attribute.
    __getattribute__ = object.__getattribute__
    # Another object after each change: what is made of several settings can tell that it has to be made anew.
    _revision: object = None

    def _setup(self, name: str | None = None) -> None:
        module = settings_module_name()
        if not module:
            what = f"setting {name}" if name else "settings"
            raise ImproperlyConfigured(
                f"Requested {what}, but settings are not configured. You must either define the environment "
                f"variable {ENVIRONMENT_VARIABLE} or call settings.configure() before accessing settings."
            )
        self._wrapped = Settings(module)

    def __repr__(self) -> str:
        if self._wrapped is empty:
            return "<LazySettings [Unevaluated]>"
        return f'<LazySettings "{self._wrapped.SETTINGS_MODULE}">'

    def __getattr__(self, name: str) -> Any:
        if self._wrapped is empty:
            self._setup(name)
        if name in DEPRECATED_EMAIL_SETTINGS:
            # Not kept: whether it exists depends on another setting.
            return self._deprecated_email_setting(name)
        value = getattr(self._wrapped, name)
        if name in _PREFIXED and value is not None:
            value = self._add_script_prefix(value)
        elif name == "SECRET_KEY" and not value:
            raise ImproperlyConfigured("The SECRET_KEY setting must not be empty.")
        # The next look-up of this name does not come here any more.
        self.__dict__[name] = value
        return value

    def __setattr__(self, name: str, value: Any) -> None:
        if name == "_wrapped":
            self.__dict__.clear()
        else:
            self.__dict__.pop(name, None)
        super().__setattr__(name, value)
        self.__dict__["_revision"] = object()

    def __delattr__(self, name: str) -> None:
        super().__delattr__(name)
        self.__dict__.pop(name, None)
        self.__dict__["_revision"] = object()

    def __dir__(self) -> list[str]:
        if self._wrapped is empty:
            self._setup()
        wrapped: Any = self._wrapped
        names = set(dir(wrapped))
        if "MAILERS" in names:
            names -= {name for name in DEPRECATED_EMAIL_SETTINGS if not wrapped.is_overridden(name)}
        return sorted(names)

    def _deprecated_email_setting(self, name: str) -> Any:
        value = self._available_email_setting(name)
        _warn_of_email_setting(name)
        return value

    def _available_email_setting(self, name: str) -> Any:
        if hasattr(self._wrapped, "MAILERS"):
            raise AttributeError(f"The {name} setting is not available when MAILERS is defined.")
        return getattr(self._wrapped, name)

    def configure(self, default_settings: Any = global_settings, **options: Any) -> None:
        """Set settings by hand, instead of by a module; RuntimeError when they are configured already."""
        if self._wrapped is not empty:
            raise RuntimeError("Settings already configured.")
        holder = UserSettingsHolder(default_settings)
        for name, value in options.items():
            if not name.isupper():
                raise TypeError(f"Setting {name!r} must be uppercase.")
            setattr(holder, name, value)
        _refuse_email_conflict(set(options))
        self._wrapped = holder

    @staticmethod
    def _add_script_prefix(value: str) -> str:
        if value.startswith(("http://", "https://", "/")):
            return value
        from offbeat.urls import get_script_prefix

        return f"{get_script_prefix()}{value}"

    @property
    def configured(self) -> bool:
        """Whether the settings have been loaded or set."""
        return self._wrapped is not empty


class Settings:
    """The defaults, overlaid by the upper-case names of one settings module."""

    def __init__(self, settings_module: str) -> None:
        for name in dir(global_settings):
            if name.isupper():
                setattr(self, name, getattr(global_settings, name))
        self.SETTINGS_MODULE = settings_module
        module = importlib.import_module(settings_module)
        self._explicit_settings: set[str] = set()
        self._read(module)
        if hasattr(time, "tzset") and self.TIME_ZONE:
            self._set_process_zone()

    TIME_ZONE: str | None

    def _read(self, module: ModuleType) -> None:
        for name in dir(module):
            if not name.isupper():
                continue
            value = getattr(module, name)
            if name in _LISTS and not isinstance(value, list | tuple):
                raise ImproperlyConfigured(f"The {name} setting must be a list or a tuple.")
            setattr(self, name, value)
            self._explicit_settings.add(name)
        _refuse_email_conflict(self._explicit_settings)
        for name in sorted(self._explicit_settings & DEPRECATED_EMAIL_SETTINGS):
            _warn_of_email_setting(name)

    def _set_process_zone(self) -> None:
        zoneinfo = Path("/usr/share/zoneinfo")
        if zoneinfo.exists() and not zoneinfo.joinpath(*str(self.TIME_ZONE).split("/")).exists():
            raise ValueError(f"Incorrect timezone setting: {self.TIME_ZONE}")
        os.environ["TZ"] = str(self.TIME_ZONE)
        time.tzset()

    def is_overridden(self, setting: str) -> bool:
        """Whether the settings module sets this name."""
        return setting in self._explicit_settings

    def __repr__(self) -> str:
        return f'<{type(self).__name__} "{self.SETTINGS_MODULE}">'


class UserSettingsHolder:
    """Settings set by hand, over those of another object."""

    SETTINGS_MODULE: str | None = None

    def __init__(self, default_settings: Any) -> None:
        self.__dict__["_deleted"] = set()
        self.default_settings = default_settings

    def __getattr__(self, name: str) -> Any:
        if not name.isupper() or name in self._deleted:
            raise AttributeError(name)
        return getattr(self.default_settings, name)

    def __setattr__(self, name: str, value: Any) -> None:
        if name in DEPRECATED_EMAIL_SETTINGS:
            _warn_of_email_setting(name)
        self._deleted.discard(name)
        super().__setattr__(name, value)

    def __delattr__(self, name: str) -> None:
        self._deleted.add(name)
        if name in self.__dict__:
            super().__delattr__(name)

    def __dir__(self) -> list[str]:
        return sorted(
            name
            for name in {*self.__dict__, *dir(self.default_settings)}
            if name not in self._deleted and not name.startswith("_")
        )

    def is_overridden(self, setting: str) -> bool:
        """Whether the name was set or deleted here or below."""
        below = getattr(self.default_settings, "is_overridden", lambda name: False)
        return setting in self._deleted or setting in self.__dict__ or below(setting)

    def __repr__(self) -> str:
        return f"<{type(self).__name__}>"


def deprecated_email_setting(name: str) -> Any:
    """The value of one of DEPRECATED_EMAIL_SETTINGS, for the framework itself: without a warning; AttributeError."""
    if settings._wrapped is empty:
        settings._setup(name)
    return settings._available_email_setting(name)


def setting_value(name: str) -> Any:
    """The value of any setting, without a warning; AttributeError."""
    return deprecated_email_setting(name) if name in DEPRECATED_EMAIL_SETTINGS else getattr(settings, name)


def _refuse_email_conflict(names: set[str]) -> None:
    conflicting = sorted(names & DEPRECATED_EMAIL_SETTINGS)
    if conflicting and "MAILERS" in names:
        raise ImproperlyConfigured(
            f"Deprecated email settings are not allowed when MAILERS is defined: {', '.join(conflicting)}."
        )


def _warn_of_email_setting(name: str) -> None:
    warn_outside_framework(EMAIL_SETTING_DEPRECATED_MSG.format(name=name), _deprecation())


def _deprecation() -> type[Warning]:
    # Settings are below the helpers, which read them.
    from offbeat.utils.deprecation import RemovedInDjango2028Warning

    return RemovedInDjango2028Warning


def warn_outside_framework(message: str, category: type[Warning]) -> None:
    """Warn at the first frame that is not this package's."""
    root = os.path.dirname(os.path.dirname(__file__))
    depth = 1
    for frame in reversed(traceback.extract_stack()):
        if not frame.filename.startswith(root):
            break
        depth += 1
    warnings.warn(message, category, stacklevel=depth)


settings = LazySettings()
