"""What generated code calls while it renders."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from itertools import cycle as itertools_cycle
from typing import Any

from offbeat.conf import settings
from offbeat.template.lookup import MISSING, root
from offbeat.utils.formats import localize
from offbeat.utils.html import conditional_escape, escape_core
from offbeat.utils.safestring import SafeString, mark_safe
from offbeat.utils.timezone import template_localtime

__all__ = [
    "find",
    "forloop",
    "invalid",
    "loop_items",
    "render_value_in_context",
    "show_escaped",
    "show_plain",
    "show_root_escaped",
    "show_root_plain",
    "unpack",
]

logger = logging.getLogger("offbeat.template")


def find(context: Any, name: str) -> Any:
    """The value of ``name``, MISSING if no layer has it."""
    for layer in reversed(context.dicts):
        if name in layer:
            return layer[name]
    return MISSING


def invalid(context: Any, name: str) -> Any:
    """What stands for the variable ``name`` that could not be found: the engine's ``string_if_invalid``."""
    logger.debug(
        "Exception while resolving variable '%s' in template '%s'.", name, context.template_name or "unknown"
    )
    text = context.template.engine.string_if_invalid
    if not text:
        return ""
    return text % name if "%s" in text else text


def render_value_in_context(value: Any, context: Any) -> str:
    """A value as output: in local time, localized, escaped if the context says so."""
    value = localize(template_localtime(value, use_tz=context.use_tz), use_l10n=context.use_l10n)
    if context.autoescape:
        return conditional_escape(
            value if isinstance(value, str) or hasattr(value, "__html__") else str(value)
        )
    return str(value)


def show_escaped(value: Any, context: Any, name: str) -> str:
    """The output of a value in a template that escapes; ``name``: the variable, for a missing one."""
    kind = type(value)
    if kind is str:
        text: str = escape_core(value)
        return text if text is value else text.replace("&#34;", "&quot;").replace("&#39;", "&#x27;")
    if kind is SafeString:
        return value  # type: ignore[no-any-return]
    if kind is int and not settings.USE_THOUSAND_SEPARATOR:
        return str(value)
    if value is MISSING:
        value = invalid(context, name)
    return render_value_in_context(value, context)


def show_plain(value: Any, context: Any, name: str) -> str:
    """The output of a value in a template that does not escape."""
    if isinstance(value, str):
        return value
    if value is MISSING:
        value = invalid(context, name)
    return render_value_in_context(value, context)


def show_root_escaped(value: Any, context: Any, name: str) -> str:
    """``show_escaped`` for a name's value that was not called yet."""
    kind = type(value)
    if kind is str:
        text: str = escape_core(value)
        return text if text is value else text.replace("&#34;", "&quot;").replace("&#39;", "&#x27;")
    if kind is SafeString:
        return value  # type: ignore[no-any-return]
    return show_escaped(root(value), context, name)


def show_root_plain(value: Any, context: Any, name: str) -> str:
    """``show_plain`` for a name's value that was not called yet."""
    return show_plain(root(value), context, name)


def as_safe(value: Any) -> Any:
    """What a filter made of a safe string, marked as safe too."""
    kind = type(value)
    return SafeString(value) if kind is str else value if kind is SafeString else mark_safe(value)


def loop_items(values: Any, is_reversed: bool) -> Any:
    """What a loop runs over, with a length."""
    if values is None or values is MISSING:
        return ()
    if not hasattr(values, "__len__"):
        values = list(values)
    return list(reversed(values)) if is_reversed else values


def unpack(item: Any, count: int) -> Any:
    """``item`` as exactly ``count`` values; ValueError if it has more or less."""
    try:
        size = len(item)
    except TypeError:  # not an iterable
        size = 1
    if size != count:
        raise ValueError(f"Need {count} values to unpack in for loop; got {size}. ")
    return item


def forloop(index: int, count: int, parent: Any) -> dict[str, Any]:
    """The ``forloop`` variable in round ``index`` of ``count``."""
    return {
        "parentloop": parent,
        "counter0": index,
        "counter": index + 1,
        "revcounter": count - index,
        "revcounter0": count - index - 1,
        "first": index == 0,
        "last": index == count - 1,
        "length": count,
    }


def update_forloop(values: dict[str, Any], index: int, count: int) -> None:
    """Set ``values`` for round ``index``."""
    values["counter0"] = index
    values["counter"] = index + 1
    values["revcounter"] = count - index
    values["revcounter0"] = count - index - 1
    values["first"] = index == 0
    values["last"] = index == count - 1


def next_in_cycle(context: Any, node: Any) -> Any:
    """The next of the values that a cycle tag goes through."""
    state = context.render_context
    if node not in state:
        state[node] = itertools_cycle(node.cyclevars)
    values: Iterator[Any] = state[node]
    return next(values)


Shower = Callable[[Any, Any, str], str]
