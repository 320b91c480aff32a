"""Template source to tokens."""

from __future__ import annotations

from collections.abc import Iterator
from enum import Enum

from offbeat.utils.lazy_pattern import lazy_pattern
from offbeat.utils.text import smart_split

__all__ = [
    "BLOCK_TAG_END",
    "BLOCK_TAG_START",
    "COMMENT_TAG_END",
    "COMMENT_TAG_START",
    "SINGLE_BRACE_END",
    "SINGLE_BRACE_START",
    "TRANSLATOR_COMMENT_MARK",
    "VARIABLE_TAG_END",
    "VARIABLE_TAG_START",
    "DebugLexer",
    "Lexer",
    "Token",
    "TokenType",
    "tag_re",
]

BLOCK_TAG_START = "{%"
BLOCK_TAG_END = "%}"
VARIABLE_TAG_START = "{{"
VARIABLE_TAG_END = "}}"
COMMENT_TAG_START = "{#"
COMMENT_TAG_END = "#}"
SINGLE_BRACE_START = "{"
SINGLE_BRACE_END = "}"
TRANSLATOR_COMMENT_MARK = "Translators"

tag_re = lazy_pattern(r"({%.*?%}|{{.*?}}|{#.*?#})")


class TokenType(Enum):
    """What a token is."""

    TEXT = 0
    VAR = 1
    BLOCK = 2
    COMMENT = 3


_KINDS = {"{{": TokenType.VAR, "{%": TokenType.BLOCK, "{#": TokenType.COMMENT}


class Token:
    """A piece of a template: ``token_type``, ``contents`` (without the braces), ``lineno``, ``position`` (start, end)."""

    __slots__ = ("contents", "lineno", "position", "token_type")

    def __init__(
        self,
        token_type: TokenType,
        contents: str,
        position: tuple[int, int] | None = None,
        lineno: int | None = None,
    ) -> None:
        self.token_type = token_type
        self.contents = contents
        self.lineno = lineno
        self.position = position

    def __repr__(self) -> str:
        name = self.token_type.name.capitalize()
        return f'<{name} token: "{self.contents[:20].replace(chr(10), "")}...">'

    def split_contents(self) -> list[str]:
        """Words of the contents; quoted strings and ``_("…")`` stay whole."""
        split: list[str] = []
        bits = smart_split(self.contents)
        for bit in bits:
            if bit.startswith(('_("', "_('")):
                closing = bit[2] + ")"
                whole = [bit]
                while not bit.endswith(closing):
                    following = next(bits, None)
                    if following is None:
                        break
                    bit = following
                    whole.append(bit)
                bit = " ".join(whole)
            split.append(bit)
        return split


class Lexer:
    """Cuts ``template_string`` into tokens; every token knows its line."""

    with_positions = False

    def __init__(self, template_string: str) -> None:
        self.template_string = template_string
        self.verbatim: str | bool = False

    def __repr__(self) -> str:
        return (
            f'<{type(self).__qualname__} template_string="{self.template_string[:20].replace(chr(10), "")}...", '
            f"verbatim={self.verbatim}>"
        )

    def tokenize(self) -> list[Token]:
        """All tokens, in order."""
        return list(self._tokens())

    def _tokens(self) -> Iterator[Token]:
        lineno = 1
        position = 0
        in_tag = False
        for piece in tag_re.split(self.template_string):
            if piece:
                end = position + len(piece)
                yield self.create_token(
                    piece, (position, end) if self.with_positions else None, lineno, in_tag
                )
                lineno += piece.count("\n")
                position = end
            in_tag = not in_tag

    def create_token(
        self, token_string: str, position: tuple[int, int] | None, lineno: int, in_tag: bool
    ) -> Token:
        """The token for one piece of source."""
        if in_tag:
            kind = _KINDS[token_string[:2]]
            content = token_string[2:-2].strip()
            if kind is TokenType.BLOCK and self.verbatim and content == self.verbatim:
                self.verbatim = False
            if not self.verbatim:
                if kind is TokenType.BLOCK and content[:9] in ("verbatim", "verbatim "):
                    # Everything is text until the matching end tag.
                    self.verbatim = f"end{content}"
                return Token(kind, content, position, lineno)
        return Token(TokenType.TEXT, token_string, position, lineno)


class DebugLexer(Lexer):
    """A lexer whose tokens know their positions, too."""

    with_positions = True
