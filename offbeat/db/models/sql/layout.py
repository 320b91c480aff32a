"""The SELECT list of a compiler and what a reader of rows must know about it.

``compiler.select`` is a list of ``(expression, (sql, params), alias)``, one for each column of a row, in order. For a
query of model instances ``compiler.klass_info`` says which columns make which instance::

    {
        "model": the model,
        "select_fields": [positions in compiler.select of the model's columns; each expression's ``target`` is the field],
        "related_klass_infos": [the same again for each relation that select_related() follows, plus:
            "field": the relation field (or the filtered relation's),
            "reverse": whether the relation is followed backwards,
            "local_setter": function(instance, related or None) that stores the related object,
            "remote_setter": function(related, instance) that stores the way back,
            "from_parent": True when the related model inherits from this one, so that columns of this model's
                instance belong to it as well; "select_fields" then names them too],
    }

``compiler.annotation_col_map`` maps each annotation's name to its position.
"""

from __future__ import annotations

import functools
from typing import Any

from offbeat.core.exceptions import EmptyResultSet, FieldError, FullResultSet
from offbeat.db.models.expressions import RawSQL, Value
from offbeat.db.models.query_utils import select_related_descend

SelectItem = tuple[Any, tuple[str, Any], Any]


def get_select(
    compiler: Any, with_col_aliases: bool = False
) -> tuple[list[SelectItem], dict[str, Any] | None, dict[str, int]]:
    """The SELECT list, the klass_info and the annotations' positions."""
    query = compiler.query
    columns: list[tuple[Any, Any]] = []
    klass_info: dict[str, Any] | None = None
    annotations: dict[str, int] = {}
    select_mask = query.get_select_mask()
    if query.default_cols:
        cols: Any = compiler.get_default_columns(select_mask)
    else:
        cols = query.select
    if query.selected:
        for name, source in query.selected.items():
            if isinstance(source, int):
                columns.append((cols[source], name))
            elif source in query.extra_select:
                columns.append((RawSQL(*query.extra_select[source]), source))
            elif source in query.annotation_select:
                annotations[source] = len(columns)
                columns.append((query.annotation_select[source], source))
    else:
        for alias, (sql, params) in query.extra_select.items():
            annotations[alias] = len(columns)
            columns.append((RawSQL(sql, params), alias))
        select_list = []
        for col in cols:
            select_list.append(len(columns))
            columns.append((col, None))
        if query.default_cols or (query.model is not None and cols and not query.values_select):
            klass_info = {"model": query.model, "select_fields": select_list}
        for alias, annotation in query.annotation_select.items():
            annotations[alias] = len(columns)
            columns.append((annotation, alias))
    select = [col for col, _ in columns]
    if query.select_related and klass_info is not None:
        related_klass_infos = get_related_selections(compiler, select, select_mask)
        klass_info["related_klass_infos"] = related_klass_infos
        _add_parent_columns(klass_info)
        columns += [(col, None) for col in select[len(columns) :]]
    return _compiled(compiler, columns, with_col_aliases), klass_info, annotations


def _add_parent_columns(klass_info: dict[str, Any]) -> None:
    for related in klass_info.get("related_klass_infos", ()):
        if related["from_parent"]:
            related["select_fields"] = klass_info["select_fields"] + related["select_fields"]
        _add_parent_columns(related)


def _compiled(compiler: Any, columns: list[tuple[Any, Any]], with_col_aliases: bool) -> list[SelectItem]:
    result: list[SelectItem] = []
    col_idx = 1
    for col, alias in columns:
        try:
            sql, params = compiler.compile(col)
        except EmptyResultSet:
            empty = getattr(col, "empty_result_set_value", NotImplemented)
            # Any constant will do for what is never read.
            sql, params = ("0", ()) if empty is NotImplemented else compiler.compile(Value(empty))
        except FullResultSet:
            sql, params = compiler.compile(Value(True))
        else:
            sql, params = col.select_format(compiler, sql, params)
        if getattr(col, "is_composite", False):
            # Several columns cannot share a name.
            alias = None
        elif alias is None and with_col_aliases:
            alias = f"col{col_idx}"
            col_idx += 1
        result.append((col, (sql, params), alias))
    return result


