"""One installed application and its configuration."""

from __future__ import annotations

import inspect
import os
from collections.abc import Iterator
from importlib import import_module
from types import ModuleType
from typing import TYPE_CHECKING, Any

from offbeat.core.exceptions import ImproperlyConfigured
from offbeat.utils.functional import cached_property
from offbeat.utils.module_loading import import_string, module_has_submodule, own_path

if TYPE_CHECKING:
    from offbeat.apps.registry import Apps

APPS_MODULE_NAME = "apps"
MODELS_MODULE_NAME = "models"


class AppConfig:
    """Names, paths and models of an application; projects subclass it in ``<app>/apps.py``."""

    name: str
    label: str
    verbose_name: Any
    path: str
    default: bool

    def __init__(self, app_name: str, app_module: ModuleType | None) -> None:
        self.name = app_name
        self.module: Any = app_module
        self.apps: Apps | None = None
        if not hasattr(self, "label"):
            self.label = app_name.rpartition(".")[2]
        if not self.label.isidentifier():
            raise ImproperlyConfigured(f"The app label '{self.label}' is not a valid Python identifier.")
        if not hasattr(self, "verbose_name"):
            self.verbose_name = self.label.title()
        if not hasattr(self, "path"):
            self.path = self._path_from_module(app_module)
        self.models_module: ModuleType | None = None
        self.models: dict[str, Any] = {}

    def __repr__(self) -> str:
        return f"<{type(self).__name__}: {self.label}>"

    @cached_property
    def default_auto_field(self) -> str:
        """Dotted path of the field class for primary keys that models leave out."""
        from offbeat.conf import settings

        path: str = settings.DEFAULT_AUTO_FIELD
        return path

    @property
    def _is_default_auto_field_overridden(self) -> bool:
        return type(self).default_auto_field is not AppConfig.default_auto_field

    def _path_from_module(self, module: Any) -> str:
        paths = list(getattr(module, "__path__", []))
        if len(paths) != 1:
            filename = getattr(module, "__file__", None)
            # A namespace package may list one place twice.
            paths = [os.path.dirname(filename)] if filename is not None else list(set(paths))
        if len(paths) > 1:
            raise ImproperlyConfigured(
                f"The app module {module!r} has multiple filesystem locations ({paths!r}); you must configure this "
                "app with an AppConfig subclass with a 'path' class attribute."
            )
        if not paths:
            raise ImproperlyConfigured(
                f"The app module {module!r} has no filesystem location, you must configure this app with an "
                "AppConfig subclass with a 'path' class attribute."
            )
        return str(paths[0])

    @classmethod
    def create(cls, entry: str) -> AppConfig:
        """The configuration for one entry of ``INSTALLED_APPS``: a module, or a configuration class."""
        entry = own_path(entry)
        if entry == "channels":
            entry = "offbeat.channels"
        module: ModuleType | None = None
        config_class: Any = None
        try:
            module = import_module(entry)
        except ImportError:
            # Perhaps the path of a class; what is wrong shows below, when it is not.
            pass
        else:
            if module_has_submodule(module, APPS_MODULE_NAME):
                config_class = _configured_class(import_module(f"{entry}.{APPS_MODULE_NAME}"))
            if config_class is None:
                config_class = cls
        if config_class is None:
            config_class = _named_class(entry, module)
        if not (isinstance(config_class, type) and issubclass(config_class, AppConfig)):
            raise ImproperlyConfigured(f"'{entry}' isn't a subclass of AppConfig.")
        name = entry if config_class is cls else getattr(config_class, "name", None)
        if name is None:
            raise ImproperlyConfigured(f"'{entry}' must supply a name attribute.")
        name = own_path(name)
        try:
            app_module = import_module(name)
        except ImportError:
            raise ImproperlyConfigured(
                f"Cannot import '{name}'. Check that '{config_class.__module__}.{config_class.__qualname__}.name' "
                "is correct."
            )
        return config_class(name, app_module)

    def get_model(self, model_name: str, require_ready: bool = True) -> Any:
        """The model of this name, in any case; LookupError if there is none."""
        assert self.apps is not None
        if require_ready:
            self.apps.check_models_ready()
        else:
            self.apps.check_apps_ready()
        try:
            return self.models[model_name.lower()]
        except KeyError:
            raise LookupError(f"App '{self.label}' doesn't have a '{model_name}' model.")

    def get_models(self, include_auto_created: bool = False, include_swapped: bool = False) -> Iterator[Any]:
        """The models, without automatic many-to-many tables and swapped-out models unless asked for."""
        assert self.apps is not None
        self.apps.check_models_ready()
        for model in self.models.values():
            if model._meta.auto_created and not include_auto_created:
                continue
            if model._meta.swapped and not include_swapped:
                continue
            yield model

    def import_models(self) -> None:
        """Import the ``models`` module, which registers the models."""
        assert self.apps is not None
        self.models = self.apps.all_models[self.label]
        if module_has_submodule(self.module, MODELS_MODULE_NAME):
            self.models_module = import_module(f"{self.name}.{MODELS_MODULE_NAME}")

    def ready(self) -> None:
        """Hook: called once all models are loaded."""


def _configured_class(module: ModuleType) -> type[AppConfig] | None:
    candidates = [
        (name, candidate)
        for name, candidate in inspect.getmembers(module, inspect.isclass)
        if issubclass(candidate, AppConfig)
        and candidate is not AppConfig
        and getattr(candidate, "default", True)
    ]
    if len(candidates) == 1:
        return candidates[0][1]
    chosen = [(name, candidate) for name, candidate in candidates if getattr(candidate, "default", False)]
    if len(chosen) > 1:
        names = ", ".join(repr(name) for name, _ in chosen)
        raise RuntimeError(f"{module.__name__!r} declares more than one default AppConfig: {names}.")
    return chosen[0][1] if chosen else None


def _named_class(entry: str, module: ModuleType | None) -> Any:
    module_path, _, class_name = entry.rpartition(".")
    if module_path and class_name[:1].isupper():
        container = import_module(module_path)
        if not hasattr(container, class_name):
            found = [
                repr(name)
                for name, candidate in inspect.getmembers(container, inspect.isclass)
                if issubclass(candidate, AppConfig) and candidate is not AppConfig
            ]
            message = f"Module '{module_path}' does not contain a '{class_name}' class."
            if found:
                message += f" Choices are: {', '.join(found)}."
            raise ImportError(message)
        return getattr(container, class_name)
    if module is None:
        # Importing again shows the true reason.
        import_module(entry)
    return import_string(entry)
