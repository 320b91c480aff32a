"""Booleans, bytes, identifiers, addresses and paths."""

from __future__ import annotations

import uuid
from base64 import b64decode, b64encode
from typing import Any, Literal, Unpack, overload

from offbeat.core import checks, exceptions, validators
from offbeat.db.models.fields._types import (
    _UUIDGT,
    _UUIDST,
    FieldOptions,
    _BoolGT,
    _BoolST,
    _BytesGT,
    _BytesST,
    _StrGT,
    _StrST,
)
from offbeat.db.models.fields.base import Field
from offbeat.utils.encoding import force_bytes
from offbeat.utils.ipv6 import MAX_IPV6_ADDRESS_LENGTH, clean_ipv6_address
from offbeat.utils.translation import gettext_lazy as _

__all__ = [
    "BinaryField",
    "BooleanField",
    "FilePathField",
    "GenericIPAddressField",
    "IPAddressField",
    "NullBooleanField",
    "UUIDField",
]


class BooleanField(Field[_BoolST, _BoolGT]):
    """True or False (or None, with null=True)."""

    empty_strings_allowed = False
    default_error_messages = {
        "invalid": _("“%(value)s” value must be either True or False."),
        "invalid_nullable": _("“%(value)s” value must be either True, False, or None."),
    }
    description = _("Boolean (Either True or False)")
    as_is_types = frozenset({bool, type(None)})

    @overload
    def __init__(
        self: BooleanField[bool | None, bool | None],
        verbose_name: Any = ...,
        name: str | None = ...,
        *,
        null: Literal[True],
        **options: Unpack[FieldOptions],
    ) -> None: ...
    @overload
    def __init__(
        self: BooleanField[bool, bool],
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

    def get_internal_type(self) -> str:
        """Return "BooleanField"."""
        return "BooleanField"

    def to_python(self, value: Any) -> Any:
        """Convert to bool; ValidationError if impossible."""
        if self.null and value in self.empty_values:
            return None
        if value in (True, False):
            # 1 and 0 are equal to them.
            return bool(value)
        if value in ("t", "True", "1"):
            return True
        if value in ("f", "False", "0"):
            return False
        raise exceptions.ValidationError(
            self.error_messages["invalid_nullable" if self.null else "invalid"],
            code="invalid",
            params={"value": value},
        )

    def get_prep_value(self, value: Any) -> Any:
        """Convert to bool."""
        value = super().get_prep_value(value)
        return None if value is None else self.to_python(value)

    def formfield(self, form_class: Any = None, choices_form_class: Any = None, **kwargs: Any) -> Any:
        """Return a forms.BooleanField, or a forms.NullBooleanField where None is a value."""
        from offbeat import forms

        if self.choices is not None:
            include_blank = not (self.has_default() or "initial" in kwargs)
            defaults: dict[str, Any] = {"choices": self.get_choices(include_blank=include_blank)}
        else:
            form_class = form_class or (forms.NullBooleanField if self.null else forms.BooleanField)
            # Not ticked is a value too, so it is not required to be ticked.
            defaults = {"required": False}
        return super().formfield(form_class, choices_form_class, **{**defaults, **kwargs})


class NullBooleanField(BooleanField[_BoolST, _BoolGT]):
    """Kept for the migrations that mention it."""

    description = _("Boolean (Either True, False or None)")
    system_check_removed_details = {
        "msg": "NullBooleanField is removed except for support in historical migrations.",
        "hint": "Use BooleanField(null=True, blank=True) instead.",
        "id": "fields.E903",
    }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs["null"] = True
        kwargs["blank"] = True
        super().__init__(*args, **kwargs)

    def deconstruct(self) -> tuple[Any, str, list[Any], dict[str, Any]]:
        """Return what builds an equal field; see Field.deconstruct()."""
        name, path, args, kwargs = super().deconstruct()
        del kwargs["null"]
        del kwargs["blank"]
        return name, path, args, kwargs


class BinaryField(Field[_BytesST, _BytesGT]):
    """Raw bytes."""

    description = _("Raw binary data")
    default_error_messages = {"invalid": _("“%(value)s” is not a valid binary value.")}
    empty_values = [None, b""]

    @overload
    def __init__(
        self: BinaryField[bytes | bytearray | memoryview | None, bytes | memoryview | None],
        verbose_name: Any = ...,
        name: str | None = ...,
        *,
        null: Literal[True],
        max_length: int | None = ...,
        **options: Unpack[FieldOptions],
    ) -> None: ...
    @overload
    def __init__(
        self: BinaryField[bytes | bytearray | memoryview, bytes | memoryview],
        verbose_name: Any = ...,
        name: str | None = ...,
        *,
        null: Literal[False] = ...,
        max_length: int | None = ...,
        **options: Unpack[FieldOptions],
    ) -> None: ...
    @overload
    def __init__(self, *args: Any, **kwargs: Any) -> None: ...
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("editable", False)
        super().__init__(*args, **kwargs)
        if self.max_length is not None:
            self.validators.append(validators.MaxLengthValidator(self.max_length))

    def check(self, **kwargs: Any) -> list[Any]:
        """Return the system check messages about this field."""
        return [*super().check(**kwargs), *self._check_str_default_value()]

    def _check_str_default_value(self) -> list[Any]:
        if self.has_default() and isinstance(self.default, str):
            return [
                checks.Error(
                    "BinaryField's default cannot be a string. Use bytes content instead.",
                    obj=self,
                    id="fields.E170",
                )
            ]
        return []

    def deconstruct(self) -> tuple[Any, str, list[Any], dict[str, Any]]:
        """Return what builds an equal field; see Field.deconstruct()."""
        name, path, args, kwargs = super().deconstruct()
        if self.editable:
            kwargs["editable"] = True
        else:
            del kwargs["editable"]
        return name, path, args, kwargs

    def get_internal_type(self) -> str:
        """Return "BinaryField"."""
        return "BinaryField"

    def get_placeholder_sql(self, value: Any, compiler: Any, connection: Any) -> tuple[str, Any]:
        """Return how the value is written, and its parameters."""
        if hasattr(value, "as_sql"):
            return compiler.compile(value)  # type: ignore[no-any-return]
        return connection.ops.binary_placeholder_sql(value, compiler)  # type: ignore[no-any-return]

    def get_default(self) -> Any:
        """Return the default; without one, no bytes."""
        if self.has_default() and not callable(self.default):
            return self.default
        default = super().get_default()
        return b"" if default == "" else default

    def get_db_prep_value(self, value: Any, connection: Any, prepared: bool = False) -> Any:
        """Convert to what the driver takes."""
        value = super().get_db_prep_value(value, connection, prepared)
        if value is not None:
            return connection.Database.Binary(value)
        return value

    def value_to_string(self, obj: Any) -> str:
        """Return the bytes in base64."""
        return b64encode(self.value_from_object(obj)).decode("ascii")

    def to_python(self, value: Any) -> Any:
        """Convert text, taken for base64, to bytes."""
        if isinstance(value, str):
            try:
                return memoryview(b64decode(force_bytes(value), validate=True))
            except ValueError:
                raise exceptions.ValidationError(
                    self.error_messages["invalid"], code="invalid", params={"value": value}
                ) from None
        return value


class UUIDField(Field[_UUIDST, _UUIDGT]):
    """A UUID: a type of its own where the database has one, otherwise 32 hexadecimal digits."""

    default_error_messages = {"invalid": _("“%(value)s” is not a valid UUID.")}
    description = _("Universally unique identifier")
    empty_strings_allowed = False

    @overload
    def __init__(
        self: UUIDField[uuid.UUID | str | None, uuid.UUID | None],
        verbose_name: Any = ...,
        *,
        name: str | None = ...,
        null: Literal[True],
        **options: Unpack[FieldOptions],
    ) -> None: ...
    @overload
    def __init__(
        self: UUIDField[uuid.UUID | str, uuid.UUID],
        verbose_name: Any = ...,
        *,
        name: str | None = ...,
        null: Literal[False] = ...,
        **options: Unpack[FieldOptions],
    ) -> None: ...
    @overload
    def __init__(self, verbose_name: Any = ..., **kwargs: Any) -> None: ...
    def __init__(self, verbose_name: Any = None, **kwargs: Any) -> None:
        kwargs["max_length"] = 32
        super().__init__(verbose_name, **kwargs)

    def deconstruct(self) -> tuple[Any, str, list[Any], dict[str, Any]]:
        """Return what builds an equal field; see Field.deconstruct()."""
        name, path, args, kwargs = super().deconstruct()
        del kwargs["max_length"]
        return name, path, args, kwargs

    def get_internal_type(self) -> str:
        """Return "UUIDField"."""
        return "UUIDField"

    def get_prep_value(self, value: Any) -> Any:
        """Convert to UUID."""
        return self.to_python(super().get_prep_value(value))

    def get_db_prep_value(self, value: Any, connection: Any, prepared: bool = False) -> Any:
        """Convert to what the driver takes."""
        if value is None:
            return None
        if not isinstance(value, uuid.UUID):
            value = self.to_python(value)
        if connection.features.has_native_uuid_field:
            return value
        return value.hex

    def to_python(self, value: Any) -> Any:
        """Convert to UUID; ValidationError if impossible."""
        if value is None or isinstance(value, uuid.UUID):
            return value
        try:
            return uuid.UUID(int=value) if isinstance(value, int) else uuid.UUID(value)
        except (AttributeError, TypeError, ValueError):
            raise exceptions.ValidationError(
                self.error_messages["invalid"], code="invalid", params={"value": value}
            ) from None

    def formfield(self, form_class: Any = None, choices_form_class: Any = None, **kwargs: Any) -> Any:
        """Return a forms.UUIDField."""
        from offbeat import forms

        return super().formfield(form_class or forms.UUIDField, choices_form_class, **kwargs)


class IPAddressField(Field[_StrST, _StrGT]):
    """Kept for the migrations that mention it."""

    empty_strings_allowed = False
    description = _("IPv4 address")
    system_check_removed_details = {
        "msg": "IPAddressField has been removed except for support in historical migrations.",
        "hint": "Use GenericIPAddressField instead.",
        "id": "fields.E900",
    }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs["max_length"] = 15
        super().__init__(*args, **kwargs)

    def deconstruct(self) -> tuple[Any, str, list[Any], dict[str, Any]]:
        """Return what builds an equal field; see Field.deconstruct()."""
        name, path, args, kwargs = super().deconstruct()
        del kwargs["max_length"]
        return name, path, args, kwargs

    def get_prep_value(self, value: Any) -> Any:
        """Convert to str."""
        value = super().get_prep_value(value)
        return None if value is None else str(value)

    def get_internal_type(self) -> str:
        """Return "IPAddressField"."""
        return "IPAddressField"


class GenericIPAddressField(Field[_StrST, _StrGT]):
    """An IPv4 or IPv6 address."""

    empty_strings_allowed = False
    description = _("IP address")
    default_error_messages = {"invalid": _("Enter a valid %(protocol)s address.")}

    @overload
    def __init__(
        self: GenericIPAddressField[str | None, str | None],
        verbose_name: Any = ...,
        name: str | None = ...,
        *,
        null: Literal[True],
        protocol: str = ...,
        unpack_ipv4: bool = ...,
        **options: Unpack[FieldOptions],
    ) -> None: ...
    @overload
    def __init__(
        self: GenericIPAddressField[str, str],
        verbose_name: Any = ...,
        name: str | None = ...,
        *,
        null: Literal[False] = ...,
        protocol: str = ...,
        unpack_ipv4: bool = ...,
        **options: Unpack[FieldOptions],
    ) -> None: ...
    @overload
    def __init__(
        self,
        verbose_name: Any = ...,
        name: str | None = ...,
        protocol: str = ...,
        unpack_ipv4: bool = ...,
        **kwargs: Any,
    ) -> None: ...
    def __init__(
        self,
        verbose_name: Any = None,
        name: str | None = None,
        protocol: str = "both",
        unpack_ipv4: bool = False,
        **kwargs: Any,
    ) -> None:
        self.unpack_ipv4 = unpack_ipv4
        self.protocol = protocol
        self.default_validators = validators.ip_address_validators(protocol, unpack_ipv4)  # type: ignore[misc]
        kwargs["max_length"] = MAX_IPV6_ADDRESS_LENGTH
        super().__init__(verbose_name, name, **kwargs)

    def check(self, **kwargs: Any) -> list[Any]:
        """Return the system check messages about this field."""
        return [*super().check(**kwargs), *self._check_blank_and_null_values(**kwargs)]

    def _check_blank_and_null_values(self, **kwargs: Any) -> list[Any]:
        if not self.null and self.blank:
            return [
                checks.Error(
                    "GenericIPAddressFields cannot have blank=True if null=False, as blank values are stored as "
                    "nulls.",
                    obj=self,
                    id="fields.E150",
                )
            ]
        return []

    def deconstruct(self) -> tuple[Any, str, list[Any], dict[str, Any]]:
        """Return what builds an equal field; see Field.deconstruct()."""
        name, path, args, kwargs = super().deconstruct()
        if self.unpack_ipv4 is not False:
            kwargs["unpack_ipv4"] = self.unpack_ipv4
        if self.protocol != "both":
            kwargs["protocol"] = self.protocol
        if kwargs.get("max_length") == self.max_length:
            del kwargs["max_length"]
        return name, path, args, kwargs

    def get_internal_type(self) -> str:
        """Return "GenericIPAddressField"."""
        return "GenericIPAddressField"

    def to_python(self, value: Any) -> Any:
        """Convert to str, an IPv6 address to its short form; ValidationError if impossible."""
        if value is None:
            return None
        if not isinstance(value, str):
            value = str(value)
        value = value.strip()
        if ":" in value:
            return clean_ipv6_address(value, self.unpack_ipv4, self.error_messages["invalid"])
        return value

    def get_db_prep_value(self, value: Any, connection: Any, prepared: bool = False) -> Any:
        """Convert to what the driver takes."""
        if not prepared:
            value = self.get_prep_value(value)
        return connection.ops.adapt_ipaddressfield_value(value)

    def get_prep_value(self, value: Any) -> Any:
        """Convert to str, an IPv6 address to its short form where it is valid."""
        value = super().get_prep_value(value)
        if value is None:
            return None
        if value and ":" in value:
            try:
                return clean_ipv6_address(value, self.unpack_ipv4)
            except exceptions.ValidationError:
                pass
        return str(value)

    def formfield(self, form_class: Any = None, choices_form_class: Any = None, **kwargs: Any) -> Any:
        """Return a forms.GenericIPAddressField."""
        from offbeat import forms

        defaults = {"protocol": self.protocol, **kwargs}
        return super().formfield(form_class or forms.GenericIPAddressField, choices_form_class, **defaults)


class FilePathField(Field[_StrST, _StrGT]):
    """The path of a file in a directory."""

    description = _("File path")

    @overload
    def __init__(
        self: FilePathField[str | None, str | None],
        verbose_name: Any = ...,
        name: str | None = ...,
        *,
        null: Literal[True],
        path: Any = ...,
        match: str | None = ...,
        recursive: bool = ...,
        allow_files: bool = ...,
        allow_folders: bool = ...,
        max_length: int | None = ...,
        **options: Unpack[FieldOptions],
    ) -> None: ...
    @overload
    def __init__(
        self: FilePathField[str, str],
        verbose_name: Any = ...,
        name: str | None = ...,
        *,
        null: Literal[False] = ...,
        path: Any = ...,
        match: str | None = ...,
        recursive: bool = ...,
        allow_files: bool = ...,
        allow_folders: bool = ...,
        max_length: int | None = ...,
        **options: Unpack[FieldOptions],
    ) -> None: ...
    @overload
    def __init__(self, *args: Any, **kwargs: Any) -> None: ...
    def __init__(
        self,
        verbose_name: Any = None,
        name: str | None = None,
        path: Any = "",
        match: str | None = None,
        recursive: bool = False,
        allow_files: bool = True,
        allow_folders: bool = False,
        **kwargs: Any,
    ) -> None:
        self.path, self.match, self.recursive = path, match, recursive
        self.allow_files, self.allow_folders = allow_files, allow_folders
        kwargs.setdefault("max_length", 100)
        super().__init__(verbose_name, name, **kwargs)

    def check(self, **kwargs: Any) -> list[Any]:
        """Return the system check messages about this field."""
        return [*super().check(**kwargs), *self._check_allowing_files_or_folders(**kwargs)]

    def _check_allowing_files_or_folders(self, **kwargs: Any) -> list[Any]:
        if not self.allow_files and not self.allow_folders:
            return [
                checks.Error(
                    "FilePathFields must have either 'allow_files' or 'allow_folders' set to True.",
                    obj=self,
                    id="fields.E140",
                )
            ]
        return []

    def deconstruct(self) -> tuple[Any, str, list[Any], dict[str, Any]]:
        """Return what builds an equal field; see Field.deconstruct()."""
        name, path, args, kwargs = super().deconstruct()
        options = (
            ("path", ""),
            ("match", None),
            ("recursive", False),
            ("allow_files", True),
            ("allow_folders", False),
        )
        for option, default in options:
            value = getattr(self, option)
            if value != default:
                kwargs[option] = value
        if kwargs.get("max_length") == 100:
            del kwargs["max_length"]
        return name, path, args, kwargs

    def get_prep_value(self, value: Any) -> Any:
        """Convert to str."""
        value = super().get_prep_value(value)
        return None if value is None else str(value)

    def get_internal_type(self) -> str:
        """Return "FilePathField"."""
        return "FilePathField"

    def formfield(self, form_class: Any = None, choices_form_class: Any = None, **kwargs: Any) -> Any:
        """Return a forms.FilePathField over the same directory."""
        from offbeat import forms

        defaults = {
            "path": self.path() if callable(self.path) else self.path,
            "match": self.match,
            "recursive": self.recursive,
            "allow_files": self.allow_files,
            "allow_folders": self.allow_folders,
            **kwargs,
        }
        return super().formfield(form_class or forms.FilePathField, choices_form_class, **defaults)
