"""What is in a database: tables, columns, keys, constraints."""

from __future__ import annotations

from collections import namedtuple
from collections.abc import Iterable
from typing import Any

__all__ = ["BaseDatabaseIntrospection", "FieldInfo", "TableInfo"]

# Plain named tuples: backends extend FieldInfo with fields of their own.
TableInfo = namedtuple("TableInfo", ["name", "type"])
FieldInfo = namedtuple(
    "FieldInfo",
    [
        "name",
        "type_code",
        "display_size",
        "internal_size",
        "precision",
        "scale",
        "null_ok",
        "default",
        "collation",
    ],
)


class BaseDatabaseIntrospection:
    """Reads the catalogue of a database."""

    data_types_reverse: Any = {}

    def __init__(self, connection: Any) -> None:
        self.connection = connection

    @property
    def on_delete_types(self) -> dict[str, Any]:
        """The `on_delete` of models by that of the database."""
        import offbeat.db.models as models_module

        models: Any = models_module
        types = {"NO ACTION": models.DO_NOTHING}
        for action, name in (
            ("CASCADE", "DB_CASCADE"),
            ("SET DEFAULT", "DB_SET_DEFAULT"),
            ("SET NULL", "DB_SET_NULL"),
        ):
            if hasattr(models, name):
                types[action] = getattr(models, name)
        return types

    def get_field_type(self, data_type: Any, description: Any) -> Any:
        """Name of the model field for a column (with arguments, as a tuple, where it needs some)."""
        return self.data_types_reverse[data_type]

    def identifier_converter(self, name: str) -> str:
        """A name as the database stores it."""
        return name

    def table_names(self, cursor: Any = None, include_views: bool = False) -> list[str]:
        """Sorted names of all tables."""
        if cursor is None:
            with self.connection.cursor() as own:
                return self.table_names(own, include_views)
        wanted = {"t", "v"} if include_views else {"t"}
        return sorted(table.name for table in self.get_table_list(cursor) if table.type in wanted)

    def get_table_list(self, cursor: Any) -> list[Any]:
        """TableInfo for each table ("t") and view ("v")."""
        raise NotImplementedError(
            "subclasses of BaseDatabaseIntrospection may require a get_table_list() method."
        )

    def get_table_description(self, cursor: Any, table_name: str) -> list[Any]:
        """FieldInfo for each column."""
        raise NotImplementedError(
            "subclasses of BaseDatabaseIntrospection may require a get_table_description() method."
        )

    def get_migratable_models(self) -> Iterable[Any]:
        """Models of all apps that may have tables here."""
        from offbeat.apps import apps
        from offbeat.db.registry import router

        return (
            model
            for app_config in apps.get_app_configs()
            for model in router.get_migratable_models(app_config, self.connection.alias)
            if model._meta.can_migrate(self.connection)
        )

    def django_table_names(self, only_existing: bool = False, include_views: bool = True) -> list[str]:
        """Tables of the installed models, with those of many-to-many relations."""
        tables: set[str] = set()
        for model in self.get_migratable_models():
            if not model._meta.managed:
                continue
            tables.add(model._meta.db_table)
            tables.update(
                field.m2m_db_table()
                for field in model._meta.local_many_to_many
                if field.remote_field.through._meta.managed
            )
        names = list(tables)
        if only_existing:
            existing = set(self.table_names(include_views=include_views))
            names = [name for name in names if self.identifier_converter(name) in existing]
        return names

    def installed_models(self, tables: Iterable[str]) -> set[Any]:
        """Models of which the tables are given."""
        converted = set(map(self.identifier_converter, tables))
        return {
            model
            for model in self.get_migratable_models()
            if self.identifier_converter(model._meta.db_table) in converted
        }

    def sequence_list(self) -> list[dict[str, Any]]:
        """Sequences of the tables of the installed models."""
        sequences: list[dict[str, Any]] = []
        with self.connection.cursor() as cursor:
            for model in self.get_migratable_models():
                meta = model._meta
                if not meta.managed or meta.swapped:
                    continue
                sequences.extend(self.get_sequences(cursor, meta.db_table, meta.local_fields))
                for field in meta.local_many_to_many:
                    # A table of its own only if there is no explicit model in between.
                    if field.remote_field.through._meta.auto_created:
                        sequences.extend(self.get_sequences(cursor, field.m2m_db_table()))
        return sequences

    def get_sequences(self, cursor: Any, table_name: str, table_fields: Any = ()) -> list[dict[str, Any]]:
        """Sequences of a table, each as {"table", "column"}."""
        raise NotImplementedError(
            "subclasses of BaseDatabaseIntrospection may require a get_sequences() method."
        )

    def get_relations(self, cursor: Any, table_name: str) -> dict[str, Any]:
        """For each foreign key's column: (column there, table there, on_delete)."""
        raise NotImplementedError(
            "subclasses of BaseDatabaseIntrospection may require a get_relations() method."
        )

    def get_primary_key_column(self, cursor: Any, table_name: str) -> str | None:
        """The (first) column of the primary key."""
        columns = self.get_primary_key_columns(cursor, table_name)
        return columns[0] if columns else None

    def get_primary_key_columns(self, cursor: Any, table_name: str) -> list[str] | None:
        """The columns of the primary key."""
        for constraint in self.get_constraints(cursor, table_name).values():
            if constraint["primary_key"]:
                return list(constraint["columns"])
        return None

    def get_constraints(self, cursor: Any, table_name: str) -> dict[str, dict[str, Any]]:
        """By name: columns, primary_key, unique, foreign_key (table, column), check, index, orders, type."""
        raise NotImplementedError(
            "subclasses of BaseDatabaseIntrospection may require a get_constraints() method."
        )
