"""``inspectdb``: models for the tables of an existing database."""

from __future__ import annotations

import keyword
import re
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

import offbeat
from offbeat.core.management.base import BaseCommand, CommandParser
from offbeat.db import DEFAULT_DB_ALIAS, connections

HEADER = (
    "# This is an auto-generated Django model module.",
    "# You'll have to do the following manually to clean this up:",
    "#   * Rearrange models' order",
    "#   * Make sure each model has one field with primary_key=True",
    "#   * Make sure each ForeignKey and OneToOneField has `on_delete` set to the desired behavior",
    "#   * Remove `managed = False` lines if you wish to allow Django to create, modify, and delete the table",
    "# Feel free to rename the models, but don't rename db_table values or field names.",
)


@dataclass(slots=True)
class Table:
    """What introspection tells about one table."""

    name: str
    kind: str
    relations: dict[str, Any]
    constraints: dict[str, Any]
    primary_key: list[str]
    description: list[Any]
    comment: str | None

    @property
    def unique_columns(self) -> set[str]:
        """Columns that are unique for themselves."""
        return {
            details["columns"][0]
            for details in self.constraints.values()
            if details["unique"] and len(details["columns"]) == 1
        }


@dataclass(slots=True)
class Names:
    """Which names are taken already."""

    models: list[str] = field(default_factory=list)
    columns: dict[str, str] = field(default_factory=dict)
    related: set[str] = field(default_factory=set)


