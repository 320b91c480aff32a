"""The page a request gets that fails the CSRF check."""

from __future__ import annotations

from html import escape
from typing import Any

from offbeat.conf import settings
from offbeat.http import HttpResponseForbidden
from offbeat.middleware.csrf import REASON_NO_CSRF_COOKIE, REASON_NO_REFERER
from offbeat.template import TemplateDoesNotExist, loader
from offbeat.utils.translation import gettext as _

__all__ = ["CSRF_FAILURE_TEMPLATE_NAME", "csrf_failure"]

CSRF_FAILURE_TEMPLATE_NAME = "403_csrf.html"

STYLE = """
html * { padding: 0; margin: 0; }
body { background: #f6f6f4; color: #222; font: 16px/1.6 system-ui, sans-serif; }
main, aside { max-width: 46rem; margin: 0 auto; padding: 1.5rem; }
main { margin-top: 4rem; background: #fff; border-top: 4px solid #b3261e; }
h1 { font-size: 1.6rem; font-weight: 600; }
h1 span { color: #767676; font-weight: 400; }
p, ul { margin-top: .8rem; }
ul { padding-left: 1.4rem; }
pre { margin-top: .8rem; padding: .6rem; background: #f6f6f4; overflow: auto; white-space: pre-wrap; }
"""


def csrf_failure(request: Any, reason: str = "", template_name: str = CSRF_FAILURE_TEMPLATE_NAME) -> Any:
    """Return 403 with a template of the project, else a page that says what to do."""
    context = _texts(reason)
    try:
        template = loader.get_template(template_name)
    except TemplateDoesNotExist:
        if template_name != CSRF_FAILURE_TEMPLATE_NAME:
            # A template that was asked for by name has to exist.
            raise
        body = _page(context)
    else:
        body = template.render(context, request)
    return HttpResponseForbidden(body)


def _texts(reason: str) -> dict[str, Any]:
    return {
        "title": _("Forbidden"),
        "main": _("CSRF verification failed. Request aborted."),
        "reason": reason,
        "no_referer": reason == REASON_NO_REFERER,
        "no_referer1": _(
            "You are seeing this message because this HTTPS site requires a “Referer header” to be sent by your "
            "web browser, but none was sent. This header is required for security reasons, to ensure that your "
            "browser is not being hijacked by third parties."
        ),
        "no_referer2": _(
            "If you have configured your browser to disable “Referer” headers, please re-enable them, at least for "
            "this site, or for HTTPS connections, or for “same-origin” requests."
        ),
        "no_referer3": _(
            'If you are using the <meta name="referrer" content="no-referrer"> tag or including the '
            "“Referrer-Policy: no-referrer” header, please remove them. The CSRF protection requires the “Referer” "
            "header to do strict referer checking. If you’re concerned about privacy, use alternatives like "
            '<a rel="noreferrer" …> for links to third-party sites.'
        ),
        "no_cookie": reason == REASON_NO_CSRF_COOKIE,
        "no_cookie1": _(
            "You are seeing this message because this site requires a CSRF cookie when submitting forms. This "
            "cookie is required for security reasons, to ensure that your browser is not being hijacked by third "
            "parties."
        ),
        "no_cookie2": _(
            "If you have configured your browser to disable cookies, please re-enable them, at least for this "
            "site, or for “same-origin” requests."
        ),
        "DEBUG": settings.DEBUG,
        "more": _("More information is available with DEBUG=True."),
    }


def _page(context: dict[str, Any]) -> str:
    paragraphs = [context["main"]]
    for kind, count in (("no_referer", 3), ("no_cookie", 2)):
        if context[kind]:
            paragraphs += [context[f"{kind}{number}"] for number in range(1, count + 1)]
    text = "".join(f"<p>{escape(paragraph)}</p>" for paragraph in paragraphs)
    return (
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="robots" content="NONE,NOARCHIVE">\n'
        f"<title>403 {escape(context['title'])}</title>\n<style>{STYLE}</style>\n</head>\n<body>\n"
        f"<main>\n<h1>{escape(context['title'])} <span>(403)</span></h1>\n{text}\n</main>\n"
        f"<aside>{_help(context)}</aside>\n</body>\n</html>\n"
    )


def _help(context: dict[str, Any]) -> str:
    if not context["DEBUG"]:
        return f"<p>{escape(context['more'])}</p>"
    reason = (
        f"<p>Reason given for failure:</p><pre>{escape(context['reason'])}</pre>" if context["reason"] else ""
    )
    return (
        f"<h2>Help</h2>{reason}"
        "<p>Either this is a genuine Cross Site Request Forgery, or the protection is not used correctly. "
        "For a POST form make sure that:</p><ul>"
        "<li>Your browser accepts cookies.</li>"
        "<li>The view passes a <code>request</code> to the template's <code>render</code> method.</li>"
        "<li>In the template there is a <code>{% csrf_token %}</code> tag inside each POST form that targets "
        "an internal URL.</li>"
        "<li>Where <code>CsrfViewMiddleware</code> is not used, every view with the <code>csrf_token</code> "
        "tag, and those that accept its data, have the <code>csrf_protect</code> decorator.</li>"
        "<li>The form has a valid CSRF token. After a login in another tab, or the back button after a login, "
        "the page with the form has to be loaded again, because the token is rotated then.</li></ul>"
        "<p>You see the help part of this page because <code>DEBUG = True</code> is in your settings. With "
        "<code>False</code> only the first message is shown.</p>"
        "<p>You can change this page with the CSRF_FAILURE_VIEW setting.</p>"
    )
