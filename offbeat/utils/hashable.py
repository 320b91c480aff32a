"""Hashable stand-ins for containers."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any


def make_hashable(value: Any) -> Any:
    """A hashable value that is equal for equal input; TypeError for what cannot be hashed nor iterated."""
    if isinstance(value, dict):
        return tuple((key, make_hashable(nested)) for key, nested in sorted(value.items()))
    try:
        hash(value)
    except TypeError:
        if isinstance(value, Iterable):
            return tuple(map(make_hashable, value))
        raise
    return value
