"""Saving of model instances: which statement, over which tables, with which signals."""

from __future__ import annotations

import datetime
import decimal
import functools
import uuid
from collections.abc import Iterable
from typing import Any

from offbeat.db import connections, router, transaction
from offbeat.db.models import write_plans
from offbeat.db.models.fields.base import NOT_PROVIDED
from offbeat.db.models.manager import Manager
from offbeat.db.models.queryset.insert import insert
from offbeat.db.models.shapes import root_shape
from offbeat.db.models.signals import post_save, pre_save
from offbeat.db.models.states import find_related, known_state, mark_saved
from offbeat.db.models.write_plans import prepare_update, update_key

__all__ = ["do_update", "prepare_related_fields", "save", "save_base"]

# Values of these types are certainly no expressions.
_BUILTIN = frozenset(
    {
        type(None),
        bool,
        bytes,
        datetime.date,
        datetime.datetime,
        datetime.time,
        datetime.timedelta,
        decimal.Decimal,
        dict,
        float,
        int,
        list,
        str,
        uuid.UUID,
    }
)

# How many different update_fields of a model are remembered.
MAX_SETS = 64


def save(
    instance: Any,
    force_insert: Any,
    force_update: bool,
    using: str | None,
    update_fields: Iterable[str] | None,
) -> None:
    """Check the arguments of Model.save() and pass on to save_base()."""
    opts = instance._meta
    if opts._relation_fields or opts.private_fields:
        instance._prepare_related_fields_for_save(operation_name="save")
    if using is None:
        using = router.db_for_write(instance.__class__, instance=instance)
    if force_insert and (force_update or update_fields):
        raise ValueError("Cannot force both insert and updating in model saving.")

    if update_fields is not None:
        # An empty list means: nothing is to be saved.
        update_fields = frozenset(update_fields)
        if not update_fields:
            return
        unknown = update_fields.difference(opts._non_pk_concrete_field_names)
        if unknown:
            raise ValueError(
                "The following fields do not exist in this model, are m2m fields, primary keys, or are non-concrete "
                "fields: {}".format(", ".join(sorted(unknown)))
            )
    elif not force_insert and using == known_state(instance).db and instance._is_pk_set():
        # Values that were never loaded are not written.
        data = instance.__dict__
        deferred = {f.attname for f in opts.concrete_fields if f.attname not in data and not f.generated}
        if deferred:
            loaded = opts._non_pk_concrete_field_names & {
                name
                for f in opts.concrete_fields
                if f.attname not in deferred
                for name in (f.name, f.attname)
            }
            if loaded:
                update_fields = frozenset(loaded)

    instance.save_base(
        using=using, force_insert=force_insert, force_update=force_update, update_fields=update_fields
    )


def prepare_related_fields(instance: Any, operation_name: str, fields: Any = None) -> None:
    """Make sure that related objects are saved, and take over keys they got since they were assigned."""
    for field in instance._meta._relation_fields:
        if fields is not None and field not in fields:
            continue
        obj = find_related(instance, field.cache_name)
        if obj is None:
            continue
        # A parent is saved along with its child; another object must be saved beforehand, or data would be lost.
        if not obj._is_pk_set():
            if not field.remote_field.multiple:
                field.remote_field.delete_cached_value(obj)
            raise ValueError(
                f"{operation_name}() prohibited to prevent data loss due to unsaved related object '{field.name}'."
            )
        attname = field.attname
        target = field.target_field.attname
        value = instance.__dict__.get(attname)
        if value is None or value in field.empty_values:
            # The object was saved after it had been assigned: its key is known now.
            setattr(instance, field.name, obj)
        elif getattr(obj, target) != value:
            # The key was changed: the object at hand is no longer the related one.
            field.delete_cached_value(instance)

    # A generic foreign key holds its object in the same way.
    for field in instance._meta.private_fields:
        if fields and field not in fields:
            continue
        if field.is_relation and getattr(field, "get_content_type", None) and field.is_cached(instance):
            obj = field.get_cached_value(instance, default=None)
            if obj is None:
                continue
            if not obj._is_pk_set():
                raise ValueError(
                    f"{operation_name}() prohibited to prevent data loss due to unsaved related object '{field.name}'."
                )
            if getattr(instance, field.fk_field) is None:
                setattr(instance, field.name, obj)


