"""Values as Python source, for migration files."""

from __future__ import annotations

import builtins
import collections.abc
import datetime
import decimal
import enum
import functools
import math
import os
import pathlib
import re
import types
import uuid
import zoneinfo
from typing import Any, cast

from offbeat.conf import SettingsReference
from offbeat.db import models
from offbeat.db.migrations.operations.base import Operation
from offbeat.utils.functional import LazyObject, Promise
from offbeat.utils.version import get_docs_version

Serialized = tuple[str, set[str]]
_SIMPLE = (bool, int, str, bytes, type(None), range, types.BuiltinFunctionType)


def serializer_factory(value: Any) -> Serializer:
    """Something with a ``serialize()`` for this value; ValueError for what cannot be written."""
    if isinstance(value, Promise):
        value = str(value)
    elif isinstance(value, LazyObject):
        value = value.__reduce__()[1][0]
    return Serializer(value)


class Serializer:
    """``serialize()`` gives (source text, import lines it needs)."""

    _registry: dict[Any, Any] = {}

    def __init__(self, value: Any) -> None:
        self.value = value

    def serialize(self) -> Serialized:
        """The value as source."""
        return serialize(self.value)

    @classmethod
    def register(cls, type_: Any, serializer: Any) -> None:
        """Use ``serializer(value).serialize()`` for values of this type."""
        if not isinstance(serializer, type) or not hasattr(serializer, "serialize"):
            raise ValueError(f"'{serializer.__name__}' must inherit from 'BaseSerializer'.")
        cls._registry[type_] = serializer

    @classmethod
    def unregister(cls, type_: Any) -> None:
        """Undo ``register()``."""
        cls._registry.pop(type_)


class BaseSerializer:
    """Base of serializers for own types: define ``serialize()``."""

    def __init__(self, value: Any) -> None:
        self.value = value

    def serialize(self) -> Serialized:
        """(source text, import lines)."""
        raise NotImplementedError("Subclasses of BaseSerializer must implement the serialize() method.")


def serialize(value: Any) -> Serialized:
    """(source text, import lines) of any value that migrations may hold."""
    for kinds, custom in Serializer._registry.items():
        if isinstance(value, kinds):
            return cast(Serialized, custom(value).serialize())
    if isinstance(value, Promise):
        value = str(value)
    if isinstance(value, models.Field):
        path: str
        _, path, args, kwargs = value.deconstruct()
        return _call(path, args, kwargs)
    if isinstance(value, models.manager.BaseManager):
        as_manager, manager_path, qs_path, args, kwargs = value.deconstruct()
        if as_manager:
            name, imports = _dotted(str(qs_path))
            return f"{name}.as_manager()", imports
        return _call(str(manager_path), args or (), kwargs or {})
    if isinstance(value, Operation):
        from offbeat.db.migrations.writer import OperationWriter

        text, imports = OperationWriter(value, indentation=0).serialize()
        return text.rstrip(","), imports
    if isinstance(value, type):
        return _type(value)
    if hasattr(value, "deconstruct"):
        return _call(*value.deconstruct())
    if isinstance(value, enum.Enum):
        return _enum(value)
    if isinstance(value, SettingsReference):
        return f"settings.{value.setting_name}", {"from offbeat.conf import settings"}
    for kinds, function in _SERIALIZERS:
        if isinstance(value, kinds):
            return cast(Serialized, function(value))
    raise ValueError(
        f"Cannot serialize: {value!r}\nThere are some values Django cannot serialize into migration files.\nFor more, see "
        f"https://docs.djangoproject.com/en/{get_docs_version()}/topics/migrations/#migration-serializing"
    )


def _dotted(path: str) -> Serialized:
    """A class by its path; this package's model fields by their short name."""
    module, _, name = path.rpartition(".")
    if module in ("offbeat.db.models", "django.db.models"):
        return f"models.{name}", {"from offbeat.db import models"}
    return path, {f"import {module}"}


def _call(path: str, args: Any, kwargs: Any) -> Serialized:
    name, imports = _dotted(path)
    parts = []
    for arg in args:
        text, more = serialize(arg)
        parts.append(text)
        imports |= more
    for key, arg in sorted(kwargs.items()):
        text, more = serialize(arg)
        parts.append(f"{key}={text}" if key.isidentifier() else f"**{{{key!r}: {text}}}")
        imports |= more
    return f"{name}({', '.join(parts)})", imports


def _items(values: Any) -> tuple[list[str], set[str]]:
    texts: list[str] = []
    imports: set[str] = set()
    for value in values:
        text, more = serialize(value)
        texts.append(text)
        imports |= more
    return texts, imports


def _list(value: Any) -> Serialized:
    texts, imports = _items(value)
    return f"[{', '.join(texts)}]", imports


def _tuple(value: Any) -> Serialized:
    texts, imports = _items(value)
    return f"({', '.join(texts)}{',' if len(texts) == 1 else ''})", imports


