"""GenericForeignKey and GenericRelation (Django documentation: ref/contrib/contenttypes#generic-relations)."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

from offbeat.contrib.contenttypes.models import ContentType
from offbeat.contrib.contenttypes.related_managers import (
    ReverseGenericManyToOneDescriptor,
    create_generic_related_manager,
)
from offbeat.core import checks
from offbeat.core.exceptions import FieldDoesNotExist, ObjectDoesNotExist
from offbeat.db import DEFAULT_DB_ALIAS
from offbeat.db.models import CASCADE, Field, ForeignObject, ForeignObjectRel
from offbeat.db.models.base import ModelBase
from offbeat.db.models.fields.mixins import FieldCacheMixin
from offbeat.db.models.fields.related_managers import apply_fetch_mode
from offbeat.db.models.fields.relation import lazy_related_operation
from offbeat.db.models.ordering import make_foreign_order_accessors
from offbeat.db.models.query_utils import PathInfo
from offbeat.utils.functional import cached_property

__all__ = [
    "GenericForeignKey",
    "GenericForeignKeyDescriptor",
    "GenericRel",
    "GenericRelation",
    "ReverseGenericManyToOneDescriptor",
    "create_generic_related_manager",
]


class GenericForeignKeyDescriptor:
    """The accessor of a GenericForeignKey."""

    def __init__(self, field: Any) -> None:
        self.field = field

    def is_cached(self, instance: Any) -> bool:
        """True when the related object is at hand."""
        return self.field.is_cached(instance)  # type: ignore[no-any-return]

    def get_prefetch_querysets(self, instances: Any, querysets: Any = None) -> Any:
        """Return what prefetch_related() needs to load the related objects of `instances`."""
        field = self.field
        custom: dict[Any, Any] = {}
        if querysets is not None:
            for queryset in querysets:
                ct_id = field.get_content_type(model=queryset.query.model, using=queryset.db).pk
                if ct_id in custom:
                    raise ValueError("Only one queryset is allowed for each content type.")
                custom[ct_id] = queryset

        # The keys asked for, and one instance as a hint, for each content type.
        fk_dict: dict[Any, set[Any]] = defaultdict(set)
        instance_dict: dict[Any, Any] = {}
        ct_attname = field.model._meta.get_field(field.ct_field).attname
        for instance in instances:
            ct_id = getattr(instance, ct_attname)
            if ct_id is not None:
                fk_val = getattr(instance, field.fk_field)
                if fk_val is not None:
                    fk_dict[ct_id].add(fk_val)
                    instance_dict[ct_id] = instance

        found: list[Any] = []
        for ct_id, fkeys in fk_dict.items():
            if ct_id in custom:
                found.extend(custom[ct_id].filter(pk__in=fkeys))
            else:
                instance = instance_dict[ct_id]
                content_type = field.get_content_type(id=ct_id, using=instance._state.db)
                objects = content_type.get_all_objects_for_this_type(pk__in=fkeys)
                found.extend(apply_fetch_mode(objects, instance))

        def gfk_key(obj: Any) -> Any:
            """The key of the related object as that object's own model prepares it, with the model."""
            ct_id = getattr(obj, ct_attname)
            if ct_id is None:
                return None
            model = field.get_content_type(id=ct_id, using=obj._state.db).model_class()
            return str(model._meta.pk.to_python(getattr(obj, field.fk_field))), model

        def rel_obj_attr(obj: Any) -> Any:
            return str(obj.pk), obj.__class__

        return found, rel_obj_attr, gfk_key, True, field.name, False

    def __get__(self, instance: Any, cls: Any = None) -> Any:
        if instance is None:
            return self
        field = self.field
        # The key of the content type, so that its row need not be loaded.
        ct_id = getattr(instance, instance._meta.get_field(field.ct_field).attname)
        pk_val = getattr(instance, field.fk_field)

        rel_obj = field.get_cached_value(instance, default=None)
        if rel_obj is None and field.is_cached(instance):
            return None
        if rel_obj is not None:
            ct_match = ct_id == field.get_content_type(obj=rel_obj, using=instance._state.db).id
            pk_match = ct_match and rel_obj._meta.pk.to_python(pk_val) == rel_obj.pk
            if pk_match:
                return rel_obj
            # The key was changed since.
        instance._state.fetch_mode.fetch(self, instance)
        return field.get_cached_value(instance)

    def fetch_one(self, instance: Any) -> None:
        """Load and cache the related object of `instance`; None when it is gone."""
        field = self.field
        ct_id = getattr(instance, instance._meta.get_field(field.ct_field).attname)
        rel_obj = None
        if ct_id is not None:
            content_type = field.get_content_type(id=ct_id, using=instance._state.db)
            try:
                rel_obj = content_type.get_object_for_this_type(
                    using=instance._state.db, pk=getattr(instance, field.fk_field)
                )
            except (ObjectDoesNotExist, LookupError):
                pass
            else:
                rel_obj._state.fetch_mode = instance._state.fetch_mode
        field.set_cached_value(instance, rel_obj)

    def fetch_many(self, instances: Any) -> None:
        """Load and cache the related objects of `instances`."""
        from offbeat.db.models.query import prefetch_related_objects

        is_cached = self.is_cached
        prefetch_related_objects([inst for inst in instances if not is_cached(inst)], self.field.name)

    def __set__(self, instance: Any, value: Any) -> None:
        field = self.field
        content_type = None
        fk = None
        if value is not None:
            content_type = field.get_content_type(obj=value, using=instance._state.db)
            fk = value.pk
        setattr(instance, field.ct_field, content_type)
        setattr(instance, field.fk_field, fk)
        field.set_cached_value(instance, value)


