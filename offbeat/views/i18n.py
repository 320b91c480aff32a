"""Choosing a language, and translations for scripts."""

from __future__ import annotations

import gettext as gettext_module
import json
import re
from pathlib import Path
from typing import Any

from offbeat.apps import apps
from offbeat.conf import settings
from offbeat.http import HttpResponse, HttpResponseRedirect, JsonResponse
from offbeat.urls import translate_url
from offbeat.utils.formats import get_format
from offbeat.utils.http import url_has_allowed_host_and_scheme
from offbeat.utils.translation import check_for_language, get_language, to_locale
from offbeat.views.view import View

__all__ = ["LANGUAGE_QUERY_PARAMETER", "JSONCatalog", "JavaScriptCatalog", "set_language"]

LANGUAGE_QUERY_PARAMETER = "language"


def set_language(request: Any) -> Any:
    """Set the language cookie from a POST and go to ``next``, the referring page or ``/``; only to this site."""
    target = request.POST.get("next", request.GET.get("next"))
    allowed = {request.get_host()}
    secure = request.is_secure()
    scripted = not (target or request.accepts("text/html"))
    if not scripted and not url_has_allowed_host_and_scheme(target, allowed, require_https=secure):
        target = request.META.get("HTTP_REFERER")
        if not url_has_allowed_host_and_scheme(target, allowed, require_https=secure):
            target = "/"
    elif target and not url_has_allowed_host_and_scheme(target, allowed, require_https=secure):
        target = "/"
    response: Any = HttpResponseRedirect(target) if target else HttpResponse(status=204)
    if request.method != "POST":
        return response
    language = request.POST.get(LANGUAGE_QUERY_PARAMETER)
    if language and check_for_language(language):
        if target:
            translated = translate_url(target, language)
            if translated != target:
                response = HttpResponseRedirect(translated)
        response.set_cookie(
            settings.LANGUAGE_COOKIE_NAME,
            language,
            max_age=settings.LANGUAGE_COOKIE_AGE,
            path=settings.LANGUAGE_COOKIE_PATH,
            domain=settings.LANGUAGE_COOKIE_DOMAIN,
            secure=settings.LANGUAGE_COOKIE_SECURE,
            httponly=settings.LANGUAGE_COOKIE_HTTPONLY,
            samesite=settings.LANGUAGE_COOKIE_SAMESITE,
        )
    return response


FORMATS = (
    "DATE_FORMAT",
    "DATETIME_FORMAT",
    "TIME_FORMAT",
    "YEAR_MONTH_FORMAT",
    "MONTH_DAY_FORMAT",
    "SHORT_DATE_FORMAT",
    "SHORT_DATETIME_FORMAT",
    "FIRST_DAY_OF_WEEK",
    "DECIMAL_SEPARATOR",
    "THOUSAND_SEPARATOR",
    "NUMBER_GROUPING",
    "DATE_INPUT_FORMATS",
    "TIME_INPUT_FORMATS",
    "DATETIME_INPUT_FORMATS",
)
PLURAL = re.compile(r"plural\s*=\s*([^;]+)")

SCRIPT = """'use strict';
{
  const globals = this;
  const django = globals.django || (globals.django = {});

  django.pluralidx = function(n) {
    const v = %(plural)s;
    return typeof v === 'boolean' ? (v ? 1 : 0) : v;
  };

  django.catalog = Object.assign(django.catalog || {}, %(catalog)s);

  if (!django.jsi18n_initialized) {
    const own = (key) => Object.prototype.hasOwnProperty.call(django.catalog, key);

    django.gettext = function(msgid) {
      if (!own(msgid)) {
        return msgid;
      }
      const value = django.catalog[msgid];
      return typeof value === 'string' ? value : value[0];
    };

    django.ngettext = function(singular, plural, count) {
      if (!own(singular)) {
        return count == 1 ? singular : plural;
      }
      const value = django.catalog[singular];
      return Array.isArray(value) ? value[django.pluralidx(count)] : value;
    };

    django.gettext_noop = (msgid) => msgid;

    django.pgettext = function(context, msgid) {
      const value = django.gettext(context + '\\x04' + msgid);
      return value.includes('\\x04') ? msgid : value;
    };

    django.npgettext = function(context, singular, plural, count) {
      const value = django.ngettext(context + '\\x04' + singular, context + '\\x04' + plural, count);
      return value.includes('\\x04') ? django.ngettext(singular, plural, count) : value;
    };

    django.interpolate = function(fmt, obj, named) {
      if (named) {
        return fmt.replace(/%%\\(\\w+\\)s/g, (match) => String(obj[match.slice(2, -2)]));
      }
      let next = 0;
      return fmt.replace(/%%s/g, () => String(obj[next++]));
    };

    django.formats = %(formats)s;

    django.get_format = function(format_type) {
      const value = django.formats[format_type];
      return value === undefined ? format_type : value;
    };

    for (const name of ['pluralidx', 'gettext', 'ngettext', 'gettext_noop', 'pgettext', 'npgettext',
                        'interpolate', 'get_format']) {
      globals[name] = django[name];
    }

    django.jsi18n_initialized = true;
  }
};
"""


