"""``{% load static %}`` (Django documentation: ref/templates/builtins)."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote, urljoin

from offbeat import template
from offbeat.apps import apps
from offbeat.conf import settings
from offbeat.template.nodes import READS, Effects, writes
from offbeat.utils.encoding import iri_to_uri
from offbeat.utils.html import conditional_escape

__all__ = [
    "PrefixNode",
    "StaticNode",
    "do_static",
    "get_media_prefix",
    "get_static_prefix",
    "register",
    "static",
]

register = template.Library()


class PrefixNode(template.Node):
    """``{% get_static_prefix %}``, ``{% get_media_prefix %}``."""

    child_nodelists = ()

    def __init__(self, varname: str | None = None, name: str | None = None) -> None:
        if name is None:
            raise template.TemplateSyntaxError("Prefix nodes must be given a name to return.")
        self.varname = varname
        self.name = name

    def __repr__(self) -> str:
        return f"<{type(self).__name__} for {self.name!r}>"

    @classmethod
    def handle_token(cls, parser: Any, token: Any, name: str) -> PrefixNode:
        """The node of a tag ``name [as varname]``."""
        # Not split by quotes: there is no text in it.
        tokens = token.contents.split()
        if len(tokens) > 1 and tokens[1] != "as":
            raise template.TemplateSyntaxError(f"First argument in '{tokens[0]}' must be 'as'")
        return cls(tokens[2] if len(tokens) > 1 else None, name)

    @classmethod
    def handle_simple(cls, name: str) -> str:
        """The prefix in the setting ``name``."""
        return iri_to_uri(getattr(settings, name, "")) or ""

    def render(self, context: Any) -> str:
        prefix = self.handle_simple(self.name)
        if self.varname is None:
            return conditional_escape(prefix) if context.autoescape else prefix
        context[self.varname] = prefix
        return ""

    def emit(self, gen: Any) -> None:
        gen.opaque(self)

    def effects(self) -> Effects:
        return writes(self.varname)


@register.tag
def get_static_prefix(parser: Any, token: Any) -> PrefixNode:
    """``{% get_static_prefix [as name] %}``"""
    return PrefixNode.handle_token(parser, token, "STATIC_URL")


@register.tag
def get_media_prefix(parser: Any, token: Any) -> PrefixNode:
    """``{% get_media_prefix [as name] %}``"""
    return PrefixNode.handle_token(parser, token, "MEDIA_URL")


class StaticNode(template.Node):
    """``{% static %}``; subclasses may change ``url(context)``."""

    child_nodelists = ()

    def __init__(self, varname: str | None = None, path: Any = None) -> None:
        if path is None:
            raise template.TemplateSyntaxError("Static template nodes must be given a path to return.")
        self.path = path
        self.varname = varname

    def __repr__(self) -> str:
        return f"{type(self).__name__}(varname={self.varname!r}, path={self.path!r})"

    def url(self, context: Any) -> str:
        """The file's URL."""
        return self.handle_simple(self.path.resolve(context))

    def render(self, context: Any) -> str:
        url = self.url(context)
        if self.varname is None:
            return conditional_escape(url) if context.autoescape else url
        context[self.varname] = url
        return ""

    def emit(self, gen: Any) -> None:
        gen.opaque(self)

    def effects(self) -> Effects:
        return writes(self.varname) | (READS if self.path.is_var else Effects())

    @classmethod
    def handle_simple(cls, path: str) -> str:
        """The URL of a path, as the static files storage says if there is one."""
        if apps.is_installed("offbeat.contrib.staticfiles"):
            from offbeat.contrib.staticfiles.storage import staticfiles_storage

            return staticfiles_storage.url(path)  # type: ignore[no-any-return]
        return urljoin(PrefixNode.handle_simple("STATIC_URL"), quote(path))

    @classmethod
    def handle_token(cls, parser: Any, token: Any) -> StaticNode:
        """The node of a tag ``static path [as varname]``."""
        bits = token.split_contents()
        if len(bits) < 2:
            raise template.TemplateSyntaxError(f"'{bits[0]}' takes at least one argument (path to file)")
        path = parser.compile_filter(bits[1])
        varname = bits[3] if len(bits) >= 4 and bits[-2] == "as" else None
        return cls(varname, path)


@register.tag("static")
def do_static(parser: Any, token: Any) -> StaticNode:
    """``{% static "css/base.css" [as name] %}``"""
    return StaticNode.handle_token(parser, token)


def static(path: str) -> str:
    """The URL of a static file."""
    return StaticNode.handle_simple(path)
