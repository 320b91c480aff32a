"""HStoreField (Django documentation: ref/contrib/postgres/fields#hstorefield)."""

from __future__ import annotations

import json
from typing import Any

from offbeat.contrib.postgres import forms, operators
from offbeat.contrib.postgres.fields.array import ArrayField
from offbeat.contrib.postgres.utils import CheckPostgresInstalledMixin
from offbeat.core.exceptions import ValidationError
from offbeat.db.models import Field, TextField, Transform
from offbeat.db.models.fields.mixins import CheckFieldDefaultMixin
from offbeat.db.models.lookups import PostgresOperatorLookup
from offbeat.utils.translation import gettext_lazy as _

__all__ = ["HStoreField"]


class HStoreField(CheckPostgresInstalledMixin, CheckFieldDefaultMixin, Field[Any, Any]):
    """Texts (or None) by keys."""

    empty_strings_allowed = False
    description = _("Map of strings to strings/nulls")
    default_error_messages = {
        "invalid": _("Input must be a JSON dictionary."),
        "not_a_string": _("The value of “%(key)s” is not a string or null."),
    }
    _default_hint = ("dict", "{}")

    def db_type(self, connection: Any) -> str:
        """Return "hstore"."""
        return "hstore"

    def get_transform(self, lookup_name: str) -> Any:
        """Return the transform of that name; any other name is a key."""
        return super().get_transform(lookup_name) or KeyTransformFactory(lookup_name)

    def validate(self, value: Any, model_instance: Any) -> None:
        """Check that all values are texts or None."""
        super().validate(value, model_instance)
        for key, item in value.items():
            if not isinstance(item, str) and item is not None:
                raise ValidationError(
                    self.error_messages["not_a_string"], code="not_a_string", params={"key": key}
                )

    def to_python(self, value: Any) -> Any:
        """Read the JSON of serializers."""
        if isinstance(value, str):
            try:
                value = json.loads(value)
            except json.JSONDecodeError:
                raise ValidationError(self.error_messages["invalid"], code="invalid") from None
        if value is not None and not isinstance(value, dict):
            raise ValidationError(self.error_messages["invalid"], code="invalid")
        return value

    def value_to_string(self, obj: Any) -> str:
        """Write JSON."""
        return json.dumps(self.value_from_object(obj), ensure_ascii=False)

    def formfield(self, form_class: Any = None, choices_form_class: Any = None, **kwargs: Any) -> Any:
        """Return a forms.HStoreField."""
        return super().formfield(form_class or forms.HStoreField, choices_form_class, **kwargs)

    def get_prep_value(self, value: Any) -> Any:
        """Make texts of keys and values."""
        value = super().get_prep_value(value)
        if isinstance(value, dict):
            return {str(key): None if item is None else str(item) for key, item in value.items()}
        if isinstance(value, list):
            return [str(item) for item in value]
        return value

    def get_db_prep_value(self, value: Any, connection: Any, prepared: bool = False) -> Any:
        """Write dictionaries as the type's text: definitions and old connections know no better."""
        value = super().get_db_prep_value(value, connection, prepared)
        return _as_text(value) if isinstance(value, dict) else value

    def get_placeholder_sql(self, value: Any, compiler: Any, connection: Any) -> tuple[str, Any]:
        """Write a value with its type: a literal alone could be of any."""
        if hasattr(value, "as_sql"):
            sql, params = compiler.compile(value)
            return f"{sql}::hstore", params
        return "%s::hstore", (value,)

    get_placeholder_sql.constant = True  # type: ignore[attr-defined]


def _as_text(value: dict[str, str | None]) -> str:
    pairs = [f"{_quoted(key)}=>{'NULL' if item is None else _quoted(item)}" for key, item in value.items()]
    return ", ".join(pairs)


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


@HStoreField.register_lookup
class HStoreContains(operators.Contains):
    """It has these keys with these values."""


@HStoreField.register_lookup
class HStoreContainedBy(operators.ContainedBy):
    """It has no keys and values but these."""


@HStoreField.register_lookup
class HasKey(PostgresOperatorLookup):
    """It has this key."""

    lookup_name = "has_key"
    postgres_operator = "?"
    prepare_rhs = False


class _KeysLookup(PostgresOperatorLookup):
    """A lookup of several keys."""

    prepare_rhs = False

    def get_prep_lookup(self) -> Any:
        rhs = super().get_prep_lookup()
        if operators.has_params(rhs) or hasattr(rhs, "resolve_expression"):
            return rhs
        return [str(item) for item in rhs]

    def process_rhs(self, compiler: Any, connection: Any) -> tuple[str, Any]:
        if operators.has_params(self.rhs):
            sql, params = operators.array_of_params(self.rhs, str)
        else:
            sql, params = super().process_rhs(compiler, connection)
        return f"{sql}::text[]", params


@HStoreField.register_lookup
class HasKeys(_KeysLookup):
    """It has all these keys."""

    lookup_name = "has_keys"
    postgres_operator = "?&"


@HStoreField.register_lookup
class HasAnyKeys(_KeysLookup):
    """It has one of these keys."""

    lookup_name = "has_any_keys"
    postgres_operator = "?|"


@HStoreField.register_lookup
class KeysTransform(Transform):
    """The keys, as an array."""

    lookup_name = "keys"
    function = "akeys"
    output_field = ArrayField(TextField())


@HStoreField.register_lookup
class ValuesTransform(Transform):
    """The values, as an array."""

    lookup_name = "values"
    function = "avals"
    output_field = ArrayField(TextField())


class KeyTransform(Transform):
    """The value under a key."""

    output_field = TextField()

    def __init__(self, key_name: str, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.key_name = key_name

    def as_sql(self, compiler: Any, connection: Any, **extra_context: Any) -> tuple[str, Any]:  # type: ignore[override]
        sql, params = compiler.compile(self.lhs)
        return f"({sql} -> %s)", (*params, self.key_name)


class KeyTransformFactory:
    """Makes the transform for a key."""

    def __init__(self, key_name: str) -> None:
        self.key_name = key_name

    def __call__(self, *args: Any, **kwargs: Any) -> KeyTransform:
        return KeyTransform(self.key_name, *args, **kwargs)
