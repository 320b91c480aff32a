"""Widgets made of several."""

from __future__ import annotations

import copy
import datetime
import re
from typing import Any

from offbeat.forms.utils import to_current_timezone
from offbeat.forms.widgettypes.base import Widget
from offbeat.forms.widgettypes.choices import Select
from offbeat.forms.widgettypes.inputs import DateInput, TimeInput
from offbeat.forms.widgettypes.media import Media
from offbeat.utils import formats
from offbeat.utils.dates import MONTHS
from offbeat.utils.formats import get_format

__all__ = ["MultiWidget", "SelectDateWidget", "SplitDateTimeWidget", "SplitHiddenDateTimeWidget"]


class MultiWidget(Widget):
    """Several widgets for one value; subclasses define ``decompress``.

    ``widgets``: a list, or a dictionary whose keys become suffixes of the names.
    """

    template_name = "django/forms/widgets/multiwidget.html"
    use_fieldset = True

    def __init__(self, widgets: Any, attrs: dict[str, Any] | None = None) -> None:
        if isinstance(widgets, dict):
            self.widgets_names = [f"_{name}" if name else "" for name in widgets]
            widgets = widgets.values()
        else:
            self.widgets_names = [f"_{i}" for i in range(len(widgets))]
        self.widgets = [w() if isinstance(w, type) else w for w in widgets]
        super().__init__(attrs)

    @property
    def is_hidden(self) -> bool:
        return all(w.is_hidden for w in self.widgets)

    def get_context(self, name: str, value: Any, attrs: dict[str, Any] | None) -> dict[str, Any]:
        context = super().get_context(name, value, attrs)
        if self.is_localized:
            for widget in self.widgets:
                widget.is_localized = self.is_localized
        # One value for each widget.
        if not isinstance(value, list | tuple):
            value = self.decompress(value)
        final_attrs = context["widget"]["attrs"]
        input_type = final_attrs.pop("type", None)
        id_ = final_attrs.get("id")
        subwidgets = []
        for i, (widget_name, widget) in enumerate(zip(self.widgets_names, self.widgets, strict=True)):
            if input_type is not None:
                widget.input_type = input_type
            try:
                widget_value = value[i]
            except IndexError:
                widget_value = None
            widget_attrs = final_attrs.copy()
            if id_:
                widget_attrs["id"] = f"{id_}_{i}"
            subwidgets.append(widget.get_context(name + widget_name, widget_value, widget_attrs)["widget"])
        context["widget"]["subwidgets"] = subwidgets
        return context

    def id_for_label(self, id_: str | None) -> str | None:
        """None: the label is for the whole."""
        return ""

    def value_from_datadict(self, data: Any, files: Any, name: str) -> Any:
        return [
            widget.value_from_datadict(data, files, name + widget_name)
            for widget_name, widget in zip(self.widgets_names, self.widgets, strict=True)
        ]

    def value_omitted_from_data(self, data: Any, files: Any, name: str) -> bool:
        return all(
            widget.value_omitted_from_data(data, files, name + widget_name)
            for widget_name, widget in zip(self.widgets_names, self.widgets, strict=True)
        )

    def decompress(self, value: Any) -> Any:
        """The value as a list, one item for each widget; it may be empty or of any kind."""
        raise NotImplementedError("Subclasses must implement this method.")

    def _get_media(self) -> Media:
        media = Media()
        for widget in self.widgets:
            media += widget.media
        return media

    media = property(_get_media)

    def __deepcopy__(self, memo: dict[int, Any]) -> Any:
        duplicate = super().__deepcopy__(memo)
        duplicate.widgets = copy.deepcopy(self.widgets)
        return duplicate

    @property
    def needs_multipart_form(self) -> bool:  # type: ignore[override]
        return any(w.needs_multipart_form for w in self.widgets)


class SplitDateTimeWidget(MultiWidget):
    """A date input and a time input."""

    supports_microseconds = False
    template_name = "django/forms/widgets/splitdatetime.html"

    def __init__(
        self,
        attrs: dict[str, Any] | None = None,
        date_format: str | None = None,
        time_format: str | None = None,
        date_attrs: dict[str, Any] | None = None,
        time_attrs: dict[str, Any] | None = None,
    ) -> None:
        super().__init__(
            (
                DateInput(attrs=attrs if date_attrs is None else date_attrs, format=date_format),
                TimeInput(attrs=attrs if time_attrs is None else time_attrs, format=time_format),
            )
        )

    def decompress(self, value: Any) -> Any:
        if value:
            value = to_current_timezone(value)
            return [value.date(), value.time()]
        return [None, None]


