"""What is in a PostgreSQL database."""

from __future__ import annotations

from collections import namedtuple
from typing import Any

from offbeat.db.backends.base.introspection import BaseDatabaseIntrospection
from offbeat.db.backends.base.introspection import FieldInfo as BaseFieldInfo
from offbeat.db.backends.base.introspection import TableInfo as BaseTableInfo

__all__ = ["DatabaseIntrospection", "FieldInfo", "TableInfo"]

FieldInfo: Any = namedtuple("FieldInfo", [*BaseFieldInfo._fields, "is_autofield", "comment"])  # type: ignore[misc]
TableInfo: Any = namedtuple("TableInfo", [*BaseTableInfo._fields, "comment"])  # type: ignore[misc]

_TABLES = """
SELECT c.relname,
    CASE WHEN c.relispartition THEN 'p' WHEN c.relkind IN ('m', 'v') THEN 'v' ELSE 't' END,
    obj_description(c.oid, 'pg_class')
FROM pg_catalog.pg_class c
LEFT JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind IN ('f', 'm', 'p', 'r', 'v')
    AND n.nspname NOT IN ('pg_catalog', 'pg_toast')
    AND pg_catalog.pg_table_is_visible(c.oid)
"""
_COLUMNS = """
SELECT a.attname, NOT (a.attnotnull OR (t.typtype = 'd' AND t.typnotnull)),
    pg_get_expr(ad.adbin, ad.adrelid),
    CASE WHEN co.collname = 'default' THEN NULL ELSE co.collname END,
    a.attidentity <> '' OR pg_get_expr(ad.adbin, ad.adrelid) LIKE 'nextval(%%',
    col_description(a.attrelid, a.attnum), a.attgenerated <> ''
FROM pg_catalog.pg_attribute a
LEFT JOIN pg_catalog.pg_attrdef ad ON a.attrelid = ad.adrelid AND a.attnum = ad.adnum
LEFT JOIN pg_catalog.pg_collation co ON a.attcollation = co.oid
JOIN pg_catalog.pg_type t ON a.atttypid = t.oid
JOIN pg_catalog.pg_class c ON a.attrelid = c.oid
WHERE c.relkind IN ('f', 'm', 'p', 'r', 'v') AND c.relname = %s
    AND pg_catalog.pg_table_is_visible(c.oid) AND a.attnum > 0 AND NOT a.attisdropped
"""
_SEQUENCES = """
SELECT s.relname, a.attname
FROM pg_catalog.pg_class s
JOIN pg_catalog.pg_depend d ON d.objid = s.oid AND d.classid = 'pg_class'::regclass
    AND d.refclassid = 'pg_class'::regclass AND d.deptype IN ('a', 'i')
JOIN pg_catalog.pg_class c ON d.refobjid = c.oid
JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid AND a.attnum = d.refobjsubid
WHERE s.relkind = 'S' AND c.relname = %s AND pg_catalog.pg_table_is_visible(c.oid)
"""
_RELATIONS = """
SELECT a1.attname, c2.relname, a2.attname, con.confdeltype
FROM pg_catalog.pg_constraint con
JOIN pg_catalog.pg_class c1 ON con.conrelid = c1.oid
JOIN pg_catalog.pg_class c2 ON con.confrelid = c2.oid
JOIN pg_catalog.pg_attribute a1 ON c1.oid = a1.attrelid AND a1.attnum = con.conkey[1]
JOIN pg_catalog.pg_attribute a2 ON c2.oid = a2.attrelid AND a2.attnum = con.confkey[1]
WHERE c1.relname = %s AND con.contype = 'f' AND pg_catalog.pg_table_is_visible(c1.oid)
"""
_CONSTRAINTS = """
SELECT con.conname,
    ARRAY(
        SELECT a.attname FROM unnest(con.conkey) WITH ORDINALITY AS k(num, place)
        JOIN pg_catalog.pg_attribute a ON a.attnum = k.num AND a.attrelid = con.conrelid ORDER BY k.place
    ),
    con.contype,
    (
        SELECT ARRAY[f.relname, fa.attname] FROM pg_catalog.pg_class f
        JOIN pg_catalog.pg_attribute fa ON fa.attrelid = f.oid AND fa.attnum = con.confkey[1]
        WHERE f.oid = con.confrelid
    ),
    c.reloptions
FROM pg_catalog.pg_constraint con
JOIN pg_catalog.pg_class c ON con.conrelid = c.oid
WHERE c.relname = %s AND pg_catalog.pg_table_is_visible(c.oid) AND con.contype IN ('p', 'u', 'f', 'c', 'x')
"""
_INDEXES = """
SELECT i.relname,
    ARRAY(
        SELECT a.attname FROM unnest(x.indkey::int[]) WITH ORDINALITY AS k(num, place)
        LEFT JOIN pg_catalog.pg_attribute a ON a.attrelid = x.indrelid AND a.attnum = k.num
        ORDER BY k.place
    ),
    x.indisunique, x.indisprimary,
    ARRAY(
        SELECT CASE WHEN o.bits & 1 = 1 THEN 'DESC' ELSE 'ASC' END
        FROM unnest(x.indoption::int[]) WITH ORDINALITY AS o(bits, place) ORDER BY o.place
    ),
    am.amname, pg_get_indexdef(x.indexrelid), i.reloptions
FROM pg_catalog.pg_index x
JOIN pg_catalog.pg_class c ON c.oid = x.indrelid
JOIN pg_catalog.pg_class i ON i.oid = x.indexrelid
JOIN pg_catalog.pg_am am ON am.oid = i.relam
WHERE c.relname = %s AND pg_catalog.pg_table_is_visible(c.oid)
"""


