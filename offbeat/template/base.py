"""Templates: source, compiled nodes, rendering (Django documentation: ref/templates/api).

``Template(source).render(Context(values))``: the source is cut into tokens (``lexer``), these are parsed into nodes
(``parser``), and the nodes become one Python function when they are first rendered (``compiler``).
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from typing import Any

from offbeat.template.context import BaseContext
from offbeat.template.exceptions import TemplateSyntaxError
from offbeat.template.lexer import (
    BLOCK_TAG_END,
    BLOCK_TAG_START,
    COMMENT_TAG_END,
    COMMENT_TAG_START,
    SINGLE_BRACE_END,
    SINGLE_BRACE_START,
    TRANSLATOR_COMMENT_MARK,
    VARIABLE_TAG_END,
    VARIABLE_TAG_START,
    DebugLexer,
    Lexer,
    Token,
    TokenType,
    tag_re,
)
from offbeat.template.lookup import VariableDoesNotExist
from offbeat.template.nodes import Node, NodeList, TextNode, VariableNode, render_value_in_context
from offbeat.template.parser import Parser, kwarg_re, token_kwargs
from offbeat.template.program import Unit
from offbeat.template.variables import (
    FILTER_ARGUMENT_SEPARATOR,
    FILTER_SEPARATOR,
    VARIABLE_ATTRIBUTE_SEPARATOR,
    FilterExpression,
    Variable,
)

__all__ = [
    "BLOCK_TAG_END",
    "BLOCK_TAG_START",
    "COMMENT_TAG_END",
    "COMMENT_TAG_START",
    "FILTER_ARGUMENT_SEPARATOR",
    "FILTER_SEPARATOR",
    "SINGLE_BRACE_END",
    "SINGLE_BRACE_START",
    "TRANSLATOR_COMMENT_MARK",
    "UNKNOWN_SOURCE",
    "VARIABLE_ATTRIBUTE_SEPARATOR",
    "VARIABLE_TAG_END",
    "VARIABLE_TAG_START",
    "BaseContext",
    "DebugLexer",
    "FilterExpression",
    "Lexer",
    "Node",
    "NodeList",
    "Origin",
    "Parser",
    "PartialTemplate",
    "Template",
    "TemplateSyntaxError",
    "TextNode",
    "Token",
    "TokenType",
    "Variable",
    "VariableDoesNotExist",
    "VariableNode",
    "kwarg_re",
    "render_value_in_context",
    "tag_re",
    "token_kwargs",
]

UNKNOWN_SOURCE = "<unknown source>"


class Origin:
    """Where a template comes from: ``name`` (the full path), ``template_name``, ``loader``."""

    def __init__(self, name: Any, template_name: Any = None, loader: Any = None) -> None:
        self.name = name
        self.template_name = template_name
        self.loader = loader

    def __str__(self) -> str:
        return str(self.name)

    def __repr__(self) -> str:
        return f"<{type(self).__qualname__} name={self.name!r}>"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Origin) and self.name == other.name and self.loader == other.loader

    def __hash__(self) -> int:
        return hash(self.name)

    @property
    def loader_name(self) -> str | None:
        """The loader's dotted path."""
        if self.loader:
            return f"{self.loader.__module__}.{self.loader.__class__.__name__}"
        return None


class _Renders:
    """Rendering of ``self.nodelist``, shared by whole templates and partials."""

    name: Any
    nodelist: NodeList

    def _render(self, context: Any) -> Any:
        raise NotImplementedError("subclasses render their node list")

    def render(self, context: Any) -> Any:
        """The rendered text, a SafeString."""
        render_context = context.render_context
        outer = render_context.template
        render_context.template = self
        render_context.dicts.append({})
        try:
            if context.template is None:
                with context.bind_template(self):
                    context.template_name = self.name
                    return self._render(context)
            return self._render(context)
        finally:
            render_context.template = outer
            render_context.dicts.pop()