def save_base(
    instance: Any,
    raw: bool,
    force_insert: Any,
    force_update: bool,
    using: str | None,
    update_fields: Any,
) -> None:
    """Write the tables of the instance's model and its parents, between pre_save and post_save."""
    using = using or router.db_for_write(instance.__class__, instance=instance)
    origin = instance.__class__
    cls = origin._meta.concrete_model if origin._meta.proxy else origin
    meta = cls._meta
    announce = not meta.auto_created
    if announce and pre_save.receivers:
        pre_save.send(sender=origin, instance=instance, raw=raw, using=using, update_fields=update_fields)

    if meta.parents:
        with transaction.atomic(using=using, savepoint=False):
            updated = _save_tables(instance, raw, cls, force_insert, force_update, using, update_fields)
    elif connections[using].in_atomic_block:
        with transaction.mark_for_rollback_on_error(using=using):
            updated = _save_tables(instance, raw, cls, force_insert, force_update, using, update_fields)
    else:
        # One statement is a transaction of its own.
        updated = _save_tables(instance, raw, cls, force_insert, force_update, using, update_fields)

    mark_saved(instance, using)
    if announce and post_save.receivers:
        post_save.send(
            sender=origin,
            instance=instance,
            created=not updated,
            update_fields=update_fields,
            raw=raw,
            using=using,
        )


def _save_tables(
    instance: Any,
    raw: bool,
    cls: Any,
    force_insert: Any,
    force_update: bool,
    using: str,
    update_fields: Any,
) -> bool:
    """Save the rows of the parents and of the model itself; True when the latter was updated."""
    if force_insert is True or force_insert is False:
        forced: tuple[Any, ...] = (cls,) if force_insert else ()
    else:
        forced = _validate_force_insert(cls, force_insert)
    insert = bool(forced) and issubclass(cls, forced)
    if not raw and cls._meta.parents:
        insert = _save_parents(instance, cls, using, update_fields, forced) or insert
    return _save_table(instance, raw, cls, insert, force_update, using, update_fields)


def _validate_force_insert(cls: Any, force_insert: Any) -> tuple[Any, ...]:
    from offbeat.db.models.base import ModelBase

    if not isinstance(force_insert, tuple):
        raise TypeError("force_insert must be a bool or tuple.")
    for member in force_insert:
        if not isinstance(member, ModelBase):
            raise TypeError(f"Invalid force_insert member. {member!r} must be a model subclass.")
        if not issubclass(cls, member):
            raise TypeError(
                f"Invalid force_insert member. {member.__qualname__} must be a base of {cls.__qualname__}."
            )
    return force_insert


def _save_parents(
    instance: Any,
    cls: Any,
    using: str,
    update_fields: Any,
    force_insert: Any,
    updated_parents: dict[Any, bool] | None = None,
) -> bool:
    """Save the rows of all parents; True when one of them was inserted."""
    inserted = False
    done = {} if updated_parents is None else updated_parents
    for parent, link in cls._meta.parents.items():
        # The key may be known on one side of the link only.
        pk_name = parent._meta.pk.attname
        if link and getattr(instance, pk_name) is None and getattr(instance, link.attname) is not None:
            setattr(instance, pk_name, getattr(instance, link.attname))
        updated = done.get(parent)
        if updated is None:
            parent_inserted = _save_parents(instance, parent, using, update_fields, force_insert, done)
            updated = _save_table(
                instance,
                False,
                parent,
                parent_inserted or (bool(force_insert) and issubclass(parent, force_insert)),
                False,
                using,
                update_fields,
            )
            done[parent] = updated
        if not updated:
            inserted = True
        if link:
            setattr(instance, link.attname, instance._get_pk_val(parent._meta))
            # The parent object at hand may be another one, and lacks what this row got from the database.
            if link.is_cached(instance):
                link.delete_cached_value(instance)
    return inserted


def _save_table(
    instance: Any,
    raw: bool,
    cls: Any,
    force_insert: bool,
    force_update: bool,
    using: str,
    update_fields: Any,
) -> bool:
    """Update or insert the row of one table; True when it was an update."""
    meta = cls._meta
    pk = meta.pk
    pk_val = getattr(instance, pk.attname)
    if pk_val is None and (pk.default is not NOT_PROVIDED or pk is not meta.auto_field):
        pk_val = pk.get_pk_value_on_save(instance)
        if pk_val is not None:
            setattr(instance, pk.attname, pk_val)
    pk_set = pk_val is not None and (type(pk_val) is not tuple or instance._is_pk_set(meta))
    if not pk_set and (force_update or update_fields):
        raise ValueError("Cannot force an update in save() with no primary key.")

    updated = False
    # A new instance whose key comes from a default cannot be in the table: the UPDATE would be in vain.
    if (
        not raw
        and not force_insert
        and not force_update
        and known_state(instance).adding
        and all(field.has_default() or field.has_db_default() for field in meta.pk_fields)
    ):
        force_insert = True
    if pk_set and not force_insert:
        updated = _update(instance, raw, cls, pk_val, force_update, using, update_fields)
    if not updated:
        _insert(instance, raw, cls, pk_set, using)
    return updated


