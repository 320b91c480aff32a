"""ForeignObject, ForeignKey and OneToOneField (Django documentation: ref/models/fields#foreignkey)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, TypeVar, overload

from offbeat.core import exceptions
from offbeat.db.models.fields import related_checks
from offbeat.db.models.fields._types import _GT, _ST
from offbeat.db.models.fields.related_descriptors import (
    ForeignKeyDeferredAttribute,
    ForwardManyToOneDescriptor,
    ForwardOneToOneDescriptor,
    ReverseManyToOneDescriptor,
    ReverseOneToOneDescriptor,
)
from offbeat.db.models.fields.relation import RECURSIVE_RELATIONSHIP_CONSTANT, RelatedField
from offbeat.db.models.fields.reverse_related import ForeignObjectRel, ManyToOneRel, OneToOneRel
from offbeat.db.models.query_utils import PathInfo
from offbeat.utils.functional import cached_property
from offbeat.utils.translation import gettext_lazy as _

if TYPE_CHECKING:
    from offbeat.db.models.base import Model

__all__ = ["ForeignKey", "ForeignObject", "OneToOneField"]

_M = TypeVar("_M", bound="Model")


class ForeignObject(RelatedField[_ST, _GT]):
    """A relation over one or several columns of the model, named by from_fields and to_fields."""

    many_to_many = False
    many_to_one: Any = True
    one_to_many = False
    one_to_one = False

    # A relation is compared by its key: lookups on text and numbers are those of the key's field.
    lookups_end_here = True
    requires_unique_target = True
    related_accessor_class: Any = ReverseManyToOneDescriptor
    forward_related_accessor_class: Any = ForwardManyToOneDescriptor
    rel_class: Any = ForeignObjectRel

    def __init__(
        self,
        to: Any,
        on_delete: Any,
        from_fields: Any,
        to_fields: Any,
        rel: Any = None,
        related_name: str | None = None,
        related_query_name: str | None = None,
        limit_choices_to: Any = None,
        parent_link: bool = False,
        swappable: bool = True,
        **kwargs: Any,
    ) -> None:
        if rel is None:
            rel = self.rel_class(
                self,
                to,
                related_name=related_name,
                related_query_name=related_query_name,
                limit_choices_to=limit_choices_to,
                parent_link=parent_link,
                on_delete=on_delete,
            )
        super().__init__(
            rel=rel,
            related_name=related_name,
            related_query_name=related_query_name,
            limit_choices_to=limit_choices_to,
            **kwargs,
        )
        self.from_fields = from_fields
        self.to_fields = to_fields
        self.swappable = swappable

    def check(self, **kwargs: Any) -> list[Any]:
        """Return the system check messages about this field."""
        return [
            *super().check(**kwargs),
            *self._check_to_fields_exist(),
            *self._check_to_fields_composite_pk(),
            *self._check_unique_target(),
            *self._check_conflict_with_managers(),
        ]

    def _check_to_fields_exist(self) -> list[Any]:
        return related_checks.check_to_fields_exist(self)

    def _check_to_fields_composite_pk(self) -> list[Any]:
        return related_checks.check_to_fields_composite_pk(self)

    def _check_unique_target(self) -> list[Any]:
        return related_checks.check_unique_target(self)

    def _check_conflict_with_managers(self) -> list[Any]:
        return related_checks.check_conflict_with_managers(self)

    def deconstruct(self) -> tuple[Any, str, list[Any], dict[str, Any]]:
        """Return what builds an equal field; see Field.deconstruct()."""
        name, path, args, kwargs = super().deconstruct()
        kwargs["on_delete"] = self.remote_field.on_delete
        kwargs["from_fields"] = self.from_fields
        kwargs["to_fields"] = self.to_fields
        if self.remote_field.parent_link:
            kwargs["parent_link"] = self.remote_field.parent_link
        kwargs["to"] = _deconstruct_target(self)
        return name, path, args, kwargs

    def resolve_related_fields(self) -> list[tuple[Any, Any]]:
        """Return pairs (local field, foreign field)."""
        if not self.from_fields or len(self.from_fields) != len(self.to_fields):
            raise ValueError("Foreign Object from and to fields must be the same non-zero length")
        target = self.remote_field.model
        if isinstance(target, str):
            raise ValueError(f"Related model {target!r} cannot be resolved")
        pairs = []
        for from_name, to_name in zip(self.from_fields, self.to_fields, strict=True):
            if from_name == RECURSIVE_RELATIONSHIP_CONSTANT:
                from_field: Any = self
            else:
                from_field = self.opts.get_field(from_name)
            to_field = target._meta.pk if to_name is None else target._meta.get_field(to_name)
            pairs.append((from_field, to_field))
        return pairs

    @cached_property
    def related_fields(self) -> list[tuple[Any, Any]]:
        """Pairs (local field, foreign field)."""
        return self.resolve_related_fields()

    @cached_property
    def reverse_related_fields(self) -> list[tuple[Any, Any]]:
        """Pairs (foreign field, local field)."""
        return [(rhs, lhs) for lhs, rhs in self.related_fields]

    @cached_property
    def local_related_fields(self) -> tuple[Any, ...]:
        """The fields on this side."""
        return tuple(lhs for lhs, _rhs in self.related_fields)

    @cached_property
    def foreign_related_fields(self) -> tuple[Any, ...]:
        """The fields on the other side."""
        return tuple(rhs for _lhs, rhs in self.related_fields if rhs)

    def get_local_related_value(self, instance: Any) -> tuple[Any, ...]:
        """Return what `instance`, of this model, holds in the local fields."""
        return self.get_instance_value_for_fields(instance, self.local_related_fields)

    def get_foreign_related_value(self, instance: Any) -> tuple[Any, ...]:
        """Return what `instance`, of the other model, holds in the foreign fields."""
        return self.get_instance_value_for_fields(instance, self.foreign_related_fields)

    @staticmethod
    def get_instance_value_for_fields(instance: Any, fields: Any) -> tuple[Any, ...]:
        """Return the values of `fields` of `instance`."""
        values = []
        opts = instance._meta
        for field in fields:
            # While a fixture loads, a child may know its parent link and not yet the parent's own key: the
            # primary key is right in both.
            if field.primary_key:
                link = opts.get_ancestor_link(field.model)
                if not link or link.primary_key or link.model._meta.abstract:
                    values.append(instance.pk)
                    continue
            values.append(getattr(instance, field.attname))
        return tuple(values)

    def get_attname_column(self) -> tuple[str, Any]:
        """Return (attribute, None): the columns belong to the fields named by from_fields."""
        return super().get_attname_column()[0], None

    def get_joining_columns(self, reverse_join: bool = False) -> Any:
        """Return the pairs of columns to join on."""
        source = self.reverse_related_fields if reverse_join else self.related_fields
        return tuple((lhs.column, rhs.column) for lhs, rhs in source)

    def get_reverse_joining_columns(self) -> Any:
        """Return the pairs of columns to join on, the other side first."""
        return self.get_joining_columns(reverse_join=True)

    def get_joining_fields(self, reverse_join: bool = False) -> Any:
        """Return the pairs of fields to join on."""
        return tuple(self.reverse_related_fields if reverse_join else self.related_fields)

    def get_reverse_joining_fields(self) -> Any:
        """Return the pairs of fields to join on, the other side first."""
        return self.get_joining_fields(reverse_join=True)

    def get_extra_descriptor_filter(self, instance: Any) -> Any:
        """Return a further condition (dict or Q) for finding the related object of `instance`; a hook."""
        return {}

    def get_extra_restriction(self, alias: str, related_alias: str) -> Any:
        """Return a further condition of the join, or None; a hook."""
        return None

    def get_path_info(self, filtered_relation: Any = None) -> list[PathInfo]:
        """Return the join from this model to the other."""
        opts = self.remote_field.model._meta
        return [
            PathInfo(
                from_opts=self.model._meta,
                to_opts=opts,
                target_fields=self.foreign_related_fields,
                join_field=self,
                m2m=False,
                direct=True,
                filtered_relation=filtered_relation,
            )
        ]

    @cached_property
    def path_infos(self) -> Any:
        """The join from this model to the other."""
        return self.get_path_info()

    def get_reverse_path_info(self, filtered_relation: Any = None) -> list[PathInfo]:
        """Return the join from the other model to this."""
        opts = self.model._meta
        return [
            PathInfo(
                from_opts=self.remote_field.model._meta,
                to_opts=opts,
                target_fields=(opts.pk,),
                join_field=self.remote_field,
                m2m=not self.unique,
                direct=False,
                filtered_relation=filtered_relation,
            )
        ]

    @cached_property
    def reverse_path_infos(self) -> Any:
        """The join from the other model to this."""
        return self.get_reverse_path_info()

    def contribute_to_class(self, cls: Any, name: str, private_only: bool = False) -> None:
        """Become a field of `cls`, with its accessor."""
        super().contribute_to_class(cls, name, private_only=private_only)
        setattr(cls, self.name, self.forward_related_accessor_class(self))

    def contribute_to_related_class(self, cls: Any, related: Any) -> None:
        """Put the accessor on the other model, unless it is hidden or that model is swapped out."""
        if not self.remote_field.hidden and not related.related_model._meta.swapped:
            setattr(
                cls._meta.concrete_model, related.get_accessor_name(), self.related_accessor_class(related)
            )
            # Limits on choices are applied when a related object is saved through the admin.
            if self.remote_field.limit_choices_to:
                cls._meta.related_fkey_lookups.append(self.remote_field.limit_choices_to)


def _deconstruct_target(field: Any) -> Any:
    """The model pointed to, as migrations write it: "app.model", or a setting's value that knows its name."""
    model = field.remote_field.model
    if isinstance(model, str):
        target = model.lower() if "." in model else model
    else:
        target = model._meta.label_lower
    setting_name = field.swappable_setting
    if setting_name is None:
        return target
    from offbeat.conf import SettingsReference

    # Pointing to a model by the setting makes the migration follow the setting.
    if hasattr(target, "setting_name") and target.setting_name != setting_name:
        raise ValueError(
            f"Cannot deconstruct a {type(field).__name__} pointing to a model that is swapped in place of more than "
            f"one model ({target.setting_name} and {setting_name})"
        )
    return SettingsReference(target, setting_name)


