"""Form renderers: how forms and widgets find their templates (Django documentation: ref/forms/renderers)."""

from __future__ import annotations

import functools
from pathlib import Path
from typing import Any

from offbeat.conf import settings
from offbeat.utils.functional import cached_property, classproperty
from offbeat.utils.module_loading import import_string

__all__ = [
    "BaseRenderer",
    "DjangoTemplates",
    "EngineMixin",
    "Jinja2",
    "TemplatesSetting",
    "get_default_renderer",
]


@functools.lru_cache
def get_default_renderer() -> Any:
    """The renderer of the FORM_RENDERER setting."""
    path = settings.FORM_RENDERER
    if path.startswith("django."):
        path = "offbeat." + path.removeprefix("django.")
    return import_string(path)()


class BaseRenderer:
    """Base of renderers; subclasses define ``get_template``."""

    form_template_name = "django/forms/div.html"
    formset_template_name = "django/forms/formsets/div.html"
    field_template_name = "django/forms/field.html"
    bound_field_class: Any = None

    def get_template(self, template_name: str) -> Any:
        """The template of a name."""
        raise NotImplementedError("subclasses must implement get_template()")

    def render(self, template_name: str, context: dict[str, Any], request: Any = None) -> str:
        """A template rendered with a dict."""
        template = self.get_template(template_name)
        return template.render(context, request=request).strip()  # type: ignore[no-any-return]


class EngineMixin:
    """Renderers with an engine of their own, which looks into installed applications, too."""

    backend: Any

    def get_template(self, template_name: str) -> Any:
        """The template of a name."""
        return self.engine.get_template(template_name)

    @cached_property
    def engine(self) -> Any:
        """The engine."""
        return self.backend(
            {
                "APP_DIRS": True,
                "DIRS": [Path(__file__).parent / self.backend.app_dirname],
                "NAME": "djangoforms",
                "OPTIONS": {},
            }
        )


class DjangoTemplates(EngineMixin, BaseRenderer):
    """Renders with Django's template language."""

    @classproperty
    def backend(cls) -> Any:
        """The backend class; forms that nobody renders do not load the template engine."""
        from offbeat.template.backends.django import DjangoTemplates as DjangoTemplatesBackend

        return DjangoTemplatesBackend


class Jinja2(EngineMixin, BaseRenderer):
    """Renders with Jinja2."""

    @cached_property
    def backend(self) -> Any:
        """The backend class, which needs Jinja2 to be installed."""
        from offbeat.template.backends.jinja2 import Jinja2 as Jinja2Backend

        return Jinja2Backend


class TemplatesSetting(BaseRenderer):
    """Renders with the engines of the TEMPLATES setting."""

    def get_template(self, template_name: str) -> Any:
        from offbeat.template.loader import get_template

        return get_template(template_name)
