"""Managers of relations to many objects, and of those that a foreign key makes (Django documentation: ref/models/relations)."""

from __future__ import annotations

from operator import attrgetter
from typing import Any

from offbeat.concurrency import async_face
from offbeat.db import connections, router, transaction
from offbeat.db.lazy_loads import note_lazy_load, watching
from offbeat.db.models.fetch_modes import FETCH_ONE
from offbeat.db.models.query_utils import Q
from offbeat.db.models.states import known_state, prefetched
from offbeat.db.models.utils import AltersData
from offbeat.utils.functional import cached_property

__all__ = [
    "RelatedManagerBase",
    "apply_fetch_mode",
    "atomic_write",
    "create_reverse_many_to_one_manager",
    "filter_prefetch_queryset",
    "one_queryset",
]


# The managers have a method of that name.
_Set = set
# The package of the managers below: what is defined elsewhere is somebody's own.
_STOCK = f"{__package__}."


def atomic_write(using: Any) -> Any:
    """A transaction around several writes, without a savepoint of its own."""
    return transaction.atomic(using=using, savepoint=False)


def apply_fetch_mode(queryset: Any, instance: Any) -> Any:
    """The queryset with the fetch mode of the instance it starts from."""
    mode = known_state(instance).fetch_mode
    return queryset if mode is FETCH_ONE else queryset.fetch_mode(mode)


def filter_prefetch_queryset(queryset: Any, field_name: str, instances: Any) -> Any:
    """Restrict `queryset` to what is related to `instances`; a slice holds for each instance on its own."""
    predicate = Q(**{f"{field_name}__in": instances})
    if not queryset._form.is_sliced:
        # Annotations and filters of the queryset speak of the same link.
        queryset = queryset._chain()
        queryset.query.add_q(predicate, reuse_all=True)
        return queryset
    query = queryset.query

    from offbeat.db.models.expressions import Window
    from offbeat.db.models.functions import RowNumber
    from offbeat.db.models.lookups import GreaterThan, LessThanOrEqual
    from offbeat.db.utils import DEFAULT_DB_ALIAS

    low_mark, high_mark = query.low_mark, query.high_mark
    order_by = [expr for expr, _ in query.get_compiler(using=queryset._db or DEFAULT_DB_ALIAS).get_order_by()]
    window = Window(RowNumber(), partition_by=field_name, order_by=order_by)
    predicate &= GreaterThan(window, low_mark)
    if high_mark is not None:
        predicate &= LessThanOrEqual(window, high_mark)
    queryset.query.clear_limits()
    return queryset.filter(predicate)


def one_queryset(querysets: Any) -> Any:
    """The one queryset that a prefetch may bring, or None; ValueError for more."""
    if querysets and len(querysets) != 1:
        raise ValueError("querysets argument of get_prefetch_querysets() should have a length of 1.")
    return querysets[0] if querysets else None


class RelatedManagerBase(AltersData):
    """What managers of both kinds of relations share. Mixed in before the related model's manager class."""

    do_not_call_in_templates = True

    instance: Any
    model: Any
    _db: Any
    _cache_key: Any

    def _remove_prefetched_objects(self) -> None:
        if prefetched(self.instance, self._cache_key) is not None:
            del self.instance._prefetched_objects_cache[self._cache_key]

    @cached_property
    def _gives_stock_querysets(self) -> bool:
        """True if nobody's own code takes part in making the queryset of an instance."""
        from offbeat.db.models.manager import BaseManager

        makers = [
            vars(cls)
            for cls in type(self).__mro__
            if cls is not BaseManager and not cls.__module__.startswith(_STOCK)
        ]
        return not any("get_queryset" in names or "_apply_rel_filters" in names for names in makers)

    def get_queryset(self) -> Any:
        """Return the related objects: the prefetched ones where there are any."""
        found = prefetched(self.instance, self._cache_key)
        if found is not None:
            return found
        if watching.get() is not None:
            note_lazy_load(self.instance, self._cache_key, many=True)
        return self._apply_rel_filters(super().get_queryset())  # type: ignore[misc]

    def _apply_rel_filters(self, queryset: Any) -> Any:
        raise TypeError("A related manager class defines _apply_rel_filters().")

    def _all_objects(self) -> Any:
        """All objects of the related model, as its manager gives them."""
        return super().get_queryset()  # type: ignore[misc]

    def _write_manager(self) -> Any:
        """This manager, bound to the database that takes writes, past its own create() family."""
        return self.db_manager(router.db_for_write(self.model, instance=self.instance))  # type: ignore[attr-defined]


