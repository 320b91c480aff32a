"""Path converters: text of a URL segment to a Python value and back (Django documentation: topics/http/urls)."""

from __future__ import annotations

from typing import Any

__all__ = [
    "IntConverter",
    "PathConverter",
    "SlugConverter",
    "StringConverter",
    "UUIDConverter",
    "get_converter",
    "get_converters",
    "register_converter",
]


class IntConverter:
    """Zero or a positive integer."""

    regex = "[0-9]+"

    def to_python(self, value: str) -> Any:
        return int(value)

    def to_url(self, value: Any) -> str:
        return str(value)


class StringConverter:
    """Any non-empty text without a slash."""

    regex = "[^/]+"

    def to_python(self, value: str) -> Any:
        return value

    def to_url(self, value: Any) -> str:
        return str(value)


class UUIDConverter:
    """A UUID in lower case with dashes."""

    regex = "[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"

    def to_python(self, value: str) -> Any:
        import uuid

        return uuid.UUID(value)

    def to_url(self, value: Any) -> str:
        return str(value)


class SlugConverter(StringConverter):
    """ASCII letters, digits, hyphens and underscores."""

    regex = "[-a-zA-Z0-9_]+"


class PathConverter(StringConverter):
    """Any non-empty text, slashes included."""

    regex = ".+"


DEFAULT_CONVERTERS: dict[str, Any] = {
    "int": IntConverter(),
    "path": PathConverter(),
    "slug": SlugConverter(),
    "str": StringConverter(),
    "uuid": UUIDConverter(),
}
# The ones of the project.
REGISTERED_CONVERTERS: dict[str, Any] = {}


def register_converter(converter: type[Any], type_name: str) -> None:
    """Make ``<type_name:…>`` in routes use an instance of ``converter``; ValueError when the name is taken."""
    if type_name in REGISTERED_CONVERTERS or type_name in DEFAULT_CONVERTERS:
        raise ValueError(f"Converter {type_name!r} is already registered.")
    REGISTERED_CONVERTERS[type_name] = converter()


def get_converters() -> dict[str, Any]:
    """Return all converters by name."""
    return {**DEFAULT_CONVERTERS, **REGISTERED_CONVERTERS}


def get_converter(name: str) -> Any:
    """Return the converter of that name; KeyError when there is none."""
    found = DEFAULT_CONVERTERS.get(name)
    return REGISTERED_CONVERTERS[name] if found is None else found
