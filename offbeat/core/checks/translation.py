"""Checks of the language settings (RFC 5646 for what a language code is)."""

from __future__ import annotations

import re
from typing import Any

from offbeat.conf import settings
from offbeat.core.checks.messages import CheckMessage, Error
from offbeat.core.checks.registry import Tags, register
from offbeat.utils.lazy_pattern import lazy_pattern

_CODE = lazy_pattern(r"^[a-z]{1,8}(?:-[a-z0-9]{1,8})*(?:@[a-z0-9]{1,20})?$", re.IGNORECASE)

E001 = Error("You have provided an invalid value for the LANGUAGE_CODE setting: {!r}.", id="translation.E001")
E002 = Error(
    "You have provided an invalid language code in the LANGUAGES setting: {!r}.", id="translation.E002"
)
E003 = Error(
    "You have provided an invalid language code in the LANGUAGES_BIDI setting: {!r}.", id="translation.E003"
)
E004 = Error(
    "You have provided a value for the LANGUAGE_CODE setting that is not in the LANGUAGES setting.",
    id="translation.E004",
)


def _is_code(value: Any) -> bool:
    return isinstance(value, str) and _CODE.match(value) is not None


def _invalid(error: Error, codes: Any) -> list[CheckMessage]:
    return [Error(str(error.msg).format(code), id=error.id) for code in codes if not _is_code(code)]


@register(Tags.translation)
def check_setting_language_code(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """translation.E001."""
    return _invalid(E001, [settings.LANGUAGE_CODE])


@register(Tags.translation)
def check_setting_languages(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """translation.E002."""
    return _invalid(E002, [code for code, _ in settings.LANGUAGES])


@register(Tags.translation)
def check_setting_languages_bidi(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """translation.E003."""
    return _invalid(E003, settings.LANGUAGES_BIDI)


@register(Tags.translation)
def check_language_settings_consistent(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """translation.E004: a language that ``LANGUAGES`` has not, not even in its general form."""
    code = settings.LANGUAGE_CODE
    if not isinstance(code, str):
        return []
    available = {name for name, _ in settings.LANGUAGES} | {"en-us"}
    parts = code.split("-")
    general = {"-".join(parts[:length]) for length in range(1, len(parts) + 1)}
    return [] if general & available else [E004]
