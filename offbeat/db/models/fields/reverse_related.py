"""The other side of relations: what `field.remote_field` is, and what `_meta.get_fields()` lists as reverse relation.

A rel object stands for the relation as the model it points to sees it. Its `model` is that model, `related_model`
the one that has the field.
"""

from __future__ import annotations

from typing import Any

from offbeat.core import exceptions
from offbeat.db.models.fields.base import BLANK_CHOICE_DASH
from offbeat.db.models.fields.mixins import FieldCacheMixin
from offbeat.utils.functional import cached_property
from offbeat.utils.hashable import make_hashable

__all__ = ["ForeignObjectRel", "ManyToManyRel", "ManyToOneRel", "OneToOneRel"]


class ForeignObjectRel(FieldCacheMixin):
    """The relation of a ForeignObject, seen from the other side; it answers much of what a field answers."""

    auto_created = True
    concrete = False
    editable = False
    is_relation = True
    # A missing related object reads as NULL in a join.
    null = True
    empty_strings_allowed = False
    generated = False

    def __init__(
        self,
        field: Any,
        to: Any,
        related_name: str | None = None,
        related_query_name: str | None = None,
        limit_choices_to: Any = None,
        parent_link: bool = False,
        on_delete: Any = None,
    ) -> None:
        self.field = field
        self.model = to
        self.related_name = related_name
        self.related_query_name = related_query_name
        self.limit_choices_to: Any = {} if limit_choices_to is None else limit_choices_to
        self.parent_link = parent_link
        self.on_delete = on_delete
        self.symmetrical = False
        self.multiple = True

    @cached_property
    def hidden(self) -> bool:
        """True when there is no accessor on the other model."""
        return bool(self.related_name and self.related_name[-1] == "+")

    @cached_property
    def name(self) -> str:
        """The name that queries use for the relation."""
        return self.field.related_query_name()  # type: ignore[no-any-return]

    @property
    def remote_field(self) -> Any:
        """The field that makes the relation."""
        return self.field

    @property
    def target_field(self) -> Any:
        """The field that the relation's column holds values of; FieldError when there are several."""
        target_fields = self.path_infos[-1].target_fields
        if len(target_fields) > 1:
            raise exceptions.FieldError("Can't use target_field for multicolumn relations.")
        return target_fields[0]

    @cached_property
    def related_model(self) -> Any:
        """The model that has the field."""
        if not self.field.model:
            raise AttributeError(
                "This property can't be accessed before self.field.contribute_to_class has been called."
            )
        return self.field.model

    @cached_property
    def many_to_many(self) -> Any:
        """True for the reverse side of a many-to-many relation."""
        return self.field.many_to_many

    @cached_property
    def many_to_one(self) -> Any:
        """True when the field is one-to-many."""
        return self.field.one_to_many

    @cached_property
    def one_to_many(self) -> Any:
        """True when the field is many-to-one."""
        return self.field.many_to_one

    @cached_property
    def one_to_one(self) -> Any:
        """True when the field is one-to-one."""
        return self.field.one_to_one

    def get_lookup(self, lookup_name: str) -> Any:
        """Return the lookup class of that name."""
        return self.field.get_lookup(lookup_name)

    def get_lookups(self) -> dict[str, Any]:
        """Return all lookups."""
        return self.field.get_lookups()  # type: ignore[no-any-return]

    def get_transform(self, name: str) -> Any:
        """Return the transform class of that name."""
        return self.field.get_transform(name)

    def get_internal_type(self) -> str:
        """Return the field's internal type."""
        return self.field.get_internal_type()  # type: ignore[no-any-return]

    @property
    def db_type(self) -> Any:
        """The field's db_type method."""
        return self.field.db_type

    def __repr__(self) -> str:
        opts = self.related_model._meta
        return f"<{type(self).__name__}: {opts.app_label}.{opts.model_name}>"

    @property
    def identity(self) -> tuple[Any, ...]:
        """What makes two relations equal."""
        return (
            self.field,
            self.model,
            self.related_name,
            self.related_query_name,
            make_hashable(self.limit_choices_to),
            self.parent_link,
            self.on_delete,
            self.symmetrical,
            self.multiple,
        )

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, self.__class__):
            return NotImplemented
        return self is other or self.identity == other.identity

    def __hash__(self) -> int:
        return hash(self.identity)

    def __getstate__(self) -> dict[str, Any]:
        state = self.__dict__.copy()
        # Found again through the field.
        state.pop("related_model", None)
        state.pop("path_infos", None)
        return state

    def get_choices(
        self,
        include_blank: bool = True,
        blank_choice: Any = BLANK_CHOICE_DASH,
        limit_choices_to: Any = None,
        ordering: Any = (),
    ) -> list[tuple[Any, str]]:
        """Return the objects that have the field, as choices."""
        queryset = self.related_model._default_manager.complex_filter(
            limit_choices_to or self.limit_choices_to
        )
        if ordering:
            queryset = queryset.order_by(*ordering)
        return [*(blank_choice if include_blank else []), *((obj.pk, str(obj)) for obj in queryset)]

    def get_joining_fields(self) -> Any:
        """Return the pairs of fields to join on, this side first."""
        return self.field.get_reverse_joining_fields()

    def get_joining_columns(self) -> Any:
        """Return the pairs of columns to join on, this side first."""
        return tuple((lhs.column, rhs.column) for lhs, rhs in self.get_joining_fields())

    def get_extra_restriction(self, alias: str, related_alias: str) -> Any:
        """Return a further condition of the join, or None."""
        return self.field.get_extra_restriction(related_alias, alias)

    def set_field_name(self) -> None:
        """Fill in which field of the model the relation points to; of use to subclasses."""
        # A ForeignObject may point to several fields.
        self.field_name: Any = None

    def get_accessor_name(self, model: Any = None) -> str | None:
        """Return the attribute of the other model that leads back here, or None when there is none."""
        opts = model._meta if model else self.related_model._meta
        model = model or self.related_model
        # The two accessors of a symmetrical relation to itself would be the same.
        if self.multiple and self.symmetrical and model == self.model:
            return None
        if self.related_name:
            return self.related_name
        return opts.model_name + ("_set" if self.multiple else "")  # type: ignore[no-any-return]

    @cached_property
    def accessor_name(self) -> str | None:
        """The attribute of the other model that leads back here."""
        return self.get_accessor_name()

    def get_path_info(self, filtered_relation: Any = None) -> Any:
        """Return the joins from the other model to the one that has the field."""
        if filtered_relation:
            return self.field.get_reverse_path_info(filtered_relation)
        return self.field.reverse_path_infos

    @cached_property
    def path_infos(self) -> Any:
        """The joins from the other model to the one that has the field."""
        return self.get_path_info()

    @cached_property
    def cache_name(self) -> Any:
        """The key under which related objects are cached on an instance of the other model."""
        return self.accessor_name


