"""Translation (Django documentation: topics/i18n/translation).

The language is a context variable, catalogs are merged once per language, and untranslated text costs one dict look-up.
"""

from __future__ import annotations

from offbeat.utils.translation import trans_real
from offbeat.utils.translation.functions import (
    gettext,
    gettext_lazy,
    gettext_noop,
    ngettext,
    ngettext_lazy,
    npgettext,
    npgettext_lazy,
    pgettext,
    pgettext_lazy,
)
from offbeat.utils.translation.language import (
    activate,
    deactivate,
    deactivate_all,
    get_language,
    get_language_bidi,
    get_language_info,
    override,
    to_language,
    to_locale,
)
from offbeat.utils.translation.trans_real import (
    check_for_language,
    get_language_from_path,
    get_language_from_request,
    get_supported_language_variant,
)

__all__ = [
    "activate",
    "check_for_language",
    "deactivate",
    "deactivate_all",
    "get_language",
    "get_language_bidi",
    "get_language_from_path",
    "get_language_from_request",
    "get_language_info",
    "get_supported_language_variant",
    "gettext",
    "gettext_lazy",
    "gettext_noop",
    "ngettext",
    "ngettext_lazy",
    "npgettext",
    "npgettext_lazy",
    "override",
    "pgettext",
    "pgettext_lazy",
    "to_language",
    "to_locale",
    "trans_real",
]
