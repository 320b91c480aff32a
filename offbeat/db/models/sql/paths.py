"""From lookup paths such as ``author__name__lower`` to joins, columns and transforms."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple

from offbeat.core.exceptions import FieldDoesNotExist, FieldError
from offbeat.db.models.constants import LOOKUP_SEP
from offbeat.db.models.expressions import ColPairs, Ref
from offbeat.db.models.query_utils import PathInfo, refs_expression
from offbeat.db.models.sql.constants import INNER
from offbeat.db.models.sql.datastructures import Join, MultiJoin
from offbeat.db.models.sql.joins import forbid_joined


class JoinInfo(NamedTuple):
    """What a path led to; ``transform_function(field, alias)`` gives the column with the path's transforms."""

    final_field: Any
    targets: tuple[Any, ...]
    opts: Any
    joins: list[str]
    path: list[PathInfo]
    transform_function: Callable[..., Any]


def get_field_names_from_opts(opts: Any) -> set[str]:
    """Every name that may start a path on the model."""
    if opts is None:
        return set()
    names: set[str] = set()
    for field in opts.get_fields():
        names.update((field.name, field.attname) if field.concrete else (field.name,))
    return names


def get_children_from_q(q: Any) -> Iterator[tuple[str, Any]]:
    """Every (path, value) pair of a Q, at any depth."""
    for child in q.children:
        if isinstance(child, tuple):
            yield child
        elif hasattr(child, "children"):
            yield from get_children_from_q(child)


def solve_lookup_type(query: Any, lookup: str, summarize: bool = False) -> tuple[Sequence[str], Any, Any]:
    """A path as (transforms and lookup, field names, annotation if it starts with one)."""
    parts = lookup.split(LOOKUP_SEP)
    if query.annotations:
        annotation, expression_lookups = refs_expression(parts, query.annotations)
        if annotation:
            expression = query.annotations[annotation]
            if summarize:
                expression = Ref(annotation, expression)
            return expression_lookups, (), expression
    _, _field, _, lookup_parts = query.names_to_path(parts, query.get_meta())
    field_parts = parts[: len(parts) - len(lookup_parts)]
    if len(lookup_parts) > 1 and not field_parts:
        raise FieldError(f'Invalid lookup "{lookup}" for model {query.get_meta().model.__name__}".')
    return lookup_parts, field_parts, False


def _unknown_name(query: Any, name: str, opts: Any) -> FieldError:
    available = sorted(
        [*get_field_names_from_opts(opts), *query.annotation_select, *query._filtered_relations]
    )
    return FieldError(f"Cannot resolve keyword '{name}' into field. Choices are: {', '.join(available)}")


def names_to_path(
    query: Any, names: Sequence[str], opts: Any, allow_many: bool = True, fail_on_missing: bool = False
) -> tuple[list[PathInfo], Any, tuple[Any, ...], list[str]]:
    """Walk ``names`` from ``opts``: the steps taken, the last field, its target columns, the names left over.

    Raises FieldError for a name that is neither field nor (perhaps) lookup, MultiJoin for a multi-valued step that
    ``allow_many`` forbids.
    """
    path: list[PathInfo] = []
    names_with_path: list[tuple[str, list[PathInfo]]] = []
    final_field: Any = None
    targets: tuple[Any, ...] = ()
    pos = -1
    for pos, name in enumerate(names):
        step_start: tuple[str, list[PathInfo]] = (name, [])
        if name == "pk" and opts is not None:
            name = opts.pk.name
        field = None
        filtered_relation = None
        try:
            if opts is None:
                raise FieldDoesNotExist
            field = opts.get_field(name)
        except FieldDoesNotExist:
            if name in query.annotation_select:
                field = query.annotation_select[name].output_field
            elif name in query._filtered_relations and pos == 0:
                filtered_relation = query._filtered_relations[name]
                if LOOKUP_SEP in filtered_relation.relation_name:
                    parts = filtered_relation.relation_name.split(LOOKUP_SEP)
                    filtered_path, field, _, _ = query.names_to_path(parts, opts, allow_many, fail_on_missing)
                    path.extend(filtered_path[:-1])
                    step_start[1].extend(filtered_path[:-1])
                else:
                    field = opts.get_field(filtered_relation.relation_name)
        model = None
        if field is not None:
            if field.is_relation and not field.related_model:
                raise FieldError(
                    f"Field {field.name!r} does not generate an automatic reverse relation and therefore cannot be "
                    "used for reverse querying. If it is a GenericForeignKey, consider adding a GenericRelation."
                )
            model = getattr(field, "model", None)
            model = None if model is None else model._meta.concrete_model
        else:
            # The rest are lookups, unless nothing was found yet.
            pos -= 1
            if pos == -1 or fail_on_missing:
                raise _unknown_name(query, name, opts)
            break

        if model is not None and opts is not None and model is not opts.model:
            path_to_parent = opts.get_path_to_parent(model)
            if path_to_parent:
                path.extend(path_to_parent)
                step_start[1].extend(path_to_parent)
                opts = path_to_parent[-1].to_opts
        if hasattr(field, "path_infos"):
            if filtered_relation is not None:
                pathinfos = field.get_path_info(filtered_relation)
            else:
                pathinfos = field.path_infos
            if not allow_many:
                for inner_pos, info in enumerate(pathinfos):
                    if info.m2m:
                        step_start[1].extend(pathinfos[: inner_pos + 1])
                        names_with_path.append(step_start)
                        raise MultiJoin(pos + 1, names_with_path)
            last = pathinfos[-1]
            path.extend(pathinfos)
            final_field = last.join_field
            opts = last.to_opts
            targets = last.target_fields
            step_start[1].extend(pathinfos)
            names_with_path.append(step_start)
        else:
            final_field = field
            targets = (field,)
            if fail_on_missing and pos + 1 != len(names):
                raise FieldError(
                    f"Cannot resolve keyword {names[pos + 1]!r} into field. Join on '{name}' not permitted."
                )
            break
    return path, final_field, targets, list(names[pos + 1 :])


