"""ArrayField (Django documentation: ref/contrib/postgres/fields#arrayfield)."""

from __future__ import annotations

import json
from functools import partial
from types import SimpleNamespace
from typing import Any

from offbeat.contrib.postgres.fields.part import CompoundField
from offbeat.contrib.postgres.forms import SimpleArrayField
from offbeat.contrib.postgres.operators import has_params
from offbeat.contrib.postgres.utils import CheckPostgresInstalledMixin, prefix_validation_error
from offbeat.contrib.postgres.validators import ArrayMaxLengthValidator
from offbeat.core import checks
from offbeat.core.exceptions import ValidationError
from offbeat.db.models.expressions import Value
from offbeat.db.models.fields.mixins import CheckFieldDefaultMixin
from offbeat.db.models.sql.params import Unbindable
from offbeat.utils.translation import gettext_lazy as _

__all__ = [
    "ArrayContains",
    "ArrayField",
    "IndexTransform",
    "IndexTransformFactory",
    "SliceTransform",
    "SliceTransformFactory",
]


def _convert_items(converters: list[Any], value: Any, expression: Any, connection: Any) -> Any:
    if value is None:
        return None
    for convert in converters:
        value = [convert(item, expression, connection) for item in value]
    return value


class ArrayField(CheckPostgresInstalledMixin, CheckFieldDefaultMixin, CompoundField):
    """A list of values of another field, which may itself be an array."""

    default_error_messages = {
        "invalid": _("Enter a list of values."),
        "item_invalid": _("Item %(nth)s in the array did not validate:"),
        "nested_array_mismatch": _("Nested arrays must have the same length."),
    }
    _default_hint = ("list", "[]")

    def __init__(self, base_field: Any, size: int | None = None, **kwargs: Any) -> None:
        self.base_field = base_field
        self.size = size
        self.db_collation = getattr(base_field, "db_collation", None)
        super().__init__(**kwargs)
        if size:
            self.default_validators = [*self.default_validators, ArrayMaxLengthValidator(size)]  # type: ignore[misc]

    @classmethod
    def _choices_is_value(cls, value: Any) -> bool:
        return isinstance(value, (list, tuple)) or super()._choices_is_value(value)

    @property
    def description(self) -> Any:
        """What kind of field this is."""
        return _("Array of %s") % self.base_field.description

    # Checks.

    def check(self, **kwargs: Any) -> list[Any]:
        """Return the messages about this field and its base."""
        errors = super().check(**kwargs)
        if self.base_field.remote_field:
            errors.append(
                checks.Error("Base field for array cannot be a related field.", obj=self, id="postgres.E002")
            )
            return errors
        found = self.base_field.check(**kwargs)
        for kind, serious, id_ in (("errors", True, "postgres.E001"), ("warnings", False, "postgres.W004")):
            # A base field has no name of its own to be wrong.
            messages = [m for m in found if m.is_serious() is serious and m.id != "fields.E001"]
            if messages:
                listed = "\n    ".join(f"{message.msg} ({message.id})" for message in messages)
                make = checks.Error if serious else checks.Warning
                errors.append(make(f"Base field for array has {kind}:\n    {listed}", obj=self, id=id_))
        return errors

    # The database.

    def _typed(self, base_type: str | None) -> str:
        return f"{base_type}[{self.size or ''}]"

    def db_type(self, connection: Any) -> str:
        """Return the base field's type with brackets."""
        return self._typed(self.base_field.db_type(connection))

    def cast_db_type(self, connection: Any) -> str:
        """Return the same of the type to cast to."""
        return self._typed(self.base_field.cast_db_type(connection))

    def db_parameters(self, connection: Any) -> dict[str, Any]:
        """Return the column's type, CHECK condition and collation."""
        return {**super().db_parameters(connection), "collation": self.db_collation}

    def get_prep_value(self, value: Any) -> Any:
        """Return the value; items are converted together, later."""
        if isinstance(value, (list, tuple)) and has_params(value):
            raise Unbindable("A list is one value.")
        return super().get_prep_value(value)

    def get_db_prep_value(self, value: Any, connection: Any, prepared: bool = False) -> Any:
        """Have the base field convert each item."""
        if not isinstance(value, (list, tuple)):
            return value
        return [self.item_for_db(item, connection) for item in value]

    @property
    def converts_items(self) -> bool:
        """True if values become the database's item by item, as they do unless a subclass says otherwise."""
        stock = ("get_prep_value", "get_db_prep_value", "item_for_db")
        return all(getattr(type(self), name) is getattr(ArrayField, name) for name in stock)

    def item_for_db(self, item: Any, connection: Any) -> Any:
        """Convert one item."""
        if isinstance(item, Value):
            # JSONNull(), for instance, which is not SQL's NULL.
            return self.base_field.get_db_prep_value(item.value, connection)
        return self.base_field.get_db_prep_save(item, connection)

    def get_db_converters(self, connection: Any) -> list[Any]:
        """Return what has the base field convert each item, if it does."""
        converters = self.base_field.get_db_converters(connection)
        return [partial(_convert_items, converters)] if converters else []

    def deconstruct(self) -> tuple[Any, str, list[Any], dict[str, Any]]:
        """Return what builds an equal field."""
        name, path, args, kwargs = super().deconstruct()
        if path == "offbeat.contrib.postgres.fields.array.ArrayField":
            path = "offbeat.contrib.postgres.fields.ArrayField"
        kwargs["base_field"] = self.base_field.clone()
        if self.size is not None:
            kwargs["size"] = self.size
        return name, path, args, kwargs

    # Values.

    def to_python(self, value: Any) -> Any:
        """Have the base field convert each item, of a list or of the JSON of serializers."""
        if isinstance(value, str):
            value = self._from_json(value)
        if value is None:
            return None
        if not isinstance(value, (list, tuple)):
            raise ValidationError(self.error_messages["invalid"], code="invalid")
        items = []
        for index, item in enumerate(value):
            try:
                items.append(self.base_field.to_python(item))
            except ValidationError as error:
                raise self._item_error(error, index)
        return items

    def value_to_string(self, obj: Any) -> str:
        """Write the items, as the base field writes them, as JSON."""
        attname = self.base_field.attname
        return json.dumps(
            [
                None if item is None else self.base_field.value_to_string(SimpleNamespace(**{attname: item}))
                for item in self.value_from_object(obj)
            ],
            ensure_ascii=False,
        )

    def _item_error(self, error: ValidationError, index: int) -> ValidationError:
        return prefix_validation_error(
            error, prefix=self.error_messages["item_invalid"], code="item_invalid", params={"nth": index + 1}
        )

    def validate(self, value: Any, model_instance: Any) -> None:
        """Have the base field check each item; arrays in an array are equally long."""
        super().validate(value, model_instance)
        for index, item in enumerate(value):
            try:
                self.base_field.validate(item, model_instance)
            except ValidationError as error:
                raise self._item_error(error, index)
        if isinstance(self.base_field, ArrayField) and len({len(item or ()) for item in value}) > 1:
            raise ValidationError(self.error_messages["nested_array_mismatch"], code="nested_array_mismatch")

    def run_validators(self, value: Any) -> None:
        """Run this field's validators, then the base field's for each item."""
        super().run_validators(value)
        for index, item in enumerate(value):
            try:
                self.base_field.run_validators(item)
            except ValidationError as error:
                raise self._item_error(error, index)

    def formfield(self, form_class: Any = None, choices_form_class: Any = None, **kwargs: Any) -> Any:
        """Return a SimpleArrayField."""
        defaults = {"base_field": self.base_field.formfield(), "max_length": self.size, **kwargs}
        return super().formfield(form_class or SimpleArrayField, choices_form_class, **defaults)

    # Items and slices in lookups and expressions.

    def get_transform(self, lookup_name: str) -> Any:
        """Return the transform of that name; "0" is an item, "0_2" a slice, counted from 0."""
        transform = super().get_transform(lookup_name)
        if transform:
            return transform
        first, separator, last = lookup_name.partition("_")
        if not first.isdecimal() or (separator and not last.isdecimal()):
            return None
        if separator:
            # The database counts from 1, and has the end in the slice.
            return SliceTransformFactory(int(first) + 1, int(last))
        return IndexTransformFactory(int(first) + 1, self.base_field)

    def slice_expression(self, expression: Any, start: int, length: int | None) -> Any:
        """Return an expression for a part of the array."""
        return SliceTransform(start, None if length is None else start + length - 1, expression)


from offbeat.contrib.postgres.fields.array_lookups import (  # noqa: E402
    ArrayContains,
    IndexTransform,
    IndexTransformFactory,
    SliceTransform,
    SliceTransformFactory,
)
