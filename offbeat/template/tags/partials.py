"""Named parts of a template: partialdef and partial."""

from __future__ import annotations

from typing import Any

from offbeat.template.base import Node, PartialTemplate
from offbeat.template.exceptions import TemplateSyntaxError
from offbeat.template.library import Library
from offbeat.template.nodes import NOTHING, READS, Effects

__all__ = ["PartialDefNode", "PartialNode", "register"]

register = Library()


class PartialDefNode(Node):
    """``{% partialdef %}``: output only if it is inline."""

    def __init__(self, partial_name: str, inline: bool, nodelist: Any) -> None:
        self.partial_name = partial_name
        self.inline = inline
        self.nodelist = nodelist

    def emit(self, gen: Any) -> None:
        if self.inline:
            gen.nodes(self.nodelist)

    def effects(self) -> Effects:
        return self.nodelist.effects() if self.inline else NOTHING


@register.tag
def partialdef(parser: Any, token: Any) -> PartialDefNode:
    """``{% partialdef name [inline] %} … {% endpartialdef [name] %}``"""
    bits = token.split_contents()
    if len(bits) == 1:
        raise TemplateSyntaxError("'partialdef' tag requires a name")
    if len(bits) > 3:
        raise TemplateSyntaxError("'partialdef' tag takes at most 2 arguments")
    name = bits[1]
    inline = len(bits) == 3
    if inline and bits[2] != "inline":
        raise TemplateSyntaxError(
            "The 'inline' argument does not have any parameters; either use 'inline' or remove it completely."
        )
    nodelist = parser.parse(("endpartialdef",))
    end = parser.next_token()
    acceptable = ("endpartialdef", f"endpartialdef {name}")
    if end.contents not in acceptable:
        parser.invalid_block_tag(end, "endpartialdef", acceptable)
    partials = parser.extra_data.setdefault("partials", {})
    if name in partials:
        raise TemplateSyntaxError(
            f"Partial '{name}' is already defined in the '{parser.origin.name}' template."
        )
    start = token.position[0] if token.position else None
    stop = end.position[1] if end.position else None
    partials[name] = PartialTemplate(nodelist, parser.origin, name, source_start=start, source_end=stop)
    return PartialDefNode(name, inline, nodelist)


class PartialNode(Node):
    """``{% partial %}``."""

    child_nodelists = ()

    def __init__(self, partial_name: str, partial_mapping: dict[str, PartialTemplate]) -> None:
        self.partial_name = partial_name
        # The whole mapping: the part may be defined further down.
        self.partial_mapping = partial_mapping

    def render(self, context: Any) -> str:
        try:
            partial = self.partial_mapping[self.partial_name]
        except KeyError:
            raise TemplateSyntaxError(
                f"Partial '{self.partial_name}' is not defined in the current template."
            ) from None
        return partial.render(context)  # type: ignore[no-any-return]

    def emit(self, gen: Any) -> None:
        gen.opaque(self)

    def effects(self) -> Effects:
        return READS


@register.tag
def partial(parser: Any, token: Any) -> PartialNode:
    """``{% partial name %}``"""
    bits = token.split_contents()
    if len(bits) != 2:
        raise TemplateSyntaxError("'partial' tag requires a single argument")
    return PartialNode(bits[1], parser.extra_data.setdefault("partials", {}))