class ReverseManyToOneManager(RelatedManagerBase):
    """The objects whose foreign key points to `instance`."""

    rel: Any
    field: Any
    name: Any
    _hints: dict[str, Any]
    _stock_init: bool

    def __init__(self, instance: Any) -> None:
        if not self._stock_init:
            super().__init__()
            self.model = self.rel.related_model
        self.instance = instance

    @cached_property
    def core_filters(self) -> dict[str, Any]:
        """The condition on the related objects."""
        return {self.field.name: self.instance}

    def __call__(self, *, manager: str) -> Any:
        """Return the same related objects through another manager of their model."""
        manager_class = create_reverse_many_to_one_manager(getattr(self.model, manager).__class__, self.rel)
        return manager_class(self.instance)

    def _check_pk(self) -> None:
        # Objects cannot point to a row that does not exist.
        if not self.instance._is_pk_set():
            raise ValueError(
                f"{self.instance.__class__.__name__!r} instance needs to have a primary key value before this "
                "relationship can be used."
            )

    def _check_fk_val(self) -> None:
        self._check_pk()
        for field in self.field.foreign_related_fields:
            if getattr(self.instance, field.attname) is None:
                raise ValueError(
                    f'"{self.instance!r}" needs to have a value for field "{field.attname}" before this relationship '
                    "can be used."
                )

    def _apply_rel_filters(self, queryset: Any) -> Any:
        self._check_pk()
        instance, field = self.instance, self.field
        queryset._add_hints(instance=instance)
        if self._db:
            queryset = queryset.using(self._db)
        queryset = apply_fetch_mode(queryset, instance)

        values = [getattr(instance, foreign.attname) for foreign in field.foreign_related_fields]
        if None in values or "" in values:
            db = self._db or router.db_for_read(self.model, instance=instance)
            if None in values or connections[db].features.interprets_empty_strings_as_nulls:
                return queryset.none()
        if len(values) == 1 and field.concrete:
            queryset = queryset.filter(**{field.attname: values[0]})
        else:
            queryset = queryset.filter(**self.core_filters)
        if field.many_to_one:
            # The objects found are known to belong to this instance: no query is needed to go back.
            key = field.get_foreign_related_value(instance)
            queryset._known_related_objects = {field: {key[0] if len(key) == 1 else key: instance}}
        return queryset

    def get_prefetch_querysets(self, instances: Any, querysets: Any = None) -> Any:
        """Return what prefetch_related() needs to load the related objects of `instances`."""
        queryset = one_queryset(querysets)
        if queryset is None:
            queryset = self._all_objects()
        queryset._add_hints(instance=instances[0])
        queryset = queryset.using(queryset._db or self._db)

        field = self.field
        single = field.concrete and len(field.foreign_related_fields) == 1
        # A queryset that prefetches the way back itself has the last word.
        known = single and not queryset._prefetch_related_lookups
        if single:
            # One column: its value serves as the key, and the keys are what is asked for.
            rel_obj_attr = attrgetter(field.attname)
            instance_attr = attrgetter(field.foreign_related_fields[0].attname)
        else:
            rel_obj_attr = field.get_local_related_value
            instance_attr = field.get_foreign_related_value
        instances_dict = {instance_attr(inst): inst for inst in instances}
        if single and not queryset._form.is_sliced:
            queryset = queryset.filter(**{f"{field.attname}__in": list(instances_dict)})
        else:
            queryset = filter_prefetch_queryset(queryset, field.name, instances)
        # Going back from the objects must not ask the database.
        if known:
            queryset._known_related_objects = {**queryset._known_related_objects, field: instances_dict}
        else:
            for rel_obj in queryset:
                if not field.is_cached(rel_obj):
                    field.set_cached_value(rel_obj, instances_dict[rel_obj_attr(rel_obj)])
        return queryset, rel_obj_attr, instance_attr, False, field.remote_field.cache_name, False

    def add(self, *objs: Any, bulk: bool = True) -> None:
        """Make `objs` point to the instance: by one UPDATE, or with bulk=False by saving each of them."""
        self._check_fk_val()
        self._remove_prefetched_objects()
        db = router.db_for_write(self.model, instance=self.instance)

        def check_and_update(obj: Any) -> None:
            if not isinstance(obj, self.model):
                raise TypeError(f"'{self.model._meta.object_name}' instance expected, got {obj!r}")
            setattr(obj, self.field.name, self.instance)

        if bulk:
            pks = []
            for obj in objs:
                check_and_update(obj)
                if obj._state.adding or obj._state.db != db:
                    raise ValueError(
                        f"{obj!r} instance isn't saved. Use bulk=False or save the object first."
                    )
                pks.append(obj.pk)
            self.model._base_manager.using(db).filter(pk__in=pks).update(**{self.field.name: self.instance})
        else:
            with atomic_write(db):
                for obj in objs:
                    check_and_update(obj)
                    obj.save()

    add.alters_data = True  # type: ignore[attr-defined]
    aadd = async_face(add)

    def create(self, **kwargs: Any) -> Any:
        """Create and return an object that points to the instance."""
        self._check_fk_val()
        self._remove_prefetched_objects()
        kwargs[self.field.name] = self.instance
        return super(RelatedManagerBase, self._write_manager()).create(**kwargs)  # type: ignore[misc]

    create.alters_data = True  # type: ignore[attr-defined]
    acreate = async_face(create)

    def get_or_create(self, **kwargs: Any) -> Any:
        """Like QuerySet.get_or_create(), within the related objects."""
        self._check_fk_val()
        kwargs[self.field.name] = self.instance
        return super(RelatedManagerBase, self._write_manager()).get_or_create(**kwargs)  # type: ignore[misc]

    get_or_create.alters_data = True  # type: ignore[attr-defined]
    aget_or_create = async_face(get_or_create)

    def update_or_create(self, **kwargs: Any) -> Any:
        """Like QuerySet.update_or_create(), within the related objects."""
        self._check_fk_val()
        kwargs[self.field.name] = self.instance
        return super(RelatedManagerBase, self._write_manager()).update_or_create(**kwargs)  # type: ignore[misc]

    update_or_create.alters_data = True  # type: ignore[attr-defined]
    aupdate_or_create = async_face(update_or_create)

    def set(self, objs: Any, *, bulk: bool = True, clear: bool = False) -> None:
        """Make `objs` the related objects; those no longer among them are removed where the key may be NULL."""
        self._check_fk_val()
        # Evaluated before anything changes, for it may depend on the relation.
        objs = tuple(objs)
        if not self.field.null:
            self.add(*objs, bulk=bulk)
            return
        manager: Any = self
        with atomic_write(router.db_for_write(self.model, instance=self.instance)):
            if clear:
                manager.clear(bulk=bulk)
                self.add(*objs, bulk=bulk)
            else:
                db = router.db_for_write(self.model, instance=self.instance)
                old_objs = set(manager.using(db).all())
                new_objs = []
                for obj in objs:
                    if obj in old_objs:
                        old_objs.remove(obj)
                    else:
                        new_objs.append(obj)
                manager.remove(*old_objs, bulk=bulk)
                self.add(*new_objs, bulk=bulk)

    set.alters_data = True  # type: ignore[attr-defined]
    aset = async_face(set)


