"""Comparison of several columns at once: composite primary keys and relations over several columns."""

from __future__ import annotations

from typing import Any

from offbeat.core.exceptions import EmptyResultSet
from offbeat.db.models.expressions import ColPairs, F, Func, Value
from offbeat.db.models.fields.base import Field
from offbeat.db.models.lookups import (
    Exact,
    GreaterThan,
    GreaterThanOrEqual,
    In,
    IsNull,
    LessThan,
    LessThanOrEqual,
    is_query,
)
from offbeat.db.models.sql.params import Param, Unbindable

__all__ = [
    "Tuple",
    "TupleExact",
    "TupleGreaterThan",
    "TupleGreaterThanOrEqual",
    "TupleIn",
    "TupleIsNull",
    "TupleLessThan",
    "TupleLessThanOrEqual",
    "TupleLookupMixin",
]


class Tuple(Func):
    """Several expressions side by side."""

    allows_composite_expressions = True
    function = ""
    output_field = Field()

    def __len__(self) -> int:
        return len(self.source_expressions)

    def __iter__(self) -> Any:
        return iter(self.source_expressions)


def _columns(side: Any) -> list[Any]:
    """The expressions of one side, one for each column."""
    return side.get_cols() if isinstance(side, ColPairs) else list(side.get_source_expressions())


