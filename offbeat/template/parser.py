"""Tokens to nodes."""

from __future__ import annotations

import re
import warnings
from collections.abc import Callable, Iterable
from typing import Any

from offbeat.template.exceptions import TemplateSyntaxError
from offbeat.template.lexer import Token, TokenType
from offbeat.template.nodes import NodeList, TextNode, VariableNode
from offbeat.template.variables import FilterExpression
from offbeat.utils.deprecation import RemovedInDjango2028Warning
from offbeat.utils.lazy_pattern import lazy_pattern
from offbeat.utils.text import get_text_list

__all__ = ["Parser", "kwarg_re", "token_kwargs"]

kwarg_re = lazy_pattern(r"(?:(\w+)=)?(.+)", re.DOTALL)


class Parser:
    """Turns tokens into a node list with the tags and filters of ``builtins`` and of the libraries that are loaded.

    What tag functions use: ``parse``, ``skip_past``, ``next_token``, ``prepend_token``, ``delete_first_token``,
    ``compile_filter``, ``find_filter``, ``add_library``, ``error``, ``extra_data`` (a dictionary for their own use).
    """

    def __init__(
        self,
        tokens: Iterable[Token],
        libraries: dict[str, Any] | None = None,
        builtins: Iterable[Any] | None = None,
        origin: Any = None,
        unit: Any = None,
    ) -> None:
        # Reversed, so that taking the next one is cheap.
        self.tokens = list(reversed(list(tokens)))
        self.tags: dict[str, Callable[..., Any]] = {}
        self.filters: dict[str, Callable[..., Any]] = {}
        self.command_stack: list[tuple[str, Token]] = []
        self.libraries = {} if libraries is None else libraries
        self.extra_data: dict[str, Any] = {}
        self.origin = origin
        self.unit = unit
        for builtin in builtins or ():
            self.add_library(builtin)

    def __repr__(self) -> str:
        return f"<{type(self).__qualname__} tokens={self.tokens!r}>"

    def parse(self, parse_until: Iterable[str] | None = None) -> NodeList:
        """Nodes up to a block tag whose name is in ``parse_until`` (it stays the next token), or to the end."""
        until = () if parse_until is None else tuple(parse_until)
        nodelist = NodeList()
        nodelist.unit = self.unit
        while self.tokens:
            token = self.next_token()
            kind = token.token_type
            if kind is TokenType.TEXT:
                self.extend_nodelist(nodelist, TextNode(token.contents), token)
            elif kind is TokenType.VAR:
                if not token.contents:
                    raise self.error(token, f"Empty variable tag on line {token.lineno}")
                try:
                    filter_expression = self.compile_filter(token.contents)
                except TemplateSyntaxError as e:
                    raise self.error(token, e)
                if ".." in token.contents:
                    self._warn_about_double_dots(filter_expression, token)
                self.extend_nodelist(nodelist, VariableNode(filter_expression), token)
            elif kind is TokenType.BLOCK:
                try:
                    command = token.contents.split()[0]
                except IndexError:
                    raise self.error(token, f"Empty block tag on line {token.lineno}")
                if command in until:
                    self.prepend_token(token)
                    return nodelist
                self._block(nodelist, token, command, until)
        if until:
            self.unclosed_block_tag(until)
        return nodelist

    def _warn_about_double_dots(self, expression: FilterExpression, token: Token) -> None:
        lookups = expression.var.lookups if expression.is_var else None
        if lookups and "" in lookups[1:]:
            name = getattr(self.origin, "template_name", None) or getattr(self.origin, "name", None)
            warnings.warn(
                "Support for double-dot lookups '..' which maps to a lookup of the empty string is deprecated.\n"
                f"  Template: {name}\n  Line: {token.lineno}",
                RemovedInDjango2028Warning,
                stacklevel=2,
            )

    def _block(self, nodelist: NodeList, token: Token, command: str, until: tuple[str, ...]) -> None:
        # For the message about a tag that is never closed.
        self.command_stack.append((command, token))
        compile_func = self.tags.get(command)
        if compile_func is None:
            self.invalid_block_tag(token, command, until)
            return
        try:
            compiled = compile_func(self, token)
        except Exception as e:
            raise self.error(token, e)
        self.extend_nodelist(nodelist, compiled, token)
        self.command_stack.pop()

    def skip_past(self, endtag: str) -> None:
        """Drop all tokens up to and with the block tag ``endtag``."""
        while self.tokens:
            token = self.next_token()
            if token.token_type is TokenType.BLOCK and token.contents == endtag:
                return
        self.unclosed_block_tag([endtag])

    def extend_nodelist(self, nodelist: NodeList, node: Any, token: Token) -> None:
        """Add a node and tell it where it comes from."""
        if node.must_be_first and nodelist.contains_nontext:
            name = getattr(self.origin, "template_name", None)
            where = repr(name) if name else "the template"
            raise self.error(token, f"{{% {token.contents} %}} must be the first tag in {where}.")
        if not isinstance(node, TextNode):
            nodelist.contains_nontext = True
        node.token = token
        node.origin = self.origin
        node.unit = self.unit
        nodelist.append(node)

    def error(self, token: Token, e: Any) -> Exception:
        """An exception to raise: TemplateSyntaxError for text, with ``token`` on it."""
        if not isinstance(e, Exception):
            e = TemplateSyntaxError(e)
        if not hasattr(e, "token"):
            e.token = token
        return e  # type: ignore[no-any-return]

    def invalid_block_tag(self, token: Token, command: str, parse_until: Iterable[str] | None = None) -> None:
        """Raise the error for a tag that nobody has registered."""
        expected = ""
        if parse_until:
            expected = f", expected {get_text_list([repr(p) for p in parse_until], 'or')}"
        raise self.error(
            token,
            f"Invalid block tag on line {token.lineno}: '{command}'{expected}. "
            "Did you forget to register or load this tag?",
        )

    def unclosed_block_tag(self, parse_until: Iterable[str]) -> None:
        """Raise the error for a tag without its end tag."""
        command, token = self.command_stack.pop()
        raise self.error(
            token,
            f"Unclosed tag on line {token.lineno}: '{command}'. Looking for one of: {', '.join(parse_until)}.",
        )

    def next_token(self) -> Token:
        """Take the next token."""
        return self.tokens.pop()

    def prepend_token(self, token: Token) -> None:
        """Put a token back."""
        self.tokens.append(token)

    def delete_first_token(self) -> None:
        """Drop the next token."""
        del self.tokens[-1]

    def add_library(self, lib: Any) -> None:
        """Make a library's tags and filters known."""
        self.tags.update(lib.tags)
        self.filters.update(lib.filters)

    def compile_filter(self, token: str) -> FilterExpression:
        """The FilterExpression for ``variable|filter:argument``."""
        return FilterExpression(token, self)

    def find_filter(self, filter_name: str) -> Callable[..., Any]:
        """The filter function; TemplateSyntaxError if there is none."""
        if filter_name in self.filters:
            return self.filters[filter_name]
        raise TemplateSyntaxError(f"Invalid filter: '{filter_name}'")


def token_kwargs(
    bits: list[str], parser: Parser, support_legacy: bool = False
) -> dict[str, FilterExpression]:
    """Keyword arguments taken from the start of ``bits``, which loses them.

    ``support_legacy``: the form ``value as name and value as name`` is accepted, too.
    """
    kwargs: dict[str, FilterExpression] = {}
    if not bits:
        return kwargs
    match = kwarg_re.match(bits[0])
    keyword_form = bool(match and match[1])
    if not keyword_form and (not support_legacy or len(bits) < 3 or bits[1] != "as"):
        return kwargs
    while bits:
        if keyword_form:
            match = kwarg_re.match(bits[0])
            if not match or not match[1]:
                return kwargs
            key, value = match.groups()
            del bits[:1]
        else:
            if len(bits) < 3 or bits[1] != "as":
                return kwargs
            key, value = bits[2], bits[0]
            del bits[:3]
        kwargs[key] = parser.compile_filter(value)
        if bits and not keyword_form:
            if bits[0] != "and":
                return kwargs
            del bits[:1]
    return kwargs
