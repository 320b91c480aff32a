"""Fields of numbers."""

from __future__ import annotations

import decimal
import math
from typing import Any, Literal, Unpack, overload

from offbeat.core import checks, exceptions, validators
from offbeat.db.models.fields._types import (
    FieldOptions,
    _DecimalGT,
    _DecimalST,
    _FloatGT,
    _FloatST,
    _IntGT,
    _IntST,
)
from offbeat.db.models.fields.base import Field
from offbeat.utils.functional import cached_property
from offbeat.utils.translation import gettext_lazy as _

__all__ = [
    "BigIntegerField",
    "DecimalField",
    "FloatField",
    "IntegerField",
    "PositiveBigIntegerField",
    "PositiveIntegerField",
    "PositiveIntegerRelDbTypeMixin",
    "PositiveSmallIntegerField",
    "SmallIntegerField",
]


class IntegerField(Field[_IntST, _IntGT]):
    """An integer, -2147483648 to 2147483647 on all databases."""

    empty_strings_allowed = False
    default_error_messages = {"invalid": _("“%(value)s” value must be an integer.")}
    description = _("Integer")
    as_is_types = frozenset({int, type(None)})

    @overload
    def __init__(
        self: IntegerField[int | None, int | None],
        verbose_name: Any = ...,
        name: str | None = ...,
        *,
        null: Literal[True],
        **options: Unpack[FieldOptions],
    ) -> None: ...
    @overload
    def __init__(
        self: IntegerField[int, int],
        verbose_name: Any = ...,
        name: str | None = ...,
        *,
        null: Literal[False] = ...,
        **options: Unpack[FieldOptions],
    ) -> None: ...
    @overload
    def __init__(self, *args: Any, **kwargs: Any) -> None: ...
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)

    def check(self, **kwargs: Any) -> list[Any]:
        """Return the system check messages about this field."""
        return [*super().check(**kwargs), *self._check_max_length_warning()]

    def _check_max_length_warning(self) -> list[Any]:
        if self.max_length is not None:
            return [
                checks.Warning(
                    f"'max_length' is ignored when used with {self.__class__.__name__}.",
                    hint="Remove 'max_length' from field",
                    obj=self,
                    id="fields.W122",
                )
            ]
        return []

    @cached_property
    def validators(self) -> list[Any]:
        """Validators, with the limits of the database's type unless stricter ones are given."""
        from offbeat.db import connection

        found = list(super().validators)
        low, high = connection.ops.integer_field_range(self.get_internal_type())

        def limit(validator: Any) -> Any:
            value = validator.limit_value
            return value() if callable(value) else value

        if low is not None and not any(
            isinstance(v, validators.MinValueValidator) and limit(v) >= low for v in found
        ):
            found.append(validators.MinValueValidator(low))
        if high is not None and not any(
            isinstance(v, validators.MaxValueValidator) and limit(v) <= high for v in found
        ):
            found.append(validators.MaxValueValidator(high))
        return found

    def get_prep_value(self, value: Any) -> Any:
        """Convert to int; TypeError or ValueError names the field."""
        value = super().get_prep_value(value)
        if value is None:
            return None
        try:
            return int(value)
        except (TypeError, ValueError) as exc:
            raise exc.__class__(f"Field '{self.name}' expected a number but got {value!r}.") from exc

    def get_db_prep_value(self, value: Any, connection: Any, prepared: bool = False) -> Any:
        """Convert to what the driver takes."""
        value = super().get_db_prep_value(value, connection, prepared)
        return connection.ops.adapt_integerfield_value(value, self.get_internal_type())

    def get_internal_type(self) -> str:
        """Return "IntegerField"."""
        return "IntegerField"

    def to_python(self, value: Any) -> Any:
        """Convert to int; ValidationError if impossible."""
        if value is None:
            return value
        try:
            return int(value)
        except (TypeError, ValueError):
            raise exceptions.ValidationError(
                self.error_messages["invalid"], code="invalid", params={"value": value}
            ) from None

    def formfield(self, form_class: Any = None, choices_form_class: Any = None, **kwargs: Any) -> Any:
        """Return a forms.IntegerField."""
        from offbeat import forms

        return super().formfield(form_class or forms.IntegerField, choices_form_class, **kwargs)


