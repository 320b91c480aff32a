"""Test databases on MySQL and MariaDB. Clones are copied by the servers' own dump program."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import Any, NoReturn

from offbeat.db.backends.base.creation import BaseDatabaseCreation
from offbeat.db.backends.mysql.client import DatabaseClient
from offbeat.db.backends.mysql.errors import error_code

__all__ = ["DatabaseCreation"]

DATABASE_EXISTS = 1007


class DatabaseCreation(BaseDatabaseCreation):
    """TEST settings: CHARSET, COLLATION."""

    def sql_table_creation_suffix(self) -> str:
        test = self.connection.settings_dict["TEST"]
        parts = []
        if test["CHARSET"]:
            parts.append(f"CHARACTER SET {test['CHARSET']}")
        if test["COLLATION"]:
            parts.append(f"COLLATE {test['COLLATION']}")
        return " ".join(parts)

    def _execute_create_test_db(self, cursor: Any, parameters: dict[str, str], keepdb: bool = False) -> None:
        try:
            super()._execute_create_test_db(cursor, parameters, keepdb)
        except Exception as exc:
            if error_code(exc) != DATABASE_EXISTS:
                # Nothing that dropping a database would mend.
                self._give_up(f"creating the test database: {exc}")
            if not keepdb:
                raise

    def _clone_test_db(self, suffix: str, verbosity: int, keepdb: bool = False) -> None:
        source = self.connection.settings_dict["NAME"]
        target = self.get_test_db_clone_settings(suffix)["NAME"]
        parameters = {
            "dbname": self.connection.ops.quote_name(target),
            "suffix": self.sql_table_creation_suffix(),
        }
        with self._nodb_cursor() as cursor:
            try:
                super()._execute_create_test_db(cursor, parameters, keepdb)
            except Exception as exc:
                if error_code(exc) != DATABASE_EXISTS:
                    self._give_up(f"creating the test database: {exc}")
                if keepdb:
                    # A clone that is to be kept is used as it is.
                    return
                if verbosity >= 1:
                    display = self._get_database_display_str(verbosity, target)
                    self.log(f"Destroying old test database for alias {display}...")
                cursor.execute("DROP DATABASE {dbname}".format(**parameters))
                super()._execute_create_test_db(cursor, parameters, keepdb)
        self._clone_db(source, target)

    def _give_up(self, problem: str, code: int = 2) -> NoReturn:
        self.log(f"Got an error {problem}")
        sys.exit(code)

    def _clone_db(self, source: str, target: str) -> None:
        options = {**self.connection.settings_dict["OPTIONS"]}
        for name in ("db", "database"):
            options.pop(name, None)
        load_args, extra = DatabaseClient.settings_to_cmd_args_env(
            {**self.connection.settings_dict, "NAME": target, "OPTIONS": options}, []
        )
        dump_args = ["mysqldump", *load_args[1:-1], "--routines", "--events", source]
        env = {**os.environ, **extra} if extra else None
        with subprocess.Popen(dump_args, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=env) as dump:
            with subprocess.Popen(
                load_args, stdin=dump.stdout, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, env=env
            ) as load:
                assert dump.stdout is not None and dump.stderr is not None and load.stderr is not None
                # So that the dump ends if the load does.
                dump.stdout.close()
                load_problem = load.stderr.read()
            dump_problem = dump.stderr.read()
        for process, action, problem in (
            (dump, "on mysqldump when cloning", dump_problem),
            (load, "cloning", load_problem),
        ):
            if process.returncode:
                text = problem.decode(errors="replace").strip()
                self._give_up(f"{action} the test database: {text}", process.returncode)
