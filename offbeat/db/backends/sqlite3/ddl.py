"""Reading CREATE TABLE statements: SQLite keeps constraints nowhere else."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

__all__ = ["Column", "Constraint", "parse_table"]

_TOKEN = re.compile(
    r"--[^\n]*|/\*.*?\*/|'(?:[^']|'')*'|\"(?:[^\"]|\"\")*\"|`(?:[^`]|``)*`|\[[^\]]*\]|[\w$.]+|\s+|.",
    re.DOTALL,
)
_CLOSING = {'"': '"', "`": "`", "[": "]"}
_TABLE_CONSTRAINTS = {"CONSTRAINT", "PRIMARY", "UNIQUE", "CHECK", "FOREIGN"}


class Constraint(NamedTuple):
    """A UNIQUE or CHECK constraint; `name` is None if it has none."""

    name: str | None
    kind: str
    columns: list[str]
    sql: str


class Column(NamedTuple):
    """What a column's definition says beyond PRAGMA table_info."""

    name: str
    collation: str | None


def _tokens(sql: str) -> list[str]:
    return [
        token for token in _TOKEN.findall(sql) if not token.isspace() and not token.startswith(("--", "/*"))
    ]


def _identifier(token: str) -> str:
    closing = _CLOSING.get(token[0])
    if closing is None or len(token) < 2:
        return token
    inner = token[1:-1]
    return inner if closing == "]" else inner.replace(closing * 2, closing)


def _parts(tokens: list[str]) -> Iterator[list[str]]:
    """The definitions between the outermost parentheses."""
    depth = 0
    part: list[str] = []
    for token in tokens:
        if token == ")":
            depth -= 1
            if depth == 0:
                break
        if depth == 1 and token == ",":
            yield part
            part = []
        elif depth >= 1:
            part.append(token)
        if token == "(":
            depth += 1
    if part:
        yield part


def _group(tokens: list[str], start: int) -> tuple[list[str], int]:
    """The tokens inside the parenthesis that opens at or after `start`, and the index behind it."""
    while start < len(tokens) and tokens[start] != "(":
        start += 1
    depth = 0
    inside: list[str] = []
    for index in range(start, len(tokens)):
        token = tokens[index]
        if token == ")":
            depth -= 1
            if depth == 0:
                return inside, index + 1
        if depth:
            inside.append(token)
        if token == "(":
            depth += 1
    return inside, len(tokens)


def _mentioned(tokens: list[str], known: dict[str, str]) -> list[str]:
    found: list[str] = []
    for token in tokens:
        if token[0] == "'":
            continue
        column = known.get(_identifier(token).lower())
        if column is not None and column not in found:
            found.append(column)
    return found


def parse_table(sql: str, columns: list[str]) -> tuple[dict[str, Column], list[Constraint]]:
    """Collations of the columns and the UNIQUE and CHECK constraints of a CREATE TABLE statement."""
    known = {column.lower(): column for column in columns}
    described: dict[str, Column] = {}
    constraints: list[Constraint] = []
    tokens = _tokens(sql)
    if "(" not in tokens:
        return described, constraints
    for part in _parts(tokens[tokens.index("(") :]):
        own: str | None = None
        if part[0].upper() not in _TABLE_CONSTRAINTS:
            own = known.get(_identifier(part[0]).lower(), _identifier(part[0]))
            described[own] = Column(own, _collation(part))
        constraints.extend(_constraints(part, own, known))
    return described, constraints


def _collation(part: list[str]) -> str | None:
    depth = 0
    for index, token in enumerate(part[:-1]):
        depth += (token == "(") - (token == ")")
        if depth == 0 and index and token.upper() == "COLLATE":
            return _identifier(part[index + 1])
    return None


def _constraints(part: list[str], own: str | None, known: dict[str, str]) -> Iterator[Constraint]:
    index = 1 if own is not None else 0
    name: str | None = None
    while index < len(part):
        token = part[index]
        word = token.upper()
        if word == "CONSTRAINT":
            name = _identifier(part[index + 1])
            index += 2
        elif word == "UNIQUE" and own is not None:
            yield Constraint(name, "unique", [own], "")
            name, index = None, index + 1
        elif word in {"UNIQUE", "CHECK"}:
            inside, index = _group(part, index)
            columns = _mentioned(inside, known)
            yield Constraint(name, word.lower(), columns, " ".join(inside))
            name = None
        elif token == "(":
            _, index = _group(part, index)
        else:
            if word in {"PRIMARY", "FOREIGN", "REFERENCES", "DEFAULT"}:
                name = None
            index += 1