class Command(BaseCommand):
    help = "Introspects the database tables in the given database and outputs a Django model module."
    requires_system_checks: Any = []
    stealth_options = ("table_name_filter",)
    db_module = "offbeat.db"

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("table", nargs="*", help="Selects what tables or views should be introspected.")
        parser.add_argument(
            "--database",
            default=DEFAULT_DB_ALIAS,
            choices=tuple(connections),
            help="The database to introspect.",
        )
        parser.add_argument(
            "--include-partitions", action="store_true", help="Also output models for partition tables."
        )
        parser.add_argument(
            "--include-views", action="store_true", help="Also output models for database views."
        )

    def handle(self, **options: Any) -> None:
        for line in self.handle_inspection(options):
            self.stdout.write(line)

    def handle_inspection(self, options: dict[str, Any]) -> Iterator[str]:
        """The lines of the module."""
        connection = connections[options["database"]]
        introspection = connection.introspection
        wanted = options.get("table_name_filter")
        known: list[str] = []
        with connection.cursor() as cursor:
            yield from HEADER
            module = "django.db" if sys.modules.get("django") is offbeat else self.db_module
            yield f"from {module} import models"
            tables = introspection.get_table_list(cursor)
            kinds = {info.name: info.type for info in tables}
            types = {"t", *("p" * options["include_partitions"]), *("v" * options["include_views"])}
            names = options["table"] or sorted(info.name for info in tables if info.type in types)
            for name in names:
                if wanted is not None and callable(wanted) and not wanted(name):
                    continue
                try:
                    table = self._read(introspection, cursor, name, kinds.get(name, "t"))
                except Exception as error:
                    yield f"# Unable to inspect table '{name}'"
                    yield f"# The error was: {error}"
                    continue
                yield from self._model(connection, cursor, table, known)
                known.append(self.normalize_table_name(name))

    @staticmethod
    def _read(introspection: Any, cursor: Any, name: str, kind: str) -> Table:
        try:
            relations = introspection.get_relations(cursor, name)
        except NotImplementedError:
            relations = {}
        try:
            constraints = introspection.get_constraints(cursor, name)
        except NotImplementedError:
            constraints = {}
        primary_key = introspection.get_primary_key_columns(cursor, name) or []
        description = introspection.get_table_description(cursor, name)
        comments = {
            info.name: getattr(info, "comment", None) for info in introspection.get_table_list(cursor)
        }
        return Table(name, kind, relations, constraints, primary_key, description, comments.get(name))

    def _model(self, connection: Any, cursor: Any, table: Table, known: list[str]) -> Iterator[str]:
        taken = Names(models=known)
        yield ""
        yield ""
        yield f"class {self.normalize_table_name(table.name)}(models.Model):"
        if len(table.primary_key) > 1:
            fields = ", ".join(repr(column) for column in table.primary_key)
            yield f"    pk = models.CompositePrimaryKey({fields})"
        for row in table.description:
            line = self._field(connection, cursor, table, row, taken)
            if line is not None:
                yield f"    {line}"
        yield from self.get_meta(
            table.name, table.constraints, taken.columns, table.kind == "v", table.kind == "p", table.comment
        )

    def _field(self, connection: Any, cursor: Any, table: Table, row: Any, taken: Names) -> str | None:
        is_relation = row.name in table.relations
        name, params, notes = self.normalize_col_name(row.name, list(taken.columns.values()), is_relation)
        taken.columns[row.name] = name
        is_key = table.primary_key == [row.name]
        if is_key:
            params["primary_key"] = True
        elif row.name in table.unique_columns:
            params["unique"] = True
        if is_relation:
            target_key = connection.introspection.get_primary_key_column(cursor, table.relations[row.name][1])
            start = self._relation(table, row, name, params, taken, target_key)
        else:
            kind, type_params, type_notes = self.get_field_type(connection, table.name, row)
            params.update(type_params)
            notes += type_notes
            start = f"{kind}("
            if name == "id" and params == {"primary_key": True}:
                if kind == "AutoField":
                    return None
                if kind == connection.features.introspected_field_types["AutoField"]:
                    notes.append("AutoField?")
        if row.null_ok:
            params["blank"] = True
            params["null"] = True
        prefix = "" if "." in start.partition("(")[0] else "models."
        listed = ", ".join(f"{key}={value!r}" for key, value in params.items())
        joint = ", " if listed and not start.endswith("(") else ""
        comment = f"  # {' '.join(notes)}" if notes else ""
        return f"{name} = {prefix}{start}{joint}{listed}){comment}"

    def _relation(
        self, table: Table, row: Any, name: str, params: dict[str, Any], taken: Names, target_key: str | None
    ) -> str:
        column, target, *rest = table.relations[row.name]
        on_delete = rest[0] if rest else None
        kind = "OneToOneField" if params.pop("unique", False) or params.get("primary_key") else "ForeignKey"
        model = "self" if target == table.name else self.normalize_table_name(target)
        shown = model if model in taken.models else repr(model)
        if column is not None and target_key is not None and column != target_key:
            params["to_field"] = column
        if model in taken.related:
            params["related_name"] = f"{self.normalize_table_name(table.name).lower()}_{name}_set"
        taken.related.add(model)
        deletion = getattr(on_delete, "__name__", None) or "DO_NOTHING"
        return f"{kind}({shown}, models.{deletion}"

    @staticmethod
    def normalize_table_name(table_name: str) -> str:
        """The name of the model for a table."""
        name = re.sub(r"[^a-zA-Z0-9]", "", table_name.title())
        return name if name[:1].isalpha() else f"Model{name}"

    @staticmethod
    def normalize_col_name(
        col_name: str, used_column_names: Iterable[str], is_relation: bool
    ) -> tuple[str, dict[str, Any], list[str]]:
        """Name of the field for a column, arguments that keep the column's name, and remarks."""
        params: dict[str, Any] = {}
        notes: list[str] = []
        name = col_name.lower()
        if name != col_name:
            notes.append("Field name made lowercase.")
        if is_relation:
            if name.endswith("_id"):
                name = name.removesuffix("_id")
            else:
                params["db_column"] = col_name
        name, replaced = re.subn(r"\W", "_", name)
        if replaced:
            notes.append("Field renamed to remove unsuitable characters.")
        if "__" in name:
            name = re.sub("__+", "_", name)
            if "__" in col_name.lower():
                notes.append("Field renamed because it contained more than one '_' in a row.")
        if name.startswith("_"):
            name = f"field{name}"
            notes.append("Field renamed because it started with '_'.")
        if name.endswith("_"):
            name = f"{name}field"
            notes.append("Field renamed because it ended with '_'.")
        if keyword.iskeyword(name):
            name += "_field"
            notes.append("Field renamed because it was a Python reserved word.")
        if name[:1].isdigit():
            name = f"number_{name}"
            notes.append("Field renamed because it wasn't a valid Python identifier.")
        used = set(used_column_names)
        if name in used:
            number = 0
            while f"{name}_{number}" in used:
                number += 1
            name = f"{name}_{number}"
            notes.append("Field renamed because of name conflict.")
        if col_name != name and notes:
            params["db_column"] = col_name
        return name, params, notes

    def get_field_type(
        self, connection: Any, table_name: str, row: Any
    ) -> tuple[str, dict[str, Any], list[str]]:
        """Kind of the field for a column, its arguments, and remarks."""
        params: dict[str, Any] = {}
        notes: list[str] = []
        try:
            kind = connection.introspection.get_field_type(row.type_code, row)
        except KeyError:
            kind = "TextField"
            notes.append("This field type is a guess.")
        if isinstance(kind, tuple):
            kind, more = kind
            params.update(more)
        if kind == "CharField" and row.display_size and int(row.display_size) > 0:
            params["max_length"] = int(row.display_size)
        if kind in {"CharField", "TextField"} and row.collation:
            params["db_collation"] = row.collation
        if kind == "DecimalField" and row.precision is not None and row.scale is not None:
            params["max_digits"] = row.precision
            params["decimal_places"] = row.scale
        if comment := getattr(row, "comment", None):
            params["db_comment"] = comment
        return kind, params, notes

    def get_meta(
        self,
        table_name: str,
        constraints: dict[str, Any],
        column_to_field_name: dict[str, str],
        is_view: bool,
        is_partition: bool,
        comment: str | None,
    ) -> list[str]:
        """The lines of the model's Meta."""
        together = []
        expressions = False
        for details in constraints.values():
            columns = details["columns"]
            if not details["unique"] or details["primary_key"] or len(columns) < 2:
                continue
            expressions = expressions or None in columns
            fields = [column_to_field_name[column] for column in columns if column is not None]
            if len(fields) > 1:
                together.append(f"({', '.join(map(repr, fields))})")
        remark = ""
        if is_view:
            remark = "  # Created from a view. Don't remove."
        elif is_partition:
            remark = "  # Created from a partition. Don't remove."
        lines = [""]
        if expressions:
            lines.append("    # A unique constraint could not be introspected.")
        lines += ["    class Meta:", f"        managed = False{remark}", f"        db_table = {table_name!r}"]
        if together:
            lines.append(f"        unique_together = ({', '.join(together)},)")
        if comment:
            lines.append(f"        db_table_comment = {comment!r}")
        return lines
