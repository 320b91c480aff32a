"""Comparison of several columns at once: composite primary keys and relations over several columns."""

from __future__ import annotations

from typing import Any

from offbeat.core.exceptions import EmptyResultSet
from offbeat.db.models.expressions import ColPairs, Value
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
    "TupleExact",
    "TupleGreaterThan",
    "TupleGreaterThanOrEqual",
    "TupleIn",
    "TupleIsNull",
    "TupleLessThan",
    "TupleLessThanOrEqual",
    "TupleLookupMixin",
]


def _columns(lhs: Any) -> list[Any]:
    return lhs.get_cols() if isinstance(lhs, ColPairs) else list(lhs.get_source_expressions())


class TupleLookupMixin:
    """The checks and the spelling out that the comparisons share."""

    lhs: Any
    rhs: Any
    lookup_name: Any
    allows_composite_expressions = True
    bindable = False

    def get_prep_lookup(self) -> Any:
        """Check that the value is a tuple of the right length; ValueError otherwise."""
        if type(self.rhs) is Param:
            raise Unbindable("Tuples are compared column by column.")
        if is_query(self.rhs):
            self.check_rhs_is_supported_expression()
            if not self.rhs.has_select_fields:
                self.rhs.clear_select_clause()
                self.rhs.add_fields([field.name for field in self._sources()])
            return self.rhs
        if hasattr(self.rhs, "resolve_expression"):
            return self.rhs
        self.check_rhs_is_tuple_or_list()
        self.check_rhs_length_equals_lhs_length()
        return tuple(
            value if hasattr(value, "resolve_expression") else field.get_prep_value(value)
            for field, value in zip(self._sources(), self.rhs, strict=True)
        )

    def _sources(self) -> Any:
        return self.lhs.sources if isinstance(self.lhs, ColPairs) else [c.output_field for c in _columns(self.lhs)]

    def get_lhs_str(self) -> str:
        """Return the name of the left side for messages."""
        if isinstance(self.lhs, ColPairs):
            return repr(self.lhs.field.name)
        return ", ".join(repr(f.name) for f in self.lhs)

    def check_rhs_is_tuple_or_list(self) -> None:
        """ValueError unless the value is a tuple or list."""
        if not isinstance(self.rhs, (tuple, list)):
            raise ValueError(f"{self.lookup_name!r} lookup of {self.get_lhs_str()} must be a tuple or a list")

    def check_rhs_length_equals_lhs_length(self) -> None:
        """ValueError unless the value has as many elements as there are columns."""
        length = len(_columns(self.lhs))
        if length != len(self.rhs):
            raise ValueError(
                f"{self.lookup_name!r} lookup of {self.get_lhs_str()} must have {length} elements"
            )

    def check_rhs_is_supported_expression(self) -> None:
        """ValueError for a query that gives more than the columns."""
        selected = len(self.rhs.select) if self.rhs.has_select_fields else len(_columns(self.lhs))
        if self.rhs.has_select_fields and selected != len(_columns(self.lhs)):
            raise ValueError(
                f"The QuerySet value for the {self.lookup_name!r} lookup must have {len(_columns(self.lhs))} selected "
                f"fields (received {selected})"
            )

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
        if hasattr(self.rhs, "resolve_expression"):
            values = (
                _columns(self.rhs)
                if isinstance(self.rhs, ColPairs) or hasattr(self.rhs, "get_source_expressions")
                else [self.rhs]
            )
        else:
            values = list(self.rhs)
        return list(zip(columns, values, strict=True))

    def _compare(self, compiler: Any, lookup: Any, column: Any, value: Any) -> tuple[str, list[Any]]:
        if value is None and lookup is Exact:
            # NULL is equal to nothing, not even itself.
            raise EmptyResultSet
        if not hasattr(value, "as_sql"):
            value = Value(value, output_field=column.output_field)
        sql, params = compiler.compile(lookup(column, value))
        return sql, list(params)

    def as_sql(self, compiler: Any, connection: Any) -> Any:
        """Return the SQL: `(a, b) op (…)` for a query, otherwise the comparisons of the columns."""
        if is_query(self.rhs):
            return self._compare_with_query(compiler, connection)
        return self.get_fallback_sql(compiler, connection)

    def _compare_with_query(self, compiler: Any, connection: Any) -> tuple[str, list[Any]]:
        lhs_sql, lhs_params = compiler.compile(self.lhs)
        rhs_sql, rhs_params = compiler.compile(self.rhs)
        if not rhs_sql.startswith("("):
            rhs_sql = f"({rhs_sql})"
        operator = connection.operators[self.lookup_name] % rhs_sql
        return f"({lhs_sql}) {operator}", [*lhs_params, *rhs_params]

    def get_fallback_sql(self, compiler: Any, connection: Any) -> tuple[str, list[Any]]:
        """Return the SQL without tuples."""
        raise TypeError("A tuple lookup defines get_fallback_sql().")


class TupleExact(TupleLookupMixin, Exact):
    """All columns are equal."""

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

    def get_prep_lookup(self) -> Any:
        """Check that the values are tuples of the right length; ValueError otherwise."""
        if type(self.rhs) is Param:
            raise Unbindable("Tuples are compared column by column.")
        if is_query(self.rhs):
            return super().get_prep_lookup()
        if hasattr(self.rhs, "resolve_expression"):
            return self.rhs
        self.check_rhs_is_collection()
        fields = self._sources()
        length = len(_columns(self.lhs))
        result = []
        for values in self.rhs:
            if not isinstance(values, (tuple, list)):
                raise ValueError(
                    f"{self.lookup_name!r} lookup of {self.get_lhs_str()} must be a collection of tuples or lists"
                )
            if len(values) != length:
                raise ValueError(
                    f"{self.lookup_name!r} lookup of {self.get_lhs_str()} must have {length} elements each"
                )
            if any(type(value) is Param for value in values):
                raise Unbindable("Tuples are compared column by column.")
            result.append(
                tuple(
                    value if hasattr(value, "resolve_expression") else field.get_prep_value(value)
                    for field, value in zip(fields, values, strict=True)
                )
            )
        return result

    def check_rhs_is_collection(self) -> None:
        """ValueError unless the value is a collection."""
        try:
            iter(self.rhs)
        except TypeError:
            raise ValueError(
                f"{self.lookup_name!r} lookup of {self.get_lhs_str()} must be a collection of tuples or lists"
            ) from None

    def as_sql(self, compiler: Any, connection: Any) -> Any:
        """Return the SQL: `(a, b) IN (SELECT …)`, or the tuples spelt out."""
        if is_query(self.rhs):
            lhs_sql, lhs_params = compiler.compile(self.lhs)
            rhs_sql, rhs_params = compiler.compile(self.rhs)
            if not rhs_sql.startswith("("):
                rhs_sql = f"({rhs_sql})"
            return f"({lhs_sql}) IN {rhs_sql}", [*lhs_params, *rhs_params]
        return self.get_fallback_sql(compiler, connection)

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
