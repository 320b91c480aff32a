"""The PostgreSQL dialect."""

from __future__ import annotations

import datetime
import re
from collections.abc import Callable, Iterable, Sequence
from functools import lru_cache, partial
from typing import Any

import psycopg
from psycopg import sql as pgsql
from psycopg.types.json import Jsonb

from offbeat.conf import settings
from offbeat.db.backends.base.dialects import StandardNames
from offbeat.db.backends.base.operations import BaseDatabaseOperations
from offbeat.db.backends.postgresql.adapting import Adaptation
from offbeat.db.backends.postgresql.columns import Columns, columns_of
from offbeat.db.backends.utils import split_tzname_delta

__all__ = ["DatabaseOperations"]

Sql = tuple[str, Any]

_TEXT_LOOKUPS = frozenset(
    {
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
)
_FOLDED_LOOKUPS = frozenset({"iexact", "icontains", "istartswith", "iendswith"})
_ADDRESSES = frozenset({"IPAddressField", "GenericIPAddressField"})
_PART = re.compile(r"[A-Z_]+")


class DatabaseOperations(StandardNames, BaseDatabaseOperations):
    """SQL for PostgreSQL 15 and later."""

    cast_char_field_without_max_length = "varchar"
    explain_prefix = "EXPLAIN"
    explain_options = frozenset(
        {
            "ANALYZE",
            "BUFFERS",
            "COSTS",
            "GENERIC_PLAN",
            "MEMORY",
            "SERIALIZE",
            "SETTINGS",
            "SUMMARY",
            "TIMING",
            "VERBOSE",
            "WAL",
        }
    )
    # Types whose values lose themselves in a CASE with text.
    _unified = {
        "GenericIPAddressField": "inet",
        "IPAddressField": "inet",
        "TimeField": "time",
        "UUIDField": "uuid",
    }

    def unification_cast_sql(self, output_field: Any) -> str:
        db_type = self._unified.get(output_field.get_internal_type())
        return f"CAST(%s AS {db_type})" if db_type else "%s"

    # Dates and times.

    def _part(self, lookup_type: str) -> str:
        part = lookup_type.upper()
        if not _PART.fullmatch(part):
            raise ValueError(f"Invalid lookup type: {lookup_type!r}")
        return part

    def date_extract_sql(self, lookup_type: str, sql: str, params: Any) -> Sql:
        if lookup_type == "week_day":
            # From 1 for Sunday to 7 for Saturday.
            return f"EXTRACT(DOW FROM {sql}) + 1", params
        part = {"iso_week_day": "ISODOW", "iso_year": "ISOYEAR"}.get(lookup_type) or self._part(lookup_type)
        return f"EXTRACT({part} FROM {sql})", params

    def _in_zone(self, sql: str, params: Any, tzname: str | None) -> Sql:
        if not tzname or not settings.USE_TZ:
            return sql, params
        name, sign, offset = split_tzname_delta(tzname)
        if offset:
            # The sign of POSIX time zones says which way Greenwich is.
            tzname = f"{name}{'-' if sign == '+' else '+'}{offset}"
        return f"{sql} AT TIME ZONE %s", (*params, tzname)

    def date_trunc_sql(self, lookup_type: str, sql: str, params: Any, tzname: str | None = None) -> Sql:
        sql, params = self._in_zone(sql, params, tzname)
        return f"DATE_TRUNC(%s, {sql})", (lookup_type, *params)

    def datetime_trunc_sql(self, lookup_type: str, sql: str, params: Any, tzname: str | None) -> Sql:
        return self.date_trunc_sql(lookup_type, sql, params, tzname)

    def time_trunc_sql(self, lookup_type: str, sql: str, params: Any, tzname: str | None = None) -> Sql:
        sql, params = self._in_zone(sql, params, tzname)
        return f"DATE_TRUNC(%s, {sql})::time", (lookup_type, *params)

    def datetime_cast_date_sql(self, sql: str, params: Any, tzname: str | None) -> Sql:
        sql, params = self._in_zone(sql, params, tzname)
        return f"({sql})::date", params

    def datetime_cast_time_sql(self, sql: str, params: Any, tzname: str | None) -> Sql:
        sql, params = self._in_zone(sql, params, tzname)
        return f"({sql})::time", params

    def datetime_extract_sql(self, lookup_type: str, sql: str, params: Any, tzname: str | None) -> Sql:
        sql, params = self._in_zone(sql, params, tzname)
        if lookup_type == "second":
            # Seconds without their fraction.
            return f"EXTRACT(SECOND FROM DATE_TRUNC(%s, {sql}))", ("second", *params)
        return self.date_extract_sql(lookup_type, sql, params)

    def time_extract_sql(self, lookup_type: str, sql: str, params: Any) -> Sql:
        if lookup_type == "second":
            return f"EXTRACT(SECOND FROM DATE_TRUNC(%s, {sql}))", ("second", *params)
        return self.date_extract_sql(lookup_type, sql, params)

    def subtract_temporals(self, internal_type: str, lhs: Sql, rhs: Sql) -> Sql:
        params = (*lhs[1], *rhs[1])
        if internal_type == "DateField":
            return f"(interval '1 day' * ({lhs[0]} - {rhs[0]}))", params
        return f"({lhs[0]} - {rhs[0]})", params

    def format_for_duration_arithmetic(self, sql: str) -> str:
        return sql

    def set_time_zone_sql(self) -> str:
        return "SELECT set_config('TimeZone', %s, false)"

    def start_transaction_sql(self) -> str:
        level = self.connection.isolation_level
        return "BEGIN;" if level is None else f"BEGIN ISOLATION LEVEL {level.name.replace('_', ' ')};"

    # Clauses.

    def deferrable_sql(self) -> str:
        return " DEFERRABLE INITIALLY DEFERRED"

    def distinct_sql(self, fields: Sequence[str], params: Sequence[Any]) -> tuple[list[str], list[Any]]:
        if not fields:
            return ["DISTINCT"], []
        return [f"DISTINCT ON ({', '.join(fields)})"], list(params)

    def lookup_cast(self, lookup_type: str, internal_type: str | None = None) -> str:
        if lookup_type not in _TEXT_LOOKUPS:
            return "%s"
        template = "HOST(%s)" if internal_type in _ADDRESSES else "%s::text"
        return f"UPPER({template})" if lookup_type in _FOLDED_LOOKUPS else template

    def long_list_sql(self, values: Any) -> tuple[str, list[Any]] | None:
        if {type(value) for value in values} != {int}:
            return None
        if min(values) < -(2**63) or max(values) >= 2**63:
            return None
        # One parameter is made, sent and read in a fraction of the time of as many as there are values.
        return "(SELECT UNNEST(%s::bigint[]))", [list(values)]

    def no_limit_value(self) -> None:
        return None

    def prep_for_iexact_query(self, x: Any) -> str:
        # An equality, without wildcards.
        return x  # type: ignore[no-any-return]

    def max_name_length(self) -> int:
        return 63

    def on_conflict_suffix_sql(
        self,
        fields: Sequence[Any],
        on_conflict: Any,
        update_fields: Iterable[str],
        unique_fields: Iterable[str],
    ) -> str:
        if on_conflict is not None and on_conflict.name == "IGNORE":
            return "ON CONFLICT DO NOTHING"
        return super().on_conflict_suffix_sql(fields, on_conflict, update_fields, unique_fields)

    def tablespace_sql(self, tablespace: str, inline: bool = False) -> str:
        quoted = self.quote_name(tablespace)
        return f"USING INDEX TABLESPACE {quoted}" if inline else f"TABLESPACE {quoted}"

    def prepare_sql_script(self, sql: str) -> list[str]:
        # The server takes a script as it is.
        return [sql]

    def explain_query_prefix(self, format: str | None = None, **options: Any) -> str:
        extra: dict[str, str] = {}
        if format:
            extra["FORMAT"] = format.upper()
        for name in list(options):
            if name.upper() in self.explain_options:
                value = options.pop(name)
                # SERIALIZE says in which format.
                extra[name.upper()] = (
                    value if isinstance(value, str) and value.isalpha() else str(bool(value)).lower()
                )
        prefix = super().explain_query_prefix(format, **options)
        if not extra:
            return prefix
        return f"{prefix} ({', '.join(f'{name} {value}' for name, value in extra.items())})"

    def prepare_join_on_clause(
        self, local_table: str, local_column: Any, remote_table: str, remote_column: Any
    ) -> tuple[Any, Any]:
        from offbeat.db.models.expressions import Col
        from offbeat.db.models.functions import Cast

        lhs = Col(local_table, local_column)
        rhs: Any = Col(remote_table, remote_column)
        if local_column.db_type(self.connection) != remote_column.db_type(self.connection):
            # Keys of generic relations are text, say, where the others are numbers.
            rhs = Cast(rhs, local_column)
        return lhs, rhs

    # Flushing and sequences.

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
        # In one statement, as tables that refer to each other can only be truncated together.
        names = ", ".join(style.SQL_FIELD(self.quote_name(table)) for table in tables)
        parts = [style.SQL_KEYWORD("TRUNCATE"), names]
        if reset_sequences:
            parts.append(style.SQL_KEYWORD("RESTART IDENTITY"))
        if allow_cascade:
            parts.append(style.SQL_KEYWORD("CASCADE"))
        return [f"{' '.join(parts)};"]

    def _sequence_of(self, style: Any, table: str, column: str) -> str:
        # A table's name is read as an identifier there, a column's as text.
        table_text = style.SQL_TABLE(self.quote_name(table)).replace("'", "''")
        return f"pg_get_serial_sequence('{table_text}','{style.SQL_FIELD(column)}')"

    def sequence_reset_by_name_sql(self, style: Any, sequences: Sequence[dict[str, Any]]) -> list[str]:
        select = style.SQL_KEYWORD("SELECT")
        return [
            f"{select} setval({self._sequence_of(style, info['table'], info['column'] or 'id')}, 1, false);"
            for info in sequences
        ]

    def sequence_reset_sql(self, style: Any, model_list: Iterable[Any]) -> list[str]:
        from offbeat.db.models import AutoField

        word = style.SQL_KEYWORD
        statements = []
        for model in model_list:
            for field in model._meta.local_fields:
                if not isinstance(field, AutoField):
                    continue
                column = style.SQL_FIELD(self.quote_name(field.column))
                statements.append(
                    f"{word('SELECT')} setval({self._sequence_of(style, model._meta.db_table, field.column)}, "
                    f"coalesce(max({column}), 1), max({column}) {word('IS NOT')} null) "
                    f"{word('FROM')} {style.SQL_TABLE(self.quote_name(model._meta.db_table))};"
                )
                # A model has one automatic field at most.
                break
        return statements

    # Values.

    def insert_columns(self, fields: Sequence[Any]) -> Columns | None:
        return columns_of(fields, self.connection)

    def inline_adapter(self, internal_type: str) -> tuple[str, str, dict[str, Any]] | None:
        """What says that the driver takes a value of a stock field as it is, for generated code."""
        if internal_type == "DateField":
            return "type({value}) is {date}", "{value}", {"date": datetime.date}
        if internal_type != "DateTimeField":
            return None
        names: dict[str, Any] = {"datetime": datetime.datetime}
        if not settings.USE_TZ:
            return "type({value}) is {datetime} and {value}.tzinfo is None", "{value}", names
        return (
            "type({value}) is {datetime} and {value}.tzinfo is {utc}",
            "{value}",
            {**names, "utc": datetime.UTC},
        )

    def adapt_datefield_value(self, value: Any) -> Any:
        return value

    def adapt_datetimefield_value(self, value: Any) -> Any:
        return value

    def adapt_timefield_value(self, value: Any) -> Any:
        return value

    def adapt_decimalfield_value(
        self, value: Any, max_digits: int | None = None, decimal_places: int | None = None
    ) -> Any:
        return value

    def adapt_json_value(self, value: Any, encoder: Any) -> Any:
        return Jsonb(value, dumps=_dumps(encoder))

    def last_executed_query(self, cursor: Any, sql: str, params: Any) -> str:
        session = getattr(cursor, "_session", None)
        link = None if session is None else session.link
        # Wrappers may have changed what was asked for.
        sql, params = cursor.query or (sql, params)
        if link is None or not params:
            return sql
        try:
            return link.mogrify(sql, params)  # type: ignore[no-any-return]
        except (psycopg.Error, TypeError, ValueError):  # the statement has failed for the same reason
            return super().last_executed_query(cursor, sql, params)

    def quote_literal(self, value: Any) -> str:
        """A value as a literal of SQL."""
        context = Adaptation(self.connection.timezone, self.connection.timezone_name)
        return pgsql.quote(value, context)

    def compose_sql(self, sql: str, params: Any) -> str:
        """A statement with its parameters filled in, for the server takes none in definitions."""
        return sql % tuple([self.quote_literal(value) for value in params])


@lru_cache(maxsize=64)
def _dumps(encoder: Any) -> Callable[[Any], str]:
    import json

    return partial(json.dumps, cls=encoder)
