"""Resolving paths and reversing names, with the URLconf and script prefix of the current request."""

from __future__ import annotations

from contextvars import ContextVar
from typing import Any
from urllib.parse import unquote, urlencode, urlsplit, urlunsplit

from offbeat.http import QueryDict
from offbeat.urls.exceptions import NoReverseMatch, Resolver404
from offbeat.urls.match import ResolverMatch
from offbeat.urls.resolvers import get_resolver, get_resolver_for
from offbeat.urls.utils import get_callable
from offbeat.utils.functional import Promise, lazy
from offbeat.utils.translation import override

__all__ = [
    "clear_script_prefix",
    "clear_url_caches",
    "enter_request",
    "get_script_prefix",
    "get_urlconf",
    "is_valid_path",
    "resolve",
    "reverse",
    "reverse_lazy",
    "set_script_prefix",
    "set_urlconf",
    "translate_url",
]

_prefix: ContextVar[str] = ContextVar("script_prefix", default="/")
_urlconf: ContextVar[Any] = ContextVar("urlconf", default=None)


def resolve(path: Any, urlconf: Any = None) -> ResolverMatch:
    """Return the match for a path; Resolver404 when no pattern matches."""
    return get_resolver(_urlconf.get() if urlconf is None else urlconf).resolve(path)


def reverse(
    viewname: Any,
    urlconf: Any = None,
    args: Any = None,
    kwargs: dict[str, Any] | None = None,
    current_app: str | None = None,
    *,
    query: Any = None,
    fragment: Any = None,
) -> str:
    """Return the path of a view, given by name (``namespace:name``) or callable; NoReverseMatch without one."""
    resolver = get_resolver(_urlconf.get() if urlconf is None else urlconf)
    positional = tuple(args or ())
    named = kwargs or {}
    prefix = _prefix.get()
    if isinstance(viewname, str) and ":" in viewname:
        *path, view = viewname.split(":")
        index, chain = _enter_namespaces(resolver, path, current_app)
        url = index.reverse(chain, view, prefix, positional, named)
    else:
        url = resolver.reverse_index.reverse((), viewname, prefix, positional, named)
    if query is not None or fragment is not None:
        url = _add_query(url, query, fragment)
    return url  # type: ignore[no-any-return]


def _enter_namespaces(resolver: Any, path: list[str], current_app: str | None) -> tuple[Any, tuple[Any, ...]]:
    """Follow namespaces; return the index they lead to and the chain of prefixes on the way."""
    current_path = current_app.split(":")[::-1] if current_app else None
    chain: tuple[Any, ...] = ()
    followed: list[str] = []
    index = resolver.reverse_index
    for namespace in path:
        current = current_path.pop() if current_path else None
        instances = index.apps.get(namespace)
        if instances is not None:
            # The application's default instance, unless the current one is of this application.
            if current and current in instances:
                namespace = current
            elif namespace not in instances:
                namespace = instances[0]
        if namespace != current:
            current_path = None
        try:
            extra, resolver = index.namespaces[namespace]
        except KeyError:
            if followed:
                raise NoReverseMatch(
                    f"{namespace!r} is not a registered namespace inside {':'.join(followed)!r}"
                ) from None
            raise NoReverseMatch(f"{namespace!r} is not a registered namespace") from None
        followed.append(namespace)
        chain += extra
        index = resolver.reverse_index
    return index, chain


def _add_query(url: str, query: Any, fragment: Any) -> str:
    if query is not None:
        text = query.urlencode() if isinstance(query, QueryDict) else urlencode(query, doseq=True)
        if text:
            url = f"{url}?{text}"
    if fragment is None:
        return url
    if not isinstance(fragment, str | Promise):
        raise TypeError(f"fragment must be a string, not {fragment.__class__.__name__}.")
    return f"{url}#{fragment}"


reverse_lazy = lazy(reverse, str)


def clear_url_caches() -> None:
    """Forget resolvers and views found by name."""
    get_callable.cache_clear()
    get_resolver_for.cache_clear()


def set_script_prefix(prefix: str) -> None:
    """Set the prefix that ``reverse()`` puts before every path, in this context."""
    if _prefix.get() != prefix:
        _prefix.set(prefix if prefix.endswith("/") else f"{prefix}/")


def get_script_prefix() -> str:
    """Return the script prefix, with a slash at its end."""
    return _prefix.get()


def clear_script_prefix() -> None:
    """Go back to the prefix ``/``."""
    _prefix.set("/")


def set_urlconf(urlconf_name: Any) -> None:
    """Set the URLconf of this context; None for ROOT_URLCONF."""
    if _urlconf.get() is not urlconf_name:
        _urlconf.set(urlconf_name or None)


def enter_request(script_name: str) -> None:
    """Begin with the script prefix of a request and with ROOT_URLCONF, in this context."""
    if _urlconf.get() is not None:
        _urlconf.set(None)
    if script_name or _prefix.get() != "/":
        set_script_prefix(script_name or "/")


def get_urlconf(default: Any = None) -> Any:
    """Return the URLconf of this context, else ``default``."""
    urlconf = _urlconf.get()
    return default if urlconf is None else urlconf


def is_valid_path(path: Any, urlconf: Any = None) -> ResolverMatch | bool:
    """Return the match for a path, or False."""
    match = get_resolver(_urlconf.get() if urlconf is None else urlconf).find(str(path))
    return False if match is None else match


def translate_url(url: str, lang_code: str) -> str:
    """Return the URL of the same view in another language, or the URL itself when there is none."""
    parsed = urlsplit(url)
    try:
        # A path resolves in its decoded form.
        match = resolve(unquote(parsed.path))
    except Resolver404:
        return url
    name = f"{match.namespace}:{match.url_name}" if match.namespace else match.url_name
    with override(lang_code):
        try:
            path = reverse(name, args=match.args, kwargs=match.kwargs)
        except NoReverseMatch:
            return url
    return urlunsplit((parsed.scheme, parsed.netloc, path, parsed.query, parsed.fragment))
