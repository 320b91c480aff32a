"""Plans for writing: INSERT and UPDATE statements compiled once for each set of fields.

The statement's text comes from the ordinary compiler; what is generated here is the function from an instance (or
from new values) to the driver's parameters. Values that are expressions change the SQL: they raise Unbindable, and
the statement is compiled the slow way.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from offbeat.core.exceptions import EmptyResultSet
from offbeat.db.models import shapes
from offbeat.db.models.hydrate import Names, function
from offbeat.db.models.identity import unchanged_type
from offbeat.db.models.plans import Bind, binding
from offbeat.db.models.shapes import Shape
from offbeat.db.models.sql.params import BoundParam, Unbindable

__all__ = ["InsertPlan", "insert_plan", "update"]


def preparer(field: Any, connection: Any) -> Callable[[Any], Any]:
    """A function from a field's Python value to the driver's."""
    get_db_prep_save = field.get_db_prep_save

    def prepare(value: Any) -> Any:
        if hasattr(value, "resolve_expression"):
            raise Unbindable
        value = get_db_prep_save(value, connection=connection)
        if hasattr(value, "resolve_expression") or hasattr(value, "as_sql"):
            raise Unbindable
        return value

    return prepare


class InsertPlan:
    """An INSERT of one row, and of many: `head` + one `group` for each row + `tail`."""

    __slots__ = ("bind", "group", "head", "returns", "single", "tail", "to_driver")

    def __init__(self, head: str, group: str, tail: str, bind: Any, returns: bool, to_driver: Any) -> None:
        self.head = head
        self.group = group
        self.tail = tail
        self.bind = bind
        self.returns = returns
        self.to_driver = to_driver
        self.single: str = to_driver(head + group + tail)

    def sql(self, rows: int) -> str:
        """The statement for so many rows."""
        text: str = self.to_driver(self.head + ", ".join([self.group] * rows) + self.tail)
        return text


def insert_plan(model: Any, connection: Any, fields: Any, returning: Any, raw: bool) -> InsertPlan | None:
    """The plan for inserting these fields of `model`; None where only the slow path knows how."""
    shape = shapes.root_shape(model)
    if shape is None:
        return None
    key = ("insert", connection, raw, tuple(map(id, fields)), tuple(map(id, returning or ())))
    try:
        known: InsertPlan | None = shape.plans[key]
        return known
    except KeyError:
        plan = _make_insert_plan(model, connection, list(fields), returning, raw)
        shape.keep_plan(key, plan)
        return plan


def _make_insert_plan(
    model: Any, connection: Any, fields: list[Any], returning: Any, raw: bool
) -> InsertPlan | None:
    from offbeat.db.models.sql import InsertQuery

    features = connection.features
    if not fields or (returning and not features.can_return_columns_from_insert):
        return None
    if any(hasattr(f, "get_placeholder") or hasattr(f, "get_placeholder_sql") or f.generated for f in fields):
        return None
    if returning and _need_conversion(model, connection, returning):
        return None
    query = InsertQuery(model)
    query.insert_values(fields, [_Sample()], raw=True)
    compiler = query.get_compiler(using=connection.alias)
    compiler.returning_fields = returning
    try:
        statements = compiler.as_sql()
    except (AttributeError, TypeError, ValueError):
        # A field of the user's that cannot prepare None: the slow path gives it real values only.
        return None
    if len(statements) != 1:
        return None
    sql = statements[0][0]
    group = "(" + ", ".join(["%s"] * len(fields)) + ")"
    head, found, tail = sql.partition(group)
    if not found or "%" in head or "%" in tail:
        return None
    return InsertPlan(
        head,
        group,
        tail,
        _instance_binding(fields, connection, raw),
        bool(returning),
        connection.ops.to_driver_sql,
    )


class _Sample:
    """Stands for an instance while the text of an INSERT is compiled: every attribute is None."""

    def __getattr__(self, name: str) -> None:
        return None


def _need_conversion(model: Any, connection: Any, returning: Any) -> bool:
    from offbeat.db.models.sql import Query

    compiler = Query(model).get_compiler(using=connection.alias)
    return bool(compiler.get_converters([field.get_col(model._meta.db_table) for field in returning]))


def _instance_binding(fields: list[Any], connection: Any, raw: bool) -> Any:
    """A function from an instance to the parameters of its row."""
    from offbeat.db.models.fields import Field

    names = Names()
    lines = ["def bind(obj):"]
    items = []
    for i, field in enumerate(fields):
        stock = type(field).pre_save is Field.pre_save
        if raw or stock:
            lines.append(f"    v{i} = obj.{field.attname}")
        else:
            lines.append(f"    v{i} = {names.add('pre_save', field.pre_save)}(obj, True)")
        prepare = names.add("prepare", preparer(field, connection))
        kept = unchanged_type(field)
        if kept is not None:
            lines.append(f"    if type(v{i}) is not {kept.__name__}:")
            lines.append(f"        v{i} = {prepare}(v{i})")
            items.append(f"v{i}")
        else:
            items.append(f"{prepare}(v{i})")
    lines.append(f"    return ({', '.join(items)},)")
    return function("\n".join(lines) + "\n", "bind", names.values)


class UpdatePlan:
    """An UPDATE: its text, what prepares the new values, and the binding of the conditions."""

    __slots__ = ("bind", "prepares", "sql")

    def __init__(self, sql: str, prepares: list[Any], bind: Bind | None) -> None:
        self.sql = sql
        self.prepares = prepares
        self.bind = bind


_MISSING: Any = object()


def update(
    shape: Shape,
    params: tuple[Any, ...],
    connection: Any,
    key: Any,
    values: list[Any],
    prepare: Callable[[Any], None],
) -> int | None:
    """Run the UPDATE for new `values`, in the order of the query's; `prepare` puts them into an UpdateQuery."""
    if shape.root.generation != shapes.generation():
        return None
    key = ("update", connection, key, tuple([value is None for value in values]))
    plan = shape.plans.get(key, _MISSING)
    if plan is _MISSING:
        plan = _make_update_plan(shape, connection, values, prepare)
        shape.keep_plan(key, plan)
    if plan is None:
        return None
    try:
        new = [p(value) for p, value in zip(plan.prepares, values, strict=True) if p is not None]
        old = params if plan.bind is None else plan.bind(params)
    except Unbindable:
        return None
    try:
        rows: int = connection.run(plan.sql, (*new, *old)).rowcount
    except OverflowError:
        return None
    return rows