class BigIntegerField(IntegerField[_IntST, _IntGT]):
    """A 64-bit integer."""

    description = _("Big (8 byte) integer")
    MAX_BIGINT = 9223372036854775807

    def get_internal_type(self) -> str:
        """Return "BigIntegerField"."""
        return "BigIntegerField"

    def formfield(self, form_class: Any = None, choices_form_class: Any = None, **kwargs: Any) -> Any:
        """Return a forms.IntegerField with the limits of 64 bits."""
        defaults = {"min_value": -self.MAX_BIGINT - 1, "max_value": self.MAX_BIGINT, **kwargs}
        return super().formfield(form_class, choices_form_class, **defaults)


class SmallIntegerField(IntegerField[_IntST, _IntGT]):
    """An integer, -32768 to 32767 on all databases."""

    description = _("Small integer")

    def get_internal_type(self) -> str:
        """Return "SmallIntegerField"."""
        return "SmallIntegerField"


class PositiveIntegerRelDbTypeMixin:
    """Gives columns that point to a positive integer the type of a plain one, where that is enough."""

    integer_field_class: Any

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        if "integer_field_class" not in cls.__dict__ and not hasattr(cls, "integer_field_class"):
            cls.integer_field_class = next(
                (
                    parent
                    for parent in cls.__mro__[1:]
                    if issubclass(parent, IntegerField)
                    and not issubclass(parent, PositiveIntegerRelDbTypeMixin)
                ),
                None,
            )

    def rel_db_type(self, connection: Any) -> str | None:
        """Return the type of columns that point here."""
        if connection.features.related_fields_match_type:
            return self.db_type(connection)  # type: ignore[attr-defined,no-any-return]
        return self.integer_field_class().db_type(connection=connection)  # type: ignore[no-any-return]


class PositiveIntegerField(PositiveIntegerRelDbTypeMixin, IntegerField[_IntST, _IntGT]):
    """An integer, 0 to 2147483647 on all databases."""

    description = _("Positive integer")

    def get_internal_type(self) -> str:
        """Return "PositiveIntegerField"."""
        return "PositiveIntegerField"

    def formfield(self, form_class: Any = None, choices_form_class: Any = None, **kwargs: Any) -> Any:
        """Return a forms.IntegerField from 0."""
        return super().formfield(form_class, choices_form_class, **{"min_value": 0, **kwargs})


class PositiveBigIntegerField(PositiveIntegerRelDbTypeMixin, BigIntegerField[_IntST, _IntGT]):
    """An integer, 0 to 9223372036854775807 on all databases."""

    description = _("Positive big integer")

    def get_internal_type(self) -> str:
        """Return "PositiveBigIntegerField"."""
        return "PositiveBigIntegerField"

    def formfield(self, form_class: Any = None, choices_form_class: Any = None, **kwargs: Any) -> Any:
        """Return a forms.IntegerField from 0."""
        return super().formfield(form_class, choices_form_class, **{"min_value": 0, **kwargs})


class PositiveSmallIntegerField(PositiveIntegerRelDbTypeMixin, SmallIntegerField[_IntST, _IntGT]):
    """An integer, 0 to 32767 on all databases."""

    description = _("Positive small integer")

    def get_internal_type(self) -> str:
        """Return "PositiveSmallIntegerField"."""
        return "PositiveSmallIntegerField"

    def formfield(self, form_class: Any = None, choices_form_class: Any = None, **kwargs: Any) -> Any:
        """Return a forms.IntegerField from 0."""
        return super().formfield(form_class, choices_form_class, **{"min_value": 0, **kwargs})


