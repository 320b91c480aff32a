"""Media types and the ``Accept`` header (RFC 9110 §12.5.1)."""

from __future__ import annotations

import operator
from functools import lru_cache

from offbeat.utils.http import parse_header_parameters, split_header_value


class MediaType:
    """A media type or range such as ``text/*;q=0.5``."""

    def __init__(self, media_type_raw_line: str | MediaType) -> None:
        full_type, self.params = parse_header_parameters(
            str(media_type_raw_line) if media_type_raw_line else ""
        )
        self.main_type, _, self.sub_type = full_type.partition("/")

    def __str__(self) -> str:
        params = "".join(f"; {key}={value}" for key, value in self.params.items())
        return f"{self.main_type}{'/' if self.sub_type else ''}{self.sub_type}{params}"

    def __repr__(self) -> str:
        return f"<{self.__class__.__qualname__}: {self}>"

    @property
    def params_str(self) -> str:
        return "; ".join(f"{key}={value}" for key, value in self.params.items())

    @property
    def range_params(self) -> dict[str, str]:
        """The parameters except the weight."""
        params = self.params.copy()
        params.pop("q", None)
        return params

    @property
    def is_all_types(self) -> bool:
        return self.main_type == "*" and self.sub_type == "*"

    @property
    def quality(self) -> float:
        """The weight, from 0 to 1; 1 for a value that is not a weight."""
        try:
            quality = float(self.params.get("q", 1))
        except ValueError:
            return 1
        if not 0 <= quality <= 1:
            return 1
        return round(quality, 3)

    @property
    def specificity(self) -> int:
        """From 0 (``*/*``) to 3 (type with parameters)."""
        if self.main_type == "*":
            return 0
        if self.sub_type == "*":
            return 1
        return 3 if self.range_params else 2

    def match(self, other: str | MediaType) -> bool:
        """Whether ``other`` is this type or in this range."""
        if not other:
            return False
        if not isinstance(other, MediaType):
            other = MediaType(other)
        main_types = {self.main_type, other.main_type}
        sub_types = {self.sub_type, other.sub_type}
        # A range must be complete: "*" alone, or with any part empty, matches nothing.
        if not all((self.main_type, self.sub_type, other.main_type, other.sub_type)):
            return False
        if len(main_types) > 1 and "*" not in main_types:
            return False
        if len(sub_types) > 1 and "*" not in sub_types:
            return False
        params = other.range_params
        return not params or params == self.range_params


@lru_cache(maxsize=64)
def parse_accept(value: str) -> tuple[MediaType, ...]:
    """The media ranges of an ``Accept`` value with a weight above 0, the most wanted first.

    A range that cannot be parsed accepts nothing.
    """
    found = []
    for token in split_header_value(value):
        try:
            media = MediaType(token)
        except ValueError:
            continue
        if media.quality > 0:
            found.append(media)
    found.sort(key=operator.attrgetter("quality", "specificity"), reverse=True)
    return tuple(found)
