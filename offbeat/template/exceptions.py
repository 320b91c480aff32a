"""Errors of loading and compiling templates."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

__all__ = ["TemplateDoesNotExist", "TemplateSyntaxError"]


class TemplateDoesNotExist(Exception):
    """No loader found the template.

    ``tried``: (origin, status) pairs; ``backend``: the engine that looked; ``chain``: the errors of the engines or
    names tried before.
    """

    def __init__(
        self,
        msg: Any,
        tried: Sequence[tuple[Any, str]] | None = None,
        backend: Any = None,
        chain: Sequence[TemplateDoesNotExist] | None = None,
    ) -> None:
        self.backend = backend
        self.tried = [] if tried is None else tried
        self.chain = [] if chain is None else chain
        super().__init__(msg)


class TemplateSyntaxError(Exception):
    """The template's source is wrong, or a tag is used in a wrong way."""
