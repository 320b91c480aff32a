"""System checks for SQLite: there are none beyond those for every database."""

from __future__ import annotations

from offbeat.db.backends.base.validation import BaseDatabaseValidation

__all__ = ["DatabaseValidation"]


class DatabaseValidation(BaseDatabaseValidation):
    """Any type goes in SQLite."""
