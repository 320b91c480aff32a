"""Managers of many-to-many relations (Django documentation: ref/models/relations)."""

from __future__ import annotations

from typing import Any

from offbeat.concurrency import async_face
from offbeat.db import connections, router
from offbeat.db.models import signals
from offbeat.db.models.fields.related_managers import (
    RelatedManagerBase,
    _Set,
    apply_fetch_mode,
    atomic_write,
    filter_prefetch_queryset,
    one_queryset,
)
from offbeat.db.models.query_utils import Q
from offbeat.db.models.states import prefetched
from offbeat.db.models.utils import resolve_callables

__all__ = ["create_forward_many_to_many_manager"]


class ManyToManyManager(RelatedManagerBase):
    """The objects linked to `instance` through an intermediate table."""

    rel: Any
    reverse: bool

    def __init__(self, instance: Any = None) -> None:
        super().__init__()
        self.instance = instance
        rel = self.rel
        field = rel.field
        if not self.reverse:
            self.model = rel.model
            self.query_field_name = field.related_query_name()
            self.prefetch_cache_name = field.name
            self.source_field_name = field.m2m_field_name()
            self.target_field_name = field.m2m_reverse_field_name()
            self.symmetrical = rel.symmetrical
        else:
            self.model = rel.related_model
            self.query_field_name = field.name
            self.prefetch_cache_name = field.remote_field.cache_name
            self.source_field_name = field.m2m_reverse_field_name()
            self.target_field_name = field.m2m_field_name()
            self.symmetrical = False
        self.through = rel.through
        get_field = self.through._meta.get_field
        self.source_field = get_field(self.source_field_name)
        self.target_field = get_field(self.target_field_name)

        self.core_filters = {}
        self.pk_field_names = {}
        for lh_field, rh_field in self.source_field.related_fields:
            self.core_filters[f"{self.query_field_name}__{rh_field.name}"] = getattr(
                instance, rh_field.attname
            )
            self.pk_field_names[lh_field.name] = rh_field.name

        self.related_val = self.source_field.get_foreign_related_value(instance)
        if None in self.related_val:
            raise ValueError(
                f'"{instance!r}" needs to have a value for field "{self.pk_field_names[self.source_field_name]}" before this many-to-many relationship can be used.'
            )
        # The key pointed to may be set while the primary key is not: links still could not be saved.
        if not instance._is_pk_set():
            raise ValueError(
                f"{instance.__class__.__name__!r} instance needs to have a primary key value before a many-to-many relationship can be used."
            )

    def __call__(self, *, manager: str) -> Any:
        """Return the same related objects through another manager of their model."""
        manager_class = create_forward_many_to_many_manager(
            getattr(self.model, manager).__class__, self.rel, self.reverse
        )
        return manager_class(instance=self.instance)

    @property
    def _cache_key(self) -> Any:
        return self.prefetch_cache_name

    def _build_remove_filters(self, removed_vals: Any) -> Any:
        """The links between the instance and `removed_vals`, in both directions of a symmetrical relation."""
        from offbeat.db.models.query import QuerySet

        # "All related objects" needs no list of them.
        listed = not isinstance(removed_vals, QuerySet) or removed_vals._has_filters()
        filters = Q.create([(self.source_field_name, self.related_val[0])])
        if listed:
            filters &= Q.create([(f"{self.target_field_name}__in", removed_vals)])
        if self.symmetrical:
            other_way = Q.create([(self.target_field_name, self.related_val[0])])
            if listed:
                other_way &= Q.create([(f"{self.source_field_name}__in", removed_vals)])
            filters |= other_way
        return filters

    def _apply_rel_filters(self, queryset: Any) -> Any:
        queryset._add_hints(instance=self.instance)
        if self._db:
            queryset = queryset.using(self._db)
        queryset = apply_fetch_mode(queryset, self.instance)
        # Sticky: filters on the same relation that follow speak of the same link.
        return queryset._next_is_sticky().filter(**self.core_filters)

    def get_prefetch_querysets(self, instances: Any, querysets: Any = None) -> Any:
        """Return what prefetch_related() needs to load the related objects of `instances`."""
        queryset = one_queryset(querysets)
        if queryset is None:
            queryset = self._all_objects()
        queryset._add_hints(instance=instances[0])
        queryset = queryset.using(queryset._db or self._db)
        known = set(queryset.query.alias_map)
        queryset = filter_prefetch_queryset(queryset._next_is_sticky(), self.query_field_name, instances)

        # Which instance a row belongs to is read from the very join that was filtered on: an earlier filter on
        # the same relation has a join of its own.
        table = self.through._meta.db_table
        aliases = [alias for alias, join in queryset.query.alias_map.items() if join.table_name == table]
        alias = next((alias for alias in aliases if alias not in known), aliases[0] if aliases else table)
        local_fields = self.source_field.local_related_fields
        names = [f"_prefetch_related_val_{field.attname}" for field in local_fields]
        for name, field in zip(names, local_fields, strict=True):
            queryset.query.add_annotation(field.get_col(alias), name)

        foreign_fields = self.source_field.foreign_related_fields

        def rel_obj_attr(result: Any) -> tuple[Any, ...]:
            return tuple(getattr(result, name) for name in names)

        def instance_attr(inst: Any) -> tuple[Any, ...]:
            return tuple(getattr(inst, field.attname) for field in foreign_fields)

        return queryset, rel_obj_attr, instance_attr, False, self.prefetch_cache_name, False

    @property
    def constrained_target(self) -> Any:
        """The links' target ids, when counting links is as good as counting objects; otherwise None."""
        # Only a real constraint makes sure that each link leads to an object.
        db = router.db_for_read(self.through, instance=self.instance)
        if not connections[db].features.supports_foreign_keys:
            return None
        hints = {"instance": self.instance}
        manager = self.through._base_manager.db_manager(db, hints=hints)
        filters = {self.source_field_name: self.related_val[0]}
        # A nullable target could be no object at all.
        if not self.target_field.db_constraint or self.target_field.null:
            return None
        default_manager = self.model._default_manager
        # A manager of the user's own may leave objects out.
        from offbeat.db.models.manager import Manager

        if type(default_manager) is not Manager:
            return None
        return manager.filter(**filters)

    def exists(self) -> bool:
        """Return whether there are related objects."""
        constrained = None if self._has_prefetched() else self.constrained_target
        result: bool = super().exists() if constrained is None else constrained.exists()  # type: ignore[misc]
        return result

    def count(self) -> int:
        """Return the number of related objects."""
        constrained = None if self._has_prefetched() else self.constrained_target
        result: int = super().count() if constrained is None else constrained.count()  # type: ignore[misc]
        return result

    def _has_prefetched(self) -> bool:
        return prefetched(self.instance, self._cache_key) is not None

    def add(self, *objs: Any, through_defaults: Any = None) -> None:
        """Link `objs` (objects or keys) to the instance; existing links stay as they are."""
        self.add_base(*objs, through_defaults=through_defaults)

    add.alters_data = True  # type: ignore[attr-defined]
    aadd = async_face(add)

    def add_base(self, *objs: Any, through_defaults: Any = None, raw: bool = False) -> None:
        """Link `objs`; `raw` tells receivers that a fixture is being loaded."""
        self._remove_prefetched_objects()
        db = router.db_for_write(self.through, instance=self.instance)
        with atomic_write(db):
            self._add_items(
                self.source_field_name,
                self.target_field_name,
                *objs,
                through_defaults=through_defaults,
                raw=raw,
            )
            # The mirror image of a symmetrical relation.
            if self.symmetrical:
                self._add_items(
                    self.target_field_name,
                    self.source_field_name,
                    *objs,
                    through_defaults=through_defaults,
                    raw=raw,
                )

    add_base.alters_data = True  # type: ignore[attr-defined]

    def remove(self, *objs: Any) -> None:
        """Unlink `objs` (objects or keys) from the instance."""
        self.remove_base(*objs)

    remove.alters_data = True  # type: ignore[attr-defined]
    aremove = async_face(remove)

    def remove_base(self, *objs: Any, raw: bool = False) -> None:
        """Unlink `objs`; `raw` tells receivers that a fixture is being loaded."""
        self._remove_prefetched_objects()
        self._remove_items(self.source_field_name, self.target_field_name, *objs, raw=raw)

    remove_base.alters_data = True  # type: ignore[attr-defined]

    def clear(self) -> None:
        """Unlink all objects from the instance."""
        self.clear_base()

    clear.alters_data = True  # type: ignore[attr-defined]
    aclear = async_face(clear)

    def clear_base(self, *, raw: bool = False) -> None:
        """Unlink all objects; `raw` tells receivers that a fixture is being loaded."""
        db = router.db_for_write(self.through, instance=self.instance)
        with atomic_write(db):
            self._send_m2m_changed("pre_clear", None, db, raw)
            self._remove_prefetched_objects()
            filters = self._build_remove_filters(self._all_objects().using(db))
            self.through._default_manager.using(db).filter(filters).delete()
            self._send_m2m_changed("post_clear", None, db, raw)

    clear_base.alters_data = True  # type: ignore[attr-defined]

    def _send_m2m_changed(self, action: str, pk_set: Any, db: Any, raw: bool) -> None:
        signals.m2m_changed.send(
            sender=self.through,
            action=action,
            instance=self.instance,
            reverse=self.reverse,
            model=self.model,
            pk_set=pk_set,
            using=db,
            raw=raw,
        )

    def set(self, objs: Any, *, clear: bool = False, through_defaults: Any = None) -> None:
        """Make `objs` (objects or keys) the linked ones."""
        self.set_base(objs, clear=clear, through_defaults=through_defaults)

    set.alters_data = True  # type: ignore[attr-defined]
    aset = async_face(set)

    def set_base(
        self, objs: Any, *, clear: bool = False, through_defaults: Any = None, raw: bool = False
    ) -> None:
        """Make `objs` the linked ones; `raw` tells receivers that a fixture is being loaded."""
        # Evaluated before anything changes, for it may depend on the relation.
        objs = tuple(objs)
        db = router.db_for_write(self.through, instance=self.instance)
        manager: Any = self
        with atomic_write(db):
            self._remove_prefetched_objects()
            if clear:
                self.clear_base(raw=raw)
                self.add_base(*objs, through_defaults=through_defaults, raw=raw)
                return
            old_ids = set(manager.using(db).values_list(self.target_field.target_field.attname, flat=True))
            new_objs = []
            for obj in objs:
                if isinstance(obj, self.model):
                    key = self.target_field.get_foreign_related_value(obj)[0]
                else:
                    key = self.target_field.get_prep_value(obj)
                if key in old_ids:
                    old_ids.remove(key)
                else:
                    new_objs.append(obj)
            self.remove_base(*old_ids, raw=raw)
            self.add_base(*new_objs, through_defaults=through_defaults, raw=raw)

    set_base.alters_data = True  # type: ignore[attr-defined]

    def _write_manager(self) -> Any:
        instance = self.instance
        return self.db_manager(router.db_for_write(instance.__class__, instance=instance))  # type: ignore[attr-defined]

    def create(self, *, through_defaults: Any = None, **kwargs: Any) -> Any:
        """Create an object, link it and return it."""
        new_obj = super(RelatedManagerBase, self._write_manager()).create(**kwargs)  # type: ignore[misc]
        self.add(new_obj, through_defaults=through_defaults)
        return new_obj

    create.alters_data = True  # type: ignore[attr-defined]
    acreate = async_face(create)

    def get_or_create(self, *, through_defaults: Any = None, **kwargs: Any) -> Any:
        """Like QuerySet.get_or_create(); an object that was created is linked."""
        obj, created = super(RelatedManagerBase, self._write_manager()).get_or_create(**kwargs)  # type: ignore[misc]
        # What was found is linked already, since the search was among the related objects.
        if created:
            self.add(obj, through_defaults=through_defaults)
        return obj, created

    get_or_create.alters_data = True  # type: ignore[attr-defined]
    aget_or_create = async_face(get_or_create)

    def update_or_create(self, *, through_defaults: Any = None, **kwargs: Any) -> Any:
        """Like QuerySet.update_or_create(); an object that was created is linked."""
        obj, created = super(RelatedManagerBase, self._write_manager()).update_or_create(**kwargs)  # type: ignore[misc]
        if created:
            self.add(obj, through_defaults=through_defaults)
        return obj, created

    update_or_create.alters_data = True  # type: ignore[attr-defined]
    aupdate_or_create = async_face(update_or_create)

    def _get_target_ids(self, target_field_name: str, objs: Any) -> _Set[Any]:
        """Return the keys of `objs`; ValueError or TypeError for objects that cannot be linked."""
        from offbeat.db.models.base import Model

        target_field = self.through._meta.get_field(target_field_name)
        target_ids = set()
        for obj in objs:
            if isinstance(obj, self.model):
                if not router.allow_relation(obj, self.instance):
                    raise ValueError(
                        f'Cannot add "{obj!r}": instance is on database "{self.instance._state.db}", value is on database "{obj._state.db}"'
                    )
                target_id = target_field.get_foreign_related_value(obj)[0]
                if target_id is None:
                    raise ValueError(
                        f'Cannot add "{obj!r}": the value for field "{target_field_name}" is None'
                    )
                target_ids.add(target_id)
            elif isinstance(obj, Model):
                raise TypeError(f"'{self.model._meta.object_name}' instance expected, got {obj!r}")
            else:
                target_ids.add(target_field.get_prep_value(obj))
        return target_ids

    def _existing_ids(self, source_field_name: str, target_field_name: str, db: Any, target_ids: Any) -> Any:
        links = self.through._default_manager.using(db).values_list(target_field_name, flat=True)
        return set(
            links.filter(**{source_field_name: self.related_val[0], f"{target_field_name}__in": target_ids})
        )

    def _add_items(
        self,
        source_field_name: str,
        target_field_name: str,
        *objs: Any,
        through_defaults: Any = None,
        raw: bool = False,
    ) -> None:
        if not objs:
            return
        defaults = dict(resolve_callables(through_defaults or {}))
        target_ids = self._get_target_ids(target_field_name, objs)
        db = router.db_for_write(self.through, instance=self.instance)
        # A link of ours has no columns but the two keys: the database may skip those it has.
        ignore_conflicts = self.through._meta.auto_created is not False and (
            connections[db].features.supports_ignore_conflicts
        )
        must_send = (self.reverse or source_field_name == self.source_field_name) and (
            signals.m2m_changed.has_listeners(self.through)
        )
        through = self.through

        def links(ids: Any) -> list[Any]:
            source_id = self.related_val[0]
            source_attr = through._meta.get_field(source_field_name).attname
            target_attr = through._meta.get_field(target_field_name).attname
            return [
                through(**defaults, **{source_attr: source_id, target_attr: target_id}) for target_id in ids
            ]

        if ignore_conflicts and not must_send:
            through._default_manager.using(db).bulk_create(links(target_ids), ignore_conflicts=True)
            return

        missing = target_ids - self._existing_ids(source_field_name, target_field_name, db, target_ids)
        with atomic_write(db):
            if must_send:
                self._send_m2m_changed("pre_add", missing, db, raw)
            through._default_manager.using(db).bulk_create(links(missing), ignore_conflicts=ignore_conflicts)
            if must_send:
                self._send_m2m_changed("post_add", missing, db, raw)

    def _remove_items(
        self, source_field_name: str, target_field_name: str, *objs: Any, raw: bool = False
    ) -> None:
        if not objs:
            return
        old_ids = set()
        for obj in objs:
            if isinstance(obj, self.model):
                old_ids.add(self.target_field.get_foreign_related_value(obj)[0])
            else:
                old_ids.add(obj)
        db = router.db_for_write(self.through, instance=self.instance)
        with atomic_write(db):
            self._send_m2m_changed("pre_remove", old_ids, db, raw)
            target_model_qs = self._all_objects()
            removed: Any = old_ids
            if target_model_qs._has_filters():
                removed = target_model_qs.using(db).filter(
                    **{f"{self.target_field.target_field.attname}__in": old_ids}
                )
            filters = self._build_remove_filters(removed)
            self.through._default_manager.using(db).filter(filters).delete()
            self._send_m2m_changed("post_remove", old_ids, db, raw)


def create_forward_many_to_many_manager(superclass: Any, rel: Any, reverse: bool) -> Any:
    """Return the manager class for either side of the relation `rel`, built on that model's manager class."""
    return type(
        "ManyRelatedManager",
        (ManyToManyManager, superclass),
        {"rel": rel, "reverse": reverse, "__module__": __name__},
    )
