"""The shape trie: querysets that differ only in their values share one compiled query.

A queryset is a model, a *shape* and a tuple of parameters. A shape is what a chain of calls such as
``filter(id__gte=…).order_by("name")`` means without the values; shapes hang together in a trie, one per model, whose
edges are calls. Following an edge that is known costs a dictionary look-up and a tuple concatenation. An edge that is
not known is built once: the real method runs on a template queryset with ``Param`` placeholders for the values, so a
wrong field name or value raises at the call, as documented.

Invariants:
 - an edge's key holds the method, the lookup names and the *kinds* of values, never a value, unless it decides the
   SQL (None, booleans, the length of a list, slice bounds);
 - whatever cannot be keyed makes the queryset leave the trie: it then owns a Query of its own, and everything stays
   correct, merely slower;
 - shapes never change after they are published, so that look-ups need no lock; building does.
A trie that grows beyond its bound, or that was built before models, lookups or settings changed, is dropped whole.
"""

from __future__ import annotations

import datetime
import decimal
import threading
import uuid
from collections.abc import Callable, Iterable, Iterator
from enum import Enum
from typing import TYPE_CHECKING, Any

from offbeat.db.models.sql.params import Param, Unbindable

if TYPE_CHECKING:
    from offbeat.db.models.query import QuerySet
    from offbeat.db.models.sql.query import Query

__all__ = ["MAX_SHAPES", "Move", "Shape", "clear_shapes", "root_shape", "step"]

MAX_SHAPES = 1000
"""How many shapes one model may have; beyond that its trie starts anew."""

MAX_PLANS = 200
"""How many plans one shape may have."""

MAX_LIST = 256
"""The longest list of values that gets a shape of its own."""

MAX_REFUSALS = 8
"""How often a call may turn out not to be keyable before it is known not to be."""

PLAIN = frozenset(
    {
        int,
        float,
        str,
        bytes,
        decimal.Decimal,
        datetime.date,
        datetime.datetime,
        datetime.time,
        datetime.timedelta,
        uuid.UUID,
    }
)

_LITERAL = frozenset({str, int, bool, type(None)})

_lock = threading.RLock()
_generation = 0


class Unkeyable(Exception):
    """This argument's meaning cannot be told from its kind."""


class Root:
    """The trie of one model: its first shape, how many it has, and the world it was built for."""

    __slots__ = ("count", "generation", "model", "refusals", "shape")

    def __init__(self, model: Any) -> None:
        self.model = model
        self.generation = _generation
        self.count = 0
        self.refusals: dict[Any, int] = {}
        self.shape = Shape(self, None, None, None, (), {}, False)


class Move:
    """An edge of the trie: where a call leads, and what its values must go through first."""

    __slots__ = ("preparers", "shape")

    def __init__(self, shape: Shape, preparers: tuple[tuple[int, Callable[[Any], Any]], ...]) -> None:
        self.shape = shape
        self.preparers = preparers

    def prepare(self, values: Iterable[Any]) -> tuple[Any, ...]:
        """The values as parameters; raises what the field raises for a wrong one, or Unbindable."""
        if not self.preparers:
            return tuple(values)
        prepared = list(values)
        for position, preparer in self.preparers:
            prepared[position] = preparer(prepared[position])
        return tuple(prepared)