def _make_update_plan(shape: Shape, connection: Any, values: list[Any], prepare: Any) -> UpdatePlan | None:
    from offbeat.db.models.sql import UpdateQuery

    if any(hasattr(value, "resolve_expression") for value in values) or shape.query.order_by:
        return None
    query = shape.query.chain(UpdateQuery)
    prepare(query)
    if query.related_updates or sum(1 for count in query.alias_refcount.values() if count) > 1:
        return None
    if len(query.values) != len(values):
        return None
    try:
        sql, params = query.get_compiler(using=connection.alias).as_sql()
    except (EmptyResultSet, Unbindable):
        return None
    prepares: list[Any] = []
    for (field, _, _), value in zip(query.values, values, strict=True):
        if hasattr(field, "get_placeholder") or hasattr(field, "get_placeholder_sql"):
            return None
        if value is None:
            # The compiler writes NULL, or a parameter where the field has a value for None.
            if preparer(field, connection)(None) is not None:
                return None
            prepares.append(None)
        else:
            prepares.append(preparer(field, connection))
    new = sum(1 for p in prepares if p is not None)
    params = list(params)
    if any(type(param) is BoundParam for param in params[:new]) or not sql:
        return None
    return UpdatePlan(connection.ops.to_driver_sql(sql), prepares, binding(params[new:]))
