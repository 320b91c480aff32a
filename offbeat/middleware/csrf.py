"""Protection against cross-site request forgery (Django documentation: ref/csrf).

The secret is kept in a cookie or the session. Forms get it masked with random text that changes with every page, so
that compression does not give it away (BREACH); the masked form is Django's, so both accept each other's tokens.
"""

from __future__ import annotations

import logging
import string
from collections import defaultdict
from typing import Any, NoReturn
from urllib.parse import SplitResult, urlsplit

from offbeat.conf import settings
from offbeat.core.exceptions import DisallowedHost, ImproperlyConfigured
from offbeat.http import HttpHeaders, UnreadablePostError
from offbeat.urls import get_callable
from offbeat.utils.cache import patch_vary_headers
from offbeat.utils.crypto import constant_time_compare, get_random_string
from offbeat.utils.deprecation import MiddlewareMixin
from offbeat.utils.functional import cached_property
from offbeat.utils.hooks import SAFE_METHODS, RequestBrief, ResponseBrief, ViewBrief, in_brief, same_methods
from offbeat.utils.http import is_same_domain
from offbeat.utils.log import log_response

__all__ = [
    "CSRF_SECRET_LENGTH",
    "CSRF_SESSION_KEY",
    "CSRF_TOKEN_LENGTH",
    "CsrfViewMiddleware",
    "InvalidTokenFormat",
    "RejectRequest",
    "get_token",
    "rotate_token",
]

logger = logging.getLogger("offbeat.security.csrf")

REASON_BAD_ORIGIN = "Origin checking failed - %s does not match any trusted origins."
REASON_NO_REFERER = "Referer checking failed - no Referer."
REASON_BAD_REFERER = "Referer checking failed - %s does not match any trusted origins."
REASON_NO_CSRF_COOKIE = "CSRF cookie not set."
REASON_CSRF_TOKEN_MISSING = "CSRF token missing."
REASON_MALFORMED_REFERER = "Referer checking failed - Referer is malformed."
REASON_INSECURE_REFERER = "Referer checking failed - Referer is insecure while host is secure."
REASON_INCORRECT_LENGTH = "has incorrect length"
REASON_INVALID_CHARACTERS = "has invalid characters"

CSRF_SECRET_LENGTH = 32
CSRF_TOKEN_LENGTH = 2 * CSRF_SECRET_LENGTH
CSRF_ALLOWED_CHARS = string.ascii_letters + string.digits
CSRF_SESSION_KEY = "_csrftoken"

_ALLOWED = frozenset(CSRF_ALLOWED_CHARS)
_POSITION = {char: position for position, char in enumerate(CSRF_ALLOWED_CHARS)}


class RejectRequest(Exception):
    """A request fails the check, for a reason."""

    def __init__(self, reason: str) -> None:
        self.reason = reason


class InvalidTokenFormat(Exception):
    """A token cannot be one, for a reason."""

    def __init__(self, reason: str) -> None:
        self.reason = reason


def _get_new_csrf_string() -> str:
    return get_random_string(CSRF_SECRET_LENGTH, allowed_chars=CSRF_ALLOWED_CHARS)


def _mask_cipher_secret(secret: str) -> str:
    """Return a random mask followed by the secret shifted by it."""
    mask = _get_new_csrf_string()
    count = len(CSRF_ALLOWED_CHARS)
    shifted = (
        CSRF_ALLOWED_CHARS[(_POSITION[a] + _POSITION[b]) % count] for a, b in zip(secret, mask, strict=True)
    )
    return mask + "".join(shifted)


def _unmask_cipher_token(token: str) -> str:
    """Return the secret of a masked token."""
    mask, shifted = token[:CSRF_SECRET_LENGTH], token[CSRF_SECRET_LENGTH:]
    # A negative index counts from the end, which is the remainder wanted here.
    return "".join(
        CSRF_ALLOWED_CHARS[_POSITION[a] - _POSITION[b]] for a, b in zip(shifted, mask, strict=True)
    )


def _add_new_csrf_cookie(request: Any) -> str:
    secret = _get_new_csrf_string()
    request.META.update(CSRF_COOKIE=secret, CSRF_COOKIE_NEEDS_UPDATE=True)
    return secret


def get_token(request: Any) -> str:
    """Return a token for a form; the response will carry the cookie, which renews it."""
    meta = request.META
    if "CSRF_COOKIE" in meta:
        secret = meta["CSRF_COOKIE"]
        meta["CSRF_COOKIE_NEEDS_UPDATE"] = True
    else:
        secret = _add_new_csrf_cookie(request)
    return _mask_cipher_secret(secret)


def rotate_token(request: Any) -> None:
    """Change the secret: after a login the former one must not be of use."""
    _add_new_csrf_cookie(request)


def _check_token_format(token: str) -> None:
    """Raise InvalidTokenFormat unless the token can be a secret or a masked one."""
    if len(token) not in (CSRF_TOKEN_LENGTH, CSRF_SECRET_LENGTH):
        raise InvalidTokenFormat(REASON_INCORRECT_LENGTH)
    if not _ALLOWED.issuperset(token):
        raise InvalidTokenFormat(REASON_INVALID_CHARACTERS)


