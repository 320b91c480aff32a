"""Accessors of relations: `book.author`, `author.book_set`, `author.profile`, `book.tags`.

A forward accessor reads what is cached with the instance's state and, on a miss, runs a query there and then: the connection
decides how to wait. The reverse ones give managers (see related_managers and
many_to_many_managers).
"""

from __future__ import annotations

from typing import Any

from offbeat.db import router
from offbeat.db.models.expressions import F
from offbeat.db.models.fetch_modes import FETCH_ONE
from offbeat.db.models.fields.many_to_many_managers import create_forward_many_to_many_manager
from offbeat.db.models.fields.related_managers import (
    ReverseManyToOneManager,
    _bare,
    create_reverse_many_to_one_manager,
)
from offbeat.db.models.query_utils import DeferredAttribute
from offbeat.db.models.states import get_related, known_state
from offbeat.utils.functional import cached_property

__all__ = [
    "ForeignKeyDeferredAttribute",
    "ForwardManyToOneDescriptor",
    "ForwardOneToOneDescriptor",
    "ManyToManyDescriptor",
    "ReverseManyToOneDescriptor",
    "ReverseOneToOneDescriptor",
    "create_forward_many_to_many_manager",
    "create_reverse_many_to_one_manager",
]

PREFETCH_LENGTH_MESSAGE = "querysets argument of get_prefetch_querysets() should have a length of 1."


class ForeignKeyDeferredAttribute(DeferredAttribute):
    """The attribute of a foreign key column: a new value makes the cached object stale."""

    def __set__(self, instance: Any, value: Any) -> None:
        field = self.field
        if instance.__dict__.get(field.attname) != value and field.is_cached(instance):
            field.delete_cached_value(instance)
        instance.__dict__[field.attname] = value


def _check_assignable(instance: Any, value: Any) -> None:
    """Give both objects a database where they have none; ValueError when a router forbids the relation."""
    if known_state(instance).db is None:
        instance._state.db = router.db_for_write(instance.__class__, instance=value)
    if known_state(value).db is None:
        value._state.db = router.db_for_write(value.__class__, instance=instance)
    if not router.allow_relation(value, instance):
        raise ValueError(f'Cannot assign "{value!r}": the current database router prevents this relation.')


def _related_queryset(model: Any, instance: Any) -> Any:
    """All objects of `model`, with `instance` as routing hint and its fetch mode."""
    queryset = model._base_manager.get_queryset()
    queryset._hints = {"instance": instance}
    mode = known_state(instance).fetch_mode
    return queryset if mode is FETCH_ONE else queryset.fetch_mode(mode)


def _single_queryset(querysets: Any) -> Any:
    if querysets and len(querysets) != 1:
        raise ValueError(PREFETCH_LENGTH_MESSAGE)
    return querysets[0] if querysets else None


