"""Looking up one bit of a variable: key, attribute, index, then a call (Django documentation: ref/templates/api,
"Variables and lookups").
"""

from __future__ import annotations

import inspect
from typing import Any

from offbeat.template.context import BaseContext
from offbeat.utils.index_only import INDEX_ONLY

__all__ = [
    "INVALID",
    "MISSING",
    "VariableDoesNotExist",
    "attr",
    "call",
    "item",
    "look_up",
    "root",
    "root_attr",
]


class _Sentinel:
    __slots__ = ("name",)

    def __init__(self, name: str) -> None:
        self.name = name

    def __repr__(self) -> str:
        return self.name

    def __bool__(self) -> bool:
        return False


MISSING: Any = _Sentinel("MISSING")
INVALID: Any = _Sentinel("INVALID")

_NO_KEY = (TypeError, AttributeError, KeyError, ValueError, IndexError)


class VariableDoesNotExist(Exception):
    """A variable could not be found; the message is built when it is asked for."""

    def __init__(self, msg: str, params: tuple[Any, ...] = ()) -> None:
        self.msg = msg
        self.params = params

    def __str__(self) -> str:
        return self.msg % self.params


def look_up(current: Any, bit: str) -> Any:
    """``current[bit]``, else ``current.bit``, else ``current[int(bit)]``; VariableDoesNotExist if there is none."""
    # Classes may have __class_getitem__, which is no lookup.
    if hasattr(type(current), "__getitem__"):
        try:
            return current[bit]
        except _NO_KEY:
            pass
    try:
        if isinstance(current, BaseContext) and hasattr(type(current), bit):
            raise AttributeError
        return getattr(current, bit)
    except (TypeError, AttributeError):
        # An error raised inside of a property is the programmer's, and must be seen.
        if not isinstance(current, BaseContext) and _defines(current, bit):
            raise
    try:
        if not hasattr(type(current), "__getitem__"):
            raise TypeError
        return current[int(bit)]
    except (IndexError, ValueError, KeyError, TypeError):
        raise VariableDoesNotExist("Failed lookup for key [%s] in %r", (bit, current))


def _defines(obj: Any, name: str) -> bool:
    """True if the object's class has an attribute ``name``: then the error came out of it."""
    # Lazy objects tell the class of what they wrap.
    classes = obj.__class__.__mro__
    if isinstance(obj, type):
        classes = (*obj.__mro__, *classes)
    return any(name in klass.__dict__ for klass in classes)


def call(value: Any) -> Any:
    """What a callable gives when called without arguments; INVALID if it must not or cannot be called so."""
    if getattr(value, "do_not_call_in_templates", False):
        return value
    if getattr(value, "alters_data", False):
        return INVALID
    try:
        return value()
    except TypeError:
        try:
            inspect.signature(value).bind()
        except (TypeError, ValueError):
            return INVALID
        raise


def is_silent(e: BaseException) -> bool:
    """True for errors that ask to be shown as an invalid variable."""
    return bool(getattr(e, "silent_variable_failure", False))


def attr(obj: Any, name: str) -> Any:
    """``obj.name`` by the rules of templates; MISSING if there is none."""
    try:
        kind = type(obj)
        if kind is dict or (hasattr(kind, "__getitem__") and kind not in INDEX_ONLY):
            try:
                value = obj[name]
            except _NO_KEY:
                value = look_up(obj, name)
        else:
            try:
                value = getattr(obj, name)
            except (TypeError, AttributeError):
                if obj is MISSING:
                    return MISSING
                value = look_up(obj, name)
        if callable(value):
            value = call(value)
            return MISSING if value is INVALID else value
        return value
    except VariableDoesNotExist:
        return MISSING
    except Exception as e:
        if is_silent(e):
            return MISSING
        raise


def item(obj: Any, index: int, name: str) -> Any:
    """``attr`` for a bit that is a number."""
    if type(obj) in (list, tuple) and index < len(obj):
        value = obj[index]
        if callable(value):
            value = call(value)
            return MISSING if value is INVALID else value
        return value
    return attr(obj, name)


def root(value: Any) -> Any:
    """The value of a name itself: called if it can be."""
    if callable(value):
        try:
            value = call(value)
        except VariableDoesNotExist:
            return MISSING
        except Exception as e:
            if is_silent(e):
                return MISSING
            raise
        return MISSING if value is INVALID else value
    return value


def root_attr(value: Any, name: str) -> Any:
    """``attr`` of a name's value."""
    return attr(root(value) if callable(value) else value, name)
