"""Attributes that middleware gives requests without making them."""

from __future__ import annotations

from typing import Any

__all__ = ["Gift"]


class Gift:
    """An attribute that middleware gives a request, made when it is read; it can be set.

    ``kept``: made once, for the request to keep it.
    """

    name = ""

    def __init__(self, kept: bool = True) -> None:
        self.kept = kept

    def __set_name__(self, owner: type, name: str) -> None:
        self.name = name

    def __get__(self, request: Any, owner: type | None = None) -> Any:
        if request is None:
            return self
        make = request._gifts.get(self.name)
        if make is None:
            raise AttributeError(
                f"{type(request).__name__!r} object has no attribute {self.name!r}",
                name=self.name,
                obj=request,
            )
        value = make(request)
        # Two threads may both make one; the first that is kept is everybody's.
        return request.__dict__.setdefault(self.name, value) if self.kept else value
