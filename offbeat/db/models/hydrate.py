"""Rows to results: for each query a function is generated that does nothing but what its columns need.

The generated source is plain Python, kept in linecache so that tracebacks show it; print it with
``print(builder.__source__)``. Models whose construction is not the stock one (an __init__, from_db() or __new__ of
their own, receivers of pre_init or post_init, descriptors with a __set__ of their own) are made through from_db().
"""

from __future__ import annotations

import functools
import linecache
import re
import weakref
from collections import deque
from collections.abc import Callable, Iterable
from typing import Any, NamedTuple

from offbeat.db.models.fetch_modes import FETCH_ONE
from offbeat.db.models.signals import post_init, pre_init
from offbeat.db.models.states import ModelState, can_share, has_related, set_related, shared_state
from offbeat.db.models.utils import create_namedtuple_class

__all__ = [
    "attach_known",
    "builder_with_known",
    "dicts_builder",
    "flat_builder",
    "instances_builder",
    "named_builder",
    "tuples_builder",
]

Builder = Callable[[list[Any], str, Any], list[Any]]


class Names:
    """The names a generated function refers to."""

    def __init__(self) -> None:
        self.values: dict[str, Any] = {}

    def add(self, prefix: str, value: Any) -> str:
        for name, known in self.values.items():
            if known is value and name.startswith(prefix):
                return name
        name = f"{prefix}{len(self.values)}"
        self.values[name] = value
        return name


MAX_SOURCES = 2048
"""How many generated functions' sources are kept for tracebacks, and their code for use by other shapes."""

_listed: deque[str] = deque()


@functools.lru_cache(maxsize=MAX_SOURCES)
def _code(source: str) -> Any:
    filename = f"<offbeat rows {abs(hash(source)):x}>"
    linecache.cache[filename] = (len(source), None, source.splitlines(True), filename)
    _listed.append(filename)
    if len(_listed) > MAX_SOURCES:
        linecache.cache.pop(_listed.popleft(), None)
    return compile(source, filename, "exec")


def function(source: str, name: str, names: dict[str, Any]) -> Any:
    """Run generated source and return the function `name` of it."""
    namespace = dict(names)
    exec(_code(source), namespace)
    made = namespace[name]
    made.__source__ = source
    return made


def column_sources(compiler: Any, names: Names, count: int, inline: bool) -> list[str]:
    """For each column an expression that gives its Python value; `c3` stands for what the driver gave."""
    sources = [f"c{i}" for i in range(count)]
    expressions = [column[0] for column in compiler.select]
    if len(expressions) < count:
        # Columns of .extra(select=...) and the like have no expression to convert with.
        expressions += [None] * (count - len(expressions))
    converters = compiler.get_converters(expressions[:count])
    inline = inline and hasattr(compiler.connection.ops, "inline_converter")
    for i, (functions, expression) in converters.items():
        source = f"c{i}"
        for converter in functions:
            source = _converted(converter, expression, compiler.connection, source, names, inline)
        sources[i] = source
    return sources


def _converted(
    converter: Any, expression: Any, connection: Any, source: str, names: Names, inline: bool
) -> str:
    if inline and source.isidentifier():
        found = connection.ops.inline_converter(converter)
        if found is not None:
            template, needed = found
            for name, value in needed.items():
                template = template.replace("{" + name + "}", names.add(f"{name}_", value))
            return f"({template.replace('{value}', source)})"
    convert = names.add("convert", converter)
    expression_name = names.add("expression", expression)
    return f"{convert}({source}, {expression_name}, {names.add('connection', connection)})"


def _unpack(count: int) -> str:
    return ", ".join(f"c{i}" for i in range(count)) + ("," if count == 1 else "")


def dicts_builder(compiler: Any) -> Builder:
    """Rows to dictionaries."""
    labels = result_names(compiler)

    def result(columns: list[str], names: Names) -> str:
        return (
            "{"
            + ", ".join(f"{label!r}: {column}" for label, column in zip(labels, columns, strict=False))
            + "}"
        )

    return _values_builder(compiler, result)


def tuples_builder(compiler: Any) -> Builder:
    """Rows to tuples; the driver's own when no column needs a conversion."""
    count = len(result_names(compiler))
    if not _has_composites(compiler):
        columns = column_sources(compiler, Names(), len(compiler.select), False)
        if len(columns) == count and all(map(str.isidentifier, columns)):
            return _rows_as_they_are(compiler)

    def result(columns: list[str], names: Names) -> str:
        return "(" + "".join(f"{column}, " for column in columns[:count]) + ")"

    return _values_builder(compiler, result)


