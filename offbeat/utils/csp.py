"""Content security policies: keywords, the nonce, the header's value (Django documentation: ref/csp)."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from enum import StrEnum
from typing import Any

from offbeat.utils.functional import SimpleLazyObject, empty

__all__ = ["CSP", "LazyNonce", "build_policy", "generate_nonce"]


class CSP(StrEnum):
    """Keywords for the values of a policy."""

    HEADER_ENFORCE = "Content-Security-Policy"
    HEADER_REPORT_ONLY = "Content-Security-Policy-Report-Only"

    NONE = "'none'"
    REPORT_SAMPLE = "'report-sample'"
    SELF = "'self'"
    STRICT_DYNAMIC = "'strict-dynamic'"
    UNSAFE_EVAL = "'unsafe-eval'"
    UNSAFE_HASHES = "'unsafe-hashes'"
    UNSAFE_INLINE = "'unsafe-inline'"
    WASM_UNSAFE_EVAL = "'wasm-unsafe-eval'"

    # Stands for the request's nonce, which is put in when the header is made.
    NONCE = "<CSP_NONCE_SENTINEL>"


def generate_nonce() -> str:
    """Return a new nonce."""
    return secrets.token_urlsafe(16)


class LazyNonce(SimpleLazyObject):
    """A nonce made when it is first used; false until then, so that a policy without use has none."""

    def __init__(self) -> None:
        super().__init__(generate_nonce)

    def __bool__(self) -> bool:
        return self._wrapped is not empty


def build_policy(config: Mapping[str, Any], nonce: Any = None) -> str:
    """Return the header's value: directives with their values, in order.

    A directive with None or False is left out, one with True has no values. CSP.NONCE becomes the nonce, or
    nothing when no nonce was used.
    """
    policy = []
    for directive, values in config.items():
        if values in (None, False):
            continue
        if values is True:
            policy.append(str(directive))
            continue
        if isinstance(values, set):
            # Equal policies must give equal headers.
            values = sorted(values)
        elif not isinstance(values, (list, tuple)):
            values = [values]
        if CSP.NONCE in values:
            replaced = f"'nonce-{nonce}'" if nonce else None
            values = [replaced if value == CSP.NONCE else value for value in values]
            values = [value for value in values if value is not None]
        if values:
            policy.append(f"{directive} {' '.join(str(value) for value in values)}")
    return "; ".join(policy)
