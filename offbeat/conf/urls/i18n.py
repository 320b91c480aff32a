"""URL patterns with the language as their prefix."""

from __future__ import annotations

import functools
from typing import Any

from offbeat.conf import settings
from offbeat.urls import LocalePrefixPattern, URLResolver, get_resolver, path
from offbeat.views.i18n import set_language

__all__ = ["i18n_patterns", "is_language_prefix_patterns_used", "urlpatterns"]


def i18n_patterns(*urls: Any, prefix_default_language: bool = True) -> list[Any]:
    """Return the patterns below the active language's code; only for a root URLconf."""
    if not settings.USE_I18N:
        return list(urls)
    return [URLResolver(LocalePrefixPattern(prefix_default_language=prefix_default_language), list(urls))]


@functools.cache
def is_language_prefix_patterns_used(urlconf: Any) -> tuple[bool, bool]:
    """Return whether a URLconf uses ``i18n_patterns()``, and whether the default language has a prefix."""
    for url_pattern in get_resolver(urlconf).url_patterns:
        if isinstance(url_pattern.pattern, LocalePrefixPattern):
            return True, url_pattern.pattern.prefix_default_language
    return False, False


urlpatterns = [path("setlang/", set_language, name="set_language")]
