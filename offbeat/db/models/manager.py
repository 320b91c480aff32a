"""Managers: how a model class reaches its querysets (Django documentation: topics/db/managers)."""

from __future__ import annotations

import copy
import inspect
from collections.abc import Callable
from functools import wraps
from importlib import import_module
from typing import TYPE_CHECKING, Any, Generic, Self, TypeVar

from offbeat.db.models.query import QuerySet

if TYPE_CHECKING:
    from offbeat.db.models.base import Model

__all__ = ["BaseManager", "EmptyManager", "Manager", "ManagerDescriptor"]

_T = TypeVar("_T", bound="Model")
_Q = TypeVar("_Q", bound=QuerySet[Any])


class BaseManager(Generic[_T]):
    """What all managers do; its subclasses get their querysets' methods by from_queryset()."""

    # Numbers the managers in order of creation: the first one becomes the default.
    creation_counter: int = 0

    # Set by the model for managers that nobody declared.
    auto_created = False

    # True: the manager goes into migrations and is available in RunPython.
    use_in_migrations = False

    name: Any
    model: Any
    _db: Any
    _hints: dict[str, Any]
    _constructor_args: tuple[tuple[Any, ...], dict[str, Any]]
    _queryset_class: Any

    def __new__(cls, *args: Any, **kwargs: Any) -> Self:
        # deconstruct() tells how to build an equal manager.
        obj = super().__new__(cls)
        obj._constructor_args = (args, kwargs)
        return obj

    def __init__(self) -> None:
        super().__init__()
        self._set_creation_counter()
        self.model = None
        self.name = None
        self._db = None
        self._hints = {}

    def __str__(self) -> str:
        """Return "app_label.Model.manager"."""
        return f"{self.model._meta.label}.{self.name}"

    def __class_getitem__(cls, *args: Any, **kwargs: Any) -> Any:
        return cls

    def deconstruct(self) -> tuple[bool, str | None, str | None, Any, Any]:
        """Return (as_manager, manager path, queryset path, args, kwargs) for a migration.

        ValueError when the class is not importable.
        """
        qs_class = self._queryset_class
        if getattr(self, "_built_with_as_manager", False):
            return True, None, f"{qs_class.__module__}.{qs_class.__name__}", None, None
        module_name, name = self.__module__, self.__class__.__name__
        if not hasattr(import_module(module_name), name):
            raise ValueError(
                f"Could not find manager {name} in {module_name}.\nPlease note that you need to inherit from managers you "
                "dynamically generated with 'from_queryset()'."
            )
        args, kwargs = self._constructor_args
        return False, f"{module_name}.{name}", None, args, kwargs

    def check(self, **kwargs: Any) -> list[Any]:
        """Return system check messages; a hook."""
        return []

    @classmethod
    def _get_queryset_methods(cls, queryset_class: Any) -> dict[str, Any]:
        """Return proxies of the queryset's public methods that this class does not define itself."""

        def create_method(name: str, method: Callable[..., Any]) -> Callable[..., Any]:
            @wraps(method)
            def manager_method(self: Any, *args: Any, **kwargs: Any) -> Any:
                return getattr(self.get_queryset(), name)(*args, **kwargs)

            return manager_method

        methods: dict[str, Any] = {}
        for name, method in inspect.getmembers(queryset_class, predicate=inspect.isroutine):
            if hasattr(cls, name):
                continue
            # queryset_only decides; without it public methods are proxied.
            queryset_only = getattr(method, "queryset_only", None)
            if queryset_only or (queryset_only is None and name.startswith("_")):
                continue
            methods[name] = create_method(name, method)
        return methods

    @classmethod
    def from_queryset(cls, queryset_class: type[_Q], class_name: str | None = None) -> type[_Q]:
        """Return a manager class with the public methods of `queryset_class`."""
        if class_name is None:
            class_name = f"{cls.__name__}From{queryset_class.__name__}"
        made: Any = type(
            class_name,
            (cls,),
            {"_queryset_class": queryset_class, **cls._get_queryset_methods(queryset_class)},
        )
        # A manager answers what the querysets answer, and that is what type checkers need to know of it.
        return made  # type: ignore[no-any-return]

    def contribute_to_class(self, cls: Any, name: str) -> None:
        """Become the manager `name` of the model `cls`."""
        self.name = self.name or name
        self.model = cls
        setattr(cls, name, ManagerDescriptor(self))
        cls._meta.add_manager(self)

    def _set_creation_counter(self) -> None:
        self.creation_counter = BaseManager.creation_counter
        BaseManager.creation_counter += 1

    def db_manager(self, using: str | None = None, hints: dict[str, Any] | None = None) -> Any:
        """Return a copy of this manager that uses the database `using`."""
        obj = copy.copy(self)
        obj._db = using or self._db
        obj._hints = hints or self._hints
        return obj

    @property
    def db(self) -> str:
        """The alias of the database that reads go to."""
        if self._db:
            return self._db  # type: ignore[no-any-return]
        from offbeat.db import router

        return router.db_for_read(self.model, **self._hints)

    def get_queryset(self) -> QuerySet[_T]:
        """Return a new queryset; override it to change what the manager starts from."""
        queryset: QuerySet[_T] = self._queryset_class(model=self.model, using=self._db, hints=self._hints)
        return queryset

    def all(self) -> QuerySet[_T]:
        """Return all objects, as a queryset."""
        # Not through the queryset's own all(), whose clone would lose a prefetch cache.
        return self.get_queryset()

    def __eq__(self, other: object) -> bool:
        return isinstance(other, self.__class__) and self._constructor_args == other._constructor_args

    def __hash__(self) -> int:
        return id(self)


if TYPE_CHECKING:
    # What the type checkers see: every manager answers the methods of QuerySet.
    class Manager(BaseManager[_T], QuerySet[_T]):  # type: ignore[misc]
        """The default manager."""

        def __get__(self, instance: None, cls: type[Any] | None = None) -> Self: ...

else:

    class Manager(BaseManager.from_queryset(QuerySet)):
        """The default manager: a proxy of QuerySet."""


class ManagerDescriptor:
    """The class attribute of a manager: gives it to the class, not to instances."""

    def __init__(self, manager: Any) -> None:
        self.manager = manager

    def __get__(self, instance: Any, cls: Any = None) -> Any:
        if instance is not None:
            raise AttributeError(f"Manager isn't accessible via {cls.__name__} instances")
        opts = cls._meta
        if opts.abstract:
            raise AttributeError(f"Manager isn't available; {cls._meta.object_name} is abstract")
        if opts.swappable and opts.swapped:
            raise AttributeError(
                f"Manager isn't available; '{opts.label}' has been swapped for '{opts.swapped}'"
            )
        return opts.managers_map[self.manager.name]


class EmptyManager(Manager[Any]):
    """A manager that finds nothing."""

    def __init__(self, model: Any) -> None:
        super().__init__()
        self.model = model

    def get_queryset(self) -> Any:
        """Return an empty queryset."""
        return super().get_queryset().none()
