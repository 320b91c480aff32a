"""Variables and filter expressions: ``user.name|default:"?"|upper``.

This is the plain, interpreting form, used by tags that resolve values themselves and where a node is rendered
alone. Templates as a whole run as generated code (see ``compiler``), which follows the same rules.
"""

from __future__ import annotations

import functools
import inspect
import logging
import math
import re
from typing import Any

from offbeat.template.exceptions import TemplateSyntaxError
from offbeat.template.lookup import INVALID, VariableDoesNotExist, call, is_silent, look_up
from offbeat.utils.lazy_pattern import lazy_pattern
from offbeat.utils.safestring import SafeData, mark_safe
from offbeat.utils.text import unescape_string_literal
from offbeat.utils.timezone import template_localtime
from offbeat.utils.translation import gettext_lazy, pgettext_lazy

__all__ = [
    "FILTER_ARGUMENT_SEPARATOR",
    "FILTER_SEPARATOR",
    "VARIABLE_ATTRIBUTE_SEPARATOR",
    "FilterExpression",
    "Variable",
]

FILTER_SEPARATOR = "|"
FILTER_ARGUMENT_SEPARATOR = ":"
VARIABLE_ATTRIBUTE_SEPARATOR = "."

logger = logging.getLogger("offbeat.template")

_STRING = r"""(?:"[^"\\]*+(?:\\.[^"\\]*+)*+"|'[^'\\]*+(?:\\.[^'\\]*+)*+')"""
_CONSTANT = rf"(?:_\({_STRING}\)|{_STRING})"
_NUMBER = r"[-+]?(?:\d++(?:\.\d*+)?|\.\d++)(?:[eE][-+]?\d++)?(?![\w.])"
_START = lazy_pattern(rf"(?P<constant>{_CONSTANT})|(?P<var>{_NUMBER}|[\w.]++|[-+.]?\d[\d.e]*+)", re.DOTALL)
_FILTER = lazy_pattern(
    rf"\s*\|\s*(?P<name>\w++)(?::(?:(?P<constant>{_CONSTANT})|(?P<var>{_NUMBER}|[\w.]++|[-+.]?\d[\d.e]*+)))?",
    re.DOTALL,
)


class Variable:
    """One variable or constant: ``article.section``, ``"text"``, ``_("text")``, ``3.5``.

    ``resolve(context)`` raises VariableDoesNotExist for what is not there.
    """

    __slots__ = ("__dict__", "literal", "lookups", "message_context", "translate", "var")

    def __init__(self, var: Any) -> None:
        self.var = var
        self.literal: Any = None
        self.lookups: tuple[str, ...] | None = None
        self.translate = False
        self.message_context: str | None = None
        if not isinstance(var, str):
            raise TypeError(f"Variable must be a string or number, got {type(var)}")
        try:
            if "." in var or "e" in var.lower():
                if var[-1] == ".":  # "2." is no number
                    raise ValueError
                self.literal = float(var)
            else:
                self.literal = int(var)
        except ValueError:
            self._parse_name(var)

    def _parse_name(self, var: str) -> None:
        if var.startswith("_(") and var.endswith(")"):
            self.translate = True
            var = var[2:-1]
        try:
            self.literal = mark_safe(unescape_string_literal(var))
        except ValueError:
            if "._" in var or var[:1] == "_":
                raise TemplateSyntaxError(
                    f"Variables and attributes may not begin with underscores: '{var}'"
                ) from None
            for char in ("+", "-"):
                if char in var:
                    raise TemplateSyntaxError(
                        f"Invalid character ('{char}') in variable name: '{var}'"
                    ) from None
            self.lookups = tuple(var.split(VARIABLE_ATTRIBUTE_SEPARATOR))

    def resolve(self, context: Any) -> Any:
        """The value in ``context``, which may be any mapping."""
        value = self._resolve_lookup(context) if self.lookups is not None else self.literal
        if not self.translate:
            return value
        msgid = value.replace("%", "%%")
        if isinstance(value, SafeData):
            msgid = mark_safe(msgid)
        if self.message_context:
            return pgettext_lazy(self.message_context, msgid)
        return gettext_lazy(msgid)

    def _resolve_lookup(self, context: Any) -> Any:
        assert self.lookups is not None
        current = context
        bit = ""
        try:
            for bit in self.lookups:
                current = look_up(current, bit)
                if callable(current):
                    current = call(current)
                    if current is INVALID:
                        current = context.template.engine.string_if_invalid
        except Exception as e:
            logger.debug(
                "Exception while resolving variable '%s' in template '%s'.",
                bit,
                getattr(context, "template_name", None) or "unknown",
                exc_info=True,
            )
            if not is_silent(e):
                raise
            return context.template.engine.string_if_invalid
        return current

    def __repr__(self) -> str:
        return f"<{type(self).__name__}: {self.var!r}>"

    def __str__(self) -> str:
        return str(self.var)