class Shape:
    """One node of the trie: a query without its values, and what has been compiled for it."""

    __slots__ = (
        "args",
        "children",
        "fields",
        "kwargs",
        "method",
        "parent",
        "plans",
        "query",
        "root",
        "size",
        "sticky",
    )

    def __init__(
        self,
        root: Root,
        query: Query | None,
        parent: Shape | None,
        method: str | None,
        args: tuple[Any, ...],
        kwargs: dict[str, Any],
        sticky: bool,
    ) -> None:
        self.root = root
        if query is not None:
            self.query: Query = query
        self.parent = parent
        self.method = method
        self.args = args
        self.kwargs = kwargs
        self.sticky = sticky
        self.size: int = parent.size if parent is not None else 0
        self.fields: tuple[Any, ...] | None = None
        self.children: dict[Any, Move | None] = {}
        self.plans: dict[Any, Any] = {}

    def __getattr__(self, name: str) -> Any:
        # The empty query is made when it is needed: a queryset that nobody evaluates does not load the query builder.
        if name != "query" or self.parent is not None:
            raise AttributeError(name)
        from offbeat.db.models.sql import Query

        self.query = Query(self.root.model)
        return self.query

    def keep_plan(self, key: Any, plan: Any) -> None:
        """Remember a plan; there are few for each shape, unless names in calls are made up at run time."""
        if len(self.plans) >= MAX_PLANS:
            self.plans.clear()
        self.plans[key] = plan

    def template(self) -> QuerySet[Any]:
        """A queryset outside the trie whose query is this shape's; its methods copy before they change it."""
        from offbeat.db.models.query import QuerySet

        template: QuerySet[Any] = QuerySet(self.root.model, query=self.query)
        template._fields = self.fields
        return template

    def materialise(self, params: tuple[Any, ...]) -> Query:
        """A query of the caller's own, with real values: the calls that led here are made again."""
        path = []
        shape: Shape | None = self
        while shape is not None and shape.parent is not None:
            path.append(shape)
            shape = shape.parent
        from offbeat.db.models import sql
        from offbeat.db.models.query import QuerySet

        queryset: QuerySet[Any] = QuerySet(self.root.model, query=sql.Query(self.root.model))
        for shape in reversed(path):
            queryset._sticky_filter = shape.sticky
            args = tuple(fill(arg, params) for arg in shape.args)
            kwargs = {name: fill(value, params) for name, value in shape.kwargs.items()}
            queryset = getattr(queryset, shape.method or "")(*args, **kwargs)
        query: Query = queryset.query
        return query


def root_shape(model: Any) -> Shape | None:
    """The empty shape of `model`, or None where shapes are switched off (``ORM_SHAPE_CACHE = False``)."""
    root = model.__dict__.get("_shape_root")
    # A class made from another's attributes may carry its trie.
    if root is not None and root.generation == _generation and root.model is model:
        shape: Shape | None = root.shape
        return shape
    return _plant(model)


def _plant(model: Any) -> Shape | None:
    from offbeat.conf import settings

    if not getattr(settings, "ORM_SHAPE_CACHE", True) or not isinstance(model, type):
        return None
    meta: Any = model._meta  # type: ignore[attr-defined]
    if not meta.apps.models_ready:
        return None
    with _lock:
        _watch()
        root = Root(model)
        type.__setattr__(model, "_shape_root", root)
        return root.shape


_watching = False


def _watch() -> None:
    """Drop all shapes when settings or models change; lookups call clear_shapes() themselves."""
    global _watching
    if _watching:
        return
    from offbeat.core.signals import setting_changed
    from offbeat.db.models.signals import class_prepared

    for signal in (setting_changed, class_prepared):
        signal.connect(clear_shapes, dispatch_uid="offbeat.db.models.shapes")
    _watching = True


def generation() -> int:
    """A number that changes whenever shapes become stale."""
    return _generation


def clear_shapes(**kwargs: Any) -> None:
    """Forget all shapes: called when models, lookups or settings change."""
    global _generation
    _generation += 1


def step(
    shape: Shape,
    method: str,
    args: tuple[Any, ...],
    kwargs: dict[str, Any],
    fixed: tuple[Any, ...] = (),
    sticky: bool = False,
) -> tuple[Move, tuple[Any, ...]] | None:
    """Follow the edge for `method(*fixed, *args, **kwargs)`, building it when it is new.

    Values of `fixed` belong to the key. Returns the edge and the added parameters, or None when the queryset must
    leave the trie (then the slow path also raises whatever is wrong with the arguments).
    """
    values: list[Any] = []
    try:
        key = (
            method,
            sticky,
            tuple([arg if type(arg) in _LITERAL else expression_kind(arg) for arg in fixed]),
            tuple([kind(arg, values) for arg in args]),
            tuple([(name, kind(value, values)) for name, value in kwargs.items()]),
        )
        move = shape.children[key]
    except (Unkeyable, TypeError):
        return None
    except KeyError:
        move = _learn(shape, key, method, (*fixed, *args), kwargs, len(fixed), sticky, values)
    if move is None:
        return None
    try:
        return move, move.prepare(values)
    except Exception:
        return None


