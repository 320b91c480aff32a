"""The interface of operations."""

from __future__ import annotations

import enum
from typing import Any

from offbeat.db import router


class OperationCategory(enum.StrEnum):
    """What an operation does, as one character in the output of ``makemigrations``."""

    ADDITION = "+"
    REMOVAL = "-"
    ALTERATION = "~"
    PYTHON = "p"
    SQL = "s"
    MIXED = "?"


class Operation:
    """One step of a migration: changes the state, and the database forwards and backwards."""

    reversible = True
    reduces_to_sql = True
    atomic: bool | None = False
    elidable = False
    serialization_expand_args: list[str] = []
    category: OperationCategory | None = None
    _constructor_args: tuple[Any, Any]

    def __new__(cls, *args: Any, **kwargs: Any) -> Any:
        self = object.__new__(cls)
        self._constructor_args = (args, kwargs)
        return self

    def deconstruct(self) -> tuple[str, Any, Any]:
        """(class name, args, kwargs) that make the same operation."""
        return type(self).__name__, self._constructor_args[0], self._constructor_args[1]

    def state_forwards(self, app_label: str, state: Any) -> None:
        """Change the state."""
        raise NotImplementedError("subclasses of Operation must provide a state_forwards() method")

    def database_forwards(self, app_label: str, schema_editor: Any, from_state: Any, to_state: Any) -> None:
        """Change the database."""
        raise NotImplementedError("subclasses of Operation must provide a database_forwards() method")

    def database_backwards(self, app_label: str, schema_editor: Any, from_state: Any, to_state: Any) -> None:
        """Undo the change; ``from_state`` is the one after the operation."""
        raise NotImplementedError("subclasses of Operation must provide a database_backwards() method")

    def describe(self) -> str:
        """What it does, in a few words."""
        return f"{type(self).__name__}: {self._constructor_args}"

    def formatted_description(self) -> str:
        """``describe()`` with the sign of its category."""
        description = self.describe()
        return f"{(self.category or OperationCategory.MIXED).value} {description}"

    @property
    def migration_name_fragment(self) -> str | None:
        """A part of a migration's name, or None."""
        return None

    def references_model(self, name: str, app_label: str) -> bool:
        """Whether the operation may have to do with the model."""
        return True

    def references_field(self, model_name: str, name: str, app_label: str) -> bool:
        """Whether the operation may have to do with the field."""
        return self.references_model(model_name, app_label)

    def allow_migrate_model(self, connection_alias: str, model: Any) -> bool:
        """Whether the database has a table for the model."""
        if not model._meta.can_migrate(connection_alias):
            return False
        return bool(router.allow_migrate_model(connection_alias, model))

    def reduce(self, operation: Operation, app_label: str) -> Any:
        """Operations that do the work of this one and ``operation``; True: they may be swapped; False: they may not."""
        if self.elidable:
            return [operation]
        if operation.elidable:
            return [self]
        return False

    def __repr__(self) -> str:
        args = ", ".join(
            [
                *map(repr, self._constructor_args[0]),
                *(f"{k}={v!r}" for k, v in self._constructor_args[1].items()),
            ]
        )
        return f"<{type(self).__name__} {args}>"


def is_same_name(one: str, other: str) -> bool:
    """Model and field names are compared without case."""
    return one.lower() == other.lower()