class ForwardManyToOneDescriptor:
    """The accessor of a ForeignKey, on the model that has it."""

    def __init__(self, field_with_rel: Any) -> None:
        self.field = field_with_rel

    @cached_property
    def RelatedObjectDoesNotExist(self) -> type[Exception]:
        """Raised when there is no related object; also an AttributeError, so that hasattr() works."""
        return type(
            "RelatedObjectDoesNotExist",
            (self.field.remote_field.model.DoesNotExist, AttributeError),
            {
                "__module__": self.field.model.__module__,
                "__qualname__": f"{self.field.model.__qualname__}.{self.field.name}.RelatedObjectDoesNotExist",
            },
        )

    def is_cached(self, instance: Any) -> bool:
        """True when the related object is at hand."""
        return self.field.is_cached(instance)  # type: ignore[no-any-return]

    def get_queryset(self, *, instance: Any) -> Any:
        """Return the objects among which the related one of `instance` is looked up."""
        return _related_queryset(self.field.remote_field.model, instance)

    def get_prefetch_querysets(self, instances: Any, querysets: Any = None) -> Any:
        """Return what prefetch_related() needs to load the related objects of `instances`."""
        queryset = _single_queryset(querysets)
        if queryset is None:
            queryset = self.get_queryset(instance=instances[0])
        queryset._add_hints(instance=instances[0])

        field, remote_field = self.field, self.field.remote_field
        rel_obj_attr = field.get_foreign_related_value
        instance_attr = field.get_local_related_value
        instances_dict = {instance_attr(inst): inst for inst in instances}
        foreign_fields = field.foreign_related_fields
        keys = [key for key in instances_dict if None not in key]
        if len(foreign_fields) == 1:
            queryset = queryset.filter(**{f"{foreign_fields[0].name}__in": {key[0] for key in keys}})
        else:
            from offbeat.db.models.fields.tuple_lookups import TupleIn

            queryset = queryset.filter(TupleIn(tuple(F(foreign.name) for foreign in foreign_fields), keys))
        # There can be only one, so ordering would be wasted.
        queryset.query.clear_ordering(force=True)

        if not remote_field.multiple:
            for rel_obj in queryset:
                remote_field.set_cached_value(rel_obj, instances_dict[rel_obj_attr(rel_obj)])
        return queryset, rel_obj_attr, instance_attr, True, field.cache_name, False

    def get_object(self, instance: Any) -> Any:
        """Return the related object from the database; DoesNotExist when it is gone."""
        queryset = self.get_queryset(instance=instance)
        lookup = self._lookup
        if lookup is not None:
            name, attname = lookup
            return queryset.get(**{name: getattr(instance, attname)})
        return queryset.get(self.field.get_reverse_related_filter(instance))

    @cached_property
    def _lookup(self) -> tuple[str, str] | None:
        """For a relation over one column without conditions of its own: the field to look up, and the attribute."""
        from offbeat.db.models.fields.foreign import ForeignObject

        kind = type(self.field)
        if (
            len(self.field.related_fields) != 1
            or kind.get_reverse_related_filter is not ForeignObject.get_reverse_related_filter
            or kind.get_extra_descriptor_filter is not ForeignObject.get_extra_descriptor_filter
        ):
            return None
        ((local, foreign),) = self.field.related_fields
        return foreign.attname, local.attname

    def __get__(self, instance: Any, cls: Any = None) -> Any:
        if instance is None:
            return self
        field = self.field
        try:
            rel_obj = get_related(instance, field.cache_name)
        except KeyError:
            rel_obj = self._missing(instance)
        if rel_obj is None and not field.null:
            raise self.RelatedObjectDoesNotExist(f"{field.model.__name__} has no {field.name}.") from None
        return rel_obj

    def _missing(self, instance: Any) -> Any:
        field = self.field
        if None in field.get_local_related_value(instance):
            field.set_cached_value(instance, None)
            return None
        # A child shares its parent's row: what the parent object has loaded is right for the child.
        link = instance._meta.get_ancestor_link(field.model)
        if link and link.is_cached(instance):
            rel_obj = field.get_cached_value(link.get_cached_value(instance), default=None)
            if rel_obj is not None:
                field.set_cached_value(instance, rel_obj)
                return rel_obj
        known_state(instance).fetch_mode.fetch(self, instance)
        return field.get_cached_value(instance)

    def fetch_one(self, instance: Any) -> None:
        """Load and cache the related object of `instance`."""
        rel_obj = self.get_object(instance)
        self.field.set_cached_value(instance, rel_obj)
        remote_field = self.field.remote_field
        if not remote_field.multiple:
            remote_field.set_cached_value(rel_obj, instance)

    def fetch_many(self, instances: Any) -> None:
        """Load and cache the related objects of `instances`."""
        from offbeat.db.models.query import prefetch_related_objects

        is_cached = self.is_cached
        prefetch_related_objects([inst for inst in instances if not is_cached(inst)], self.field.name)

    def __set__(self, instance: Any, value: Any) -> None:
        field = self.field
        remote_field = field.remote_field
        if value is None:
            # The object that was related must not go on believing in the relation.
            related = field.get_cached_value(instance, default=None)
            if related is not None and not remote_field.multiple:
                remote_field.set_cached_value(related, None)
            for lh_field, _rh_field in field.related_fields:
                setattr(instance, lh_field.attname, None)
            field.set_cached_value(instance, None)
            return

        if not isinstance(value, remote_field.model._meta.concrete_model):
            raise ValueError(
                f'Cannot assign "{value!r}": "{instance._meta.object_name}.{field.name}" must be a "{remote_field.model._meta.object_name}" instance.'
            )
        _check_assignable(instance, value)
        for lh_field, rh_field in field.related_fields:
            setattr(instance, lh_field.attname, getattr(value, rh_field.attname))
        field.set_cached_value(instance, value)
        if not remote_field.multiple:
            remote_field.set_cached_value(value, instance)

    def __reduce__(self) -> Any:
        return getattr, (self.field.model, self.field.name)


