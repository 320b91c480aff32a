"""Regular expressions of modules: compiled at the first use, for most are of no use to most sites."""

from __future__ import annotations

import re
from typing import Any, AnyStr

__all__ = ["lazy_pattern"]


class _LazyPattern:
    def __init__(self, regex: str | bytes, flags: int) -> None:
        self._source = (regex, flags)

    # isinstance() and the functions of ``re`` take it for what it stands for.
    @property  # type: ignore[misc]
    def __class__(self) -> Any:
        return re.Pattern

    def __repr__(self) -> str:
        return f"lazy_pattern{self._source!r}"

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            # Only methods of patterns are forwarded, not what copying and the like ask for.
            raise AttributeError(name)
        # Kept, so that from the second use on it costs what a method of a pattern costs.
        if name == "_compiled":
            value: Any = re.compile(*self._source)
        else:
            value = getattr(self._compiled, name)
        self.__dict__[name] = value
        return value


def lazy_pattern(regex: AnyStr, flags: int = 0) -> re.Pattern[AnyStr]:
    """An object with the methods and attributes of ``re.compile(regex, flags)``, which is compiled when one is used."""
    return _LazyPattern(regex, flags)  # type: ignore[return-value]
