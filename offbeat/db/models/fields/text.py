"""CharField, TextField and the fields of texts with a form."""

from __future__ import annotations

from typing import Any, Literal, Unpack, overload

from offbeat.core import checks, validators
from offbeat.db.models.fields._types import FieldOptions, _StrGT, _StrST
from offbeat.db.models.fields.base import Field
from offbeat.utils.translation import gettext_lazy as _

__all__ = ["CharField", "CommaSeparatedIntegerField", "EmailField", "SlugField", "TextField", "URLField"]


def check_db_collation(field: Any, databases: Any) -> list[Any]:
    """fields.E190: collations where the database has none for such columns."""
    if field.db_collation is None or not databases:
        return []
    from offbeat.db import connections, router

    feature = field.collation_feature
    errors = []
    for alias in databases:
        if not router.allow_migrate_model(alias, field.model):
            continue
        connection = connections[alias]
        if not (feature in field.model._meta.required_db_features or getattr(connection.features, feature)):
            errors.append(
                checks.Error(
                    f"{connection.display_name} does not support a database collation on {field.collation_subject}.",
                    obj=field,
                    id="fields.E190",
                )
            )
    return errors


class _Text(Field[_StrST, _StrGT]):
    """What CharField and TextField share."""

    as_is_types = frozenset({str, type(None)})
    collation_feature: str
    collation_subject: str
    db_collation: str | None

    def check(self, **kwargs: Any) -> list[Any]:
        """Return the system check messages about this field."""
        return [*super().check(**kwargs), *check_db_collation(self, kwargs.get("databases"))]

    def db_parameters(self, connection: Any) -> dict[str, Any]:
        """Return type, CHECK condition and collation."""
        return {**super().db_parameters(connection), "collation": self.db_collation}

    def to_python(self, value: Any) -> Any:
        """Convert to str; None stays None."""
        if isinstance(value, str) or value is None:
            return value
        return str(value)

    def get_prep_value(self, value: Any) -> Any:
        """Convert to str."""
        return self.to_python(super().get_prep_value(value))

    def slice_expression(self, expression: Any, start: int, length: int | None) -> Any:
        """Return a substring of the value: `start` counts from one."""
        from offbeat.db.models.functions import Substr

        return Substr(expression, start, length)

    def deconstruct(self) -> tuple[Any, str, list[Any], dict[str, Any]]:
        """Return what builds an equal field; see Field.deconstruct()."""
        name, path, args, kwargs = super().deconstruct()
        if self.db_collation:
            kwargs["db_collation"] = self.db_collation
        return name, path, args, kwargs


