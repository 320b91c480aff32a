"""``{% load l10n %}`` (Django documentation: topics/i18n/formatting)."""

from __future__ import annotations

from typing import Any

from offbeat.template import Library, Node, TemplateSyntaxError
from offbeat.template.nodes import Effects
from offbeat.utils import formats

__all__ = ["LocalizeNode", "localize", "localize_tag", "register", "unlocalize"]

register = Library()


@register.filter(is_safe=False)
def localize(value: Any) -> str:
    """The value as text in the formats of the language."""
    return str(formats.localize(value, use_l10n=True))


@register.filter(is_safe=False)
def unlocalize(value: Any) -> str:
    """The value as text without localization."""
    return str(formats.localize(value, use_l10n=False))


class LocalizeNode(Node):
    """``{% localize %}``."""

    def __init__(self, nodelist: Any, use_l10n: bool) -> None:
        self.nodelist = nodelist
        self.use_l10n = use_l10n

    def __repr__(self) -> str:
        return f"<{type(self).__name__}>"

    def emit(self, gen: Any) -> None:
        saved = gen.name("use_l10n")
        gen.line(f"{saved} = context.use_l10n")
        gen.line(f"context.use_l10n = {self.use_l10n}")
        with gen.block("try:"):
            gen.nodes(self.nodelist)
        with gen.block("finally:"):
            gen.line(f"context.use_l10n = {saved}")

    def effects(self) -> Effects:
        effects = self.nodelist.effects()
        return effects._replace(depth=effects.depth + 1)  # type: ignore[no-any-return]


@register.tag("localize")
def localize_tag(parser: Any, token: Any) -> LocalizeNode:
    """``{% localize [on|off] %} … {% endlocalize %}``"""
    bits = list(token.split_contents())
    if len(bits) > 2 or (len(bits) == 2 and bits[1] not in ("on", "off")):
        raise TemplateSyntaxError(f"{bits[0]!r} argument should be 'on' or 'off'")
    nodelist = parser.parse(("endlocalize",))
    parser.delete_first_token()
    return LocalizeNode(nodelist, len(bits) == 1 or bits[1] == "on")
