"""Writing many rows: bulk_create(), bulk_update(), update() and delete()."""

from __future__ import annotations

import functools
import itertools
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from offbeat.core.exceptions import FieldError
from offbeat.db import NotSupportedError, connections, transaction
from offbeat.db.models import write_plans
from offbeat.db.models.constants import OnConflict
from offbeat.db.models.shapes import PLAIN, root_shape
from offbeat.db.models.states import mark_saved
from offbeat.utils.lazy_module import LazyModule

if TYPE_CHECKING:
    from offbeat.db.models import deletion
else:
    deletion = LazyModule("offbeat.db.models.deletion")

__all__ = ["bulk_create", "bulk_update", "delete", "update", "update_fields"]


def bulk_create(
    queryset: Any,
    objs: Iterable[Any],
    batch_size: int | None,
    ignore_conflicts: bool,
    update_conflicts: bool,
    updated_names: Any,
    unique_names: Any,
) -> list[Any]:
    """See QuerySet.bulk_create()."""
    if batch_size is not None and batch_size <= 0:
        raise ValueError("Batch size must be a positive integer.")
    meta = queryset.model._meta
    for parent in meta.all_parents:
        if parent._meta.concrete_model is not meta.concrete_model:
            raise ValueError("Can't bulk create a multi-table inherited model")
    objs = list(objs)
    if not objs:
        return objs
    unique = _fields(meta, unique_names)
    updated = _fields(meta, updated_names)
    queryset._for_write = True
    conflict = _on_conflict(queryset, ignore_conflicts, update_conflicts, updated, unique)
    with_pk, without_pk = _prepare(queryset, objs)
    fields = [field for field in meta.concrete_fields if not field.generated]
    options = (batch_size, conflict, updated, unique)
    alone = not (with_pk and without_pk) and _fit_one_statement(queryset, fields, objs, batch_size)
    guard = transaction.mark_for_rollback_on_error if alone else _atomically
    with guard(using=queryset.db):
        _number_objects_with_respect_to(queryset, objs)
        if with_pk:
            rows = _insert_batches(queryset, with_pk, fields, options)
            _take_over(with_pk, rows, list(meta.db_returning_fields), meta.pk)
            _mark_saved(with_pk, queryset.db)
        if without_pk:
            rows = _insert_batches(queryset, without_pk, [f for f in fields if not _is_auto(f)], options)
            _take_over(without_pk, rows, meta.db_returning_fields, None)
            _mark_saved(without_pk, queryset.db)
    return objs


def _atomically(using: str) -> Any:
    return transaction.atomic(using=using, savepoint=False)


def _fit_one_statement(queryset: Any, fields: list[Any], objs: list[Any], batch_size: int | None) -> bool:
    """Whether one INSERT, which needs no transaction around it, takes them all."""
    connection = connections[queryset.db]
    if queryset.model._meta.order_with_respect_to or not connection.features.has_bulk_insert:
        return False
    most: int = connection.ops.bulk_batch_size(fields, objs)
    return len(objs) <= (min(batch_size, most) if batch_size else most)


def _insert_batches(queryset: Any, objs: list[Any], fields: list[Any], options: Any) -> list[Any]:
    batch_size, conflict, updated, unique = options
    rows: list[Any] = queryset._batched_insert(
        objs, fields, batch_size, on_conflict=conflict, update_fields=updated, unique_fields=unique
    )
    return rows


def _is_auto(field: Any) -> bool:
    from offbeat.db.models.fields import AutoField

    return isinstance(field, AutoField)


def _take_over(objs: list[Any], rows: list[Any], returned: Any, skipped: Any) -> None:
    names = [None if field is skipped else field.attname for field in returned]
    for obj, row in zip(objs, rows, strict=False):
        for value, name in zip(row, names, strict=True):
            if name is not None:
                setattr(obj, name, value)


def _mark_saved(objs: list[Any], alias: str) -> None:
    for obj in objs:
        mark_saved(obj, alias)