class ForwardOneToOneDescriptor(ForwardManyToOneDescriptor):
    """The accessor of a OneToOneField, on the model that has it."""

    def get_object(self, instance: Any) -> Any:
        """Return the related object; a parent is made of the child's own values when they are all loaded."""
        if self.field.remote_field.parent_link:
            deferred = instance.get_deferred_fields()
            rel_model = self.field.remote_field.model
            names = [field.attname for field in rel_model._meta.concrete_fields]
            if deferred.isdisjoint(names):
                obj = rel_model(**{name: getattr(instance, name) for name in names})
                known = known_state(instance)
                obj._state.adding = known.adding
                obj._state.db = known.db
                obj._state.fetch_mode = known.fetch_mode
                return obj
        return super().get_object(instance)

    def __set__(self, instance: Any, value: Any) -> None:
        super().__set__(instance, value)
        # A new parent brings its key: every inherited key of the chain follows.
        if self.field.primary_key and self.field.remote_field.parent_link:
            for field in instance._meta.concrete_fields:
                if field.primary_key and field.remote_field:
                    name = field.remote_field.model._meta.pk.attname
                    setattr(instance, name, None if value is None else getattr(value, name))


class ReverseOneToOneDescriptor:
    """The accessor of a OneToOneField, on the model it points to."""

    def __init__(self, related: Any) -> None:
        self.related = related

    @cached_property
    def RelatedObjectDoesNotExist(self) -> type[Exception]:
        """Raised when there is no related object; also an AttributeError, so that hasattr() works."""
        return type(
            "RelatedObjectDoesNotExist",
            (self.related.related_model.DoesNotExist, AttributeError),
            {
                "__module__": self.related.model.__module__,
                "__qualname__": f"{self.related.model.__qualname__}.{self.related.name}.RelatedObjectDoesNotExist",
            },
        )

    def is_cached(self, instance: Any) -> bool:
        """True when the related object (or its absence) is known."""
        return self.related.is_cached(instance)  # type: ignore[no-any-return]

    def get_queryset(self, *, instance: Any) -> Any:
        """Return the objects among which the related one of `instance` is looked up."""
        return _related_queryset(self.related.related_model, instance)

    def get_prefetch_querysets(self, instances: Any, querysets: Any = None) -> Any:
        """Return what prefetch_related() needs to load the related objects of `instances`."""
        queryset = _single_queryset(querysets)
        if queryset is None:
            queryset = self.get_queryset(instance=instances[0])
        queryset._add_hints(instance=instances[0])

        field = self.related.field
        rel_obj_attr = field.get_local_related_value
        instance_attr = field.get_foreign_related_value
        instances_dict = {instance_attr(inst): inst for inst in instances}
        queryset = queryset.filter(**{f"{field.name}__in": instances})
        queryset.query.clear_ordering(force=True)
        for rel_obj in queryset:
            field.set_cached_value(rel_obj, instances_dict[rel_obj_attr(rel_obj)])
        return queryset, rel_obj_attr, instance_attr, True, self.related.cache_name, False

    def __get__(self, instance: Any, cls: Any = None) -> Any:
        if instance is None:
            return self
        try:
            rel_obj = self.related.get_cached_value(instance)
        except KeyError:
            if not instance._is_pk_set():
                rel_obj = None
                self.related.set_cached_value(instance, None)
            else:
                known_state(instance).fetch_mode.fetch(self, instance)
                rel_obj = self.related.get_cached_value(instance)
        if rel_obj is None:
            raise self.RelatedObjectDoesNotExist(
                f"{instance.__class__.__name__} has no {self.related.accessor_name}."
            ) from None
        return rel_obj

    @property
    def field(self) -> Any:
        """The relation, as fetch modes name it."""
        return self.related

    def fetch_one(self, instance: Any) -> None:
        """Load and cache the related object of `instance`, or that there is none."""
        field = self.related.field
        try:
            rel_obj = self.get_queryset(instance=instance).get(**field.get_forward_related_filter(instance))
        except self.related.related_model.DoesNotExist:
            rel_obj = None
        else:
            field.set_cached_value(rel_obj, instance)
        self.related.set_cached_value(instance, rel_obj)

    def fetch_many(self, instances: Any) -> None:
        """Load and cache the related objects of `instances`."""
        from offbeat.db.models.query import prefetch_related_objects

        is_cached = self.is_cached
        prefetch_related_objects(
            [inst for inst in instances if not is_cached(inst)], self.related.accessor_name
        )

    def __set__(self, instance: Any, value: Any) -> None:
        related, field = self.related, self.related.field
        if value is None:
            # Cutting the relation is a matter of the object that holds the column.
            rel_obj = related.get_cached_value(instance, default=None)
            if rel_obj is not None:
                related.delete_cached_value(instance)
                setattr(rel_obj, field.name, None)
            return
        if not isinstance(value, related.related_model):
            raise ValueError(
                f'Cannot assign "{value!r}": "{instance._meta.object_name}.{related.accessor_name}" must be a "{related.related_model._meta.object_name}" instance.'
            )
        _check_assignable(instance, value)
        for lh_field, rh_field in field.related_fields:
            setattr(value, lh_field.attname, getattr(instance, rh_field.attname))
        related.set_cached_value(instance, value)
        field.set_cached_value(value, instance)

    def __reduce__(self) -> Any:
        # By the accessor's name, since the relation itself cannot be imported.
        return getattr, (self.related.model, self.related.accessor_name)