class NullableReverseManyToOneManager(ReverseManyToOneManager):
    """As ReverseManyToOneManager, for a key that may be NULL: objects can be let go."""

    def remove(self, *objs: Any, bulk: bool = True) -> None:
        """Set the key of `objs` to NULL; DoesNotExist when one of them is not related to the instance."""
        if not objs:
            return
        self._check_fk_val()
        val = self.field.get_foreign_related_value(self.instance)
        old_ids = set()
        for obj in objs:
            if not isinstance(obj, self.model):
                raise TypeError(f"'{self.model._meta.object_name}' instance expected, got {obj!r}")
            if self.field.get_local_related_value(obj) != val:
                raise self.field.remote_field.model.DoesNotExist(
                    f"{obj!r} is not related to {self.instance!r}."
                )
            old_ids.add(obj.pk)
        self._clear(self.filter(pk__in=old_ids), bulk)  # type: ignore[attr-defined]

    remove.alters_data = True  # type: ignore[attr-defined]
    aremove = async_face(remove)

    def clear(self, *, bulk: bool = True) -> None:
        """Set the key of all related objects to NULL."""
        self._check_fk_val()
        self._clear(self, bulk)

    clear.alters_data = True  # type: ignore[attr-defined]
    aclear = async_face(clear)

    def _clear(self, queryset: Any, bulk: bool) -> None:
        self._remove_prefetched_objects()
        db = router.db_for_write(self.model, instance=self.instance)
        queryset = queryset.using(db)
        if bulk:
            queryset.update(**{self.field.name: None})
        else:
            with atomic_write(db):
                for obj in queryset:
                    setattr(obj, self.field.name, None)
                    obj.save(update_fields=[self.field.name])

    _clear.alters_data = True  # type: ignore[attr-defined]


def _bare(cls: Any, *args: Any) -> Any:
    return object.__new__(cls)


def _made_from(manager: Any) -> tuple[tuple[Any, ...], dict[str, Any]]:
    """What tells managers apart: their instance."""
    return (manager.instance,), {}


def create_reverse_many_to_one_manager(superclass: Any, rel: Any) -> Any:
    """Return the manager class for the objects of `rel`, built on their model's manager class."""
    base = NullableReverseManyToOneManager if rel.field.null else ReverseManyToOneManager
    from offbeat.db.models.manager import BaseManager

    stock_init = superclass.__init__ is BaseManager.__init__
    names = {
        "rel": rel,
        "field": rel.field,
        "__module__": __name__,
        "_cache_key": rel.field.remote_field.cache_name,
        "_stock_init": stock_init,
    }
    if stock_init:
        # What BaseManager would set: these managers are made for each access, and take no part in numbering.
        names.update(name=None, model=rel.related_model, _db=None, _hints={})
        if superclass.__new__ is BaseManager.__new__:
            names.update(__new__=_bare, _constructor_args=property(_made_from))
    return type("RelatedManager", (base, superclass), names)