def _update(
    instance: Any, raw: bool, cls: Any, pk_val: Any, force_update: bool, using: str, update_fields: Any
) -> bool:
    meta = cls._meta
    sets = _written_fields(meta)
    fields = sets.named(update_fields) if update_fields else sets.updatable
    values = []
    computed = []
    for field in fields:
        value = getattr(instance, field.attname) if raw else field.pre_save(instance, False)
        values.append((field, None, value))
        if type(value) not in _BUILTIN and hasattr(value, "resolve_expression"):
            computed.append(field)
    # What the database works out is read back at once where it can tell, and later where it cannot.
    generated = sets.generated
    returning: list[Any] = []
    if generated or computed:
        features = connections[using].features
        wanted = computed + [f for f in generated if not update_fields or _depends_on(f, fields)]
        if getattr(features, "can_return_rows_from_update", False):
            returning = wanted
        computed = wanted

    result = None
    manager = cls._base_manager
    stock = type(manager) is Manager
    if (
        stock
        and values
        and not computed
        and not meta.select_on_save
        and type(instance)._do_update is _stock("_do_update")
    ):
        result = _update_planned(cls, using, pk_val, values, sets.key(fields))
    if result is None:
        if stock:
            base = manager.get_queryset()
            base._db = using
        else:
            base = manager.using(using)
        forced_update = update_fields or force_update
        result = instance._do_update(base, using, pk_val, values, update_fields, forced_update, returning)
    updated = bool(result)
    if updated:
        if returning and isinstance(result, (list, tuple)):
            row = result[0]
            for field, value in zip(returning, row, strict=False):
                setattr(instance, field.attname, value)
        elif computed:
            for field in computed:
                instance.__dict__.pop(field.attname, None)
    elif force_update:
        raise instance.NotUpdated("Forced update did not affect any rows.")
    elif update_fields:
        raise instance.NotUpdated("Save with update_fields did not affect any rows.")
    return updated


def _update_planned(cls: Any, using: str, pk_val: Any, values: Any, key: Any) -> int | None:
    """The UPDATE of the row with this key, by the plan of `filter(pk=…)`; None until there is one."""
    shape = root_shape(cls)
    move = None if shape is None else shape.children.get((False, "pk", type(pk_val)))
    if move is None:
        return None
    try:
        params = move.prepare((pk_val,))
    except Exception:
        return None
    return write_plans.update(
        move.shape,
        params,
        connections[using],
        key,
        [value for _, _, value in values],
        functools.partial(prepare_update, values),
    )


def _depends_on(generated: Any, fields: Any) -> bool:
    names = getattr(generated, "referenced_fields", None)
    if names is None:
        return True
    return any(field in names for field in fields)


def do_update(
    instance: Any,
    base_qs: Any,
    using: str,
    pk_val: Any,
    values: Any,
    update_fields: Any,
    forced_update: Any,
    returning_fields: Any,
) -> Any:
    """Update the row with key `pk_val`; falsy when there is none."""
    filtered = base_qs.filter(pk=pk_val)
    if not values:
        # Nothing to write: with update_fields that is success, otherwise the row must exist to count as updated.
        return update_fields is not None or filtered.exists()
    if instance._meta.select_on_save and not forced_update:
        # Some databases report no updated row when a trigger interferes: the row's existence decides.
        return filtered.exists() and (_run_update(filtered, values, returning_fields) or filtered.exists())
    return _run_update(filtered, values, returning_fields)


def _run_update(queryset: Any, values: Any, returning_fields: Any) -> Any:
    if returning_fields:
        return queryset._update(values, returning_fields)
    return queryset._update(values)


