"""Test databases: creating, cloning, destroying. Source: Django documentation, topics/testing/advanced."""

from __future__ import annotations

import os
import sys
import warnings
from collections.abc import Iterator
from importlib import import_module
from io import StringIO
from typing import Any

from offbeat.conf import settings
from offbeat.db.registry import router
from offbeat.utils.deprecation import RemovedInDjango2028Warning

__all__ = ["TEST_DATABASE_PREFIX", "BaseDatabaseCreation", "create_tables"]

# Prepended to the name of the database, unless TEST["NAME"] says otherwise.
TEST_DATABASE_PREFIX = "test_"


def create_tables(connection: Any, verbosity: int = 0, run_migrations: bool = True) -> None:
    """Give a new test database its tables: by migrating, or from the models as they are."""
    try:
        from offbeat.core.management import call_command, get_commands
    except ImportError:
        _create_from_models(connection)
        return
    if "migrate" not in get_commands():
        _create_from_models(connection)
        return
    if not run_migrations:
        # Without migrations, every app's tables are created from its models.
        from offbeat.apps import apps

        settings.MIGRATION_MODULES, before = (
            {app.label: None for app in apps.get_app_configs()},
            settings.MIGRATION_MODULES,
        )
    try:
        call_command(
            "migrate",
            verbosity=max(verbosity - 1, 0),
            interactive=False,
            database=connection.alias,
            run_syncdb=True,
        )
    finally:
        if not run_migrations:
            settings.MIGRATION_MODULES = before


def _create_from_models(connection: Any) -> None:
    from offbeat.apps import apps

    existing = set(connection.introspection.table_names())
    with connection.schema_editor() as editor:
        for model in apps.get_models(include_auto_created=False):
            meta = model._meta
            if not meta.managed or meta.proxy or meta.swapped or meta.db_table in existing:
                continue
            if router.allow_migrate_model(connection.alias, model):
                editor.create_model(model)


