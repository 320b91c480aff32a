"""The expression protocol (Django documentation: ref/models/expressions, "Expression API")."""

from __future__ import annotations

import copy
import functools
import inspect
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from offbeat.core.exceptions import FieldError
from offbeat.db.models.expressions.combinable import Combinable
from offbeat.utils.deconstruct import deconstructible
from offbeat.utils.functional import cached_property
from offbeat.utils.hashable import make_hashable


@functools.cache
def field_class(name: str) -> Any:
    """A field class by its documented name; looked up late because fields themselves use expressions."""
    from offbeat.db import models

    return getattr(models, name)


class OutputFieldIsNoneError(FieldError):
    """No part of an expression could tell its type."""


class SQLiteNumericMixin:
    """SQLite keeps decimals as text or floats; a cast makes it compare and compute them as numbers."""

    def as_sqlite(self, compiler: Any, connection: Any, **extra_context: Any) -> tuple[str, Any]:
        sql, params = self.as_sql(compiler, connection, **extra_context)  # type: ignore[attr-defined]
        try:
            if self.output_field.get_internal_type() == "DecimalField":  # type: ignore[attr-defined]
                sql = f"(CAST({sql} AS NUMERIC))"
        except FieldError:
            pass
        return sql, params


# What stands for a "name" and a plain "value" among expressions. F and Value, whose modules need this one, enter themselves.
made_of: dict[str, Any] = {}


class BaseExpression:
    """What the query compiler asks of an expression."""

    # What the expression is worth when its query can match nothing; NotImplemented: the whole query is empty.
    empty_result_set_value: Any = NotImplemented
    is_summary = False
    # May be used in WHERE.
    filterable = True
    # May be the source of a Window.
    window_compatible = False
    # May be used in db_default.
    allowed_default = False
    # May be used during a constraint's validation.
    constraint_validation_compatible = True
    # Returns several rows from one.
    set_returning = False
    # Its arguments may be composite (a composite primary key).
    allows_composite_expressions = False

    def __init__(self, output_field: Any = None) -> None:
        if output_field is not None:
            self.output_field = output_field

    def __getstate__(self) -> dict[str, Any]:
        state = self.__dict__.copy()
        state.pop("convert_value", None)
        return state

    def get_db_converters(self, connection: Any) -> list[Any]:
        if self.convert_value is self._convert_value_noop:
            return self.output_field.get_db_converters(connection)  # type: ignore[no-any-return]
        return [self.convert_value, *self.output_field.get_db_converters(connection)]

    def get_source_expressions(self) -> list[Any]:
        """The expressions this one is made of, in an order ``set_source_expressions()`` understands."""
        return []

    def set_source_expressions(self, exprs: list[Any]) -> None:
        """Replace what ``get_source_expressions()`` returned."""
        assert not exprs

    def _parse_expressions(self, *expressions: Any) -> list[Any]:
        parsed = []
        for arg in expressions:
            if isinstance(arg, str):
                parsed.append(made_of["name"](arg))
            else:
                parsed.append(arg if hasattr(arg, "resolve_expression") else made_of["value"](arg))
        return parsed

    def as_sql(self, compiler: Any, connection: Any) -> tuple[str, Any]:
        """SQL text with ``%s`` placeholders, and its parameters."""
        raise NotImplementedError("Subclasses must implement as_sql()")

    def _any_source(self, name: str) -> bool:
        return any(expr is not None and getattr(expr, name, False) for expr in self.get_source_expressions())

    @cached_property
    def contains_aggregate(self) -> bool:
        return self._any_source("contains_aggregate")

    @cached_property
    def contains_over_clause(self) -> bool:
        return self._any_source("contains_over_clause")

    @cached_property
    def contains_column_references(self) -> bool:
        return self._any_source("contains_column_references")

    @cached_property
    def contains_subquery(self) -> bool:
        return any(
            expr is not None
            and (getattr(expr, "subquery", False) or getattr(expr, "contains_subquery", False))
            for expr in self.get_source_expressions()
        )

    def resolve_expression(
        self,
        query: Any = None,
        allow_joins: bool = True,
        reuse: Any = None,
        summarize: bool = False,
        for_save: bool = False,
    ) -> Any:
        """A copy with every name resolved against ``query`` (its columns, annotations and joins)."""
        resolved = self.copy()
        resolved.is_summary = summarize
        sources = [
            None if expr is None else expr.resolve_expression(query, allow_joins, reuse, summarize, for_save)
            for expr in resolved.get_source_expressions()
        ]
        if not self.allows_composite_expressions and any(
            getattr(expr, "is_composite", False) for expr in sources
        ):
            raise ValueError(f"{self.__class__.__name__} expression does not support composite primary keys.")
        resolved.set_source_expressions(sources)
        return resolved

    @property
    def conditional(self) -> Any:
        return isinstance(self.output_field, field_class("BooleanField"))

    @property
    def field(self) -> Any:
        return self.output_field

    @cached_property
    def output_field(self) -> Any:
        """The field that describes this expression's values.

        Raises OutputFieldIsNoneError where nothing tells the type.
        """
        output_field = self._resolve_output_field()
        if output_field is None:
            raise OutputFieldIsNoneError("Cannot resolve expression type, unknown output_field")
        return output_field

    @property
    def _output_field_or_none(self) -> Any:
        try:
            return self.output_field
        except OutputFieldIsNoneError:
            return None

    def _resolve_output_field(self) -> Any:
        # All sources that know their type must agree; there is no guessing between mixed types.
        found: Any = None
        for source in self.get_source_fields():
            if source is None:
                continue
            if found is None:
                found = source
            elif not isinstance(found, source.__class__):
                raise FieldError(
                    f"Expression contains mixed types: {found.__class__.__name__}, {source.__class__.__name__}. "
                    "You must set output_field."
                )
        return found

    @staticmethod
    def _convert_value_noop(value: Any, expression: Any, connection: Any) -> Any:
        return value

    @cached_property
    def convert_value(self) -> Any:
        """Repairs the types that a driver returns for computed columns."""
        internal_type = self.output_field.get_internal_type()
        if internal_type == "FloatField":
            return _to_float
        if internal_type.endswith("IntegerField"):
            return _to_int
        if internal_type == "DecimalField":
            return _to_decimal
        return self._convert_value_noop

    def get_lookup(self, lookup: str) -> Any:
        return self.output_field.get_lookup(lookup)

    def get_transform(self, name: str) -> Any:
        return self.output_field.get_transform(name)

    def relabeled_clone(self, change_map: dict[str, str]) -> Any:
        clone = self.copy()
        clone.set_source_expressions(
            [
                None if expr is None else expr.relabeled_clone(change_map)
                for expr in self.get_source_expressions()
            ]
        )
        return clone

    def replace_expressions(self, replacements: dict[Any, Any]) -> Any:
        """This expression with the keys of ``replacements`` exchanged for their values, at any depth."""
        if not replacements:
            return self
        replacement = replacements.get(self)
        if replacement is not None:
            return replacement
        sources = self.get_source_expressions()
        if not sources:
            return self
        clone = self.copy()
        clone.set_source_expressions(
            [None if e is None else e.replace_expressions(replacements) for e in sources]
        )
        return clone

    def get_refs(self) -> set[str]:
        """Names of the annotations used."""
        refs: set[str] = set()
        for expr in self.get_source_expressions():
            if expr is not None:
                refs |= expr.get_refs()
        return refs

    def copy(self) -> Any:
        return copy.copy(self)

    def prefix_references(self, prefix: str) -> Any:
        """This expression with every field path moved behind ``prefix``."""
        from offbeat.db.models.expressions.refs import F

        clone = self.copy()
        clone.set_source_expressions(
            [
                F(f"{prefix}{expr.name}")
                if isinstance(expr, F)
                else None
                if expr is None
                else expr.prefix_references(prefix)
                for expr in self.get_source_expressions()
            ]
        )
        return clone

    def get_group_by_cols(self) -> list[Any]:
        """What a GROUP BY must name for this expression to be selectable."""
        if not self.contains_aggregate:
            return [self]
        cols: list[Any] = []
        for source in self.get_source_expressions():
            if source is not None:
                cols.extend(source.get_group_by_cols())
        return cols

    def get_source_fields(self) -> list[Any]:
        return [None if e is None else e._output_field_or_none for e in self.get_source_expressions()]

    def asc(self, **kwargs: Any) -> Any:
        from offbeat.db.models.expressions.ordering import OrderBy

        return OrderBy(self, **kwargs)

    def desc(self, **kwargs: Any) -> Any:
        from offbeat.db.models.expressions.ordering import OrderBy

        return OrderBy(self, descending=True, **kwargs)

    def reverse_ordering(self) -> Any:
        return self

    def flatten(self) -> Iterator[Any]:
        """This expression and all inside it, depth first."""
        yield self
        for expr in self.get_source_expressions():
            if expr is None:
                continue
            if hasattr(expr, "flatten"):
                yield from expr.flatten()
            else:
                yield expr

    def select_format(self, compiler: Any, sql: str, params: Any) -> tuple[str, Any]:
        """The SQL used in a SELECT list."""
        if hasattr(self.output_field, "select_format"):
            return self.output_field.select_format(compiler, sql, params)  # type: ignore[no-any-return]
        return sql, params

    def get_expression_for_validation(self) -> Any:
        """What a constraint's validation evaluates in place of this expression."""
        if not getattr(self, "constraint_validation_compatible", True):
            try:
                (expression,) = self.get_source_expressions()
            except ValueError as e:
                raise ValueError(
                    "Expressions with constraint_validation_compatible set to False must have only one source expression."
                ) from e
            return expression
        return self


