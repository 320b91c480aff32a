"""Reversing: from a view's name or callable and its arguments to a path.

Each resolver has an index of everything below it that is not in a namespace. An entry is a chain of patterns; the
first use works out the ways to write it (several, where an expression has optional parts) and keeps them.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from itertools import product
from typing import Any, NamedTuple
from urllib.parse import quote

from offbeat.urls.exceptions import NoReverseMatch
from offbeat.urls.patterns import LocalePrefixPattern, RegexPattern, RoutePattern
from offbeat.utils.http import RFC3986_SUBDELIMS, escape_leading_slashes
from offbeat.utils.lazy_pattern import lazy_pattern
from offbeat.utils.translation import get_language

__all__ = ["ReverseIndex"]

SAFE = RFC3986_SUBDELIMS + "/~:@"
UNNAMED = lazy_pattern(r"%\(_(\d+)\)s")
CLEAN = lazy_pattern(r"[A-Za-z0-9_.\-~!$&'()*+,;=/:@]*\Z")


class Entry(NamedTuple):
    """A reversible endpoint: its chain of patterns and the extra arguments along it."""

    chain: tuple[Any, ...]
    defaults: dict[str, Any]


class Form(NamedTuple):
    """One way to write an entry."""

    template: str
    params: tuple[str, ...]
    keys: frozenset[str]
    converters: dict[str, Any]
    defaults: dict[str, Any]
    check: re.Pattern[str]
    described: str


class ReverseIndex:
    """Names, callables and namespaces below one resolver."""

    def __init__(self, resolver: Any, outer: tuple[Any, ...] = ()) -> None:
        self.resolver = resolver
        self.entries: dict[Any, list[Entry]] = {}
        self.namespaces: dict[str, tuple[tuple[Any, ...], Any]] = {}
        self.apps: dict[str, list[str]] = {}
        self._forms: dict[Any, tuple[Form, ...]] = {}
        outer = (*outer, resolver.url_patterns)
        # Documented: of equal names the last one in the URLconf wins.
        for node in reversed(resolver.url_patterns):
            if hasattr(node, "url_patterns"):
                # A URLconf that includes itself has endless names; those of the first round are enough.
                if node.namespace or not any(node.url_patterns is seen for seen in outer):
                    self._add_resolver(node, outer)
            else:
                self._add_endpoint(node)

    def _add_endpoint(self, node: Any) -> None:
        pattern = getattr(node, "pattern", None)
        if pattern is None:
            return
        entry = Entry((pattern,), getattr(node, "default_args", {}))
        callback = getattr(node, "callback", None)
        if callback is not None:
            self._add(callback, entry)
        if node.name is not None:
            self._add(node.name, entry)

    def _add(self, key: Any, entry: Entry) -> None:
        try:
            self.entries.setdefault(key, []).append(entry)
        except TypeError:
            # An unhashable callable cannot be asked for either.
            return

    def _add_resolver(self, node: Any, outer: tuple[Any, ...]) -> None:
        prefix = (node.pattern,)
        if node.namespace:
            self.apps.setdefault(node.app_name, []).append(node.namespace)
            self.namespaces[node.namespace] = (prefix, node)
            return
        below = ReverseIndex(node, outer)
        for key, entries in below.entries.items():
            for entry in entries:
                self._add(key, Entry(prefix + entry.chain, {**entry.defaults, **node.default_kwargs}))
        for namespace, (chain, resolver) in below.namespaces.items():
            self.namespaces[namespace] = (prefix + chain, resolver)
        for app_name, namespaces in below.apps.items():
            self.apps.setdefault(app_name, []).extend(namespaces)

    def forms(self, prefix: tuple[Any, ...], view: Any) -> tuple[Form, ...]:
        """Return the ways to write a view below a chain of prefixes."""
        key: Any = (view, *map(id, prefix))
        if self.resolver.by_language or prefix:
            key = (get_language(), *key)
        try:
            return self._forms[key]
        except KeyError:
            pass
        found = tuple(
            form
            for entry in self.entries.get(view, ())
            for form in _forms(prefix + entry.chain, entry.defaults)
        )
        if found:
            self._forms[key] = found
        return found

    def reverse(
        self, prefix: tuple[Any, ...], view: Any, script: str, args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> str:
        """Return the path; NoReverseMatch when no form takes the arguments."""
        if args and kwargs:
            raise ValueError("Don't mix *args and **kwargs in call to reverse()!")
        try:
            forms = self.forms(prefix, view)
        except TypeError:
            forms = ()
        for form in forms:
            values = _fit(form, args, kwargs)
            if values is None:
                continue
            text = form.template % values
            if form.check.match(text):
                url = script + text
                if not CLEAN.match(url):
                    url = quote(url, safe=SAFE)
                return escape_leading_slashes(url)
        raise NoReverseMatch(_describe_failure(view, args, kwargs, forms))


def _fit(form: Form, args: tuple[Any, ...], kwargs: dict[str, Any]) -> dict[str, str] | None:
    """Return the texts for a form's parameters, or None when the arguments do not fit."""
    params = form.params
    defaults = form.defaults
    if args:
        if len(args) != len(params):
            return None
        given: Mapping[str, Any] = dict(zip(params, args, strict=True))
    else:
        if kwargs.keys() - defaults.keys() != form.keys - defaults.keys():
            return None
        given = kwargs
        if defaults:
            if any(
                kwargs.get(name, value) != value for name, value in defaults.items() if name not in params
            ):
                return None
            given = {**defaults, **kwargs}
    values = {}
    converters = form.converters
    for name in params:
        value = given[name]
        converter = converters.get(name)
        if converter is None:
            values[name] = str(value)
            continue
        try:
            values[name] = converter.to_url(value)
        except ValueError:
            return None
    return values