class SplitHiddenDateTimeWidget(SplitDateTimeWidget):
    """Two hidden inputs for a date and a time."""

    template_name = "django/forms/widgets/splithiddendatetime.html"

    def __init__(
        self,
        attrs: dict[str, Any] | None = None,
        date_format: str | None = None,
        time_format: str | None = None,
        date_attrs: dict[str, Any] | None = None,
        time_attrs: dict[str, Any] | None = None,
    ) -> None:
        super().__init__(attrs, date_format, time_format, date_attrs, time_attrs)
        for widget in self.widgets:
            widget.input_type = "hidden"


class SelectDateWidget(Widget):
    """Three selects for month, day and year."""

    none_value = ("", "---")
    month_field = "%s_month"
    day_field = "%s_day"
    year_field = "%s_year"
    template_name = "django/forms/widgets/select_date.html"
    input_type = "select"
    select_widget = Select
    date_re = re.compile(r"(\d{4}|0)-(\d\d?)-(\d\d?)\Z")
    use_fieldset = True

    def __init__(
        self,
        attrs: dict[str, Any] | None = None,
        years: Any = None,
        months: Any = None,
        empty_label: Any = None,
    ) -> None:
        self.attrs = attrs or {}
        if years:
            self.years = years
        else:
            this_year = datetime.date.today().year
            self.years = range(this_year, this_year + 10)
        self.months = months or MONTHS
        if isinstance(empty_label, list | tuple):
            if len(empty_label) != 3:
                raise ValueError("empty_label list/tuple must have 3 elements.")
            self.year_none_value: Any = ("", empty_label[0])
            self.month_none_value: Any = ("", empty_label[1])
            self.day_none_value: Any = ("", empty_label[2])
        else:
            if empty_label is not None:
                self.none_value = ("", empty_label)
            self.year_none_value = self.month_none_value = self.day_none_value = self.none_value

    def get_context(self, name: str, value: Any, attrs: dict[str, Any] | None) -> dict[str, Any]:
        context = super().get_context(name, value, attrs)
        parts = {
            "year": (self.year_field % name, [(i, str(i)) for i in self.years], self.year_none_value),
            "month": (self.month_field % name, list(self.months.items()), self.month_none_value),
            "day": (self.day_field % name, [(i, i) for i in range(1, 32)], self.day_none_value),
        }
        subwidgets = {}
        for part, (part_name, choices, none_value) in parts.items():
            if not self.is_required:
                choices.insert(0, none_value)
            part_attrs = context["widget"]["attrs"].copy()
            part_attrs["id"] = f"id_{part_name}"
            subwidgets[part] = self.select_widget(attrs, choices=choices).get_context(
                name=part_name, value=context["widget"]["value"][part], attrs=part_attrs
            )
        context["widget"]["subwidgets"] = [subwidgets[field]["widget"] for field in self._parse_date_fmt()]
        return context

    def format_value(self, value: Any) -> dict[str, Any]:
        """Year, month and day; an impossible date stays as it was entered."""
        year = month = day = None
        if isinstance(value, datetime.date | datetime.datetime):
            year, month, day = value.year, value.month, value.day
        elif isinstance(value, str):
            match = self.date_re.match(value)
            if match:
                # Zeros stand for the parts that were left empty.
                year, month, day = (int(part) or "" for part in match.groups())  # type: ignore[assignment]
            else:
                input_format = get_format("DATE_INPUT_FORMATS")[0]
                try:
                    date = datetime.datetime.strptime(value, input_format)
                except ValueError:
                    pass
                else:
                    year, month, day = date.year, date.month, date.day
        return {"year": year, "month": month, "day": day}

    @staticmethod
    def _parse_date_fmt() -> Any:
        for char in get_format("DATE_FORMAT"):
            if char in "Yy":
                yield "year"
            elif char in "bEFMmNn":
                yield "month"
            elif char in "dj":
                yield "day"

    def id_for_label(self, id_: str | None) -> str | None:
        for first_select in self._parse_date_fmt():
            return f"{id_}_{first_select}"
        return f"{id_}_month"

    def value_from_datadict(self, data: Any, files: Any, name: str) -> Any:
        y = data.get(self.year_field % name)
        m = data.get(self.month_field % name)
        d = data.get(self.day_field % name)
        if y == m == d == "":
            return None
        if y is not None and m is not None and d is not None:
            input_format = formats.sanitize_strftime_format(get_format("DATE_INPUT_FORMATS")[0])
            try:
                date_value = datetime.date(int(y), int(m), int(d))
            except OverflowError:
                return "0-0-0"
            except ValueError:
                # No date: written so that validation fails and the selects keep their values.
                return f"{y or 0}-{m or 0}-{d or 0}"
            return date_value.strftime(input_format)
        return data.get(name)

    def value_omitted_from_data(self, data: Any, files: Any, name: str) -> bool:
        return not any(interval in data for interval in (f"{name}_year", f"{name}_month", f"{name}_day"))
