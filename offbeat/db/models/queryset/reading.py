"""The methods that run a query and read (Django documentation: ref/models/querysets)."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from itertools import islice
from typing import TYPE_CHECKING, Any, cast

from offbeat.db import connections
from offbeat.db.models.queryset.iteration import ModelIterable, iterate_in_spawns
from offbeat.db.models.queryset.refine import Refining
from offbeat.db.models.queryset.state import _M
from offbeat.db.utils import NotSupportedError
from offbeat.utils.lazy_module import LazyModule

if TYPE_CHECKING:
    from offbeat.db.models import plans
    from offbeat.db.models.queryset import annotating
else:
    plans = LazyModule("offbeat.db.models.plans")
    annotating = LazyModule("offbeat.db.models.queryset.annotating")

__all__ = ["MAX_GET_RESULTS", "Reading"]

MAX_GET_RESULTS = 21
"""How many rows get() asks for, to tell how many too many there are."""

_CHUNK = 2000


class Reading(Refining[_M]):
    """get(), first(), count(), iterator() and the like."""

    def get(self, *args: Any, **kwargs: Any) -> _M:
        """The one object that matches; DoesNotExist or MultipleObjectsReturned of the model otherwise."""
        shape = self._shape
        if (
            shape is not None
            and not args
            and self._stock_get
            and self._iterable_class is ModelIterable
            and not self._prefetch_related_lookups
        ):
            move = shape.children.get(("get", *kwargs, *map(type, kwargs.values())))
            if move is not None:
                rows = plans.load_values(self, move, kwargs)
                if rows is not None:
                    if len(rows) == 1:
                        return rows[0]  # type: ignore[no-any-return]
                    raise self._wrong_number(len(rows), MAX_GET_RESULTS)
        return self._get(args, kwargs)

    def _get(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> _M:
        combinator = self._form.combinator
        if combinator and (args or kwargs):
            raise NotSupportedError(
                f"Calling QuerySet.get(...) with filters after {combinator}() is not supported."
            )
        clone = self._chain() if combinator else self.filter(*args, **kwargs)
        form = clone._form
        if form.can_filter() and not form.distinct_fields:
            clone = clone.order_by()
        limit: int | None = None
        if not form.select_for_update or clone._connection().features.supports_select_for_update_with_limit:
            limit = MAX_GET_RESULTS
            clone = clone._limited(None, limit)
        number = len(clone)
        if number == 1:
            self._remember_get(clone, args, kwargs)
            return clone._result_cache[0]  # type: ignore[index]
        raise self._wrong_number(number, limit)

    def _wrong_number(self, number: int, limit: int | None) -> Exception:
        name = self.model._meta.object_name
        if not number:
            missing: Exception = self.model.DoesNotExist(f"{name} matching query does not exist.")
            return missing
        count = number if not limit or number < limit else f"more than {limit - 1}"
        several: Exception = self.model.MultipleObjectsReturned(
            f"get() returned more than one {name} -- it returned {count}!"
        )
        return several

    def _remember_get(self, clone: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
        if not args and self._shape is not None and clone._shape is not None:
            plans.remember_get(self._shape, clone._shape, kwargs)

    def first(self) -> _M | None:
        """The first object in order (of the primary key if there is no other), or None."""
        # order_by() without names says that the order does not matter.
        if self.ordered or not self._form.default_ordering:
            queryset = self
        else:
            self._check_order("first")
            queryset = self.order_by("pk")
        for instance in queryset[:1]:
            return instance
        return None

    def last(self) -> _M | None:
        """The last object in order, or None."""
        if self.ordered or not self._form.default_ordering:
            queryset = self.reverse()
        else:
            self._check_order("last")
            queryset = self.order_by("-pk")
        for instance in queryset[:1]:
            return instance
        return None

    def _check_order(self, method: str) -> None:
        from offbeat.db.models.queryset.ordering import check_order_of_groups

        check_order_of_groups(self, method)

    def earliest(self, *fields: Any) -> _M:
        """The first object by these fields or Meta.get_latest_by; DoesNotExist when there is none."""
        return self._earliest(*fields)

    def latest(self, *fields: Any) -> _M:
        """The last object by these fields or Meta.get_latest_by; DoesNotExist when there is none."""
        if self._form.is_sliced:
            raise TypeError("Cannot change a query once a slice has been taken.")
        return self.reverse()._earliest(*fields)

    def _earliest(self, *fields: Any) -> _M:
        from offbeat.db.models.queryset.ordering import edge

        return cast(_M, edge(self, fields))

    def count(self) -> int:
        """How many rows there are, counted by the database unless they have been loaded."""
        if self._result_cache is not None:
            return len(self._result_cache)
        if self._shape is not None:
            counted = plans.count(self, self._shape)
            if counted is not None:
                return counted
        return cast(int, self._concrete_query().get_count(using=self.db))

    def exists(self) -> bool:
        """True if there is any row."""
        if self._result_cache is not None:
            return bool(self._result_cache)
        if self._shape is not None:
            found = plans.exists(self, self._shape)
            if found is not None:
                return found
        return bool(self._concrete_query().has_results(using=self.db))

    def contains(self, obj: Any) -> bool:
        """True if `obj` is among the results."""
        self._not_support_combined_queries("contains")
        if self._fields is not None:
            raise TypeError("Cannot call QuerySet.contains() after .values() or .values_list().")
        try:
            if obj._meta.concrete_model != self.model._meta.concrete_model:
                return False
        except AttributeError:
            raise TypeError("'obj' must be a model instance.") from None
        if not obj._is_pk_set():
            raise ValueError("QuerySet.contains() cannot be used on unsaved objects.")
        if self._result_cache is not None:
            return obj in self._result_cache
        return self.filter(pk=obj.pk).exists()

    def aggregate(self, *args: Any, **kwargs: Any) -> dict[str, Any]:
        """A dictionary of values computed over all rows."""
        if self._form.distinct_fields:
            raise NotImplementedError("aggregate() + distinct(fields) not implemented.")
        named = annotating.named_aggregates(args, kwargs)
        if self._shape is not None:
            values = plans.aggregate(self, self._shape, named)
            if values is not None:
                return values
        return cast("dict[str, Any]", self._concrete_query().chain().get_aggregation(self.db, named))

    def in_bulk(self, id_list: Any = None, *, field_name: str = "pk") -> dict[Any, _M]:
        """The objects by primary key or another unique field: all of them, or those of `id_list`."""
        from offbeat.db.models.queryset.in_bulk import in_bulk

        return in_bulk(self, id_list, field_name)

    def iterator(self, chunk_size: int | None = None) -> Iterator[_M]:
        """Iterate without keeping the results, in chunks of the server's cursor."""
        if chunk_size is None:
            if self._prefetch_related_lookups:
                raise ValueError(
                    "chunk_size must be provided when using QuerySet.iterator() after prefetch_related()."
                )
        elif chunk_size <= 0:
            raise ValueError("Chunk size must be strictly positive.")
        chunked = not connections[self.db].settings_dict.get("DISABLE_SERVER_SIDE_CURSORS")
        return self._iterator(chunked, chunk_size)

    def _iterator(self, use_chunked_fetch: bool, chunk_size: int | None) -> Iterator[_M]:
        rows = iter(
            self._iterable_class(self, chunked_fetch=use_chunked_fetch, chunk_size=chunk_size or _CHUNK)
            if self._shape is None or self._iterable_class is not ModelIterable
            else self._streamed(use_chunked_fetch, chunk_size or _CHUNK)
        )
        if not self._prefetch_related_lookups or chunk_size is None:
            yield from rows
            return
        from offbeat.db.models.queryset.prefetch import prefetch_related_objects

        while chunk := list(islice(rows, chunk_size)):
            prefetch_related_objects(chunk, *self._prefetch_related_lookups)
            yield from chunk

    def _streamed(self, chunked: bool, chunk_size: int) -> Iterator[_M]:
        return cast("Iterator[_M]", plans.stream(self, chunked, chunk_size))

    async def aiterator(self, chunk_size: int = _CHUNK) -> AsyncIterator[_M]:
        """iterator() for `async for`."""
        if chunk_size <= 0:
            raise ValueError("Chunk size must be strictly positive.")
        from offbeat.concurrency import spawn

        async for item in iterate_in_spawns(await spawn(self.iterator, chunk_size), chunk_size):
            yield item

    def explain(self, /, *, format: str | None = None, **options: Any) -> str:
        """The database's plan for the query, as text."""
        return cast(str, self._concrete_query().explain(using=self.db, format=format, **options))

    def raw(
        self, raw_query: str, params: Any = (), translations: Any = None, using: str | None = None
    ) -> Any:
        """Instances from SQL of your own (Django documentation: topics/db/sql)."""
        from offbeat.db.models.queryset.raw import RawQuerySet

        queryset: Any = RawQuerySet(
            raw_query, model=self.model, params=params, translations=translations, using=using or self.db
        )
        queryset._prefetch_related_lookups = self._prefetch_related_lookups[:]
        queryset._fetch_mode = self._fetch_mode
        return queryset
