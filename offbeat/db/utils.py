"""Database errors, the registry of connections, and the router.

Source: Django documentation, ref/exceptions, topics/db/multi-db; PEP 249 (the exception tree).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cached_property, wraps
from importlib import import_module
from pathlib import Path
from threading import RLock
from types import ModuleType, TracebackType
from typing import Any, TypeVar

from offbeat.core.exceptions import ImproperlyConfigured
from offbeat.utils.connection import ConnectionDoesNotExist
from offbeat.utils.module_loading import import_string

__all__ = [
    "DEFAULT_DB_ALIAS",
    "DJANGO_VERSION_PICKLE_KEY",
    "ConnectionDoesNotExist",
    "ConnectionHandler",
    "ConnectionRouter",
    "DataError",
    "DatabaseError",
    "DatabaseErrorWrapper",
    "Error",
    "IntegrityError",
    "InterfaceError",
    "InternalError",
    "NotSupportedError",
    "OperationalError",
    "ProgrammingError",
    "load_backend",
]

DEFAULT_DB_ALIAS = "default"
DJANGO_VERSION_PICKLE_KEY = "_django_version"

F = TypeVar("F", bound=Callable[..., Any])


class Error(Exception):
    """Root of the database errors."""

    @property
    def sqlstate(self) -> str | None:
        """The five characters by which the database says what happened, where the driver tells."""
        return getattr(self.__cause__, "sqlstate", None)


class InterfaceError(Error):
    """Trouble with the driver, not with the database."""


class DatabaseError(Error):
    """Trouble reported by the database."""


class DataError(DatabaseError):
    """A value the database cannot hold or process."""


class OperationalError(DatabaseError):
    """The database could not do its work: lost connection, lock, no memory."""


class IntegrityError(DatabaseError):
    """A constraint forbids the change."""


class InternalError(DatabaseError):
    """The database met an inner error."""


class ProgrammingError(DatabaseError):
    """Wrong SQL, missing tables, wrong number of parameters."""


class NotSupportedError(DatabaseError):
    """The database cannot do what was asked."""


# Most specific first: a driver's error is re-raised as the first one it is an instance of.
_ERRORS: tuple[type[Error], ...] = (
    DataError,
    OperationalError,
    IntegrityError,
    InternalError,
    ProgrammingError,
    NotSupportedError,
    DatabaseError,
    InterfaceError,
    Error,
)
_HARMLESS = (DataError, IntegrityError)


class DatabaseErrorWrapper:
    """Context manager and decorator that re-raises the driver's errors as ours, with the original as cause."""

    __slots__ = ("pairs", "wrapper")

    def __init__(self, wrapper: Any) -> None:
        self.wrapper = wrapper
        database = wrapper.Database
        self.pairs = [(getattr(database, error.__name__), error) for error in _ERRORS]

    def __enter__(self) -> None:
        return None

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc_value: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if exc_value is None:
            return
        translated = self.translate(exc_value)
        if translated is not None:
            raise translated.with_traceback(traceback) from exc_value

    def translate(self, exc: BaseException) -> Exception | None:
        """Our error for a driver's error; None for anything else."""
        hidden = exc.__context__
        if type(hidden) is OverflowError and exc.__cause__ is None:
            # sqlite3 hides what was wrong with a parameter behind the error of whatever failed last on the connection.
            return OverflowError(*hidden.args)
        for theirs, ours in self.pairs:
            if isinstance(exc, theirs):
                if ours not in _HARMLESS:
                    self.wrapper.errors_occurred = True
                return ours(*exc.args)
        return None

    def __call__(self, func: F) -> F:
        @wraps(func)
        def inner(*args: Any, **kwargs: Any) -> Any:
            with self:
                return func(*args, **kwargs)

        return inner  # type: ignore[return-value]


def _canonical(name: str) -> str:
    """Settings written for Django name its packages."""
    return "offbeat" + name[6:] if name.startswith("django.") else name


def load_backend(backend_name: str) -> ModuleType:
    """The `base` module of a database engine, by the engine's dotted name.

    Raises ImproperlyConfigured, listing the built-in engines, if there is no such package.
    """
    name = _canonical(backend_name)
    try:
        return import_module(f"{name}.base")
    except ImportError as exc:
        import pkgutil

        backend_dir = str(Path(__file__).parent / "backends")
        builtin = sorted(
            module
            for _, module, is_package in pkgutil.iter_modules([backend_dir])
            if is_package and module not in {"base", "dummy"}
        )
        if name not in [f"offbeat.db.backends.{module}" for module in builtin]:
            choices = ", ".join(map(repr, builtin))
            raise ImproperlyConfigured(
                f"{backend_name!r} isn't an available database backend or couldn't be imported. Check the above "
                "exception. To use one of the built-in backends, use 'offbeat.db.backends.XXX', where XXX is one of:\n"
                f"    {choices}"
            ) from exc
        raise


_DEFAULTS: dict[str, Any] = {
    "ATOMIC_REQUESTS": False,
    "AUTOCOMMIT": True,
    "CONN_MAX_AGE": 0,
    "CONN_HEALTH_CHECKS": False,
    "TIME_ZONE": None,
}
_TEXT_DEFAULTS = ("NAME", "USER", "PASSWORD", "HOST", "PORT")
_TEST_DEFAULTS: dict[str, Any] = {
    "CHARSET": None,
    "COLLATION": None,
    "MIGRATE": True,
    "MIRROR": None,
    "NAME": None,
}


