"""Templates (Django documentation: topics/templates)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from offbeat.template.utils import EngineHandler
from offbeat.utils.lazy_names import lazy_names

if TYPE_CHECKING:
    from offbeat.template.base import (
        Node,
        NodeList,
        Origin,
        PartialTemplate,
        Template,
        Variable,
        VariableDoesNotExist,
    )
    from offbeat.template.context import Context, ContextPopException, RequestContext
    from offbeat.template.engine import Engine
    from offbeat.template.exceptions import TemplateDoesNotExist, TemplateSyntaxError
    from offbeat.template.library import Library
else:
    __getattr__, __dir__ = lazy_names(
        __name__,
        {
            "offbeat.template.base": (
                "Node",
                "NodeList",
                "Origin",
                "PartialTemplate",
                "Template",
                "Variable",
                "VariableDoesNotExist",
            ),
            "offbeat.template.context": ("Context", "ContextPopException", "RequestContext"),
            "offbeat.template.engine": ("Engine",),
            "offbeat.template.exceptions": ("TemplateDoesNotExist", "TemplateSyntaxError"),
            "offbeat.template.library": ("Library",),
        },
    )

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

engines = EngineHandler()