def _prepare(queryset: Any, objs: list[Any]) -> tuple[list[Any], list[Any]]:
    """Split into objects with and without a primary key, giving them one where the field makes it."""
    from offbeat.db.models.expressions import DatabaseDefault

    with_pk: list[Any] = []
    without_pk: list[Any] = []
    meta = queryset.model._meta
    pk = meta.pk
    for obj in objs:
        is_set = obj._is_pk_set()
        if not is_set:
            value = pk.get_pk_value_on_save(obj)
            if value is not None:
                obj.pk = value
                is_set = obj._is_pk_set()
        if is_set and not isinstance(obj.pk, DatabaseDefault):
            with_pk.append(obj)
        else:
            without_pk.append(obj)
    if meta._relation_fields or meta.private_fields:
        for obj in objs:
            obj._prepare_related_fields_for_save(operation_name="bulk_create")
    return with_pk, without_pk


def _number_objects_with_respect_to(queryset: Any, objs: list[Any]) -> None:
    """Continue the numbering of Meta.order_with_respect_to."""
    field = queryset.model._meta.order_with_respect_to
    if not field:
        return
    from offbeat.db.models.aggregates import Max

    groups: dict[Any, list[Any]] = {}
    for obj in objs:
        groups.setdefault(getattr(obj, field.attname), []).append(obj)
    others = queryset.model._base_manager.using(queryset.db)
    highest = dict(
        others.filter(**{f"{field.attname}__in": list(groups)})
        .order_by()
        .values_list(field.attname)
        .annotate(highest=Max("_order"))
        .values_list(field.attname, "highest")
    )
    for key, group in groups.items():
        numbers = itertools.count(highest.get(key, -1) + 1)
        for obj in group:
            if getattr(obj, "_order", None) is None:
                obj._order = next(numbers)


def _fields(meta: Any, names: Any) -> list[Any] | None:
    if not names:
        return None
    return [meta.get_field(meta.pk.name if name == "pk" else name) for name in names]


def _on_conflict(
    queryset: Any, ignore: bool, update: bool, updated: list[Any] | None, unique: list[Any] | None
) -> OnConflict | None:
    """What to do with rows that clash; ValueError or NotSupportedError for options that make no sense."""
    if ignore and update:
        raise ValueError("ignore_conflicts and update_conflicts are mutually exclusive.")
    features = connections[queryset.db].features
    if ignore:
        if not features.supports_ignore_conflicts:
            raise NotSupportedError("This database backend does not support ignoring conflicts.")
        return OnConflict.IGNORE
    if not update:
        return None
    if not updated:
        raise ValueError(
            "Fields that will be updated when a row insertion fails on conflicts must be provided."
        )
    if not features.supports_update_conflicts:
        raise NotSupportedError("This database backend does not support updating conflicts.")
    if unique:
        if not features.supports_update_conflicts_with_target:
            raise NotSupportedError(
                "This database backend does not support updating conflicts with specifying unique fields that can "
                "trigger the upsert."
            )
    elif features.supports_update_conflicts_with_target:
        raise ValueError("Unique fields that can trigger the upsert must be provided.")
    if any(not field.concrete or field.many_to_many for field in updated):
        raise ValueError("bulk_create() can only be used with concrete fields in update_fields.")
    if any(field.primary_key for field in updated):
        raise ValueError("bulk_create() cannot be used with primary keys in update_fields.")
    if unique and any(not field.concrete or field.many_to_many for field in unique):
        raise ValueError("bulk_create() can only be used with concrete fields in unique_fields.")
    return OnConflict.UPDATE