def _does_token_match(request_csrf_token: str, csrf_secret: str) -> bool:
    """Tell whether a token, masked or not, is that of the secret."""
    if len(request_csrf_token) == CSRF_TOKEN_LENGTH:
        request_csrf_token = _unmask_cipher_token(request_csrf_token)
    return constant_time_compare(request_csrf_token, csrf_secret)


class CsrfViewMiddleware(MiddlewareMixin):
    """Refuses unsafe requests that do not carry the token, or come from another site."""

    @cached_property
    def csrf_trusted_origins_hosts(self) -> list[str]:
        """The hosts of CSRF_TRUSTED_ORIGINS; a leading dot stands for any subdomain."""
        return [urlsplit(origin).netloc.lstrip("*") for origin in settings.CSRF_TRUSTED_ORIGINS]

    @cached_property
    def allowed_origins_exact(self) -> set[str]:
        """The trusted origins without a wildcard."""
        return {origin for origin in settings.CSRF_TRUSTED_ORIGINS if "*" not in origin}

    @cached_property
    def allowed_origin_subdomains(self) -> dict[str, list[str]]:
        """The trusted domains with all their subdomains, by scheme."""
        domains = defaultdict(list)
        for origin in settings.CSRF_TRUSTED_ORIGINS:
            if "*" in origin:
                parsed = urlsplit(origin)
                domains[parsed.scheme].append(parsed.netloc.lstrip("*"))
        return domains

    def _accept(self, request: Any) -> None:
        # The decorator and the middleware may both be at work; once is enough.
        request.csrf_processing_done = True

    def _reject(self, request: Any, reason: str) -> Any:
        response = _get_failure_view()(request, reason=reason)
        log_response(
            "Forbidden (%s): %s", reason, request.path, response=response, request=request, logger=logger
        )
        return response

    def _get_secret(self, request: Any) -> str | None:
        """Return the stored secret; InvalidTokenFormat when the cookie holds something else."""
        if settings.CSRF_USE_SESSIONS:
            try:
                secret = request.session.get(CSRF_SESSION_KEY)
            except AttributeError:
                raise ImproperlyConfigured(
                    "CSRF_USE_SESSIONS is enabled, but request.session is not set. SessionMiddleware must appear "
                    "before CsrfViewMiddleware in MIDDLEWARE."
                ) from None
        else:
            secret = request.COOKIES.get(settings.CSRF_COOKIE_NAME)
            if secret is not None:
                _check_token_format(secret)
        if secret is None:
            return None
        # Old cookies hold a masked secret.
        return _unmask_cipher_token(secret) if len(secret) == CSRF_TOKEN_LENGTH else secret

    def _set_csrf_cookie(self, request: Any, response: Any) -> None:
        secret = request.META["CSRF_COOKIE"]
        if settings.CSRF_USE_SESSIONS:
            if request.session.get(CSRF_SESSION_KEY) != secret:
                request.session[CSRF_SESSION_KEY] = secret
            return
        response.set_cookie(
            settings.CSRF_COOKIE_NAME,
            secret,
            max_age=settings.CSRF_COOKIE_AGE,
            domain=settings.CSRF_COOKIE_DOMAIN,
            path=settings.CSRF_COOKIE_PATH,
            secure=settings.CSRF_COOKIE_SECURE,
            httponly=settings.CSRF_COOKIE_HTTPONLY,
            samesite=settings.CSRF_COOKIE_SAMESITE,
        )
        # What was made for one client must not be cached for another.
        patch_vary_headers(response, ("Cookie",))

    def _origin_verified(self, request: Any) -> bool:
        origin = request.META["HTTP_ORIGIN"]
        try:
            host = request.get_host()
        except DisallowedHost:
            pass
        else:
            if origin == f"{'https' if request.is_secure() else 'http'}://{host}":
                return True
        if origin in self.allowed_origins_exact:
            return True
        try:
            parsed = urlsplit(origin)
        except ValueError:
            return False
        return any(
            is_same_domain(parsed.netloc, host)
            for host in self.allowed_origin_subdomains.get(parsed.scheme, ())
        )

    def _check_referer(self, request: Any) -> None:
        """Raise RejectRequest unless the referring page is secure and of this or a trusted site."""
        text = request.META.get("HTTP_REFERER")
        if text is None:
            raise RejectRequest(REASON_NO_REFERER)
        try:
            referer = urlsplit(text)
        except ValueError:
            raise RejectRequest(REASON_MALFORMED_REFERER) from None
        if "" in (referer.scheme, referer.netloc):
            raise RejectRequest(REASON_MALFORMED_REFERER)
        if referer.scheme != "https":
            raise RejectRequest(REASON_INSECURE_REFERER)
        if any(is_same_domain(referer.netloc, host) for host in self.csrf_trusted_origins_hosts):
            return
        if not is_same_domain(referer.netloc, self._good_referer(request, referer)):
            raise RejectRequest(REASON_BAD_REFERER % referer.geturl())

    def _good_referer(self, request: Any, referer: SplitResult) -> str:
        """Return the host that the cookie or session is shared with."""
        if settings.CSRF_USE_SESSIONS:
            domain = settings.SESSION_COOKIE_DOMAIN
        else:
            domain = settings.CSRF_COOKIE_DOMAIN
        if domain is None:
            try:
                return str(request.get_host())
            except DisallowedHost:
                raise RejectRequest(REASON_BAD_REFERER % referer.geturl()) from None
        port = request.get_port()
        return f"{domain}:{port}" if port not in ("443", "80") else str(domain)

    def _bad_token_message(self, reason: str, token_source: str) -> str:
        if token_source != "POST":
            header = HttpHeaders.parse_header_name(token_source)
            token_source = f"the {header!r} HTTP header"
        return f"CSRF token from {token_source} {reason}."

    def _check_token(self, request: Any) -> None:
        """Raise RejectRequest unless the form or a header carries the token of the stored secret."""
        try:
            secret = self._get_secret(request)
        except InvalidTokenFormat as error:
            raise RejectRequest(f"CSRF cookie {error.reason}.") from None
        if secret is None:
            # Whoever has no cookie yet cannot have loaded the form from here.
            raise RejectRequest(REASON_NO_CSRF_COOKIE)
        token = ""
        source = "POST"
        if request.method == "POST":
            try:
                token = request.POST.get("csrfmiddlewaretoken", "")
            except UnreadablePostError:
                # The client has gone; nobody sees the 403.
                pass
        if token == "":
            # Scripts send it so, and PUT and DELETE have no other way.
            source = settings.CSRF_HEADER_NAME
            try:
                token = request.META[source]
            except KeyError:
                raise RejectRequest(REASON_CSRF_TOKEN_MISSING) from None
        try:
            _check_token_format(token)
        except InvalidTokenFormat as error:
            self._refuse_token(error.reason, source)
        if not _does_token_match(token, secret):
            self._refuse_token("incorrect", source)

    def _refuse_token(self, reason: str, source: str) -> NoReturn:
        raise RejectRequest(self._bad_token_message(reason, source))

    def process_request(self, request: Any) -> None:
        """Provide the stored secret as ``META["CSRF_COOKIE"]``."""
        try:
            secret = self._get_secret(request)
        except InvalidTokenFormat:
            _add_new_csrf_cookie(request)
        else:
            if secret is not None:
                # process_view() compares with what was stored, whatever becomes of this.
                request.META["CSRF_COOKIE"] = secret

    @in_brief(process_request)
    def _provide_later(self) -> RequestBrief | None:
        if settings.CSRF_USE_SESSIONS or not same_methods(type(self), CsrfViewMiddleware, "_get_secret"):
            return None
        return RequestBrief(gives={"META": self.process_request}, with_cookies=self._replace_malformed)

    def _replace_malformed(self, request: Any) -> None:
        try:
            self._get_secret(request)
        except InvalidTokenFormat:
            _add_new_csrf_cookie(request)

    def process_view(self, request: Any, callback: Any, callback_args: Any, callback_kwargs: Any) -> Any:
        """Check an unsafe request to a view that is not exempt."""
        if getattr(request, "csrf_processing_done", False) or getattr(callback, "csrf_exempt", False):
            return None
        if request.method in SAFE_METHODS or getattr(request, "_dont_enforce_csrf_checks", False):
            return self._accept(request)
        try:
            if "HTTP_ORIGIN" in request.META:
                if not self._origin_verified(request):
                    raise RejectRequest(REASON_BAD_ORIGIN % request.META["HTTP_ORIGIN"])
            elif request.is_secure():
                # Without an Origin the Referer shows that nobody between here and the client made the form.
                self._check_referer(request)
            self._check_token(request)
        except RejectRequest as error:
            return self._reject(request, error.reason)
        return self._accept(request)

    @in_brief(process_view)
    def _check_unsafe_methods(self) -> ViewBrief:
        return ViewBrief(unsafe_only=same_methods(type(self), CsrfViewMiddleware, "_accept"))

    def process_response(self, request: Any, response: Any) -> Any:
        """Send the cookie when a token was asked for or the secret has changed."""
        meta = request.__dict__.get("META")
        if meta is not None and meta.get("CSRF_COOKIE_NEEDS_UPDATE"):
            self._set_csrf_cookie(request, response)
            # The decorator's middleware and this one may both come here.
            meta["CSRF_COOKIE_NEEDS_UPDATE"] = False
        return response

    @in_brief(process_response)
    def _nothing_without_meta(self) -> ResponseBrief:
        return ResponseBrief(touches="META")


def _get_failure_view() -> Any:
    """Return the view for refused requests."""
    view = settings.CSRF_FAILURE_VIEW
    if isinstance(view, str) and view.startswith("django."):
        view = f"offbeat.{view[7:]}"
    return get_callable(view)