class ForeignKey(ForeignObject[_ST, _GT]):
    """A many-to-one relation, kept in a column that holds a value of the other model's primary key (or to_field)."""

    descriptor_class = ForeignKeyDeferredAttribute
    many_to_many = False
    many_to_one = True
    one_to_many = False
    one_to_one = False

    rel_class = ManyToOneRel
    empty_strings_allowed = False
    default_error_messages = {
        "invalid": _("%(model)s instance with %(field)s %(value)r is not a valid choice.")
    }
    description = _("Foreign Key (type determined by related field)")

    if TYPE_CHECKING:

        @overload
        def __init__(
            self: ForeignKey[_M | None, _M | None],
            to: type[_M],
            on_delete: Any,
            related_name: str | None = ...,
            related_query_name: str | None = ...,
            limit_choices_to: Any = ...,
            parent_link: bool = ...,
            to_field: str | None = ...,
            db_constraint: bool = ...,
            *,
            null: Literal[True],
            **kwargs: Any,
        ) -> None: ...
        @overload
        def __init__(
            self: ForeignKey[_M, _M],
            to: type[_M],
            on_delete: Any,
            related_name: str | None = ...,
            related_query_name: str | None = ...,
            limit_choices_to: Any = ...,
            parent_link: bool = ...,
            to_field: str | None = ...,
            db_constraint: bool = ...,
            *,
            null: Literal[False] = ...,
            **kwargs: Any,
        ) -> None: ...
        @overload
        def __init__(
            self,
            to: str,
            on_delete: Any,
            related_name: str | None = ...,
            related_query_name: str | None = ...,
            limit_choices_to: Any = ...,
            parent_link: bool = ...,
            to_field: str | None = ...,
            db_constraint: bool = ...,
            **kwargs: Any,
        ) -> None: ...

    def __init__(
        self,
        to: Any,
        on_delete: Any,
        related_name: str | None = None,
        related_query_name: str | None = None,
        limit_choices_to: Any = None,
        parent_link: bool = False,
        to_field: str | None = None,
        db_constraint: bool = True,
        **kwargs: Any,
    ) -> None:
        meta = getattr(to, "_meta", None)
        if meta is None:
            if not isinstance(to, str):
                raise TypeError(
                    f"{self.__class__.__name__}({to!r}) is invalid. First parameter to ForeignKey must be either a model, a model name, or the "
                    f"string {RECURSIVE_RELATIONSHIP_CONSTANT!r}"
                )
        else:
            # The primary key is unknown while the class is still being made (a relation to itself by class).
            to_field = to_field or (meta.pk and meta.pk.name)
        if not callable(on_delete):
            raise TypeError("on_delete must be callable.")

        kwargs["rel"] = self.rel_class(
            self,
            to,
            to_field,
            related_name=related_name,
            related_query_name=related_query_name,
            limit_choices_to=limit_choices_to,
            parent_link=parent_link,
            on_delete=on_delete,
        )
        kwargs.setdefault("db_index", True)
        super().__init__(
            to,
            on_delete,
            related_name=related_name,
            related_query_name=related_query_name,
            limit_choices_to=limit_choices_to,
            from_fields=[RECURSIVE_RELATIONSHIP_CONSTANT],
            to_fields=[to_field],
            **kwargs,
        )
        self.db_constraint = db_constraint

    if not TYPE_CHECKING:

        def __class_getitem__(cls, *args, **kwargs):
            return cls

    @cached_property
    def cache_column(self) -> str | None:
        """Its own column."""
        return self.attname

    def check(self, **kwargs: Any) -> list[Any]:
        """Return the system check messages about this field."""
        return [
            *super().check(**kwargs),
            *self._check_on_delete(**kwargs),
            *self._check_unique(),
        ]

    def _check_on_delete(self, databases: Any = None, **kwargs: Any) -> list[Any]:
        return related_checks.check_on_delete(self, databases)

    def _check_unique(self, **kwargs: Any) -> list[Any]:
        return related_checks.check_unique(self)

    def deconstruct(self) -> tuple[Any, str, list[Any], dict[str, Any]]:
        """Return what builds an equal field; see Field.deconstruct()."""
        name, path, args, kwargs = super().deconstruct()
        del kwargs["to_fields"]
        del kwargs["from_fields"]
        # Indexed is what a foreign key is unless told otherwise.
        if self.db_index:
            kwargs.pop("db_index", None)
        else:
            kwargs["db_index"] = False
        if self.db_constraint is not True:
            kwargs["db_constraint"] = self.db_constraint
        # Pointing to the primary key needs no to_field.
        to_meta = getattr(self.remote_field.model, "_meta", None)
        field_name = self.remote_field.field_name
        if field_name and (not to_meta or (to_meta.pk and field_name != to_meta.pk.name)):
            kwargs["to_field"] = field_name
        return name, path, args, kwargs

    def to_python(self, value: Any) -> Any:
        """Convert as the field pointed to does."""
        return self.target_field.to_python(value)

    @property
    def target_field(self) -> Any:
        """The field of the other model that this one holds values of."""
        return self.foreign_related_fields[0]

    def validate(self, value: Any, model_instance: Any) -> None:
        """Check that the object pointed to exists and fulfils limit_choices_to; ValidationError otherwise."""
        if self.remote_field.parent_link:
            return
        super().validate(value, model_instance)
        if value is None:
            return
        from offbeat.db import router

        remote_model = self.remote_field.model
        using = router.db_for_read(remote_model, instance=model_instance)
        queryset = remote_model._base_manager.using(using).filter(**{self.remote_field.field_name: value})
        queryset = queryset.complex_filter(self.get_limit_choices_to())
        if not queryset.exists():
            raise exceptions.ValidationError(
                self.error_messages["invalid"],
                code="invalid",
                params={
                    "model": remote_model._meta.verbose_name,
                    "pk": value,
                    "field": self.remote_field.field_name,
                    "value": value,
                },
            )

    def resolve_related_fields(self) -> list[tuple[Any, Any]]:
        """Return the pair (this field, foreign field); ValueError when that belongs to another model."""
        related_fields = super().resolve_related_fields()
        for _from_field, to_field in related_fields:
            if to_field and to_field.model != self.remote_field.model._meta.concrete_model:
                raise exceptions.FieldError(
                    f"'{self.model._meta.label}.{self.name}' refers to field '{to_field.name}' which is not local to model '{self.remote_field.model._meta.concrete_model._meta.label}'."
                )
        return related_fields

    def get_attname(self) -> str:
        """Return "NAME_id"."""
        return f"{self.name}_id"

    def get_attname_column(self) -> tuple[str, Any]:
        """Return (attribute, column)."""
        attname = self.get_attname()
        return attname, self.db_column or attname

    def get_default(self) -> Any:
        """Return the default as a key, also when it is an object."""
        default = super().get_default()
        if isinstance(default, self.remote_field.model):
            return getattr(default, self.target_field.attname)
        return default

    def get_db_prep_save(self, value: Any, connection: Any) -> Any:
        """Convert as the field pointed to does; an empty key is NULL."""
        if value is None or (
            value == ""
            and self.target_field.empty_strings_allowed
            and connection.features.interprets_empty_strings_as_nulls
        ):
            return None
        return self.target_field.get_db_prep_save(value, connection=connection)

    def get_db_prep_value(self, value: Any, connection: Any, prepared: bool = False) -> Any:
        """Convert as the field pointed to does."""
        return self.target_field.get_db_prep_value(value, connection, prepared)

    def get_prep_value(self, value: Any) -> Any:
        """Convert as the field pointed to does."""
        return self.target_field.get_prep_value(value)

    def contribute_to_related_class(self, cls: Any, related: Any) -> None:
        """Put the accessor on the other model and learn which of its fields is pointed to."""
        super().contribute_to_related_class(cls, related)
        if self.remote_field.field_name is None:
            self.remote_field.field_name = cls._meta.pk.name

    def formfield(
        self, form_class: Any = None, choices_form_class: Any = None, *, using: Any = None, **kwargs: Any
    ) -> Any:
        """Return a ModelChoiceField over the other model's default manager."""
        if isinstance(self.remote_field.model, str):
            raise ValueError(
                f"Cannot create form field for {self.name!r} yet, because its related model {self.remote_field.model!r} has not been loaded yet"
            )
        from offbeat import forms

        defaults = {
            "queryset": self.remote_field.model._default_manager.using(using),
            "to_field_name": self.remote_field.field_name,
            **kwargs,
            "blank": self.blank,
        }
        return super().formfield(form_class or forms.ModelChoiceField, choices_form_class, **defaults)

    def db_check(self, connection: Any) -> str | None:
        """None: the target's own column is checked."""
        return None

    def db_type(self, connection: Any) -> str | None:
        """Return the type that the field pointed to gives columns pointing to it."""
        return self.target_field.rel_db_type(connection=connection)  # type: ignore[no-any-return]

    def cast_db_type(self, connection: Any) -> str | None:
        """Return the type for a CAST of the field pointed to."""
        return self.target_field.cast_db_type(connection=connection)  # type: ignore[no-any-return]

    def db_parameters(self, connection: Any) -> dict[str, Any]:
        """Return type, CHECK condition and the collation of the field pointed to."""
        target = self.target_field.db_parameters(connection)
        return {
            "type": self.db_type(connection),
            "check": self.db_check(connection),
            "collation": target.get("collation"),
        }

    def convert_empty_strings(self, value: Any, expression: Any, connection: Any) -> Any:
        """Read an empty string as None."""
        return None if not value and isinstance(value, str) else value

    def get_db_converters(self, connection: Any) -> list[Any]:
        """Return the converters of values from the database."""
        converters = super().get_db_converters(connection)
        if connection.features.interprets_empty_strings_as_nulls:
            converters += [self.convert_empty_strings]
        return converters

    def get_col(self, alias: str, output_field: Any = None) -> Any:
        """Return the expression of the column; its value is of the type of the field pointed to at last."""
        if output_field is None:
            output_field = self.target_field
            while isinstance(output_field, ForeignKey):
                output_field = output_field.target_field
                if output_field is self:
                    raise ValueError("Cannot resolve output_field.")
        return super().get_col(alias, output_field)


