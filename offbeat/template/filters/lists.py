"""Filters for lists."""

from __future__ import annotations

import random as random_module
import types
from collections.abc import Iterable, Iterator
from operator import itemgetter
from typing import Any

from offbeat.template.library import Library
from offbeat.template.variables import VARIABLE_ATTRIBUTE_SEPARATOR
from offbeat.utils.html import conditional_escape
from offbeat.utils.safestring import mark_safe

__all__ = [
    "dictsort",
    "dictsortreversed",
    "first",
    "join",
    "last",
    "length",
    "random",
    "register",
    "slice_filter",
    "unordered_list",
]

register = Library()


def _property_resolver(arg: Any) -> Any:
    """A function that gets an item's value at ``arg``: an index, or keys and attributes joined by dots.

    Nothing is called, and no private name is looked up, as ``arg`` may come from a visitor.
    """
    try:
        float(arg)
    except ValueError:
        if VARIABLE_ATTRIBUTE_SEPARATOR + "_" in arg or arg[0] == "_":
            raise AttributeError("Access to private variables is forbidden.") from None
        parts = arg.split(VARIABLE_ATTRIBUTE_SEPARATOR)

        def resolve(value: Any) -> Any:
            for part in parts:
                try:
                    value = value[part]
                except (AttributeError, IndexError, KeyError, TypeError, ValueError):
                    value = getattr(value, part)
            return value

        return resolve
    return itemgetter(arg)


@register.filter(is_safe=False)
def dictsort(value: Any, arg: Any) -> Any:
    """Items sorted by a key or attribute; '' if that is not possible."""
    try:
        return sorted(value, key=_property_resolver(arg))
    except (AttributeError, TypeError):
        return ""


@register.filter(is_safe=False)
def dictsortreversed(value: Any, arg: Any) -> Any:
    """Items sorted by a key or attribute, the largest first."""
    try:
        return sorted(value, key=_property_resolver(arg), reverse=True)
    except (AttributeError, TypeError):
        return ""


@register.filter(is_safe=False)
def first(value: Any) -> Any:
    """The first item."""
    try:
        return value[0]
    except IndexError:
        return ""


@register.filter(is_safe=True, needs_autoescape=True)
def join(value: Any, arg: Any, autoescape: bool = True) -> Any:
    """Items joined by ``arg``."""
    try:
        if autoescape:
            data = conditional_escape(arg).join([conditional_escape(item) for item in value])
        else:
            data = arg.join([str(item) for item in value])
    except TypeError:  # not iterable
        return value
    return mark_safe(data)


@register.filter(is_safe=True)
def last(value: Any) -> Any:
    """The last item."""
    try:
        return value[-1]
    except IndexError:
        return ""


@register.filter(is_safe=False)
def length(value: Any) -> int:
    """How many items; 0 for what has no length."""
    try:
        return len(value)
    except (ValueError, TypeError):
        return 0


@register.filter(is_safe=True)
def random(value: Any) -> Any:
    """A random item."""
    try:
        return random_module.choice(value)
    except IndexError:
        return ""


@register.filter("slice", is_safe=True)
def slice_filter(value: Any, arg: Any) -> Any:
    """A slice, written as in Python: ``"1:3"``."""
    try:
        bits = [int(bit) if bit else None for bit in str(arg).split(":")]
        return value[slice(*bits)]
    except (ValueError, TypeError, KeyError):
        return value


@register.filter(is_safe=True, needs_autoescape=True)
def unordered_list(value: Any, autoescape: bool = True) -> str:
    """Nested lists as ``<li>`` elements, without the outermost ``<ul>``."""
    escaper = conditional_escape if autoescape else str

    def walk_items(item_list: Any) -> Iterator[tuple[Any, Any]]:
        """(item, its children or None) pairs."""
        items = iter(item_list)
        try:
            item = next(items)
            while True:
                try:
                    following = next(items)
                except StopIteration:
                    yield item, None
                    return
                if isinstance(following, list | tuple | types.GeneratorType):
                    try:
                        iter(following)
                    except TypeError:
                        pass
                    else:
                        yield item, following
                        item = next(items)
                        continue
                yield item, None
                item = following
        except StopIteration:
            pass

    def list_formatter(item_list: Iterable[Any], tabs: int = 1) -> str:
        indent = "\t" * tabs
        output = []
        for item, children in walk_items(item_list):
            sublist = ""
            if children:
                sublist = f"\n{indent}<ul>\n{list_formatter(children, tabs + 1)}\n{indent}</ul>\n{indent}"
            output.append(f"{indent}<li>{escaper(item)}{sublist}</li>")
        return "\n".join(output)

    return mark_safe(list_formatter(value))  # type: ignore[no-any-return]
