"""JSONField (Django documentation: topics/db/queries#querying-jsonfield)."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from offbeat.core import checks, exceptions
from offbeat.db.models.expressions import Value
from offbeat.db.models.fields.base import Field
from offbeat.db.models.fields.mixins import CheckFieldDefaultMixin
from offbeat.utils.lazy_names import lazy_names
from offbeat.utils.translation import gettext_lazy as _

if TYPE_CHECKING:
    from offbeat.db.models.fields.json_lookups import (
        KT,
        ContainedBy,
        DataContains,
        HasAnyKeys,
        HasKey,
        HasKeyLookup,
        HasKeys,
        JSONExact,
        KeyTextTransform,
        KeyTransform,
        KeyTransformExact,
        KeyTransformFactory,
        KeyTransformIn,
        KeyTransformIsNull,
        KeyTransformNumericLookupMixin,
        KeyTransformTextLookupMixin,
    )
else:
    __getattr__, __dir__ = lazy_names(
        __name__,
        {
            "offbeat.db.models.fields.json_lookups": (
                "KT",
                "ContainedBy",
                "DataContains",
                "HasAnyKeys",
                "HasKey",
                "HasKeyLookup",
                "HasKeys",
                "JSONExact",
                "KeyTextTransform",
                "KeyTransform",
                "KeyTransformExact",
                "KeyTransformFactory",
                "KeyTransformIn",
                "KeyTransformIsNull",
                "KeyTransformNumericLookupMixin",
                "KeyTransformTextLookupMixin",
            ),
        },
    )

__all__ = [
    "KT",
    "ContainedBy",
    "DataContains",
    "HasAnyKeys",
    "HasKey",
    "HasKeyLookup",
    "HasKeys",
    "JSONExact",
    "JSONField",
    "JSONNull",
    "KeyTextTransform",
    "KeyTransform",
    "KeyTransformExact",
    "KeyTransformFactory",
    "KeyTransformIn",
    "KeyTransformIsNull",
    "KeyTransformNumericLookupMixin",
    "KeyTransformTextLookupMixin",
]


class JSONField(CheckFieldDefaultMixin, Field[Any, Any]):
    """Anything that can be written as JSON. None is stored as NULL; JSONNull() stands for JSON's null."""

    empty_strings_allowed = False
    description = _("A JSON object")
    default_error_messages = {"invalid": _("Value must be valid JSON.")}
    _default_hint = ("dict", "{}")

    def __init__(
        self,
        verbose_name: Any = None,
        name: str | None = None,
        encoder: Any = None,
        decoder: Any = None,
        **kwargs: Any,
    ) -> None:
        if encoder and not callable(encoder):
            raise ValueError("The encoder parameter must be a callable object.")
        if decoder and not callable(decoder):
            raise ValueError("The decoder parameter must be a callable object.")
        self.encoder = encoder
        self.decoder = decoder
        super().__init__(verbose_name, name, **kwargs)

    def check(self, **kwargs: Any) -> list[Any]:
        """Return the system check messages about this field."""
        return [*super().check(**kwargs), *self._check_supported(kwargs.get("databases") or [])]

    def _check_supported(self, databases: Any) -> list[Any]:
        from offbeat.db import connections, router

        errors = []
        for alias in databases:
            if not router.allow_migrate_model(alias, self.model):
                continue
            connection = connections[alias]
            vendor = self.model._meta.required_db_vendor
            if vendor and vendor != connection.vendor:
                continue
            if not (
                "supports_json_field" in self.model._meta.required_db_features
                or connection.features.supports_json_field
            ):
                errors.append(
                    checks.Error(
                        f"{connection.display_name} does not support JSONFields.",
                        obj=self.model,
                        id="fields.E180",
                    )
                )
        return errors

    def deconstruct(self) -> tuple[Any, str, list[Any], dict[str, Any]]:
        """Return what builds an equal field; see Field.deconstruct()."""
        name, path, args, kwargs = super().deconstruct()
        if self.encoder is not None:
            kwargs["encoder"] = self.encoder
        if self.decoder is not None:
            kwargs["decoder"] = self.decoder
        return name, path, args, kwargs

    def from_db_value(self, value: Any, expression: Any, connection: Any) -> Any:
        """Read JSON; a number that the database extracted is one already."""
        if value is None:
            return value
        if isinstance(expression, _lookups.KeyTransform) and not isinstance(value, str):
            return value
        try:
            return json.loads(value, cls=self.decoder)
        except json.JSONDecodeError:
            return value

    def get_internal_type(self) -> str:
        """Return "JSONField"."""
        return "JSONField"

    def get_db_prep_value(self, value: Any, connection: Any, prepared: bool = False) -> Any:
        """Write JSON."""
        if (
            isinstance(value, Value)
            and not isinstance(value, JSONNull)
            and isinstance(value.output_field, JSONField)
        ):
            value = value.value
        elif hasattr(value, "as_sql"):
            return value
        if not prepared:
            value = self.get_prep_value(value)
        return connection.ops.adapt_json_value(value, self.encoder)

    def get_db_prep_save(self, value: Any, connection: Any) -> Any:
        """Write JSON; None as NULL."""
        if value is None:
            return value
        return self.get_db_prep_value(value, connection)

    def get_transform(self, lookup_name: str) -> Any:
        """Return the transform of that name; any other name is a key."""
        transform = super().get_transform(lookup_name)
        return transform or _lookups.KeyTransformFactory(lookup_name)

    def validate(self, value: Any, model_instance: Any) -> None:
        """Check that the value can be written as JSON; ValidationError otherwise."""
        super().validate(value, model_instance)
        if isinstance(value, JSONNull):
            return
        try:
            json.dumps(value, cls=self.encoder)
        except TypeError:
            raise exceptions.ValidationError(
                self.error_messages["invalid"], code="invalid", params={"value": value}
            ) from None

    def value_to_string(self, obj: Any) -> Any:
        """Return the value as it is: serializers write JSON anyhow."""
        return self.value_from_object(obj)

    def formfield(self, form_class: Any = None, choices_form_class: Any = None, **kwargs: Any) -> Any:
        """Return a forms.JSONField."""
        from offbeat import forms

        defaults = {"encoder": self.encoder, "decoder": self.decoder, **kwargs}
        return super().formfield(form_class or forms.JSONField, choices_form_class, **defaults)


class JSONNull(Value):
    """JSON's null as a value to save or compare with, as opposed to SQL's NULL."""

    def __init__(self) -> None:
        super().__init__(None, output_field=JSONField())

    def __repr__(self) -> str:
        return "JSONNull()"

    def as_sql(self, compiler: Any, connection: Any) -> tuple[str, Any]:
        """Return a placeholder with null."""
        value = self.output_field.get_db_prep_value(None, connection)
        return "%s", [value]

    def deconstruct(self) -> tuple[str, tuple[Any, ...], dict[str, Any]]:
        """Return what builds an equal value, for migrations."""
        return "offbeat.db.models.JSONNull", (), {}


# Below the field, which the lookups are registered for. Their names are looked up later: either module may come first.
from offbeat.db.models.fields import json_lookups as _lookups  # noqa: E402
