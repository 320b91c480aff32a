"""Model fields (Django documentation: ref/models/fields); `offbeat.db.models` has them all."""

from __future__ import annotations

from offbeat.db import router
from offbeat.db.models.fields.auto import (
    AutoField,
    AutoFieldMeta,
    AutoFieldMixin,
    BigAutoField,
    SmallAutoField,
)
from offbeat.db.models.fields.base import (
    BLANK_CHOICE_DASH,
    BLANK_CHOICE_LABEL,
    NOT_PROVIDED,
    DictWrapper,
    Empty,
    Field,
    _empty,
    _load_field,
    return_None,
)
from offbeat.db.models.fields.dates import (
    DateField,
    DateTimeCheckMixin,
    DateTimeField,
    DurationField,
    TimeField,
)
from offbeat.db.models.fields.misc import (
    BinaryField,
    BooleanField,
    FilePathField,
    GenericIPAddressField,
    IPAddressField,
    NullBooleanField,
    UUIDField,
)
from offbeat.db.models.fields.numeric import (
    BigIntegerField,
    DecimalField,
    FloatField,
    IntegerField,
    PositiveBigIntegerField,
    PositiveIntegerField,
    PositiveIntegerRelDbTypeMixin,
    PositiveSmallIntegerField,
    SmallIntegerField,
)
from offbeat.db.models.fields.text import (
    CharField,
    CommaSeparatedIntegerField,
    EmailField,
    SlugField,
    TextField,
    URLField,
)

__all__ = [
    "BLANK_CHOICE_DASH",
    "BLANK_CHOICE_LABEL",
    "NOT_PROVIDED",
    "AutoField",
    "AutoFieldMeta",
    "AutoFieldMixin",
    "BigAutoField",
    "BigIntegerField",
    "BinaryField",
    "BooleanField",
    "CharField",
    "CommaSeparatedIntegerField",
    "DateField",
    "DateTimeCheckMixin",
    "DateTimeField",
    "DecimalField",
    "DictWrapper",
    "DurationField",
    "EmailField",
    "Empty",
    "Field",
    "FilePathField",
    "FloatField",
    "GenericIPAddressField",
    "IPAddressField",
    "IntegerField",
    "NullBooleanField",
    "PositiveBigIntegerField",
    "PositiveIntegerField",
    "PositiveIntegerRelDbTypeMixin",
    "PositiveSmallIntegerField",
    "SlugField",
    "SmallAutoField",
    "SmallIntegerField",
    "TextField",
    "TimeField",
    "URLField",
    "UUIDField",
    "_empty",
    "_load_field",
    "return_None",
    "router",
]

# They are known by this package's name, in reprs, pickles and documentation.
for _name in __all__:
    if isinstance(_class := globals()[_name], type):
        _class.__module__ = __name__
del _name, _class
