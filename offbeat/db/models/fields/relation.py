"""RelatedField, the base of fields that point to another model, and the waiting for models not yet loaded."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

from offbeat.db.models.fields import related_checks
from offbeat.db.models.fields._types import _GT, _ST
from offbeat.db.models.fields.base import Field
from offbeat.db.models.fields.mixins import FieldCacheMixin
from offbeat.db.models.query_utils import Q
from offbeat.db.models.utils import make_model_tuple
from offbeat.utils.functional import cached_property

__all__ = ["RECURSIVE_RELATIONSHIP_CONSTANT", "RelatedField", "lazy_related_operation", "resolve_relation"]

RECURSIVE_RELATIONSHIP_CONSTANT = "self"


def resolve_relation(scope_model: Any, relation: Any) -> Any:
    """Return `relation` as a model class or "app_label.Model", as seen from `scope_model`."""
    if relation == RECURSIVE_RELATIONSHIP_CONSTANT:
        relation = scope_model
    if isinstance(relation, str) and "." not in relation:
        relation = f"{scope_model._meta.app_label}.{relation}"
    return relation


def lazy_related_operation(
    function: Callable[..., Any], model: Any, *related_models: Any, **kwargs: Any
) -> Any:
    """Call function(model, *related_models, **kwargs) with model classes as soon as they are all loaded.

    A related model may be a class, "app.Model", a name in the same application, or "self".
    """
    models = [model, *(resolve_relation(model, related) for related in related_models)]
    return model._meta.apps.lazy_model_operation(
        functools.partial(function, **kwargs), *(make_model_tuple(m) for m in models)
    )


class RelatedField(FieldCacheMixin, Field[_ST, _GT]):
    """Base of all relational fields."""

    one_to_many = False
    one_to_one = False
    many_to_many = False
    many_to_one = False

    def __init__(
        self,
        related_name: str | None = None,
        related_query_name: str | None = None,
        limit_choices_to: Any = None,
        **kwargs: Any,
    ) -> None:
        self._related_name = related_name
        self._related_query_name = related_query_name
        self._limit_choices_to = limit_choices_to
        super().__init__(**kwargs)

    @cached_property
    def related_model(self) -> Any:
        """The model that the field points to."""
        self.opts.apps.check_models_ready()
        return self.remote_field.model

    @property
    def opts(self) -> Any:
        """The options of the field's own model."""
        return self.model._meta

    def check(self, **kwargs: Any) -> list[Any]:
        """Return the system check messages about this field."""
        return [
            *super().check(**kwargs),
            *self._check_related_name_is_valid(),
            *self._check_related_query_name_is_valid(),
            *self._check_relation_model_exists(),
            *self._check_referencing_to_swapped_model(),
            *self._check_clashes(),
        ]

    def _check_related_name_is_valid(self) -> list[Any]:
        return related_checks.check_related_name_is_valid(self)

    def _check_related_query_name_is_valid(self) -> list[Any]:
        return related_checks.check_related_query_name_is_valid(self)

    def _check_relation_model_exists(self) -> list[Any]:
        return related_checks.check_relation_model_exists(self)

    def _check_referencing_to_swapped_model(self) -> list[Any]:
        return related_checks.check_referencing_to_swapped_model(self)

    def _check_clashes(self) -> list[Any]:
        return related_checks.check_clashes(self)

    def db_type(self, connection: Any) -> str | None:
        """None: only the fields with a column of their own have a type."""
        return None

    def contribute_to_class(self, cls: Any, name: str, private_only: bool = False) -> None:
        """Become a field of `cls`, and of the model pointed to once that is loaded."""
        super().contribute_to_class(cls, name, private_only=private_only)
        if cls._meta.abstract:
            return
        related_name = self.remote_field.related_name or self.opts.default_related_name
        names = {
            "class": cls.__name__.lower(),
            "model_name": cls._meta.model_name.lower(),
            "app_label": cls._meta.app_label.lower(),
        }
        if related_name:
            self.remote_field.related_name = related_name % names
        if self.remote_field.related_query_name:
            self.remote_field.related_query_name = self.remote_field.related_query_name % names

        def resolve_related_class(model: Any, related: Any, field: Any) -> None:
            field.remote_field.model = related
            field.do_related_class(related, model)

        lazy_related_operation(resolve_related_class, cls, self.remote_field.model, field=self)

    def deconstruct(self) -> tuple[Any, str, list[Any], dict[str, Any]]:
        """Return what builds an equal field; see Field.deconstruct()."""
        name, path, args, kwargs = super().deconstruct()
        if self._limit_choices_to:
            kwargs["limit_choices_to"] = self._limit_choices_to
        if self._related_name is not None:
            kwargs["related_name"] = self._related_name
        if self._related_query_name is not None:
            kwargs["related_query_name"] = self._related_query_name
        return name, path, args, kwargs

    def get_forward_related_filter(self, obj: Any) -> dict[str, Any]:
        """Return filter() keywords for this model that find what points to `obj`."""
        return {f"{self.name}__{rh.name}": getattr(obj, rh.attname) for _, rh in self.related_fields}

    def get_reverse_related_filter(self, obj: Any) -> Any:
        """Return a condition on the other model that finds what `obj` points to."""
        base_q = Q.create([(rh.attname, getattr(obj, lh.attname)) for lh, rh in self.related_fields])
        descriptor_filter = self.get_extra_descriptor_filter(obj)
        if isinstance(descriptor_filter, dict):
            return base_q & Q(**descriptor_filter)
        if descriptor_filter:
            return base_q & descriptor_filter
        return base_q

    @property
    def related_fields(self) -> Any:
        """Pairs (local field, foreign field)."""
        raise TypeError(f"{type(self).__name__} has no columns of its own.")

    def get_extra_descriptor_filter(self, instance: Any) -> Any:
        """Return a further condition for the related object of `instance`."""
        return {}

    @property
    def swappable_setting(self) -> str | None:
        """The setting that may replace the model pointed to, for migrations; None for an ordinary model."""
        if not self.swappable:
            return None
        model = self.remote_field.model
        label = model if isinstance(model, str) else model._meta.label
        return self._apps().get_swappable_settings_name(label)  # type: ignore[no-any-return]

    swappable: bool = True

    @staticmethod
    def _apps() -> Any:
        from offbeat.apps import apps

        return apps

    def set_attributes_from_rel(self) -> None:
        """Fill in what depends on the model pointed to."""
        target = self.remote_field.model._meta
        self.name = self.name or f"{target.model_name}_{target.pk.name}"
        if self.verbose_name is None:
            self.verbose_name = target.verbose_name
        self.remote_field.set_field_name()

    def do_related_class(self, other: Any, cls: Any) -> None:
        """Take part in the model pointed to."""
        self.set_attributes_from_rel()
        self.contribute_to_related_class(other, self.remote_field)

    def contribute_to_related_class(self, cls: Any, related: Any) -> None:
        """Put the accessor of the relation on the model pointed to."""

    def get_limit_choices_to(self) -> Any:
        """Return limit_choices_to, called if it is a callable."""
        limit = self.remote_field.limit_choices_to
        return limit() if callable(limit) else limit

    def formfield(self, form_class: Any = None, choices_form_class: Any = None, **kwargs: Any) -> Any:
        """Return the form field, with limit_choices_to where the relation has it."""
        defaults: dict[str, Any] = {}
        if hasattr(self.remote_field, "get_related_field"):
            # Left callable, so that it is asked each time a form is made.
            defaults["limit_choices_to"] = self.remote_field.limit_choices_to
        defaults.update(kwargs)
        return super().formfield(form_class=form_class, choices_form_class=choices_form_class, **defaults)

    def related_query_name(self) -> str:
        """Return the name that queries on the other model use for this relation."""
        rel = self.remote_field
        return rel.related_query_name or rel.related_name or self.opts.model_name  # type: ignore[no-any-return]

    @property
    def target_field(self) -> Any:
        """The field of the other model that this one holds values of; FieldError when there are several."""
        from offbeat.core.exceptions import FieldError

        target_fields = self.path_infos[-1].target_fields
        if len(target_fields) > 1:
            raise FieldError(
                "The relation has multiple target fields, but only single target field was asked for"
            )
        return target_fields[0]

    @property
    def path_infos(self) -> Any:
        """The joins to the model pointed to."""
        raise TypeError(f"{type(self).__name__} defines no joins.")

    @cached_property
    def cache_name(self) -> Any:
        """The key of the cached related object."""
        return self.name
