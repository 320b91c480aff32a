"""Fields that choose model instances (Django documentation: ref/forms/fields)."""

from __future__ import annotations

from typing import Any

from offbeat.core.exceptions import ValidationError
from offbeat.forms.fields import ChoiceField, Field
from offbeat.forms.widgets import HiddenInput, MultipleHiddenInput, SelectMultiple
from offbeat.utils.choices import BaseChoiceIterator
from offbeat.utils.translation import gettext_lazy as _

__all__ = [
    "InlineForeignKeyField",
    "ModelChoiceField",
    "ModelChoiceIterator",
    "ModelChoiceIteratorValue",
    "ModelMultipleChoiceField",
]


class InlineForeignKeyField(Field):
    """The hidden field of an inline form that names the parent; it may name no other."""

    widget = HiddenInput
    default_error_messages = {"invalid_choice": _("The inline value did not match the parent instance.")}

    def __init__(
        self, parent_instance: Any, *args: Any, pk_field: bool = False, to_field: Any = None, **kwargs: Any
    ) -> None:
        self.parent_instance = parent_instance
        self.pk_field = pk_field
        self.to_field = to_field
        if self.parent_instance is not None:
            if self.to_field:
                kwargs["initial"] = getattr(self.parent_instance, self.to_field)
            else:
                kwargs["initial"] = self.parent_instance.pk
        kwargs["required"] = False
        super().__init__(*args, **kwargs)

    def clean(self, value: Any) -> Any:
        if value in self.empty_values:
            if self.pk_field:
                return None
            return self.parent_instance
        # As text, as the type of the key is not known here.
        key = getattr(self.parent_instance, self.to_field) if self.to_field else self.parent_instance.pk
        if str(value) != str(key):
            raise ValidationError(self.error_messages["invalid_choice"], code="invalid_choice")
        return self.parent_instance

    def has_changed(self, initial: Any, data: Any) -> bool:
        return False


class ModelChoiceIteratorValue:
    """A choice's value that knows its instance."""

    def __init__(self, value: Any, instance: Any) -> None:
        self.value = value
        self.instance = instance

    def __str__(self) -> str:
        return str(self.value)

    def __hash__(self) -> int:
        return hash(self.value)

    def __eq__(self, other: object) -> bool:
        if isinstance(other, ModelChoiceIteratorValue):
            other = other.value
        return bool(self.value == other)


class ModelChoiceIterator(BaseChoiceIterator):
    """The choices of a ModelChoiceField, read from the database each time they are iterated over."""

    def __init__(self, field: Any) -> None:
        self.field = field
        self.queryset = field.queryset

    def __iter__(self) -> Any:
        if self.field.empty_label is not None:
            yield ("", self.field.empty_label)
        queryset = self.queryset
        # Rows are kept by the queryset only where they are prefetched.
        if not queryset._prefetch_related_lookups:
            queryset = queryset.iterator()
        for obj in queryset:
            yield self.choice(obj)

    def __len__(self) -> int:
        return self.queryset.count() + (1 if self.field.empty_label is not None else 0)  # type: ignore[no-any-return]

    def __bool__(self) -> bool:
        return self.field.empty_label is not None or self.queryset.exists()

    def choice(self, obj: Any) -> tuple[Any, Any]:
        """(value, label) of an instance."""
        return (
            ModelChoiceIteratorValue(self.field.prepare_value(obj), obj),
            self.field.label_from_instance(obj),
        )


