"""Plans: what a shape needs to run on one database, made once.

A plan holds the driver's SQL, a function from the queryset's parameters to the driver's (None if they are the same),
and, for reading, the generated function from rows to results. Each function here returns None when the shape has no
plan, or when a value cannot be bound to it: the caller then takes the slow path, which is always right.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from offbeat.core.exceptions import EmptyResultSet
from offbeat.db import connections
from offbeat.db.models import shapes
from offbeat.db.models.hydrate import Names, attach_known, builder_with_known, function
from offbeat.db.models.queryset.iteration import ModelIterable
from offbeat.db.models.shapes import Move, Shape
from offbeat.db.models.sql.params import BoundParam, Unbindable, compile_once

__all__ = [
    "ReadPlan",
    "aggregate",
    "count",
    "exists",
    "load",
    "load_values",
    "raw_delete",
    "remember_get",
    "stream",
]

Bind = Callable[[tuple[Any, ...]], tuple[Any, ...]]


class Plan:
    """A statement ready for the driver."""

    __slots__ = ("bind", "empty", "sql")

    def __init__(self, sql: str, bind: Bind | None, empty: bool = False) -> None:
        self.sql = sql
        self.bind = bind
        self.empty = empty


class ReadPlan(Plan):
    """A SELECT, and how its rows become results."""

    __slots__ = ("build", "builders", "compiler")

    def __init__(self, sql: str, bind: Bind | None, compiler: Any, empty: bool = False) -> None:
        super().__init__(sql, bind, empty)
        self.compiler = compiler
        self.builders: dict[Any, Any] = {}
        self.build: Any = None

    def builder(self, iterable_class: Any) -> Any:
        """The function that makes the results of `iterable_class` from rows."""
        builder = self.builders.get(iterable_class)
        if builder is None:
            self.builders[iterable_class] = builder = iterable_class.builder(self.compiler)
            if iterable_class is ModelIterable:
                self.build = builder
        return builder

    def build_with_known(self, rows: list[Any], alias: str, mode: Any, known: dict[Any, Any]) -> list[Any]:
        """Instances, and what the origin of the queryset knows to be related to them."""
        if len(known) == 1:
            ((field, objects),) = known.items()
            builder = self.builders.get(field, self)
            if builder is self:
                builder = self.builders[field] = builder_with_known(self.compiler, field)
            if builder is not None:
                made: list[Any] = builder(rows, alias, mode, objects)
                return made
        made = self.builder(ModelIterable)(rows, alias, mode)
        attach_known(made, known)
        return made


def binding(params: Any, shape: Shape) -> Bind | None:
    """A function from the parameters of a shape to those of the statement; None if they are the same."""
    params = tuple(params)
    # A condition that holds for every row leaves those beside it without a place.
    if len(params) == shape.size and all(
        type(p) is BoundParam and p.index == i and p.binder is None for i, p in enumerate(params)
    ):
        return None
    names = Names()
    items = []
    for param in params:
        if type(param) is not BoundParam:
            items.append(names.add("constant", param))
        elif param.binder is None:
            items.append(f"p[{param.index}]")
        else:
            items.append(f"{names.add('binder', param.binder)}(p[{param.index}])")
    source = f"def bind(p):\n    return ({''.join(item + ', ' for item in items)})\n"
    bind: Bind = function(source, "bind", names.values)
    return bind


def _usable(query: Any, connection: Any) -> bool:
    """False for queries whose SQL depends on more than their shape: an open transaction, a relation's own condition."""
    if query.select_for_update and connection.features.has_select_for_update:
        return False
    return not _has_own_restriction(query)


def _has_own_restriction(query: Any) -> bool:
    """True if a join has a condition that the relation works out each time."""
    from offbeat.db.models.fields.foreign import ForeignObject

    stock = ForeignObject.get_extra_restriction
    for join in query.alias_map.values():
        relation = getattr(join, "join_field", None)
        if relation is not None:
            field = getattr(relation, "field", relation)
            if getattr(type(field), "get_extra_restriction", stock) is not stock:
                return True
    return False


