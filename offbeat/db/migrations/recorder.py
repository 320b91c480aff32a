"""The table ``django_migrations``: which migrations a database has had."""

from __future__ import annotations

from typing import Any

from offbeat.apps.registry import Apps
from offbeat.db import DatabaseError, models
from offbeat.db.migrations.exceptions import MigrationSchemaMissing
from offbeat.utils.functional import classproperty
from offbeat.utils.timezone import now


class MigrationRecorder:
    """Reads and writes the migrations applied to ``connection``."""

    _migration_class: Any = None

    @classproperty
    def Migration(cls: Any) -> Any:
        """The model of the table, made at its first use: the registry is not ready at import."""
        if cls._migration_class is None:

            class Migration(models.Model):
                app = models.CharField(max_length=255)
                name = models.CharField(max_length=255)
                applied = models.DateTimeField(default=now)

                class Meta:
                    apps = Apps()
                    app_label = "migrations"
                    db_table = "django_migrations"

                def __str__(self) -> str:
                    return f"Migration {self.name} for {self.app}"

            cls._migration_class = Migration
        return cls._migration_class

    def __init__(self, connection: Any) -> None:
        self.connection = connection
        self._has_table = False

    @property
    def migration_qs(self) -> Any:
        """All records of this database."""
        return self.Migration.objects.using(self.connection.alias)

    def has_table(self) -> bool:
        """Whether the table exists."""
        if not self._has_table:
            with self.connection.cursor() as cursor:
                tables = self.connection.introspection.table_names(cursor)
            self._has_table = self.Migration._meta.db_table in tables
        return self._has_table

    def ensure_schema(self) -> None:
        """Make the table unless it exists; MigrationSchemaMissing when that fails."""
        if self.has_table():
            return
        try:
            with self.connection.schema_editor() as editor:
                editor.create_model(self.Migration)
        except DatabaseError as error:
            raise MigrationSchemaMissing(f"Unable to create the django_migrations table ({error})")

    def applied_migrations(self) -> dict[tuple[str, str], Any]:
        """(app_label, name) to record, of everything applied."""
        if not self.has_table():
            return {}
        return {(record.app, record.name): record for record in self.migration_qs}

    def record_applied(self, app: str, name: str) -> None:
        """Note that a migration was applied."""
        self.ensure_schema()
        self.migration_qs.create(app=app, name=name)

    def record_unapplied(self, app: str, name: str) -> None:
        """Note that a migration was undone."""
        self.ensure_schema()
        self.migration_qs.filter(app=app, name=name).delete()

    def flush(self) -> None:
        """Forget all records."""
        self.migration_qs.all().delete()