class ModelChoiceField(ChoiceField):
    """A choice of the instances in ``queryset``."""

    default_error_messages = {
        "invalid_choice": _("Select a valid choice. That choice is not one of the available choices."),
    }
    iterator: Any = ModelChoiceIterator
    empty_label: Any

    def __init__(
        self,
        queryset: Any,
        *,
        empty_label: Any = "",
        required: bool = True,
        widget: Any = None,
        label: Any = None,
        initial: Any = None,
        help_text: Any = "",
        to_field_name: str | None = None,
        limit_choices_to: Any = None,
        blank: bool = False,
        **kwargs: Any,
    ) -> None:
        # The choices come from the queryset, so the base's constructor is passed over.
        Field.__init__(
            self,
            required=required,
            widget=widget,
            label=label,
            initial=initial,
            help_text=help_text,
            **kwargs,
        )
        if empty_label == "":
            from offbeat.db.models.utils import get_blank_choice_label

            empty_label = get_blank_choice_label()
        if (required and initial is not None) or (_is_radio(self.widget) and not blank):
            self.empty_label = None
        else:
            self.empty_label = empty_label
        self.queryset = queryset
        self.limit_choices_to = limit_choices_to
        self.to_field_name = to_field_name

    def validate_no_null_characters(self, value: Any) -> None:
        """ValidationError for a value with null characters, which databases refuse."""
        from offbeat.core.validators import ProhibitNullCharactersValidator

        ProhibitNullCharactersValidator()(value)

    def get_limit_choices_to(self) -> Any:
        """The restriction of the choices; a callable is called."""
        if callable(self.limit_choices_to):
            return self.limit_choices_to()
        return self.limit_choices_to

    def __deepcopy__(self, memo: dict[int, Any]) -> Any:
        result = super(ChoiceField, self).__deepcopy__(memo)
        # A queryset of its own, so that rows read once are not shown for ever.
        if self.queryset is not None:
            result.queryset = self.queryset.all()
        return result

    def _get_queryset(self) -> Any:
        return self._queryset

    def _set_queryset(self, queryset: Any) -> None:
        self._queryset = None if queryset is None else queryset.all()
        self.widget.choices = self.choices

    queryset = property(_get_queryset, _set_queryset)

    def label_from_instance(self, obj: Any) -> Any:
        """An instance's label."""
        return str(obj)

    def _get_choices(self) -> Any:
        # Choices that were set by hand stay.
        if hasattr(self, "_choices"):
            return self._choices
        return self.iterator(self)

    choices = property(_get_choices, ChoiceField.choices.fset)  # type: ignore[attr-defined]

    def prepare_value(self, value: Any) -> Any:
        if hasattr(value, "_meta"):
            return value.serializable_value(self.to_field_name) if self.to_field_name else value.pk
        return super().prepare_value(value)

    def to_python(self, value: Any) -> Any:
        if value in self.empty_values:
            return None
        self.validate_no_null_characters(value)
        key = self.to_field_name or "pk"
        try:
            if isinstance(value, self.queryset.model):
                value = getattr(value, key)
            value = self.queryset.get(**{key: value})
        except (ValueError, TypeError, OverflowError, self.queryset.model.DoesNotExist, ValidationError):
            raise ValidationError(
                self.error_messages["invalid_choice"], code="invalid_choice", params={"value": value}
            ) from None
        return value

    def validate(self, value: Any) -> None:
        Field.validate(self, value)

    def has_changed(self, initial: Any, data: Any) -> bool:
        if self.disabled:
            return False
        initial_value = initial if initial is not None else ""
        data_value = data if data is not None else ""
        return str(self.prepare_value(initial_value)) != str(data_value)


def _is_radio(widget: Any) -> bool:
    from offbeat.forms.widgets import RadioSelect

    return isinstance(widget, RadioSelect)


class ModelMultipleChoiceField(ModelChoiceField):
    """Several of the instances in ``queryset``; the value is a queryset."""

    widget = SelectMultiple
    hidden_widget = MultipleHiddenInput
    default_error_messages = {
        "invalid_list": _("Enter a list of values."),
        "invalid_choice": _("Select a valid choice. %(value)s is not one of the available choices."),
        "invalid_pk_value": _("“%(pk)s” is not a valid value."),
    }

    def __init__(self, queryset: Any, **kwargs: Any) -> None:
        super().__init__(queryset, empty_label=None, **kwargs)

    def to_python(self, value: Any) -> Any:
        if not value:
            return []
        return list(self._check_values(value))

    def clean(self, value: Any) -> Any:
        value = self.prepare_value(value)
        if self.required and not value:
            raise ValidationError(self.error_messages["required"], code="required")
        if not self.required and not value:
            return self.queryset.none()
        if not isinstance(value, list | tuple):
            raise ValidationError(self.error_messages["invalid_list"], code="invalid_list")
        queryset = self._check_values(value)
        # The base's clean() would look every value up once more.
        self.run_validators(value)
        return queryset

    def _check_values(self, value: Any) -> Any:
        """The instances of all values, in one query; ValidationError if one is missing."""
        key = self.to_field_name or "pk"
        # Values that cannot be hashed are no keys.
        try:
            value = frozenset(value)
        except TypeError:
            raise ValidationError(self.error_messages["invalid_list"], code="invalid_list") from None
        for pk in value:
            self.validate_no_null_characters(pk)
            try:
                self.queryset.filter(**{key: pk})
            except (ValueError, TypeError, OverflowError, ValidationError):
                raise ValidationError(
                    self.error_messages["invalid_pk_value"], code="invalid_pk_value", params={"pk": pk}
                ) from None
        queryset = self.queryset.filter(**{f"{key}__in": value})
        try:
            found = {str(getattr(obj, key)) for obj in queryset}
        except OverflowError:
            # A number that no column can hold: find out which, one by one.
            found = {str(val) for val in value if self.queryset.filter(**{key: val}).exists()}
        for val in value:
            if str(val) not in found:
                raise ValidationError(
                    self.error_messages["invalid_choice"], code="invalid_choice", params={"value": val}
                )
        return queryset

    def prepare_value(self, value: Any) -> Any:
        if hasattr(value, "__iter__") and not isinstance(value, str) and not hasattr(value, "_meta"):
            prepare_value = super().prepare_value
            return [prepare_value(v) for v in value]
        return super().prepare_value(value)

    def has_changed(self, initial: Any, data: Any) -> bool:
        if self.disabled:
            return False
        initial = [] if initial is None else initial
        data = [] if data is None else data
        if len(initial) != len(data):
            return True
        return {str(value) for value in self.prepare_value(initial)} != {str(value) for value in data}
