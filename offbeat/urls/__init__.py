"""URL dispatch: patterns, resolving, reversing (Django documentation: ref/urls, ref/urlresolvers)."""

from __future__ import annotations

from offbeat.urls.base import (
    clear_script_prefix,
    clear_url_caches,
    get_script_prefix,
    get_urlconf,
    is_valid_path,
    resolve,
    reverse,
    reverse_lazy,
    set_script_prefix,
    set_urlconf,
    translate_url,
)
from offbeat.urls.conf import include, path, re_path
from offbeat.urls.converters import get_converters, register_converter
from offbeat.urls.exceptions import NoReverseMatch, Resolver404
from offbeat.urls.match import ResolverMatch
from offbeat.urls.patterns import LocalePrefixPattern
from offbeat.urls.resolvers import URLPattern, URLResolver, get_resolver
from offbeat.urls.utils import get_callable, get_mod_func

__all__ = [
    "LocalePrefixPattern",
    "NoReverseMatch",
    "Resolver404",
    "ResolverMatch",
    "URLPattern",
    "URLResolver",
    "clear_script_prefix",
    "clear_url_caches",
    "get_callable",
    "get_converters",
    "get_mod_func",
    "get_resolver",
    "get_script_prefix",
    "get_urlconf",
    "include",
    "is_valid_path",
    "path",
    "re_path",
    "register_converter",
    "resolve",
    "reverse",
    "reverse_lazy",
    "set_script_prefix",
    "set_urlconf",
    "translate_url",
]
