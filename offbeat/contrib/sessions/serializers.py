"""Serializers of session data."""

from __future__ import annotations

from offbeat.core.signing import JSONSerializer

__all__ = ["JSONSerializer"]
