"""Templates (Django documentation: topics/templates)."""

from __future__ import annotations

from offbeat.template.utils import EngineHandler

engines = EngineHandler()

from offbeat.template.base import (  # noqa: E402
    Node,
    NodeList,
    Origin,
    PartialTemplate,
    Template,
    Variable,
    VariableDoesNotExist,
)
from offbeat.template.context import Context, ContextPopException, RequestContext  # noqa: E402
from offbeat.template.engine import Engine  # noqa: E402
from offbeat.template.exceptions import TemplateDoesNotExist, TemplateSyntaxError  # noqa: E402
from offbeat.template.library import Library  # noqa: E402

from . import autoreload  # noqa: E402

__all__ = [
    "Context",
    "ContextPopException",
    "Engine",
    "Library",
    "Node",
    "NodeList",
    "Origin",
    "PartialTemplate",
    "RequestContext",
    "Template",
    "TemplateDoesNotExist",
    "TemplateSyntaxError",
    "Variable",
    "VariableDoesNotExist",
    "engines",
]
