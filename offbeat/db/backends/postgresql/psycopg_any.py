"""Names of the driver that projects use. Source: Django documentation, ref/databases, ref/contrib/postgres/fields."""

from __future__ import annotations

from psycopg import ClientCursor, IsolationLevel, adapt, adapters, errors, sql
from psycopg.types.json import Json, Jsonb
from psycopg.types.range import Range, RangeDumper

__all__ = [
    "RANGE_TYPES",
    "ClientCursor",
    "DateRange",
    "DateTimeRange",
    "DateTimeTZRange",
    "IsolationLevel",
    "Json",
    "Jsonb",
    "NumericRange",
    "Range",
    "RangeDumper",
    "adapt",
    "adapters",
    "errors",
    "is_psycopg3",
    "sql",
]

is_psycopg3 = True
# The driver finds the right type of range by the bounds.
DateRange = DateTimeRange = DateTimeTZRange = NumericRange = Range
RANGE_TYPES = (Range,)
