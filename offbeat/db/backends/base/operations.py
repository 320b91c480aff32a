"""The dialect: SQL text and value conversion. Pure, with the exception of a few helpers that take a cursor."""

from __future__ import annotations

import datetime
import decimal
from collections.abc import Callable, Iterable, Sequence
from importlib import import_module
from typing import Any

from offbeat.conf import settings
from offbeat.db.backends.base.temporal_operations import TemporalOperations
from offbeat.db.backends.base.window_operations import WindowOperations
from offbeat.db.utils import NotSupportedError
from offbeat.utils.encoding import force_str

__all__ = ["BaseDatabaseOperations"]

Params = Any


class BaseDatabaseOperations(TemporalOperations, WindowOperations):
    """SQL as the standard has it; databases override what they do differently."""

    compiler_module = "offbeat.db.models.sql.compiler"
    integer_field_ranges: dict[str, tuple[int | None, int | None]] = {
        "SmallIntegerField": (-32768, 32767),
        "IntegerField": (-2147483648, 2147483647),
        "BigIntegerField": (-9223372036854775808, 9223372036854775807),
        "PositiveBigIntegerField": (0, 9223372036854775807),
        "PositiveSmallIntegerField": (0, 32767),
        "PositiveIntegerField": (0, 2147483647),
        "SmallAutoField": (-32768, 32767),
        "AutoField": (-2147483648, 2147483647),
        "BigAutoField": (-9223372036854775808, 9223372036854775807),
    }
    set_operators = {"union": "UNION", "intersection": "INTERSECT", "difference": "EXCEPT"}
    # Types to cast to, where they are not those of columns.
    cast_data_types: dict[str, str] = {}
    cast_char_field_without_max_length: str | None = None
    explain_prefix: str | None = None

    def __init__(self, connection: Any) -> None:
        self.connection = connection
        self._cache: Any = None

    def to_driver_sql(self, sql: str) -> str:
        """Documented `%s` placeholders as the driver wants them."""
        return sql

    def from_driver_sql(self, driver_sql: str) -> str:
        """The inverse of :meth:`to_driver_sql`."""
        return driver_sql

    def compiler(self, compiler_name: str) -> Any:
        """A compiler class of this database by its name."""
        if self._cache is None:
            self._cache = import_module(self.compiler_module)
        return getattr(self._cache, compiler_name)

    def quote_name(self, name: str) -> str:
        """An identifier in quotes (once only)."""
        raise NotImplementedError("subclasses of BaseDatabaseOperations may require a quote_name() method.")

    def autoinc_sql(self, table: str, column: str) -> Sequence[str] | None:
        """Statements that make a column count up, where the column type does not."""
        return None

    def bulk_batch_size(self, fields: Sequence[Any], objs: Sequence[Any]) -> int:
        """How many objects fit into one statement with so many columns each."""
        limit = self.connection.features.max_query_params
        if limit is None or not fields:
            return len(objs)
        width = 0
        for field in fields:
            # A composite field stands for several columns.
            width += len(getattr(field, "fields", ())) or 1 if hasattr(field, "fields") else 1
        return max(int(limit) // width, 1)

    def format_for_duration_arithmetic(self, sql: str) -> str:
        """SQL of a duration, as an operand."""
        raise NotImplementedError(
            "subclasses of BaseDatabaseOperations may require a format_for_duration_arithmetic() method."
        )

    def cache_key_culling_sql(self) -> str:
        """Query for the first cache key that is to be kept."""
        cache_key = self.quote_name("cache_key")
        return f"SELECT {cache_key} FROM %s ORDER BY {cache_key} LIMIT 1 OFFSET %%s"

    def unification_cast_sql(self, output_field: Any) -> str:
        """Format of a value of a union, with the cast it needs."""
        return "%s"

    def deferrable_sql(self) -> str:
        """What makes a constraint deferred."""
        return ""

    def distinct_sql(self, fields: Sequence[str], params: Sequence[Any]) -> tuple[list[str], list[Any]]:
        """DISTINCT, or DISTINCT ON some fields."""
        if fields:
            raise NotSupportedError("DISTINCT ON fields is not supported by this database backend")
        return ["DISTINCT"], []

    def force_group_by(self) -> list[str]:
        """A GROUP BY for queries which need one although they group by nothing."""
        return []

    def force_no_ordering(self) -> list[Any]:
        """An ORDER BY that switches an implied order off."""
        return []

    def for_update_sql(
        self, nowait: bool = False, skip_locked: bool = False, of: Sequence[str] = (), no_key: bool = False
    ) -> str:
        """The lock clause of a SELECT."""
        parts = ["FOR NO KEY UPDATE" if no_key else "FOR UPDATE"]
        if of:
            parts.append(f"OF {', '.join(of)}")
        if nowait:
            parts.append("NOWAIT")
        if skip_locked:
            parts.append("SKIP LOCKED")
        return " ".join(parts)

    def _get_limit_offset_params(self, low_mark: int | None, high_mark: int | None) -> tuple[int | None, int]:
        offset = low_mark or 0
        if high_mark is not None:
            return high_mark - offset, offset
        return (self.no_limit_value() if offset else None), offset

    def limit_offset_sql(self, low_mark: int | None, high_mark: int | None) -> str:
        """The clause for rows from `low_mark` up to, not including, `high_mark`."""
        limit, offset = self._get_limit_offset_params(low_mark, high_mark)
        parts = [f"LIMIT {limit}"] if limit is not None and limit is not False else []
        if offset:
            parts.append(f"OFFSET {offset}")
        return " ".join(parts)

    def no_limit_value(self) -> int | None:
        """What LIMIT wants when there is none."""
        raise NotImplementedError(
            "subclasses of BaseDatabaseOperations may require a no_limit_value() method."
        )

    def fk_on_delete_sql(self, operation: str) -> str:
        """The ON DELETE clause of a foreign key."""
        if operation in {"CASCADE", "SET NULL", "SET DEFAULT"}:
            return f" ON DELETE {operation}"
        if not operation:
            return ""
        raise NotImplementedError(f"ON DELETE {operation} is not supported.")

    def bulk_insert_sql(self, fields: Sequence[Any], placeholder_rows: Iterable[Sequence[str]]) -> str:
        """The VALUES of a statement that inserts several rows."""
        return "VALUES " + ", ".join([f"({', '.join(row)})" for row in placeholder_rows])

    def insert_columns(self, fields: Sequence[Any]) -> Any:
        """How rows of `fields` are sent column by column; None where they are sent row by row."""
        return None

    def fetch_returned_rows(self, cursor: Any, returning_params: Any) -> list[tuple[Any, ...]]:
        """Rows that an INSERT returned."""
        return cursor.fetchall()  # type: ignore[no-any-return]

    def insert_statement(self, on_conflict: Any = None) -> str:
        """The beginning of an INSERT."""
        return "INSERT INTO"

    def on_conflict_suffix_sql(
        self,
        fields: Sequence[Any],
        on_conflict: Any,
        update_fields: Iterable[str],
        unique_fields: Iterable[str],
    ) -> str:
        """What an INSERT does with rows that exist already."""
        return ""

    def returning_columns(self, fields: Sequence[Any]) -> tuple[str, tuple[Any, ...]]:
        """The RETURNING clause for some fields."""
        if not fields:
            return "", ()
        quote = self.quote_name
        columns = [f"{quote(field.model._meta.db_table)}.{quote(field.column)}" for field in fields]
        return f"RETURNING {', '.join(columns)}", ()

    return_insert_columns = returning_columns

    def last_executed_query(self, cursor: Any, sql: str, params: Any) -> str:
        """The query with its parameters filled in, to be read by people only."""
        if isinstance(params, dict):
            filled: Any = {force_str(k): force_str(v, errors="replace") for k, v in params.items()}
        elif params:
            filled = tuple(force_str(value, strings_only=True, errors="replace") for value in params)
        else:
            filled = ()
        return f"QUERY = {sql!r} - PARAMS = {filled!r}"

    def last_insert_id(self, cursor: Any, table_name: str, pk_name: str) -> Any:
        """Key of the row that a cursor has just inserted."""
        return cursor.lastrowid

    def lookup_cast(self, lookup_type: str, internal_type: str | None = None) -> str:
        """Format of a column that is compared, with the cast it needs."""
        return "%s"

    def max_in_list_size(self) -> int | None:
        """How many elements an IN list may have."""
        return None

    def long_list_sql(self, values: Any) -> tuple[str, list[Any]] | None:
        """What stands after IN for a list with more values than a statement may have parameters, or None."""
        return None

    def max_name_length(self) -> int | None:
        """How long an identifier may be."""
        return None

    def pk_default_value(self) -> str:
        """What stands for a primary key the database is to choose."""
        return "DEFAULT"

    def prepare_sql_script(self, sql: str) -> list[str]:
        """Split a script into statements without comments."""
        import sqlparse

        return [
            sqlparse.format(statement, strip_comments=True) for statement in sqlparse.split(sql) if statement
        ]

    def process_clob(self, value: Any) -> Any:
        """The text of a large text column."""
        return value

    def regex_lookup(self, lookup_type: str) -> str:
        """Format of regular expression lookups, where there is no operator."""
        raise NotImplementedError("subclasses of BaseDatabaseOperations may require a regex_lookup() method.")

    def savepoint_create_sql(self, sid: str) -> str:
        return f"SAVEPOINT {self.quote_name(sid)}"

    def savepoint_commit_sql(self, sid: str) -> str:
        return f"RELEASE SAVEPOINT {self.quote_name(sid)}"

    def savepoint_rollback_sql(self, sid: str) -> str:
        return f"ROLLBACK TO SAVEPOINT {self.quote_name(sid)}"

    def sql_flush(
        self,
        style: Any,
        tables: Sequence[str],
        *,
        reset_sequences: bool = False,
        allow_cascade: bool = False,
    ) -> list[str]:
        """Statements that empty tables."""
        raise NotImplementedError("subclasses of BaseDatabaseOperations may require a sql_flush() method.")

    def execute_sql_flush(self, sql_list: Iterable[str]) -> None:
        """Run the statements of :meth:`sql_flush` in one transaction."""
        from offbeat.db import transaction

        with transaction.atomic(
            using=self.connection.alias, savepoint=self.connection.features.can_rollback_ddl
        ):
            with self.connection.cursor() as cursor:
                for sql in sql_list:
                    cursor.execute(sql)

    def sequence_reset_by_name_sql(self, style: Any, sequences: Sequence[dict[str, Any]]) -> list[str]:
        """Statements that set sequences back to their start."""
        return []

    def sequence_reset_sql(self, style: Any, model_list: Iterable[Any]) -> list[str]:
        """Statements that set the sequences of models behind the largest key in use."""
        return []

    def start_transaction_sql(self) -> str:
        return "BEGIN;"

    def end_transaction_sql(self, success: bool = True) -> str:
        return "COMMIT;" if success else "ROLLBACK;"

    def tablespace_sql(self, tablespace: str, inline: bool = False) -> str:
        """What puts a table or (`inline`) an index into a tablespace."""
        return ""

    def prep_for_like_query(self, x: Any) -> str:
        """Text with the wildcards of LIKE escaped."""
        return str(x).replace("\\", "\\\\").replace("%", r"\%").replace("_", r"\_")

    prep_for_iexact_query = prep_for_like_query

    def validate_autopk_value(self, value: Any) -> Any:
        """A key for an automatic primary key; ValueError if the database cannot take it."""
        return value

    def adapt_unknown_value(self, value: Any) -> Any:
        """A value of unknown field for the driver, by the value's type."""
        if isinstance(value, datetime.datetime):
            return self.adapt_datetimefield_value(value)
        if isinstance(value, datetime.date):
            return self.adapt_datefield_value(value)
        if isinstance(value, datetime.time):
            return self.adapt_timefield_value(value)
        if isinstance(value, decimal.Decimal):
            return self.adapt_decimalfield_value(value)
        return value

    def adapt_integerfield_value(self, value: Any, internal_type: str) -> Any:
        return value

    def adapt_decimalfield_value(
        self, value: Any, max_digits: int | None = None, decimal_places: int | None = None
    ) -> Any:
        return value

    def adapt_ipaddressfield_value(self, value: Any) -> Any:
        """An address for the driver; None for the empty text."""
        return value or None

    def adapt_json_value(self, value: Any, encoder: Any) -> Any:
        import json

        return json.dumps(value, cls=encoder)

    def adapt_durationfield_value(self, value: Any) -> Any:
        """Microseconds, where there is no type for durations."""
        if value is None:
            return None
        from offbeat.utils.duration import duration_microseconds

        return duration_microseconds(value)

    def get_db_converters(self, expression: Any) -> list[Callable[[Any, Any, Any], Any]]:
        """Functions `(value, expression, connection)` for values of an expression's type."""
        return []

    def convert_durationfield_value(self, value: Any, expression: Any, connection: Any) -> Any:
        return None if value is None else datetime.timedelta(0, 0, value)

    def check_expression_support(self, expression: Any) -> None:
        """Raise NotSupportedError for an expression that the database cannot do."""

    def conditional_expression_supported_in_where_clause(self, expression: Any) -> bool:
        """Whether a condition may stand in WHERE by itself."""
        return True

    def combine_expression(self, connector: str, sub_expressions: Sequence[str]) -> str:
        """SQL of two operands."""
        return f" {connector} ".join(sub_expressions)

    def combine_duration_expression(self, connector: str, sub_expressions: Sequence[str]) -> str:
        return self.combine_expression(connector, sub_expressions)

    def binary_placeholder_sql(self, value: Any, compiler: Any = None) -> tuple[str, tuple[Any, ...]]:
        """Placeholder and parameters of a binary value."""
        return "%s", (value,)

    def modify_insert_params(self, placeholder: Any, params: Any) -> Any:
        return params

    def integer_field_range(self, internal_type: str) -> tuple[int | None, int | None]:
        """Smallest and largest value of an integer column."""
        return self.integer_field_ranges[internal_type]

    def explain_query_prefix(self, format: str | None = None, **options: Any) -> str:
        """What turns a query into one about its plan."""
        features = self.connection.features
        if not features.supports_explaining_query_execution:
            raise NotSupportedError("This backend does not support explaining query execution.")
        if format:
            supported = features.supported_explain_formats
            if format.upper() not in supported:
                name = self.connection.display_name
                allowed = (
                    f"Allowed formats: {', '.join(sorted(supported))}"
                    if supported
                    else f"{name} does not support any formats."
                )
                raise ValueError(f"{format.upper()} is not a recognized format. {allowed}")
        if options:
            raise ValueError(f"Unknown options: {', '.join(sorted(options))}")
        assert self.explain_prefix is not None
        return self.explain_prefix

    def compile_json_path(self, key_transforms: Iterable[Any], include_root: bool = True) -> str:
        """A JSON path from keys and indexes."""
        import json

        path = ["$"] if include_root else []
        for key in key_transforms:
            try:
                number = int(key)
            except ValueError:
                path.append(f".{json.dumps(key)}")
            else:
                path.append(self.format_json_path_numeric_index(number))
        return "".join(path)

    def format_json_path_numeric_index(self, num: int) -> str:
        if num < 0 and not self.connection.features.supports_json_negative_indexing:
            raise NotSupportedError(
                "Using negative JSON array indices is not supported on this database backend."
            )
        return f"[{num}]"

    def format_debug_sql(self, sql: str) -> str:
        """SQL laid out for people."""
        import sqlparse

        text: str = sqlparse.format(sql, reindent=True, keyword_case="upper")
        return text

    def prepare_join_on_clause(
        self, local_table: str, local_column: Any, remote_table: str, remote_column: Any
    ) -> tuple[Any, Any]:
        """Both sides of a join's condition as expressions, cast to fit each other where that is needed."""
        from offbeat.db.models.expressions import Col

        return Col(local_table, local_column), Col(remote_table, remote_column)

    def set_time_zone_sql(self) -> str:
        return ""

    def uses_timezones(self) -> bool:
        """Whether datetimes are to be aware."""
        return bool(settings.USE_TZ)
