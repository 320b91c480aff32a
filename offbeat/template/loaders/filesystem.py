"""Templates in directories."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from offbeat.core.exceptions import SuspiciousFileOperation
from offbeat.template.base import Origin
from offbeat.template.exceptions import TemplateDoesNotExist
from offbeat.template.loaders.base import Loader as BaseLoader
from offbeat.utils._os import safe_join

__all__ = ["Loader"]


class Loader(BaseLoader):
    """Loads from ``dirs``, by default those of the engine."""

    def __init__(self, engine: Any, dirs: Sequence[Any] | None = None) -> None:
        super().__init__(engine)
        self.dirs = dirs

    def get_dirs(self) -> Sequence[Any]:
        """The directories to look into."""
        return self.dirs if self.dirs is not None else self.engine.dirs

    def get_contents(self, origin: Any) -> str:
        try:
            with open(origin.name, encoding=self.engine.file_charset) as file:
                return file.read()
        except FileNotFoundError:
            raise TemplateDoesNotExist(origin) from None

    def get_template_sources(self, template_name: Any) -> Iterator[Any]:
        """One origin for each directory; a name that leads out of a directory is not looked for there."""
        for template_dir in self.get_dirs():
            try:
                name = safe_join(template_dir, template_name)
            except SuspiciousFileOperation:
                continue
            yield Origin(name=name, template_name=template_name, loader=self)
