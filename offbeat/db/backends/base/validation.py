"""System checks that depend on the database."""

from __future__ import annotations

from typing import Any

__all__ = ["BaseDatabaseValidation"]


class BaseDatabaseValidation:
    """Checks of a connection and of fields."""

    def __init__(self, connection: Any) -> None:
        self.connection = connection

    def check(self, **kwargs: Any) -> list[Any]:
        """Checks of the database itself."""
        return []

    def check_field(self, field: Any, **kwargs: Any) -> list[Any]:
        """Checks of a field's type, where the database has some."""
        errors: list[Any] = []
        if not hasattr(self, "check_field_type"):
            return errors
        features = self.connection.features
        for name in field.model._meta.required_db_features:
            if not getattr(features, name, False):
                return errors
        vendor = field.model._meta.required_db_vendor
        if vendor and vendor != self.connection.vendor:
            return errors
        # Relations take their type from the field they point at.
        if getattr(field, "remote_field", None) is None:
            db_type = field.db_type(connection=self.connection)
            if db_type is not None:
                errors.extend(self.check_field_type(field, db_type))
        return errors