def _rows_as_they_are(compiler: Any) -> Builder:
    width = len(compiler.select)

    def build(rows: list[Any], alias: str, mode: Any) -> list[Any]:
        if rows and (len(rows[0]) != width or type(rows[0]) is not tuple):
            return [tuple(row[:width]) for row in rows]
        return rows if type(rows) is list else list(rows)

    return build


def named_builder(compiler: Any) -> Builder:
    """Rows to named tuples."""
    labels = result_names(compiler)
    make_row = functools.partial(tuple.__new__, create_namedtuple_class(*labels))

    def result(columns: list[str], names: Names) -> str:
        items = "".join(f"{column}, " for column in columns[: len(labels)])
        return f"{names.add('make', make_row)}(({items}))"

    return _values_builder(compiler, result)


def flat_builder(compiler: Any) -> Builder:
    """Rows to the value of their first column."""
    return _values_builder(compiler, lambda columns, names: columns[0])


def _values_builder(compiler: Any, result: Callable[[list[str], Names], str]) -> Builder:
    """A function that makes a list of what `result` says, as source, about the columns."""
    if _has_composites(compiler):
        return _composites_first(compiler, result)

    def make(inline: bool, careful: Any) -> Builder:
        names = Names()
        columns = column_sources(compiler, names, len(compiler.select), inline)
        return _guarded(
            [f"return [{result(columns, names)} for {_unpack(len(columns))} in rows]"],
            len(columns),
            names,
            careful,
        )

    return make(True, _later(lambda: make(False, None)))


def _has_composites(compiler: Any) -> bool:
    return bool(compiler.has_composite_fields([column[0] for column in compiler.select]))


def _composites_first(compiler: Any, result: Callable[[list[str], Names], str]) -> Builder:
    """Composite primary keys span columns: converting and joining them is left to the compiler."""
    expressions = [column[0] for column in compiler.select]
    count = len(expressions)
    names = Names()
    source = f"return [{result([f'c{i}' for i in range(count)], names)} for {_unpack(count)} in rows]"
    build = _guarded([source], count, names, None)
    converters = compiler.get_converters(expressions)

    def build_composites(rows: list[Any], alias: str, mode: Any) -> list[Any]:
        converted = compiler.apply_converters(rows, converters) if converters else rows
        return build(
            [tuple(row) for row in compiler.composite_fields_to_tuples(converted, expressions)], alias, mode
        )

    return build_composites


def _guarded(
    body: list[str], width: int, names: Names, careful: Builder | None, arguments: str = "rows, alias, mode"
) -> Builder:
    """A builder with this body; rows that its inlined conversions do not understand go through `careful`."""
    lines = [
        f"def build({arguments}):",
        f"    if rows and len(rows[0]) != {width}:",
        f"        rows = [row[:{width}] for row in rows]",
    ]
    if careful is None:
        lines += ["    " + line for line in body]
    else:
        lines.append("    try:")
        lines += ["        " + line for line in body]
        lines += [
            "    except (TypeError, ValueError):",
            f"        return {names.add('careful', careful)}({arguments})",
        ]
    built: Builder = function("\n".join(lines) + "\n", "build", names.values)
    return built


def _later(make: Callable[[], Builder]) -> Builder:
    """A builder that is made when it is first needed."""
    made: list[Builder] = []

    def build(rows: list[Any], alias: str, mode: Any) -> list[Any]:
        if not made:
            made.append(make())
        return made[0](rows, alias, mode)

    return build


def result_names(compiler: Any) -> list[str]:
    """The names of the columns of values() and values_list(), in order."""
    query = compiler.query
    if query.selected:
        return list(query.selected)
    return [*query.extra_select, *query.values_select, *query.annotation_select]


