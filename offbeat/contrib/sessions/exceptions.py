"""The exceptions of sessions."""

from __future__ import annotations

from offbeat.core.exceptions import BadRequest, SuspiciousOperation


class InvalidSessionKey(SuspiciousOperation):
    """The session key has characters that no key has."""


class SuspiciousSession(SuspiciousOperation):
    """The session may have been tampered with."""


class SessionInterrupted(BadRequest):
    """The session was deleted while the request was being handled, for instance by a concurrent logout."""