def get_formats() -> dict[str, Any]:
    """Return the formats of the current language."""
    return {name: get_format(name) for name in FORMATS}


class JavaScriptCatalog(View):
    """A script with translations and formats (Django documentation: topics/i18n/translation)."""

    domain = "djangojs"
    packages: Any = None

    def get(self, request: Any, *args: Any, **kwargs: Any) -> Any:
        """Return the script for the current language."""
        named = kwargs.get("packages")
        packages = named.split("+") if named else self.packages
        self._translations = _load(
            get_language() or settings.LANGUAGE_CODE,
            kwargs.get("domain", self.domain),
            self.get_paths(packages),
        )
        return self.render_to_response(self.get_context_data(**kwargs))

    def get_paths(self, packages: Any) -> list[str]:
        """Return the folders of the packages' catalogs, by default of all; ValueError for unknown ones."""
        configs = {config.name: config for config in apps.get_app_configs()}
        packages = list(packages or configs)
        unknown = [package for package in packages if package not in configs]
        if unknown:
            raise ValueError(f"Invalid package(s) provided to JavaScriptCatalog: {','.join(unknown)}")
        return [str(Path(configs[package].path) / "locale") for package in packages]

    def get_plural(self) -> str | None:
        """Return the expression for the plural form of ``n``."""
        header = self._translations.info().get("plural-forms", "")
        found = PLURAL.search(header)
        return found[1].strip() if found else None

    def get_catalog(self) -> dict[str, Any]:
        """Return the translations: a text, or a list of plural forms."""
        catalog: dict[str, Any] = {}
        for key, value in sorted(_items(self._translations), key=lambda item: str(item[0])):
            if key == "":
                continue
            if isinstance(key, tuple):
                forms = catalog.setdefault(key[0], [])
                forms.append((key[1], value))
            else:
                catalog[key] = value
        return {
            key: [text for _, text in sorted(value)] if isinstance(value, list) else value
            for key, value in catalog.items()
        }

    def get_formats(self) -> dict[str, Any]:
        """Return the formats of the current language."""
        return get_formats()

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Return catalog, formats and plural expression."""
        return {
            "catalog": self.get_catalog(),
            "formats": self.get_formats(),
            "plural": self.get_plural(),
        }

    def render_to_response(self, context: dict[str, Any], **response_kwargs: Any) -> Any:
        """Return the script."""
        body = SCRIPT % {
            "plural": context["plural"] or "(n != 1)",
            "catalog": _script_json(context["catalog"]),
            "formats": _script_json(context["formats"]),
        }
        return HttpResponse(body, 'text/javascript; charset="utf-8"')


class JSONCatalog(JavaScriptCatalog):
    """The same data as JSON."""

    def render_to_response(self, context: dict[str, Any], **response_kwargs: Any) -> Any:
        """Return the data."""
        return JsonResponse(context)


def _script_json(value: Any) -> str:
    # "</script>" in a text must not end a script that is put into a page.
    return json.dumps(value, indent=2).replace("</", "<\\/")


def _load(language: str, domain: str, paths: list[str]) -> Any:
    """Return the merged catalogs of a language, behind them those of its generic form and the default."""
    directories = [str(Path(__file__).parent.parent / "conf" / "locale"), *paths]
    directories += [str(path) for path in reversed(settings.LOCALE_PATHS)]
    merged = gettext_module.NullTranslations()
    merged._catalog = {}  # type: ignore[attr-defined]
    codes = [language]
    if "-" in language:
        codes.append(language.rpartition("-")[0])
    if settings.LANGUAGE_CODE not in codes and not language.startswith("en"):
        codes.append(settings.LANGUAGE_CODE)
    for code in reversed(codes):
        for directory in directories:
            try:
                found = gettext_module.translation(domain, directory, [to_locale(code)])
            except OSError:
                continue
            merged._catalog.update(found._catalog)  # type: ignore[attr-defined]
            merged._info.update(found.info())  # type: ignore[attr-defined]
    return merged


def _items(translations: Any) -> Any:
    return translations._catalog.items()