def bulk_update(queryset: Any, objs: Iterable[Any], names: Iterable[str], batch_size: int | None) -> int:
    """See QuerySet.bulk_update()."""
    if batch_size is not None and batch_size <= 0:
        raise ValueError("Batch size must be a positive integer.")
    if not names:
        raise ValueError("Field names must be given to bulk_update().")
    objs = tuple(objs)
    if not all(obj._is_pk_set() for obj in objs):
        raise ValueError("All bulk_update() objects must have a primary key set.")
    meta = queryset.model._meta
    fields = [meta.get_field(name) for name in names]
    if any(not field.concrete or field.many_to_many for field in fields):
        raise ValueError("bulk_update() can only be used with concrete fields.")
    pk_fields = set(getattr(meta, "pk_fields", ()) or (meta.pk,))
    for parent in meta.all_parents:
        pk_fields.add(parent._meta.pk)
    if any(field in pk_fields or field.primary_key for field in fields):
        raise ValueError("bulk_update() cannot be used with primary key fields.")
    if not objs:
        return 0
    for obj in objs:
        obj._prepare_related_fields_for_save(operation_name="bulk_update", fields=fields)
    queryset._for_write = True
    connection = connections[queryset.db]
    most = max(connection.ops.bulk_batch_size(["pk", "pk", *fields], objs), 1)
    size = min(batch_size, most) if batch_size else most
    batches = [objs[start : start + size] for start in range(0, len(objs), size)]
    guard = transaction.mark_for_rollback_on_error if len(batches) == 1 else _atomically
    statements = _statements_by_column(queryset, fields, connection, batches)
    if statements is not None:
        with guard(using=queryset.db):
            return sum(connection.run(sql, arrays).rowcount for sql, arrays in statements)
    rows = 0
    everything = queryset.using(queryset.db)
    updates = [([obj.pk for obj in batch], _cases(batch, fields, connection)) for batch in batches]
    with transaction.atomic(using=queryset.db, savepoint=False):
        for keys, cases in updates:
            rows += everything.filter(pk__in=keys).update(**cases)
    return rows


def _statements_by_column(
    queryset: Any, fields: list[Any], connection: Any, batches: list[tuple[Any, ...]]
) -> list[tuple[str, Any]] | None:
    """A statement for each batch, with an array for each column; None if the database or the values are not for that."""
    if queryset._shape is None or queryset._shape is not root_shape(queryset.model):
        return None
    plan = write_plans.bulk_update_plan(queryset.model, connection, fields)
    if plan is None:
        return None
    statements = []
    for batch in batches:
        arrays = plan.arrays(batch)
        if arrays is None:
            return None
        statements.append((plan.sql, arrays))
    return statements


def _cases(objs: tuple[Any, ...], fields: list[Any], connection: Any) -> dict[str, Any]:
    from offbeat.db.models.expressions import Case, Value, When
    from offbeat.db.models.functions import Cast

    casts = connection.features.requires_casted_case_in_updates
    cases: dict[str, Any] = {}
    for field in fields:
        whens = []
        for obj in objs:
            value = getattr(obj, field.attname)
            if not hasattr(value, "resolve_expression"):
                value = Value(value, output_field=field)
            whens.append(When(pk=obj.pk, then=value))
        case: Any = Case(*whens, output_field=field)
        cases[field.attname] = Cast(case, output_field=field) if casts else case
    return cases


def update(queryset: Any, values: dict[str, Any]) -> int:
    """See QuerySet.update()."""
    from offbeat.db.models.sql import UpdateQuery
    from offbeat.db.models.sql.constants import ROW_COUNT

    queryset._not_support_combined_queries("update")
    if queryset._form.is_sliced:
        raise TypeError("Cannot update a query once a slice has been taken.")
    if queryset._form.distinct_fields:
        raise TypeError("Cannot call update() after .distinct(*fields).")
    queryset._for_write = True
    if queryset._shape is not None and _are_plain(values.values()):
        done = _planned_update(
            queryset,
            ("update", *values),
            list(values.values()),
            lambda query: add_update_values(query, values),
            True,
        )
        if done is not None:
            return done
    query = queryset._concrete_query().chain(UpdateQuery)
    add_update_values(query, values)
    with transaction.mark_for_rollback_on_error(using=queryset.db):
        rows: int = query.get_compiler(queryset.db).execute_sql(ROW_COUNT)
    return rows


