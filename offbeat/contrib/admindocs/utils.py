"""Docstrings as pages, patterns as readable paths."""

from __future__ import annotations

import re
from collections.abc import Iterator
from email.parser import HeaderParser
from inspect import cleandoc
from typing import Any

from offbeat.urls import reverse
from offbeat.utils.safestring import SafeString, mark_safe

try:
    import docutils.core
    import docutils.nodes
    import docutils.parsers.rst.roles
    import docutils.writers
except ImportError:
    docutils_is_available = False
else:
    docutils_is_available = True

__all__ = [
    "docutils_is_available",
    "get_view_name",
    "parse_docstring",
    "parse_rst",
    "simplify_regex",
    "split_explicit_title",
    "strip_p_tags",
]

# Where the roles of the documentation lead, below its root.
ROLES = {
    "model": "{}/models/{}/",
    "view": "{}/views/{}/",
    "template": "{}/templates/{}/",
    "filter": "{}/filters/#{}",
    "tag": "{}/tags/#{}",
}
_DEFAULT_ROLE = "cmsreference"
_EXPLICIT_TITLE = re.compile(r"^(.+?)\s*<([^<]*?)>$", re.DOTALL)


def get_view_name(view_func: Any) -> str:
    """The dotted name of a view, of a class-based one that of the class."""
    view = getattr(view_func, "view_class", view_func)
    return f"{view.__module__}.{getattr(view, '__qualname__', type(view).__name__)}"


def parse_docstring(docstring: str | None) -> tuple[str, str, dict[str, str]]:
    """Title, body and metadata: the first paragraph, the others, and headers such as ``Context: …`` at the end."""
    if not docstring:
        return "", "", {}
    title, *others = re.split(r"\n{2,}", cleandoc(docstring))
    metadata: dict[str, str] = {}
    if others:
        metadata = dict(HeaderParser().parsestr(others[-1]).items())
        if metadata:
            others.pop()
    return title, "\n\n".join(others), metadata


def parse_rst(text: str, default_reference_context: str, thing_being_parsed: str | None = None) -> Any:
    """reStructuredText as HTML; files are not read, and HTML in it is not passed through.

    ``default_reference_context``: the role of references without one. ``thing_being_parsed``: its name in errors.
    """
    source = f".. default-role:: {_DEFAULT_ROLE}\n\n{cleandoc(text)}\n\n.. default-role::\n"
    parts = docutils.core.publish_parts(
        source,
        source_path=f"<{thing_being_parsed}>" if thing_being_parsed else None,
        destination_path=None,
        writer=docutils.writers.get_writer_class("html")(),
        settings_overrides={
            "doctitle_xform": False,
            "initial_header_level": 3,
            "default_reference_context": default_reference_context,
            "link_base": reverse("django-admindocs-docroot").rstrip("/"),
            "raw_enabled": False,
            "file_insertion_enabled": False,
        },
    )
    return mark_safe(parts["fragment"])


def split_explicit_title(text: str) -> tuple[bool, str, str]:
    """``title <target>`` as (True, title, target); other text is title and target at once."""
    match = _EXPLICIT_TITLE.match(text)
    return (True, match[1], match[2]) if match else (False, text, text)


def _reference(role: str, rawtext: str, text: str, inliner: Any, options: Any) -> tuple[list[Any], list[Any]]:
    _explicit, title, target = split_explicit_title(text)
    url = ROLES[role].format(inliner.document.settings.link_base, target.lower())
    return [docutils.nodes.reference(rawtext, title, refuri=url, **(options or {}))], []


def _create_role(role: str) -> None:
    def refer(
        name: Any,
        rawtext: str,
        text: str,
        lineno: int,
        inliner: Any,
        options: Any = None,
        content: Any = None,
    ) -> Any:
        return _reference(role, rawtext, text, inliner, options)

    docutils.parsers.rst.roles.register_canonical_role(role, refer)


def _default_role(
    name: Any, rawtext: str, text: str, lineno: int, inliner: Any, options: Any = None, content: Any = None
) -> Any:
    role = inliner.document.settings.default_reference_context
    return _reference(role, rawtext, text, inliner, options)


if docutils_is_available:
    docutils.parsers.rst.roles.register_canonical_role(_DEFAULT_ROLE, _default_role)
    for _role in ROLES:
        _create_role(_role)


def strip_p_tags(value: str) -> Any:
    """HTML without the tags of paragraphs."""
    return SafeString(value.replace("<p>", "").replace("</p>", ""))


# Patterns

_NAMED = re.compile(r"\(\?P<(\w+)>")
_META = re.compile(r"((?:^|(?<!\\))(?:\\\\)*)(?:[?*+^$]|\\[bBAZz])")


def _closing(pattern: str, start: int) -> int:
    """Where the group that starts there ends."""
    depth, position = 0, start
    while position < len(pattern):
        char = pattern[position]
        if char == "\\":
            position += 1
        elif char == "(":
            depth += 1
        elif char == ")":
            depth -= 1
            if not depth:
                return position + 1
        position += 1
    return len(pattern)


def _pieces(pattern: str) -> Iterator[str]:
    """The pattern with names in place of its outermost groups."""
    position = 0
    while position < len(pattern):
        char = pattern[position]
        if char == "\\":
            yield pattern[position : position + 2]
            position += 2
        elif char == "(":
            named = _NAMED.match(pattern, position)
            if named:
                yield f"<{named[1]}>"
            elif not pattern.startswith("(?", position):
                yield "<var>"
            position = _closing(pattern, position)
        else:
            yield char
            position += 1


def simplify_regex(pattern: str) -> str:
    r"""A pattern as people read it: ``^(?P<sport>\w+)/athletes/$`` is ``/<sport>/athletes/``."""
    simple = _META.sub(r"\1", "".join(_pieces(pattern)))
    return simple if simple.startswith("/") else f"/{simple}"
