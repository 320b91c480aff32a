"""The registry of installed applications and their models."""

from __future__ import annotations

import functools
import sys
import threading
import warnings
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable
from functools import partial
from typing import Any

from offbeat.apps.config import AppConfig
from offbeat.core.exceptions import AppRegistryNotReady, ImproperlyConfigured
from offbeat.utils.module_loading import own_path


class Apps:
    """Applications in order, and the models that they registered.

    ``installed_apps``: entries to load at once, or None for the master registry, which ``offbeat.setup()`` fills.
    """

    def __init__(self, installed_apps: Iterable[Any] | None = ()) -> None:
        if installed_apps is None and hasattr(sys.modules[__name__], "apps"):
            raise RuntimeError("You must supply an installed_apps argument.")
        self.all_models: dict[str, dict[str, Any]] = defaultdict(dict)
        self.app_configs: dict[str, AppConfig] = {}
        self.stored_app_configs: list[dict[str, AppConfig]] = []
        self.apps_ready = self.models_ready = self.ready = False
        self.ready_event = threading.Event()
        # Loading happens once, at start, before any event loop: the one place where a lock is right.
        self._lock = threading.RLock()
        self.loading = False
        self._pending_operations: dict[tuple[str, str], list[Callable[[Any], Any]]] = defaultdict(list)
        self.get_models = functools.cache(self._get_models)
        self.get_swappable_settings_name = functools.cache(self._get_swappable_settings_name)
        if installed_apps is not None:
            self.populate(installed_apps)

    def populate(self, installed_apps: Iterable[Any]) -> None:
        """Load applications, then models, then call every ``ready()``. Safe to call again."""
        if self.ready:
            return
        with self._lock:
            if self.ready:
                return
            if self.loading:
                raise RuntimeError("populate() isn't reentrant")
            self.loading = True
            try:
                self._load_configs(installed_apps)
                self.apps_ready = True
                for config in self.app_configs.values():
                    config.import_models()
                self.clear_cache()
                self.models_ready = True
                for config in self.get_app_configs():
                    config.ready()
                self.ready = True
                self.ready_event.set()
            finally:
                self.loading = False

    def _load_configs(self, installed_apps: Iterable[Any]) -> None:
        self.app_configs = {}
        for entry in installed_apps:
            config = entry if isinstance(entry, AppConfig) else AppConfig.create(entry)
            if config.label in self.app_configs:
                raise ImproperlyConfigured(f"Application labels aren't unique, duplicates: {config.label}")
            self.app_configs[config.label] = config
            config.apps = self
        counts = Counter(config.name for config in self.app_configs.values())
        if duplicates := [name for name, count in counts.items() if count > 1]:
            raise ImproperlyConfigured(
                f"Application names aren't unique, duplicates: {', '.join(duplicates)}"
            )

    def check_apps_ready(self) -> None:
        """AppRegistryNotReady unless all applications are imported."""
        if not self.apps_ready:
            from offbeat.conf import settings

            # Missing settings are the usual reason, and deserve their own error.
            settings.INSTALLED_APPS  # noqa: B018
            raise AppRegistryNotReady("Apps aren't loaded yet.")

    def check_models_ready(self) -> None:
        """AppRegistryNotReady unless all models are imported."""
        if not self.models_ready:
            raise AppRegistryNotReady("Models aren't loaded yet.")

    def get_app_configs(self) -> Iterable[AppConfig]:
        """All configurations, in the order of ``INSTALLED_APPS``."""
        self.check_apps_ready()
        return self.app_configs.values()

    def get_app_config(self, app_label: str) -> AppConfig:
        """The configuration with this label; LookupError if there is none."""
        self.check_apps_ready()
        try:
            return self.app_configs[app_label]
        except KeyError:
            message = f"No installed app with label '{app_label}'."
            for config in self.get_app_configs():
                if config.name == app_label:
                    message += f" Did you mean '{config.label}'?"
                    break
            raise LookupError(message)

    def _get_models(self, include_auto_created: bool = False, include_swapped: bool = False) -> list[Any]:
        """All models, without automatic many-to-many tables and swapped-out models unless asked for."""
        self.check_models_ready()
        return [
            model
            for config in self.app_configs.values()
            for model in config.get_models(include_auto_created, include_swapped)
        ]

    def get_model(self, app_label: str, model_name: str | None = None, require_ready: bool = True) -> Any:
        """The model ``app_label``.``model_name``, or the one that ``"app_label.ModelName"`` names; LookupError."""
        if require_ready:
            self.check_models_ready()
        else:
            self.check_apps_ready()
        if model_name is None:
            app_label, model_name = app_label.split(".")
        config = self.get_app_config(app_label)
        if not require_ready and config.models is None:
            config.import_models()
        return config.get_model(model_name, require_ready=require_ready)

    def register_model(self, app_label: str, model: Any) -> None:
        """Called by the model metaclass; RuntimeError when another model has the same name."""
        name = model._meta.model_name
        models = self.all_models[app_label]
        known = models.get(name)
        if known is not None:
            if model.__name__ != known.__name__ or model.__module__ != known.__module__:
                raise RuntimeError(
                    f"Conflicting '{name}' models in application '{app_label}': {known} and {model}."
                )
            warnings.warn(
                f"Model '{app_label}.{name}' was already registered. Reloading models is not advised as it can lead "
                "to inconsistencies, most notably with related models.",
                RuntimeWarning,
                stacklevel=2,
            )
        models[name] = model
        self.do_pending_operations(model)
        self.clear_cache()

    def is_installed(self, app_name: str) -> bool:
        """Whether an application with this full name is installed."""
        self.check_apps_ready()
        app_name = own_path(app_name)
        return any(config.name == app_name for config in self.app_configs.values())

    def get_containing_app_config(self, object_name: str) -> AppConfig | None:
        """The innermost application whose package contains the dotted name."""
        self.check_apps_ready()
        best: AppConfig | None = None
        for config in self.app_configs.values():
            if object_name == config.name or object_name.startswith(config.name + "."):
                if best is None or len(config.name) > len(best.name):
                    best = config
        return best

    def get_registered_model(self, app_label: str, model_name: str) -> Any:
        """A model that has been registered, ready or not; LookupError if it has not."""
        model = self.all_models[app_label].get(model_name.lower())
        if model is None:
            raise LookupError(f"Model '{app_label}.{model_name}' not registered.")
        return model

    def _get_swappable_settings_name(self, to_string: str) -> str | None:
        """The setting whose value or default names the model ``to_string``, if the model is swappable."""
        to_string = to_string.lower()
        for model in self.get_models(include_swapped=True):
            swapped = model._meta.swapped
            if swapped and swapped.lower() == to_string:
                return str(model._meta.swappable)
            if model._meta.swappable and model._meta.label_lower == to_string:
                return str(model._meta.swappable)
        return None

    def set_available_apps(self, available: Iterable[str]) -> None:
        """Restrict to some of the installed applications, until ``unset_available_apps()``."""
        wanted = set(available)
        installed = {config.name for config in self.get_app_configs()}
        if not wanted.issubset(installed):
            raise ValueError(
                f"Available apps isn't a subset of installed apps, extra apps: {', '.join(wanted - installed)}"
            )
        self.stored_app_configs.append(self.app_configs)
        self.app_configs = {k: config for k, config in self.app_configs.items() if config.name in wanted}
        self.clear_cache()

    def unset_available_apps(self) -> None:
        """Undo ``set_available_apps()``."""
        self.app_configs = self.stored_app_configs.pop()
        self.clear_cache()

    def set_installed_apps(self, installed: Iterable[Any]) -> None:
        """Load other applications for a while, until ``unset_installed_apps()``. For tests."""
        if not self.ready:
            raise AppRegistryNotReady("App registry isn't ready yet.")
        self.stored_app_configs.append(self.app_configs)
        self.app_configs = {}
        self.apps_ready = self.models_ready = self.loading = self.ready = False
        self.clear_cache()
        self.populate(installed)

    def unset_installed_apps(self) -> None:
        """Undo ``set_installed_apps()``."""
        self.app_configs = self.stored_app_configs.pop()
        self.apps_ready = self.models_ready = self.ready = True
        self.clear_cache()

    def clear_cache(self) -> None:
        """Forget everything derived from the set of models."""
        self.get_swappable_settings_name.cache_clear()
        self.get_models.cache_clear()
        if self.ready:
            for model in self.get_models(include_auto_created=True):
                model._meta._expire_cache()

    def lazy_model_operation(self, function: Callable[..., Any], *model_keys: tuple[str, str]) -> None:
        """Call ``function`` with the models of these (app_label, model_name) keys, once all are registered."""
        if not model_keys:
            function()
            return
        next_key, *more_keys = model_keys

        def apply_next_model(model: Any) -> None:
            self.lazy_model_operation(partial(apply_next_model.func, model), *more_keys)  # type: ignore[attr-defined]

        apply_next_model.func = function  # type: ignore[attr-defined]
        try:
            model = self.get_registered_model(*next_key)
        except LookupError:
            self._pending_operations[next_key].append(apply_next_model)
        else:
            apply_next_model(model)

    def do_pending_operations(self, model: Any) -> None:
        """Run what waited for this model."""
        key = model._meta.app_label, model._meta.model_name
        for function in self._pending_operations.pop(key, []):
            function(model)


apps = Apps(installed_apps=None)