def attach_known(objects: Iterable[Any], known: dict[Any, dict[Any, Any]]) -> None:
    """Set the related objects that the queryset's origin already holds."""
    for field, instances in known.items():
        names = [f.attname for f in getattr(field, "local_related_fields", ())] or [field.attname]
        if len(names) == 1 and field.many_to_one and _cache_name(field.set_cached_value):
            _cache_known(objects, names[0], field.cache_name, instances)
            continue
        for obj in objects:
            # A column that was not loaded is not fetched for this.
            if field.is_cached(obj) or not obj.__dict__.keys() >= set(names):
                continue
            key = tuple([getattr(obj, name) for name in names]) if len(names) > 1 else getattr(obj, names[0])
            related = instances.get(key)
            if related is not None:
                setattr(obj, field.name, related)


def _is_odd(mode: Any) -> bool:
    """True for fetch modes under which each instance knows something of its own."""
    return not can_share(mode) or (mode is not None and mode.track_peers)


_NOT_LOADED = object()


def _cache_known(objects: Iterable[Any], attname: str, cache_name: str, instances: dict[Any, Any]) -> None:
    """What assigning the related object comes to for a foreign key, whose column already has the value."""
    for obj in objects:
        related = instances.get(obj.__dict__.get(attname, _NOT_LOADED))
        if related is not None and not has_related(obj, cache_name):
            set_related(obj, cache_name, related)


def track_peers(instances: list[Any]) -> None:
    """Let instances of one query know each other, for FETCH_PEERS."""
    peers = [weakref.ref(instance) for instance in instances if instance is not None]
    for instance in instances:
        if instance is not None:
            instance._state.peers = peers


def instances_builder(compiler: Any) -> Builder:
    """Rows to model instances, with select_related() objects and annotations."""
    through_from_db = _later(lambda: _InstanceSource(compiler, False).builder())
    if not all(has_stock_construction(model) for model in _models(compiler.klass_info)):
        return through_from_db
    return _InstanceSource(compiler, True).builder(through_from_db)


def builder_with_known(compiler: Any, field: Any) -> Any:
    """A builder with a fourth argument: the objects that `field` leads to, by key; None where setting them does more.

    This is attach_known() written into the loop, for the objects of a reverse foreign key.
    """
    columns = {column[0].target.attname for column in compiler.select if hasattr(column[0], "target")}
    if (
        not getattr(field, "many_to_one", False)
        or len(field.local_related_fields) != 1
        or not _cache_name(field.set_cached_value)
        or field.attname not in columns
        or not all(has_stock_construction(model) for model in _models(compiler.klass_info))
    ):
        return None
    stock = _later(lambda: instances_builder(compiler))

    def careful(rows: list[Any], alias: str, mode: Any, known: dict[Any, Any]) -> list[Any]:
        made = stock(rows, alias, mode)
        attach_known(made, {field: known})
        return made

    return _InstanceSource(compiler, True, field).builder(careful)


def _models(info: Any) -> list[Any]:
    found = [info["model"]]
    for related in info.get("related_klass_infos", ()):
        found.extend(_models(related))
    return found


def has_stock_construction(model: Any) -> bool:
    """True if making an instance means no more than filling its __dict__."""
    from offbeat.db.models.base import Model

    return (
        model.__init__ is Model.__init__
        and model.__new__ is Model.__new__
        and model.__setattr__ is Model.__setattr__
        and getattr(model.from_db, "__func__", None) is getattr(Model.from_db, "__func__", None)
    )


def _needs_setter(model: Any, attname: str) -> bool:
    """True if assigning the attribute does more than storing it."""
    descriptor = getattr(model, "__dict__", {}).get(attname)
    for cls in model.__mro__:
        if attname in cls.__dict__:
            descriptor = cls.__dict__[attname]
            break
    if descriptor is None or not hasattr(type(descriptor), "__set__"):
        return False
    return not type(descriptor).__module__.startswith("offbeat.db.models.fields")


