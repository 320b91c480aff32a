"""Model fields of PostgreSQL's types (Django documentation: ref/contrib/postgres/fields)."""

from offbeat.contrib.postgres.fields import range_lookups as _range_lookups
from offbeat.contrib.postgres.fields.array import ArrayField
from offbeat.contrib.postgres.fields.citext import CICharField, CIEmailField, CITextField
from offbeat.contrib.postgres.fields.hstore import HStoreField
from offbeat.contrib.postgres.fields.jsonb import JSONField
from offbeat.contrib.postgres.fields.ranges import (
    BigIntegerRangeField,
    DateRangeField,
    DateTimeRangeField,
    DecimalRangeField,
    IntegerRangeField,
    RangeBoundary,
    RangeField,
    RangeOperators,
)

__all__ = [
    "ArrayField",
    "BigIntegerRangeField",
    "CICharField",
    "CIEmailField",
    "CITextField",
    "DateRangeField",
    "DateTimeRangeField",
    "DecimalRangeField",
    "HStoreField",
    "IntegerRangeField",
    "JSONField",
    "RangeBoundary",
    "RangeField",
    "RangeOperators",
]
