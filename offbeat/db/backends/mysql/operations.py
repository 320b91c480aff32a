"""The dialect of MySQL and MariaDB."""

from __future__ import annotations

import datetime
import decimal
import re
import uuid
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from offbeat.db.backends.mysql.temporal import TemporalSQL
from offbeat.db.backends.mysql.values import plain

__all__ = ["DatabaseOperations"]

# LIMIT needs a number where only OFFSET is wanted.
NO_LIMIT = 18446744073709551615
_INTERVAL = re.compile(r"INTERVAL (.*) MICROSECOND", re.DOTALL)


class DatabaseOperations(TemporalSQL):
    """SQL for MySQL 8.4 and MariaDB 10.11, and later."""

    compiler_module = "offbeat.db.backends.mysql.compiler"
    integer_field_ranges = {
        **TemporalSQL.integer_field_ranges,
        "PositiveSmallIntegerField": (0, 65535),
        "PositiveIntegerField": (0, 4294967295),
        "PositiveBigIntegerField": (0, 18446744073709551615),
    }
    cast_data_types = {
        "AutoField": "signed integer",
        "BigAutoField": "signed integer",
        "BigIntegerField": "signed integer",
        "BinaryField": "binary",
        "BooleanField": "unsigned integer",
        "CharField": "char(%(max_length)s)",
        "DecimalField": "decimal(%(max_digits)s, %(decimal_places)s)",
        "DurationField": "signed integer",
        "IntegerField": "signed integer",
        "PositiveBigIntegerField": "unsigned integer",
        "PositiveIntegerField": "unsigned integer",
        "PositiveSmallIntegerField": "unsigned integer",
        "SmallAutoField": "signed integer",
        "SmallIntegerField": "signed integer",
        "TextField": "char",
    }
    cast_char_field_without_max_length = "char"
    explain_prefix = "EXPLAIN"
    # Columns that cannot be indexed, or only their first part, and cannot have a literal default.
    types_without_index = frozenset(
        {
            "tinyblob",
            "blob",
            "mediumblob",
            "longblob",
            "tinytext",
            "text",
            "mediumtext",
            "longtext",
            "json",
        }
    )

    def quote_name(self, name: str) -> str:
        if name.startswith("`") and name.endswith("`"):
            return name
        return f"`{name}`"

    def max_name_length(self) -> int:
        return 64

    def no_limit_value(self) -> int:
        return NO_LIMIT

    def pk_default_value(self) -> str:
        return "NULL"

    def force_no_ordering(self) -> list[Any]:
        # Servers that sort what they group need not do so.
        return [(None, ("NULL", [], False))]

    def regex_lookup(self, lookup_type: str) -> str:
        if self.connection.mysql_is_mariadb:
            return "%s REGEXP BINARY %s" if lookup_type == "regex" else "%s REGEXP %s"
        return f"REGEXP_LIKE(%s, %s, '{'c' if lookup_type == 'regex' else 'i'}')"

    def lookup_cast(self, lookup_type: str, internal_type: str | None = None) -> str:
        if internal_type == "JSONField" and (
            self.connection.mysql_is_mariadb
            or lookup_type
            in {
                "iexact",
                "contains",
                "icontains",
                "startswith",
                "istartswith",
                "endswith",
                "iendswith",
                "regex",
                "iregex",
            }
        ):
            return "JSON_UNQUOTE(%s)"
        return "%s"

    # Arithmetic.

    def format_for_duration_arithmetic(self, sql: str) -> str:
        return f"INTERVAL {sql} MICROSECOND"

    def combine_expression(self, connector: str, sub_expressions: Sequence[str]) -> str:
        if connector == "^":
            return f"POW({', '.join(sub_expressions)})"
        # Bits are those of an unsigned number, which the result of negative operands does not fit.
        if connector in {"&", "|", "<<", "#"}:
            joined = f" {'^' if connector == '#' else connector} ".join(sub_expressions)
            return f"CONVERT({joined}, SIGNED)"
        if connector == ">>":
            lhs, rhs = sub_expressions
            return f"FLOOR({lhs} / POW(2, {rhs}))"
        return super().combine_expression(connector, sub_expressions)

    def combine_duration_expression(self, connector: str, sub_expressions: Sequence[str]) -> str:
        if connector in {"*", "/"}:
            lengths = [_INTERVAL.sub(r"\1", sql) for sql in sub_expressions]
            return f"CAST({super().combine_duration_expression(connector, lengths)} AS SIGNED)"
        return super().combine_duration_expression(connector, sub_expressions)

    # Writing.

    def insert_statement(self, on_conflict: Any = None) -> str:
        if on_conflict is not None and on_conflict.name == "IGNORE":
            return "INSERT IGNORE INTO"
        return super().insert_statement(on_conflict=on_conflict)

    def on_conflict_suffix_sql(
        self,
        fields: Sequence[Any],
        on_conflict: Any,
        update_fields: Iterable[str],
        unique_fields: Iterable[str],
    ) -> str:
        if on_conflict is None or on_conflict.name != "UPDATE":
            return super().on_conflict_suffix_sql(fields, on_conflict, update_fields, unique_fields)
        if self.connection.mysql_is_mariadb:
            # It lacks a name for the new row, and calls MySQL's VALUES() by another name.
            changes, naming = "{0} = VALUE({0})", ""
        else:
            changes, naming = "{0} = new.{0}", "AS new "
        changed = ", ".join([changes.format(self.quote_name(name)) for name in update_fields])
        return f"{naming}ON DUPLICATE KEY UPDATE {changed}"

    def validate_autopk_value(self, value: Any) -> Any:
        if value == 0 and not self.connection.features.allows_auto_pk_0:
            raise ValueError("The database backend does not accept 0 as a value for AutoField.")
        return value

    def sql_flush(
        self,
        style: Any,
        tables: Sequence[str],
        *,
        reset_sequences: bool = False,
        allow_cascade: bool = False,
    ) -> list[str]:
        if not tables:
            return []
        # Without the checks the order of the tables does not matter.
        statements = ["SET FOREIGN_KEY_CHECKS = 0;"]
        words = style.SQL_KEYWORD("TRUNCATE" if reset_sequences else "DELETE FROM")
        statements += [f"{words} {style.SQL_FIELD(self.quote_name(table))};" for table in tables]
        statements.append("SET FOREIGN_KEY_CHECKS = 1;")
        return statements

    def sequence_reset_by_name_sql(self, style: Any, sequences: Sequence[dict[str, Any]]) -> list[str]:
        return [
            f"{style.SQL_KEYWORD('ALTER')} {style.SQL_KEYWORD('TABLE')} "
            f"{style.SQL_TABLE(self.quote_name(sequence['table']))} AUTO_INCREMENT = 1;"
            for sequence in sequences
        ]

    # Looking.

    def explain_query_prefix(self, format: str | None = None, **options: Any) -> str:
        analyze = options.pop("analyze", False)
        super().explain_query_prefix(format, **options)
        mariadb = self.connection.mysql_is_mariadb
        wanted = (format or "").upper()
        if wanted == "TEXT":
            wanted = "TRADITIONAL"
        if analyze:
            if not mariadb:
                # It tells what a query did as a tree, whatever is asked for.
                return "EXPLAIN ANALYZE"
            prefix = "ANALYZE"
        else:
            prefix = "EXPLAIN"
            if not mariadb:
                wanted = wanted or "TREE"
        return f"{prefix} FORMAT={wanted}" if wanted else prefix

    def last_executed_query(self, cursor: Any, sql: str, params: Any) -> str:
        # Execute wrappers may have changed it on the way.
        sql, params = getattr(cursor, "query", None) or (sql, params)
        if params is None:
            return sql
        if isinstance(params, dict):
            return sql % {name: self.literal(value) for name, value in params.items()}
        return sql % tuple([self.literal(value) for value in params])

    def literal(self, value: Any) -> str:
        """A value as SQL: for people to read, and for definitions, which take no parameters."""
        value = plain(value)
        if value is None:
            return "NULL"
        if isinstance(value, bool):
            return str(int(value))
        if isinstance(value, (int, float, decimal.Decimal)):
            return str(value)
        if isinstance(value, bytes):
            return f"x'{value.hex()}'"
        if isinstance(value, datetime.datetime):
            return f"'{value.isoformat(' ')}'"
        if isinstance(value, tuple):
            return f"({', '.join(map(self.literal, value))})"
        text = str(value)
        if "NO_BACKSLASH_ESCAPES" not in self.connection.sql_mode:
            text = text.replace("\\", "\\\\")
        return "'" + text.replace("'", "''") + "'"

    # Reading.

    def get_db_converters(self, expression: Any) -> list[Callable[[Any, Any, Any], Any]]:
        converters = super().get_db_converters(expression)
        internal_type = expression.output_field.get_internal_type()
        if internal_type == "BooleanField":
            converters.append(self.convert_booleanfield_value)
        elif internal_type == "DateTimeField":
            converters.append(self.convert_datetimefield_value)
        elif internal_type == "UUIDField":
            converters.append(self.convert_uuidfield_value)
        return converters

    def inline_converter(self, converter: Any) -> tuple[str, dict[str, Any]] | None:
        """The converter as an expression for generated code; None if it has none."""
        function = getattr(converter, "__func__", None)
        if getattr(converter, "__self__", None) is not self or function is None:
            return None
        if function is DatabaseOperations.convert_booleanfield_value:
            return "True if {value} == 1 else False if {value} == 0 else {value}", {}
        if function is DatabaseOperations.convert_uuidfield_value:
            return "None if {value} is None else {UUID}({value})", {"UUID": uuid.UUID}
        if function is DatabaseOperations.convert_datetimefield_value:
            zone = self.connection.timezone
            if zone is None:
                return "{value}", {}
            if zone is datetime.UTC:
                return "None if {value} is None else {value}.replace(tzinfo={UTC})", {"UTC": zone}
        return None
