"""What a queryset is: a model, a shape with parameters (or a query of its own), and a result cache."""

from __future__ import annotations

import contextlib
import copy
import warnings
from collections.abc import AsyncIterator, Callable, Iterator
from typing import TYPE_CHECKING, Any, Generic, NamedTuple, Self, TypeVar, cast, overload

from offbeat.db import connections, router
from offbeat.db.models import shapes
from offbeat.db.models.fetch_modes import FETCH_ONE
from offbeat.db.models.queryset.iteration import ModelIterable, ResultIterator, ValuesIterable
from offbeat.db.models.utils import AltersData
from offbeat.db.utils import DEFAULT_DB_ALIAS, DJANGO_VERSION_PICKLE_KEY, NotSupportedError
from offbeat.utils.lazy_module import LazyModule

if TYPE_CHECKING:
    from offbeat.db.models import plans
else:
    plans = LazyModule("offbeat.db.models.plans")

__all__ = ["REPR_OUTPUT_SIZE", "OwnerLink", "QueryState"]

_M = TypeVar("_M")

REPR_OUTPUT_SIZE = 20

# Slices up to this length from the start are written into the SQL: such numbers are mostly constants.
_LITERAL_LIMIT = 100

_NO_HINTS: dict[str, Any] = {}
_NOTHING_KNOWN: dict[Any, dict[Any, Any]] = {}


class OwnerLink(NamedTuple):
    """How prefetched querysets belong to instances: by this name, and by this field of their objects (or None)."""

    cache_name: str
    field: Any


class _OfOwner:
    """What a prefetched queryset derives from the instance it belongs to when asked: most never are."""

    def __init__(self, default: Any, derive: Callable[[Any, Any], Any]) -> None:
        self.default = default
        self.derive = derive

    def __set_name__(self, cls: type, name: str) -> None:
        self.name = name

    def __get__(self, queryset: Any, cls: Any = None) -> Any:
        if queryset is None or queryset._owner is None:
            return self.default
        value = self.derive(queryset, queryset._owner)
        setattr(queryset, self.name, value)
        return value


def _known_of_owner(queryset: Any, owner: Any) -> dict[Any, dict[Any, Any]]:
    """The objects found are known to belong to the owner: no query is needed to go back."""
    field = queryset._owner_link.field
    if field is None:
        return _NOTHING_KNOWN
    key = field.get_foreign_related_value(owner)
    return {field: {key[0] if len(key) == 1 else key: owner}}


