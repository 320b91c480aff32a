"""Making instances the documented way, through Model.from_db()."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from typing import Any

__all__ = ["from_db_caller"]


@functools.lru_cache(maxsize=1024)
def _takes_fetch_mode(function: Any) -> bool:
    parameters = inspect.signature(function).parameters.values()
    return any(p.name == "fetch_mode" or p.kind is p.VAR_KEYWORD for p in parameters)


def from_db_caller(model: Any, names: list[str]) -> Callable[[str, tuple[Any, ...], Any], Any]:
    """A function (alias, values, fetch mode) -> instance, for values of the fields `names`."""
    from_db = model.from_db
    if _takes_fetch_mode(getattr(from_db, "__func__", from_db)):

        def make(alias: str, values: tuple[Any, ...], mode: Any) -> Any:
            return from_db(alias, names, values, fetch_mode=mode)

    else:

        def make(alias: str, values: tuple[Any, ...], mode: Any) -> Any:
            instance = from_db(alias, names, values)
            if mode is not None:
                instance._state.fetch_mode = mode
            return instance

    return make