class OneToOneField(ForeignKey[_ST, _GT]):
    """A ForeignKey that is unique: its reverse side is one object."""

    many_to_many = False
    many_to_one = False
    one_to_many = False
    one_to_one = True

    related_accessor_class = ReverseOneToOneDescriptor
    forward_related_accessor_class = ForwardOneToOneDescriptor
    rel_class = OneToOneRel

    description = _("One-to-one relationship")

    if TYPE_CHECKING:

        @overload
        def __init__(
            self: OneToOneField[_M | None, _M | None],
            to: type[_M],
            on_delete: Any,
            to_field: str | None = ...,
            *,
            null: Literal[True],
            **kwargs: Any,
        ) -> None: ...
        @overload
        def __init__(
            self: OneToOneField[_M, _M],
            to: type[_M],
            on_delete: Any,
            to_field: str | None = ...,
            *,
            null: Literal[False] = ...,
            **kwargs: Any,
        ) -> None: ...
        @overload
        def __init__(self, to: str, on_delete: Any, to_field: str | None = ..., **kwargs: Any) -> None: ...

    def __init__(self, to: Any, on_delete: Any, to_field: str | None = None, **kwargs: Any) -> None:
        kwargs["unique"] = True
        super().__init__(to, on_delete, to_field=to_field, **kwargs)

    def deconstruct(self) -> tuple[Any, str, list[Any], dict[str, Any]]:
        """Return what builds an equal field; see Field.deconstruct()."""
        name, path, args, kwargs = super().deconstruct()
        kwargs.pop("unique", None)
        return name, path, args, kwargs

    def formfield(self, form_class: Any = None, choices_form_class: Any = None, **kwargs: Any) -> Any:
        """Return the form field; a parent link has none."""
        if self.remote_field.parent_link:
            return None
        return super().formfield(form_class=form_class, choices_form_class=choices_form_class, **kwargs)

    def save_form_data(self, instance: Any, data: Any) -> None:
        """Put an object, or a key, into `instance`."""
        if isinstance(data, self.remote_field.model):
            setattr(instance, self.name, data)
        else:
            setattr(instance, self.attname, data)
            # None must reach the cached object too.
            if data is None:
                setattr(instance, self.name, data)

    def _check_unique(self, **kwargs: Any) -> list[Any]:
        # Unique is what this field is for.
        return []