class TupleLookupMixin:
    """The checks and the spelling out that the comparisons share."""

    lhs: Any
    rhs: Any
    lookup_name: Any
    allows_composite_expressions = True
    bindable = False
    takes_query = False

    def get_prep_lhs(self) -> Any:
        """Return the left side as one expression."""
        if isinstance(self.lhs, (tuple, list)):
            return Tuple(*self.lhs)
        return super().get_prep_lhs()  # type: ignore[misc]

    def get_prep_lookup(self) -> Any:
        """Check that the value is a tuple of the right length; ValueError otherwise."""
        if type(self.rhs) is Param:
            raise Unbindable("Tuples are compared column by column.")
        if is_query(self.rhs):
            self.check_rhs_is_supported_query()
            return self.rhs
        if isinstance(self.rhs, (ColPairs, Tuple)):
            return self.rhs
        self.check_rhs_is_tuple_or_list()
        self.check_rhs_length_equals_lhs_length()
        return self.prepare_values(self.rhs)

    def _lhs_length(self) -> int | None:
        """The number of columns; None while it is not known."""
        if isinstance(self.lhs, (tuple, list, ColPairs, Tuple)):
            return len(self.lhs)
        return None

    def prepare_values(self, values: Any) -> tuple[Any, ...]:
        """Return the values as the fields prepare them, where the fields are known."""
        if any(type(value) is Param for value in values):
            raise Unbindable("Tuples are compared column by column.")
        if not isinstance(self.lhs, ColPairs):
            return tuple(values)
        return tuple(
            value if hasattr(value, "resolve_expression") else field.get_prep_value(value)
            for field, value in zip(self.lhs.sources, values, strict=True)
        )

    def get_lhs_str(self) -> str:
        """Return the name of the left side for messages."""
        if isinstance(self.lhs, ColPairs):
            return repr(self.lhs.field.name)
        if isinstance(self.lhs, F):
            return repr(self.lhs.name)
        return "(" + ", ".join(repr(getattr(part, "name", part)) for part in self.lhs) + ")"

    def check_rhs_is_tuple_or_list(self) -> None:
        """ValueError unless the value is a tuple or list."""
        if not isinstance(self.rhs, (tuple, list)):
            raise ValueError(f"{self.lookup_name!r} lookup of {self.get_lhs_str()} must be a tuple or a list")

    def check_rhs_length_equals_lhs_length(self) -> None:
        """ValueError unless the value has as many elements as there are columns."""
        length = self._lhs_length()
        if length is not None and length != len(self.rhs):
            raise ValueError(
                f"{self.lookup_name!r} lookup of {self.get_lhs_str()} must have {length} elements"
            )

    def check_rhs_is_supported_query(self) -> None:
        """ValueError for a query that the lookup cannot compare with."""
        if not self.takes_query:
            raise ValueError(f"{self.lookup_name!r} doesn't support multi-column subqueries.")
        length = self._lhs_length()
        selected = self.rhs.selected_columns if self.rhs.has_select_fields else 1
        if not self.rhs.has_select_fields and getattr(self.rhs.model._meta, "is_composite_pk", False):
            selected = len(self.rhs.model._meta.pk_fields)
        if length is not None and selected != length:
            name = repr(self.lookup_name) if self.lookup_name == "in" else self.lookup_name
            raise ValueError(
                f"The QuerySet value for the {name} lookup must have {length} selected fields (received {selected})"
            )
        if not self.rhs.has_select_fields:
            self.rhs.clear_select_clause()
            self.rhs.add_fields([field.name for field in self.rhs.model._meta.pk_fields])

    def get_source_expressions(self) -> list[Any]:
        """Return the parts that are expressions."""
        return [self.lhs, self.rhs] if hasattr(self.rhs, "resolve_expression") else [self.lhs]

    def set_source_expressions(self, exprs: list[Any]) -> None:
        """Replace the parts that are expressions."""
        if len(exprs) == 2:
            self.lhs, self.rhs = exprs
        else:
            (self.lhs,) = exprs

    def _pairs(self) -> list[tuple[Any, Any]]:
        columns = _columns(self.lhs)
        values = _columns(self.rhs) if hasattr(self.rhs, "resolve_expression") else list(self.rhs)
        return list(zip(columns, values, strict=True))

    def _compare(self, compiler: Any, lookup: Any, column: Any, value: Any) -> tuple[str, list[Any]]:
        if value is None:
            # NULL compares with nothing, not even itself.
            raise EmptyResultSet
        if not hasattr(value, "as_sql"):
            value = Value(value, output_field=column.output_field)
        sql, params = compiler.compile(lookup(column, value))
        return sql, list(params)

    def as_sql(self, compiler: Any, connection: Any) -> Any:
        """Return the SQL: `(a, b) op (SELECT …)` for a query, otherwise the comparisons of the columns."""
        if is_query(self.rhs):
            return self._compare_with_query(compiler, connection)
        return self.get_fallback_sql(compiler, connection)

    def _compare_with_query(self, compiler: Any, connection: Any) -> tuple[str, list[Any]]:
        parts, params = [], []
        for column in _columns(self.lhs):
            sql, column_params = compiler.compile(column)
            parts.append(sql)
            params += column_params
        rhs_sql, rhs_params = compiler.compile(self.rhs)
        if not rhs_sql.startswith("("):
            rhs_sql = f"({rhs_sql})"
        operator = "=" if self.lookup_name == "exact" else "IN"
        return f"({', '.join(parts)}) {operator} {rhs_sql}", [*params, *rhs_params]

    def get_fallback_sql(self, compiler: Any, connection: Any) -> tuple[str, list[Any]]:
        """Return the SQL without tuples."""
        raise TypeError("A tuple lookup defines get_fallback_sql().")


class TupleExact(TupleLookupMixin, Exact):
    """All columns are equal."""

    takes_query = True

    def get_fallback_sql(self, compiler: Any, connection: Any) -> tuple[str, list[Any]]:
        parts, params = [], []
        for column, value in self._pairs():
            sql, column_params = self._compare(compiler, Exact, column, value)
            parts.append(sql)
            params += column_params
        return f"({' AND '.join(parts)})" if len(parts) > 1 else parts[0], params


class TupleIsNull(TupleLookupMixin, IsNull):
    """One of the columns is NULL (or none is)."""

    def get_prep_lookup(self) -> Any:
        if is_query(self.rhs):
            self.check_rhs_is_supported_query()
        return self.rhs

    def as_sql(self, compiler: Any, connection: Any) -> Any:
        parts, params = [], []
        for column in _columns(self.lhs):
            sql, column_params = compiler.compile(IsNull(column, self.rhs))
            parts.append(sql)
            params += column_params
        joined = (" OR " if self.rhs else " AND ").join(parts)
        return f"({joined})" if len(parts) > 1 else joined, params


