"""What is in a SQLite database."""

from __future__ import annotations

import re
from collections import namedtuple
from typing import Any

from offbeat.db.backends.base.introspection import BaseDatabaseIntrospection, TableInfo
from offbeat.db.backends.base.introspection import FieldInfo as BaseFieldInfo
from offbeat.db.backends.sqlite3.ddl import parse_table
from offbeat.db.utils import DatabaseError

__all__ = ["DatabaseIntrospection", "FieldInfo", "FlexibleFieldLookupDict", "get_field_size"]

FieldInfo: Any = namedtuple("FieldInfo", [*BaseFieldInfo._fields, "pk", "has_json_constraint"])  # type: ignore[misc]

_SIZE = re.compile(r"^\s*(?:var)?char\s*\(\s*(\d+)\s*\)\s*$", re.IGNORECASE)


def get_field_size(name: str) -> int | None:
    """The size in a column's type: 30 in "varchar(30)"."""
    match = _SIZE.search(name)
    return int(match[1]) if match else None


class FlexibleFieldLookupDict:
    """Names of model fields by column type, whatever its case and size."""

    base_data_types_reverse = {
        "bool": "BooleanField",
        "boolean": "BooleanField",
        "smallint": "SmallIntegerField",
        "smallint unsigned": "PositiveSmallIntegerField",
        "smallinteger": "SmallIntegerField",
        "int": "IntegerField",
        "integer": "IntegerField",
        "bigint": "BigIntegerField",
        "integer unsigned": "PositiveIntegerField",
        "bigint unsigned": "PositiveBigIntegerField",
        "decimal": "DecimalField",
        "real": "FloatField",
        "text": "TextField",
        "char": "CharField",
        "varchar": "CharField",
        "blob": "BinaryField",
        "date": "DateField",
        "datetime": "DateTimeField",
        "time": "TimeField",
    }

    def __getitem__(self, key: str) -> str:
        return self.base_data_types_reverse[key.lower().split("(", 1)[0].strip()]