class QueryState(AltersData, Generic[_M]):
    """State, copying and evaluation; the methods users call are added by the subclasses beside this file.

    Exactly one of `_shape` and `_query` is set. While `_shape` is, the queryset lives in the shape trie (see
    offbeat.db.models.shapes) with its values in `_params`; reading `query` takes it out for good.
    """

    model: Any
    # Set for each: with a default on the class, reading and writing it would cost a multiple.
    _shape: shapes.Shape | None
    _params: Any = _OfOwner((), lambda queryset, owner: queryset._owner_params())
    _query: Any = None
    _db: str | None = None
    _hints: Any = _OfOwner(_NO_HINTS, lambda queryset, owner: {"instance": owner})
    _result_cache: list[_M] | None = None
    _sticky_filter: bool = False
    # Calls since the shape, which its query does not know of.
    _calls: int = 0
    _for_write: bool = False
    _prefetch_related_lookups: tuple[Any, ...] = ()
    _prefetch_done: bool = False
    _known_related_objects: Any = _OfOwner(_NOTHING_KNOWN, _known_of_owner)
    # The instance whose related objects were prefetched into this queryset, what led there, and from which value.
    _owner: Any = None
    _owner_link: OwnerLink | None = None
    _owner_key: Any = None
    _iterable_class: Any = ModelIterable
    _fetch_mode: Any = FETCH_ONE
    _fields: tuple[Any, ...] | None = None
    _cloning: bool = True

    # Whether copying, and getting one object, can take the short way: no subclass has changed what they consist of.
    _stock_copy = True
    _stock_get = True

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        cls._stock_copy = all(_inherits(cls, name) for name in ("__init__", "_clone", "_chain"))
        cls._stock_get = cls._stock_copy and all(_inherits(cls, name) for name in _GET_CONSISTS_OF)

    def __init__(
        self,
        model: Any = None,
        query: Any = None,
        using: str | None = None,
        hints: dict[str, Any] | None = None,
    ) -> None:
        self.model = model
        if using is not None:
            self._db = using
        self._hints = hints or _NO_HINTS
        self._known_related_objects = _NOTHING_KNOWN
        self._params = ()
        self._shape = shapes.root_shape(model) if query is None and model is not None else None
        if query is not None:
            self._query = query
        elif self._shape is None and model is not None:
            self._query = _new_query(model)

    @property
    def query(self) -> Any:
        """The query, free to be changed; the queryset no longer shares a shape from here on."""
        query = self._query
        if query is None:
            shape = self._shape
            if shape is None:
                self._query = query = _new_query(self.model)
            else:
                self._query = query = shape.materialise(self._params)
                for _ in range(min(self._calls, 2)):
                    query.begin_call()
                if self._calls and self._sticky_filter:
                    query.filter_is_sticky = True
                    self._sticky_filter = False
                self._shape = None
                self._params = ()
                if self._result_cache is not None:
                    # As the query that gave the results: with its first table.
                    query.get_initial_alias()
        return query

    @query.setter
    def query(self, value: Any) -> None:
        self._query = value
        self._shape = None
        self._params = ()
        if getattr(value, "values_select", None):
            self._iterable_class = ValuesIterable

    def _owner_params(self) -> tuple[Any, ...]:
        """The parameters of a prefetched queryset: its owner's key."""
        key = self._owner_key
        return key if isinstance(key, tuple) else (key,)

    def _concrete_query(self) -> Any:
        """The query with its values, for reading and copying: unlike `query` it leaves the queryset in the trie."""
        shape = self._shape
        return self._query if shape is None else shape.materialise(self._params)

    @property
    def _form(self) -> Any:
        """The query for looking at its structure only: values in it may be placeholders."""
        shape = self._shape
        return self._query if shape is None else shape.query

    @classmethod
    def as_manager(cls) -> Self:
        """Return a manager instance with this queryset's methods (Django documentation: topics/db/managers)."""
        from offbeat.db.models.manager import Manager

        manager = Manager.from_queryset(cast(Any, cls))()
        manager._built_with_as_manager = True
        return cast(Self, manager)

    as_manager.__func__.queryset_only = True  # type: ignore[attr-defined]

    def __deepcopy__(self, memo: dict[int, Any]) -> Self:
        """A copy without the results."""
        clone: Self = self.__class__.__new__(self.__class__)
        for name, value in self.__dict__.items():
            if name == "_result_cache":
                clone._result_cache = None
            elif name in ("_shape", "model"):
                clone.__dict__[name] = value
            else:
                clone.__dict__[name] = copy.deepcopy(value, memo)
        return clone

    def __getstate__(self) -> dict[str, Any]:
        """Evaluate the queryset, then pickle results and query."""
        from offbeat import __version__

        self._fetch_all()
        state = {name: value for name, value in self.__dict__.items() if name not in ("_shape", "_params")}
        if self._shape is not None:
            state["_query"] = self._shape.materialise(self._params)
        state[DJANGO_VERSION_PICKLE_KEY] = __version__
        return state

    def __setstate__(self, state: dict[str, Any]) -> None:
        from offbeat import __version__

        pickled = state.pop(DJANGO_VERSION_PICKLE_KEY, None)
        message = ""
        if not pickled:
            message = "Pickled queryset instance's Django version is not specified."
        elif pickled != __version__:
            message = (
                f"Pickled queryset instance's Django version {pickled} does not match the current version "
                f"{__version__}."
            )
        if message:
            warnings.warn(message, RuntimeWarning, stacklevel=2)
        self.__dict__.update({"_shape": None, **state})

    def __repr__(self) -> str:
        data: list[Any] = list(self[: REPR_OUTPUT_SIZE + 1])
        if len(data) > REPR_OUTPUT_SIZE:
            data[-1] = "...(remaining elements truncated)..."
        return f"<{self.__class__.__name__} {data!r}>"

    def __len__(self) -> int:
        self._fetch_all()
        return len(self._result_cache)  # type: ignore[arg-type]

    def __iter__(self) -> Iterator[_M]:
        self._fetch_all()
        return iter(self._result_cache)  # type: ignore[arg-type]

    def __aiter__(self) -> AsyncIterator[_M]:
        return ResultIterator(self)

    def __bool__(self) -> bool:
        self._fetch_all()
        return bool(self._result_cache)

    @overload
    def __getitem__(self, k: int) -> _M: ...

    @overload
    def __getitem__(self, k: slice) -> Self: ...

    def __getitem__(self, k: Any) -> Any:
        """An item, a queryset (for a slice), or a list (when evaluated, or for a slice with a step)."""
        if not isinstance(k, (int, slice)):
            raise TypeError(f"QuerySet indices must be integers or slices, not {type(k).__name__}.")
        if isinstance(k, int):
            if k < 0:
                raise ValueError("Negative indexing is not supported.")
        elif (k.start is not None and k.start < 0) or (k.stop is not None and k.stop < 0):
            raise ValueError("Negative indexing is not supported.")
        if self._result_cache is not None:
            return self._result_cache[k]
        if isinstance(k, slice):
            low = int(k.start) if k.start is not None else None
            high = int(k.stop) if k.stop is not None else None
            limited = self._limited(low, high)
            return list(limited)[:: k.step] if k.step else limited
        limited = self._limited(k, k + 1)
        limited._fetch_all()
        return limited._result_cache[0]  # type: ignore[index]

    def _limited(self, low: int | None, high: int | None) -> Self:
        if self._shape is not None:
            grown = self._grow_limits(low, high)
            if grown is not None:
                return grown
        clone = self._chain()
        clone.query.set_limits(low, high)
        return clone

    def _grow_limits(self, low: int | None, high: int | None) -> Self | None:
        if not low and (high is None or high <= _LITERAL_LIMIT):
            return self._grow("_limited", fixed=(low, high))
        # Pages differ by their offset: it is a parameter, lest each page had a shape of its own.
        low = low or 0
        if high is None or high <= low or self._form.is_sliced:
            return self._grow("_limited", fixed=(low, high))
        return self._grow("_limited_by", args=(high - low, low))

    def _limited_by(self, limit: Any, offset: Any) -> Self:
        clone = self._chain()
        if isinstance(limit, int):
            clone.query.set_limits(offset, offset + limit)
        else:
            clone.query.set_limit_params(limit, offset)
        return clone

    def _clone(self) -> Self:
        """A copy without results; meant to be overridden by subclasses with state of their own."""
        if type(self)._stock_copy:
            clone: Self = object.__new__(self.__class__)
            clone.model = self.model
            clone._shape = self._shape
            if self._query is not None:
                clone._query = self._query.chain()
            else:
                clone._params = self._params
            if self._db is not None:
                clone._db = self._db
            clone._hints = self._hints
        else:
            clone = self._constructed_copy()
        clone._sticky_filter = self._sticky_filter
        clone._for_write = self._for_write
        clone._prefetch_related_lookups = self._prefetch_related_lookups
        clone._known_related_objects = self._known_related_objects
        clone._iterable_class = self._iterable_class
        clone._fetch_mode = self._fetch_mode
        clone._fields = self._fields
        return clone

    def _constructed_copy(self) -> Self:
        """A copy made by the class's own constructor, as subclasses with an __init__ expect."""
        if self._shape is None:
            return self.__class__(
                model=self.model, query=self.query.chain(), using=self._db, hints=self._hints
            )
        clone = self.__class__(model=self.model, using=self._db, hints=self._hints)
        clone._shape = self._shape
        clone._params = self._params
        clone._query = None
        return clone

    def _chain(self) -> Self:
        """A copy that is about to be changed."""
        if not self._cloning:
            return self
        clone = self._clone()
        if self._shape is not None:
            clone._calls = self._calls + 1
        elif clone._sticky_filter:
            clone.query.filter_is_sticky = True
            clone._sticky_filter = False
        return clone

    @contextlib.contextmanager
    def _avoid_cloning(self) -> Iterator[None]:
        """Let calls change this very queryset; for code that makes long chains of its own querysets."""
        self._disable_cloning()
        try:
            yield
        finally:
            self._enable_cloning()

    def _disable_cloning(self) -> Self:
        self._query = self.query
        self._cloning = False
        return self

    def _enable_cloning(self) -> Self:
        self._cloning = True
        return self

    def _follow(self, shape: shapes.Shape, params: tuple[Any, ...]) -> Self:
        """A copy at another place of the trie."""
        if type(self)._stock_copy:
            clone: Self = object.__new__(self.__class__)
            clone.model = self.model
            clone._shape = shape
            clone._params = params
            if self._db is not None:
                clone._db = self._db
            clone._hints = self._hints
            clone._known_related_objects = self._known_related_objects
            if self._for_write:
                clone._for_write = True
            if self._prefetch_related_lookups:
                clone._prefetch_related_lookups = self._prefetch_related_lookups
            if self._fetch_mode is not FETCH_ONE:
                clone._fetch_mode = self._fetch_mode
        else:
            clone = self._chain()
            clone._query = None
            clone._shape = shape
            clone._params = params
            clone._sticky_filter = False
            clone._calls = 0
        if self._iterable_class is not clone._iterable_class:
            clone._iterable_class = self._iterable_class
        if self._fields is not None:
            clone._fields = self._fields
        return clone

    def _grow(
        self,
        method: str,
        args: tuple[Any, ...] = (),
        kwargs: dict[str, Any] | None = None,
        fixed: tuple[Any, ...] = (),
    ) -> Self | None:
        """The copy that `method(*fixed, *args, **kwargs)` means, found in the trie; None to take the slow path."""
        shape = self._shape
        if shape is None:
            return None
        found = shapes.step(shape, method, args, kwargs or {}, fixed, self._sticky_filter)
        if found is None:
            return None
        return self._follow(found[0].shape, self._params + found[1])

    def _fetch_all(self) -> None:
        """Fill the result cache, and do the prefetching once."""
        if self._result_cache is None:
            self._result_cache = self._load()
        if self._prefetch_related_lookups and not self._prefetch_done:
            self._prefetch_related_objects()

    def _load(self) -> list[_M]:
        shape = self._shape
        if shape is not None and self._iterable_class in _STOCK_ITERABLES:
            rows = plans.load(self, shape)
            if rows is not None:
                return rows
        return list(self._iterable_class(self))

    def _prefetch_related_objects(self) -> None:
        from offbeat.db.models.queryset.prefetch import prefetch_related_objects

        prefetch_related_objects(self._result_cache or [], *self._prefetch_related_lookups)
        self._prefetch_done = True

    def _next_is_sticky(self) -> Self:
        """Let the next filter() and the one after it share their joins; for managers of related objects."""
        self._sticky_filter = True
        return self

    def _add_hints(self, **hints: Any) -> None:
        """Add hints for the database router."""
        self._hints = {**self._hints, **hints}

    @property
    def db(self) -> str:
        """The alias of the database this queryset uses when it is evaluated now."""
        alias = self._db
        if alias is not None and not self._for_write:
            return alias
        if not self._hints and not router.routers:
            return alias or DEFAULT_DB_ALIAS
        if self._for_write:
            return alias or router.db_for_write(self.model, **self._hints)
        return router.db_for_read(self.model, **self._hints)

    @property
    def ordered(self) -> bool:
        """True if rows come in a defined order: order_by(), Meta.ordering, or no rows at all."""
        query = self._form
        if query.is_empty():
            return True
        if query.extra_order_by or query.order_by:
            return True
        # A default ordering has no effect where rows are grouped.
        return bool(query.default_ordering and query.get_meta().ordering and not query.group_by)

    @property
    def totally_ordered(self) -> bool:
        """True if the order leaves no two rows to chance: it covers a primary key or unique, non-null columns."""
        if not self.ordered:
            return False
        from offbeat.db.models.queryset.ordering import covers_unique_fields

        return covers_unique_fields(self._form)

    def resolve_expression(self, *args: Any, **kwargs: Any) -> Any:
        """The queryset as an expression: a subquery."""
        query = self._concrete_query().resolve_expression(*args, **kwargs)
        query._db = self._db
        return query

    resolve_expression.queryset_only = True  # type: ignore[attr-defined]

    def _has_filters(self) -> bool:
        """True if anything narrows the rows."""
        return bool(self._form.has_filters())

    def _connection(self) -> Any:
        return connections[self.db]

    def _not_support_combined_queries(self, operation_name: str) -> None:
        combinator = self._form.combinator
        if combinator:
            message = f"Calling QuerySet.{operation_name}() after {combinator}() is not supported."
            raise NotSupportedError(message)