class GenericForeignKey(FieldCacheMixin, Field[Any, Any]):
    """A relation to an object of any model, kept in a content type and a key."""

    many_to_many = False
    many_to_one = True
    one_to_many = False
    one_to_one = False

    def __init__(
        self, ct_field: str = "content_type", fk_field: str = "object_id", for_concrete_model: bool = True
    ) -> None:
        super().__init__(editable=False)
        self.ct_field = ct_field
        self.fk_field = fk_field
        self.for_concrete_model = for_concrete_model
        self.is_relation = True

    def contribute_to_class(self, cls: Any, name: str, private_only: bool = False) -> None:
        """Become a field of `cls`."""
        super().contribute_to_class(cls, name, private_only=True)
        setattr(cls, self.attname, GenericForeignKeyDescriptor(self))

    def get_attname_column(self) -> tuple[str, Any]:
        """Return (attribute, None): the columns are those of the two fields."""
        return self.get_attname(), None

    def get_filter_kwargs_for_object(self, obj: Any) -> dict[str, Any]:
        """Return keyword arguments that make filter() find objects with the same related object."""
        return {self.fk_field: getattr(obj, self.fk_field), self.ct_field: getattr(obj, self.ct_field)}

    def get_forward_related_filter(self, obj: Any) -> dict[str, Any]:
        """Return filter() keywords that find what points to `obj`."""
        return {self.fk_field: obj.pk, self.ct_field: ContentType.objects.get_for_model(obj).pk}

    def check(self, **kwargs: Any) -> list[Any]:
        """Return the system check messages about this field."""
        return [
            *self._check_field_name(),
            *self._check_object_id_field(),
            *self._check_content_type_field(),
        ]

    def _check_object_id_field(self) -> list[Any]:
        try:
            self.model._meta.get_field(self.fk_field)
        except FieldDoesNotExist:
            return [
                checks.Error(
                    f"The GenericForeignKey object ID references the nonexistent field '{self.fk_field}'.",
                    obj=self,
                    id="contenttypes.E001",
                )
            ]
        return []

    def _check_content_type_field(self) -> list[Any]:
        from offbeat.db.models import ForeignKey

        label = f"{self.model._meta.object_name}.{self.ct_field}"
        try:
            field = self.model._meta.get_field(self.ct_field)
        except FieldDoesNotExist:
            return [
                checks.Error(
                    f"The GenericForeignKey content type references the nonexistent field '{label}'.",
                    obj=self,
                    id="contenttypes.E002",
                )
            ]
        hint = "GenericForeignKeys must use a ForeignKey to 'contenttypes.ContentType' as the 'content_type' field."
        if not isinstance(field, ForeignKey):
            return [
                checks.Error(f"'{label}' is not a ForeignKey.", hint=hint, obj=self, id="contenttypes.E003")
            ]
        if field.remote_field.model != ContentType:
            return [
                checks.Error(
                    f"'{label}' is not a ForeignKey to 'contenttypes.ContentType'.",
                    hint=hint,
                    obj=self,
                    id="contenttypes.E004",
                )
            ]
        return []

    @cached_property
    def cache_name(self) -> str:
        """The key of the cached related object."""
        return self.name  # type: ignore[no-any-return]

    def get_content_type(self, obj: Any = None, id: Any = None, using: Any = None, model: Any = None) -> Any:
        """Return the content type of an object, with a key, or of a model."""
        manager: Any = ContentType.objects.db_manager(using or DEFAULT_DB_ALIAS)
        if obj is not None:
            manager = ContentType.objects.db_manager(obj._state.db or using)
            return manager.get_for_model(obj, for_concrete_model=self.for_concrete_model)
        if id is not None:
            return manager.get_for_id(id)
        if model is not None:
            return manager.get_for_model(model, for_concrete_model=self.for_concrete_model)
        raise TypeError("get_content_type() takes an object, a key or a model.")


