"""GenericPrefetch (Django documentation: ref/contrib/contenttypes#genericprefetch)."""

from __future__ import annotations

from typing import Any

from offbeat.db.models import Prefetch
from offbeat.db.models.query import ModelIterable, RawQuerySet

__all__ = ["GenericPrefetch"]


class GenericPrefetch(Prefetch):
    """Prefetches a generic foreign key, with a queryset for each type of object."""

    def __init__(self, lookup: str, querysets: Any, to_attr: str | None = None) -> None:
        for queryset in querysets:
            if queryset is not None and (
                isinstance(queryset, RawQuerySet)
                or (
                    hasattr(queryset, "_iterable_class")
                    and not issubclass(queryset._iterable_class, ModelIterable)
                )
            ):
                raise ValueError("Prefetch querysets cannot use raw(), values(), and values_list().")
        self.querysets = querysets
        super().__init__(lookup, to_attr=to_attr)

    def __getstate__(self) -> dict[str, Any]:
        state = self.__dict__.copy()
        # Evaluated querysets would be pickled with their results.
        querysets = []
        for queryset in self.querysets:
            if queryset is not None:
                queryset = queryset._chain()
                queryset._result_cache = []
                queryset._prefetch_done = True
            querysets.append(queryset)
        state["querysets"] = querysets
        return state

    def get_current_querysets(self, level: int) -> Any:
        """Return the querysets for this level of the lookup, or None."""
        if self.get_current_prefetch_to(level) == self.prefetch_to:
            return self.querysets
        return None