class BaseDatabaseCreation:
    """Makes and removes the database that tests run on."""

    destroy_test_db_connection_close_method: str | None = None

    def __init__(self, connection: Any) -> None:
        self.connection = connection

    def _nodb_cursor(self) -> Any:
        return self.connection._nodb_cursor()

    def log(self, msg: str) -> None:
        """Tell the user something, on stderr."""
        sys.stderr.write(msg + os.linesep)

    def create_test_db(
        self,
        verbosity: int = 1,
        autoclobber: bool = False,
        keepdb: bool = False,
        serialize: bool | None = None,
    ) -> str:
        """Create a test database with all tables, and make the connection use it; returns its name.

        `autoclobber`: delete an existing one without asking. `keepdb`: go on with an existing one.
        """
        if serialize is not None:
            warnings.warn(
                "DatabaseCreation.create_test_db(serialize) is deprecated. Call DatabaseCreation.serialize_test_db() once "
                "all test databases are set up instead if you need fixtures persistence between tests.",
                RemovedInDjango2028Warning,
                stacklevel=2,
            )
        name = self._get_test_db_name()
        if verbosity >= 1:
            action = "Using existing" if keepdb else "Creating"
            display = self._get_database_display_str(verbosity, name)
            self.log(f"{action} test database for alias {display}...")
        # A `keepdb` database may not exist yet: creating is the backend's decision.
        self._create_test_db(verbosity, autoclobber, keepdb)
        self.connection.close()
        settings.DATABASES[self.connection.alias]["NAME"] = name
        self.connection.settings_dict["NAME"] = name
        create_tables(self.connection, verbosity, self.connection.settings_dict["TEST"]["MIGRATE"])
        self._create_cache_tables()
        self.connection.ensure_connection()
        if serialize:
            self.serialize_test_db()
        if os.environ.get("RUNNING_DJANGOS_TEST_SUITE") == "true":
            self.mark_expected_failures_and_skips()
        return name

    def serialize_test_db(self) -> None:
        """Keep the rows that migrations made, for tests that ask for a serialized rollback."""
        self.connection._test_serialized_contents = self.serialize_db_to_string()

    def _create_cache_tables(self) -> None:
        try:
            from offbeat.core.management import call_command, get_commands
        except ImportError:
            return
        if "createcachetable" in get_commands():
            call_command("createcachetable", database=self.connection.alias)

    def set_as_test_mirror(self, primary_settings_dict: dict[str, Any]) -> None:
        """Use another alias's test database."""
        self.connection.settings_dict["NAME"] = primary_settings_dict["NAME"]

    def serialize_db_to_string(self) -> str:
        """All rows of migrated apps as JSON."""
        import offbeat.core.serializers as serializers_module

        serializers: Any = serializers_module
        out = StringIO()
        serializers.serialize("json", self._objects(), indent=None, stream=out)
        return out.getvalue()

    def _objects(self) -> Iterator[Any]:
        from offbeat.apps import apps
        from offbeat.db.migrations.loader import MigrationLoader

        loader = MigrationLoader(self.connection)
        for app_config in apps.get_app_configs():
            if (
                app_config.models_module is None
                or app_config.label not in loader.migrated_apps
                or app_config.name in settings.TEST_NON_SERIALIZED_APPS
            ):
                continue
            for model in app_config.get_models():
                if model._meta.can_migrate(self.connection) and router.allow_migrate_model(
                    self.connection.alias, model
                ):
                    objects = model._base_manager.using(self.connection.alias).order_by(model._meta.pk.name)
                    yield from objects.iterator(chunk_size=2000)

    def deserialize_db_from_string(self, data: str) -> None:
        """Load rows that :meth:`serialize_db_to_string` made."""
        import offbeat.core.serializers as serializers_module
        from offbeat.db.transaction import atomic

        serializers: Any = serializers_module
        tables: set[str] = set()
        with atomic(using=self.connection.alias):
            with self.connection.constraint_checks_disabled():
                for row in serializers.deserialize("json", StringIO(data), using=self.connection.alias):
                    row.save()
                    tables.add(row.object.__class__._meta.db_table)
            self.connection.check_constraints(table_names=tables)

    def _get_database_display_str(self, verbosity: int, database_name: str) -> str:
        name = f" ('{database_name}')" if verbosity >= 2 else ""
        return f"'{self.connection.alias}'{name}"

    def _get_test_db_name(self) -> str:
        name: str | None = self.connection.settings_dict["TEST"]["NAME"]
        return name if name else TEST_DATABASE_PREFIX + self.connection.settings_dict["NAME"]

    def _execute_create_test_db(self, cursor: Any, parameters: dict[str, str], keepdb: bool = False) -> None:
        cursor.execute("CREATE DATABASE {dbname} {suffix}".format(**parameters))

    def _create_test_db(self, verbosity: int, autoclobber: bool, keepdb: bool = False) -> str:
        name = self._get_test_db_name()
        parameters = {
            "dbname": self.connection.ops.quote_name(name),
            "suffix": self.sql_table_creation_suffix(),
        }
        with self._nodb_cursor() as cursor:
            try:
                self._execute_create_test_db(cursor, parameters, keepdb)
            except Exception as exc:
                if keepdb:
                    return name
                self.log(f"Got an error creating the test database: {exc}")
                if not autoclobber and not self._confirmed(name):
                    self.log("Tests cancelled.")
                    sys.exit(1)
                self._replace_test_db(cursor, name, parameters, verbosity, keepdb)
        return name

    def _confirmed(self, name: str) -> bool:
        answer = input(
            f"Type 'yes' if you would like to try deleting the test database '{name}', or 'no' to cancel: "
        )
        return answer == "yes"

    def _replace_test_db(
        self, cursor: Any, name: str, parameters: dict[str, str], verbosity: int, keepdb: bool
    ) -> None:
        try:
            if verbosity >= 1:
                display = self._get_database_display_str(verbosity, name)
                self.log(f"Destroying old test database for alias {display}...")
            cursor.execute("DROP DATABASE {dbname}".format(**parameters))
            self._execute_create_test_db(cursor, parameters, keepdb)
        except Exception as exc:
            self.log(f"Got an error recreating the test database: {exc}")
            sys.exit(2)

    def clone_test_db(
        self, suffix: str, verbosity: int = 1, autoclobber: bool = False, keepdb: bool = False
    ) -> None:
        """Copy the test database, for a parallel process."""
        source = self.connection.settings_dict["NAME"]
        if verbosity >= 1:
            action = "Using existing clone" if keepdb else "Cloning test database"
            self.log(f"{action} for alias {self._get_database_display_str(verbosity, source)}...")
        self._clone_test_db(suffix, verbosity, keepdb)

    def get_test_db_clone_settings(self, suffix: str) -> dict[str, Any]:
        """Settings of a clone."""
        original = self.connection.settings_dict
        return {**original, "NAME": f"{original['NAME']}_{suffix}"}

    def _clone_test_db(self, suffix: str, verbosity: int, keepdb: bool = False) -> None:
        raise NotImplementedError("The database backend doesn't support cloning databases.")

    def destroy_test_db(
        self,
        old_database_name: str | None = None,
        verbosity: int = 1,
        keepdb: bool = False,
        suffix: str | None = None,
    ) -> None:
        """Remove the test database (or the clone `suffix`) and make the connection use the old name again."""
        self.connection.close()
        if suffix is None:
            name = self.connection.settings_dict["NAME"]
        else:
            name = self.get_test_db_clone_settings(suffix)["NAME"]
        if verbosity >= 1:
            action = "Preserving" if keepdb else "Destroying"
            display = self._get_database_display_str(verbosity, name)
            self.log(f"{action} test database for alias {display}...")
        if not keepdb:
            self._destroy_test_db(name, verbosity)
        if old_database_name is not None:
            settings.DATABASES[self.connection.alias]["NAME"] = old_database_name
            self.connection.settings_dict["NAME"] = old_database_name

    def _destroy_test_db(self, test_database_name: str, verbosity: int) -> None:
        with self._nodb_cursor() as cursor:
            cursor.execute(f"DROP DATABASE {self.connection.ops.quote_name(test_database_name)}")

    def mark_expected_failures_and_skips(self) -> None:
        """Mark the tests which `features` says cannot pass here."""
        from unittest import expectedFailure, skip

        features = self.connection.features
        for test_name in features.django_test_expected_failures:
            self._mark_test(test_name, expectedFailure)
        for reason, tests in features.django_test_skips.items():
            for test_name in tests:
                self._mark_test(test_name, skip(reason))

    def _mark_test(self, test_name: str, decorator: Any) -> None:
        parts = test_name.split(".")
        if not any(name.split(".")[-1] == parts[0] or name == parts[0] for name in settings.INSTALLED_APPS):
            return
        owner: Any = None
        for length in range(len(parts) - 1, 0, -1):
            try:
                owner = import_module(".".join(parts[:length]))
            except ImportError:
                continue
            for name in parts[length:-1]:
                owner = getattr(owner, name)
            break
        setattr(owner, parts[-1], decorator(getattr(owner, parts[-1])))

    def sql_table_creation_suffix(self) -> str:
        """What follows CREATE DATABASE name."""
        return ""

    def test_db_signature(self) -> tuple[Any, ...]:
        """What tells databases apart: aliases with the same signature share their test database."""
        conf = self.connection.settings_dict
        return conf["HOST"], conf["PORT"], conf["ENGINE"], self._get_test_db_name()

    def setup_worker_connection(self, _worker_id: Any) -> None:
        """Make the connection of a parallel process use its clone."""
        clone = self.get_test_db_clone_settings(str(_worker_id))
        # The dictionary is shared with the settings, so it is changed, not replaced.
        self.connection.settings_dict.update(clone)
        self.connection.close()
