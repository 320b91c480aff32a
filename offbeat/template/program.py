"""Compiled templates and their source: where generated code says it comes from."""

from __future__ import annotations

import itertools
import linecache
import os
import weakref
from collections.abc import Callable
from types import CodeType
from typing import Any

from offbeat.utils.safestring import SafeString

__all__ = ["Program", "Unit", "relocate"]

_unnamed = itertools.count(1)


class Unit:
    """One template's source: what generated code is attributed to."""

    def __init__(self, source: str, origin: Any) -> None:
        self.source = source
        self.origin = origin
        self._starts: list[int] | None = None
        self._filename: str | None = None

    @property
    def filename(self) -> str:
        """The template's file; for a template made from a string, a name under which tracebacks find its lines."""
        if self._filename is None:
            name = str(getattr(self.origin, "name", None) or "")
            if os.path.isabs(name) and os.path.isfile(name):
                self._filename = name
            else:
                shown = getattr(self.origin, "template_name", None) or "from a string"
                self._filename = f"<template {shown}, {next(_unnamed)}>"
                lines = self.source.splitlines(keepends=True)
                linecache.cache[self._filename] = (len(self.source), None, lines, self._filename)
                weakref.finalize(self, linecache.cache.pop, self._filename, None)
        return self._filename

    @property
    def starts(self) -> list[int]:
        """Where each line starts."""
        if self._starts is None:
            self._starts = [0]
            for line in self.source.splitlines(keepends=True):
                self._starts.append(self._starts[-1] + len(line))
        return self._starts

    def place(self, token: Any) -> tuple[int, int, int, int] | None:
        """A token's (line, column, last line, last column), columns in bytes, as Python counts them."""
        if token is None or token.position is None or token.lineno is None:
            return None
        start, end = token.position
        starts = self.starts
        first = token.lineno
        last = first + self.source.count("\n", start, end)
        if last >= len(starts):
            return None
        column = len(self.source[starts[first - 1] : start].encode())
        return first, column, last, len(self.source[starts[last - 1] : end].encode())

    def span(self, line: int, column: int, last: int, last_column: int) -> tuple[int, int]:
        """The reverse of ``place``: (start, end) in the source."""

        def offset(number: int, in_bytes: int) -> int:
            begin = self.starts[number - 1]
            return begin + len(self.source[begin:].encode()[:in_bytes].decode(errors="ignore"))

        return offset(line, column), offset(last, last_column)


class Program:
    """A compiled node list."""

    __slots__ = ("__weakref__", "function", "source", "unit")

    def __init__(self, function: Callable[[Any], str], source: str, unit: Unit | None) -> None:
        self.function = function
        self.source = source
        self.unit = unit

    def run(self, context: Any) -> SafeString:
        """The rendered text."""
        try:
            return SafeString(self.function(context))
        except Exception as e:
            template = context.template
            if template is not None and template.engine.debug and not hasattr(e, "template_debug"):
                self._annotate(e, context.render_context.template or template)
            raise

    def _annotate(self, e: BaseException, template: Any) -> None:
        """Put the tag that failed on the error."""
        frames = e.__traceback__
        code = self.function.__code__
        while frames is not None and frames.tb_frame.f_code is not code:
            frames = frames.tb_next
        if frames is None or self.unit is None:
            return
        positions = next(itertools.islice(code.co_positions(), frames.tb_lasti // 2, None), None)
        if positions is None or None in positions:
            return
        line, last, column, last_column = positions
        span = self.unit.span(line, column, last, last_column)  # type: ignore[arg-type]
        e.template_debug = template.get_span_info(e, *span, unit=self.unit)  # type: ignore[attr-defined]


def relocate(code: CodeType, lines: list[tuple[int, str, Any]], unit: Unit) -> CodeType:
    """The code with each instruction at the place of the tag that its line comes from.

    Source: CPython, InternalDocs/code_objects.md, "Source code locations".
    """
    # For each line of the code: the tag's line, and the rest of an entry, which stays the same.
    places: list[tuple[int, bytes]] = []
    here = (1, b"\0\1\1")
    seen: Any = None
    for _, _, token in lines:
        if token is not None and token is not seen:
            seen = token
            if (place := unit.place(token)) is not None:
                line, column, last, last_column = place
                here = line, _varint(last - line) + _varint(column + 1) + _varint(last_column + 1)
        places.append(here)
    table = bytearray()
    previous = 1
    for start, end, number in code.co_lines():
        units = (end - start) // 2
        while units > 0:
            count = min(units, 8)
            units -= count
            if number is None:
                table.append(0x80 | _NO_LOCATION << 3 | count - 1)
                continue
            line, rest = places[number - 1]
            table.append(0x80 | _LONG_FORM << 3 | count - 1)
            delta = line - previous
            table += _varint(-delta << 1 | 1 if delta < 0 else delta << 1) if delta else b"\0"
            table += rest
            previous = line
    return code.replace(co_linetable=bytes(table), co_firstlineno=1)


_NO_LOCATION = 15
_LONG_FORM = 14


def _varint(value: int) -> bytes:
    table = bytearray()
    while value >= 64:
        table.append(0x40 | value & 63)
        value >>= 6
    table.append(value)
    return bytes(table)