class _Lexicographic(TupleLookupMixin):
    """Columns are compared one after the other: the first that differs decides."""

    strict: Any
    last: Any

    def get_fallback_sql(self, compiler: Any, connection: Any) -> tuple[str, list[Any]]:
        pairs = self._pairs()
        alternatives, params = [], []
        for i, (column, value) in enumerate(pairs):
            parts = []
            for earlier, earlier_value in pairs[:i]:
                sql, column_params = self._compare(compiler, Exact, earlier, earlier_value)
                parts.append(sql)
                params += column_params
            lookup = self.last if i == len(pairs) - 1 else self.strict
            sql, column_params = self._compare(compiler, lookup, column, value)
            parts.append(sql)
            params += column_params
            alternatives.append(f"({' AND '.join(parts)})" if len(parts) > 1 else parts[0])
        return f"({' OR '.join(alternatives)})" if len(alternatives) > 1 else alternatives[0], params


class TupleGreaterThan(_Lexicographic, GreaterThan):
    """Comes after."""

    strict = last = GreaterThan


class TupleGreaterThanOrEqual(_Lexicographic, GreaterThanOrEqual):
    """Comes after or is equal."""

    strict, last = GreaterThan, GreaterThanOrEqual


class TupleLessThan(_Lexicographic, LessThan):
    """Comes before."""

    strict = last = LessThan


class TupleLessThanOrEqual(_Lexicographic, LessThanOrEqual):
    """Comes before or is equal."""

    strict, last = LessThan, LessThanOrEqual


class TupleIn(TupleLookupMixin, In):
    """Is one of these tuples."""

    takes_query = True

    def get_prep_lookup(self) -> Any:
        """Check that the values are tuples of the right length; ValueError otherwise."""
        if type(self.rhs) is Param:
            raise Unbindable("Tuples are compared column by column.")
        if is_query(self.rhs):
            self.rhs.clear_ordering(clear_default=True)
            self.check_rhs_is_supported_query()
            return self.rhs
        if hasattr(self.rhs, "as_sql"):
            raise ValueError(
                f"{self.lookup_name!r} subquery lookup of {self.get_lhs_str()} must be a Query object (received "
                f"{self.rhs.__class__.__name__!r})"
            )
        if not isinstance(self.rhs, (set, frozenset)):
            self.check_rhs_is_tuple_or_list()
        length = self._lhs_length()
        result = []
        for values in self.rhs:
            if isinstance(values, (ColPairs, Tuple)):
                result.append(tuple(_columns(values)))
                continue
            if type(values) is Param:
                raise Unbindable("Tuples are compared column by column.")
            if not isinstance(values, (tuple, list)):
                raise ValueError(
                    f"{self.lookup_name!r} lookup of {self.get_lhs_str()} must be a collection of tuples or lists"
                )
            if length is not None and len(values) != length:
                raise ValueError(
                    f"{self.lookup_name!r} lookup of {self.get_lhs_str()} must have {length} elements each"
                )
            result.append(self.prepare_values(values))
        return result

    def resolve_expression(self, *args: Any, **kwargs: Any) -> Any:
        """Resolve the left side, and expressions among the values."""
        resolved = super().resolve_expression(*args, **kwargs)
        if isinstance(resolved.rhs, list):
            resolved.rhs = [
                tuple(
                    value.resolve_expression(*args, **kwargs)
                    if hasattr(value, "resolve_expression")
                    else value
                    for value in values
                )
                for values in resolved.rhs
            ]
        return resolved

    def get_fallback_sql(self, compiler: Any, connection: Any) -> tuple[str, list[Any]]:
        tuples = [values for values in dict.fromkeys(self.rhs) if None not in values]
        if not tuples:
            raise EmptyResultSet
        alternatives, params = [], []
        for values in tuples:
            sql, tuple_params = compiler.compile(TupleExact(self.lhs, values))
            alternatives.append(sql)
            params += tuple_params
        return f"({' OR '.join(alternatives)})" if len(alternatives) > 1 else alternatives[0], params