def _to_float(value: Any, expression: Any, connection: Any) -> Any:
    return None if value is None else float(value)


def _to_int(value: Any, expression: Any, connection: Any) -> Any:
    return None if value is None else int(value)


def _to_decimal(value: Any, expression: Any, connection: Any) -> Any:
    return None if value is None else value if isinstance(value, Decimal) else Decimal(value)


@deconstructible
class Expression(BaseExpression, Combinable):
    """An expression that can be combined with others; equal when built from equal arguments."""

    @classmethod
    @functools.lru_cache(maxsize=1024)
    def _constructor_signature(cls) -> inspect.Signature:
        return inspect.signature(cls.__init__)

    @classmethod
    def _identity(cls, value: Any) -> Any:
        if isinstance(value, tuple):
            return tuple(map(cls._identity, value))
        if isinstance(value, dict):
            return tuple((key, cls._identity(val)) for key, val in value.items())
        if isinstance(value, field_class("Field")):
            # Two unbound fields of one class mean the same type; a model's field means that column.
            if value.name and value.model:
                return value.model._meta.label, value.name
            return type(value)
        return make_hashable(value)

    @cached_property
    def identity(self) -> tuple[Any, ...]:
        args, kwargs = self._constructor_args  # type: ignore[attr-defined]
        signature = self._constructor_signature().bind_partial(self, *args, **kwargs)
        signature.apply_defaults()
        arguments = iter(signature.arguments.items())
        next(arguments)
        return (self.__class__, *((name, self._identity(value)) for name, value in arguments))

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Expression):
            return NotImplemented
        return other.identity == self.identity

    def __hash__(self) -> int:
        return hash(self.identity)
