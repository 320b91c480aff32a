"""Filters of the pages that show objects."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from offbeat import template
from offbeat.contrib.admin.utils import object_text
from offbeat.template.defaultfilters import stringfilter
from offbeat.utils.html import conditional_escape
from offbeat.utils.safestring import SafeString
from offbeat.utils.translation import ngettext

__all__ = ["register", "to_object_display_value", "truncated_unordered_list"]

register = template.Library()


@register.filter
@stringfilter
def to_object_display_value(value: Any) -> str:
    """An object's text, or a dash where there is nothing to see."""
    return object_text(value)


def _nodes(items: Any) -> Iterator[tuple[Any, Any]]:
    """The items of a nested list, each with the list that follows it (None without one)."""
    items = list(items)
    for i, item in enumerate(items):
        if isinstance(item, (list, tuple)):
            continue
        following = items[i + 1] if i + 1 < len(items) else None
        yield item, following if isinstance(following, (list, tuple)) else None


def _count(items: Any) -> int:
    return sum(1 + (_count(children) if children else 0) for _item, children in _nodes(items))


class _Renderer:
    """Renders a nested list up to a number of items."""

    def __init__(self, limit: int, autoescape: bool) -> None:
        self.left = limit
        self.escape: Any = conditional_escape if autoescape else SafeString

    def render(self, items: Any, depth: int = 1) -> str:
        indent = "\t" * depth
        lines = []
        for item, children in _nodes(items):
            if not self.left:
                break
            self.left -= 1
            nested = ""
            if children:
                inner = self.render(children, depth + 1)
                nested = f"\n{indent}<ul>\n{inner}\n{indent}</ul>\n{indent}"
            lines.append(f"{indent}<li>{self.escape(item)}{nested}</li>")
        return "\n".join(lines)


@register.filter(is_safe=True, needs_autoescape=True)
def truncated_unordered_list(value: Any, max_items: Any, autoescape: bool = True) -> str:
    """A nested list as ``unordered_list`` shows it, of at most ``max_items`` items (None for all); then how many more."""
    items = list(value)
    total = _count(items)
    limit = total if max_items is None else int(max_items)
    if limit <= 0:
        return ""
    html = _Renderer(limit, autoescape).render(items)
    if total > limit:
        more = ngettext("…and %(count)d more object.", "…and %(count)d more objects.", total - limit)
        html += f"\n\t<li>{more % {'count': total - limit}}</li>"
    return SafeString(html)
