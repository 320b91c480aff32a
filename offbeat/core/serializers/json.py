"""JSON serialization."""

from __future__ import annotations

from offbeat.core.serializers.encoding import DjangoJSONEncoder

__all__ = ["DjangoJSONEncoder"]
