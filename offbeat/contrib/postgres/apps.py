"""Configuration of the application."""

from __future__ import annotations

from typing import Any

from offbeat.apps import AppConfig, apps
from offbeat.contrib.postgres.indexes import OpClass
from offbeat.contrib.postgres.lookups import (
    SearchLookup,
    TrigramSimilar,
    TrigramStrictWordSimilar,
    TrigramWordSimilar,
    Unaccent,
)
from offbeat.contrib.postgres.serializers import RangeSerializer
from offbeat.contrib.postgres.signals import register_type_handlers
from offbeat.core.signals import setting_changed
from offbeat.db import connections
from offbeat.db.backends.postgresql.psycopg_any import RANGE_TYPES
from offbeat.db.backends.signals import connection_created
from offbeat.db.migrations.writer import MigrationWriter
from offbeat.db.models import CharField, OrderBy, TextField
from offbeat.db.models.functions import Collate
from offbeat.db.models.indexes import IndexExpression
from offbeat.utils.translation import gettext_lazy as _

__all__ = ["PostgresConfig"]

_TEXT_LOOKUPS = (Unaccent, SearchLookup, TrigramSimilar, TrigramWordSimilar, TrigramStrictWordSimilar)


class PostgresConfig(AppConfig):
    """Adds types to connections, lookups to text, ranges to migrations and operator classes to indexes."""

    name = "offbeat.contrib.postgres"
    verbose_name = _("PostgreSQL extensions")

    def ready(self) -> None:
        """Register everything; connections that exist already are taught, too."""
        setting_changed.connect(_follow_settings)
        self._install()
        for connection in connections.all(initialized_only=True):
            if connection.vendor == "postgresql" and connection.connection is not None:
                register_type_handlers(connection)

    @staticmethod
    def _install() -> None:
        connection_created.connect(register_type_handlers)
        for field in (CharField, TextField):
            for lookup in _TEXT_LOOKUPS:
                field.register_lookup(lookup)
        MigrationWriter.register_serializer(RANGE_TYPES, RangeSerializer)
        IndexExpression.register_wrappers(OrderBy, OpClass, Collate)

    @staticmethod
    def _uninstall() -> None:
        connection_created.disconnect(register_type_handlers)
        for field in (CharField, TextField):
            for lookup in _TEXT_LOOKUPS:
                field._unregister_lookup(lookup)
        MigrationWriter.unregister_serializer(RANGE_TYPES)
        IndexExpression.register_wrappers(OrderBy, Collate)


def _follow_settings(*, setting: str, **kwargs: Any) -> None:
    """Register for a test that has the application, and not for one that has not."""
    if setting != "INSTALLED_APPS":
        return
    wanted = apps.is_installed(PostgresConfig.name)
    if wanted is (CharField.get_lookups().get(Unaccent.lookup_name) is Unaccent):
        return
    if wanted:
        PostgresConfig._install()
    else:
        PostgresConfig._uninstall()
