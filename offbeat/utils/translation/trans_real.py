"""Message catalogs: found in ``LOCALE_PATHS`` and the applications, merged once per language."""

from __future__ import annotations

import functools
import os
import re
from typing import TYPE_CHECKING, Any

from offbeat.conf import global_settings, settings
from offbeat.utils.lazy_pattern import lazy_pattern
from offbeat.utils.translation.language import get_language, to_locale

if TYPE_CHECKING:
    import gettext as gettext_module

# Longest tag that BCP 47 registers, with room; longer input is never looked up.
LANGUAGE_CODE_MAX_LENGTH = 500
_LANGUAGE_CODE = lazy_pattern(r"^[a-z]{1,8}(?:-[a-z0-9]{1,8})*(?:@[a-z0-9]{1,20})?$", re.IGNORECASE)
_PATH_PREFIX = lazy_pattern(r"^/(\w+([@-]\w+){0,2})(/|$)")
_translations: dict[str, gettext_module.NullTranslations] = {}


def reset() -> None:
    """Forget the catalogs; they are read again when needed."""
    _translations.clear()
    get_languages.cache_clear()
    get_supported_language_variant.cache_clear()
    check_for_language.cache_clear()


def _directories() -> list[str]:
    """Folders with catalogs, the most important last."""
    from offbeat.apps import apps

    found = [os.path.join(os.path.dirname(os.path.dirname(os.path.dirname(__file__))), "conf", "locale")]
    if apps.apps_ready:
        found += [os.path.join(config.path, "locale") for config in reversed(list(apps.get_app_configs()))]
    return found + [str(path) for path in reversed(settings.LOCALE_PATHS)]


def translation(language: str) -> gettext_module.NullTranslations:
    """The merged catalog of a language, with its generic form and the default language behind it."""
    known = _translations.get(language)
    if known is None:
        known = _translations[language] = _load(language)
    return known


def _load(language: str) -> gettext_module.NullTranslations:
    import gettext as gettext_module

    merged: gettext_module.NullTranslations | None = None
    for directory in _directories():
        try:
            found = gettext_module.translation("django", directory, [to_locale(language)])
        except OSError:
            continue
        if merged is None:
            merged = found
        else:
            merged._catalog.update(found._catalog)  # type: ignore[attr-defined]
    result = merged or gettext_module.NullTranslations()
    generic = language.rpartition("-")[0]
    if generic:
        result.add_fallback(translation(generic))
    return result


def current_catalog() -> gettext_module.NullTranslations | None:
    """The catalog of the current language; None when translation is off."""
    if not settings.USE_I18N:
        return None
    language = get_language()
    return None if language is None else translation(language)


def catalog() -> gettext_module.NullTranslations:
    """The catalog of the current language, that of the default one when translation is off."""
    return current_catalog() or translation(settings.LANGUAGE_CODE)


@functools.lru_cache
def _known() -> frozenset[str]:
    return frozenset(code for code, _ in global_settings.LANGUAGES)


@functools.lru_cache
def get_languages() -> dict[str, Any]:
    """``LANGUAGES`` as a dictionary."""
    return dict(settings.LANGUAGES)


@functools.lru_cache(maxsize=1000)
def check_for_language(lang_code: str | None) -> bool:
    """Whether the code is well formed, and of a language that the framework knows or that has a catalog."""
    if not lang_code or len(lang_code) > LANGUAGE_CODE_MAX_LENGTH or not _LANGUAGE_CODE.match(lang_code):
        return False
    if lang_code == settings.LANGUAGE_CODE or lang_code.split("-")[0] == "en" or lang_code in _known():
        return True
    import gettext as gettext_module

    return any(
        gettext_module.find("django", directory, [to_locale(lang_code)]) is not None
        for directory in _directories()
    )


@functools.lru_cache(maxsize=1000)
def get_supported_language_variant(lang_code: str, strict: bool = False) -> str:
    """The code among ``LANGUAGES`` that serves ``lang_code`` best; LookupError if none does.

    ``strict``: no variant of another country.
    """
    if lang_code and len(lang_code) <= LANGUAGE_CODE_MAX_LENGTH:
        supported = get_languages()
        parts = lang_code.lower().split("-")
        for end in range(len(parts), 0, -1):
            code = "-".join(parts[:end])
            if code in supported and check_for_language(code):
                return code
        if not strict:
            for code in supported:
                if code.startswith(parts[0] + "-") and check_for_language(code):
                    return str(code)
    raise LookupError(lang_code)


def get_language_from_path(path: str, strict: bool = False) -> str | None:
    """The language of a path such as ``/de/news/``, None if it begins with none."""
    match = _PATH_PREFIX.match(path)
    if not match:
        return None
    try:
        return get_supported_language_variant(match[1], strict=strict)
    except LookupError:
        return None


@functools.lru_cache(maxsize=1000)
def parse_accept_lang_header(header: str) -> tuple[tuple[str, float], ...]:
    """(language, quality) pairs of an ``Accept-Language`` header, best first (RFC 9110 §12.5.4)."""
    result = []
    for piece in header[:LANGUAGE_CODE_MAX_LENGTH].lower().split(","):
        tag, _, parameter = piece.strip().partition(";")
        quality = 1.0
        if parameter.strip().startswith("q="):
            try:
                quality = float(parameter.strip()[2:])
            except ValueError:
                return ()
        tag = tag.strip()
        if not 0 <= quality <= 1 or not (tag == "*" or _LANGUAGE_CODE.match(tag)):
            return ()
        if quality:
            result.append((tag, quality))
    return tuple(sorted(result, key=lambda pair: -pair[1]))


def get_language_from_request(request: Any, check_path: bool = False) -> str:
    """The language that a request asks for by path, cookie or ``Accept-Language``, or the default."""
    if check_path and (code := get_language_from_path(request.path_info)):
        return code
    candidates = [request.COOKIES.get(settings.LANGUAGE_COOKIE_NAME)]
    for tag, _ in parse_accept_lang_header(request.META.get("HTTP_ACCEPT_LANGUAGE", "")):
        if tag == "*":
            break
        candidates.append(tag)
    for candidate in (*candidates, settings.LANGUAGE_CODE):
        try:
            return get_supported_language_variant(candidate)
        except LookupError:
            continue
    return str(settings.LANGUAGE_CODE)
