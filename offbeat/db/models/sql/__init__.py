"""The query builder and compilers; names are loaded when first used, since expressions need parts of this package."""

from __future__ import annotations

from importlib import import_module
from typing import Any

_HOMES = {
    "AND": "where",
    "OR": "where",
    "XOR": "where",
    "AggregateQuery": "subqueries",
    "DeleteQuery": "subqueries",
    "InsertQuery": "subqueries",
    "UpdateQuery": "subqueries",
    "Query": "query",
    "RawQuery": "query",
}

__all__ = [
    "AND",
    "OR",
    "XOR",
    "AggregateQuery",
    "DeleteQuery",
    "InsertQuery",
    "Query",
    "RawQuery",
    "UpdateQuery",
]


def __getattr__(name: str) -> Any:
    if name in _HOMES:
        value = getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
        globals()[name] = value
        return value
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
