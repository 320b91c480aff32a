"""URLPattern and URLResolver: the elements of a URLconf, resolving and reversing."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Iterator, Mapping
from importlib import import_module
from typing import TYPE_CHECKING, Any

from offbeat.conf import settings
from offbeat.core.exceptions import ImproperlyConfigured
from offbeat.urls.exceptions import Resolver404
from offbeat.urls.match import ResolverMatch
from offbeat.urls.matcher import Found, Matcher, flatten, made
from offbeat.urls.patterns import (
    LocalePrefixPattern,
    LocaleRegexDescriptor,
    RegexPattern,
    RoutePattern,
    translated,
)
from offbeat.urls.utils import get_callable
from offbeat.utils.functional import cached_property
from offbeat.utils.translation import get_language

if TYPE_CHECKING:
    from offbeat.urls.reversing import ReverseIndex

__all__ = [
    "LocalePrefixPattern",
    "LocaleRegexDescriptor",
    "RegexPattern",
    "ResolverMatch",
    "RoutePattern",
    "URLPattern",
    "URLResolver",
    "get_resolver",
]


@functools.cache
def get_resolver_for(urlconf: Any) -> URLResolver:
    """Return the root resolver of a URLconf, made once."""
    return URLResolver(RegexPattern(r"^/"), urlconf)


def get_resolver(urlconf: Any = None) -> URLResolver:
    """Return the root resolver of a URLconf, by default of ROOT_URLCONF."""
    return get_resolver_for(settings.ROOT_URLCONF if urlconf is None else urlconf)


class URLPattern:
    """An endpoint: a pattern and the view it leads to."""

    def __init__(
        self, pattern: Any, callback: Any, default_args: dict[str, Any] | None = None, name: str | None = None
    ) -> None:
        self.pattern = pattern
        self.callback = callback
        self.default_args = default_args or {}
        self.name = name

    def __repr__(self) -> str:
        return f"<{self.__class__.__name__} {self.pattern.describe()}>"

    def check(self) -> list[Any]:
        """Return messages about this endpoint."""
        return [*self._check_pattern_name(), *self.pattern.check(), *self._check_callback()]

    def _check_pattern_name(self) -> list[Any]:
        from offbeat.core.checks import Warning

        if self.pattern.name is None or ":" not in self.pattern.name:
            return []
        return [
            Warning(
                f"Your URL pattern {self.pattern.describe()} has a name including a ':'. Remove the colon, to "
                "avoid ambiguous namespace references.",
                id="urls.W003",
            )
        ]

    def _check_callback(self) -> list[Any]:
        from offbeat.core.checks import Error
        from offbeat.views import View

        view = self.callback
        if not inspect.isclass(view) or not issubclass(view, View):
            return []
        return [
            Error(
                f"Your URL pattern {self.pattern.describe()} has an invalid view, pass {view.__name__}.as_view() "
                f"instead of {view.__name__}.",
                id="urls.E009",
            )
        ]

    def resolve(self, path: str) -> ResolverMatch | None:
        """Return the match for the rest of a path, or None."""
        found = self.pattern.match(path)
        if not found:
            return None
        _, args, captured = found
        return ResolverMatch(
            self.callback,
            args,
            {**captured, **self.default_args},
            self.pattern.name,
            route=str(self.pattern),
            captured_kwargs=captured,
            extra_kwargs=self.default_args,
        )

    @cached_property
    def lookup_str(self) -> str:
        """The dotted name of the view."""
        callback = self.callback
        if isinstance(callback, functools.partial):
            callback = callback.func
        if hasattr(callback, "view_class"):
            callback = callback.view_class
        elif not hasattr(callback, "__name__"):
            return f"{callback.__module__}.{callback.__class__.__name__}"
        return f"{callback.__module__}.{callback.__qualname__}"


class _Failure(Mapping[str, Any]):
    """What a Resolver404 tells: ``path`` and ``tried``, worked out when somebody looks."""

    __slots__ = ("path", "resolver", "values_")

    def __init__(self, resolver: URLResolver, path: str) -> None:
        self.resolver = resolver
        self.path = path
        self.values_: dict[str, Any] | None = None

    def _known(self) -> dict[str, Any]:
        if self.values_ is None:
            self.values_ = self.resolver._explain(self.path)
        return self.values_

    def __getitem__(self, key: str) -> Any:
        return self._known()[key]

    def __iter__(self) -> Iterator[str]:
        return iter(self._known())

    def __len__(self) -> int:
        return len(self._known())

    def __repr__(self) -> str:
        return repr(self._known())


class URLResolver:
    """A prefix with the patterns below it; the root of a URLconf is one too."""

    callback = None

    def __init__(
        self,
        pattern: Any,
        urlconf_name: Any,
        default_kwargs: dict[str, Any] | None = None,
        app_name: str | None = None,
        namespace: str | None = None,
    ) -> None:
        self.pattern = pattern
        self.urlconf_name = urlconf_name
        self.default_kwargs = default_kwargs or {}
        self.app_name = app_name
        self.namespace = namespace
        self._matchers: dict[str | None, Matcher] = {}
        # The only one, where the language makes no difference.
        self.matcher: Matcher | None = None

    def __repr__(self) -> str:
        name = self.urlconf_name
        if isinstance(name, list) and name:
            shown = f"<{name[0].__class__.__name__} list>"
        else:
            shown = repr(name)
        return f"<{self.__class__.__name__} {shown} ({self.app_name}:{self.namespace}) {self.pattern.describe()}>"

    @cached_property
    def urlconf_module(self) -> Any:
        """The module with ``urlpatterns``, or the list of patterns itself."""
        name = self.urlconf_name
        return import_module(name) if isinstance(name, str) else name

    @cached_property
    def url_patterns(self) -> Any:
        """The patterns; ImproperlyConfigured when the URLconf has none."""
        patterns = getattr(self.urlconf_module, "urlpatterns", self.urlconf_module)
        try:
            iter(patterns)
        except TypeError as error:
            raise ImproperlyConfigured(
                f"The included URLconf '{self.urlconf_name}' does not appear to have any patterns in it. If you "
                "see the 'urlpatterns' variable with valid patterns in the file then the issue is probably "
                "caused by a circular import."
            ) from error
        return patterns

    @cached_property
    def by_language(self) -> bool:
        """Whether what matches depends on the active language."""
        return _depends_on_language(self, ())

    @cached_property
    def reverse_index(self) -> ReverseIndex:
        """What reversing looks names up in."""
        from offbeat.urls.reversing import ReverseIndex

        return ReverseIndex(self)

    @property
    def namespace_dict(self) -> dict[str, Any]:
        """Instance namespaces: ``(prefix chain, resolver)`` by name."""
        return self.reverse_index.namespaces

    @property
    def app_dict(self) -> dict[str, list[str]]:
        """Instance namespaces by application namespace, the last deployed first."""
        return self.reverse_index.apps

    @property
    def reverse_dict(self) -> Any:
        """Reversible entries by view name and callable."""
        return self.reverse_index.entries

    def _is_callback(self, name: str) -> bool:
        """Tell whether a dotted name is that of a view below this resolver."""
        return any(getattr(endpoint, "lookup_str", None) == name for _, endpoint in flatten(self))

    def find(self, path: str) -> ResolverMatch | None:
        """Return the match for a path, or None."""
        found = self.look_up(path)
        return None if found is None else made(found)

    def look_up(self, path: str) -> Found | ResolverMatch | None:
        """Return what a path leads to, or None; ``made()`` makes a ResolverMatch of it."""
        language = get_language() if self.by_language else None
        matcher = self._matchers.get(language)
        if matcher is None:
            matcher = self._matchers[language] = Matcher(self)
            if not self.by_language:
                self.matcher = matcher
        return matcher.match(path)

    def resolve(self, path: str) -> ResolverMatch:
        """Return the match for a path; Resolver404 when there is none."""
        path = str(path)
        match = self.find(path)
        if match is None:
            raise Resolver404(_Failure(self, path))
        return match

    def tried_before_match(self, path: str) -> list[list[Any]]:
        """Return the chains of patterns looked at before the one that matched."""
        tried: list[list[Any]] = []
        found = self.pattern.match(path)
        if found:
            _walk(self, found[0], tried)
        return tried

    def _explain(self, path: str) -> dict[str, Any]:
        found = self.pattern.match(path)
        if not found:
            return {"path": path}
        tried: list[list[Any]] = []
        _walk(self, found[0], tried)
        return {"tried": tried, "path": found[0]}

    def resolve_error_handler(self, view_type: int) -> Any:
        """Return the view for an error status: the URLconf's ``handlerNNN``, else the default one."""
        callback = getattr(self.urlconf_module, f"handler{view_type}", None)
        if not callback:
            from offbeat.conf import urls

            callback = getattr(urls, f"handler{view_type}")
        return get_callable(callback)

    def reverse(self, lookup_view: Any, *args: Any, **kwargs: Any) -> str:
        """Return the path below this resolver for a view; NoReverseMatch when none fits."""
        return self._reverse_with_prefix(lookup_view, "", *args, **kwargs)

    def _reverse_with_prefix(self, lookup_view: Any, _prefix: str, *args: Any, **kwargs: Any) -> str:
        return self.reverse_index.reverse((), lookup_view, _prefix, args, kwargs)

    def check(self) -> list[Any]:
        """Return messages about this resolver and everything below it."""
        from offbeat.core.checks.urls import check_resolver

        messages: list[Any] = []
        for pattern in self.url_patterns:
            messages.extend(check_resolver(pattern))
        return messages or self.pattern.check()


def _walk(resolver: URLResolver, path: str, tried: list[list[Any]]) -> bool:
    """Look at one pattern after the other, noting each chain, until one matches."""
    for node in resolver.url_patterns:
        if not hasattr(node, "url_patterns"):
            if node.resolve(path):
                return True
            tried.append([node])
            continue
        found = node.pattern.match(path)
        below: list[list[Any]] = []
        if found and _walk(node, found[0], below):
            tried.extend([node, *chain] for chain in below)
            return True
        tried.extend([[node, *chain] for chain in below] or [[node]])
    return False


def _depends_on_language(resolver: URLResolver, outer: tuple[Any, ...]) -> bool:
    for node in resolver.url_patterns:
        pattern = node.pattern
        if isinstance(pattern, LocalePrefixPattern) or translated(getattr(pattern, "_source", "")):
            return True
        if isinstance(node, URLResolver) and not any(node.url_patterns is seen for seen in outer):
            if _depends_on_language(node, (*outer, node.url_patterns)):
                return True
    return False
