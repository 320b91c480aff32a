"""The base of template loaders."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from offbeat.template.base import Template
from offbeat.template.exceptions import TemplateDoesNotExist

__all__ = ["Loader"]


class Loader:
    """Finds templates by name; subclasses define ``get_template_sources`` and ``get_contents``."""

    def __init__(self, engine: Any) -> None:
        self.engine = engine

    def get_template(self, template_name: Any, skip: Any = None) -> Any:
        """The template; ``skip``: origins to pass over (a template that extends one of its own name)."""
        tried: list[tuple[Any, str]] = []
        for origin in self.get_template_sources(template_name):
            if skip is not None and origin in skip:
                tried.append((origin, "Skipped to avoid recursion"))
                continue
            try:
                contents = self.get_contents(origin)
            except TemplateDoesNotExist:
                tried.append((origin, "Source does not exist"))
                continue
            return Template(contents, origin, origin.template_name, self.engine)
        raise TemplateDoesNotExist(template_name, tried=tried)

    def get_template_sources(self, template_name: Any) -> Iterator[Any]:
        """The origins where the template could be."""
        raise NotImplementedError("subclasses of Loader must provide a get_template_sources() method")

    def get_contents(self, origin: Any) -> str:
        """The source at an origin; TemplateDoesNotExist if there is none."""
        raise NotImplementedError("subclasses of Loader must provide a get_contents() method")

    def reset(self) -> None:
        """Forget what was loaded."""
