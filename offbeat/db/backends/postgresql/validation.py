"""System checks for PostgreSQL: there are none beyond those for every database."""

from __future__ import annotations

from offbeat.db.backends.base.validation import BaseDatabaseValidation

__all__ = ["DatabaseValidation"]


class DatabaseValidation(BaseDatabaseValidation):
    """Nothing of its own to check."""
