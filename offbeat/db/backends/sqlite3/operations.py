"""The SQLite dialect."""

from __future__ import annotations

import datetime
import decimal
import json
from collections.abc import Callable, Sequence
from itertools import chain
from typing import Any

from offbeat.conf import settings
from offbeat.core.exceptions import FieldError
from offbeat.db.backends.base.dialects import PlainColumns, StandardNames
from offbeat.db.backends.base.operations import BaseDatabaseOperations
from offbeat.db.backends.sqlite3.placeholders import from_driver_sql, to_driver_sql
from offbeat.db.utils import DatabaseError, NotSupportedError

__all__ = ["DatabaseOperations"]

Sql = tuple[str, Any]


class DatabaseOperations(StandardNames, PlainColumns, BaseDatabaseOperations):
    """SQL for SQLite 3.37 and later."""

    dialect_name = "SQLite"
    cast_char_field_without_max_length = "text"
    cast_data_types = {"DateField": "TEXT", "DateTimeField": "TEXT"}
    explain_prefix = "EXPLAIN QUERY PLAN"
    # Literals of JSON that SQLite gives back as text, which must not be taken for text.
    jsonfield_datatype_values = frozenset({"null", "false", "true"})

    to_driver_sql = staticmethod(to_driver_sql)
    from_driver_sql = staticmethod(from_driver_sql)

    def check_expression_support(self, expression: Any) -> None:
        import offbeat.db.models as models_module
        from offbeat.db.models.aggregates import Aggregate

        models: Any = models_module
        if isinstance(expression, (models.Sum, models.Avg, models.Variance, models.StdDev)):
            for source in expression.get_source_expressions():
                try:
                    field = source.output_field
                except (AttributeError, FieldError):  # not every source has a type
                    continue
                if isinstance(field, (models.DateField, models.DateTimeField, models.TimeField)):
                    raise NotSupportedError(
                        f"SQLite does not support {type(expression).__name__} on date or time fields, because they "
                        "are stored as text."
                    )
        if isinstance(expression, Aggregate) and getattr(expression, "distinct", False):
            sources = [source for source in expression.source_expressions if source is not None]
            if len(sources) > 1 and not getattr(expression, "allow_distinct_delimiter", False):
                raise NotSupportedError(
                    "SQLite doesn't support DISTINCT on aggregate functions accepting multiple arguments."
                )

    def no_limit_value(self) -> int:
        return -1

    def pk_default_value(self) -> str:
        return "NULL"

    def max_in_list_size(self) -> int | None:
        return None

    def long_list_sql(self, values: Any) -> tuple[str, list[Any]] | None:
        if len(values) <= int(self.connection.features.max_query_params) // 2:
            return None
        # JSON keeps integers and text as they are; other types might come back as something that compares differently.
        if {type(value) for value in values} not in ({int}, {str}):
            return None
        return "(SELECT value FROM JSON_EACH(%s))", [json.dumps(list(values))]

    def _convert_tznames_to_sql(self, tzname: str | None) -> tuple[str | None, str | None]:
        if tzname and settings.USE_TZ:
            return tzname, self.connection.timezone_name
        return None, None

    def date_extract_sql(self, lookup_type: str, sql: str, params: Any) -> Sql:
        return f"django_date_extract(%s, {sql})", (lookup_type.lower(), *params)

    def date_trunc_sql(self, lookup_type: str, sql: str, params: Any, tzname: str | None = None) -> Sql:
        zones = self._convert_tznames_to_sql(tzname)
        return f"django_date_trunc(%s, {sql}, %s, %s)", (lookup_type.lower(), *params, *zones)

    def time_trunc_sql(self, lookup_type: str, sql: str, params: Any, tzname: str | None = None) -> Sql:
        zones = self._convert_tznames_to_sql(tzname)
        return f"django_time_trunc(%s, {sql}, %s, %s)", (lookup_type.lower(), *params, *zones)

    def datetime_cast_date_sql(self, sql: str, params: Any, tzname: str | None) -> Sql:
        return f"django_datetime_cast_date({sql}, %s, %s)", (*params, *self._convert_tznames_to_sql(tzname))

    def datetime_cast_time_sql(self, sql: str, params: Any, tzname: str | None) -> Sql:
        return f"django_datetime_cast_time({sql}, %s, %s)", (*params, *self._convert_tznames_to_sql(tzname))

    def datetime_extract_sql(self, lookup_type: str, sql: str, params: Any, tzname: str | None) -> Sql:
        zones = self._convert_tznames_to_sql(tzname)
        return f"django_datetime_extract(%s, {sql}, %s, %s)", (lookup_type.lower(), *params, *zones)

    def datetime_trunc_sql(self, lookup_type: str, sql: str, params: Any, tzname: str | None) -> Sql:
        zones = self._convert_tznames_to_sql(tzname)
        return f"django_datetime_trunc(%s, {sql}, %s, %s)", (lookup_type.lower(), *params, *zones)

    def time_extract_sql(self, lookup_type: str, sql: str, params: Any) -> Sql:
        return f"django_time_extract(%s, {sql})", (lookup_type.lower(), *params)

    def format_for_duration_arithmetic(self, sql: str) -> str:
        return sql

    def combine_expression(self, connector: str, sub_expressions: Sequence[str]) -> str:
        # SQLite has no operator for these two.
        if connector == "^":
            return f"POWER({','.join(sub_expressions)})"
        if connector == "#":
            return f"BITXOR({','.join(sub_expressions)})"
        return super().combine_expression(connector, sub_expressions)

    def combine_duration_expression(self, connector: str, sub_expressions: Sequence[str]) -> str:
        if connector not in {"+", "-", "*", "/"}:
            raise DatabaseError(f"Invalid connector for timedelta: {connector}.")
        arguments = ", ".join([f"'{connector}'", *sub_expressions])
        return f"django_format_dtdelta({arguments})"

    def subtract_temporals(self, internal_type: str, lhs: Sql, rhs: Sql) -> Sql:
        params = (*lhs[1], *rhs[1])
        function = "django_time_diff" if internal_type == "TimeField" else "django_timestamp_diff"
        return f"{function}({lhs[0]}, {rhs[0]})", params

    def last_executed_query(self, cursor: Any, sql: str, params: Any) -> str:
        if not params:
            return sql
        if isinstance(params, dict):
            values = self._literals(list(params.values()))
            return sql % dict(zip(params, values, strict=True))
        return sql % tuple(self._literals(list(params)))

    def _literals(self, values: list[Any]) -> list[str]:
        return [_literal(value) for value in values]

    def bulk_batch_size(self, fields: Sequence[Any], objs: Sequence[Any]) -> int:
        if not fields:
            return len(objs)
        width = sum(_columns_of(field) for field in fields)
        return max(int(self.connection.features.max_query_params) // width, 1)

    def __references_graph(self, table_name: str) -> list[str]:
        """Tables that refer to a table, by any number of steps, with the table itself."""
        with self.connection.cursor() as cursor:
            cursor.execute(
                'WITH tables AS (SELECT DISTINCT m.name AS name, p."table" AS target FROM sqlite_master AS m, '
                "pragma_foreign_key_list(m.name) AS p WHERE m.type = 'table'), reach(name) AS (VALUES (%s) UNION "
                "SELECT tables.name FROM tables JOIN reach ON lower(tables.target) = lower(reach.name)) "
                "SELECT name FROM reach",
                [table_name],
            )
            return [row[0] for row in cursor.fetchall()]

    def sql_flush(
        self,
        style: Any,
        tables: Sequence[str],
        *,
        reset_sequences: bool = False,
        allow_cascade: bool = False,
    ) -> list[str]:
        if tables and allow_cascade:
            # Deleting does not follow the references by itself.
            tables = sorted(set(chain.from_iterable(self.__references_graph(table) for table in tables)))
        statements = [
            f"{style.SQL_KEYWORD('DELETE')} {style.SQL_KEYWORD('FROM')} "
            f"{style.SQL_FIELD(self.quote_name(table))};"
            for table in tables
        ]
        if reset_sequences:
            statements += self.sequence_reset_by_name_sql(style, [{"table": table} for table in tables])
        return statements

    def sequence_reset_by_name_sql(self, style: Any, sequences: Sequence[dict[str, Any]]) -> list[str]:
        if not sequences:
            return []
        names = ", ".join([f"'{sequence['table']}'" for sequence in sequences])
        statement = (
            f"{style.SQL_KEYWORD('UPDATE')} {style.SQL_TABLE(self.quote_name('sqlite_sequence'))} "
            f"{style.SQL_KEYWORD('SET')} {style.SQL_FIELD(self.quote_name('seq'))} = 0 "
            f"{style.SQL_KEYWORD('WHERE')} {style.SQL_FIELD(self.quote_name('name'))} "
            f"{style.SQL_KEYWORD('IN')} ({names});"
        )
        return [statement]

    def get_db_converters(self, expression: Any) -> list[Callable[[Any, Any, Any], Any]]:
        converters = super().get_db_converters(expression)
        internal_type = expression.output_field.get_internal_type()
        if internal_type == "DateTimeField":
            converters.append(self.convert_datetimefield_value)
        elif internal_type == "DateField":
            converters.append(self.convert_datefield_value)
        elif internal_type == "TimeField":
            converters.append(self.convert_timefield_value)
        elif internal_type == "DecimalField":
            converters.append(self.get_decimalfield_converter(expression))
        elif internal_type == "UUIDField":
            converters.append(self.convert_uuidfield_value)
        elif internal_type == "BooleanField":
            converters.append(self.convert_booleanfield_value)
        return converters

    def inline_converter(self, converter: Any) -> tuple[str, dict[str, Any]] | None:
        """The converter as an expression for generated code; None if it has none."""
        from offbeat.db.backends.sqlite3.inline import inline_converter

        return inline_converter(self, converter)

    def inline_adapter(self, internal_type: str) -> tuple[str, str, dict[str, Any]] | None:
        """What adapts the usual values of a stock field, as expressions for generated code; None if it has none."""
        from offbeat.db.backends.sqlite3.inline import inline_adapter

        return inline_adapter(self, internal_type)

    def convert_datetimefield_value(self, value: Any, expression: Any, connection: Any) -> Any:
        if value is None:
            return None
        if not isinstance(value, datetime.datetime):
            try:
                value = datetime.datetime.fromisoformat(value)
            except (TypeError, ValueError):
                from offbeat.utils.dateparse import parse_datetime

                value = parse_datetime(value)
        if settings.USE_TZ and value is not None and value.tzinfo is None:
            value = value.replace(tzinfo=self.connection.timezone)
        return value

    def convert_datefield_value(self, value: Any, expression: Any, connection: Any) -> Any:
        if value is not None and not isinstance(value, datetime.date):
            try:
                return datetime.date.fromisoformat(value)
            except ValueError:
                from offbeat.utils.dateparse import parse_date

                return parse_date(value)
        return value

    def convert_timefield_value(self, value: Any, expression: Any, connection: Any) -> Any:
        if value is not None and not isinstance(value, datetime.time):
            try:
                return datetime.time.fromisoformat(value)
            except ValueError:
                from offbeat.utils.dateparse import parse_time

                return parse_time(value)
        return value

    def get_decimalfield_converter(self, expression: Any) -> Callable[[Any, Any, Any], Any]:
        """SQLite computes decimals as floats with 15 significant digits."""
        from_float = decimal.Context(prec=15).create_decimal_from_float

        def create(value: Any) -> decimal.Decimal:
            # Integers are stored exactly.
            return decimal.Decimal(value) if type(value) is int else from_float(value)

        places = getattr(expression.output_field, "decimal_places", None)
        from offbeat.db.models.expressions import Col

        if isinstance(expression, Col) and places is not None:
            quantum = decimal.Decimal(1).scaleb(-places)
            context = expression.output_field.context

            def quantized(value: Any, expression: Any, connection: Any) -> Any:
                return None if value is None else create(value).quantize(quantum, context=context)

            return quantized

        def converter(value: Any, expression: Any, connection: Any) -> Any:
            return None if value is None else create(value)

        return converter

    def insert_statement(self, on_conflict: Any = None) -> str:
        if on_conflict is not None and on_conflict.name == "IGNORE":
            return "INSERT OR IGNORE INTO"
        return super().insert_statement(on_conflict=on_conflict)

    def conditional_expression_supported_in_where_clause(self, expression: Any) -> bool:
        return bool(getattr(expression, "conditional", False))

    def integer_field_range(self, internal_type: str) -> tuple[int | None, int | None]:
        # Integers are stored in as many bytes as they need, up to eight, whatever the column says.
        if internal_type in {"PositiveBigIntegerField", "PositiveIntegerField", "PositiveSmallIntegerField"}:
            return 0, 9223372036854775807
        return -9223372036854775808, 9223372036854775807

    def format_json_path_numeric_index(self, num: int) -> str:
        return f"[#{num}]" if num < 0 else super().format_json_path_numeric_index(num)


def _columns_of(field: Any) -> int:
    """How many columns a field (a composite primary key has several) or a name stands for."""
    parts = getattr(field, "fields", None)
    return len(parts) if isinstance(parts, (list, tuple)) and parts else 1


def _literal(value: Any) -> str:
    """A parameter as SQLite's QUOTE() would print it."""
    if value is None:
        return "NULL"
    if isinstance(value, bool):
        return str(int(value))
    if isinstance(value, (int, float)):
        return repr(value)
    if isinstance(value, (bytes, bytearray, memoryview)):
        return f"X'{bytes(value).hex().upper()}'"
    return "'" + str(value).replace("'", "''") + "'"
