"""Test databases of PostgreSQL. Source: Django documentation, ref/settings (TEST)."""

from __future__ import annotations

import sys
from typing import Any

from offbeat.core.exceptions import ImproperlyConfigured
from offbeat.db.backends.base.creation import BaseDatabaseCreation
from offbeat.db.utils import DatabaseError

__all__ = ["DatabaseCreation"]

_DUPLICATE_DATABASE = "42P04"


class DatabaseCreation(BaseDatabaseCreation):
    """Makes databases, from TEST["TEMPLATE"] where that is set; clones are copies made by the server."""

    def _quote_name(self, name: str) -> str:
        return self.connection.ops.quote_name(name)  # type: ignore[no-any-return]

    def _get_database_create_suffix(self, encoding: str | None = None, template: str | None = None) -> str:
        suffix = ""
        if encoding:
            suffix += f" ENCODING '{encoding}'"
        if template:
            suffix += f" TEMPLATE {self._quote_name(template)}"
        return f"WITH{suffix}" if suffix else ""

    def sql_table_creation_suffix(self) -> str:
        test = self.connection.settings_dict["TEST"]
        if test.get("COLLATION") is not None:
            raise ImproperlyConfigured(
                "PostgreSQL does not support collation setting at database creation time."
            )
        return self._get_database_create_suffix(encoding=test["CHARSET"], template=test.get("TEMPLATE"))

    def _database_exists(self, cursor: Any, database_name: str) -> bool:
        cursor.execute("SELECT 1 FROM pg_catalog.pg_database WHERE datname = %s", [database_name.strip('"')])
        return cursor.fetchone() is not None

    def _execute_create_test_db(self, cursor: Any, parameters: dict[str, str], keepdb: bool = False) -> None:
        try:
            if keepdb and self._database_exists(cursor, parameters["dbname"]):
                return
            super()._execute_create_test_db(cursor, parameters, keepdb)
        except DatabaseError as exc:
            if getattr(exc.__cause__, "sqlstate", None) != _DUPLICATE_DATABASE:
                self.log(f"Got an error creating the test database: {exc}")
                sys.exit(2)
            if not keepdb:
                raise

    def _clone_test_db(self, suffix: str, verbosity: int, keepdb: bool = False) -> None:
        # A template must have no other connections.
        self.connection.close()
        source = self.connection.settings_dict["NAME"]
        target = self.get_test_db_clone_settings(suffix)["NAME"]
        parameters = {
            "dbname": self._quote_name(target),
            "suffix": self._get_database_create_suffix(template=source),
        }
        with self._nodb_cursor() as cursor:
            try:
                self._execute_create_test_db(cursor, parameters, keepdb)
            except DatabaseError:
                try:
                    if verbosity >= 1:
                        display = self._get_database_display_str(verbosity, target)
                        self.log(f"Destroying old test database for alias {display}...")
                    cursor.execute("DROP DATABASE {dbname}".format(**parameters))
                    self._execute_create_test_db(cursor, parameters, keepdb)
                except DatabaseError as exc:
                    self.log(f"Got an error cloning the test database: {exc}")
                    sys.exit(2)

    def _destroy_test_db(self, test_database_name: str, verbosity: int) -> None:
        self.connection.close_pool()
        return super()._destroy_test_db(test_database_name, verbosity)
