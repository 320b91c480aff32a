"""Formats of dates and numbers by language (Django documentation: topics/i18n/formatting)."""

from __future__ import annotations

import datetime
import decimal
import functools
import re
import unicodedata
from collections.abc import Iterator
from importlib import import_module
from types import ModuleType
from typing import Any

from offbeat.conf import settings
from offbeat.utils import numberformat
from offbeat.utils.functional import lazy
from offbeat.utils.lazy_pattern import lazy_pattern
from offbeat.utils.translation import get_language, to_locale

__all__ = [
    "FORMAT_SETTINGS",
    "ISO_INPUT_FORMATS",
    "date_format",
    "get_format",
    "get_format_lazy",
    "get_format_modules",
    "iter_format_modules",
    "localize",
    "localize_input",
    "number_format",
    "reset_format_cache",
    "sanitize_separators",
    "sanitize_strftime_format",
    "time_format",
]

# Only these names may be asked for, so that a template's date filter cannot print a setting.
FORMAT_SETTINGS = frozenset(
    [
        "DATE_FORMAT",
        "DATETIME_FORMAT",
        "DATE_INPUT_FORMATS",
        "DATETIME_INPUT_FORMATS",
        "DECIMAL_SEPARATOR",
        "FIRST_DAY_OF_WEEK",
        "MONTH_DAY_FORMAT",
        "NUMBER_GROUPING",
        "SHORT_DATE_FORMAT",
        "SHORT_DATETIME_FORMAT",
        "THOUSAND_SEPARATOR",
        "TIME_FORMAT",
        "TIME_INPUT_FORMATS",
        "YEAR_MONTH_FORMAT",
    ]
)

ISO_INPUT_FORMATS = {
    "DATE_INPUT_FORMATS": ["%Y-%m-%d"],
    "TIME_INPUT_FORMATS": ["%H:%M:%S", "%H:%M:%S.%f", "%H:%M"],
    "DATETIME_INPUT_FORMATS": [
        "%Y-%m-%d %H:%M:%S",
        "%Y-%m-%d %H:%M:%S.%f",
        "%Y-%m-%d %H:%M",
        "%Y-%m-%d",
    ],
}

_LANGUAGE_CODE = lazy_pattern(r"[a-zA-Z]{2,8}(?:[-_][a-zA-Z0-9]{1,8}){0,3}")

_format_cache: dict[tuple[str, str | None], Any] = {}
# Decimal separator, grouping and thousand separator, by language.
_number_formats: dict[tuple[str | None, bool], tuple[Any, Any, Any]] = {}
_format_modules_cache: dict[str, list[ModuleType]] = {}


def reset_format_cache() -> None:
    """Forget what was looked up; call it when the format settings have changed."""
    _format_cache.clear()
    _number_formats.clear()
    _format_modules_cache.clear()


def iter_format_modules(lang: str, format_module_path: str | list[str] | None = None) -> Iterator[ModuleType]:
    """The format modules of a language, the project's own first."""
    # The code becomes part of a module's name, and may come from a request.
    if not _LANGUAGE_CODE.fullmatch(lang):
        return
    if format_module_path is None:
        format_module_path = settings.FORMAT_MODULE_PATH
    patterns: list[str] = []
    if format_module_path:
        paths = [format_module_path] if isinstance(format_module_path, str) else format_module_path
        patterns = [path + ".%s" for path in paths]
    patterns.append("offbeat.conf.locale.%s")
    locale = to_locale(lang)
    locales = [locale]
    if "_" in locale:
        locales.append(locale.split("_")[0])
    for pattern in patterns:
        for name in locales:
            try:
                yield import_module(f"{pattern % name}.formats")
            except ImportError:
                pass


def get_format_modules(lang: str | None = None) -> list[ModuleType]:
    """The format modules of ``lang``, or of the active language."""
    if not lang:
        lang = get_language()
    if lang is None:
        return []
    modules = _format_modules_cache.get(lang)
    if modules is None:
        modules = _format_modules_cache[lang] = list(iter_format_modules(lang, settings.FORMAT_MODULE_PATH))
    return modules


def get_format(format_type: Any, lang: str | None = None, use_l10n: bool | None = None) -> Any:
    """The format called ``format_type`` for a language; a text that is no such name comes back as it is."""
    if use_l10n is None:
        use_l10n = True
    if use_l10n and lang is None:
        lang = get_language()
    format_type = str(format_type)
    key = (format_type, lang)
    try:
        return _format_cache[key]
    except KeyError:
        pass
    value = None
    if format_type not in FORMAT_SETTINGS:
        return format_type
    if use_l10n:
        for module in get_format_modules(lang):
            value = getattr(module, format_type, None)
            if value is not None:
                break
    if value is None:
        value = getattr(settings, format_type)
    elif format_type in ISO_INPUT_FORMATS:
        value = list(value)
        # ISO is understood in every language.
        value += [iso for iso in ISO_INPUT_FORMATS[format_type] if iso not in value]
    _format_cache[key] = value
    return value


