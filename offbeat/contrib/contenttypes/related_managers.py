"""The related objects of a GenericRelation (Django documentation: ref/contrib/contenttypes#generic-relations)."""

from __future__ import annotations

import functools
import itertools
from typing import Any

from offbeat.concurrency import async_face
from offbeat.contrib.contenttypes.models import ContentType
from offbeat.db import router, transaction
from offbeat.db.models.fields.related_descriptors import ReverseManyToOneDescriptor
from offbeat.db.models.fields.related_managers import RelatedManagerBase, apply_fetch_mode
from offbeat.utils.functional import cached_property

__all__ = ["ReverseGenericManyToOneDescriptor", "create_generic_related_manager"]


class ReverseGenericManyToOneDescriptor(ReverseManyToOneDescriptor):
    """The accessor of a GenericRelation."""

    @cached_property
    def related_manager_cls(self) -> Any:
        """The class of the managers that the accessor gives."""
        return create_generic_related_manager(self.rel.model._default_manager.__class__, self.rel)


class GenericRelatedManager(RelatedManagerBase):
    """The objects that point to `instance` by a generic foreign key."""

    rel: Any

    def __init__(self, instance: Any = None) -> None:
        super().__init__()
        rel = self.rel
        field = rel.field
        self.instance = instance
        self.model = rel.model
        self.get_content_type = functools.partial(
            ContentType.objects.db_manager(instance._state.db).get_for_model,
            for_concrete_model=field.for_concrete_model,
        )
        self.content_type = self.get_content_type(instance)
        self.content_type_field_name = field.content_type_field_name
        self.object_id_field_name = field.object_id_field_name
        self.prefetch_cache_name = field.attname
        self.pk_val = instance.pk
        self.core_filters = {
            f"{self.content_type_field_name}__pk": self.content_type.id,
            self.object_id_field_name: self.pk_val,
        }

    def __call__(self, *, manager: str) -> Any:
        """Return the same related objects through another manager of their model."""
        manager_class = create_generic_related_manager(getattr(self.model, manager).__class__, self.rel)
        return manager_class(instance=self.instance)

    @property
    def _cache_key(self) -> Any:
        return self.prefetch_cache_name

    def __str__(self) -> str:
        return repr(self)

    def _db_for_write(self) -> str:
        return router.db_for_write(self.model, instance=self.instance)

    def _apply_rel_filters(self, queryset: Any) -> Any:
        db = self._db or router.db_for_read(self.model, instance=self.instance)
        queryset = apply_fetch_mode(queryset.using(db), self.instance)
        return queryset.filter(**self.core_filters)

    def get_prefetch_querysets(self, instances: Any, querysets: Any = None) -> Any:
        """Return what prefetch_related() needs to load the related objects of `instances`."""
        from offbeat.db.models.query_utils import Q

        if querysets and len(querysets) != 1:
            raise ValueError("querysets argument of get_prefetch_querysets() should have a length of 1.")
        queryset = querysets[0] if querysets else self._all_objects()
        queryset._add_hints(instance=instances[0])
        queryset = queryset.using(queryset._db or self._db)

        # Instances of several models (children of one parent) may come together.
        content_type_queries = [
            Q.create(
                [
                    (f"{self.content_type_field_name}__pk", content_type_id),
                    (f"{self.object_id_field_name}__in", {obj.pk for obj in objs}),
                ]
            )
            for content_type_id, objs in itertools.groupby(
                sorted(instances, key=lambda obj: self.get_content_type(obj).pk),
                lambda obj: self.get_content_type(obj).pk,
            )
        ]
        query = Q.create(content_type_queries, connector=Q.OR)
        # The key as the instances' own model has it: it may be stored as text.
        object_id_converter = instances[0]._meta.pk.to_python
        content_type_id_field_name = f"{self.content_type_field_name}_id"

        def rel_obj_attr(rel_obj: Any) -> Any:
            return (
                object_id_converter(getattr(rel_obj, self.object_id_field_name)),
                getattr(rel_obj, content_type_id_field_name),
            )

        def instance_attr(obj: Any) -> Any:
            return obj.pk, self.get_content_type(obj).pk

        return queryset.filter(query), rel_obj_attr, instance_attr, False, self.prefetch_cache_name, False

    def add(self, *objs: Any, bulk: bool = True) -> None:
        """Make `objs` point to the instance: by one UPDATE, or with bulk=False by saving each of them."""
        self._remove_prefetched_objects()
        db = self._db_for_write()

        def check_and_update(obj: Any) -> None:
            if not isinstance(obj, self.model):
                raise TypeError(f"'{self.model._meta.object_name}' instance expected, got {obj!r}")
            setattr(obj, self.content_type_field_name, self.content_type)
            setattr(obj, self.object_id_field_name, self.pk_val)

        if bulk:
            pks = []
            for obj in objs:
                if obj._state.adding or obj._state.db != db:
                    raise ValueError(
                        f"{obj!r} instance isn't saved. Use bulk=False or save the object first."
                    )
                check_and_update(obj)
                pks.append(obj.pk)
            self.model._base_manager.using(db).filter(pk__in=pks).update(
                **{self.content_type_field_name: self.content_type, self.object_id_field_name: self.pk_val}
            )
        else:
            with transaction.atomic(using=db, savepoint=False):
                for obj in objs:
                    check_and_update(obj)
                    obj.save()

    add.alters_data = True  # type: ignore[attr-defined]
    aadd = async_face(add)

    def remove(self, *objs: Any, bulk: bool = True) -> None:
        """Delete `objs`: an object without its generic relation would point nowhere."""
        if objs:
            self._clear(self.filter(pk__in=[obj.pk for obj in objs]), bulk)  # type: ignore[attr-defined]

    remove.alters_data = True  # type: ignore[attr-defined]
    aremove = async_face(remove)

    def clear(self, *, bulk: bool = True) -> None:
        """Delete all related objects."""
        self._clear(self, bulk)

    clear.alters_data = True  # type: ignore[attr-defined]
    aclear = async_face(clear)

    def _clear(self, queryset: Any, bulk: bool) -> None:
        self._remove_prefetched_objects()
        db = self._db_for_write()
        queryset = queryset.using(db)
        if bulk:
            queryset.delete()
        else:
            with transaction.atomic(using=db, savepoint=False):
                for obj in queryset:
                    obj.delete()

    _clear.alters_data = True  # type: ignore[attr-defined]

    def set(self, objs: Any, *, bulk: bool = True, clear: bool = False) -> None:
        """Make `objs` the related objects; those no longer among them are deleted."""
        # Evaluated before anything changes, for it may depend on the relation.
        objs = tuple(objs)
        db = self._db_for_write()
        manager: Any = self
        with transaction.atomic(using=db, savepoint=False):
            if clear:
                self.clear()
                self.add(*objs, bulk=bulk)
                return
            old_objs = set(manager.using(db).all())
            new_objs = []
            for obj in objs:
                if obj in old_objs:
                    old_objs.remove(obj)
                else:
                    new_objs.append(obj)
            self.remove(*old_objs)
            self.add(*new_objs, bulk=bulk)

    set.alters_data = True  # type: ignore[attr-defined]
    aset = async_face(set)

    def _with_key(self, kwargs: dict[str, Any]) -> dict[str, Any]:
        self._remove_prefetched_objects()
        kwargs[self.content_type_field_name] = self.content_type
        kwargs[self.object_id_field_name] = self.pk_val
        return kwargs

    def create(self, **kwargs: Any) -> Any:
        """Create and return an object that points to the instance."""
        return super(RelatedManagerBase, self._write_manager()).create(**self._with_key(kwargs))  # type: ignore[misc]

    create.alters_data = True  # type: ignore[attr-defined]
    acreate = async_face(create)

    def get_or_create(self, **kwargs: Any) -> Any:
        """Like QuerySet.get_or_create(), within the related objects."""
        return super(RelatedManagerBase, self._write_manager()).get_or_create(**self._with_key(kwargs))  # type: ignore[misc]

    get_or_create.alters_data = True  # type: ignore[attr-defined]
    aget_or_create = async_face(get_or_create)

    def update_or_create(self, **kwargs: Any) -> Any:
        """Like QuerySet.update_or_create(), within the related objects."""
        return super(RelatedManagerBase, self._write_manager()).update_or_create(**self._with_key(kwargs))  # type: ignore[misc]

    update_or_create.alters_data = True  # type: ignore[attr-defined]
    aupdate_or_create = async_face(update_or_create)


def create_generic_related_manager(superclass: Any, rel: Any) -> Any:
    """Return the manager class for the objects of `rel`, built on their model's manager class."""
    return type(
        "GenericRelatedObjectManager",
        (GenericRelatedManager, superclass),
        {"rel": rel, "__module__": __name__},
    )
