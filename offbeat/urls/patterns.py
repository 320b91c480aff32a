"""Patterns: what one element of a URLconf matches, and the parts a compiled matcher is built from."""

from __future__ import annotations

import re
import string
from functools import lru_cache
from typing import Any, overload

from offbeat.conf import settings
from offbeat.core.exceptions import ImproperlyConfigured
from offbeat.urls.converters import get_converter
from offbeat.utils.regex_helper import Branch, normalize
from offbeat.utils.translation import get_language, get_supported_language_variant

__all__ = [
    "CheckURLMixin",
    "LocalePrefixPattern",
    "LocaleRegexDescriptor",
    "RegexPattern",
    "RoutePattern",
    "compile_pattern",
    "translated",
]

PARAMETER = re.compile(r"<(?:(?P<converter>[^>:]+):)?(?P<parameter>[^>]+)>")
Match = tuple[str, tuple[Any, ...], dict[str, Any]]


def translated(value: Any) -> bool:
    """Tell whether a route or regular expression is a lazy text, whose value depends on the language."""
    return not isinstance(value, str)


@lru_cache(maxsize=4096)
def compile_pattern(regex: str, described: str) -> re.Pattern[str]:
    """Compile a user's expression; ImproperlyConfigured when it is not valid."""
    try:
        return re.compile(regex)
    except re.error as error:
        raise ImproperlyConfigured(f'"{described}" is not a valid regular expression: {error}') from error


class LocaleRegexDescriptor:
    """The compiled expression of a pattern; of a lazy text, that of the current language."""

    @overload
    def __get__(self, instance: None, cls: Any = None) -> LocaleRegexDescriptor: ...

    @overload
    def __get__(self, instance: RegexPattern, cls: Any = None) -> re.Pattern[str]: ...

    def __get__(self, instance: RegexPattern | None, cls: Any = None) -> Any:
        if instance is None:
            return self
        text = str(instance._regex)
        return compile_pattern(text, text)


class CheckURLMixin:
    """System checks that the pattern kinds share."""

    name: str | None
    regex: re.Pattern[str]

    def describe(self) -> str:
        """Return the pattern's text, and its name when it has one."""
        described = f"'{self}'"
        if self.name:
            described += f" [name='{self.name}']"
        return described

    def _check_pattern_startswith_slash(self) -> list[Any]:
        from offbeat.core.checks import Warning

        if not settings.APPEND_SLASH:
            return []
        text = self.regex.pattern
        if not text.startswith(("/", "^/", "^\\/")) or text.endswith("/"):
            return []
        return [
            Warning(
                f"Your URL pattern {self.describe()} has a route beginning with a '/'. Remove this slash as it "
                "is unnecessary. If this pattern is targeted in an include(), ensure the include() pattern has "
                "a trailing '/'.",
                id="urls.W002",
            )
        ]


class RegexPattern(CheckURLMixin):
    """The pattern of ``re_path()``: a regular expression."""

    _source: Any
    regex = LocaleRegexDescriptor()

    def __init__(self, regex: Any, name: str | None = None, is_endpoint: bool = False) -> None:
        self._source = self._regex = regex
        self._is_endpoint = is_endpoint
        self.name = name
        self.converters: dict[str, Any] = {}

    def match(self, path: str) -> Match | None:
        """Return the rest of the path, positional and keyword arguments, or None."""
        regex = self.regex
        found = regex.fullmatch(path) if self._is_endpoint and self._ends() else regex.search(path)
        if not found:
            return None
        kwargs = found.groupdict()
        args = () if kwargs else found.groups()
        return path[found.end() :], args, {name: value for name, value in kwargs.items() if value is not None}

    def _ends(self) -> bool:
        text = str(self._regex)
        return text.endswith("$") and not text.endswith(r"\$")

    def check(self) -> list[Any]:
        """Return messages about a suspicious pattern."""
        return self._check_pattern_startswith_slash() + (
            [] if self._is_endpoint else self._check_include_trailing_dollar()
        )

    def _check_include_trailing_dollar(self) -> list[Any]:
        from offbeat.core.checks import Warning

        if not self._ends():
            return []
        return [
            Warning(
                f"Your URL pattern {self.describe()} uses include with a route ending with a '$'. Remove the "
                "dollar from the route to avoid problems including URLs.",
                id="urls.W001",
            )
        ]

    def branches(self) -> list[Branch]:
        """Return the ways to write this element when reversing."""
        return normalize(str(self._regex))

    def __str__(self) -> str:
        return str(self._regex)


