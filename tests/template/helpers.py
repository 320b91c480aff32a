"""Short ways to make templates."""

from __future__ import annotations

from typing import Any

from offbeat.template import Context, Engine, Library, Node, Template

register = Library()


class OpaqueNode(Node):
    """A third-party node: it is called, and may do anything to the context."""

    child_nodelists = ()

    def render(self, context: Any) -> str:
        return ""


@register.tag
def opaque(parser: Any, token: Any) -> OpaqueNode:
    return OpaqueNode()


class SetNode(Node):
    child_nodelists = ()

    def __init__(self, name: str, value: Any) -> None:
        self.name, self.value = name, value

    def render(self, context: Any) -> str:
        context[self.name] = self.value.resolve(context)
        return ""


@register.tag("set")
def do_set(parser: Any, token: Any) -> SetNode:
    _, name, value = token.split_contents()
    return SetNode(name, parser.compile_filter(value))


class WrapNode(Node):
    def __init__(self, nodelist: Any) -> None:
        self.nodelist = nodelist

    def render(self, context: Any) -> str:
        return f"[{self.nodelist.render(context)}]"


@register.tag
def wrap(parser: Any, token: Any) -> WrapNode:
    nodelist = parser.parse(("endwrap",))
    parser.delete_first_token()
    return WrapNode(nodelist)


@register.simple_tag(takes_context=True)
def remember(context: Any, name: str) -> str:
    context["remembered"] = name
    return name.upper()


@register.simple_tag
def join_args(*args: Any, sep: str = "-") -> str:
    return sep.join(str(arg) for arg in args)


@register.simple_block_tag
def shout(content: str, times: int = 1) -> str:
    return content.upper() * times


@register.inclusion_tag("included.html")
def included(value: Any) -> dict[str, Any]:
    return {"value": value}


def engine(templates: dict[str, str] | None = None, **options: Any) -> Engine:
    loaders = [
        (
            "offbeat.template.loaders.cached.Loader",
            [("offbeat.template.loaders.locmem.Loader", templates or {})],
        )
    ]
    libraries = {"extra": "tests.template.helpers", "i18n": "offbeat.templatetags.i18n"}
    return Engine(loaders=loaders, libraries=libraries, **options)


def render(source: str, values: dict[str, Any] | None = None, **options: Any) -> str:
    """``source`` rendered, with ``{% load extra %}`` done."""
    template = Template("{% load extra %}" + source, engine=engine(**options))
    return str(template.render(Context(values, autoescape=options.get("autoescape", True))))