class GenericRel(ForeignObjectRel):
    """The relation of a GenericRelation, seen from the model that has the generic foreign key."""

    def __init__(
        self,
        field: Any,
        to: Any,
        related_name: str | None = None,
        related_query_name: str | None = None,
        limit_choices_to: Any = None,
    ) -> None:
        super().__init__(
            field,
            to,
            related_name=related_query_name or "+",
            related_query_name=related_query_name,
            limit_choices_to=limit_choices_to,
            on_delete=CASCADE,
        )


class GenericRelation(ForeignObject[Any, Any]):
    """The reverse side of a GenericForeignKey, on one of the models that it may point to."""

    auto_created = False
    empty_strings_allowed = False

    many_to_many = False
    many_to_one = False
    one_to_many = True
    one_to_one = False

    rel_class = GenericRel
    requires_unique_target = False

    # True for the copy that a child of a concrete model gets.
    mti_inherited = False

    def __init__(
        self,
        to: Any,
        object_id_field: str = "object_id",
        content_type_field: str = "content_type",
        for_concrete_model: bool = True,
        related_query_name: str | None = None,
        limit_choices_to: Any = None,
        **kwargs: Any,
    ) -> None:
        kwargs["rel"] = self.rel_class(
            self, to, related_query_name=related_query_name, limit_choices_to=limit_choices_to
        )
        # The reverse side holds nothing itself.
        kwargs["null"] = True
        kwargs["blank"] = True
        kwargs["on_delete"] = CASCADE
        kwargs["editable"] = False
        kwargs["serialize"] = False
        super().__init__(to, from_fields=[object_id_field], to_fields=[], **kwargs)
        self.object_id_field_name = object_id_field
        self.content_type_field_name = content_type_field
        self.for_concrete_model = for_concrete_model

    def check(self, **kwargs: Any) -> list[Any]:
        """Return the system check messages about this field."""
        return [*super().check(**kwargs), *self._check_generic_foreign_key_existence()]

    def _is_matching_generic_foreign_key(self, field: Any) -> bool:
        return (
            isinstance(field, GenericForeignKey)
            and field.ct_field == self.content_type_field_name
            and field.fk_field == self.object_id_field_name
        )

    def _check_generic_foreign_key_existence(self) -> list[Any]:
        target = self.remote_field.model
        if isinstance(target, ModelBase):
            fields = target._meta.private_fields
            if not any(self._is_matching_generic_foreign_key(field) for field in fields):
                return [
                    checks.Error(
                        f"The GenericRelation defines a relation with the model '{target._meta.label}', but that model does not have a "
                        "GenericForeignKey.",
                        obj=self,
                        id="contenttypes.E004",
                    )
                ]
        return []

    def resolve_related_fields(self) -> list[tuple[Any, Any]]:
        """Return the pair (key field of the other model, own primary key)."""
        self.to_fields = [self.model._meta.pk.name]
        return [(self.remote_field.model._meta.get_field(self.object_id_field_name), self.model._meta.pk)]

    def get_local_related_value(self, instance: Any) -> tuple[Any, ...]:
        """Return what `instance` holds in the local fields."""
        return self.get_instance_value_for_fields(instance, self.foreign_related_fields)

    def get_foreign_related_value(self, instance: Any) -> tuple[Any, ...]:
        """Return what `instance`, of the other model, holds in the foreign fields."""
        # Keys may be of different types: they are compared as the primary key's.
        return tuple(
            field.to_python(value)
            for field, value in zip(
                self.foreign_related_fields,
                self.get_instance_value_for_fields(instance, self.local_related_fields),
                strict=True,
            )
        )

    def _get_path_info_with_parent(self, filtered_relation: Any) -> list[Any]:
        """The joins when the generic foreign key belongs to a parent of the model pointed to."""
        opts = self.remote_field.model._meta.concrete_model._meta
        parent_opts = opts.get_field(self.object_id_field_name).model._meta
        target = parent_opts.pk
        path = [
            PathInfo(
                from_opts=self.model._meta,
                to_opts=parent_opts,
                target_fields=(target,),
                join_field=self.remote_field,
                m2m=True,
                direct=False,
                filtered_relation=filtered_relation,
            )
        ]
        # From the parent down to the model, link by link.
        parent_field_chain = []
        while parent_opts != opts:
            field = opts.get_ancestor_link(parent_opts.model)
            parent_field_chain.append(field)
            opts = field.remote_field.model._meta
        parent_field_chain.reverse()
        for field in parent_field_chain:
            path.extend(field.remote_field.path_infos)
        return path

    def get_path_info(self, filtered_relation: Any = None) -> list[Any]:
        """Return the joins from this model to the other."""
        opts = self.remote_field.model._meta
        object_id_field = opts.get_field(self.object_id_field_name)
        if object_id_field.model != opts.model:
            return self._get_path_info_with_parent(filtered_relation)
        return [
            PathInfo(
                from_opts=self.model._meta,
                to_opts=opts,
                target_fields=(opts.pk,),
                join_field=self.remote_field,
                m2m=True,
                direct=False,
                filtered_relation=filtered_relation,
            )
        ]

    def get_reverse_path_info(self, filtered_relation: Any = None) -> list[Any]:
        """Return the joins from the other model to this."""
        opts = self.model._meta
        return [
            PathInfo(
                from_opts=self.remote_field.model._meta,
                to_opts=opts,
                target_fields=(opts.pk,),
                join_field=self,
                m2m=False,
                direct=False,
                filtered_relation=filtered_relation,
            )
        ]

    def value_to_string(self, obj: Any) -> str:
        """Return the keys of the related objects as text."""
        queryset = getattr(obj, self.name).all()
        return str([instance.pk for instance in queryset])

    def contribute_to_class(self, cls: Any, name: str, private_only: bool = True) -> None:
        """Become a field of `cls`."""
        super().contribute_to_class(cls, name, private_only=True)
        self.model = cls
        # The parent's relation is the one that queries use.
        if self.mti_inherited:
            self.remote_field.related_name = "+"
            self.remote_field.related_query_name = None
            # Copied with the parent's answers.
            for answer in ("hidden", "name"):
                self.remote_field.__dict__.pop(answer, None)
        setattr(cls, self.name, ReverseGenericManyToOneDescriptor(self.remote_field))

        # Objects ordered with respect to a generic foreign key: their order is asked from this side.
        if not cls._meta.abstract:

            def make_generic_foreign_order_accessors(related_model: Any, model: Any) -> None:
                if self._is_matching_generic_foreign_key(model._meta.order_with_respect_to):
                    make_foreign_order_accessors(model, related_model)

            lazy_related_operation(make_generic_foreign_order_accessors, self.model, self.remote_field.model)

    def set_attributes_from_rel(self) -> None:
        """Nothing: there is no column that would point anywhere."""

    def get_internal_type(self) -> str:
        """Return "ManyToManyField"."""
        return "ManyToManyField"

    def get_content_type(self) -> Any:
        """Return the content type of this field's model."""
        return ContentType.objects.get_for_model(self.model, for_concrete_model=self.for_concrete_model)

    def get_extra_restriction(self, alias: str, related_alias: str) -> Any:
        """Restrict the join to objects that point to this model."""
        from offbeat.db.models.sql.where import AND, WhereNode

        field = self.remote_field.model._meta.get_field(self.content_type_field_name)
        lookup = field.get_lookup("exact")(field.get_col(related_alias), self.get_content_type().pk)
        return WhereNode([lookup], connector=AND)

    def bulk_related_objects(self, objs: Any, using: str = DEFAULT_DB_ALIAS) -> Any:
        """Return all objects that point to one of `objs`."""
        content_type = ContentType.objects.db_manager(using).get_for_model(
            self.model, for_concrete_model=self.for_concrete_model
        )
        return self.remote_field.model._base_manager.db_manager(using).filter(
            **{
                f"{self.content_type_field_name}__pk": content_type.pk,
                f"{self.object_id_field_name}__in": [obj.pk for obj in objs],
            }
        )
