"""DjangoJSONEncoder: JSON with dates, times, durations, decimals, UUIDs and lazy text.

Dates follow ECMA-262: milliseconds, and ``Z`` for UTC. Django documentation: topics/serialization.
"""

from __future__ import annotations

import datetime
import decimal
import json
import uuid
from typing import Any

from offbeat.utils.duration import duration_iso_string
from offbeat.utils.functional import Promise
from offbeat.utils.timezone import is_aware

__all__ = ["DjangoJSONEncoder"]


class DjangoJSONEncoder(json.JSONEncoder):
    """A JSONEncoder that knows the types of the standard library which forms and models hold."""

    def default(self, o: Any) -> Any:
        """The JSON form of ``o``; TypeError for other types, ValueError for an aware time."""
        if isinstance(o, datetime.datetime):
            text = o.isoformat()
            if o.microsecond:
                text = text[:23] + text[26:]
            return text.removesuffix("+00:00") + "Z" if text.endswith("+00:00") else text
        if isinstance(o, datetime.date):
            return o.isoformat()
        if isinstance(o, datetime.time):
            if is_aware(o):  # type: ignore[arg-type]
                raise ValueError("JSON can't represent timezone-aware times.")
            text = o.isoformat()
            return text[:12] if o.microsecond else text
        if isinstance(o, datetime.timedelta):
            return duration_iso_string(o)
        if isinstance(o, decimal.Decimal | uuid.UUID | Promise):
            return str(o)
        return super().default(o)
