"""Tags about the page as a part of the site: csrf_token, csp_nonce_attr, load, querystring, url."""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Mapping
from typing import Any

from offbeat.conf import settings
from offbeat.template.base import Node, kwarg_re
from offbeat.template.exceptions import TemplateSyntaxError
from offbeat.template.library import Library
from offbeat.template.nodes import NOTHING, Effects, writes
from offbeat.template.runtime import render_value_in_context
from offbeat.template.tags.output import ReadingNode
from offbeat.utils.html import conditional_escape, format_html
from offbeat.utils.safestring import mark_safe

__all__ = [
    "CspNonceAttrNode",
    "CsrfTokenNode",
    "LoadNode",
    "URLNode",
    "csp_nonce_attr",
    "csrf_token",
    "find_library",
    "load",
    "load_from_library",
    "querystring",
    "register",
    "url",
]

register = Library()


class CsrfTokenNode(ReadingNode):
    """``{% csrf_token %}``."""

    def render(self, context: Any) -> str:
        csrf_token = context.get("csrf_token")
        if csrf_token:
            if csrf_token == "NOTPROVIDED":
                return mark_safe("")  # type: ignore[no-any-return]
            return format_html('<input type="hidden" name="csrfmiddlewaretoken" value="{}">', csrf_token)
        if settings.DEBUG:
            warnings.warn(
                "A {% csrf_token %} was used in a template, but the context did not provide the value.  This is "
                "usually caused by not using RequestContext.",
                stacklevel=2,
            )
        return ""

    # The token hangs on a name that no loop binds.
    def effects(self) -> Effects:
        return NOTHING


@register.tag
def csrf_token(parser: Any, token: Any) -> CsrfTokenNode:
    """``{% csrf_token %}``: the hidden field of the CSRF protection."""
    return CsrfTokenNode()


class CspNonceAttrNode(ReadingNode):
    """``{% csp_nonce_attr %}``: the nonce attribute, or a Media object's elements with it."""

    def __init__(self, media: Any = None) -> None:
        self.media = media

    def render(self, context: Any) -> str:
        nonce = context.get("csp_nonce")
        if self.media is None:
            return format_html('nonce="{}"', nonce) if nonce else ""
        media = self.media.resolve(context)
        if not hasattr(media, "render"):
            return render_value_in_context(media, context)
        return media.render(attrs={"nonce": str(nonce)} if nonce else None)  # type: ignore[no-any-return]


@register.tag
def csp_nonce_attr(parser: Any, token: Any) -> CspNonceAttrNode:
    """``{% csp_nonce_attr [media] %}``"""
    bits = token.split_contents()
    if len(bits) > 2:
        raise TemplateSyntaxError(f"{bits[0]!r} tag takes at most one argument")
    return CspNonceAttrNode(parser.compile_filter(bits[1]) if len(bits) == 2 else None)


class LoadNode(Node):
    """``{% load %}``."""

    child_nodelists = ()

    def emit(self, gen: Any) -> None:
        pass

    def effects(self) -> Effects:
        return NOTHING


def find_library(parser: Any, name: str) -> Any:
    """A library by the name used in ``load``."""
    try:
        return parser.libraries[name]
    except KeyError:
        listed = "\n".join(sorted(parser.libraries))
        raise TemplateSyntaxError(
            f"'{name}' is not a registered tag library. Must be one of:\n{listed}"
        ) from None


def load_from_library(library: Any, label: str, names: list[str]) -> Library:
    """A library with only the given tags and filters of another."""
    subset = Library()
    for name in names:
        if name not in library.tags and name not in library.filters:
            raise TemplateSyntaxError(f"'{name}' is not a valid tag or filter in tag library '{label}'")
        if name in library.tags:
            subset.tags[name] = library.tags[name]
        if name in library.filters:
            subset.filters[name] = library.filters[name]
    return subset


@register.tag
def load(parser: Any, token: Any) -> LoadNode:
    """``{% load news.photos %}``, ``{% load byline from news %}``"""
    # Not split by quotes: names hold none.
    bits = token.contents.split()
    if len(bits) >= 4 and bits[-2] == "from":
        name = bits[-1]
        parser.add_library(load_from_library(find_library(parser, name), name, bits[1:-2]))
    else:
        for name in bits[1:]:
            parser.add_library(find_library(parser, name))
    return LoadNode()