def get_default_columns(
    compiler: Any,
    select_mask: dict[Any, Any],
    start_alias: Any = None,
    opts: Any = None,
    from_parent: Any = None,
) -> list[Any]:
    """The columns of a model's fields, those of parents' tables included.

    ``from_parent``: a model whose columns are selected already, so that shared parents are left out.
    """
    query = compiler.query
    if opts is None:
        if (opts := query.get_meta()) is None:
            return []
    start_alias = start_alias or query.get_initial_alias()
    # The alias of each parent's table, by model; the model itself is None.
    seen_models: dict[Any, Any] = {None: start_alias}
    result = []
    for field in opts.concrete_fields:
        model = field.model._meta.concrete_model
        if model is opts.model or model is opts.concrete_model:
            model = None
        if (
            from_parent
            and model is not None
            and issubclass(from_parent._meta.concrete_model, model._meta.concrete_model)
        ):
            continue
        if select_mask and field not in select_mask:
            continue
        alias = query.join_parent_model(opts, model, start_alias, seen_models)
        result.append(field.get_col(alias))
    return result


def _no_setter(*args: Any) -> None:
    return None


def get_related_selections(
    compiler: Any,
    select: list[Any],
    select_mask: dict[Any, Any],
    opts: Any = None,
    root_alias: Any = None,
    cur_depth: int = 1,
    requested: Any = None,
    restricted: bool | None = None,
) -> list[dict[str, Any]]:
    """Add the columns of the related objects to ``select``; returns their klass_infos.

    Raises FieldError for a name that select_related() cannot follow.
    """
    query = compiler.query
    if not restricted and cur_depth > query.max_depth:
        # All relations would be followed without end.
        return []
    if not opts:
        opts = query.get_meta()
        root_alias = query.get_initial_alias()
    if requested is None:
        restricted = isinstance(query.select_related, dict)
        requested = query.select_related if restricted else {}
    infos: list[dict[str, Any]] = []
    found: set[str] = set()

    def descend(
        klass_info: dict[str, Any], model: Any, alias: Any, mask: Any, name: str, from_parent: Any
    ) -> None:
        positions = []
        for col in get_default_columns(
            compiler, mask, start_alias=alias, opts=model._meta, from_parent=from_parent
        ):
            positions.append(len(select))
            select.append(col)
        klass_info["select_fields"] = positions
        klass_info["related_klass_infos"] = get_related_selections(
            compiler, select, mask, model._meta, alias, cur_depth + 1, requested.get(name, {}), restricted
        )
        infos.append(klass_info)

    for field in opts.fields:
        if restricted:
            nested = requested.get(field.name, {})
            if not field.is_relation:
                if nested or field.name in requested:
                    raise FieldError(
                        f"Non-relational field given in select_related: '{field.name}'. Choices are: "
                        f"{_choices(compiler, opts)}"
                    )
        if not select_related_descend(field, bool(restricted), requested, select_mask):
            continue
        found.add(field.name)
        related_model = field.remote_field.model
        join_info = query.setup_joins([field.name], opts, root_alias)
        klass_info = {
            "model": related_model,
            "field": field,
            "reverse": False,
            "local_setter": field.set_cached_value,
            "remote_setter": field.remote_field.set_cached_value if field.unique else _no_setter,
            "from_parent": False,
        }
        descend(
            klass_info, related_model, join_info.joins[-1], select_mask.get(field) or {}, field.name, None
        )

    if restricted:
        for related in opts.related_objects:
            field = related.field
            if not field.unique or related.many_to_many:
                continue
            name = field.related_query_name()
            if name not in requested:
                continue
            mask = select_mask.get(related) or {}
            found.add(name)
            join_info = query.setup_joins([name], opts, root_alias)
            model = related.related_model
            from_parent = issubclass(model, opts.model) and model is not opts.model
            klass_info = {
                "model": model,
                "field": field,
                "reverse": True,
                "local_setter": related.set_cached_value,
                "remote_setter": field.set_cached_value,
                "from_parent": from_parent,
            }
            descend(klass_info, model, join_info.joins[-1], mask, name, opts.model)
        _filtered_selections(compiler, select_mask, opts, root_alias, requested, found, descend)
        not_found = set(requested) - found
        if not_found:
            invalid = ", ".join(sorted(f"'{name}'" for name in not_found))
            raise FieldError(
                f"Invalid field name(s) given in select_related: {invalid}. Choices are: {_choices(compiler, opts)}"
            )
    return infos