def _forms(chain: tuple[Any, ...], defaults: dict[str, Any]) -> list[Form]:
    converters = {
        name: converter for pattern in chain for name, converter in getattr(pattern, "converters", {}).items()
    }
    described = "".join(_text(pattern) for pattern in chain)
    check = lazy_pattern(described)
    forms = []
    for choice in product(*(_branches(pattern) for pattern in chain)):
        template = ""
        params: list[str] = []
        for text, names in choice:
            # Positional parameters are counted through the whole chain.
            shift = sum(1 for name in params if re.fullmatch(r"_\d+", name))
            if shift:
                text = UNNAMED.sub(lambda found, by=shift: f"%(_{int(found[1]) + by})s", text)  # type: ignore[misc]
                names = [
                    f"_{int(name[1:]) + shift}" if re.fullmatch(r"_\d+", name) else name for name in names
                ]
            template += text
            params += names
        forms.append(Form(template, tuple(params), frozenset(params), converters, defaults, check, described))
    return forms


def _branches(pattern: Any) -> Any:
    if hasattr(pattern, "branches"):
        return pattern.branches()
    from offbeat.utils.regex_helper import normalize

    return normalize(pattern.regex.pattern)


def _text(pattern: Any) -> str:
    """Return the expression of one element for the check of a finished path."""
    if isinstance(pattern, LocalePrefixPattern):
        return re.escape(pattern.language_prefix)
    if not isinstance(pattern, (RoutePattern, RegexPattern)) and not hasattr(pattern, "regex"):
        return ""
    text: str = pattern.regex.pattern
    return text.removeprefix("^")


def _describe_failure(
    view: Any, args: tuple[Any, ...], kwargs: dict[str, Any], forms: tuple[Form, ...]
) -> str:
    module = getattr(view, "__module__", None)
    name = getattr(view, "__name__", None)
    shown = f"{module}.{name}" if module is not None and name is not None else view
    if not forms:
        return f"Reverse for '{shown}' not found. '{shown}' is not a valid view function or pattern name."
    if args:
        given = f"arguments '{args}'"
    elif kwargs:
        given = f"keyword arguments '{kwargs}'"
    else:
        given = "no arguments"
    tried = list(dict.fromkeys(form.described for form in forms))
    return f"Reverse for '{shown}' with {given} not found. {len(forms)} pattern(s) tried: {tried}"
