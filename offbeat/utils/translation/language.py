"""The current language, and names of languages."""

from __future__ import annotations

from contextlib import ContextDecorator
from contextvars import ContextVar
from typing import Any

from offbeat.conf import settings

# Unset: the default language; None: translation switched off by deactivate_all().
_active: ContextVar[Any] = ContextVar("current_language")
_UNSET: Any = object()


def activate(language: str | None) -> None:
    """Make a language current for this context; an empty one does nothing."""
    if language:
        _active.set(language)


def deactivate() -> None:
    """Go back to ``LANGUAGE_CODE``."""
    _active.set(_UNSET)


def deactivate_all() -> None:
    """Switch translation off: text stays as it is written."""
    _active.set(None)


def get_language() -> str | None:
    """The current language code, None when translation is off for this context."""
    language = _active.get(_UNSET)
    if language is _UNSET:
        return str(settings.LANGUAGE_CODE)
    return language  # type: ignore[no-any-return]


def get_language_bidi() -> bool:
    """Whether the current language is written from right to left."""
    language = get_language()
    return language is not None and language.split("-")[0] in settings.LANGUAGES_BIDI


class override(ContextDecorator):
    """Context manager and decorator: another language for a while; None switches translation off."""

    def __init__(self, language: str | None, deactivate: bool = False) -> None:
        self.language = language
        self.deactivate = deactivate

    def __enter__(self) -> None:
        self.old_language = _active.get(_UNSET)
        if self.language is None:
            deactivate_all()
        else:
            activate(self.language)

    def __exit__(self, *exc: object) -> None:
        if self.deactivate:
            deactivate()
        else:
            _active.set(self.old_language)


def to_language(locale: str) -> str:
    """``en_US`` as ``en-us``."""
    language, separator, country = locale.partition("_")
    return f"{language.lower()}-{country.lower()}" if separator else locale.lower()


def to_locale(language: str) -> str:
    """``en-us`` as ``en_US``, ``zh-hans-cn`` as ``zh_Hans-CN``."""
    lang, separator, country = language.lower().partition("-")
    if not separator:
        return language[:3].lower() + language[3:]
    country, dash, tail = country.partition("-")
    country = country.title() if len(country) > 2 else country.upper()
    return f"{lang}_{country}{dash}{tail}"


def get_language_info(lang_code: str) -> dict[str, Any]:
    """``code``, ``name``, ``bidi`` and the translated name of a language of ``LANGUAGES``; KeyError if unknown."""
    names = dict(settings.LANGUAGES)
    code = lang_code if lang_code in names else lang_code.split("-", maxsplit=1)[0]
    if code not in names:
        raise KeyError(f"Unknown language code {lang_code}.")
    from offbeat.utils.translation.functions import gettext

    return {
        "code": code,
        "name": names[code],
        "name_translated": gettext(names[code]),
        "bidi": code in settings.LANGUAGES_BIDI,
    }
