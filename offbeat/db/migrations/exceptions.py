"""What can go wrong with migrations."""

from __future__ import annotations

from typing import Any

from offbeat.db import DatabaseError


class AmbiguityError(Exception):
    """Several migrations match a name prefix."""


class BadMigrationError(Exception):
    """A migration module is not as it must be."""


class CircularDependencyError(Exception):
    """Migrations depend on each other in a circle."""


class InconsistentMigrationHistory(Exception):
    """A migration is recorded as applied before one that it depends on."""


class InvalidBasesError(ValueError):
    """A model's bases cannot be resolved."""


class IrreversibleError(RuntimeError):
    """A migration that cannot be undone was asked to be."""


class NodeNotFoundError(LookupError):
    """A migration depends on one that does not exist. ``node``: the missing (app_label, name)."""

    def __init__(self, message: str, node: Any, origin: Any = None) -> None:
        self.message = message
        self.origin = origin
        self.node = node

    def __str__(self) -> str:
        return self.message

    def __repr__(self) -> str:
        return f"NodeNotFoundError({self.node!r})"


class MigrationSchemaMissing(DatabaseError):
    """The table of applied migrations does not exist and cannot be made."""