class FloatField(Field[_FloatST, _FloatGT]):
    """A floating-point number."""

    empty_strings_allowed = False
    default_error_messages = {"invalid": _("“%(value)s” value must be a float.")}
    description = _("Floating point number")
    as_is_types = frozenset({float, type(None)})

    @overload
    def __init__(
        self: FloatField[float | None, float | None],
        verbose_name: Any = ...,
        name: str | None = ...,
        *,
        null: Literal[True],
        **options: Unpack[FieldOptions],
    ) -> None: ...
    @overload
    def __init__(
        self: FloatField[float, float],
        verbose_name: Any = ...,
        name: str | None = ...,
        *,
        null: Literal[False] = ...,
        **options: Unpack[FieldOptions],
    ) -> None: ...
    @overload
    def __init__(self, *args: Any, **kwargs: Any) -> None: ...
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)

    def get_prep_value(self, value: Any) -> Any:
        """Convert to float; TypeError or ValueError names the field."""
        value = super().get_prep_value(value)
        if value is None:
            return None
        try:
            return float(value)
        except (TypeError, ValueError) as exc:
            raise exc.__class__(f"Field '{self.name}' expected a number but got {value!r}.") from exc

    def get_internal_type(self) -> str:
        """Return "FloatField"."""
        return "FloatField"

    def to_python(self, value: Any) -> Any:
        """Convert to float; ValidationError if impossible."""
        if value is None:
            return value
        try:
            return float(value)
        except (TypeError, ValueError):
            raise exceptions.ValidationError(
                self.error_messages["invalid"], code="invalid", params={"value": value}
            ) from None

    def formfield(self, form_class: Any = None, choices_form_class: Any = None, **kwargs: Any) -> Any:
        """Return a forms.FloatField."""
        from offbeat import forms

        return super().formfield(form_class or forms.FloatField, choices_form_class, **kwargs)


