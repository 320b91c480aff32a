"""Lookups on relations: the value may be an object, a key, or a queryset."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from offbeat.core.exceptions import EmptyResultSet, FullResultSet
from offbeat.db.models.expressions import ColPairs
from offbeat.db.models.fields.foreign import ForeignObject
from offbeat.db.models.fields.tuple_lookups import (
    TupleExact,
    TupleGreaterThan,
    TupleGreaterThanOrEqual,
    TupleIn,
    TupleIsNull,
    TupleLessThan,
    TupleLessThanOrEqual,
)
from offbeat.db.models.lookups import (
    Exact,
    GreaterThan,
    GreaterThanOrEqual,
    In,
    IsNull,
    LessThan,
    LessThanOrEqual,
)
from offbeat.db.models.query_utils import register_builtin_lookup
from offbeat.db.models.sql.params import Param, Unbindable

__all__ = [
    "RelatedExact",
    "RelatedGreaterThan",
    "RelatedGreaterThanOrEqual",
    "RelatedIn",
    "RelatedIsNull",
    "RelatedLessThan",
    "RelatedLessThanOrEqual",
    "RelatedLookupMixin",
    "get_normalized_value",
]


def get_normalized_value(value: Any, lhs: Any) -> tuple[Any, ...]:
    """Return the key of `value` (an object, a key, a tuple of keys) as `lhs` compares it.

    ValueError for an object that is not saved.
    """
    if not hasattr(value, "_meta") or isinstance(value, type):
        return value if isinstance(value, tuple) else (value,)
    if not value._is_pk_set():
        raise ValueError("Model instances passed to related filters must be saved.")
    values = []
    for source in lhs.output_field.path_infos[-1].target_fields:
        # A key that is a relation itself: follow it to the model of the value.
        while not isinstance(value, source.model) and source.remote_field:
            source = source.remote_field.model._meta.get_field(source.remote_field.field_name)
        try:
            values.append(getattr(value, source.attname))
        except AttributeError:
            # A child in place of its parent, say: the keys are the same.
            key = value.pk
            return key if isinstance(key, tuple) else (key,)
    # A composite key is one field with several values.
    return values[0] if len(values) == 1 and isinstance(values[0], tuple) else tuple(values)


def _preparer(lhs: Any, prepare: bool) -> Callable[[Any], Any]:
    """The function from a value given by the user to the key."""
    output_field = lhs.output_field
    target = output_field.path_infos[-1].target_fields[-1] if hasattr(output_field, "path_infos") else None

    def prepare_value(value: Any) -> Any:
        value = get_normalized_value(value, lhs)[0]
        if prepare and target is not None:
            return target.get_prep_value(value)
        return value

    # For those who know that values of some types pass through the target field unchanged.
    prepare_value.target = target  # type: ignore[attr-defined]
    return prepare_value


class RelatedLookupMixin:
    """Turns objects into keys."""

    lhs: Any
    rhs: Any
    prepare_rhs: bool
    # What a number below or above all that a column can hold comes to.
    underflow_exception: type[Exception] = EmptyResultSet
    overflow_exception: type[Exception] = EmptyResultSet

    def process_rhs(self, compiler: Any, connection: Any) -> Any:
        """SQL of the key; no row has one beyond 64 bits, and drivers refuse it."""
        rhs = self.rhs
        if type(rhs) is int and not -(2**63) <= rhs < 2**63:
            raise self.underflow_exception if rhs < 0 else self.overflow_exception
        return super().process_rhs(compiler, connection)  # type: ignore[misc]

    def param_preparer(self) -> Callable[[Any], Any] | None:
        """Return the function that values of later queries of this shape go through."""
        return _preparer(self.lhs, self.prepare_rhs)

    def get_prep_lookup(self) -> Any:
        """Return the value as a key."""
        rhs = self.rhs
        if isinstance(self.lhs, ColPairs):
            return self._prepare_tuple()
        if not hasattr(rhs, "resolve_expression") and type(rhs) is not Param:
            self.rhs = _preparer(self.lhs, self.prepare_rhs)(rhs)
            return self.rhs
        return super().get_prep_lookup()  # type: ignore[misc]

    def _prepare_tuple(self) -> Any:
        """The value as a tuple of keys, checked as the tuple lookup does."""
        rhs = self.rhs
        if type(rhs) is Param:
            raise Unbindable("Tuples are compared column by column.")
        if not hasattr(rhs, "resolve_expression"):
            rhs = get_normalized_value(rhs, self.lhs)
        return self.tuple_lookup(self.lhs, rhs).rhs  # type: ignore[attr-defined]

    def as_sql(self, compiler: Any, connection: Any) -> Any:
        """Compare column by column where the relation has several."""
        if isinstance(self.lhs, ColPairs):
            return compiler.compile(self.tuple_lookup(self.lhs, self.rhs))  # type: ignore[attr-defined]
        return super().as_sql(compiler, connection)  # type: ignore[misc]


class RelatedIn(In):
    """Is related to one of these objects."""

    bindable = True

    def param_preparer(self) -> Callable[[Any], Any] | None:
        """Return the function that values of later queries of this shape go through."""
        return _preparer(self.lhs, self.prepare_rhs)

    def get_prep_lookup(self) -> Any:
        """Return the values as keys."""
        if not isinstance(self.lhs, ColPairs):
            if self.rhs_is_direct_value() and type(self.rhs) is not Param:
                prepare = _preparer(self.lhs, self.prepare_rhs)
                self.rhs = [
                    value if type(value) is Param or hasattr(value, "resolve_expression") else prepare(value)
                    for value in self.rhs
                ]
                for value in self.rhs:
                    if type(value) is Param:
                        value.sample = prepare(value.sample)
                return self.rhs
            if not getattr(self.rhs, "has_select_fields", True) and not getattr(
                self.lhs.field.target_field, "primary_key", False
            ):
                self._select_target()
        else:
            rhs = self.rhs
            if self.rhs_is_direct_value():
                if type(rhs) is Param or any(type(value) is Param for value in rhs):
                    raise Unbindable("Tuples are compared column by column.")
                rhs = [get_normalized_value(value, self.lhs) for value in rhs]
            elif not getattr(rhs, "has_select_fields", True):
                rhs.set_values([field.name for field in self.lhs.sources])
            return TupleIn(self.lhs, rhs).rhs
        return super().get_prep_lookup()

    def _select_target(self) -> None:
        """Have a queryset without values() give the field that the relation points to."""
        output_field = self.lhs.output_field
        if getattr(output_field, "primary_key", False) and output_field.model == self.rhs.model:
            # The queryset of the same model: its own key, which is the relation, is compared.
            target_field = self.lhs.field.name
        else:
            target_field = self.lhs.field.target_field.name
        self.rhs.set_values([target_field])

    def as_sql(self, compiler: Any, connection: Any) -> Any:
        """Compare column by column where the relation has several."""
        if isinstance(self.lhs, ColPairs):
            return compiler.compile(TupleIn(self.lhs, self.rhs))
        return super().as_sql(compiler, connection)


class RelatedExact(RelatedLookupMixin, Exact):
    """Is related to this object."""

    tuple_lookup = TupleExact


class RelatedLessThan(RelatedLookupMixin, LessThan):
    """The key is less than this one."""

    tuple_lookup = TupleLessThan
    overflow_exception = FullResultSet


class RelatedGreaterThan(RelatedLookupMixin, GreaterThan):
    """The key is greater than this one."""

    tuple_lookup = TupleGreaterThan
    underflow_exception = FullResultSet


class RelatedGreaterThanOrEqual(RelatedLookupMixin, GreaterThanOrEqual):
    """The key is greater than or equal to this one."""

    tuple_lookup = TupleGreaterThanOrEqual
    underflow_exception = FullResultSet


class RelatedLessThanOrEqual(RelatedLookupMixin, LessThanOrEqual):
    """The key is less than or equal to this one."""

    tuple_lookup = TupleLessThanOrEqual
    overflow_exception = FullResultSet


class RelatedIsNull(RelatedLookupMixin, IsNull):
    """Is related to nothing (or to something)."""

    tuple_lookup = TupleIsNull

    def param_preparer(self) -> Callable[[Any], Any] | None:
        """Take the value as it is: it is a boolean, not a key."""
        return None

    def get_prep_lookup(self) -> Any:
        """Take the value as it is: it is a boolean, not a key."""
        if isinstance(self.lhs, ColPairs):
            return TupleIsNull(self.lhs, self.rhs).rhs
        return self.rhs

    def as_sql(self, compiler: Any, connection: Any) -> Any:
        """Ask for NULL in any column where the relation has several."""
        if isinstance(self.lhs, ColPairs):
            return compiler.compile(TupleIsNull(self.lhs, self.rhs))
        return IsNull.as_sql(self, compiler, connection)


for _lookup in (
    RelatedIn,
    RelatedExact,
    RelatedLessThan,
    RelatedGreaterThan,
    RelatedGreaterThanOrEqual,
    RelatedLessThanOrEqual,
    RelatedIsNull,
):
    register_builtin_lookup(ForeignObject, _lookup)