def _filtered_selections(
    compiler: Any, select_mask: Any, opts: Any, root_alias: Any, requested: Any, found: set[str], descend: Any
) -> None:
    query = compiler.query
    for name in list(requested):
        if name in found or name not in query._filtered_relations:
            continue
        found.add(name)
        join_info = query.setup_joins([name], opts, root_alias)
        final_field, joins = join_info.final_field, join_info.joins
        model = join_info.opts.model
        from_parent = issubclass(model, opts.model) and model is not opts.model
        forward = final_field in opts.concrete_fields or final_field.model is opts.model
        field = final_field if forward else final_field.remote_field
        klass_info = {
            "model": model,
            "field": final_field,
            "reverse": True,
            "local_setter": functools.partial(_set_named, name),
            # Over several relations the way back is not that of the last one.
            "remote_setter": _remote_setter(final_field) if len(joins) <= 2 else _no_setter,
            "from_parent": from_parent,
        }
        mask = select_mask.get(field) or select_mask.get(final_field) or {}
        descend(klass_info, model, joins[-1], mask, name, opts.model)


def _set_named(name: str, instance: Any, related: Any) -> None:
    # A condition makes the related object another than the field's own, so it has an attribute to itself.
    if instance is not None:
        setattr(instance, name, related)


def _remote_setter(final_field: Any) -> Any:
    relation = getattr(final_field, "remote_field", None)
    if relation is None or (
        getattr(relation, "multiple", True) is True and not getattr(final_field, "unique", False)
    ):
        # The related object knows many of these; only the way from a child to its one parent is stored.
        if hasattr(final_field, "field"):
            return final_field.field.set_cached_value
        return _no_setter
    return relation.set_cached_value


def _choices(compiler: Any, opts: Any) -> str:
    direct = (field.name for field in opts.fields if field.is_relation)
    reverse = (
        related.field.related_query_name()
        for related in opts.related_objects
        if related.field.unique and not related.many_to_many
    )
    names = [*direct, *reverse, *compiler.query._filtered_relations]
    return ", ".join(names) or "(none)"


def get_converters(compiler: Any, expressions: Any) -> dict[int, tuple[list[Any], Any]]:
    """The functions to apply to each column of a row, by position: ``f(value, expression, connection)``."""
    converters: dict[int, tuple[list[Any], Any]] = {}
    connection = compiler.connection
    i = 0
    for expression in expressions:
        if getattr(expression, "is_composite", False):
            for col in expression.get_cols():
                _add_converters(converters, i, col, connection)
                i += 1
            continue
        if expression is not None:
            _add_converters(converters, i, expression, connection)
        i += 1
    return converters


def _add_converters(converters: dict[int, Any], position: int, expression: Any, connection: Any) -> None:
    functions = [*connection.ops.get_db_converters(expression), *expression.get_db_converters(connection)]
    if functions:
        converters[position] = (functions, expression)


def apply_converters(rows: Any, converters: dict[int, Any], connection: Any) -> Any:
    """The rows, as lists, with their columns converted."""
    items = list(converters.items())
    for row in map(list, rows):
        for position, (functions, expression) in items:
            value = row[position]
            for function in functions:
                value = function(value, expression, connection)
            row[position] = value
        yield row
