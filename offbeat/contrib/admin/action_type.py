"""What describes an action."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from offbeat.contrib.admin.constants import ActionLocation
from offbeat.utils.deprecation import RemovedInDjango2028Warning

__all__ = ["Action"]


@dataclass(frozen=True)
class Action:
    """An action as a ModelAdmin or a site offers it.

    It can still be unpacked to ``(func, name, description)``, with a warning.
    """

    func: Callable[..., Any]
    name: str
    description: Any
    plural_description: Any
    locations: list[ActionLocation]

    def _as_tuple(self) -> tuple[Any, ...]:
        return self.func, self.name, self.description

    def __iter__(self) -> Iterator[Any]:
        warnings.warn(
            "Unpacking an action tuple is deprecated. Use Action attributes instead.",
            RemovedInDjango2028Warning,
            stacklevel=2,
        )
        return iter(self._as_tuple())

    def __getitem__(self, index: Any) -> Any:
        warnings.warn(
            "Using indexes on an action tuple is deprecated. Use Action attributes instead.",
            RemovedInDjango2028Warning,
            stacklevel=2,
        )
        return self._as_tuple()[index]
