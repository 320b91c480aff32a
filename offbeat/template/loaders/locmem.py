"""Templates in a dictionary."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from offbeat.template.base import Origin
from offbeat.template.exceptions import TemplateDoesNotExist
from offbeat.template.loaders.base import Loader as BaseLoader

__all__ = ["Loader"]


class Loader(BaseLoader):
    """Loads from ``templates_dict``, source by name."""

    def __init__(self, engine: Any, templates_dict: dict[str, str]) -> None:
        self.templates_dict = templates_dict
        super().__init__(engine)

    def get_contents(self, origin: Any) -> str:
        try:
            return self.templates_dict[origin.name]
        except KeyError:
            raise TemplateDoesNotExist(origin) from None

    def get_template_sources(self, template_name: Any) -> Iterator[Any]:
        yield Origin(name=template_name, template_name=template_name, loader=self)
