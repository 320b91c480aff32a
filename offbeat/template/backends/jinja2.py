"""The backend for Jinja2 (Django documentation: topics/templates)."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import jinja2

from offbeat.conf import settings
from offbeat.template import TemplateDoesNotExist, TemplateSyntaxError
from offbeat.template.backends.base import BaseEngine
from offbeat.template.backends.utils import csrf_input_lazy, csrf_token_lazy
from offbeat.utils.functional import cached_property
from offbeat.utils.module_loading import import_string

__all__ = ["Jinja2", "Origin", "Template"]


class Jinja2(BaseEngine):
    """A Jinja2 environment configured from the TEMPLATES setting."""

    app_dirname = "jinja2"

    def __init__(self, params: dict[str, Any]) -> None:
        from offbeat.template.utils import own_path

        params = params.copy()
        options = params.pop("OPTIONS").copy()
        super().__init__(params)
        self.context_processors = [own_path(path) for path in options.pop("context_processors", [])]
        environment_cls = import_string(own_path(options.pop("environment", "jinja2.Environment")))
        if "loader" not in options:
            options["loader"] = jinja2.FileSystemLoader(self.template_dirs)
        options.setdefault("autoescape", True)
        options.setdefault("auto_reload", settings.DEBUG)
        options.setdefault("undefined", jinja2.DebugUndefined if settings.DEBUG else jinja2.Undefined)
        self.env = environment_cls(**options)

    def from_string(self, template_code: Any) -> Template:
        return Template(self.env.from_string(template_code), self)

    def get_template(self, template_name: Any) -> Template:
        try:
            return Template(self.env.get_template(template_name), self)
        except jinja2.TemplateNotFound as exc:
            raise TemplateDoesNotExist(exc.name, backend=self) from exc
        except jinja2.TemplateSyntaxError as exc:
            new = TemplateSyntaxError(exc.args)
            new.template_debug = get_exception_info(exc)  # type: ignore[attr-defined]
            raise new from exc

    @cached_property
    def template_context_processors(self) -> list[Any]:
        """The context processors of the options."""
        return [import_string(path) for path in self.context_processors]


class Template:
    """A Jinja2 template with the face that all backends share."""

    def __init__(self, template: Any, backend: Any) -> None:
        self.template = template
        self.backend = backend
        self.origin = Origin(name=template.filename, template_name=template.name)

    def render(self, context: dict[str, Any] | None = None, request: Any = None) -> Any:
        """The text rendered with a dict, and the context processors if there is a request."""
        if context is None:
            context = {}
        if request is not None:
            context["request"] = request
            context["csrf_input"] = csrf_input_lazy(request)
            context["csrf_token"] = csrf_token_lazy(request)
            for context_processor in self.backend.template_context_processors:
                context.update(context_processor(request))
        try:
            return self.template.render(context)
        except jinja2.TemplateSyntaxError as exc:
            new = TemplateSyntaxError(exc.args)
            new.template_debug = get_exception_info(exc)  # type: ignore[attr-defined]
            raise new from exc


class Origin:
    """Where a Jinja2 template comes from, as the debug page wants to know it."""

    def __init__(self, name: Any, template_name: Any) -> None:
        self.name = name
        self.template_name = template_name


def get_exception_info(exception: Any) -> dict[str, Any]:
    """What the debug page shows about an error in a Jinja2 template."""
    context_lines = 10
    lineno = exception.lineno
    source = exception.source
    if source is None:
        path = Path(exception.filename)
        if path.exists():
            source = path.read_text()
    if source is not None:
        lines = list(enumerate(source.strip().split("\n"), start=1))
        during = lines[lineno - 1][1]
        total = len(lines)
        top = max(0, lineno - context_lines - 1)
        bottom = min(total, lineno + context_lines)
    else:
        during, lines, total, top, bottom = "", [], 0, 0, 0
    return {
        "name": exception.filename,
        "message": exception.message,
        "source_lines": lines[top:bottom],
        "line": lineno,
        "before": "",
        "during": during,
        "after": "",
        "total": total,
        "top": top,
        "bottom": bottom,
    }
