"""The language of each request."""

from __future__ import annotations

from typing import Any

from offbeat.conf import settings
from offbeat.conf.urls.i18n import is_language_prefix_patterns_used
from offbeat.http import HttpResponseRedirect
from offbeat.urls import get_script_prefix, is_valid_path
from offbeat.utils import translation
from offbeat.utils.cache import patch_vary_headers
from offbeat.utils.deprecation import MiddlewareMixin

__all__ = ["LocaleMiddleware"]


class LocaleMiddleware(MiddlewareMixin):
    """Chooses the language by URL, cookie and Accept-Language; redirects to the URL with its prefix."""

    response_redirect_class = HttpResponseRedirect

    def get_fallback_language(self, request: Any) -> str:
        """Return the language for an unprefixed URL where every URL has a prefix; empty for the default."""
        return ""

    def process_request(self, request: Any) -> None:
        """Activate the language."""
        urlconf = getattr(request, "urlconf", settings.ROOT_URLCONF)
        patterns_used, prefixed_default = is_language_prefix_patterns_used(urlconf)
        language = translation.get_language_from_request(request, check_path=patterns_used)
        if patterns_used and not translation.get_language_from_path(request.path_info):
            fallback = self.get_fallback_language(request)
            if fallback:
                language = fallback
            elif not prefixed_default:
                language = settings.LANGUAGE_CODE
        translation.activate(language)
        request.LANGUAGE_CODE = translation.get_language()

    def process_response(self, request: Any, response: Any) -> Any:
        """Redirect a 404 to the URL with the prefix where that is valid; set Content-Language and Vary."""
        language = translation.get_language()
        urlconf = getattr(request, "urlconf", settings.ROOT_URLCONF)
        patterns_used, prefixed_default = is_language_prefix_patterns_used(urlconf)
        from_path = translation.get_language_from_path(request.path_info)
        if response.status_code == 404 and not from_path and patterns_used and prefixed_default:
            path = f"/{language}{request.path_info}"
            valid = is_valid_path(path, urlconf)
            if not valid and settings.APPEND_SLASH and not path.endswith("/"):
                valid = is_valid_path(f"{path}/", urlconf)
                append = bool(valid)
            else:
                append = False
            if valid:
                script = get_script_prefix()
                # The prefix goes between the script's prefix and the path.
                url = request.get_full_path(force_append_slash=append).replace(
                    script, f"{script}{language}/", 1
                )
                redirect = self.response_redirect_class(url)
                patch_vary_headers(redirect, ("Accept-Language", "Cookie"))
                return redirect
        if not (patterns_used and from_path):
            patch_vary_headers(response, ("Accept-Language",))
        response.headers.setdefault("Content-Language", language)
        return response
