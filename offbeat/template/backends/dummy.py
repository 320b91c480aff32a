"""A backend for ``string.Template``, small enough to learn from."""

from __future__ import annotations

import string
from typing import Any

from offbeat.core.exceptions import ImproperlyConfigured
from offbeat.template import Origin, TemplateDoesNotExist
from offbeat.template.backends.base import BaseEngine
from offbeat.template.backends.utils import csrf_input_lazy, csrf_token_lazy
from offbeat.utils.html import conditional_escape

__all__ = ["Template", "TemplateStrings"]


class TemplateStrings(BaseEngine):
    """``$name`` templates."""

    app_dirname = "template_strings"

    def __init__(self, params: dict[str, Any]) -> None:
        params = params.copy()
        options = params.pop("OPTIONS").copy()
        if options:
            raise ImproperlyConfigured(f"Unknown options: {', '.join(options)}")
        super().__init__(params)

    def from_string(self, template_code: Any) -> Template:
        return Template(template_code)

    def get_template(self, template_name: Any) -> Template:
        tried = []
        for template_file in self.iter_template_filenames(template_name):
            try:
                with open(template_file, encoding="utf-8") as file:
                    return Template(file.read())
            except FileNotFoundError:
                tried.append((Origin(template_file, template_name, self), "Source does not exist"))
        raise TemplateDoesNotExist(template_name, tried=tried, backend=self)


class Template(string.Template):
    """A ``string.Template`` whose values are escaped."""

    def render(self, context: dict[str, Any] | None = None, request: Any = None) -> str:
        """The text with the values of a dict filled in."""
        values = (
            {} if context is None else {name: conditional_escape(value) for name, value in context.items()}
        )
        if request is not None:
            values["csrf_input"] = csrf_input_lazy(request)
            values["csrf_token"] = csrf_token_lazy(request)
        return self.safe_substitute(values)