class RoutePattern(CheckURLMixin):
    """The pattern of ``path()``: literal text with converters in angle brackets."""

    def __init__(self, route: Any, name: str | None = None, is_endpoint: bool = False) -> None:
        self._source = self._route = route
        self._is_endpoint = is_endpoint
        self.name = name
        self._parse()

    def _parse(self) -> tuple[tuple[Any, ...], dict[str, Any]]:
        return parse_route(str(self._route))

    @property
    def parts(self) -> tuple[Any, ...]:
        """Literal texts and ``(parameter, converter)`` pairs, in order."""
        return self._parse()[0]

    @property
    def converters(self) -> dict[str, Any]:
        return self._parse()[1]

    @property
    def regex(self) -> re.Pattern[str]:  # type: ignore[override]
        route = str(self._route)
        return compile_pattern(_route_regex(route, self._is_endpoint), route)

    def match(self, path: str) -> Match | None:
        """Return the rest of the path, no positional and the converted keyword arguments, or None."""
        parts, converters = self._parse()
        if not converters:
            literal = parts[0] if parts else ""
            if self._is_endpoint:
                return ("", (), {}) if path == literal else None
            return (path[len(literal) :], (), {}) if path.startswith(literal) else None
        found = self.regex.match(path)
        if not found:
            return None
        kwargs = {}
        for name, converter in converters.items():
            try:
                kwargs[name] = converter.to_python(found[name])
            except ValueError:
                return None
        return path[found.end() :], (), kwargs

    def check(self) -> list[Any]:
        """Return messages about a suspicious route."""
        return self._check_pattern_startswith_slash() + self._check_looks_like_regex()

    def _check_looks_like_regex(self) -> list[Any]:
        from offbeat.core.checks import Warning

        route = str(self._route)
        if "(?P<" not in route and not route.startswith("^") and not route.endswith("$"):
            return []
        return [
            Warning(
                f"Your URL pattern {self.describe()} has a route that contains '(?P<', begins with a '^', or "
                "ends with a '$'. This was likely an oversight when migrating to django.urls.path().",
                id="2_0.W001",
            )
        ]

    def branches(self) -> list[Branch]:
        """Return the one way to write this element when reversing."""
        text = []
        names = []
        for part in self.parts:
            if type(part) is str:
                text.append(part.replace("%", "%%"))
            else:
                text.append(f"%({part[0]})s")
                names.append(part[0])
        return [("".join(text), names)]

    def __str__(self) -> str:
        return str(self._route)


class LocalePrefixPattern:
    """The prefix of ``i18n_patterns()``: the active language, or nothing for an unprefixed default language."""

    name = None
    _is_endpoint = False

    def __init__(self, prefix_default_language: bool = True) -> None:
        self.prefix_default_language = prefix_default_language
        self.converters: dict[str, Any] = {}

    @property
    def regex(self) -> re.Pattern[str]:
        # The language code is text, never an expression (CVE-2022-41323).
        return re.compile(re.escape(self.language_prefix))

    @property
    def language_prefix(self) -> str:
        default = settings.LANGUAGE_CODE
        language = get_language() or default
        # "en-us" may be served by "en".
        if not self.prefix_default_language and language in (default, _default_language(default)):
            return ""
        return f"{language}/"

    def match(self, path: str) -> Match | None:
        """Return the rest of the path when it begins with the active language."""
        prefix = self.language_prefix
        return (path[len(prefix) :], (), {}) if path.startswith(prefix) else None

    def check(self) -> list[Any]:
        """Nothing can be wrong with the prefix itself."""
        return []

    def describe(self) -> str:
        """Return the prefix in quotes."""
        return f"'{self}'"

    def branches(self) -> list[Branch]:
        """Return the prefix of the active language."""
        return [(self.language_prefix.replace("%", "%%"), [])]

    def __str__(self) -> str:
        return self.language_prefix


@lru_cache(maxsize=64)
def _default_language(code: str) -> str:
    try:
        return get_supported_language_variant(code)
    except LookupError:
        return code


@lru_cache(maxsize=4096)
def parse_route(route: str) -> tuple[tuple[Any, ...], dict[str, Any]]:
    """Split a route into literal texts and (parameter, converter) pairs; ImproperlyConfigured when invalid."""
    parts: list[Any] = []
    converters: dict[str, Any] = {}
    end = 0
    for found in PARAMETER.finditer(route):
        if any(char in string.whitespace for char in found[0]):
            raise ImproperlyConfigured(
                f"URL route {route!r} cannot contain whitespace in angle brackets <…>."
            )
        if found.start() > end:
            parts.append(route[end : found.start()])
        end = found.end()
        name = found["parameter"]
        if not name.isidentifier():
            raise ImproperlyConfigured(
                f"URL route {route!r} uses parameter name {name!r} which isn't a valid Python identifier."
            )
        if name in converters:
            raise ImproperlyConfigured(f"URL route {route!r} uses parameter name {name!r} more than once.")
        try:
            converter = get_converter(found["converter"] or "str")
        except KeyError as error:
            raise ImproperlyConfigured(
                f"URL route {route!r} uses invalid converter {found['converter']!r}."
            ) from error
        converters[name] = converter
        parts.append((name, converter))
    if end < len(route):
        parts.append(route[end:])
    return tuple(parts), converters


@lru_cache(maxsize=4096)
def _route_regex(route: str, is_endpoint: bool) -> str:
    text = [
        re.escape(part) if type(part) is str else f"(?P<{part[0]}>{part[1].regex})"
        for part in parse_route(route)[0]
    ]
    return "^" + "".join(text) + (r"\Z" if is_endpoint else "")