def _new_query(model: Any) -> Any:
    from offbeat.db.models.sql import Query

    return Query(model)


def _inherits(cls: type, name: str) -> bool:
    """True if no class outside these files has replaced `name`."""
    for base in cls.__mro__:
        if name in base.__dict__:
            return base.__module__.startswith(_STOCK_MODULES)
    return True


_STOCK_MODULES = (
    "offbeat.db.models.queryset.",
    "offbeat.db.models.query",
    "offbeat.db.models.utils",
    "builtins",
)

_GET_CONSISTS_OF = (
    "__iter__",
    "__len__",
    "_fetch_all",
    "_filter_or_exclude",
    "_filter_or_exclude_inplace",
    "_iterable_class",
    "_load",
    "db",
    "filter",
    "get",
    "order_by",
    "query",
)

_STOCK_ITERABLES: frozenset[Any] = frozenset()


def _set_stock_iterables() -> None:
    global _STOCK_ITERABLES
    from offbeat.db.models.queryset import iteration

    _STOCK_ITERABLES = frozenset(
        {
            iteration.ModelIterable,
            iteration.ValuesIterable,
            iteration.ValuesListIterable,
            iteration.NamedValuesListIterable,
            iteration.FlatValuesListIterable,
        }
    )


_set_stock_iterables()