class WrittenFields:
    """What an INSERT into a model's table or an UPDATE of it consists of, whatever the instance."""

    __slots__ = (
        "_keys",
        "_named",
        "all",
        "attnames",
        "auto",
        "generated",
        "plain",
        "returning",
        "updatable",
        "without_auto",
    )

    def __init__(self, meta: Any) -> None:
        self.auto = meta.auto_field
        self.all = tuple(field for field in meta.local_concrete_fields if not field.generated)
        self.without_auto = tuple(field for field in self.all if field is not self.auto)
        self.attnames = tuple(field.attname for field in self.without_auto)
        self.returning = () if self.auto is None else (self.auto,)
        self.updatable = tuple(field for field in self.all if not field.primary_key)
        self.generated = tuple(field for field in meta.local_concrete_fields if field.generated)
        # True when nothing but the automatic key is made by the database.
        self.plain = all(field is self.auto for field in meta.db_returning_fields)
        self._named: dict[Any, tuple[Any, ...]] = {}
        self._keys: dict[int, tuple[Any, ...]] = {}

    def named(self, names: Any) -> tuple[Any, ...]:
        """The fields to update when only those of these names (a frozenset) are saved."""
        names = frozenset(names)
        fields = self._named.get(names)
        if fields is None:
            fields = tuple(f for f in self.updatable if f.name in names or f.attname in names)
            if len(self._named) < MAX_SETS:
                self._named[names] = fields
        return fields

    def key(self, fields: tuple[Any, ...]) -> tuple[Any, ...]:
        """What identifies the UPDATE of `fields`, which updatable or named() gave."""
        key = self._keys.get(id(fields))
        if key is None:
            key = update_key(fields)
            if fields is self.updatable or fields in self._named.values():
                self._keys[id(fields)] = key
        return key


def _written_fields(meta: Any) -> WrittenFields:
    found: WrittenFields | None = meta.write_plans.get("fields")
    if found is None:
        found = meta.write_plans["fields"] = WrittenFields(meta)
    return found


def _insert(instance: Any, raw: bool, cls: Any, pk_set: bool, using: str) -> None:
    meta = cls._meta
    if meta.order_with_respect_to and not raw:
        instance._order = _next_order(instance, cls, using)
    sets = _written_fields(meta)
    fields = sets.all if pk_set else sets.without_auto
    data = instance.__dict__
    # Values given as expressions are worked out by the database, and read back.
    computed: list[Any] = []
    for name in sets.attnames:
        value = data.get(name)
        if type(value) not in _BUILTIN and hasattr(value, "resolve_expression"):
            computed.append(name)
    # What the database tells with the INSERT, and what is left to be read when it is asked for.
    told: Any
    later: Any = ()
    if sets.plain and not computed:
        told = () if pk_set else sets.returning
    else:
        made = _made_by_database(instance, meta, fields, computed, pk_set)
        told, later = _split_by_telling(made, sets.auto, using)

    manager = cls._base_manager
    if type(manager) is Manager and type(instance)._do_insert is _stock("_do_insert"):
        results = insert(manager, [instance], fields, told, raw, using, None, None, None)
    else:
        results = instance._do_insert(manager, using, fields, told, raw)
    if results:
        for value, field in zip(results[0], told, strict=False):
            setattr(instance, field.attname, value)
    else:
        later = (*told, *later)
    for field in later:
        # Without its key a row cannot be read again.
        if field not in meta.pk_fields:
            data.pop(field.attname, None)


def _made_by_database(instance: Any, meta: Any, fields: Any, computed: list[str], pk_set: bool) -> list[Any]:
    """The fields that the database gives a value: generated ones, defaults of its own, expressions."""
    made = [
        field
        for field in meta.db_returning_fields
        if not (pk_set and field is meta.auto_field) and _is_database_made(instance, field)
    ]
    return made + [field for field in fields if field.attname in computed and field not in made]


def _split_by_telling(fields: list[Any], auto_field: Any, using: str) -> tuple[list[Any], list[Any]]:
    """The fields that the database tells with the INSERT, and the others: MySQL tells the automatic key alone."""
    if connections[using].features.can_return_columns_from_insert:
        return fields, []
    told = [field for field in fields if field is auto_field]
    return told, [field for field in fields if field is not auto_field]


@functools.cache
def _stock(name: str) -> Any:
    from offbeat.db.models.base import Model

    return getattr(Model, name)


def _is_database_made(instance: Any, field: Any) -> bool:
    """False for a field with a database default that was given a value after all."""
    if field.generated or field.primary_key:
        return True
    return hasattr(instance.__dict__.get(field.attname), "resolve_expression")


def _next_order(instance: Any, cls: Any, using: str) -> Any:
    """Return the position after the last of the objects with the same order_with_respect_to."""
    from offbeat.db.models.aggregates import Max
    from offbeat.db.models.expressions import ExpressionWrapper, Value
    from offbeat.db.models.fields import IntegerField
    from offbeat.db.models.functions import Coalesce

    field = cls._meta.order_with_respect_to
    manager = cls._base_manager.using(using).filter(**field.get_filter_kwargs_for_object(instance))
    return manager.aggregate(
        _order__max=Coalesce(
            ExpressionWrapper(Max("_order") + Value(1), output_field=IntegerField()),
            Value(0),
        )
    )["_order__max"]
