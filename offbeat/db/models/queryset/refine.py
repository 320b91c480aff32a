"""The methods that return another queryset (Django documentation: ref/models/querysets)."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Any, Literal, Self, cast, overload

from offbeat.db.models import shapes
from offbeat.db.models.constants import LOOKUP_SEP
from offbeat.db.models.query_utils import Q
from offbeat.db.models.queryset.iteration import (
    FlatValuesListIterable,
    NamedValuesListIterable,
    ValuesIterable,
    ValuesListIterable,
)
from offbeat.db.models.queryset.state import _M, QueryState
from offbeat.utils.deprecation import RemovedInDjango2028Warning

if TYPE_CHECKING:
    import datetime

    from offbeat.db.models.query import QuerySet

__all__ = ["Refining"]


# What Q() takes by keyword besides lookups: from a user's input these would turn a condition round.
_PROHIBITED = frozenset({"_connector", "_negated"})


class Refining(QueryState[_M]):
    """filter(), order_by(), values() and the like: each returns a new queryset and runs no query."""

    def all(self) -> Self:
        """A copy of the queryset."""
        return self._chain()

    def none(self) -> Self:
        """A queryset without results, which never reaches the database."""
        grown = self._grow("none")
        if grown is not None:
            return grown
        clone = self._chain()
        clone.query.set_empty()
        return clone

    def filter(self, *args: Any, **kwargs: Any) -> Self:
        """Keep the rows that match all conditions; FieldError for unknown names."""
        return self._filter_or_exclude(False, args, kwargs)

    def exclude(self, *args: Any, **kwargs: Any) -> Self:
        """Drop the rows that match all conditions together; FieldError for unknown names."""
        return self._filter_or_exclude(True, args, kwargs)

    def _filter_or_exclude(self, negate: bool, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Self:
        if self._shape is not None:
            grown = self._grow_filter(negate, args, kwargs)
            if grown is not None:
                return grown
        method = "exclude" if negate else "filter"
        self._not_support_combined_queries(method)
        if (args or kwargs) and self._form.is_sliced:
            raise TypeError("Cannot filter a query once a slice has been taken.")
        clone = self._chain()
        clone._filter_or_exclude_inplace(negate, args, kwargs)
        return clone

    def _grow_filter(self, negate: bool, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Self | None:
        shape: Any = self._shape
        if shape.sticky and self._calls:
            return None
        key = None
        if not args and not self._sticky_filter:
            key = (negate, *kwargs, *map(type, kwargs.values()))
            move = shape.children.get(key)
            if move is not None:
                try:
                    return self._follow(move.shape, (*self._params, *move.prepare(kwargs.values())))
                except Exception:
                    return None
        found = shapes.step(shape, "_filter_with", args, kwargs, (negate,), self._sticky_filter)
        if found is None:
            return None
        move, values = found
        if key is not None and shapes.PLAIN.issuperset(map(type, kwargs.values())):
            shapes.remember(shape, key, move)
        return self._follow(move.shape, self._params + values)

    def _filter_with(self, negate: bool, /, *args: Any, **kwargs: Any) -> Self:
        return self._filter_or_exclude(negate, args, kwargs)

    def _filter_or_exclude_inplace(self, negate: bool, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
        if wrong := _PROHIBITED.intersection(kwargs):
            names = ", ".join(f"'{name}'" for name in sorted(wrong))
            raise TypeError(f"The following kwargs are invalid: {names}")
        condition = Q(*args, **kwargs)
        self.query.add_q(~condition if negate else condition)

    def complex_filter(self, filter_obj: Any) -> Self:
        """Filter by a Q object or a dictionary of lookups."""
        if isinstance(filter_obj, Q):
            return self._filter_or_exclude(False, (filter_obj,), {})
        return self._filter_or_exclude(False, (), filter_obj)

    def order_by(self, *field_names: Any) -> Self:
        """Order by these fields ("-name" descending, "?" random), replacing any other order."""
        grown = self._structural("order_by", field_names)
        if grown is not None:
            return grown
        if self._form.is_sliced:
            raise TypeError("Cannot reorder a query once a slice has been taken.")
        clone = self._chain()
        clone.query.clear_ordering(force=True, clear_default=False)
        clone.query.add_ordering(*field_names)
        return clone

    def reverse(self) -> Self:
        """Turn the order round."""
        grown = self._grow("reverse")
        if grown is not None:
            return grown
        if self._form.is_sliced:
            raise TypeError("Cannot reverse a query once a slice has been taken.")
        clone = self._chain()
        clone.query.standard_ordering = not clone.query.standard_ordering
        return clone

    def distinct(self, *field_names: str) -> Self:
        """Drop duplicate rows, or rows with equal values of these fields (PostgreSQL)."""
        self._not_support_combined_queries("distinct")
        grown = self._structural("distinct", field_names)
        if grown is not None:
            return grown
        if self._form.is_sliced:
            raise TypeError("Cannot create distinct fields once a slice has been taken.")
        clone = self._chain()
        clone.query.add_distinct_fields(*field_names)
        return clone

    def select_related(self, *fields: str | None) -> Self:
        """Fetch related objects in the same query; None takes earlier calls back."""
        self._not_support_combined_queries("select_related")
        if self._fields is not None:
            raise TypeError("Cannot call select_related() after .values() or .values_list()")
        if not fields:
            warnings.warn(
                "Calling select_related() with no arguments is deprecated. Specify the fields to fetch instead.",
                RemovedInDjango2028Warning,
                stacklevel=2,
            )
        grown = self._structural("_select_related", fields)
        return self._select_related(*fields) if grown is None else grown

    def _select_related(self, *fields: str | None) -> Self:
        clone = self._chain()
        if fields == (None,):
            clone.query.select_related = False
        elif fields:
            clone.query.add_select_related(fields)
        else:
            clone.query.select_related = True
        return clone

    def prefetch_related(self, *lookups: Any) -> Self:
        """Fetch these relations with one more query each when evaluated; None takes earlier calls back."""
        from offbeat.db.models.queryset.prefetch import Prefetch

        self._not_support_combined_queries("prefetch_related")
        clone = self._chain()
        if lookups == (None,):
            clone._prefetch_related_lookups = ()
            return clone
        filtered = self._form._filtered_relations
        if filtered:
            for lookup in lookups:
                path = lookup.prefetch_to if isinstance(lookup, Prefetch) else lookup
                if path.split(LOOKUP_SEP, 1)[0] in filtered:
                    raise ValueError("prefetch_related() is not supported with FilteredRelation.")
        clone._prefetch_related_lookups = clone._prefetch_related_lookups + lookups
        return clone

    def annotate(self, *args: Any, **kwargs: Any) -> Self:
        """Add a value to each object: expressions, aggregates."""
        self._not_support_combined_queries("annotate")
        return self._annotate(args, kwargs, select=True)

    def alias(self, *args: Any, **kwargs: Any) -> Self:
        """Like annotate(), for use in later calls only."""
        self._not_support_combined_queries("alias")
        return self._annotate(args, kwargs, select=False)

    def _annotate(self, args: tuple[Any, ...], kwargs: dict[str, Any], select: bool = True) -> Self:
        grown = self._grow("_annotate_with", args, kwargs, (select,))
        if grown is not None:
            return grown
        return self._annotate_with(select, *args, **kwargs)

    def _annotate_with(self, select: bool, /, *args: Any, **kwargs: Any) -> Self:
        from offbeat.db.models.queryset.annotating import add_annotations

        clone = self._chain()
        add_annotations(clone, args, kwargs, select)
        return clone

    def values(self, *fields: Any, **expressions: Any) -> QuerySet[dict[str, Any]]:
        """Give dictionaries instead of model instances."""
        clone = self._values(*fields, *expressions, **expressions)
        clone._iterable_class = ValuesIterable
        return cast("QuerySet[dict[str, Any]]", clone)

    @overload
    def values_list(
        self, *fields: Any, flat: Literal[False] = False, named: Literal[False] = False
    ) -> QuerySet[tuple[Any, ...]]: ...

    @overload
    def values_list(self, *fields: Any, flat: bool = False, named: bool = False) -> QuerySet[Any]: ...

    def values_list(self, *fields: Any, flat: bool = False, named: bool = False) -> QuerySet[Any]:
        """Give tuples, named tuples (named), or the values of one field (flat)."""
        if flat and named:
            raise TypeError("'flat' and 'named' can't be used together.")
        if flat and len(fields) > 1:
            raise TypeError("'flat' is not valid when values_list is called with more than one field.")
        if flat and not fields:
            warnings.warn(
                "Calling values_list() with no field name and flat=True is deprecated. Pass an explicit field "
                "name instead, like 'pk'.",
                RemovedInDjango2028Warning,
                stacklevel=2,
            )
        if len(set(fields)) != len(fields) or any(hasattr(field, "resolve_expression") for field in fields):
            from offbeat.db.models.queryset.annotating import name_expressions

            names, expressions = name_expressions(fields)
            clone = self._values(*names, **expressions)
        else:
            clone = self._values(*fields)
        clone._iterable_class = (
            NamedValuesListIterable if named else FlatValuesListIterable if flat else ValuesListIterable
        )
        return cast("QuerySet[Any]", clone)

    def _values(self, *fields: Any, **expressions: Any) -> Self:
        if not expressions:
            grown = self._structural("_values", fields)
            if grown is not None:
                grown._fields = fields
                return grown
        clone = self._chain()
        if expressions:
            clone = clone.annotate(**expressions)
        clone._fields = fields
        clone.query.set_values(fields)
        return clone

    def dates(self, field_name: str, kind: str, order: str = "ASC") -> QuerySet[datetime.date]:
        """The distinct dates of a field, cut to year, month, week or day."""
        from offbeat.db.models.queryset.annotating import dates

        return cast("QuerySet[datetime.date]", dates(self, field_name, kind, order))

    def datetimes(
        self, field_name: str, kind: str, order: str = "ASC", tzinfo: Any = None
    ) -> QuerySet[datetime.datetime]:
        """The distinct moments of a field, cut to year, month, week, day, hour, minute or second."""
        from offbeat.db.models.queryset.annotating import datetimes

        return cast("QuerySet[datetime.datetime]", datetimes(self, field_name, kind, order, tzinfo))

    def defer(self, *fields: str | None) -> Self:
        """Do not load these fields until they are asked for; None loads all again."""
        self._not_support_combined_queries("defer")
        if self._fields is not None:
            raise TypeError("Cannot call defer() after .values() or .values_list()")
        grown = self._structural("defer", fields)
        if grown is not None:
            return grown
        clone = self._chain()
        if fields == (None,):
            clone.query.clear_deferred_loading()
        else:
            clone.query.add_deferred_loading(fields)
        return clone

    def only(self, *fields: str) -> Self:
        """Load only these fields (and the primary key); the others when asked for."""
        self._not_support_combined_queries("only")
        if self._fields is not None:
            raise TypeError("Cannot call only() after .values() or .values_list()")
        if None in fields:
            raise TypeError("Cannot pass None as an argument to only().")
        grown = self._structural("only", fields)
        if grown is not None:
            return grown
        filtered = self._form._filtered_relations
        for field in fields:
            if field.split(LOOKUP_SEP, 1)[0] in filtered:
                raise ValueError("only() is not supported with FilteredRelation.")
        clone = self._chain()
        clone.query.add_immediate_loading(fields)
        return clone

    def using(self, alias: str | None) -> Self:
        """Use the database `alias`."""
        clone = self._chain()
        clone._db = alias
        return clone

    def fetch_mode(self, mode: Any) -> Self:
        """Choose how values that were not loaded are fetched (Django documentation: topics/db/fetch-modes)."""
        clone = self._chain()
        clone._fetch_mode = mode
        return clone

    def select_for_update(
        self, nowait: bool = False, skip_locked: bool = False, of: Any = (), no_key: bool = False
    ) -> Self:
        """Lock the rows until the end of the transaction."""
        if nowait and skip_locked:
            raise ValueError("The nowait option cannot be used with skip_locked.")
        clone = self._structural("_locked", (bool(nowait), bool(skip_locked), bool(no_key), *of))
        if clone is None:
            clone = self._locked(nowait, skip_locked, no_key, *of)
        clone._for_write = True
        return clone

    def _locked(self, nowait: bool, skip_locked: bool, no_key: bool, *of: str) -> Self:
        clone = self._chain()
        query = clone.query
        query.select_for_update = True
        query.select_for_update_nowait = nowait
        query.select_for_update_skip_locked = skip_locked
        query.select_for_update_of = of
        query.select_for_no_key_update = no_key
        return clone

    def extra(
        self,
        select: dict[str, Any] | None = None,
        where: Any = None,
        params: Any = None,
        tables: Any = None,
        order_by: Any = None,
        select_params: Any = None,
    ) -> Self:
        """Add pieces of SQL; prefer expressions."""
        self._not_support_combined_queries("extra")
        if self._form.is_sliced:
            raise TypeError("Cannot change a query once a slice has been taken.")
        clone = self._chain()
        clone.query.add_extra(select, select_params, where, params, tables, order_by)
        return clone

    def union(self, *other_qs: Any, all: bool = False) -> Self:
        """The rows of any of the querysets; duplicates too with all=True."""
        if not self._form.is_empty():
            return self._combinator_query("union", *other_qs, all=all) if other_qs else self
        others = [queryset for queryset in other_qs if not queryset._form.is_empty()]
        if not others:
            return self
        first: Self = others[0]
        return first._combinator_query("union", *others[1:], all=all) if others[1:] else first

    def intersection(self, *other_qs: Any) -> Self:
        """The rows that all the querysets have."""
        for queryset in (self, *other_qs):
            if queryset._form.is_empty():
                empty: Self = queryset
                return empty
        return self._combinator_query("intersection", *other_qs)

    def difference(self, *other_qs: Any) -> Self:
        """The rows of this queryset that none of the others has."""
        return self if self._form.is_empty() else self._combinator_query("difference", *other_qs)

    def _combinator_query(self, combinator: str, *other_qs: Any, all: bool = False) -> Self:
        clone = self._chain()
        query = clone.query
        query.clear_ordering(force=True)
        query.clear_limits()
        query.combined_queries = (
            self._concrete_query(),
            *[queryset._concrete_query() for queryset in other_qs],
        )
        query.combinator = combinator
        query.combinator_all = all
        return clone

    def __and__(self, other: Any) -> Self:
        return self._merge(other, "&", "AND")

    def __or__(self, other: Any) -> Self:
        return self._merge(other, "|", "OR")

    def __xor__(self, other: Any) -> Self:
        return self._merge(other, "^", "XOR")

    def _merge(self, other: Any, operator: str, connector: str) -> Self:
        from offbeat.db.models.queryset.combining import merge

        merged: Self = merge(self, other, operator, connector)
        return merged

    def _structural(self, method: str, args: tuple[Any, ...]) -> Self | None:
        """`_grow` for a method whose arguments all belong to the shape: names, flags, expressions without values."""
        return self._grow(method, fixed=args) if self._shape is not None else None
