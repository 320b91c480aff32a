"""Test databases of SQLite: shared memory by default, files where TEST["NAME"] names one."""

from __future__ import annotations

import sqlite3
import sys
from pathlib import Path
from typing import Any

from offbeat.db.backends.base.creation import BaseDatabaseCreation
from offbeat.db.utils import NotSupportedError

__all__ = ["DatabaseCreation"]


class DatabaseCreation(BaseDatabaseCreation):
    """Makes databases in shared memory, which all threads of the process see, and files."""

    @staticmethod
    def is_in_memory_db(database_name: Any) -> bool:
        """Whether a name means a database in memory."""
        return not isinstance(database_name, Path) and (
            database_name == ":memory:" or "mode=memory" in str(database_name)
        )

    def _get_test_db_name(self) -> str:
        name = self.connection.settings_dict["TEST"]["NAME"] or ":memory:"
        if name == ":memory:":
            return f"file:memorydb_{self.connection.alias}?mode=memory&cache=shared"
        return str(name)

    def _create_test_db(self, verbosity: int, autoclobber: bool, keepdb: bool = False) -> str:
        name = self._get_test_db_name()
        if name != self.connection.settings_dict["NAME"]:
            # close() spares a database in memory; this one is to be left for good.
            self.connection._close()
        if keepdb or self.is_in_memory_db(name) or not Path(name).exists():
            return name
        if not autoclobber:
            answer = input(
                "Type 'yes' if you would like to try deleting the test "
                f"database '{name}', or 'no' to cancel: "
            )
            if answer != "yes":
                self.log("Tests cancelled.")
                sys.exit(1)
        if verbosity >= 1:
            display = self._get_database_display_str(verbosity, name)
            self.log(f"Destroying old test database for alias {display}...")
        try:
            _remove_files(name)
        except OSError as exc:
            self.log(f"Got an error deleting the old test database: {exc}")
            sys.exit(2)
        return name

    def get_test_db_clone_settings(self, suffix: str) -> dict[str, Any]:
        original = self.connection.settings_dict
        source = original["NAME"]
        if not self.is_in_memory_db(source):
            path = Path(source)
            return {**original, "NAME": str(path.with_name(f"{path.stem}_{suffix}{path.suffix}"))}
        import multiprocessing

        method = multiprocessing.get_start_method()
        if method == "fork":
            return original  # type: ignore[no-any-return]
        if method in {"forkserver", "spawn"}:
            # Memory does not reach a new process: a file carries the database over.
            return {**original, "NAME": f"{self.connection.alias}_{suffix}.sqlite3"}
        raise NotSupportedError(f"Cloning with start method {method!r} is not supported.")

    def _clone_test_db(self, suffix: str, verbosity: int, keepdb: bool = False) -> None:
        source = self.connection.settings_dict["NAME"]
        target = self.get_test_db_clone_settings(suffix)["NAME"]
        if target == source:
            # The forked process copies the memory.
            return
        if self.is_in_memory_db(source):
            self._copy_to(target)
        elif not keepdb or not Path(target).exists():
            if Path(target).exists():
                if verbosity >= 1:
                    display = self._get_database_display_str(verbosity, target)
                    self.log(f"Destroying old test database for alias {display}...")
                _remove_files(target)
            self._copy_to(target)

    def _copy_to(self, target: str) -> None:
        # A plain copy of the file would miss what is still in the write-ahead log.
        self.connection.ensure_connection()
        copy = sqlite3.connect(target, uri=True)
        try:
            self.connection.connection.backup(copy)
        finally:
            copy.close()

    def _destroy_test_db(self, test_database_name: str, verbosity: int) -> None:
        if test_database_name and not self.is_in_memory_db(test_database_name):
            _remove_files(test_database_name)

    def test_db_signature(self) -> tuple[Any, ...]:
        # All databases in memory would look the same without their alias.
        name = self._get_test_db_name()
        signature: tuple[Any, ...] = (self.connection.settings_dict["NAME"],)
        if self.is_in_memory_db(name):
            return (*signature, self.connection.alias)
        return (*signature, name)

    def setup_worker_connection(self, _worker_id: Any) -> None:
        settings_dict = self.get_test_db_clone_settings(str(_worker_id))
        if not self.is_in_memory_db(self.connection.settings_dict["NAME"]):
            self.connection.settings_dict.update(settings_dict)
            self.connection.close()
            return
        import multiprocessing

        method = multiprocessing.get_start_method()
        if method == "fork":
            self._copy_inherited_memory()
            return
        alias = self.connection.alias
        target = f"file:memorydb_{alias}_{_worker_id}?mode=memory&cache=shared"
        source_name = settings_dict["NAME"]
        source = sqlite3.connect(f"file:{source_name}?mode=ro", uri=True)
        try:
            self.connection.settings_dict["NAME"] = target
            self.connection.connect()
            source.backup(self.connection.connection)
        finally:
            source.close()

    def _copy_inherited_memory(self) -> None:
        """After a fork the inherited connection works, but its cache is no longer that of the name."""
        self.connection.ensure_connection()


def _remove_files(name: str) -> None:
    for suffix in ("", "-wal", "-shm", "-journal"):
        Path(f"{name}{suffix}").unlink(missing_ok=True)