class Template(_Renders):
    """A compiled template.

    ``template_string``: the source; ``engine``: the Engine whose options and libraries apply (default: the first
    one configured). Raises TemplateSyntaxError for bad source.
    """

    def __init__(
        self, template_string: Any, origin: Any = None, name: Any = None, engine: Any = None
    ) -> None:
        if engine is None:
            from offbeat.template.engine import Engine

            engine = Engine.get_default()
        if origin is None:
            origin = Origin(UNKNOWN_SOURCE)
        self.name = name
        self.origin = origin
        self.engine = engine
        # Lazy text is evaluated here.
        self.source = str(template_string)
        self.unit = Unit(self.source, origin)
        self.extra_data: dict[str, Any] = {}
        self.nodelist = self.compile_nodelist()

    def __repr__(self) -> str:
        return f'<{type(self).__qualname__} template_string="{self.source[:20].replace(chr(10), "")}...">'

    def _render(self, context: Any) -> Any:
        # Test tools replace this method to see which templates are rendered.
        return self.nodelist.render(context)

    def __iter__(self) -> Iterator[Any]:
        for node in self.nodelist:
            yield from node

    def compile_nodelist(self) -> NodeList:
        """Parse the source; errors get the place in the source if the engine is in debug mode."""
        lexer = DebugLexer(self.source)
        parser = Parser(
            lexer.tokenize(),
            self.engine.template_libraries,
            self.engine.template_builtins,
            self.origin,
            self.unit,
        )
        try:
            nodelist = parser.parse()
        except Exception as e:
            token = getattr(e, "token", None)
            if token is not None:
                if self.engine.debug:
                    e.template_debug = self.get_exception_info(e, token)  # type: ignore[attr-defined]
                if isinstance(e, TemplateSyntaxError):
                    self._name_template(e)
            raise
        self.extra_data = parser.extra_data
        for partial in self.extra_data.get("partials", {}).values():
            partial.template = self
        return nodelist

    def _name_template(self, e: TemplateSyntaxError) -> None:
        """Put the template's name before the message; the debug page shows it elsewhere."""
        name = str(self.origin.template_name or self.origin.name)
        if self.origin.name == UNKNOWN_SOURCE or hasattr(e, "raw_error_message") or not e.args:
            return
        e.raw_error_message = e.args[0]  # type: ignore[attr-defined]
        e.args = (f"Template: {name}, {e.args[0]}", *e.args[1:])

    @property
    def python_source(self) -> str:
        """The code that the template was turned into, for reading."""
        from offbeat.template.compiler import compile_nodelist

        return compile_nodelist(self.nodelist).source

    def get_exception_info(self, exception: BaseException, token: Token) -> dict[str, Any]:
        """What the debug page shows about an error at ``token``."""
        start, end = token.position or (0, 0)
        return self.get_span_info(exception, start, end)

    def get_span_info(
        self, exception: BaseException, start: int, end: int, unit: Unit | None = None
    ) -> dict[str, Any]:
        """``get_exception_info`` for a stretch of the source: the lines around it, and its parts."""
        context_lines = 10
        unit = unit or self.unit
        source = unit.source
        line = 0
        upto = 0
        before = during = after = ""
        source_lines: list[tuple[int, str]] = []
        for num, following in enumerate(_line_ends(source)):
            if start >= upto and end <= following:
                line = num
                before = source[upto:start]
                during = source[start:end]
                after = source[end:following]
            source_lines.append((num, source[upto:following]))
            upto = following
        total = len(source_lines)
        top = max(1, line - context_lines)
        bottom = min(total, line + 1 + context_lines)
        # Some exceptions have no message, or one that cannot be shown.
        try:
            message = str(exception.args[0])
        except (IndexError, UnicodeDecodeError):
            message = "(Could not get exception message)"
        return {
            "message": message,
            "source_lines": source_lines[top:bottom],
            "before": before,
            "during": during,
            "after": after,
            "top": top,
            "bottom": bottom,
            "total": total,
            "line": line,
            "name": unit.origin.name,
            "start": start,
            "end": end,
        }


def _line_ends(source: str) -> Iterator[int]:
    """0, then the end of each line."""
    yield 0
    position = source.find("\n")
    while position >= 0:
        yield position + 1
        position = source.find("\n", position + 1)
    yield len(source) + 1


class PartialTemplate(_Renders):
    """A named part of a template that can be rendered by itself (tag ``partialdef``)."""

    def __init__(
        self,
        nodelist: NodeList,
        origin: Any,
        name: str,
        source_start: int | None = None,
        source_end: int | None = None,
    ) -> None:
        self.nodelist = nodelist
        self.origin = origin
        self.name = name
        self._source_start = source_start
        self._source_end = source_end
        # Set by the template that the part belongs to.
        self.template: Template | None = None

    def __repr__(self) -> str:
        return f"<{type(self).__qualname__} name={self.name!r} origin={self.origin!r}>"

    def _render(self, context: Any) -> Any:
        # By way of the class, so that what is put in place of its method sees parts, too.
        return Template._render(self, context)  # type: ignore[arg-type]

    @property
    def engine(self) -> Any:
        """The engine of the template."""
        return self.template.engine if self.template is not None else None

    def find_partial_source(self, full_source: str) -> str:
        """The part's source within that of the whole template, '' if it is not there."""
        if self._source_start is None or self._source_end is None or self._source_end > len(full_source):
            return ""
        return full_source[self._source_start : self._source_end]

    @property
    def source(self) -> str:
        """The source of the part, tags included; only in debug mode."""
        if self.template is None or not self.engine.debug:
            warnings.warn(
                "PartialTemplate.source is only available when template debugging is enabled.",
                RuntimeWarning,
                stacklevel=2,
            )
            return ""
        return self.find_partial_source(self.template.source)

    def get_exception_info(self, exception: BaseException, token: Token) -> dict[str, Any]:
        """As of the whole template."""
        assert self.template is not None
        return self.template.get_exception_info(exception, token)

    def get_span_info(
        self, exception: BaseException, start: int, end: int, unit: Unit | None = None
    ) -> dict[str, Any]:
        """As of the whole template."""
        assert self.template is not None
        return self.template.get_span_info(exception, start, end, unit)