def _learn(
    shape: Shape,
    key: Any,
    method: str,
    args: tuple[Any, ...],
    kwargs: dict[str, Any],
    fixed: int,
    sticky: bool,
    values: list[Any],
) -> Move | None:
    from offbeat.db.models.identity import is_identity

    if method == "_annotate_with" and any("%" in name for name in kwargs):
        # Deprecated names: each call must warn, and once.
        return None
    with _lock:
        root = shape.root
        if root.generation != _generation:
            return None
        if root.count >= MAX_SHAPES:
            _plant(root.model)
            return None
        counter = _Counter(shape.size)
        args = (*args[:fixed], *[place(arg, counter) for arg in args[fixed:]])
        kwargs = {name: place(value, counter) for name, value in kwargs.items()}
        template = shape.template()
        template._sticky_filter = sticky
        try:
            result = getattr(template, method)(*args, **kwargs)
        except Unbindable:
            # One value may have been at fault; a call that is refused again and again is not tried any more.
            refusals = root.refusals[shape, key] = root.refusals.get((shape, key), 0) + 1
            if len(root.refusals) > MAX_SHAPES:
                root.refusals.clear()
            if refusals >= MAX_REFUSALS:
                shape.children[key] = None
            return None
        except Exception:
            return None
        child = Shape(root, result._query, shape, method, args, kwargs, sticky)
        child.size = counter.next
        child.fields = result._fields
        preparers = child.query.param_preparers
        for position, value in enumerate(values, shape.size):
            if is_identity(preparers.get(position), value):
                del preparers[position]
        move = Move(child, preparers_between(child, shape.size))
        root.count += 1
        shape.children[key] = move
        return move


def remember(shape: Shape, key: Any, move: Move) -> None:
    """Give an edge a second, cheaper key."""
    with _lock:
        shape.children.setdefault(key, move)


def preparers_between(shape: Shape, start: int) -> tuple[tuple[int, Callable[[Any], Any]], ...]:
    """The preparers of the parameters from number `start` on, by their position from there."""
    preparers = shape.query.param_preparers
    return tuple([(i - start, preparers[i]) for i in range(start, shape.size) if preparers.get(i)])


class _Counter:
    __slots__ = ("next",)

    def __init__(self, start: int) -> None:
        self.next = start

    def take(self) -> int:
        index = self.next
        self.next = index + 1
        return index


def kind(value: Any, values: list[Any]) -> Any:
    """What of `value` decides the SQL; what does not is appended to `values`."""
    cls = type(value)
    if cls in PLAIN:
        values.append(value)
        return cls
    if value is None or cls is bool:
        return (cls, value)
    if cls is list or cls is tuple or cls is set or cls is frozenset:
        return _list_kind(cls, value, values)
    special = _kinds().get(cls)
    if special is not None:
        return special(value, values)
    return _object_kind(cls, value, values)


def _list_kind(cls: type, value: Any, values: list[Any]) -> Any:
    length = len(value)
    kinds = set(map(type, value))
    if length > MAX_LIST or len(kinds) > 1:
        raise Unkeyable
    if not kinds <= PLAIN:
        # Instances of one model stand for their keys.
        if not hasattr(next(iter(kinds)), "_meta") or any(item.pk is None for item in value):
            raise Unkeyable
    if cls is not set and cls is not frozenset and len(set(value)) != length and cls is list:
        raise Unkeyable
    values.extend(value)
    return (cls, length, *kinds)


def _object_kind(cls: type, value: Any, values: list[Any]) -> Any:
    if isinstance(value, Enum):
        if isinstance(value, (int, str)):
            values.append(value)
            return cls
        raise Unkeyable
    from offbeat.db.models.base import Model
    from offbeat.db.models.expressions import BaseExpression

    if isinstance(value, Model):
        if value.pk is None:
            raise Unkeyable
        values.append(value)
        # Not its type: a lazy object says it is of the class it wraps.
        return value.__class__
    if isinstance(value, BaseExpression):
        return expression_kind(value)
    raise Unkeyable


def expression_kind(value: Any) -> Any:
    """The identity of an expression that holds no values; F("a") is identified by its name."""
    key = _stock_key(value)
    if key is None:
        return _expression_kind(value)
    found = _stock_kinds.get(key)
    if found is None:
        found = _expression_kind(value)
        if len(_stock_kinds) >= MAX_STOCK_KINDS:
            _stock_kinds.clear()
        _stock_kinds[key] = found
    return found


# Kinds of the framework's own expressions that were made from nothing but names, such as Count("id").
_stock_kinds: dict[tuple[Any, ...], Any] = {}
MAX_STOCK_KINDS = 2048
_named_sources: set[type] = set()
# The framework's own classes of expressions, and what gives their sources.
_stock_classes: dict[type, Callable[[Any], Any]] = {}


def _stock_key(value: Any) -> tuple[Any, ...] | None:
    cls = type(value)
    sources_of = _stock_classes.get(cls)
    if sources_of is None:
        if not _is_stock(value):
            return None
        sources_of = _stock_classes[cls]
    args, kwargs = value._constructor_args
    if kwargs:
        return None
    for arg in args:
        if type(arg) is not str:
            return None
    # A copy with other sources, such as values in place of fields, remembers the same arguments.
    names = []
    for source in sources_of(value):
        if source is not None:
            if type(source) not in _named_sources:
                return None
            names.append(getattr(source, "name", None))
    return cls, args, *names


