"""Plans for writing: INSERT and UPDATE statements compiled once for each set of fields.

The statement's text comes from the ordinary compiler; what is generated here is the function from an instance (or
from new values) to the driver's parameters. Values that are expressions change the SQL: they raise Unbindable, and
the statement is compiled the slow way.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from offbeat.core.exceptions import EmptyResultSet
from offbeat.db.models import shapes
from offbeat.db.models.hydrate import Names, function
from offbeat.db.models.identity import prepares_as_stock, unchanged_type
from offbeat.db.models.plans import Bind, binding
from offbeat.db.models.shapes import Shape
from offbeat.db.models.sql.params import BoundParam, Unbindable, compile_once

__all__ = ["InsertPlan", "bulk_update_plan", "insert_plan", "prepare_update", "update", "update_key"]


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


_VALUES = "VALUES "


def _placeholder(field: Any) -> Any:
    return getattr(field, "get_placeholder_sql", None) or getattr(field, "get_placeholder", None)


def _placeholder_varies(field: Any) -> bool:
    """Whether the SQL for a value may depend on the value; a field marks what does not as `constant`."""
    method = _placeholder(field)
    return method is not None and not getattr(method, "constant", False)


class InsertPlan:
    """An INSERT of one row, and of many: `head` + one `group` for each row + `tail`, or an array for each column."""

    __slots__ = (
        "bind",
        "by_column",
        "columns",
        "group",
        "head",
        "many",
        "returns",
        "single",
        "tail",
        "tells_key",
        "to_driver",
    )

    def __init__(
        self,
        head: str,
        group: str,
        tail: str,
        bind: Any,
        returns: bool,
        to_driver: Any,
        columns: Any = None,
        tells_key: bool = False,
    ) -> None:
        self.head = head
        self.group = group
        self.tail = tail
        self.bind = bind
        self.returns = returns
        # The automatic key comes beside the result, which has no rows.
        self.tells_key = tells_key
        self.to_driver = to_driver
        self.single: str = to_driver(head + group + tail)
        # The last statement for several rows: batches are mostly of one size.
        self.many: tuple[int, str] = (1, self.single)
        self.columns = columns if head.endswith(_VALUES) else None
        if self.columns is not None:
            self.by_column: str = to_driver(head.removesuffix(_VALUES) + columns.source + tail)

    def statement(self, rows: list[tuple[Any, ...]]) -> tuple[str, Any]:
        """The statement for these rows, and its parameters."""
        if len(rows) == 1:
            return self.single, rows[0]
        if self.columns is not None:
            arrays = self.columns.arrays(rows)
            if arrays is not None:
                return self.by_column, arrays
        return self.sql(len(rows)), [value for row in rows for value in row]

    def sql(self, rows: int) -> str:
        """The statement for so many rows."""
        if self.many[0] != rows:
            self.many = (rows, self.to_driver(self.head + ", ".join([self.group] * rows) + self.tail))
        return self.many[1]


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
    tells_key = bool(returning) and not features.can_return_columns_from_insert
    if not fields or (tells_key and list(returning) != [model._meta.auto_field]):
        return None
    if any(_placeholder_varies(f) or f.generated for f in fields):
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
    places = [
        "%s" if (place := _placeholder(field)) is None else place(None, compiler, connection)[0]
        for field in fields
    ]
    group = "(" + ", ".join(places) + ")"
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
        connection.ops.insert_columns(fields),
        tells_key,
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
    names = Names()
    lines = ["def bind(obj):"]
    items = []
    for i, field in enumerate(fields):
        if raw or _saves_the_attribute(field):
            lines.append(f"    v{i} = obj.{field.attname}")
        else:
            lines.append(f"    v{i} = {names.add('pre_save', field.pre_save)}(obj, True)")
        prepare = names.add("prepare", preparer(field, connection))
        kept = unchanged_type(field)
        adapted = _inline_adapter(field, connection)
        if kept is not None:
            lines.append(f"    if type(v{i}) is not {kept.__name__}:")
            lines.append(f"        v{i} = {prepare}(v{i})")
        elif adapted is not None:
            condition, expression = _named(adapted, f"v{i}", names)
            lines.append(f"    v{i} = {expression} if {condition} else {prepare}(v{i})")
        else:
            lines.append(f"    v{i} = {prepare}(v{i})")
        items.append(f"v{i}")
    lines.append(f"    return ({', '.join(items)},)")
    return function("\n".join(lines) + "\n", "bind", names.values)


def _saves_the_attribute(field: Any) -> bool:
    """True if pre_save() of the field does no more than reading the attribute."""
    from offbeat.db.models.fields import Field
    from offbeat.db.models.fields.dates import DateField

    pre_save = type(field).pre_save
    if pre_save is DateField.pre_save:
        return not (field.auto_now or field.auto_now_add)
    return pre_save is Field.pre_save


def _inline_adapter(field: Any, connection: Any) -> Any:
    inline = getattr(connection.ops, "inline_adapter", None)
    return inline(field.get_internal_type()) if inline is not None and prepares_as_stock(field) else None


def _named(adapted: tuple[str, str, dict[str, Any]], value: str, names: Names) -> tuple[str, str]:
    """The sources of condition and expression for this variable."""
    *sources, needed = adapted
    written = {name: names.add(name, given) for name, given in needed.items()}
    condition, expression = (source.format(value=value, **written) for source in sources)
    return condition, expression


class UpdatePlan:
    """An UPDATE: its text, what prepares the new values, and the binding of the conditions."""

    __slots__ = ("bind", "prepares", "sql")

    def __init__(self, sql: str, prepares: list[Any], bind: Bind | None) -> None:
        self.sql = sql
        self.prepares = prepares
        self.bind = bind


_MISSING: Any = object()


def update_key(fields: Iterable[Any]) -> tuple[Any, ...]:
    """What identifies an UPDATE of these fields among the plans of a shape."""
    return ("_update", *map(id, fields))


def prepare_update(values: Any, query: Any) -> None:
    """Make an UPDATE of (field, model, value) triples out of an UpdateQuery."""
    query.add_update_fields(values)
    query.annotations = {}


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
        sql, params = compile_once(query.get_compiler(using=connection.alias))
    except (EmptyResultSet, Unbindable):
        return None
    prepares: list[Any] = []
    for (field, _, _), value in zip(query.values, values, strict=True):
        if _placeholder_varies(field):
            return None
        if value is None and _placeholder(field) is None:
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
    return UpdatePlan(connection.ops.to_driver_sql(sql), prepares, binding(params[new:], shape))


class BulkUpdatePlan:
    """An UPDATE of many rows, each with values of its own, sent as an array for each column."""

    __slots__ = ("attnames", "columns", "prepares", "sql")

    def __init__(self, sql: str, columns: Any, attnames: list[str], prepares: list[Any]) -> None:
        self.sql = sql
        self.columns = columns
        self.attnames = attnames
        self.prepares = prepares

    def arrays(self, objs: Iterable[Any]) -> Any:
        """The parameters for these instances; None if they need a statement of their own."""
        columns = []
        try:
            for name, prepare in zip(self.attnames, self.prepares, strict=True):
                columns.append([prepare(getattr(obj, name)) for obj in objs])
        except Unbindable:
            return None
        if len(set(columns[0])) != len(columns[0]):
            # Which of them counts is decided by their order.
            return None
        return self.columns.arrays(list(zip(*columns, strict=True)))


def bulk_update_plan(model: Any, connection: Any, fields: list[Any]) -> BulkUpdatePlan | None:
    """The plan for changing these fields of rows of `model`; None where only the slow path knows how."""
    shape = shapes.root_shape(model)
    if shape is None:
        return None
    key = ("bulk_update", connection, tuple(map(id, fields)))
    plan: Any = shape.plans.get(key, _MISSING)
    if plan is _MISSING:
        plan = _make_bulk_update_plan(model, connection, fields)
        shape.keep_plan(key, plan)
    return plan  # type: ignore[no-any-return]


def _make_bulk_update_plan(model: Any, connection: Any, fields: list[Any]) -> BulkUpdatePlan | None:
    used = [model._meta.pk, *fields]
    if any(
        not field.column
        or field.generated
        or field.model._meta.concrete_model is not model._meta.concrete_model
        or hasattr(field, "get_placeholder")
        or hasattr(field, "get_placeholder_sql")
        for field in used
    ):
        return None
    columns = connection.ops.insert_columns(used)
    if columns is None:
        return None
    quote = connection.ops.quote_name
    sql = columns.update(quote(model._meta.db_table), [quote(field.column) for field in used])
    return BulkUpdatePlan(
        connection.ops.to_driver_sql(sql),
        columns,
        [field.attname for field in used],
        [preparer(field, connection) for field in used],
    )