class ManyToOneRel(ForeignObjectRel):
    """The other side of a ForeignKey."""

    def __init__(
        self,
        field: Any,
        to: Any,
        field_name: str | None,
        related_name: str | None = None,
        related_query_name: str | None = None,
        limit_choices_to: Any = None,
        parent_link: bool = False,
        on_delete: Any = None,
    ) -> None:
        super().__init__(
            field,
            to,
            related_name=related_name,
            related_query_name=related_query_name,
            limit_choices_to=limit_choices_to,
            parent_link=parent_link,
            on_delete=on_delete,
        )
        self.field_name = field_name

    @property
    def identity(self) -> tuple[Any, ...]:
        """What makes two relations equal."""
        return (*super().identity, self.field_name)

    def get_related_field(self) -> Any:
        """Return the field that the foreign key points to; FieldDoesNotExist when it is no column."""
        field = self.model._meta.get_field(self.field_name)
        if not field.concrete:
            raise exceptions.FieldDoesNotExist(f"No related field named '{self.field_name}'")
        return field

    def set_field_name(self) -> None:
        """Point to the primary key unless to_field said otherwise."""
        self.field_name = self.field_name or self.model._meta.pk.name


class OneToOneRel(ManyToOneRel):
    """The other side of a OneToOneField."""

    def __init__(
        self,
        field: Any,
        to: Any,
        field_name: str | None,
        related_name: str | None = None,
        related_query_name: str | None = None,
        limit_choices_to: Any = None,
        parent_link: bool = False,
        on_delete: Any = None,
    ) -> None:
        super().__init__(
            field,
            to,
            field_name,
            related_name=related_name,
            related_query_name=related_query_name,
            limit_choices_to=limit_choices_to,
            parent_link=parent_link,
            on_delete=on_delete,
        )
        self.multiple = False


class ManyToManyRel(ForeignObjectRel):
    """The other side of a ManyToManyField."""

    def __init__(
        self,
        field: Any,
        to: Any,
        related_name: str | None = None,
        related_query_name: str | None = None,
        limit_choices_to: Any = None,
        symmetrical: bool = True,
        through: Any = None,
        through_fields: Any = None,
        db_constraint: bool = True,
    ) -> None:
        super().__init__(
            field,
            to,
            related_name=related_name,
            related_query_name=related_query_name,
            limit_choices_to=limit_choices_to,
        )
        if through and not db_constraint:
            raise ValueError("Can't supply a through model and db_constraint=False")
        if through_fields and not through:
            raise ValueError("Cannot specify through_fields without a through model")
        self.through = through
        self.through_fields = through_fields
        self.symmetrical = symmetrical
        self.db_constraint = db_constraint

    @property
    def identity(self) -> tuple[Any, ...]:
        """What makes two relations equal."""
        return (*super().identity, self.through, make_hashable(self.through_fields), self.db_constraint)

    def get_related_field(self) -> Any:
        """Return the field of the other model that the intermediate table points to."""
        opts = self.through._meta
        if self.through_fields:
            return opts.get_field(self.through_fields[1]).foreign_related_fields[0]
        for field in opts.fields:
            if getattr(field.remote_field, "model", None) == self.model:
                return field.foreign_related_fields[0]
        raise exceptions.FieldDoesNotExist(f"The intermediate model has no relation to {self.model!r}")