get_format_lazy = lazy(get_format, str, list, tuple)


def date_format(value: Any, format: Any = None, use_l10n: bool | None = None) -> str:
    """A date or datetime in ``format`` (a format, or the name of one; default DATE_FORMAT)."""
    from offbeat.utils import dateformat

    return dateformat.format(value, get_format(format or "DATE_FORMAT", use_l10n=use_l10n))


def time_format(value: Any, format: Any = None, use_l10n: bool | None = None) -> str:
    """A time in ``format`` (a format, or the name of one; default TIME_FORMAT)."""
    from offbeat.utils import dateformat

    return dateformat.time_format(value, get_format(format or "TIME_FORMAT", use_l10n=use_l10n))


def number_format(
    value: Any, decimal_pos: int | None = None, use_l10n: bool | None = None, force_grouping: bool = False
) -> str:
    """A number with the separators of the active language."""
    if use_l10n is None:
        use_l10n = True
    lang = get_language() if use_l10n else None
    try:
        separator, grouping, thousands = _number_formats[lang, use_l10n]
    except KeyError:
        separator, grouping, thousands = _number_formats[lang, use_l10n] = (
            get_format("DECIMAL_SEPARATOR", lang, use_l10n=use_l10n),
            get_format("NUMBER_GROUPING", lang, use_l10n=use_l10n),
            get_format("THOUSAND_SEPARATOR", lang, use_l10n=use_l10n),
        )
    return numberformat.format(
        value, separator, decimal_pos, grouping, thousands, force_grouping=force_grouping, use_l10n=use_l10n
    )


def localize(value: Any, use_l10n: bool | None = None) -> Any:
    """``value`` as localized text if it is a number or date, else as it is."""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return str(value)
    if isinstance(value, decimal.Decimal | float | int):
        return str(value) if use_l10n is False else number_format(value, use_l10n=use_l10n)
    if isinstance(value, datetime.datetime):
        return date_format(value, "DATETIME_FORMAT", use_l10n=use_l10n)
    if isinstance(value, datetime.date):
        return date_format(value, use_l10n=use_l10n)
    if isinstance(value, datetime.time):
        return time_format(value, use_l10n=use_l10n)
    return value


def localize_input(value: Any, default: str | None = None) -> Any:
    """``value`` as a form field shows it: in the first input format of the language, or in ``default``."""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return str(value)
    if isinstance(value, decimal.Decimal | float | int):
        return number_format(value)
    if isinstance(value, datetime.datetime):
        return value.strftime(sanitize_strftime_format(default or get_format("DATETIME_INPUT_FORMATS")[0]))
    if isinstance(value, datetime.date):
        return value.strftime(sanitize_strftime_format(default or get_format("DATE_INPUT_FORMATS")[0]))
    if isinstance(value, datetime.time):
        return value.strftime(default or get_format("TIME_INPUT_FORMATS")[0])
    return value


@functools.lru_cache
def sanitize_strftime_format(fmt: str) -> str:
    """``fmt`` with ``%Y``-like parts zero-padded where this platform's strftime() does not pad them itself."""
    if datetime.date(1, 1, 1).strftime("%Y") == "0001":
        return fmt
    widths = {"C": 2, "F": 10, "G": 4, "Y": 4}
    return re.sub(
        r"((?:^|[^%])(?:%%)*)%([CFGY])",
        lambda m: f"{m[1]}%{widths[m[2]]:02d}{m[2]}" if m[2] in "CGY" else f"{m[1]}%04Y-%m-%d",
        fmt,
    )


def sanitize_separators(value: Any) -> Any:
    """Number text with the language's separators turned into Python's."""
    if not isinstance(value, str):
        return value
    parts: list[str] = []
    decimal_separator = get_format("DECIMAL_SEPARATOR")
    if decimal_separator in value:
        value, decimals = value.split(decimal_separator, 1)
        parts.append(decimals)
    if settings.USE_THOUSAND_SEPARATOR:
        thousand_sep = get_format("THOUSAND_SEPARATOR")
        # "1.500" cannot be told from one and a half: a group after the dot must have the wrong length to be decimals.
        if thousand_sep == "." and value.count(".") == 1 and len(value.split(".")[-1]) != 3:
            pass
        else:
            for replacement in {thousand_sep, unicodedata.normalize("NFKD", thousand_sep)}:
                value = value.replace(replacement, "")
    parts.append(value)
    return ".".join(reversed(parts))