class _InstanceSource:
    """Writes the source of the function that makes instances from rows."""

    def __init__(self, compiler: Any, direct: bool, known_field: Any = None) -> None:
        self.compiler = compiler
        self.known_field = known_field
        self.direct = direct
        self.names = Names()
        self.width = len(compiler.select)
        self.columns = column_sources(compiler, self.names, self.width, direct)
        self.lines: list[str] = []
        self.objects = 0
        self.before: list[str] = []
        self.after: list[str] = []
        # Instances with a state of their own, and those that hold one related object themselves.
        self.own: set[int] = set()
        self.holders: dict[int, Relation] = {}

    def line(self, depth: int, text: str) -> None:
        self.lines.append("    " * depth + text)

    def builder(self, through_from_db: Any = None) -> Builder:
        """The function; what the direct way is not for (receivers, peers, odd values) goes through from_db()."""
        variable = f"o{self.instance(self.compiler.klass_info, 1, self.annotations())}"
        body = [
            "made = []",
            "append = made.append",
            *self.before,
            f"for {_unpack(self.width)} in rows:",
            *self.lines,
            f"    append({variable})",
            *self.after,
            "return made",
        ]
        if through_from_db is not None:
            names = self.names
            receivers = f"{names.add('pre_init', pre_init)}.receivers or {names.add('post_init', post_init)}.receivers"
            body = [
                f"if {receivers} or (mode is not {names.add('one', FETCH_ONE)} and {names.add('odd', _is_odd)}(mode)):",
                f"    return {names.add('careful', through_from_db)}({self.arguments()})",
                *body,
            ]
        return _guarded(body, self.width, self.names, through_from_db, self.arguments())

    def arguments(self) -> str:
        return "rows, alias, mode" if self.known_field is None else "rows, alias, mode, known"

    def annotations(self) -> list[tuple[str, str]]:
        columns = self.compiler.annotation_col_map or {}
        return [(name, self.columns[index]) for name, index in columns.items()]

    def instance(
        self, info: Any, depth: int, annotations: list[tuple[str, str]], relation_back: Any = None
    ) -> int:
        """Lines that make one instance (and those joined to it); returns its number."""
        number = self.objects
        self.objects += 1
        if self.direct:
            self.choose_state(info, number, relation_back)
        self.construct(info, number, depth, annotations)
        for child in info.get("related_klass_infos", ()):
            self.related(child, number, depth)
        return number

    def choose_state(self, info: Any, number: int, relation_back: Any) -> None:
        """An instance with one related object, by a foreign key, holds it itself; one with more needs a state."""
        relations = [child["local_setter"] for child in info.get("related_klass_infos", ())]
        relations = [relation for relation in map(_stock_relation, [*relations, relation_back]) if relation]
        if number == 0 and self.known_field is not None:
            relations.append(self.known_field)
        if not relations:
            return
        field = relations[0]
        columns = dict(self.attributes(info))
        if len(relations) == 1 and field.cache_column in columns:
            self.holders[number] = Relation(field.cache_name, field.cache_column, columns[field.cache_column])
        else:
            self.own.add(number)

    def attributes(self, info: Any) -> list[tuple[str, str]]:
        """(attribute name, column source), in the order of the model's concrete fields."""
        by_name = {self.compiler.select[i][0].target.attname: self.columns[i] for i in info["select_fields"]}
        fields = info["model"]._meta.concrete_fields
        return [(field.attname, by_name[field.attname]) for field in fields if field.attname in by_name]

    def construct(self, info: Any, number: int, depth: int, annotations: list[tuple[str, str]]) -> None:
        if self.direct:
            self.construct_directly(info, number, depth, annotations)
        else:
            self.construct_through_from_db(info, number, depth, annotations)

    def construct_directly(
        self, info: Any, number: int, depth: int, annotations: list[tuple[str, str]]
    ) -> None:
        model = info["model"]
        names = self.names
        new = names.add("new", object.__new__)
        stored: list[str] = []
        assigned: list[str] = []
        for name, source in [*self.attributes(info), *annotations]:
            if _needs_setter(model, name):
                assigned.append(f"o{number}.{name} = {source}")
            else:
                stored.append(f"{name!r}: {source}")
        self.line(depth, f"o{number} = {new}({names.add('Model', model)})")
        self.line(
            depth, f"o{number}.__dict__ = {{'_state': {self.state(number, depth)}, {', '.join(stored)}}}"
        )
        for assignment in assigned:
            self.line(depth, assignment)
        if number == 0 and self.known_field is not None:
            self.known(depth, dict(self.attributes(info))[self.known_field.attname])

    def state(self, number: int, depth: int) -> str:
        """The variable with the state of an instance, which is made beforehand where instances share it."""
        names = self.names
        variable = f"s{number}"
        if number in self.own:
            self.line(
                depth, f"{variable} = {names.add('new', object.__new__)}({names.add('State', ModelState)})"
            )
            self.line(depth, f"{variable}.db = alias")
            self.line(depth, f"{variable}.adding = False")
            self.line(depth, f"{variable}.fetch_mode = mode")
            self.line(depth, f"{variable}.fields_cache = {{}}")
        elif number in self.holders:
            held = self.holders[number]
            shared = (
                f"{names.add('shared', shared_state)}(alias, False, mode, {held.name!r}, {held.column!r})"
            )
            self.before.append(f"{variable} = {shared}")
        else:
            variable = "s"
            shared = f"s = {names.add('shared', shared_state)}(alias, False, mode)"
            if shared not in self.before:
                self.before.append(shared)
        return variable

    def known(self, depth: int, key: str) -> None:
        """Lines that give the first instance the object that is known to be related to it."""
        self.before.append("find = known.get")
        self.line(depth, f"k = find({key})")
        self.line(depth, "if k is not None:")
        if 0 in self.holders:
            self.hold(0, "k", depth + 1)
        else:
            self.line(depth + 1, f"s0.fields_cache[{self.known_field.cache_name!r}] = k")

    def hold(self, number: int, value: str, depth: int) -> None:
        self.line(depth, f"o{number}._related_ = {value}")
        self.line(depth, f"o{number}._related_key_ = {self.holders[number].source}")

    def construct_through_from_db(
        self, info: Any, number: int, depth: int, annotations: list[tuple[str, str]]
    ) -> None:
        from offbeat.db.models.queryset.construct import from_db_caller

        model = info["model"]
        attributes = self.attributes(info)
        make = self.names.add("make", from_db_caller(model, [name for name, _ in attributes]))
        values = "".join(f"{source}, " for _, source in attributes)
        self.line(depth, f"o{number} = {make}(alias, ({values}), mode)")
        for name, source in annotations:
            self.line(depth, f"setattr(o{number}, {name!r}, {source})")
        peers = f"peers{number}"
        self.before.append(f"{peers} = []")
        self.line(depth, f"{peers}.append(o{number})")
        self.after += [
            "if mode is not None and mode.track_peers:",
            f"    {self.names.add('track', track_peers)}({peers})",
        ]

    def related(self, child: Any, holder: int, depth: int) -> None:
        """Lines that make an instance joined to `holder`, and tell both of each other."""
        columns = dict(self.attributes(child))
        primary = [columns[f.attname] for f in _pk_fields(child["model"]) if f.attname in columns]
        # An outer join without a partner gives NULL for every column of its primary key.
        test = " and ".join(f"{_raw(source)} is None" for source in primary)
        self.line(depth, f"if {test}:")
        self.line(depth + 1, f"o{self.objects} = None")
        self.line(depth, "else:")
        remote = child["remote_setter"]
        made = self.instance(child, depth + 1, [], remote)
        self.store(child["local_setter"], holder, made, depth)
        if getattr(remote, "__name__", "") != "_no_setter":
            self.line(depth, f"if o{made} is not None:")
            self.store(remote, made, holder, depth + 1)

    def store(self, setter: Any, holder: int, value: int, depth: int) -> None:
        """Lines for `setter(holder, value)`; a plain cache of a relation is written directly."""
        name = _cache_name(setter) if self.direct else None
        if name is None:
            self.line(depth, f"{self.names.add('setter', setter)}(o{holder}, o{value})")
        elif holder in self.holders:
            self.hold(holder, f"o{value}", depth)
        else:
            self.line(depth, f"s{holder}.fields_cache[{name!r}] = o{value}")


class Relation(NamedTuple):
    """A foreign key whose object the instance holds itself: its name, its column's attribute, and its value's source."""

    name: str
    column: str
    source: str


def _stock_relation(setter: Any) -> Any:
    """The field for which a stock setter stores a related object; None for other setters."""
    return setter.__self__ if _cache_name(setter) is not None else None


def _cache_name(setter: Any) -> str | None:
    """The key under which a stock setter stores a related object; None for other setters."""
    from offbeat.db.models.fields.mixins import FieldCacheMixin

    if getattr(setter, "__func__", None) is not FieldCacheMixin.set_cached_value:
        return None
    name: str = setter.__self__.cache_name
    return name


def _pk_fields(model: Any) -> list[Any]:
    meta = model._meta
    fields = getattr(meta, "pk_fields", None)
    return list(fields) if fields else [meta.pk]


def _raw(source: str) -> str:
    """The driver's value inside a converted column's source: enough to tell NULL."""
    found = re.search(r"\bc\d+\b", source)
    return found.group() if found else source
