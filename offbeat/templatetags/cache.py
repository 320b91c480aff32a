"""``{% load cache %}`` (Django documentation: topics/cache, "Template fragment caching")."""

from __future__ import annotations

from typing import Any

from offbeat.core.cache import InvalidCacheBackendError, caches
from offbeat.core.cache.utils import make_template_fragment_key
from offbeat.template import Library, Node, TemplateSyntaxError, VariableDoesNotExist
from offbeat.template.nodes import READS, Effects

__all__ = ["CacheNode", "do_cache", "register"]

register = Library()


class CacheNode(Node):
    """``{% cache %}``."""

    def __init__(
        self, nodelist: Any, expire_time_var: Any, fragment_name: str, vary_on: list[Any], cache_name: Any
    ) -> None:
        self.nodelist = nodelist
        self.expire_time_var = expire_time_var
        self.fragment_name = fragment_name
        self.vary_on = vary_on
        self.cache_name = cache_name

    def render(self, context: Any) -> str:
        expire_time = self._expire_time(context)
        fragment_cache = self._cache(context)
        key = make_template_fragment_key(self.fragment_name, [var.resolve(context) for var in self.vary_on])
        value = fragment_cache.get(key)
        if value is None:
            value = self.nodelist.render(context)
            fragment_cache.set(key, value, expire_time)
        return value  # type: ignore[no-any-return]

    def _expire_time(self, context: Any) -> int | None:
        try:
            expire_time = self.expire_time_var.resolve(context)
        except VariableDoesNotExist:
            raise TemplateSyntaxError(
                f'"cache" tag got an unknown variable: {self.expire_time_var.var!r}'
            ) from None
        if expire_time is None:
            return None
        try:
            return int(expire_time)
        except (ValueError, TypeError):
            raise TemplateSyntaxError(
                f'"cache" tag got a non-integer timeout value: {expire_time!r}'
            ) from None

    def _cache(self, context: Any) -> Any:
        if self.cache_name:
            try:
                cache_name = self.cache_name.resolve(context)
            except VariableDoesNotExist:
                raise TemplateSyntaxError(
                    f'"cache" tag got an unknown variable: {self.cache_name.var!r}'
                ) from None
            try:
                return caches[cache_name]
            except InvalidCacheBackendError:
                raise TemplateSyntaxError(
                    f"Invalid cache name specified for cache tag: {cache_name!r}"
                ) from None
        try:
            return caches["template_fragments"]
        except InvalidCacheBackendError:
            return caches["default"]

    def emit(self, gen: Any) -> None:
        gen.opaque(self)

    def effects(self) -> Effects:
        return READS | self.nodelist.effects()  # type: ignore[no-any-return]


@register.tag("cache")
def do_cache(parser: Any, token: Any) -> CacheNode:
    """``{% cache timeout name [vary …] [using="alias"] %} … {% endcache %}``"""
    nodelist = parser.parse(("endcache",))
    parser.delete_first_token()
    tokens = token.split_contents()
    if len(tokens) < 3:
        raise TemplateSyntaxError(f"'{tokens[0]}' tag requires at least 2 arguments.")
    cache_name = None
    if len(tokens) > 3 and tokens[-1].startswith("using="):
        cache_name = parser.compile_filter(tokens[-1][len("using=") :])
        tokens = tokens[:-1]
    return CacheNode(
        nodelist,
        parser.compile_filter(tokens[1]),
        tokens[2],
        [parser.compile_filter(bit) for bit in tokens[3:]],
        cache_name,
    )
