"""Loading templates from whatever engines are configured (Django documentation: topics/templates)."""

from __future__ import annotations

from typing import Any

from offbeat.template import engines
from offbeat.template.exceptions import TemplateDoesNotExist

__all__ = ["engines", "get_template", "render_to_string", "select_template"]


def get_template(template_name: Any, using: str | None = None) -> Any:
    """The template of a name, from the engine ``using`` or the first that has it.

    Raises TemplateDoesNotExist or TemplateSyntaxError.
    """
    chain: list[TemplateDoesNotExist] = []
    for engine in _engine_list(using):
        try:
            return engine.get_template(template_name)
        except TemplateDoesNotExist as e:
            chain.append(e)
    raise TemplateDoesNotExist(template_name, chain=chain)


def select_template(template_name_list: Any, using: str | None = None) -> Any:
    """The first template of several names that exists; raises as ``get_template``."""
    if isinstance(template_name_list, str):
        raise TypeError(
            "select_template() takes an iterable of template names but got a string: "
            f"{template_name_list!r}. Use get_template() if you want to load a single template by name."
        )
    chain: list[TemplateDoesNotExist] = []
    engines_ = _engine_list(using)
    for template_name in template_name_list:
        for engine in engines_:
            try:
                return engine.get_template(template_name)
            except TemplateDoesNotExist as e:
                chain.append(e)
    if template_name_list:
        raise TemplateDoesNotExist(", ".join(template_name_list), chain=chain)
    raise TemplateDoesNotExist("No template names provided")


def render_to_string(
    template_name: Any, context: Any = None, request: Any = None, using: str | None = None
) -> Any:
    """Load a template (of a name, or the first of several) and render it with a dict."""
    if isinstance(template_name, list | tuple):
        template = select_template(template_name, using=using)
    else:
        template = get_template(template_name, using=using)
    return template.render(context, request)


def _engine_list(using: str | None = None) -> list[Any]:
    return engines.all() if using is None else [engines[using]]
