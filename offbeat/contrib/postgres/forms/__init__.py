"""Form fields and widgets (Django documentation: ref/contrib/postgres/forms)."""

from offbeat.contrib.postgres.forms.array import SimpleArrayField, SplitArrayField, SplitArrayWidget
from offbeat.contrib.postgres.forms.hstore import HStoreField
from offbeat.contrib.postgres.forms.ranges import (
    BaseRangeField,
    DateRangeField,
    DateTimeRangeField,
    DecimalRangeField,
    HiddenRangeWidget,
    IntegerRangeField,
    RangeWidget,
)

__all__ = [
    "BaseRangeField",
    "DateRangeField",
    "DateTimeRangeField",
    "DecimalRangeField",
    "HStoreField",
    "HiddenRangeWidget",
    "IntegerRangeField",
    "RangeWidget",
    "SimpleArrayField",
    "SplitArrayField",
    "SplitArrayWidget",
]
