"""What is in a database of MySQL or MariaDB, read from information_schema."""

from __future__ import annotations

import re
from collections import namedtuple
from collections.abc import Iterable
from typing import Any

from offbeat.db.backends.base.introspection import BaseDatabaseIntrospection
from offbeat.db.backends.base.introspection import FieldInfo as BaseFieldInfo
from offbeat.db.backends.base.introspection import TableInfo as BaseTableInfo
from offbeat.db.utils import DatabaseError

__all__ = ["DatabaseIntrospection", "FieldInfo", "TableInfo"]

FieldInfo: Any = namedtuple(  # type: ignore[misc]
    "FieldInfo",
    [*BaseFieldInfo._fields, "extra", "is_unsigned", "has_json_constraint", "comment", "data_type"],
)
TableInfo: Any = namedtuple("TableInfo", [*BaseTableInfo._fields, "comment"])  # type: ignore[misc]

# Servers quote the identifiers in what they store, so that words without quotes are functions and the like.
_IDENTIFIER = re.compile(r"`((?:[^`]|``)*)`|\"((?:[^\"]|\"\")*)\"|'(?:[^'\\]|\\.|'')*'")
_WIDTH = re.compile(r"\((\d+)")


class DatabaseIntrospection(BaseDatabaseIntrospection):
    """Reads information_schema."""

    data_types_reverse = {
        "bigint": "BigIntegerField",
        "binary": "BinaryField",
        "blob": "TextField",
        "char": "CharField",
        "date": "DateField",
        "datetime": "DateTimeField",
        "decimal": "DecimalField",
        "double": "FloatField",
        "enum": "CharField",
        "float": "FloatField",
        "int": "IntegerField",
        "json": "JSONField",
        "longblob": "TextField",
        "longtext": "TextField",
        "mediumblob": "TextField",
        "mediumint": "IntegerField",
        "mediumtext": "TextField",
        "set": "CharField",
        "smallint": "SmallIntegerField",
        "text": "TextField",
        "time": "TimeField",
        "timestamp": "DateTimeField",
        "tinyblob": "TextField",
        "tinyint": "IntegerField",
        "tinytext": "TextField",
        "uuid": "UUIDField",
        "varbinary": "BinaryField",
        "varchar": "CharField",
        "year": "IntegerField",
    }

    def get_field_type(self, data_type: Any, description: Any) -> Any:
        field_type = super().get_field_type(data_type, description)
        if "auto_increment" in description.extra:
            counting = {
                "BigIntegerField": "BigAutoField",
                "IntegerField": "AutoField",
                "SmallIntegerField": "SmallAutoField",
            }
            return counting.get(field_type, field_type)
        if description.is_unsigned:
            positive = {
                "BigIntegerField": "PositiveBigIntegerField",
                "IntegerField": "PositiveIntegerField",
                "SmallIntegerField": "PositiveSmallIntegerField",
            }
            return positive.get(field_type, field_type)
        if description.has_json_constraint:
            # MariaDB keeps JSON as text, and checks it.
            return "JSONField"
        return field_type

    def get_table_list(self, cursor: Any) -> list[Any]:
        cursor.execute(
            "SELECT table_name, table_type, table_comment FROM information_schema.tables "
            "WHERE table_schema = DATABASE()"
        )
        kinds = {"BASE TABLE": "t", "VIEW": "v", "SYSTEM VERSIONED": "t"}
        return [
            TableInfo(name, kinds.get(kind), comment if kind != "VIEW" else "")  # type: ignore[call-arg]
            for name, kind, comment in cursor.fetchall()
        ]

    def _json_columns(self, cursor: Any, table_name: str) -> set[str]:
        if not self.connection.mysql_is_mariadb:
            return set()
        cursor.execute(
            "SELECT c.constraint_name FROM information_schema.check_constraints AS c "
            "WHERE c.table_name = %s AND c.constraint_schema = DATABASE() "
            "AND LOWER(c.check_clause) = CONCAT('json_valid(`', LOWER(c.constraint_name), '`)')",
            [table_name],
        )
        return {row[0] for row in cursor.fetchall()}

    def get_table_description(self, cursor: Any, table_name: str) -> list[Any]:
        json_columns = self._json_columns(cursor, table_name)
        cursor.execute(
            "SELECT column_name, data_type, column_type, character_maximum_length, numeric_precision, numeric_scale, "
            "is_nullable, column_default, "
            "CASE WHEN collation_name = t.table_collation THEN NULL ELSE collation_name END, extra, column_comment "
            "FROM information_schema.columns AS c JOIN information_schema.tables AS t "
            "ON t.table_schema = c.table_schema AND t.table_name = c.table_name "
            "WHERE c.table_schema = DATABASE() AND c.table_name = %s ORDER BY ordinal_position",
            [table_name],
        )
        rows = cursor.fetchall()
        if not rows:
            raise DatabaseError(1146, f"Table '{table_name}' doesn't exist")
        return [self._describe(row, row[0] in json_columns) for row in rows]

    def _describe(self, row: tuple[Any, ...], is_json: bool) -> Any:
        (
            name,
            data_type,
            column_type,
            length,
            precision,
            scale,
            nullable,
            default,
            collation,
            extra,
            comment,
        ) = row
        if isinstance(column_type, bytes):
            column_type = column_type.decode()
        size = _WIDTH.search(column_type)
        return FieldInfo(  # type: ignore[call-arg]
            name,
            data_type,
            length if length is not None else int(size[1]) if size else None,
            length if length is not None else int(size[1]) if size else None,
            precision,
            scale,
            nullable == "YES",
            self._default(default),
            None if is_json else collation,
            extra,
            "unsigned" in column_type,
            is_json,
            comment,
            data_type,
        )

    def _default(self, default: Any) -> Any:
        """MariaDB gives defaults as SQL, where MySQL gives values."""
        if not self.connection.mysql_is_mariadb or default is None:
            return default
        return None if default == "NULL" else default

    def get_sequences(self, cursor: Any, table_name: str, table_fields: Any = ()) -> list[dict[str, Any]]:
        for description in self.get_table_description(cursor, table_name):
            if "auto_increment" in description.extra:
                # There is one at most.
                return [{"table": table_name, "column": description.name}]
        return []

    def get_relations(self, cursor: Any, table_name: str) -> dict[str, Any]:
        cursor.execute(
            "SELECT k.column_name, k.referenced_column_name, k.referenced_table_name, r.delete_rule "
            "FROM information_schema.key_column_usage AS k JOIN information_schema.referential_constraints AS r "
            "ON r.constraint_schema = k.constraint_schema AND r.constraint_name = k.constraint_name "
            "AND r.table_name = k.table_name "
            "WHERE k.table_schema = DATABASE() AND k.table_name = %s AND k.referenced_table_schema = DATABASE()",
            [table_name],
        )
        on_delete = self.on_delete_types
        return {
            column: (target, target_table, on_delete.get(rule, on_delete["NO ACTION"]))
            for column, target, target_table, rule in cursor.fetchall()
        }

    def get_storage_engine(self, cursor: Any, table_name: str) -> str:
        """The storage engine of a table; that of new tables if there is no such table."""
        cursor.execute(
            "SELECT engine FROM information_schema.tables WHERE table_name = %s AND table_schema = DATABASE()",
            [table_name],
        )
        row = cursor.fetchone()
        return row[0] if row else self.connection.features._mysql_storage_engine  # type: ignore[no-any-return]

    def get_constraints(self, cursor: Any, table_name: str) -> dict[str, dict[str, Any]]:
        constraints: dict[str, dict[str, Any]] = {}
        self._add_keys(cursor, table_name, constraints)
        self._add_checks(cursor, table_name, constraints)
        self._add_indexes(cursor, table_name, constraints)
        return constraints

    def _add_keys(self, cursor: Any, table_name: str, constraints: dict[str, dict[str, Any]]) -> None:
        cursor.execute(
            "SELECT k.constraint_name, k.column_name, "
            "CASE WHEN k.referenced_table_schema = DATABASE() THEN k.referenced_table_name END, "
            "k.referenced_column_name, c.constraint_type FROM information_schema.key_column_usage AS k "
            "JOIN information_schema.table_constraints AS c ON c.constraint_schema = k.constraint_schema "
            "AND c.constraint_name = k.constraint_name AND c.table_name = k.table_name "
            "WHERE k.table_schema = DATABASE() AND k.table_name = %s ORDER BY k.ordinal_position",
            [table_name],
        )
        for name, column, target_table, target, kind in cursor.fetchall():
            details = constraints.setdefault(name, _details())
            details["columns"].append(column)
            details["primary_key"] |= kind == "PRIMARY KEY"
            details["unique"] |= kind in {"PRIMARY KEY", "UNIQUE"}
            if target_table is not None:
                details["foreign_key"] = (target_table, target)

    def _add_checks(self, cursor: Any, table_name: str, constraints: dict[str, dict[str, Any]]) -> None:
        cursor.execute(
            "SELECT column_name FROM information_schema.columns "
            "WHERE table_schema = DATABASE() AND table_name = %s",
            [table_name],
        )
        known = {row[0].lower(): row[0] for row in cursor.fetchall()}
        if self.connection.mysql_is_mariadb:
            sql = (
                "SELECT constraint_name, check_clause FROM information_schema.check_constraints "
                "WHERE constraint_schema = DATABASE() AND table_name = %s"
            )
        else:
            sql = (
                "SELECT c.constraint_name, c.check_clause FROM information_schema.check_constraints AS c "
                "JOIN information_schema.table_constraints AS t ON t.constraint_schema = c.constraint_schema "
                "AND t.constraint_name = c.constraint_name AND t.constraint_type = 'CHECK' "
                "WHERE c.constraint_schema = DATABASE() AND t.table_name = %s"
            )
        cursor.execute(sql, [table_name])
        unnamed = 0
        for name, clause in cursor.fetchall():
            columns = self._parse_constraint_columns(clause, known.values())
            # MariaDB calls the check of a column, which has no name, like the column.
            if name.lower() in known and columns == [known[name.lower()]]:
                unnamed += 1
                name = f"__unnamed_constraint_{unnamed}__"
            constraints[name] = _details(columns, check=True)

    def _parse_constraint_columns(self, check_clause: str | bytes, columns: Iterable[str]) -> list[str]:
        """The columns that a CHECK mentions, in order."""
        known = {column.lower(): column for column in columns}
        text = check_clause.decode() if isinstance(check_clause, bytes) else check_clause
        ansi_quotes = "ANSI_QUOTES" in self.connection.sql_mode
        found: list[str] = []
        for match in _IDENTIFIER.finditer(text):
            name = match[1] if match[1] is not None else match[2] if ansi_quotes else None
            column = known.get(name.replace("``", "`").lower()) if name else None
            if column is not None and column not in found:
                found.append(column)
        return found

    def _add_indexes(self, cursor: Any, table_name: str, constraints: dict[str, dict[str, Any]]) -> None:
        cursor.execute(
            "SELECT index_name, column_name, collation, index_type, non_unique FROM information_schema.statistics "
            "WHERE table_schema = DATABASE() AND table_name = %s ORDER BY index_name, seq_in_index",
            [table_name],
        )
        from offbeat.db.models import Index

        started: set[str] = set()
        for name, column, order, kind, non_unique in cursor.fetchall():
            details = constraints.setdefault(name, _details())
            if name not in started:
                started.add(name)
                details.update(index=True, orders=[], type=Index.suffix if kind == "BTREE" else kind.lower())
                details["unique"] |= not non_unique
                details["columns"] = []
            # The parts of an index that are expressions have no name: they are None.
            details["columns"].append(column)
            details["orders"].append("DESC" if order == "D" else "ASC")


def _details(columns: list[str] | None = None, **known: Any) -> dict[str, Any]:
    return {
        "columns": columns if columns is not None else [],
        "primary_key": False,
        "unique": False,
        "index": False,
        "check": False,
        "foreign_key": None,
        **known,
    }
