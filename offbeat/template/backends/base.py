"""The base of template backends (Django documentation: howto/custom-template-backend)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from offbeat.core.exceptions import ImproperlyConfigured, SuspiciousFileOperation
from offbeat.template.utils import get_app_template_dirs
from offbeat.utils._os import safe_join
from offbeat.utils.functional import cached_property

__all__ = ["BaseEngine"]


class BaseEngine:
    """Takes ``params`` from the TEMPLATES setting; subclasses define ``from_string`` and ``get_template``."""

    app_dirname: str | None = None

    def __init__(self, params: dict[str, Any]) -> None:
        params = params.copy()
        self.name = params.pop("NAME")
        self.dirs = list(params.pop("DIRS"))
        self.app_dirs = params.pop("APP_DIRS")
        if params:
            raise ImproperlyConfigured(f"Unknown parameters: {', '.join(params)}")

    def check(self, **kwargs: Any) -> list[Any]:
        """System checks of this engine."""
        return []

    def from_string(self, template_code: Any) -> Any:
        """A template made from its source."""
        raise NotImplementedError("subclasses of BaseEngine should provide a from_string() method")

    def get_template(self, template_name: Any) -> Any:
        """The template of a name; TemplateDoesNotExist if there is none."""
        raise NotImplementedError("subclasses of BaseEngine must provide a get_template() method")

    @cached_property
    def template_dirs(self) -> tuple[Any, ...]:
        """Directories to look into, the configured ones first."""
        template_dirs = tuple(self.dirs)
        if self.app_dirs:
            assert self.app_dirname is not None
            template_dirs += get_app_template_dirs(self.app_dirname)
        return template_dirs

    def iter_template_filenames(self, template_name: Any) -> Iterator[Any]:
        """Paths where the template could be, never outside of the directories."""
        for template_dir in self.template_dirs:
            try:
                yield safe_join(template_dir, template_name)
            except SuspiciousFileOperation:
                pass
