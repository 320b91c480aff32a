"""System checks for MySQL and MariaDB. Source: Django documentation, ref/checks."""

from __future__ import annotations

from typing import Any

from offbeat.db.backends.base.validation import BaseDatabaseValidation

__all__ = ["DatabaseValidation"]

STRICT_MODES = {"STRICT_TRANS_TABLES", "STRICT_ALL_TABLES"}
# Longer text cannot be unique, or indexed whole, in every storage engine and character set.
LONGEST_UNIQUE = 255


class DatabaseValidation(BaseDatabaseValidation):
    """Strict mode, and columns that cannot be indexed."""

    def check(self, **kwargs: Any) -> list[Any]:
        issues = super().check(**kwargs)
        issues.extend(self._check_sql_mode(**kwargs))
        return issues

    def _check_sql_mode(self, **kwargs: Any) -> list[Any]:
        from offbeat.core import checks

        if self.connection.sql_mode & STRICT_MODES:
            return []
        name = self.connection.display_name
        return [
            checks.Warning(
                f"{name} Strict Mode is not set for database connection '{self.connection.alias}'",
                hint=(
                    f"{name}'s Strict Mode fixes many data integrity problems in {name}, such as data truncation "
                    "upon insertion, by escalating warnings into errors. It is strongly recommended you activate it."
                ),
                id="mysql.W002",
            )
        ]

    def check_field_type(self, field: Any, field_type: str) -> list[Any]:
        """Checks of one column."""
        from offbeat.core import checks

        name = self.connection.display_name
        errors: list[Any] = []
        if (
            field_type.startswith("varchar")
            and field.unique
            and (field.max_length is None or int(field.max_length) > LONGEST_UNIQUE)
        ):
            errors.append(
                checks.Warning(
                    f"{name} may not allow unique CharFields to have a max_length > {LONGEST_UNIQUE}.",
                    obj=field,
                    hint="See the notes on MySQL and MariaDB in the documentation of databases.",
                    id="mysql.W003",
                )
            )
        if field.db_index and field_type.lower() in self.connection.ops.types_without_index:
            errors.append(
                checks.Warning(
                    f"{name} does not support a database index on {field_type} columns.",
                    hint="An index won't be created. Silence this warning if you don't care about it.",
                    obj=field,
                    id="fields.W162",
                )
            )
        return errors