def _is_stock(value: Any) -> bool:
    """Whether an expression is of a class of the framework's own."""
    cls: Any = type(value)
    if not cls.__module__.startswith("offbeat.") or not hasattr(value, "_constructor_args"):
        return False
    from offbeat.db.models.aggregates import Aggregate
    from offbeat.db.models.expressions import F, Star

    _named_sources.update({F, Star})
    own = getattr(cls, "get_source_expressions", _no_sources)
    _stock_classes[cls] = _sources_of_aggregate if own is Aggregate.get_source_expressions else own
    return True


def _no_sources(value: Any) -> tuple[()]:
    return ()


def _sources_of_aggregate(value: Any) -> Any:
    """Those of get_source_expressions(), but for the None that stands for each of the parts that are seldom there."""
    if value.filter is None and value.order_by is None:
        return value.source_expressions
    return value.get_source_expressions()


def _expression_kind(value: Any) -> Any:
    from offbeat.db.models.expressions import F, Star, Value

    if type(value) is F:
        return (F, value.name)
    if value is None or type(value) is Star:
        return type(value)
    if (
        type(value) is Value
        or not hasattr(value, "get_source_expressions")
        or hasattr(value, "query")
        or hasattr(value, "alias_map")
    ):
        raise Unkeyable
    sources = value.get_source_expressions()
    if not sources and type(value).__module__.partition(".")[0] != __name__.partition(".")[0]:
        raise Unkeyable
    kinds = [expression_kind(source) for source in sources]
    identity = value.identity
    hash(identity)
    # The identity tells what the expression was made from; in a copy its sources may be others.
    return (identity, *kinds)


_special_kinds: dict[type, Callable[[Any, list[Any]], Any]] = {}


def _kinds() -> dict[type, Callable[[Any, list[Any]], Any]]:
    if not _special_kinds:
        from offbeat.db.models.expressions import F
        from offbeat.db.models.query_utils import Q

        _special_kinds.update({F: lambda value, values: (F, value.name), Q: _q_kind})
    return _special_kinds


def _q_kind(value: Any, values: list[Any]) -> Any:
    children = []
    for child in value.children:
        if type(child) is tuple:
            children.append((child[0], kind(child[1], values)))
        else:
            children.append(kind(child, values))
    return (type(value), value.connector, value.negated, *children)


def place(value: Any, counter: _Counter) -> Any:
    """`value` with placeholders where `kind` found values, in the same order."""
    cls = type(value)
    if cls in PLAIN or isinstance(value, Enum):
        return Param(counter.take(), value)
    if cls is list or cls is tuple or cls is set or cls is frozenset:
        return [Param(counter.take(), item) for item in value]
    return _place_object(value, counter)


def _place_object(value: Any, counter: _Counter) -> Any:
    from offbeat.db.models.base import Model
    from offbeat.db.models.query_utils import Q

    if isinstance(value, Model):
        return Param(counter.take(), value)
    if type(value) is Q:
        copy = Q.create(connector=value.connector, negated=value.negated)
        copy.children = [
            (child[0], place(child[1], counter)) if type(child) is tuple else place(child, counter)
            for child in value.children
        ]
        return copy
    return value


def fill(value: Any, params: tuple[Any, ...]) -> Any:
    """The opposite of `place`: real values for placeholders."""
    cls = type(value)
    if cls is Param:
        return params[value.index]
    if cls is list:
        return [fill(item, params) for item in value]
    if cls is tuple:
        return tuple([fill(item, params) for item in value])
    if cls is dict:
        return {name: fill(item, params) for name, item in value.items()}
    if hasattr(value, "connector") and hasattr(value, "children") and cls.__name__ == "Q":
        copy = cls.create(connector=value.connector, negated=value.negated)
        copy.children = [
            (child[0], fill(child[1], params)) if type(child) is tuple else fill(child, params)
            for child in value.children
        ]
        return copy
    return value


def shapes_of(model: Any) -> Iterator[Shape]:
    """All shapes of `model`'s trie (for tests and for the curious)."""
    root = model.__dict__.get("_shape_root")
    pending = [root.shape] if root is not None else []
    while pending:
        shape = pending.pop()
        yield shape
        pending.extend(
            {id(m.shape): m.shape for m in list(shape.children.values()) if m is not None}.values()
        )