def compile_read(shape: Shape, connection: Any) -> ReadPlan | None:
    """Make the plan for the rows of `shape`."""
    plan: ReadPlan | None = None
    if _usable(shape.query, connection):
        query = shape.query.clone()
        compiler = query.get_compiler(using=connection.alias)
        try:
            sql, params = compile_once(compiler)
            plan = ReadPlan(connection.ops.to_driver_sql(sql), binding(params, shape), compiler)
        except EmptyResultSet:
            plan = ReadPlan("", None, compiler, empty=True)
        except Unbindable:
            plan = None
    shape.keep_plan(connection, plan)
    return plan


_MISSING: Any = object()


def _read_plan(shape: Shape, connection: Any) -> ReadPlan | None:
    if shape.root.generation != shapes.generation():
        return None
    return compile_read(shape, connection)


def load(queryset: Any, shape: Shape) -> list[Any] | None:
    """The results of a queryset in the trie."""
    alias = queryset.db
    connection = connections[alias]
    plan: ReadPlan | None = shape.plans.get(connection, _MISSING)
    if plan is _MISSING:
        plan = _read_plan(shape, connection)
    if plan is None or shape.root.generation != shapes.generation():
        return None
    if plan.empty:
        return []
    params = queryset._params
    try:
        rows = connection.fetch_all(plan.sql, params if plan.bind is None else plan.bind(params))
    except (Unbindable, OverflowError):
        return None
    iterable_class = queryset._iterable_class
    if iterable_class is not ModelIterable:
        values: list[Any] = plan.builder(iterable_class)(rows, alias, queryset._fetch_mode)
        return values
    known = queryset._known_related_objects
    if known:
        return plan.build_with_known(rows, alias, queryset._fetch_mode, known)
    build = plan.build or plan.builder(iterable_class)
    made: list[Any] = build(rows, alias, queryset._fetch_mode)
    return made


def load_values(queryset: Any, move: Move, kwargs: dict[str, Any]) -> list[Any] | None:
    """The results behind an edge of the trie, for these values: what get() does."""
    shape = move.shape
    alias = queryset.db
    connection = connections[alias]
    plan = shape.plans.get(connection)
    if plan is None or plan.build is None or shape.root.generation != shapes.generation():
        return None
    try:
        params = (*queryset._params, *(move.prepare(kwargs.values()) if move.preparers else kwargs.values()))
        rows = connection.fetch_all(plan.sql, params if plan.bind is None else plan.bind(params))
    except (Unbindable, OverflowError, ValueError, TypeError):
        return None
    made: list[Any] = plan.build(rows, alias, queryset._fetch_mode)
    if queryset._known_related_objects:
        attach_known(made, queryset._known_related_objects)
    return made


def remember_get(shape: Shape, found: Shape, kwargs: dict[str, Any]) -> None:
    """Give get() with such arguments a direct edge to the shape its query had."""
    types = tuple(map(type, kwargs.values()))
    key = ("get", *kwargs, *types)
    if key in shape.children or not shapes.PLAIN.issuperset(types):
        return
    if found.root is not shape.root or found.size - shape.size != len(kwargs):
        return
    shapes.remember(shape, key, Move(found, shapes.preparers_between(found, shape.size)))


def stream(queryset: Any, chunked: bool, chunk_size: int) -> Iterator[Any]:
    """The results one by one, read from the server in chunks."""
    shape = queryset._shape
    alias = queryset.db
    connection = connections[alias]
    plan = shape.plans.get(connection) or _read_plan(shape, connection)
    if plan is not None and plan.empty:
        return
    params: Any = None
    if plan is not None and shape.root.generation == shapes.generation():
        try:
            params = queryset._params if plan.bind is None else plan.bind(queryset._params)
        except Unbindable:
            params = None
    if plan is None or params is None or not chunked or not connection.features.can_use_chunked_reads:
        yield from queryset._iterable_class(queryset, chunked_fetch=chunked, chunk_size=chunk_size)
        return
    build = plan.builder(queryset._iterable_class)
    for rows in connection.stream(plan.sql, params, chunk_size):
        made = build(rows, alias, queryset._fetch_mode)
        if queryset._known_related_objects:
            attach_known(made, queryset._known_related_objects)
        yield from made


def _statement(shape: Shape, kind: str, connection: Any, prepare: Callable[[Any], Any]) -> Plan | None:
    """The plan of another statement made from the shape's query: `prepare` turns a copy of it into that."""
    if shape.root.generation != shapes.generation():
        return None
    key = (kind, connection)
    known: Plan | None = shape.plans.get(key, _MISSING)
    if known is not _MISSING:
        return known
    plan = None
    if _usable(shape.query, connection):
        try:
            query = prepare(shape.query.clone())
            sql, params = compile_once(query.get_compiler(using=connection.alias))
            plan = Plan(connection.ops.to_driver_sql(sql), binding(params, shape))
        except EmptyResultSet:
            plan = Plan("", None, empty=True)
        except Unbindable:
            plan = None
    shape.keep_plan(key, plan)
    return plan


