"""Headers, HTTPS, keys, debugging (Django documentation: ref/checks)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from offbeat.conf import settings
from offbeat.core.checks.messages import CheckMessage, Error, Warning
from offbeat.core.checks.registry import Tags, register
from offbeat.core.checks.security.helpers import has_middleware
from offbeat.core.exceptions import ImproperlyConfigured
from offbeat.utils.csp import CSP
from offbeat.utils.module_loading import own_path

CROSS_ORIGIN_OPENER_POLICY_VALUES = {"same-origin", "same-origin-allow-popups", "unsafe-none"}
REFERRER_POLICY_VALUES = {
    "no-referrer",
    "no-referrer-when-downgrade",
    "origin",
    "origin-when-cross-origin",
    "same-origin",
    "strict-origin",
    "strict-origin-when-cross-origin",
    "unsafe-url",
}
SECRET_KEY_INSECURE_PREFIX = "offbeat-insecure-"
SECRET_KEY_MIN_LENGTH = 50
SECRET_KEY_MIN_UNIQUE_CHARACTERS = 5

_SECURITY = "offbeat.middleware.security.SecurityMiddleware"
_FRAMES = "offbeat.middleware.clickjacking.XFrameOptionsMiddleware"
_CSP = "offbeat.middleware.csp.ContentSecurityPolicyMiddleware"
_CSP_PROCESSOR = "offbeat.template.context_processors.csp"
_WEAK_KEY = (
    f"Your %s has less than {SECRET_KEY_MIN_LENGTH} characters, less than {SECRET_KEY_MIN_UNIQUE_CHARACTERS} unique "
    f"characters, or it's prefixed with '{SECRET_KEY_INSECURE_PREFIX}' indicating that it was generated automatically. "
    "Please generate a long and random value, otherwise many security-critical features will be vulnerable to attack."
)

W001 = Warning(
    "You do not have 'offbeat.middleware.security.SecurityMiddleware' in your MIDDLEWARE so the SECURE_HSTS_SECONDS, "
    "SECURE_CONTENT_TYPE_NOSNIFF, SECURE_REFERRER_POLICY, SECURE_CROSS_ORIGIN_OPENER_POLICY, and SECURE_SSL_REDIRECT "
    "settings will have no effect.",
    id="security.W001",
)
W002 = Warning(
    "You do not have 'offbeat.middleware.clickjacking.XFrameOptionsMiddleware' in your MIDDLEWARE, so your pages will not "
    "be served with an 'x-frame-options' header. Unless there is a good reason for your site to be served in a frame, you "
    "should consider enabling this header to help prevent clickjacking attacks.",
    id="security.W002",
)
W004 = Warning(
    "You have not set a value for the SECURE_HSTS_SECONDS setting. If your entire site is served only over SSL, you may "
    "want to consider setting a value and enabling HTTP Strict Transport Security. Be sure to read the documentation "
    "first; enabling HSTS carelessly can cause serious, irreversible problems.",
    id="security.W004",
)
W005 = Warning(
    "You have not set the SECURE_HSTS_INCLUDE_SUBDOMAINS setting to True. Without this, your site is potentially "
    "vulnerable to attack via an insecure connection to a subdomain. Only set this to True if you are certain that all "
    "subdomains of your domain should be served exclusively via SSL.",
    id="security.W005",
)
W006 = Warning(
    "Your SECURE_CONTENT_TYPE_NOSNIFF setting is not set to True, so your pages will not be served with an "
    "'X-Content-Type-Options: nosniff' header. You should consider enabling this header to prevent the browser from "
    "identifying content types incorrectly.",
    id="security.W006",
)
W008 = Warning(
    "Your SECURE_SSL_REDIRECT setting is not set to True. Unless your site should be available over both SSL and non-SSL "
    "connections, you may want to either set this setting True or configure a load balancer or reverse-proxy server to "
    "redirect all connections to HTTPS.",
    id="security.W008",
)
W009 = Warning(_WEAK_KEY % "SECRET_KEY", id="security.W009")
W018 = Warning("You should not have DEBUG set to True in deployment.", id="security.W018")
W019 = Warning(
    "You have 'offbeat.middleware.clickjacking.XFrameOptionsMiddleware' in your MIDDLEWARE, but X_FRAME_OPTIONS is not set "
    "to 'DENY'. Unless there is a good reason for your site to serve other parts of itself in a frame, you should change "
    "it to 'DENY'.",
    id="security.W019",
)
W020 = Warning("ALLOWED_HOSTS must not be empty in deployment.", id="security.W020")
W021 = Warning(
    "You have not set the SECURE_HSTS_PRELOAD setting to True. Without this, your site cannot be submitted to the browser "
    "preload list.",
    id="security.W021",
)
W022 = Warning(
    "You have not set the SECURE_REFERRER_POLICY setting. Without this, your site will not send a Referrer-Policy header. "
    "You should consider enabling this header to protect user privacy.",
    id="security.W022",
)
E023 = Error(
    "You have set the SECURE_REFERRER_POLICY setting to an invalid value.",
    hint=f"Valid values are: {', '.join(sorted(REFERRER_POLICY_VALUES))}.",
    id="security.E023",
)
E024 = Error(
    "You have set the SECURE_CROSS_ORIGIN_OPENER_POLICY setting to an invalid value.",
    hint=f"Valid values are: {', '.join(sorted(CROSS_ORIGIN_OPENER_POLICY_VALUES))}.",
    id="security.E024",
)
W025 = Warning(_WEAK_KEY, id="security.W025")
E026 = Error(
    "The Content Security Policy setting '%s' must be a dictionary (got %r instead).", id="security.E026"
)
W027 = Warning(
    "You have the CSP.NONCE value in a Content Security Policy setting, but the 'offbeat.template.context_processors.csp' "
    "context processor is not configured in your TEMPLATES, so templates cannot use the nonce.",
    id="security.W027",
)


@register(Tags.security, deploy=True)
def check_security_middleware(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """security.W001."""
    return [] if has_middleware(_SECURITY) else [W001]


@register(Tags.security, deploy=True)
def check_xframe_options_middleware(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """security.W002."""
    return [] if has_middleware(_FRAMES) else [W002]


@register(Tags.security, deploy=True)
def check_sts(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """security.W004."""
    return [W004] if has_middleware(_SECURITY) and not settings.SECURE_HSTS_SECONDS else []


@register(Tags.security, deploy=True)
def check_sts_include_subdomains(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """security.W005."""
    wanted = has_middleware(_SECURITY) and settings.SECURE_HSTS_SECONDS
    return [W005] if wanted and settings.SECURE_HSTS_INCLUDE_SUBDOMAINS is not True else []


@register(Tags.security, deploy=True)
def check_sts_preload(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """security.W021."""
    wanted = has_middleware(_SECURITY) and settings.SECURE_HSTS_SECONDS
    return [W021] if wanted and settings.SECURE_HSTS_PRELOAD is not True else []


@register(Tags.security, deploy=True)
def check_content_type_nosniff(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """security.W006."""
    return [W006] if has_middleware(_SECURITY) and settings.SECURE_CONTENT_TYPE_NOSNIFF is not True else []


@register(Tags.security, deploy=True)
def check_ssl_redirect(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """security.W008."""
    return [W008] if has_middleware(_SECURITY) and settings.SECURE_SSL_REDIRECT is not True else []


def _is_strong(key: Any) -> bool:
    return (
        isinstance(key, str | bytes)
        and len(set(key)) >= SECRET_KEY_MIN_UNIQUE_CHARACTERS
        and len(key) >= SECRET_KEY_MIN_LENGTH
        and not str(key).startswith((SECRET_KEY_INSECURE_PREFIX, "django-insecure-"))
    )


@register(Tags.security, deploy=True)
def check_secret_key(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """security.W009."""
    try:
        key = settings.SECRET_KEY
    except (ImproperlyConfigured, AttributeError):
        return [W009]
    return [] if _is_strong(key) else [W009]


@register(Tags.security, deploy=True)
def check_secret_key_fallbacks(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """security.W025."""
    try:
        fallbacks = settings.SECRET_KEY_FALLBACKS
    except (ImproperlyConfigured, AttributeError):
        return [Warning(str(W025.msg) % "SECRET_KEY_FALLBACKS", id=W025.id)]
    return [
        Warning(str(W025.msg) % f"SECRET_KEY_FALLBACKS[{index}]", id=W025.id)
        for index, key in enumerate(fallbacks)
        if not _is_strong(key)
    ]


@register(Tags.security, deploy=True)
def check_debug(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """security.W018."""
    return [W018] if settings.DEBUG else []


@register(Tags.security, deploy=True)
def check_xframe_deny(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """security.W019."""
    return [W019] if has_middleware(_FRAMES) and settings.X_FRAME_OPTIONS != "DENY" else []


@register(Tags.security, deploy=True)
def check_allowed_hosts(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """security.W020."""
    return [] if settings.ALLOWED_HOSTS else [W020]


@register(Tags.security, deploy=True)
def check_referrer_policy(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """security.W022, security.E023."""
    if not has_middleware(_SECURITY):
        return []
    policy = settings.SECURE_REFERRER_POLICY
    if policy is None:
        return [W022]
    values = {value.strip() for value in policy.split(",")} if isinstance(policy, str) else set(policy)
    return [] if values <= REFERRER_POLICY_VALUES else [E023]


@register(Tags.security, deploy=True)
def check_cross_origin_opener_policy(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """security.E024."""
    policy = settings.SECURE_CROSS_ORIGIN_OPENER_POLICY
    wrong = policy is not None and policy not in CROSS_ORIGIN_OPENER_POLICY_VALUES
    return [E024] if has_middleware(_SECURITY) and wrong else []


@register(Tags.security)
def check_csp_settings(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """security.E026."""
    return [
        Error(str(E026.msg) % (name, value), id=E026.id)
        for name in ("SECURE_CSP", "SECURE_CSP_REPORT_ONLY")
        if (value := getattr(settings, name, None)) is not None and not isinstance(value, dict)
    ]


@register(Tags.security)
def check_csp_nonce_context_processor(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """security.W027: a nonce that templates cannot write down."""
    if not has_middleware(_CSP):
        return []
    policies = (getattr(settings, name, None) for name in ("SECURE_CSP", "SECURE_CSP_REPORT_ONLY"))
    if not any(_has_nonce(policy) for policy in policies):
        return []
    for config in settings.TEMPLATES:
        processors = config.get("OPTIONS", {}).get("context_processors", ())
        if any(own_path(path) == _CSP_PROCESSOR for path in processors):
            return []
    return [W027]


def _has_nonce(policy: Any) -> bool:
    if not isinstance(policy, dict):
        return False
    return any(
        values == CSP.NONCE
        or (isinstance(values, Iterable) and not isinstance(values, str) and CSP.NONCE in values)
        for values in policy.values()
    )
