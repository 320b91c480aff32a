"""The ``Host`` header (RFC 9112 §3.2) against ``ALLOWED_HOSTS``."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache

from offbeat.utils.http import is_same_domain

# A registered name, an IPv4 or a bracketed IPv6 address, then perhaps a port (RFC 3986 §3.2.2).
host_validation_re = re.compile(r"([a-z0-9.-]+|\[[a-f0-9]*:[a-f0-9.:]+\])(?::([0-9]+))?")
_LONGEST_HOST = 300


def split_domain_port(host: str) -> tuple[str, str]:
    """A host as (lower-case domain without trailing period, port); two empty texts for an invalid host."""
    if len(host) > _LONGEST_HOST:
        return "", ""
    return _split(host)


@lru_cache(maxsize=256)
def _split(host: str) -> tuple[str, str]:
    match = host_validation_re.fullmatch(host.lower())
    if match is None:
        return "", ""
    domain, port = match.groups(default="")
    return domain.removesuffix("."), port


def validate_host(host: str, allowed_hosts: Iterable[str]) -> bool:
    """Whether the domain (lower case, without port) matches a pattern: ``*``, a name, or ``.parent``."""
    return any(pattern == "*" or is_same_domain(host, pattern) for pattern in allowed_hosts)