class ConnectionHandler:
    """`connections`: one wrapper per alias, shared by all threads and tasks (see docs/internals/connections)."""

    settings_name = "DATABASES"
    exception_class = ConnectionDoesNotExist
    thread_critical = True

    def __init__(self, settings: dict[str, Any] | None = None) -> None:
        self._settings = settings
        self._wrappers: dict[str, Any] = {}
        self._lock = RLock()

    @cached_property
    def settings(self) -> dict[str, Any]:
        configured = self.configure_settings(self._settings)
        self._settings = configured
        return configured

    @property
    def databases(self) -> dict[str, Any]:
        """The completed settings, by alias."""
        return self.settings

    def configure_settings(self, databases: dict[str, Any] | None) -> dict[str, Any]:
        """Complete the settings of every database with the documented defaults."""
        if databases is None:
            from offbeat.conf import settings

            databases = settings.DATABASES
        assert databases is not None
        if databases == {}:
            databases[DEFAULT_DB_ALIAS] = {"ENGINE": "offbeat.db.backends.dummy"}
        elif DEFAULT_DB_ALIAS not in databases:
            raise ImproperlyConfigured(f"You must define a '{DEFAULT_DB_ALIAS}' database.")
        elif databases[DEFAULT_DB_ALIAS] == {}:
            databases[DEFAULT_DB_ALIAS]["ENGINE"] = "offbeat.db.backends.dummy"
        for conf in databases.values():
            for name, default in _DEFAULTS.items():
                conf.setdefault(name, default)
            conf.setdefault("ENGINE", "offbeat.db.backends.dummy")
            if conf["ENGINE"] == "django.db.backends." or not conf["ENGINE"]:
                conf["ENGINE"] = "offbeat.db.backends.dummy"
            conf.setdefault("OPTIONS", {})
            for name in _TEXT_DEFAULTS:
                conf.setdefault(name, "")
            test = conf.setdefault("TEST", {})
            for name, default in _TEST_DEFAULTS.items():
                test.setdefault(name, default)
        return databases

    def create_connection(self, alias: str) -> Any:
        """A new wrapper for an alias."""
        conf = self.settings[alias]
        return load_backend(conf["ENGINE"]).DatabaseWrapper(conf, alias)

    def __getitem__(self, alias: str) -> Any:
        try:
            return self._wrappers[alias]
        except KeyError:
            pass
        if alias not in self.settings:
            raise self.exception_class(f"The connection '{alias}' doesn't exist.")
        with self._lock:
            wrapper = self._wrappers.get(alias)
            if wrapper is None:
                wrapper = self._wrappers[alias] = self.create_connection(alias)
        return wrapper

    def __setitem__(self, alias: str, wrapper: Any) -> None:
        self._wrappers[alias] = wrapper

    def __delitem__(self, alias: str) -> None:
        del self._wrappers[alias]

    def __iter__(self) -> Iterator[str]:
        return iter(self.settings)

    def all(self, initialized_only: bool = False) -> list[Any]:
        """The wrappers of all aliases; `initialized_only`: those that exist already."""
        if initialized_only:
            return list(self._wrappers.values())
        return [self[alias] for alias in self]

    def close_all(self) -> None:
        """Close every connection of the calling thread."""
        for wrapper in self.all(initialized_only=True):
            wrapper.close()


class ConnectionRouter:
    """`router`: asks the routers of DATABASE_ROUTERS in turn. Source: topics/db/multi-db."""

    def __init__(self, routers: list[Any] | None = None) -> None:
        self._routers = routers

    @cached_property
    def routers(self) -> list[Any]:
        routers = self._routers
        if routers is None:
            from offbeat.conf import settings

            routers = settings.DATABASE_ROUTERS
        assert routers is not None
        return [import_string(_canonical(r))() if isinstance(r, str) else r for r in routers]

    def _ask(self, action: str, model: Any, hints: dict[str, Any]) -> str:
        chosen: str | None = None
        for router in self.routers:
            method = getattr(router, action, None)
            if method is None:
                continue
            chosen = method(model, **hints)
            if chosen:
                return chosen
        instance = hints.get("instance")
        if instance is not None and instance._state.db:
            return instance._state.db  # type: ignore[no-any-return]
        return DEFAULT_DB_ALIAS

    def db_for_read(self, model: Any, **hints: Any) -> str:
        """Alias to read `model` from."""
        return self._ask("db_for_read", model, hints) if self.routers or hints else DEFAULT_DB_ALIAS

    def db_for_write(self, model: Any, **hints: Any) -> str:
        """Alias to write `model` to."""
        return self._ask("db_for_write", model, hints) if self.routers or hints else DEFAULT_DB_ALIAS

    def allow_relation(self, obj1: Any, obj2: Any, **hints: Any) -> bool:
        """Whether a relation between two objects is allowed; by default, in the same database only."""
        for router in self.routers:
            method = getattr(router, "allow_relation", None)
            if method is None:
                continue
            allow = method(obj1, obj2, **hints)
            if allow is not None:
                return bool(allow)
        return bool(obj1._state.db == obj2._state.db)

    def allow_migrate(self, db: str, app_label: str, **hints: Any) -> bool:
        """Whether a migration operation may run on a database."""
        for router in self.routers:
            method = getattr(router, "allow_migrate", None)
            if method is None:
                continue
            allow = method(db, app_label, **hints)
            if allow is not None:
                return bool(allow)
        return True

    def allow_migrate_model(self, db: str, model: Any) -> bool:
        """Whether a model's table belongs on a database."""
        return self.allow_migrate(db, model._meta.app_label, model_name=model._meta.model_name, model=model)

    def get_migratable_models(
        self, app_config: Any, db: str, include_auto_created: bool = False
    ) -> list[Any]:
        """Models of an app that may be synchronised to `db`."""
        models = app_config.get_models(include_auto_created=include_auto_created)
        return [model for model in models if self.allow_migrate_model(db, model)]
