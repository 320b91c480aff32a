"""The expressions of ``{% if %}``: operator precedence parsing, evaluation, and code for the compiler.

An error inside of an operator makes it false, as templates should not fail over a comparison.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterable
from typing import Any

__all__ = ["IfParser", "Infix", "Literal", "Prefix"]

_COMPARISONS: dict[str, Callable[[Any, Any], Any]] = {
    "in": lambda x, y: x in y,
    "not in": lambda x, y: x not in y,
    "is": operator.is_,
    "is not": operator.is_not,
    "==": operator.eq,
    "!=": operator.ne,
    ">": operator.gt,
    ">=": operator.ge,
    "<": operator.lt,
    "<=": operator.le,
}
_BINDING_POWER = {
    "or": 6,
    "and": 7,
    "in": 9,
    "not in": 9,
    **dict.fromkeys(["is", "is not", "==", "!=", ">", ">=", "<", "<="], 10),
}
_NOT_POWER = 8


class Literal:
    """An operand."""

    is_operator = False

    def __init__(self, value: Any) -> None:
        self.value = value

    def eval(self, context: Any) -> Any:
        """The operand's value."""
        return self.value

    def code(self, gen: Any) -> str:
        """An atom for the value."""
        return gen.const(self.value)  # type: ignore[no-any-return]

    def __repr__(self) -> str:
        return f"(literal {self.value!r})"


class Prefix:
    """``not x``."""

    is_operator = True

    def __init__(self, first: Any) -> None:
        self.first = first

    def eval(self, context: Any) -> Any:
        """The negation; an error is false."""
        try:
            return not self.first.eval(context)
        except Exception:
            return False

    def code(self, gen: Any) -> str:
        """A local with the result."""
        result: str = gen.name("c")
        if self.first.is_operator:
            gen.line(f"{result} = not {self.first.code(gen)}")
            return result
        with gen.block("try:"):
            gen.line(f"{result} = not {self.first.code(gen)}")
        with gen.block("except Exception:"):
            gen.line(f"{result} = False")
        return result

    def __repr__(self) -> str:
        return f"(not {self.first!r})"


class Infix:
    """``x operator y``."""

    is_operator = True

    def __init__(self, op: str, first: Any, second: Any) -> None:
        self.op = op
        self.first = first
        self.second = second

    def eval(self, context: Any) -> Any:
        """The result; an error is false."""
        try:
            if self.op == "or":
                return self.first.eval(context) or self.second.eval(context)
            if self.op == "and":
                return self.first.eval(context) and self.second.eval(context)
            return _COMPARISONS[self.op](self.first.eval(context), self.second.eval(context))
        except Exception:
            return False

    def code(self, gen: Any) -> str:
        """A local with the result."""
        result: str = gen.name("c")
        # An operator catches its own errors: outside of this try, long chains do not nest.
        first = self.first.code(gen) if self.first.is_operator else None
        with gen.block("try:"):
            first = first or self.first.code(gen)
            if self.op in ("or", "and"):
                gen.line(f"{result} = {first}")
                with gen.block(f"if not {result}:" if self.op == "or" else f"if {result}:"):
                    gen.line(f"{result} = {self.second.code(gen)}")
            else:
                second = self.second.code(gen)
                if self.op in ("is", "is not") and not second.isidentifier():
                    # Python warns of identity with a literal.
                    second, literal = gen.name("v"), second
                    gen.line(f"{second} = {literal}")
                if self.op in ("is", "is not") and not first.isidentifier():
                    first, literal = gen.name("v"), first
                    gen.line(f"{first} = {literal}")
                gen.line(f"{result} = {first} {self.op} {second}")
        with gen.block("except Exception:"):
            gen.line(f"{result} = False")
        return result

    def __repr__(self) -> str:
        return f"({self.op} {self.first!r} {self.second!r})"


class IfParser:
    """Parses a list of words; subclasses may change ``create_var`` and ``error_class``."""

    error_class: type[Exception] = ValueError

    def __init__(self, tokens: Iterable[str]) -> None:
        words = list(tokens)
        self.tokens: list[Any] = []
        i = 0
        while i < len(words):
            word = words[i]
            if word == "is" and words[i + 1 : i + 2] == ["not"]:
                word, i = "is not", i + 1
            elif word == "not" and words[i + 1 : i + 2] == ["in"]:
                word, i = "not in", i + 1
            i += 1
            is_operator = isinstance(word, str) and (word in _BINDING_POWER or word == "not")
            self.tokens.append(word if is_operator else self.create_var(word))
        self.pos = 0

    def create_var(self, value: Any) -> Any:
        """The operand for a word."""
        return Literal(value)

    def parse(self) -> Any:
        """The expression; ``error_class`` for a wrong one."""
        result = self._expression(0)
        if self.pos < len(self.tokens):
            raise self.error_class(f"Unused '{_shown(self.tokens[self.pos])}' at end of if expression.")
        return result

    def _expression(self, power: int) -> Any:
        left = self._operand()
        while self.pos < len(self.tokens):
            token = self.tokens[self.pos]
            if not isinstance(token, str) or _BINDING_POWER.get(token, 0) <= power:
                break
            self.pos += 1
            left = Infix(token, left, self._expression(_BINDING_POWER[token]))
        return left

    def _operand(self) -> Any:
        if self.pos >= len(self.tokens):
            raise self.error_class("Unexpected end of expression in if tag.")
        token = self.tokens[self.pos]
        self.pos += 1
        if token == "not":
            return Prefix(self._expression(_NOT_POWER))
        if isinstance(token, str):
            raise self.error_class(f"Not expecting '{token}' in this position in if tag.")
        return token


def _shown(token: Any) -> str:
    return token if isinstance(token, str) else str(getattr(token, "text", token))
