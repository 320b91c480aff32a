"""What a query selects: columns, values, related objects, deferred fields, extra columns, ordering."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from offbeat.core.exceptions import FieldDoesNotExist, FieldError
from offbeat.db.models.constants import LOOKUP_SEP
from offbeat.db.models.expressions import ColPairs, Ref
from offbeat.db.models.query_utils import refs_expression
from offbeat.db.models.sql.datastructures import MultiJoin


def add_fields(query: Any, field_names: Iterable[str], allow_m2m: bool = True) -> None:
    """Add model fields, by path, to the SELECT list.

    Raises FieldError for an unknown name or, unless ``allow_m2m``, a multi-valued one.
    """
    alias = query.get_initial_alias()
    opts = query.get_meta()
    name = ""
    try:
        cols: list[Any] = []
        for name in field_names:
            # Joins made for other columns are shared.
            join_info = query.setup_joins(name.split(LOOKUP_SEP), opts, alias, allow_many=allow_m2m)
            targets, final_alias, _joins = query.trim_joins(
                join_info.targets, join_info.joins, join_info.path
            )
            if len(targets) > 1:
                # The columns of one relation come as one tuple.
                cols.append(ColPairs(final_alias, targets, targets, join_info.final_field))
            else:
                cols.append(join_info.transform_function(targets[0], final_alias))
        if cols:
            query.set_select(cols)
    except MultiJoin:
        raise FieldError(f"Invalid field name: '{name}'") from None
    except FieldError:
        if LOOKUP_SEP in name:
            # The usual message lists the names of this model, which would mislead for a related one.
            raise
        if name in query.annotations:
            raise FieldError(f"Cannot select the '{name}' alias. Use annotate() to promote it.") from None
        names = sorted(
            [
                *_field_names(opts),
                *query.extra,
                *query.annotations,
                *query._filtered_relations,
            ]
        )
        raise FieldError(
            f"Cannot resolve keyword {name!r} into field. Choices are: {', '.join(names)}"
        ) from None


def _field_names(opts: Any) -> set[str]:
    from offbeat.db.models.sql.paths import get_field_names_from_opts

    return get_field_names_from_opts(opts)


def set_select(query: Any, cols: Iterable[Any]) -> None:
    query.default_cols = False
    query.select = tuple(cols)


def add_select_col(query: Any, col: Any, name: str) -> None:
    """Add one column under a name of ``values()``."""
    query.select += (col,)
    query.values_select += (name,)
    query.selected[name] = len(query.select) - 1


def clear_select_clause(query: Any) -> None:
    """Select nothing."""
    query.select = ()
    query.default_cols = False
    query.select_related = False
    query.values_select = ()
    query.selected = None
    query.set_extra_mask(())
    query.set_annotation_mask(())


def clear_select_fields(query: Any) -> None:
    """Forget the fields chosen by ``values()``, keeping annotations and extra columns."""
    query.select = ()
    query.values_select = ()
    query.selected = None


def set_values(query: Any, fields: Any) -> None:
    """Select ``fields`` (paths, annotations, extra names) in that order; all fields when empty."""
    query.select_related = False
    query.clear_deferred_loading()
    query.clear_select_fields()
    query.default_cols = False
    selected: dict[str, Any] = {}
    if fields:
        field_names: list[str] = []
        annotation_names: list[str] = []
        extra_names: list[str] = []
        for name in fields:
            if name in query.extra_select:
                extra_names.append(name)
                selected[name] = name
            elif name in query.annotation_select:
                annotation_names.append(name)
                selected[name] = name
            elif name in query.annotations:
                raise _not_selectable(query, name)
            else:
                # The same transforms on an annotation make a column of its own.
                # Each name becomes a column's alias, and may come from a JSON key.
                query.check_alias(name)
                annotation, transforms = refs_expression(name.split(LOOKUP_SEP), query.annotation_select)
                if annotation and transforms:
                    expression = query.annotations[annotation]
                    for transform in transforms:
                        expression = query.try_transform(expression, transform)
                    query.annotations[name] = expression
                    annotation_names.append(name)
                    selected[name] = name
                else:
                    selected[name] = len(field_names)
                    field_names.append(name)
        dropped = query.annotation_select.keys() - set(annotation_names)
        query._masked_by_values = query._masked_by_values | dropped
        query.set_extra_mask(extra_names)
        query.set_annotation_mask(annotation_names)
    else:
        field_names = [f.attname for f in query.model._meta.concrete_fields]
        selected = {name: pos for pos, name in enumerate(field_names)}
        for name in (*query.extra_select, *query.annotation_select):
            selected[name] = name
    # GROUP BY must be fixed while the columns it is made from are known.
    if query.group_by is True:
        query.add_fields((f.attname for f in query.model._meta.concrete_fields), False)
        query.set_group_by(allow_aliases=False)
        query.clear_select_fields()
    elif query.group_by:
        # A name that is not selected any more cannot be referred to.
        query.group_by = tuple(
            query.annotations[expr.refs]
            if isinstance(expr, Ref) and expr.refs not in selected and expr.refs in query.annotations
            else expr
            for expr in query.group_by
        )
    query.values_select = tuple(field_names)
    query.add_fields(field_names, True)
    # All columns come in their natural order, and later extra columns with them.
    query.selected = selected if fields else None


def _not_selectable(query: Any, name: str) -> FieldError:
    if name in query._masked_by_values:
        return FieldError(
            f"Cannot select the '{name}' alias. It was excluded by a previous values() or values_list() call. "
            f"Include '{name}' in that call to select it."
        )
    return FieldError(f"Cannot select the '{name}' alias. Use annotate() to promote it.")


def add_select_related(query: Any, fields: Iterable[str]) -> None:
    """Follow the relations named by ``fields`` and select their columns too."""
    field_dict: dict[str, Any]
    field_dict = {} if isinstance(query.select_related, bool) else _copied(query.select_related)
    for field in fields:
        level = field_dict
        for part in field.split(LOOKUP_SEP):
            level = level.setdefault(part, {})
    query.select_related = field_dict


def _copied(tree: dict[str, Any]) -> dict[str, Any]:
    return {name: _copied(inner) for name, inner in tree.items()}


def clear_deferred_loading(query: Any) -> None:
    """Load every field."""
    query.deferred_loading = (frozenset(), True)


def add_deferred_loading(query: Any, field_names: Iterable[str]) -> None:
    """Do not load these fields."""
    existing, defer = query.deferred_loading
    if defer:
        query.deferred_loading = existing.union(field_names), True
    # After only(): take names out of the set that is loaded.
    elif new_existing := existing.difference(field_names):
        query.deferred_loading = new_existing, False
    else:
        query.clear_deferred_loading()
        if new_only := set(field_names).difference(existing):
            query.deferred_loading = new_only, True


def add_immediate_loading(query: Any, field_names: Iterable[str]) -> None:
    """Load these fields only."""
    existing, defer = query.deferred_loading
    names = set(field_names)
    if "pk" in names:
        names.remove("pk")
        names.update(field.name for field in query.get_meta().pk_fields)
    if defer:
        # What was deferred before stays so.
        query.deferred_loading = names.difference(existing), False
    else:
        query.deferred_loading = frozenset(names), False


def get_select_mask(query: Any) -> dict[Any, Any]:
    """The fields to load as nested dicts, by relation; empty: all."""
    field_names, defer = query.deferred_loading
    if not field_names:
        return {}
    mask: dict[str, Any] = {}
    for field_name in field_names:
        level = mask
        for part in field_name.split(LOOKUP_SEP):
            level = level.setdefault(part, {})
    opts = query.get_meta()
    return _defer_mask(query, opts, mask) if defer else _only_mask(query, opts, mask)


def _relation_on(opts: Any, name: str) -> Any:
    """The field or reverse relation that a mask names."""
    try:
        return opts.get_field(name)
    except FieldDoesNotExist:
        for rel in opts.related_objects:
            if rel.get_accessor_name() == name:
                return rel
        raise


def _keep_primary_key(opts: Any, select_mask: dict[Any, Any]) -> None:
    for field in getattr(opts, "pk_fields", None) or [opts.pk]:
        select_mask.setdefault(field, {})


def _defer_mask(query: Any, opts: Any, mask: dict[str, Any], select_mask: Any = None) -> dict[Any, Any]:
    select_mask = {} if select_mask is None else select_mask
    _keep_primary_key(opts, select_mask)
    # Fields that are not mentioned are loaded.
    for field in opts.concrete_fields:
        field_mask = mask.get(field.name, mask.get(field.attname))
        if field_mask is None or field_mask:
            select_mask.setdefault(field, {})
    for name, field_mask in mask.items():
        if not field_mask:
            if name not in query._filtered_relations:
                opts.get_field(opts.pk.name if name == "pk" else name)
            continue
        related, field = _related_model_of(query, opts, name, field_mask)
        _defer_mask(query, related._meta.concrete_model._meta, field_mask, select_mask.setdefault(field, {}))
    return select_mask  # type: ignore[no-any-return]


def _only_mask(query: Any, opts: Any, mask: dict[str, Any], select_mask: Any = None) -> dict[Any, Any]:
    select_mask = {} if select_mask is None else select_mask
    _keep_primary_key(opts, select_mask)
    for name, field_mask in mask.items():
        if name == "pk":
            continue
        if not field_mask:
            related, field = None, _mask_field(query, opts, name)
        else:
            related, field = _related_model_of(query, opts, name, field_mask)
        inner = select_mask.setdefault(field, {})
        if field_mask:
            if related is None or not field.is_relation:
                raise FieldError(next(iter(field_mask)))
            _only_mask(query, related._meta.concrete_model._meta, field_mask, inner)
    return select_mask  # type: ignore[no-any-return]


def _mask_field(query: Any, opts: Any, name: str) -> Any:
    if name in query._filtered_relations:
        return _relation_on(opts, query._filtered_relations[name].relation_name)
    return _relation_on(opts, name)


def _related_model_of(query: Any, opts: Any, name: str, names: Iterable[str]) -> tuple[Any, Any]:
    field = _mask_field(query, opts, name)
    if not field.is_relation:
        raise FieldError(next(iter(names), name))
    return field.related_model, field


def set_annotation_mask(query: Any, names: Iterable[str] | None) -> None:
    """Select only these annotations; None: all."""
    if names is None:
        query.annotation_select_mask = None
    else:
        query.annotation_select_mask = list(dict.fromkeys(names))
        if query.selected:
            # The order chosen by values() goes without those that are dropped.
            query.selected = {
                key: value
                for key, value in query.selected.items()
                if not isinstance(value, str)
                or value in query.annotation_select_mask
                or value in query.extra_select
            }
    query._annotation_select_cache = None


def append_annotation_mask(query: Any, names: Iterable[str]) -> None:
    """Select these annotations as well."""
    if query.annotation_select_mask is not None:
        query.set_annotation_mask((*query.annotation_select_mask, *names))


def set_extra_mask(query: Any, names: Iterable[str] | None) -> None:
    """Select only these extra columns; None: all."""
    query.extra_select_mask = None if names is None else set(names)
    query._extra_select_cache = None


def annotation_select(query: Any) -> dict[str, Any]:
    """The annotations that are selected."""
    if query._annotation_select_cache is not None:
        return query._annotation_select_cache  # type: ignore[no-any-return]
    if not query.annotations:
        return {}
    if query.annotation_select_mask is None:
        return query.annotations  # type: ignore[no-any-return]
    query._annotation_select_cache = {
        name: query.annotations[name] for name in query.annotation_select_mask if name in query.annotations
    }
    return query._annotation_select_cache  # type: ignore[no-any-return]


def extra_select(query: Any) -> dict[str, Any]:
    """The extra columns that are selected."""
    if query._extra_select_cache is not None:
        return query._extra_select_cache  # type: ignore[no-any-return]
    if not query.extra:
        return {}
    if query.extra_select_mask is None:
        return query.extra  # type: ignore[no-any-return]
    query._extra_select_cache = {k: v for k, v in query.extra.items() if k in query.extra_select_mask}
    return query._extra_select_cache  # type: ignore[no-any-return]


def add_ordering(query: Any, *ordering: Any) -> None:
    """Order by these names and expressions, after those given before; none: no ordering at all.

    Raises FieldError for what cannot be ordered by.
    """
    errors = []
    for item in ordering:
        if isinstance(item, str):
            if item == "?":
                continue
            item = item.removeprefix("-")
            if item in query.annotations:
                continue
            if query.extra and item in query.extra:
                continue
            # Raises FieldError for an unknown name; what is left over must be transforms.
            _check_order_path(query, item)
        elif not hasattr(item, "resolve_expression"):
            errors.append(item)
        if getattr(item, "contains_aggregate", False):
            raise FieldError(
                "Using an aggregate in order_by() without also including it in annotate() is not allowed: "
                f"{item}"
            )
    if errors:
        raise FieldError(f"Invalid order_by arguments: {errors}")
    if ordering:
        query.order_by += ordering
    else:
        query.default_ordering = False


def _check_order_path(query: Any, name: str) -> None:
    # "table.column" is the deprecated way to name an extra table's column.
    query.names_to_path(name.split(LOOKUP_SEP), query.model._meta)


def clear_ordering(query: Any, force: bool = False, clear_default: bool = True) -> None:
    """Forget the ordering, unless it decides which rows are selected (``force`` overrides)."""
    if not force and (query.is_sliced or query.distinct_fields or query.select_for_update):
        return
    query.order_by = ()
    query.extra_order_by = ()
    if clear_default:
        query.default_ordering = False
