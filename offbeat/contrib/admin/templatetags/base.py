"""Tags that render a template which applications and models can replace."""

from __future__ import annotations

from collections.abc import Callable
from inspect import getfullargspec
from typing import Any

from offbeat.template.library import InclusionNode, Library, parse_bits

__all__ = ["InclusionAdminNode", "admin_tag", "page_context"]


class InclusionAdminNode(InclusionNode):
    """Renders ``template_name`` as the model, the application or the admin has it.

    ``name``: the tag's, for errors. ``func``: gives the context. With ``takes_context`` it gets the page's.
    """

    def __init__(
        self,
        name: str,
        parser: Any,
        token: Any,
        func: Callable[..., Any],
        template_name: str,
        takes_context: bool = True,
    ) -> None:
        self.template_name = template_name
        spec = getfullargspec(func)
        args, kwargs = parse_bits(
            parser,
            token.split_contents()[1:],
            spec.args,
            spec.varargs,
            spec.varkw,
            spec.defaults,
            spec.kwonlyargs,
            spec.kwonlydefaults,
            takes_context,
            name,
        )
        super().__init__(func, takes_context, args, kwargs, filename=None)

    def render_with(self, context: Any, values: Any) -> str:
        """The template rendered with the function's result."""
        opts = context["opts"]
        templates = context.template.engine.select_template(
            [
                f"admin/{opts.app_label.lower()}/{opts.object_name.lower()}/{self.template_name}",
                f"admin/{opts.app_label.lower()}/{self.template_name}",
                f"admin/{self.template_name}",
            ]
        )
        context.render_context[self] = templates
        return super().render_with(context, values)


def admin_tag(
    register: Library, name: str, func: Callable[..., Any], template_name: str, takes_context: bool = True
) -> Callable[[Any, Any], InclusionAdminNode]:
    """Register the tag ``{% name … %}``, whose arguments are those of ``func``, and return what compiles it."""

    def compile_tag(parser: Any, token: Any) -> InclusionAdminNode:
        return InclusionAdminNode(name, parser, token, func, template_name, takes_context)

    register.tag(name, compile_tag)
    return compile_tag


def page_context(context: Any) -> Any:
    """The page's own context, for templates that need nothing else."""
    return context