def setup_joins(
    query: Any, names: Sequence[str], opts: Any, alias: str, can_reuse: Any = None, allow_many: bool = True
) -> JoinInfo:
    """Add the joins for a path; ``can_reuse`` is the set of multi-valued aliases that may be shared (None: all)."""
    joins = [alias]
    transforms: list[str] = []
    unresolved: FieldError | None = None
    path: list[PathInfo] = []
    # The longest beginning that is a path of fields; what follows are transforms.
    for pivot in range(len(names), 0, -1):
        try:
            path, final_field, targets, _ = query.names_to_path(
                names[:pivot], opts, allow_many, fail_on_missing=True
            )
        except FieldError as e:
            if pivot == 1:
                # The first name itself is wrong.
                raise
            unresolved = e
            transforms.insert(0, names[pivot - 1])
        else:
            break

    transform_function: Callable[..., Any] = functools.partial(_column, query)
    for name in transforms:
        transform_function = _transforming(query, transform_function, name, unresolved)

    for info in path:
        filtered_relation = info.filtered_relation
        table_alias = None if filtered_relation is None else filtered_relation.alias
        nullable = query.is_nullable(info.join_field) if info.direct else True
        connection = Join(
            info.to_opts.db_table, alias, table_alias, INNER, info.join_field, nullable, filtered_relation
        )
        reuse = can_reuse if info.m2m else None
        alias = query.join(connection, reuse=reuse)
        joins.append(alias)
        opts = info.to_opts
    return JoinInfo(final_field, targets, opts, joins, path, transform_function)


def _column(query: Any, field: Any, alias: Any) -> Any:
    if not query.alias_cols:
        alias = None
    return field.get_col(alias)


def _transforming(
    query: Any, previous: Callable[..., Any], name: str, unresolved: FieldError | None
) -> Callable[..., Any]:
    def transform(field: Any, alias: Any) -> Any:
        lhs = previous(field, alias)
        if unresolved is not None and not lhs.get_transform(name):
            # Most likely a misspelt field.
            raise unresolved
        return query.try_transform(lhs, name)

    transform.is_transform = True  # type: ignore[attr-defined]
    return transform


def trim_joins(
    query: Any, targets: tuple[Any, ...], joins: list[str], path: list[PathInfo]
) -> tuple[tuple[Any, ...], str, list[str]]:
    """Drop joins at the end whose columns the table before them already has.

    Returns the target columns, the alias they are on, and the joins left.
    """
    joins = joins[:]
    for info in reversed(path):
        if len(joins) == 1 or not info.direct or info.filtered_relation:
            break
        near_of_far = {far.column: near for near, far in info.join_field.related_fields}
        if not {target.column for target in targets} <= near_of_far.keys():
            break
        targets = tuple(near_of_far[target.column] for target in targets)
        query.unref_alias(joins.pop())
    return targets, joins[-1], joins


def try_transform(query: Any, lhs: Any, name: str, lookups: Sequence[str] | None = None) -> Any:
    """``lhs`` with the transform ``name`` applied; ``lookups``: the rest of the path, this name included.

    Raises FieldError when there is none.
    """
    transform_class = lhs.get_transform(name)
    if transform_class:
        return transform_class(lhs)
    output_field = lhs.output_field.__class__
    import difflib

    suggested = difflib.get_close_matches(name, lhs.output_field.get_lookups())
    suggestion = f", perhaps you meant {' or '.join(suggested)}?" if suggested else "."
    raise FieldError(
        f"Unsupported lookup '{LOOKUP_SEP.join(lookups or [name])}' for {output_field.__name__} or join on the field not permitted{suggestion}"
    )


def resolve_ref(
    query: Any, name: str, allow_joins: bool = True, reuse: Any = None, summarize: bool = False
) -> Any:
    """The column or annotation that ``F(name)`` means."""
    annotation = query.annotations.get(name)
    if annotation is not None:
        if not allow_joins:
            forbid_joined(query, annotation)
        if summarize:
            # Aggregates over a subquery see only what it selects.
            if name not in query.annotation_select:
                raise FieldError(f"Cannot aggregate over the '{name}' alias. Use annotate() to promote it.")
            return Ref(name, query.annotation_select[name])
        return annotation
    names = name.split(LOOKUP_SEP)
    annotation = query.annotations.get(names[0])
    if annotation is not None:
        for transform in names[1:]:
            annotation = query.try_transform(annotation, transform)
        return annotation
    initial_alias = query.get_initial_alias()
    if initial_alias is None:
        raise FieldError(f"Cannot resolve expression {name!r}: the query has no model.")
    join_info = query.setup_joins(names, query.get_meta(), initial_alias, can_reuse=reuse)
    targets, final_alias, join_list = query.trim_joins(join_info.targets, join_info.joins, join_info.path)
    if not allow_joins and len(join_list) > 1:
        raise FieldError("Joined field references are not permitted in this query")
    if len(targets) > 1:
        return ColPairs(final_alias, targets, targets, join_info.final_field)
    column = join_info.transform_function(targets[0], final_alias)
    if reuse is not None:
        reuse.update(join_list)
    return column


def get_col(target: Any, field: Any, alias: Any, simple_col: bool = False) -> Any:
    """The column ``target`` on ``alias``, typed as ``field``."""
    return target.get_col(None if simple_col else alias, field)