class CharField(_Text[_StrST, _StrGT]):
    """A text of up to `max_length` characters (unlimited where the database allows that)."""

    collation_feature = "supports_collation_on_charfield"
    collation_subject = "CharFields"

    @overload
    def __init__(
        self: CharField[str | None, str | None],
        verbose_name: Any = ...,
        name: str | None = ...,
        *,
        null: Literal[True],
        max_length: int | None = ...,
        db_collation: str | None = ...,
        **options: Unpack[FieldOptions],
    ) -> None: ...
    @overload
    def __init__(
        self: CharField[str, str],
        verbose_name: Any = ...,
        name: str | None = ...,
        *,
        null: Literal[False] = ...,
        max_length: int | None = ...,
        db_collation: str | None = ...,
        **options: Unpack[FieldOptions],
    ) -> None: ...
    @overload
    def __init__(self, *args: Any, db_collation: str | None = ..., **kwargs: Any) -> None: ...
    def __init__(self, *args: Any, db_collation: str | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.db_collation = db_collation
        if self.max_length is not None:
            self.validators.append(validators.MaxLengthValidator(self.max_length))

    @property
    def description(self) -> Any:
        """What kind of field this is."""
        return _("String (up to %(max_length)s)") if self.max_length is not None else _("String (unlimited)")

    def check(self, **kwargs: Any) -> list[Any]:
        """Return the system check messages about this field."""
        return [*super().check(**kwargs), *self._check_max_length_attribute(**kwargs)]

    def _check_max_length_attribute(self, databases: Any = None, **kwargs: Any) -> list[Any]:
        if self.max_length is None:
            from offbeat.db import connection

            if (
                connection.features.supports_unlimited_charfield
                or "supports_unlimited_charfield" in self.model._meta.required_db_features
            ):
                return []
            return [
                checks.Error("CharFields must define a 'max_length' attribute.", obj=self, id="fields.E120")
            ]
        # A bool is an int, but no length.
        if not isinstance(self.max_length, int) or isinstance(self.max_length, bool) or self.max_length <= 0:
            return [checks.Error("'max_length' must be a positive integer.", obj=self, id="fields.E121")]
        return []

    def cast_db_type(self, connection: Any) -> str | None:
        """Return the type to write in a CAST."""
        if self.max_length is None:
            return connection.ops.cast_char_field_without_max_length  # type: ignore[no-any-return]
        return super().cast_db_type(connection)

    def get_internal_type(self) -> str:
        """Return "CharField"."""
        return "CharField"

    def formfield(self, form_class: Any = None, choices_form_class: Any = None, **kwargs: Any) -> Any:
        """Return a forms.CharField that checks the length."""
        defaults: dict[str, Any] = {"max_length": self.max_length}
        if self.null:
            from offbeat.db import connection

            if not connection.features.interprets_empty_strings_as_nulls:
                defaults["empty_value"] = None
        return super().formfield(form_class, choices_form_class, **{**defaults, **kwargs})


class CommaSeparatedIntegerField(CharField[_StrST, _StrGT]):
    """Kept for the migrations that mention it."""

    default_validators = [validators.validate_comma_separated_integer_list]
    description = _("Comma-separated integers")
    system_check_removed_details = {
        "msg": "CommaSeparatedIntegerField is removed except for support in historical migrations.",
        "hint": "Use CharField(validators=[validate_comma_separated_integer_list]) instead.",
        "id": "fields.E901",
    }


class EmailField(CharField[_StrST, _StrGT]):
    """A CharField that holds an email address."""

    default_validators = [validators.validate_email]
    description = _("Email address")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        # What RFC 3696 and RFC 5321 allow at most.
        kwargs.setdefault("max_length", 254)
        super().__init__(*args, **kwargs)

    def deconstruct(self) -> tuple[Any, str, list[Any], dict[str, Any]]:
        """Return what builds an equal field, max_length included, since its default has changed in the past."""
        return super().deconstruct()

    def formfield(self, form_class: Any = None, choices_form_class: Any = None, **kwargs: Any) -> Any:
        """Return a forms.EmailField."""
        from offbeat import forms

        return super().formfield(form_class or forms.EmailField, choices_form_class, **kwargs)


class SlugField(CharField[_StrST, _StrGT]):
    """A CharField that holds a slug: letters, numbers, underscores and hyphens."""

    default_validators = [validators.validate_slug]
    description = _("Slug (up to %(max_length)s)")

    def __init__(
        self,
        *args: Any,
        max_length: int | None = 50,
        db_index: bool = True,
        allow_unicode: bool = False,
        **kwargs: Any,
    ) -> None:
        self.allow_unicode = allow_unicode
        if allow_unicode:
            self.default_validators = [validators.validate_unicode_slug]  # type: ignore[misc]
        super().__init__(*args, max_length=max_length, db_index=db_index, **kwargs)

    def deconstruct(self) -> tuple[Any, str, list[Any], dict[str, Any]]:
        """Return what builds an equal field; see Field.deconstruct()."""
        name, path, args, kwargs = super().deconstruct()
        if kwargs.get("max_length") == 50:
            del kwargs["max_length"]
        if self.db_index is False:
            kwargs["db_index"] = False
        else:
            del kwargs["db_index"]
        if self.allow_unicode is not False:
            kwargs["allow_unicode"] = self.allow_unicode
        return name, path, args, kwargs

    def get_internal_type(self) -> str:
        """Return "SlugField"."""
        return "SlugField"

    def formfield(self, form_class: Any = None, choices_form_class: Any = None, **kwargs: Any) -> Any:
        """Return a forms.SlugField."""
        from offbeat import forms

        defaults = {"allow_unicode": self.allow_unicode, **kwargs}
        return super().formfield(form_class or forms.SlugField, choices_form_class, **defaults)


class URLField(CharField[_StrST, _StrGT]):
    """A CharField that holds a URL."""

    default_validators = [validators.URLValidator()]
    description = _("URL")

    def __init__(self, verbose_name: Any = None, name: str | None = None, **kwargs: Any) -> None:
        kwargs.setdefault("max_length", 200)
        super().__init__(verbose_name, name, **kwargs)

    def deconstruct(self) -> tuple[Any, str, list[Any], dict[str, Any]]:
        """Return what builds an equal field; see Field.deconstruct()."""
        name, path, args, kwargs = super().deconstruct()
        if kwargs.get("max_length") == 200:
            del kwargs["max_length"]
        return name, path, args, kwargs

    def formfield(self, form_class: Any = None, choices_form_class: Any = None, **kwargs: Any) -> Any:
        """Return a forms.URLField."""
        from offbeat import forms

        return super().formfield(form_class or forms.URLField, choices_form_class, **kwargs)


class TextField(_Text[_StrST, _StrGT]):
    """A text of any length; `max_length` concerns the form only."""

    description = _("Text")
    collation_feature = "supports_collation_on_textfield"
    collation_subject = "TextFields"

    @overload
    def __init__(
        self: TextField[str | None, str | None],
        verbose_name: Any = ...,
        name: str | None = ...,
        *,
        null: Literal[True],
        max_length: int | None = ...,
        db_collation: str | None = ...,
        **options: Unpack[FieldOptions],
    ) -> None: ...
    @overload
    def __init__(
        self: TextField[str, str],
        verbose_name: Any = ...,
        name: str | None = ...,
        *,
        null: Literal[False] = ...,
        max_length: int | None = ...,
        db_collation: str | None = ...,
        **options: Unpack[FieldOptions],
    ) -> None: ...
    @overload
    def __init__(self, *args: Any, db_collation: str | None = ..., **kwargs: Any) -> None: ...
    def __init__(self, *args: Any, db_collation: str | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.db_collation = db_collation

    def get_internal_type(self) -> str:
        """Return "TextField"."""
        return "TextField"

    def formfield(self, form_class: Any = None, choices_form_class: Any = None, **kwargs: Any) -> Any:
        """Return a forms.CharField with a textarea."""
        from offbeat import forms

        defaults: dict[str, Any] = {"max_length": self.max_length}
        # With choices there is a select box instead.
        if self.choices is None:
            defaults["widget"] = forms.Textarea
        return super().formfield(form_class, choices_form_class, **{**defaults, **kwargs})