class DatabaseIntrospection(BaseDatabaseIntrospection):
    """Reads sqlite_master and the pragmas."""

    data_types_reverse = FlexibleFieldLookupDict()

    def get_field_type(self, data_type: Any, description: Any) -> Any:
        field_type = super().get_field_type(data_type, description)
        if description.pk and field_type in {"BigIntegerField", "IntegerField", "SmallIntegerField"}:
            # Every integer primary key counts up, and holds eight bytes.
            return "AutoField"
        if description.has_json_constraint:
            return "JSONField"
        return field_type

    def get_table_list(self, cursor: Any) -> list[Any]:
        cursor.execute(
            "SELECT name, type FROM sqlite_master WHERE type IN ('table', 'view') AND NOT name = 'sqlite_sequence' "
            "ORDER BY name"
        )
        return [TableInfo(name, kind[0]) for name, kind in cursor.fetchall()]

    def _definition(self, cursor: Any, table_name: str) -> str:
        cursor.execute(
            "SELECT sql FROM sqlite_master WHERE type IN ('table', 'view') AND name = %s", [table_name]
        )
        row = cursor.fetchone()
        return row[0] or "" if row is not None else ""

    def get_table_description(self, cursor: Any, table_name: str) -> list[Any]:
        cursor.execute(f"PRAGMA table_xinfo({self.connection.ops.quote_name(table_name)})")
        rows = cursor.fetchall()
        if not rows:
            raise DatabaseError(f"Table {table_name} does not exist (empty pragma).")
        # Hidden columns of virtual tables have a 1 there; 2 and 3 are generated columns.
        rows = [row for row in rows if row[6] != 1]
        described, constraints = parse_table(self._definition(cursor, table_name), [row[1] for row in rows])
        json_columns = {
            constraint.columns[0]
            for constraint in constraints
            if constraint.kind == "check" and constraint.columns and "json_valid" in constraint.sql.lower()
        }
        primary_keys = sum(1 for row in rows if row[5])
        return [
            FieldInfo(  # type: ignore[call-arg]
                name,
                data_type,
                get_field_size(data_type),
                None,
                None,
                None,
                not notnull,
                default,
                described[name].collation if name in described else None,
                bool(pk) and primary_keys == 1,
                name in json_columns,
            )
            for _, name, data_type, notnull, default, pk, _ in rows
        ]

    def get_sequences(self, cursor: Any, table_name: str, table_fields: Any = ()) -> list[dict[str, Any]]:
        return [{"table": table_name, "column": self.get_primary_key_column(cursor, table_name)}]

    def get_relations(self, cursor: Any, table_name: str) -> dict[str, Any]:
        cursor.execute(f"PRAGMA foreign_key_list({self.connection.ops.quote_name(table_name)})")
        on_delete = self.on_delete_types
        return {
            column: (
                self._target(cursor, table, target),
                table,
                on_delete.get(action, on_delete["NO ACTION"]),
            )
            for _, _, table, column, target, _, action, _ in cursor.fetchall()
        }

    def _target(self, cursor: Any, table: str, column: str | None) -> str | None:
        """A reference without a column means the primary key."""
        return column if column is not None else self.get_primary_key_column(cursor, table)

    def get_primary_key_columns(self, cursor: Any, table_name: str) -> list[str] | None:
        cursor.execute(f"PRAGMA table_info({self.connection.ops.quote_name(table_name)})")
        keyed = sorted((row[5], row[1]) for row in cursor.fetchall() if row[5])
        return [name for _, name in keyed]

    def get_constraints(self, cursor: Any, table_name: str) -> dict[str, dict[str, Any]]:
        quote = self.connection.ops.quote_name
        definition = self._definition(cursor, table_name)
        if not definition:
            return {}
        cursor.execute(f"PRAGMA table_xinfo({quote(table_name)})")
        columns = [row[1] for row in cursor.fetchall()]
        found: dict[str, dict[str, Any]] = {}
        unnamed = 0
        for constraint in parse_table(definition, columns)[1]:
            name = constraint.name
            if name is None:
                unnamed += 1
                name = f"__unnamed_constraint_{unnamed}__"
            found[name] = _details(constraint.columns, **{constraint.kind: True})
        cursor.execute(f"PRAGMA index_list({quote(table_name)})")
        for row in cursor.fetchall():
            _, name, unique, origin = row[:4]
            if origin == "c":
                found[name] = self._index(cursor, name, bool(unique))
        primary_key = self.get_primary_key_columns(cursor, table_name)
        if primary_key:
            found["__primary__"] = _details(primary_key, primary_key=True)
        found.update(self._foreign_keys(cursor, table_name))
        return found

    def _index(self, cursor: Any, name: str, unique: bool) -> dict[str, Any]:
        cursor.execute(f"PRAGMA index_xinfo({self.connection.ops.quote_name(name)})")
        rows = [row for row in cursor.fetchall() if row[5]]
        details = _details([row[2] for row in rows], unique=unique, index=True, type="idx")
        details["orders"] = ["DESC" if row[3] else "ASC" for row in rows]
        return details

    def _foreign_keys(self, cursor: Any, table_name: str) -> dict[str, dict[str, Any]]:
        cursor.execute(f"PRAGMA foreign_key_list({self.connection.ops.quote_name(table_name)})")
        keys: dict[str, dict[str, Any]] = {}
        for number, _, table, column, target, *_ in cursor.fetchall():
            details = keys.get(f"fk_{number}")
            if details is not None:
                details["columns"].append(column)
            else:
                target = self._target(cursor, table, target)
                keys[f"fk_{number}"] = _details([column], foreign_key=(table, target))
        return keys


def _details(columns: list[Any], **known: Any) -> dict[str, Any]:
    return {
        "columns": columns,
        "primary_key": False,
        "unique": False,
        "foreign_key": None,
        "check": False,
        "index": False,
        **known,
    }