class FilterExpression:
    """A variable or constant with filters: ``variable|default:"Default value"|date:"Y-m-d"``.

    ``var``: a Variable, or the constant's value; ``filters``: (function, [(is a variable, value)]) pairs.
    """

    __slots__ = ("__dict__", "filters", "is_var", "token", "var")

    def __init__(self, token: str, parser: Any) -> None:
        self.token = token
        self.filters: list[tuple[Any, list[tuple[bool, Any]]]] = []
        self.var: Any = None
        start = _START.match(token)
        end = 0
        if start is not None:
            end = start.end()
            if (constant := start["constant"]) is not None:
                try:
                    self.var = Variable(constant).resolve({})
                except VariableDoesNotExist:
                    self.var = None
            else:
                self.var = Variable(start["var"])
        while end < len(token):
            match = _FILTER.match(token, end)
            if match is None:
                break
            if start is None:
                raise TemplateSyntaxError(f"Could not find variable at start of {token}.")
            self._add_filter(match, parser)
            end = match.end()
        if end != len(token):
            if (match := _FILTER.search(token, end)) is not None:
                raise TemplateSyntaxError(
                    f"Could not parse some characters: {token[:end]}|{token[end : match.start()]}|{token[match.start() :]}"
                )
            raise TemplateSyntaxError(f"Could not parse the remainder: '{token[end:]}' from '{token}'")
        if start is None:
            raise TemplateSyntaxError(f"Could not find variable at start of {token}.")
        self.is_var = isinstance(self.var, Variable)

    def _add_filter(self, match: re.Match[str], parser: Any) -> None:
        args: list[tuple[bool, Any]] = []
        if (constant := match["constant"]) is not None:
            args.append((False, Variable(constant).resolve({})))
        elif (var := match["var"]) is not None:
            args.append((True, Variable(var)))
        func = parser.find_filter(match["name"])
        self.args_check(match["name"], func, args)
        self.filters.append((func, args))

    def resolve(self, context: Any, ignore_failures: bool = False) -> Any:
        """The value with the filters applied; what is missing is None, or the engine's ``string_if_invalid``."""
        obj: Any = self.var
        if self.is_var:
            try:
                obj = self.var.resolve(context)
            except VariableDoesNotExist:
                if ignore_failures:
                    obj = None
                else:
                    obj = context.template.engine.string_if_invalid
                    if obj:
                        return obj % self.var if "%s" in obj else obj
        for func, args in self.filters:
            values = [arg.resolve(context) if is_var else arg for is_var, arg in args]
            if getattr(func, "expects_localtime", False):
                obj = template_localtime(obj, context.use_tz)
            if getattr(func, "needs_autoescape", False):
                new_obj = func(obj, *values, autoescape=context.autoescape)
            else:
                new_obj = func(obj, *values)
            if getattr(func, "is_safe", False) and isinstance(obj, SafeData):
                obj = mark_safe(new_obj)
            else:
                obj = new_obj
        return obj

    @staticmethod
    def args_check(name: str, func: Any, provided: list[Any]) -> bool:
        """TemplateSyntaxError unless ``func`` takes that many arguments."""
        given = len(provided) + 1
        least, most = _arity(func)
        if given < least or given > most:
            raise TemplateSyntaxError(f"{name} requires {least} arguments, {given} provided")
        return True

    def __str__(self) -> str:
        return self.token

    def __repr__(self) -> str:
        return f"<{type(self).__qualname__} {self.token!r}>"


@functools.lru_cache(maxsize=1024)
def _arity(func: Any) -> tuple[int, int]:
    """How many arguments a filter takes at least, and at most."""
    spec = inspect.getfullargspec(inspect.unwrap(func))
    return len(spec.args) - len(spec.defaults or ()), len(spec.args)


def is_plain_literal(value: Any) -> bool:
    """True for constants whose ``repr`` can stand in generated code."""
    kind = type(value)
    return kind in (int, bool, str, type(None)) or (kind is float and math.isfinite(value))
