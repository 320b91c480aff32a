"""What most sites want: canonical URLs, refused user agents, Content-Length; mails about broken links."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

from offbeat.conf import settings
from offbeat.core.exceptions import PermissionDenied
from offbeat.http import HttpResponsePermanentRedirect
from offbeat.http.base import NO_CONTENT_STATUS
from offbeat.urls import is_valid_path
from offbeat.utils.deprecation import MiddlewareMixin
from offbeat.utils.hooks import RequestBrief, ResponseBrief, in_brief
from offbeat.utils.http import escape_leading_slashes

__all__ = ["BrokenLinkEmailsMiddleware", "CommonMiddleware"]

_MOST_HOSTS = 256


def _host_check() -> Callable[[Any], None]:
    """A check of the host under the settings of the moment, which remembers hosts that are allowed."""
    allowed: set[str] = set()

    def check(request: Any) -> None:
        host = request._get_raw_host()
        if host not in allowed:
            request.get_host()
            if len(allowed) >= _MOST_HOSTS:
                allowed.clear()
            allowed.add(host)

    return check


class CommonMiddleware(MiddlewareMixin):
    """Refuses user agents, redirects to URLs with ``www.`` and a slash at the end, sets Content-Length."""

    response_redirect_class = HttpResponsePermanentRedirect

    def process_request(self, request: Any) -> Any:
        """Check user agent and host; redirect when PREPEND_WWW asks for it."""
        refused = settings.DISALLOWED_USER_AGENTS
        if refused:
            agent = request.META.get("HTTP_USER_AGENT")
            if agent is not None and any(pattern.search(agent) for pattern in refused):
                raise PermissionDenied("Forbidden user agent")
        host = request.get_host()
        if not settings.PREPEND_WWW or not host or host.startswith("www."):
            return None
        if self.should_redirect_with_slash(request):
            path = self.get_full_path_with_slash(request)
        else:
            path = request.get_full_path()
        return self.response_redirect_class(f"{request.scheme}://www.{host}{path}")

    @in_brief(process_request)
    def _only_check_host(self) -> RequestBrief | None:
        if settings.DISALLOWED_USER_AGENTS or settings.PREPEND_WWW:
            return None
        return RequestBrief(calls=_host_check())

    def should_redirect_with_slash(self, request: Any) -> bool:
        """Tell whether only the URL with a slash at its end is valid, and may be redirected to."""
        path = request.path_info
        if not settings.APPEND_SLASH or path.endswith("/"):
            return False
        urlconf = getattr(request, "urlconf", None)
        if is_valid_path(path, urlconf):
            return False
        match: Any = is_valid_path(f"{path}/", urlconf)
        return bool(match) and getattr(match.func, "should_append_slash", True)

    def get_full_path_with_slash(self, request: Any) -> str:
        """Return the path with a slash; RuntimeError in debug mode when the redirect would lose a body."""
        # A path that begins with two slashes would name another host.
        path = escape_leading_slashes(request.get_full_path(force_append_slash=True))
        if settings.DEBUG and request.method in ("DELETE", "POST", "PUT", "PATCH"):
            raise RuntimeError(
                f"You called this URL via {request.method}, but the URL doesn't end in a slash and you have "
                f"APPEND_SLASH set. Django can't redirect to the slash URL while maintaining {request.method} "
                f"data. Change your form to point to {request.get_host()}{path} (note the trailing slash), or set "
                "APPEND_SLASH=False in your Django settings."
            )
        return path

    def process_response(self, request: Any, response: Any) -> Any:
        """Redirect a 404 to the URL with a slash; set Content-Length."""
        status = response.status_code
        if status == 404 and self.should_redirect_with_slash(request):
            response = self.response_redirect_class(self.get_full_path_with_slash(request))
        store = response._header_store
        # A response with one of these has no content by its nature (RFC 9110 §8.6).
        if "content-length" not in store and status not in NO_CONTENT_STATUS and not response.streaming:
            store["content-length"] = ("Content-Length", str(len(response.content)))
        return response

    @in_brief(process_response)
    def _only_measure(self) -> ResponseBrief:
        return ResponseBrief(measures=True)


class BrokenLinkEmailsMiddleware(MiddlewareMixin):
    """Mails the managers about links of this or other sites to pages that do not exist."""

    using: str | None = None

    def process_response(self, request: Any, response: Any) -> Any:
        """Send the mail for a 404 that is worth one."""
        if response.status_code != 404 or settings.DEBUG:
            return response
        domain = request.get_host()
        path = request.get_full_path()
        referer = request.META.get("HTTP_REFERER", "")
        if self.is_ignorable_request(request, path, domain, referer):
            return response
        agent = request.META.get("HTTP_USER_AGENT", "<none>")
        ip = request.META.get("REMOTE_ADDR", "<none>")
        internal = "INTERNAL " if self.is_internal_request(domain, referer) else ""
        self.send_mail(
            f"Broken {internal}link on {domain}",
            f"Referrer: {referer}\nRequested URL: {path}\nUser agent: {agent}\nIP address: {ip}\n",
        )
        return response

    def send_mail(self, subject: str, message: str, *args: Any, **kwargs: Any) -> None:
        """Mail the managers by the mailer ``using``; nothing happens where that mailer is not configured."""
        from offbeat.core.mail import mail_managers
        from offbeat.core.mail.handler import connect
        from offbeat.core.mail.shortcuts import mail_people

        mailers = getattr(settings, "MAILERS", None)
        if mailers is None:
            if not kwargs.keys() & {"connection", "fail_silently", "using"}:
                html_message = kwargs.get("html_message")
                mail_people(
                    "MANAGERS", subject, message, html_message, lambda: connect(None, fail_silently=True)
                )
                return
        elif (self.using or "default") not in mailers:
            return
        elif self.using is not None:
            kwargs.setdefault("using", self.using)
        mail_managers(subject, message, *args, **kwargs)

    def is_internal_request(self, domain: str, referer: str) -> bool:
        """Tell whether the link is on a page of this site."""
        return bool(re.match(f"^https?://{re.escape(domain)}/", referer))

    def is_ignorable_request(self, request: Any, uri: str, domain: str, referer: str) -> bool:
        """Tell whether a 404 is not a link on a page, is one IGNORABLE_404_URLS names, or comes from no address at all."""
        if not referer:
            return True
        # A redirect to the URL with a slash makes the browser send the page's own URL.
        if settings.APPEND_SLASH and uri.endswith("/") and referer == uri[:-1]:
            return True
        if not self.is_internal_request(domain, referer) and "?" in referer:
            # Search engines' pages.
            return True
        try:
            parsed = urlsplit(referer)
        except ValueError:
            return True
        if parsed.netloc in ("", domain) and parsed.path == uri:
            return True
        return any(pattern.search(uri) for pattern in settings.IGNORABLE_404_URLS)