def exists(queryset: Any, shape: Shape) -> bool | None:
    """Whether there is a row."""
    connection = connections[queryset.db]
    plan = _statement(shape, "exists", connection, lambda query: query.exists())
    if plan is None:
        return None
    if plan.empty:
        return False
    try:
        params = queryset._params
        return bool(connection.fetch_all(plan.sql, params if plan.bind is None else plan.bind(params)))
    except (Unbindable, OverflowError):
        return None


def raw_delete(queryset: Any, shape: Shape, using: str) -> int | None:
    """DELETE the rows; returns how many."""
    connection = connections[using]
    plan = _statement(shape, "delete", connection, _as_delete)
    if plan is None:
        return None
    if plan.empty:
        return 0
    try:
        params = queryset._params
        bound = params if plan.bind is None else plan.bind(params)
    except Unbindable:
        return None
    try:
        deleted: int = connection.run(plan.sql, bound).rowcount
    except OverflowError:
        return None
    return deleted


def _as_delete(query: Any) -> Any:
    from offbeat.db.models.sql import DeleteQuery

    query.__class__ = DeleteQuery
    return query


class AggregatePlan(Plan):
    """The SELECT of aggregate(): one row, with a converter (or None) for each value."""

    __slots__ = ("converters", "names")

    def __init__(self, sql: str, bind: Bind | None, names: list[str], converters: list[Any]) -> None:
        super().__init__(sql, bind)
        self.names = names
        self.converters = converters


def aggregate(queryset: Any, shape: Shape, named: dict[str, Any]) -> dict[str, Any] | None:
    """The values of aggregates that hold no values themselves, such as Count("id")."""
    if shape.root.generation != shapes.generation():
        return None
    connection = connections[queryset.db]
    try:
        key = (
            "aggregate",
            connection,
            tuple([(name, shapes.expression_kind(e)) for name, e in named.items()]),
        )
        plan = shape.plans.get(key, _MISSING)
    except (shapes.Unkeyable, TypeError):
        return None
    if plan is _MISSING:
        plan = _aggregate_plan(shape, connection, named)
        shape.keep_plan(key, plan)
    if plan is None:
        return None
    try:
        params = queryset._params
        rows = connection.fetch_all(plan.sql, params if plan.bind is None else plan.bind(params))
    except (Unbindable, OverflowError):
        return None
    if len(rows) != 1:
        return None
    return {
        name: convert(value) if convert is not None else value
        for name, convert, value in zip(plan.names, plan.converters, rows[0], strict=False)
    }


def _aggregate_plan(shape: Shape, connection: Any, named: dict[str, Any]) -> AggregatePlan | None:
    if not named or not _usable(shape.query, connection):
        return None
    query, empty_result = shape.query.clone().prepare_aggregation(dict(named))
    elide = not any(result is NotImplemented for result in empty_result)
    compiler = query.get_compiler(connection.alias, elide_empty=elide)
    columns = list(query.annotation_select.values())
    if compiler.has_composite_fields(columns):
        return None
    try:
        sql, params = compile_once(compiler)
        bind = binding(params, shape)
    except (EmptyResultSet, Unbindable):
        return None
    converters: list[Any] = [None] * len(columns)
    for position, (functions, expression) in compiler.get_converters(columns).items():
        converters[position] = composed(functions, expression, connection)
    return AggregatePlan(connection.ops.to_driver_sql(sql), bind, list(query.annotation_select), converters)


def composed(functions: Any, expression: Any, connection: Any) -> Callable[[Any], Any]:
    if len(functions) == 1:
        [only] = functions
        return lambda value: only(value, expression, connection)

    def convert(value: Any) -> Any:
        for one in functions:
            value = one(value, expression, connection)
        return value

    return convert


def count(queryset: Any, shape: Shape) -> int | None:
    """The number of rows."""
    from offbeat.db.models.aggregates import Count

    values = aggregate(queryset, shape, {"__count": Count("*")})
    return None if values is None else values["__count"]
