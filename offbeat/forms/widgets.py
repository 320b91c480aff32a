"""The widgets under their documented import path."""

from __future__ import annotations

from typing import TYPE_CHECKING

from offbeat.forms.widgettypes.base import Widget
from offbeat.forms.widgettypes.media import (
    MEDIA_TYPES,
    Media,
    MediaAsset,
    MediaDefiningClass,
    MediaOrderConflictWarning,
    Script,
    Stylesheet,
    media_property,
)
from offbeat.utils.lazy_names import lazy_names

if TYPE_CHECKING:
    from offbeat.forms.widgettypes.choices import (
        CheckboxSelectMultiple,
        ChoiceWidget,
        NullBooleanSelect,
        RadioSelect,
        Select,
        SelectMultiple,
    )
    from offbeat.forms.widgettypes.inputs import (
        FILE_INPUT_CONTRADICTION,
        CheckboxInput,
        ClearableFileInput,
        ColorInput,
        DateInput,
        DateTimeBaseInput,
        DateTimeInput,
        EmailInput,
        FileInput,
        HiddenInput,
        Input,
        MultipleHiddenInput,
        NumberInput,
        PasswordInput,
        SearchInput,
        TelInput,
        Textarea,
        TextInput,
        TimeInput,
        URLInput,
        boolean_check,
    )
    from offbeat.forms.widgettypes.multi import (
        MultiWidget,
        SelectDateWidget,
        SplitDateTimeWidget,
        SplitHiddenDateTimeWidget,
    )
else:
    __getattr__, __dir__ = lazy_names(
        __name__,
        {
            "offbeat.forms.widgettypes.choices": (
                "CheckboxSelectMultiple",
                "ChoiceWidget",
                "NullBooleanSelect",
                "RadioSelect",
                "Select",
                "SelectMultiple",
            ),
            "offbeat.forms.widgettypes.inputs": (
                "FILE_INPUT_CONTRADICTION",
                "CheckboxInput",
                "ClearableFileInput",
                "ColorInput",
                "DateInput",
                "DateTimeBaseInput",
                "DateTimeInput",
                "EmailInput",
                "FileInput",
                "HiddenInput",
                "Input",
                "MultipleHiddenInput",
                "NumberInput",
                "PasswordInput",
                "SearchInput",
                "TelInput",
                "Textarea",
                "TextInput",
                "TimeInput",
                "URLInput",
                "boolean_check",
            ),
            "offbeat.forms.widgettypes.multi": (
                "MultiWidget",
                "SelectDateWidget",
                "SplitDateTimeWidget",
                "SplitHiddenDateTimeWidget",
            ),
        },
    )


__all__ = [
    "FILE_INPUT_CONTRADICTION",
    "MEDIA_TYPES",
    "CheckboxInput",
    "CheckboxSelectMultiple",
    "ChoiceWidget",
    "ClearableFileInput",
    "ColorInput",
    "DateInput",
    "DateTimeBaseInput",
    "DateTimeInput",
    "EmailInput",
    "FileInput",
    "HiddenInput",
    "Input",
    "Media",
    "MediaAsset",
    "MediaDefiningClass",
    "MediaOrderConflictWarning",
    "MultiWidget",
    "MultipleHiddenInput",
    "NullBooleanSelect",
    "NumberInput",
    "PasswordInput",
    "RadioSelect",
    "Script",
    "SearchInput",
    "Select",
    "SelectDateWidget",
    "SelectMultiple",
    "SplitDateTimeWidget",
    "SplitHiddenDateTimeWidget",
    "Stylesheet",
    "TelInput",
    "TextInput",
    "Textarea",
    "TimeInput",
    "URLInput",
    "Widget",
    "boolean_check",
    "media_property",
]