class ReverseManyToOneDescriptor:
    """The accessor of a ForeignKey, on the model it points to."""

    def __init__(self, rel: Any) -> None:
        self.rel = rel
        self.field = rel.field

    @cached_property
    def related_manager_cls(self) -> Any:
        """The class of the managers that the accessor gives."""
        related_model = self.rel.related_model
        return create_reverse_many_to_one_manager(related_model._default_manager.__class__, self.rel)

    def __get__(self, instance: Any, cls: Any = None) -> Any:
        if instance is None:
            return self
        made = self._bare_manager
        if made is None:
            return self.related_manager_cls(instance)
        manager = made(self.related_manager_cls)
        manager.instance = instance
        return manager

    @cached_property
    def _bare_manager(self) -> Any:
        """What makes a manager that needs no more than its instance; None where making it means more."""
        cls = self.related_manager_cls
        stock = cls.__init__ is ReverseManyToOneManager.__init__ and cls.__new__ is _bare
        return object.__new__ if stock and cls._stock_init else None

    def _get_set_deprecation_msg_params(self) -> tuple[str, str]:
        return "reverse side of a related set", self.rel.accessor_name

    def __set__(self, instance: Any, value: Any) -> None:
        raise TypeError(
            "Direct assignment to the {} is prohibited. Use {}.set() instead.".format(
                *self._get_set_deprecation_msg_params()
            )
        )


class ManyToManyDescriptor(ReverseManyToOneDescriptor):
    """The accessor of a ManyToManyField, on either side."""

    def __init__(self, rel: Any, reverse: bool = False) -> None:
        super().__init__(rel)
        self.reverse = reverse

    @property
    def through(self) -> Any:
        """The model of the intermediate table."""
        return self.rel.through

    @cached_property
    def related_manager_cls(self) -> Any:
        """The class of the managers that the accessor gives."""
        related_model = self.rel.related_model if self.reverse else self.rel.model
        return create_forward_many_to_many_manager(
            related_model._default_manager.__class__, self.rel, reverse=self.reverse
        )

    def _get_set_deprecation_msg_params(self) -> tuple[str, str]:
        if self.reverse:
            return "reverse side of a many-to-many set", self.rel.accessor_name
        return "forward side of a many-to-many set", self.field.name
