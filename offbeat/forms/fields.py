"""The form fields under their documented import path."""

from __future__ import annotations

from typing import TYPE_CHECKING

from offbeat.forms.boundfield import BoundField
from offbeat.forms.fieldtypes.base import Field
from offbeat.utils.lazy_names import lazy_names

if TYPE_CHECKING:
    from offbeat.forms.fieldtypes.choices import (
        BooleanField,
        ChoiceField,
        MultipleChoiceField,
        NullBooleanField,
        TypedChoiceField,
        TypedMultipleChoiceField,
    )
    from offbeat.forms.fieldtypes.dates import (
        BaseTemporalField,
        DateField,
        DateTimeField,
        DurationField,
        TimeField,
    )
    from offbeat.forms.fieldtypes.files import FileField, FilePathField, ImageField
    from offbeat.forms.fieldtypes.multi import (
        ComboField,
        InvalidJSONInput,
        JSONField,
        JSONString,
        MultiValueField,
        SplitDateTimeField,
    )
    from offbeat.forms.fieldtypes.numbers import DecimalField, FloatField, IntegerField
    from offbeat.forms.fieldtypes.text import (
        CharField,
        EmailField,
        GenericIPAddressField,
        RegexField,
        SlugField,
        URLField,
        UUIDField,
    )
else:
    __getattr__, __dir__ = lazy_names(
        __name__,
        {
            "offbeat.forms.fieldtypes.choices": (
                "BooleanField",
                "ChoiceField",
                "MultipleChoiceField",
                "NullBooleanField",
                "TypedChoiceField",
                "TypedMultipleChoiceField",
            ),
            "offbeat.forms.fieldtypes.dates": (
                "BaseTemporalField",
                "DateField",
                "DateTimeField",
                "DurationField",
                "TimeField",
            ),
            "offbeat.forms.fieldtypes.files": (
                "FileField",
                "FilePathField",
                "ImageField",
            ),
            "offbeat.forms.fieldtypes.multi": (
                "ComboField",
                "InvalidJSONInput",
                "JSONField",
                "JSONString",
                "MultiValueField",
                "SplitDateTimeField",
            ),
            "offbeat.forms.fieldtypes.numbers": (
                "DecimalField",
                "FloatField",
                "IntegerField",
            ),
            "offbeat.forms.fieldtypes.text": (
                "CharField",
                "EmailField",
                "GenericIPAddressField",
                "RegexField",
                "SlugField",
                "URLField",
                "UUIDField",
            ),
        },
    )


__all__ = [
    "BaseTemporalField",
    "BooleanField",
    "BoundField",
    "CharField",
    "ChoiceField",
    "ComboField",
    "DateField",
    "DateTimeField",
    "DecimalField",
    "DurationField",
    "EmailField",
    "Field",
    "FileField",
    "FilePathField",
    "FloatField",
    "GenericIPAddressField",
    "ImageField",
    "IntegerField",
    "InvalidJSONInput",
    "JSONField",
    "JSONString",
    "MultiValueField",
    "MultipleChoiceField",
    "NullBooleanField",
    "RegexField",
    "SlugField",
    "SplitDateTimeField",
    "TimeField",
    "TypedChoiceField",
    "TypedMultipleChoiceField",
    "URLField",
    "UUIDField",
]