@register.simple_tag(name="querystring", takes_context=True)
def querystring(context: Any, *args: Any, **kwargs: Any) -> str:
    """``{% querystring page=2 sort=None %}``: the request's query string, changed.

    Positional arguments (mappings) stand for the request's parameters; None takes a parameter away, a list sets
    several values.
    """
    from offbeat.http import QueryDict

    if not args:
        args = (context.request.GET,)
    params = QueryDict(mutable=True)
    for changes in (*args, kwargs):
        if not isinstance(changes, Mapping):
            raise TemplateSyntaxError(
                f"querystring requires mappings for positional arguments (got {changes!r} instead)."
            )
        items = changes.lists() if isinstance(changes, QueryDict) else changes.items()
        for key, value in items:
            if not isinstance(key, str):
                raise TemplateSyntaxError(
                    f"querystring requires strings for mapping keys (got {key!r} instead)."
                )
            if value is None:
                params.pop(key, None)
            elif isinstance(value, Iterable) and not isinstance(value, str):
                if values := [item for item in value if item is not None]:
                    params.setlist(key, values)
                else:
                    params.pop(key, None)
            else:
                params[key] = value
    return f"?{params.urlencode() if params else ''}"


class URLNode(Node):
    """``{% url %}``."""

    child_nodelists = ()

    def __init__(self, view_name: Any, args: list[Any], kwargs: dict[str, Any], asvar: str | None) -> None:
        self.view_name = view_name
        self.args = args
        self.kwargs = kwargs
        self.asvar = asvar

    def __repr__(self) -> str:
        return (
            f"<{type(self).__qualname__} view_name='{self.view_name}' args={self.args!r} "
            f"kwargs={self.kwargs!r} as={self.asvar!r}>"
        )

    def reverse(self, context: Any, view_name: Any, args: list[Any], kwargs: dict[str, Any]) -> str:
        """The URL; with ``as``, one that does not exist is empty."""
        from offbeat.urls import NoReverseMatch, reverse

        request: Any = getattr(context, "request", None)
        try:
            current_app = request.current_app
        except AttributeError:
            try:
                current_app = request.resolver_match.namespace
            except AttributeError:
                current_app = None
        url = ""
        try:
            url = reverse(view_name, args=args, kwargs=kwargs, current_app=current_app)
        except NoReverseMatch:
            if self.asvar is None:
                raise
        if self.asvar:
            context[self.asvar] = url
            return ""
        return conditional_escape(url) if context.autoescape else url

    def emit(self, gen: Any) -> None:
        view_name = gen.value(self.view_name, "invalid")
        args = ", ".join(gen.value(arg, "invalid") for arg in self.args)
        kwargs = ", ".join(f"{key!r}: {gen.value(value, 'invalid')}" for key, value in self.kwargs.items())
        url = gen.name("url")
        gen.line(f"{url} = {gen.const(self, 'url')}.reverse(context, {view_name}, [{args}], {{{kwargs}}})")
        if not self.asvar:
            gen.put(url)

    def effects(self) -> Effects:
        return writes(self.asvar)


@register.tag
def url(parser: Any, token: Any) -> URLNode:
    """``{% url 'name' arg key=value [as name] %}``"""
    bits = token.split_contents()
    if len(bits) < 2:
        raise TemplateSyntaxError(f"'{bits[0]}' takes at least one argument, a URL pattern name.")
    viewname = parser.compile_filter(bits[1])
    args: list[Any] = []
    kwargs: dict[str, Any] = {}
    asvar = None
    bits = bits[2:]
    if len(bits) >= 2 and bits[-2] == "as":
        asvar = bits[-1]
        bits = bits[:-2]
    for bit in bits:
        match = kwarg_re.match(bit)
        if not match:
            raise TemplateSyntaxError("Malformed arguments to url tag")
        name, value = match.groups()
        if name:
            kwargs[name] = parser.compile_filter(value)
        else:
            args.append(parser.compile_filter(value))
    return URLNode(viewname, args, kwargs, asvar)