def _set(value: Any) -> Serialized:
    texts, imports = _items(value)
    # One order for equal sets, so that the file does not change from run to run.
    inner = ", ".join(sorted(texts))
    if isinstance(value, frozenset):
        return f"frozenset([{inner}])", imports
    return (f"{{{inner}}}" if texts else "set()"), imports


def _dict(value: Any) -> Serialized:
    pairs = []
    imports: set[str] = set()
    for key, item in value.items():
        key_text, key_imports = serialize(key)
        text, more = serialize(item)
        pairs.append(f"{key_text}: {text}")
        imports |= key_imports | more
    return f"{{{', '.join(pairs)}}}", imports


def _type(value: type) -> Serialized:
    if value is models.Model:
        return "models.Model", {"from offbeat.db import models"}
    if value is type(None):
        return "types.NoneType", {"import types"}
    if value.__module__ == builtins.__name__:
        return value.__name__, set()
    return f"{value.__module__}.{value.__qualname__}", {f"import {value.__module__}"}


def _enum(value: enum.Enum) -> Serialized:
    kind = type(value)
    if isinstance(value, models.Choices):
        return serialize(value.value)
    prefix = f"{kind.__module__}.{kind.__qualname__}"
    if isinstance(value, enum.Flag):
        names = [member.name for member in value] or [value.name]
        return " | ".join(f"{prefix}[{name!r}]" for name in names), {f"import {kind.__module__}"}
    return f"{prefix}[{value.name!r}]", {f"import {kind.__module__}"}


def _float(value: float) -> Serialized:
    if math.isnan(value) or math.isinf(value):
        return f'float("{value}")', set()
    return repr(value), set()


def _datetime(value: Any) -> Serialized:
    if isinstance(value, datetime.datetime) and value.tzinfo is not None and value.tzinfo != datetime.UTC:
        value = value.astimezone(datetime.UTC)
    imports = {"import datetime"}
    return repr(value), imports


def _function(value: Any) -> Serialized:
    owner = getattr(value, "__self__", None)
    if isinstance(owner, type):
        return f"{owner.__module__}.{owner.__qualname__}.{value.__name__}", {f"import {owner.__module__}"}
    if value.__name__ == "<lambda>":
        raise ValueError("Cannot serialize function: lambda")
    if value.__module__ is None:
        raise ValueError(f"Cannot serialize function {value!r}: No module")
    if "<" in value.__qualname__:
        raise ValueError(
            f"Could not find function {value.__name__} in {value.__module__}.\n"
            "Please note that functions must be defined at the top level of a module to be written into migrations."
        )
    return f"{value.__module__}.{value.__qualname__}", {f"import {value.__module__}"}


def _partial(value: Any) -> Serialized:
    func, imports = serialize(value.func)
    args, more = serialize(value.args)
    keywords, still_more = serialize(value.keywords)
    kind = type(value).__name__
    return f"functools.{kind}({func}, *{args}, **{keywords})", {
        "import functools",
        *imports,
        *more,
        *still_more,
    }


def _regex(value: re.Pattern[Any]) -> Serialized:
    pattern, imports = serialize(value.pattern)
    # re.UNICODE is what text patterns have anyway.
    flags = value.flags & ~re.compile("").flags
    suffix = f", {flags}" if flags else ""
    return f"re.compile({pattern}{suffix})", {"import re", *imports}


def _path(value: Any) -> Serialized:
    if isinstance(value, pathlib.Path):
        # A path of one system must be readable on the other.
        value = pathlib.PurePosixPath(value) if os.name == "posix" else pathlib.PureWindowsPath(value)
    return repr(value).replace("PurePosixPath", "pathlib.PurePosixPath").replace(
        "PureWindowsPath", "pathlib.PureWindowsPath"
    ), {"import pathlib"}


_SERIALIZERS: tuple[tuple[Any, Any], ...] = (
    (float, _float),
    (
        _SIMPLE,
        lambda value: (
            (repr(value), set()) if not isinstance(value, types.BuiltinFunctionType) else _function(value)
        ),
    ),
    (
        decimal.Decimal,
        lambda value: (repr(value).replace("Decimal", "decimal.Decimal", 1), {"import decimal"}),
    ),
    ((datetime.date, datetime.time, datetime.timedelta, datetime.timezone), _datetime),
    (zoneinfo.ZoneInfo, lambda value: (repr(value), {"import zoneinfo"})),
    (uuid.UUID, lambda value: (f"uuid.{value!r}", {"import uuid"})),
    (list, _list),
    ((set, frozenset), _set),
    (tuple, _tuple),
    (dict, _dict),
    (functools.partial, _partial),
    (functools.partialmethod, _partial),
    ((types.FunctionType, types.MethodType), _function),
    (re.Pattern, _regex),
    (pathlib.PurePath, _path),
    (os.PathLike, lambda value: (repr(os.fspath(value)), set())),
    (collections.abc.Iterable, _tuple),
)