class DatabaseIntrospection(BaseDatabaseIntrospection):
    """Reads the system catalogues."""

    # By the types' numbers, as the driver gives them in a cursor's description.
    data_types_reverse = {
        16: "BooleanField",
        17: "BinaryField",
        20: "BigIntegerField",
        21: "SmallIntegerField",
        23: "IntegerField",
        25: "TextField",
        700: "FloatField",
        701: "FloatField",
        869: "GenericIPAddressField",
        1042: "CharField",
        1043: "CharField",
        1082: "DateField",
        1083: "TimeField",
        1114: "DateTimeField",
        1184: "DateTimeField",
        1186: "DurationField",
        1266: "TimeField",
        1700: "DecimalField",
        2950: "UUIDField",
        3802: "JSONField",
    }
    ignored_tables: list[str] = []
    _on_delete = {"c": "CASCADE", "n": "SET NULL", "d": "SET DEFAULT"}
    index_default_access_method = "btree"

    def get_field_type(self, data_type: Any, description: Any) -> Any:
        field_type = super().get_field_type(data_type, description)
        if description.is_autofield or (
            # A serial column.
            description.default and "nextval" in description.default
        ):
            return {
                "IntegerField": "AutoField",
                "BigIntegerField": "BigAutoField",
                "SmallIntegerField": "SmallAutoField",
            }.get(field_type, field_type)
        return field_type

    def get_table_list(self, cursor: Any) -> list[Any]:
        cursor.execute(_TABLES)
        return [TableInfo(*row) for row in cursor.fetchall() if row[0] not in self.ignored_tables]

    def get_table_description(self, cursor: Any, table_name: str) -> list[Any]:
        cursor.execute(_COLUMNS, [table_name])
        found = {row[0]: row[1:] for row in cursor.fetchall()}
        cursor.execute(f"SELECT * FROM {self.connection.ops.quote_name(table_name)} LIMIT 1")
        described = []
        for column in cursor.description:
            null_ok, default, collation, is_autofield, comment, generated = found[column.name]
            described.append(
                FieldInfo(  # type: ignore[call-arg]
                    column.name,
                    column.type_code,
                    # Without a limit there is no display size.
                    column.display_size,
                    column.internal_size,
                    column.precision,
                    column.scale,
                    null_ok,
                    None if generated else default,
                    collation,
                    bool(is_autofield),
                    comment,
                )
            )
        return described

    def get_sequences(self, cursor: Any, table_name: str, table_fields: Any = ()) -> list[dict[str, Any]]:
        cursor.execute(_SEQUENCES, [table_name])
        return [{"name": name, "table": table_name, "column": column} for name, column in cursor.fetchall()]

    def get_relations(self, cursor: Any, table_name: str) -> dict[str, Any]:
        cursor.execute(_RELATIONS, [table_name])
        on_delete = self.on_delete_types
        return {
            column: (
                other_column,
                other_table,
                on_delete.get(self._on_delete.get(action, ""), on_delete["NO ACTION"]),
            )
            for column, other_table, other_column, action in cursor.fetchall()
        }

    def get_constraints(self, cursor: Any, table_name: str) -> dict[str, dict[str, Any]]:
        constraints: dict[str, dict[str, Any]] = {}
        cursor.execute(_CONSTRAINTS, [table_name])
        for name, columns, kind, target, options in cursor.fetchall():
            constraints[name] = {
                "columns": columns,
                "primary_key": kind == "p",
                "unique": kind in {"p", "u"},
                "foreign_key": tuple(target) if kind == "f" else None,
                "check": kind == "c",
                "index": False,
                "definition": None,
                "options": options,
            }
        cursor.execute(_INDEXES, [table_name])
        for row in cursor.fetchall():
            name, columns, unique, primary, orders, method, definition, options = row
            if name in constraints:
                continue
            # An index that was made as a B-tree expressly says so by its name, or by having options.
            plain = (
                method == self.index_default_access_method
                and not options
                and not name.endswith(f"_{self.index_default_access_method}")
            )
            constraints[name] = {
                # None stands for an expression; columns that are only included come last.
                "columns": columns,
                "orders": orders if plain else [],
                "primary_key": primary,
                "unique": unique,
                "foreign_key": None,
                "check": False,
                "index": True,
                "type": "idx" if plain else method,
                "definition": definition,
                "options": options,
            }
        return constraints