def _are_plain(values: Iterable[Any]) -> bool:
    return all(value is None or type(value) is bool or type(value) in PLAIN for value in values)


def _planned_update(queryset: Any, key: Any, values: list[Any], prepare: Any, guarded: bool) -> int | None:
    connection = connections[queryset.db]
    if not guarded:
        return write_plans.update(queryset._shape, queryset._params, connection, key, values, prepare)
    with transaction.mark_for_rollback_on_error(using=connection.alias):
        return write_plans.update(queryset._shape, queryset._params, connection, key, values, prepare)


def add_update_values(query: Any, values: dict[str, Any]) -> None:
    """Make an update of these values out of a chained UpdateQuery."""
    from offbeat.db.models.expressions import F, OrderBy

    query.add_update_values(values)
    # Annotations are not selected by an UPDATE, so an order by one needs its expression.
    ordering = []
    for item in query.order_by:
        if isinstance(item, str):
            name, descending = item.removeprefix("-"), item.startswith("-")
            annotation = _ordering_annotation(query, name)
            if annotation is not None:
                item = _directed(annotation, descending)
        elif isinstance(item, OrderBy) and isinstance(item.expression, F):
            annotation = _ordering_annotation(query, item.expression.name)
            if annotation is not None:
                item = item.copy()
                item.expression = annotation.expression if isinstance(annotation, OrderBy) else annotation
        ordering.append(item)
    query.order_by = tuple(ordering)
    query.annotations = {}


def _directed(annotation: Any, descending: bool) -> Any:
    """An ordering by an annotation, which may have a direction of its own."""
    from offbeat.db.models.expressions import OrderBy

    if not isinstance(annotation, OrderBy):
        return annotation.desc() if descending else annotation.asc()
    item = annotation.copy()
    if descending:
        item.reverse_ordering()
    return item


def _ordering_annotation(query: Any, name: str) -> Any:
    annotation = query.annotations.get(name)
    if annotation is not None and getattr(annotation, "contains_aggregate", False):
        raise FieldError(f"Cannot update when ordering by an aggregate: {annotation}")
    return annotation


def update_fields(queryset: Any, values: Any, returning_fields: Any) -> Any:
    """See QuerySet._update()."""
    if queryset._form.is_sliced:
        raise TypeError("Cannot update a query once a slice has been taken.")
    if queryset._shape is not None and not returning_fields:
        done = _planned_update(
            queryset,
            write_plans.update_key([field for field, _, _ in values]),
            [value for _, _, value in values],
            functools.partial(write_plans.prepare_update, values),
            False,
        )
        if done is not None:
            return done
    from offbeat.db.models.sql import UpdateQuery
    from offbeat.db.models.sql.constants import ROW_COUNT

    query = queryset._concrete_query().chain(UpdateQuery)
    write_plans.prepare_update(values, query)
    compiler = query.get_compiler(queryset.db)
    if returning_fields:
        return compiler.execute_returning_sql(returning_fields)
    return compiler.execute_sql(ROW_COUNT)


def delete(queryset: Any) -> tuple[int, dict[str, int]]:
    """See QuerySet.delete()."""
    queryset._not_support_combined_queries("delete")
    form = queryset._form
    if form.is_sliced:
        raise TypeError("Cannot use 'limit' or 'offset' with delete().")
    if form.distinct_fields:
        raise TypeError("Cannot call delete() after .distinct(*fields).")
    if queryset._fields is not None:
        raise TypeError("Cannot call delete() after .values() or .values_list()")
    doomed = queryset._chain()
    doomed._for_write = True
    if form.select_for_update or form.select_related or form.order_by or form.default_ordering:
        doomed = doomed._for_deletion()
    collector = deletion.Collector(using=doomed.db, origin=queryset)
    collector.collect(doomed)
    deleted: tuple[int, dict[str, int]] = collector.delete()
    return deleted