class DecimalField(Field[_DecimalST, _DecimalGT]):
    """A decimal number of `max_digits` digits, `decimal_places` of them after the point."""

    empty_strings_allowed = False
    default_error_messages = {"invalid": _("“%(value)s” value must be a decimal number.")}
    description = _("Decimal number")

    @overload
    def __init__(
        self: DecimalField[decimal.Decimal | None, decimal.Decimal | None],
        verbose_name: Any = ...,
        name: str | None = ...,
        *,
        null: Literal[True],
        max_digits: int | None = ...,
        decimal_places: int | None = ...,
        **options: Unpack[FieldOptions],
    ) -> None: ...
    @overload
    def __init__(
        self: DecimalField[decimal.Decimal, decimal.Decimal],
        verbose_name: Any = ...,
        name: str | None = ...,
        *,
        null: Literal[False] = ...,
        max_digits: int | None = ...,
        decimal_places: int | None = ...,
        **options: Unpack[FieldOptions],
    ) -> None: ...
    @overload
    def __init__(
        self,
        verbose_name: Any = ...,
        name: str | None = ...,
        max_digits: int | None = ...,
        decimal_places: int | None = ...,
        **kwargs: Any,
    ) -> None: ...
    def __init__(
        self,
        verbose_name: Any = None,
        name: str | None = None,
        max_digits: int | None = None,
        decimal_places: int | None = None,
        **kwargs: Any,
    ) -> None:
        self.max_digits = max_digits
        self.decimal_places = decimal_places
        super().__init__(verbose_name, name, **kwargs)

    def check(self, **kwargs: Any) -> list[Any]:
        """Return the system check messages about this field."""
        errors = super().check(**kwargs)
        if (self.max_digits is None) != (self.decimal_places is None) and self._supports_no_precision(
            kwargs.get("databases")
        ):
            return [
                *errors,
                checks.Error(
                    "DecimalField’s max_digits and decimal_places must both be defined or both omitted.",
                    obj=self,
                    id="fields.E135",
                ),
            ]
        digits_errors = [*self._check_decimal_places(**kwargs), *self._check_max_digits(**kwargs)]
        if digits_errors:
            return [*errors, *digits_errors]
        return [*errors, *self._check_decimal_places_and_max_digits(**kwargs)]

    def _without_precision(self, databases: Any) -> bool:
        """True when every database stores decimals without a declared precision, and none is declared."""
        if self.max_digits is not None or self.decimal_places is not None:
            return False
        return self._supports_no_precision(databases)

    def _supports_no_precision(self, databases: Any) -> bool:
        from offbeat.db import connection, connections

        aliases = list(databases or [])
        candidates = [connections[alias] for alias in aliases] or [connection]
        feature = "supports_no_precision_decimalfield"
        required = feature in self.model._meta.required_db_features if hasattr(self, "model") else False
        return required or all(getattr(candidate.features, feature, False) for candidate in candidates)

    def _check_decimal_places(self, databases: Any = None, **kwargs: Any) -> list[Any]:
        if self._without_precision(databases):
            return []
        if self.decimal_places is None:
            return [
                checks.Error(
                    "DecimalFields must define a 'decimal_places' attribute.", obj=self, id="fields.E130"
                )
            ]
        try:
            ok = int(self.decimal_places) >= 0
        except (TypeError, ValueError):
            ok = False
        if not ok:
            return [
                checks.Error("'decimal_places' must be a non-negative integer.", obj=self, id="fields.E131")
            ]
        return []

    def _check_max_digits(self, databases: Any = None, **kwargs: Any) -> list[Any]:
        if self._without_precision(databases):
            return []
        if self.max_digits is None:
            return [
                checks.Error(
                    "DecimalFields must define a 'max_digits' attribute.", obj=self, id="fields.E132"
                )
            ]
        try:
            ok = int(self.max_digits) > 0
        except (TypeError, ValueError):
            ok = False
        if not ok:
            return [checks.Error("'max_digits' must be a positive integer.", obj=self, id="fields.E133")]
        return []

    def _check_decimal_places_and_max_digits(self, **kwargs: Any) -> list[Any]:
        if self.max_digits is None or self.decimal_places is None:
            return []
        if int(self.decimal_places) > int(self.max_digits):
            return [
                checks.Error(
                    "'max_digits' must be greater or equal to 'decimal_places'.", obj=self, id="fields.E134"
                )
            ]
        return []

    @cached_property
    def validators(self) -> list[Any]:
        """Validators, with that of the digits."""
        return [*super().validators, validators.DecimalValidator(self.max_digits, self.decimal_places)]

    @cached_property
    def context(self) -> decimal.Context:
        """The arithmetic context with the field's precision."""
        return decimal.Context(prec=self.max_digits)

    def deconstruct(self) -> tuple[Any, str, list[Any], dict[str, Any]]:
        """Return what builds an equal field; see Field.deconstruct()."""
        name, path, args, kwargs = super().deconstruct()
        if self.max_digits is not None:
            kwargs["max_digits"] = self.max_digits
        if self.decimal_places is not None:
            kwargs["decimal_places"] = self.decimal_places
        return name, path, args, kwargs

    def get_internal_type(self) -> str:
        """Return "DecimalField"."""
        return "DecimalField"

    def to_python(self, value: Any) -> Any:
        """Convert to Decimal, a float by its leading digits; ValidationError if impossible or not a number."""
        if value is None:
            return value
        try:
            if isinstance(value, float):
                if math.isnan(value):
                    raise ValueError(value)
                number = self.context.create_decimal_from_float(value)
            else:
                number = decimal.Decimal(value)
        except (decimal.InvalidOperation, TypeError, ValueError):
            raise self._invalid(value) from None
        if not number.is_finite():
            raise self._invalid(value)
        return number

    def _invalid(self, value: Any) -> exceptions.ValidationError:
        return exceptions.ValidationError(
            self.error_messages["invalid"], code="invalid", params={"value": value}
        )

    def get_db_prep_value(self, value: Any, connection: Any, prepared: bool = False) -> Any:
        """Convert to what the driver takes; expressions pass."""
        if not prepared:
            value = self.get_prep_value(value)
        if hasattr(value, "as_sql"):
            return value
        return connection.ops.adapt_decimalfield_value(value, self.max_digits, self.decimal_places)

    def get_prep_value(self, value: Any) -> Any:
        """Convert to Decimal."""
        return self.to_python(super().get_prep_value(value))

    def formfield(self, form_class: Any = None, choices_form_class: Any = None, **kwargs: Any) -> Any:
        """Return a forms.DecimalField."""
        from offbeat import forms

        defaults = {"max_digits": self.max_digits, "decimal_places": self.decimal_places, **kwargs}
        return super().formfield(form_class or forms.DecimalField, choices_form_class, **defaults)
