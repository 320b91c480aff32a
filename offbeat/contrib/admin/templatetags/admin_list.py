"""Tags of the list of objects."""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Iterator
from typing import Any

from offbeat.contrib.admin.constants import (
    ALL_VAR,
    IS_FACETS_VAR,
    IS_POPUP_VAR,
    ORDER_VAR,
    PAGE_VAR,
    SEARCH_VAR,
)
from offbeat.contrib.admin.templatetags.admin_urls import add_preserved_filters
from offbeat.contrib.admin.templatetags.base import admin_tag, page_context
from offbeat.contrib.admin.utils import (
    NotRelationField,
    display_for_field,
    display_for_value,
    get_fields_from_path,
    label_for_field,
    lookup_field,
)
from offbeat.contrib.admin.utils import boolean_icon as _boolean_icon
from offbeat.core.exceptions import FieldDoesNotExist, ObjectDoesNotExist
from offbeat.db import models
from offbeat.db.models.constants import LOOKUP_SEP
from offbeat.template import Library
from offbeat.template.loader import get_template
from offbeat.urls import NoReverseMatch
from offbeat.utils import formats, timezone
from offbeat.utils.html import format_html
from offbeat.utils.safestring import mark_safe
from offbeat.utils.text import capfirst
from offbeat.utils.translation import gettext as _

__all__ = [
    "ALL_VAR",
    "IS_FACETS_VAR",
    "IS_POPUP_VAR",
    "ORDER_VAR",
    "PAGE_VAR",
    "SEARCH_VAR",
    "ResultList",
    "_boolean_icon",
    "admin_actions",
    "admin_list_filter",
    "date_hierarchy",
    "items_for_result",
    "pagination",
    "paginator_number",
    "register",
    "result_headers",
    "result_hidden_fields",
    "result_list",
    "results",
    "search_form",
]

register = Library()


# Pages


@register.simple_tag
def paginator_number(cl: Any, i: Any) -> str:
    """A link to a page, or the mark of those left out."""
    if i == cl.paginator.ELLIPSIS:
        return format_html("{} ", cl.paginator.ELLIPSIS)
    if i == cl.page_num:
        return format_html('<a role="button" href="" aria-current="page">{}</a> ', i)
    return format_html('<a role="button" href="{}">{}</a> ', cl.get_query_string({PAGE_VAR: i}), i)


def pagination(cl: Any) -> dict[str, Any]:
    """The context of the links to pages."""
    required = (not cl.show_all or not cl.can_show_all) and cl.multi_page
    show_all = cl.can_show_all and not cl.show_all and cl.multi_page
    return {
        "cl": cl,
        "pagination_required": required,
        "show_all_url": show_all and cl.get_query_string({ALL_VAR: ""}),
        "page_range": cl.paginator.get_elided_page_range(cl.page_num) if required else [],
        "ALL_VAR": ALL_VAR,
        "1": 1,
    }


pagination_tag = admin_tag(register, "pagination", pagination, "pagination.html", takes_context=False)


# Headers


def _sort_links(cl: Any, columns: dict[int, str], index: int) -> dict[str, Any]:
    """The links of a column that sort by it first, turn its direction, and no longer sort by it."""
    direction = columns.get(index)
    new_direction = "desc" if direction == "asc" else "asc"

    def part(number: int, order: str) -> str:
        return f"-{number}" if order == "desc" else str(number)

    own = part(index, new_direction)
    others = [part(number, order) for number, order in columns.items() if number != index]
    toggled = [own if number == index else part(number, order) for number, order in columns.items()]
    return {
        "sorted": direction is not None,
        "ascending": direction == "asc",
        "sort_priority": list(columns).index(index) + 1 if direction else 0,
        "url_primary": cl.get_query_string({ORDER_VAR: ".".join([own, *others])}),
        "url_remove": cl.get_query_string({ORDER_VAR: ".".join(others)}),
        "url_toggle": cl.get_query_string({ORDER_VAR: ".".join(toggled)}),
    }


def result_headers(cl: Any) -> Iterator[dict[str, Any]]:
    """The headers of the columns."""
    columns = cl.get_ordering_field_columns()
    for index, name in enumerate(cl.list_display):
        text, attr = label_for_field(name, cl.model, model_admin=cl.model_admin, return_attr=True)
        if name == "action_checkbox":
            css = mark_safe(' class="action-checkbox-column"')
            yield {"text": text, "class_attrib": css, "sortable": False}
            continue
        column_class = f"column-{_coerce_field_name(name, index)}"
        if not _can_sort(cl, name, attr):
            css = format_html(' class="{}"', column_class)
            yield {"text": text, "class_attrib": css, "sortable": False}
            continue
        classes = ["sortable", column_class]
        if index in columns:
            classes += ["sorted", "ascending" if columns[index] == "asc" else "descending"]
        yield {
            "text": text,
            "sortable": True,
            "class_attrib": format_html(' class="{}"', " ".join(classes)),
            **_sort_links(cl, columns, index),
        }


def _can_sort(cl: Any, name: Any, attr: Any) -> bool:
    """Whether a column can be sorted by: a field can, other things where they say by what."""
    if name not in cl.sortable_by:
        return False
    if not attr or (isinstance(name, str) and LOOKUP_SEP in name and isinstance(attr, models.Field)):
        return True
    getter = attr.fget if isinstance(attr, property) else attr
    return bool(getattr(getter, "admin_order_field", None))


# Rows


def _coerce_field_name(field_name: Any, field_index: int) -> str:
    """The name of a column for CSS; a lambda has but its number."""
    if callable(field_name):
        return f"lambda{field_index}" if field_name.__name__ == "<lambda>" else field_name.__name__
    return str(field_name)


class ResultList(list[Any]):
    """The cells of a row, with its ``form`` in editable lists."""

    def __init__(self, form: Any, *items: Any) -> None:
        self.form = form
        super().__init__(*items)


def _cell(cl: Any, result: Any, name: Any) -> tuple[Any, bool]:
    """What a cell shows, and whether it should not be broken into lines."""
    empty = cl.model_admin.get_empty_value_display()
    try:
        field, attr, value = lookup_field(name, result, cl.model_admin)
    except ObjectDoesNotExist:
        return empty, False
    empty = getattr(attr, "empty_value_display", empty)
    if field is None or field.auto_created:
        return _attribute_text(cl, name, attr, value, empty)
    if isinstance(field.remote_field, models.ManyToOneRel):
        return empty if value is None else value, True
    text = display_for_field(value, field, empty, avoid_link=_is_link(cl, name))
    return text, isinstance(field, (models.DateField, models.TimeField))


def _attribute_text(cl: Any, name: Any, attr: Any, value: Any, empty: Any) -> tuple[Any, bool]:
    if name == "action_checkbox":
        return value, False
    if getattr(attr, "boolean", False):
        return display_for_value(value, empty, boolean=True), False
    if isinstance(name, str) and LOOKUP_SEP in name:
        field = _path_field(cl.model, name)
        if field is not None and value is not None:
            return display_for_field(value, field, empty, avoid_link=_is_link(cl, name)), False
    return display_for_value(value, empty), isinstance(value, (datetime.date, datetime.time))


def _path_field(model: Any, path: str) -> Any:
    try:
        return get_fields_from_path(model, path)[-1]
    except (FieldDoesNotExist, NotRelationField):
        # The path goes through something else than fields.
        return None


def _is_link(cl: Any, name: Any) -> bool:
    return bool(cl.list_display_links) and name in cl.list_display_links


def _linked(cl: Any, result: Any, text: Any) -> Any:
    """A cell's text as a link to the object's page, or in a window as the choice of it."""
    try:
        url = cl.url_for_result(result)
    except NoReverseMatch:
        return text
    url = add_preserved_filters({"preserved_filters": cl.preserved_filters, "opts": cl.opts}, url)
    opener = ""
    if cl.is_popup:
        # What the form that opened the window refers to the object by.
        attr = str(cl.to_field) if cl.to_field else cl.pk_attname
        opener = format_html(' data-popup-opener="{}"', result.serializable_value(attr))
    return format_html('<a href="{}"{}>{}</a>', url, opener, text)


def items_for_result(cl: Any, result: Any, form: Any) -> Iterator[Any]:
    """The cells of a row; with a ``form`` those that can be edited are inputs."""
    first = True
    for index, name in enumerate(cl.list_display):
        text, nowrap = _cell(cl, result, name)
        css = "action-checkbox" if name == "action_checkbox" else f"field-{_coerce_field_name(name, index)}"
        row_class = format_html(' class="{}"', f"{css} nowrap" if nowrap else css)
        if str(text) == "":
            text = mark_safe("&nbsp;")
        linked = _is_link(cl, name)
        if linked:
            tag = "th" if first else "td"
            first = False
            yield format_html("<{}{}>{}</{}>", tag, row_class, _linked(cl, result, text), tag)
            continue
        if form and name in form.fields and not (name == cl.model._meta.pk.name and form[name].is_hidden):
            bf = form[name]
            text = mark_safe(f"{bf.errors}{bf}")
        yield format_html("<td{}>{}</td>", row_class, text)
    if form and not form[cl.model._meta.pk.name].is_hidden:
        yield format_html("<td>{}</td>", form[cl.model._meta.pk.name])


def results(cl: Any) -> Iterator[ResultList]:
    """The rows."""
    if cl.formset:
        for result, form in zip(cl.result_list, cl.formset.forms, strict=False):
            yield ResultList(form, items_for_result(cl, result, form))
    else:
        for result in cl.result_list:
            yield ResultList(None, items_for_result(cl, result, None))


def result_hidden_fields(cl: Any) -> Iterator[Any]:
    """The hidden keys of the rows of an editable list."""
    if cl.formset:
        for form in cl.formset.forms:
            if form[cl.model._meta.pk.name].is_hidden:
                yield form[cl.model._meta.pk.name]


def result_list(cl: Any) -> dict[str, Any]:
    """The context of the table."""
    headers = list(result_headers(cl))
    return {
        "cl": cl,
        "result_hidden_fields": list(result_hidden_fields(cl)),
        "result_headers": headers,
        "num_sorted_fields": sum(1 for header in headers if header["sortable"] and header["sorted"]),
        "results": list(results(cl)),
    }


result_list_tag = admin_tag(
    register, "result_list", result_list, "change_list_results.html", takes_context=False
)


# Dates


def _dates(queryset: Any, field: Any, name: str, kind: str) -> Iterable[Any]:
    """The days, months or years that there are, without those of missing dates."""
    if isinstance(field, models.DateTimeField):
        return queryset.datetimes(name, kind)  # type: ignore[no-any-return]
    return queryset.dates(name, kind)  # type: ignore[no-any-return]


def _first_level(queryset: Any, field: Any, name: str) -> dict[str, int]:
    """The year, and the month, that all dates share."""
    span = queryset.aggregate(first=models.Min(name), last=models.Max(name))
    first, last = span["first"], span["last"]
    if not first:
        return {}
    if isinstance(field, models.DateTimeField) and timezone.is_aware(first):
        first, last = timezone.localtime(first), timezone.localtime(last)
    if first.year != last.year:
        return {}
    return {"year": first.year, "month": first.month} if first.month == last.month else {"year": first.year}


def _asked_date(cl: Any, name: str) -> dict[str, int]:
    asked = {}
    for kind in ("year", "month", "day"):
        value = cl.params.get(f"{name}__{kind}")
        if value is None:
            break
        asked[kind] = int(value)
    return asked


def date_hierarchy(cl: Any) -> dict[str, Any] | None:
    """The context of the links to years, months and days."""
    if not cl.date_hierarchy:
        return None
    name = cl.date_hierarchy
    field = get_fields_from_path(cl.model, name)[-1]

    def link(**parts: Any) -> str:
        return cl.get_query_string(  # type: ignore[no-any-return]
            {f"{name}__{kind}": value for kind, value in parts.items()}, [f"{name}__"]
        )

    asked = _asked_date(cl, name)
    level = asked or _first_level(cl.queryset, field, name)
    month_format = formats.get_format("YEAR_MONTH_FORMAT")
    day_format = formats.get_format("MONTH_DAY_FORMAT")
    if {"year", "month", "day"} <= level.keys():
        day = datetime.date(level["year"], level["month"], level["day"])
        back = {
            "link": link(year=day.year, month=day.month),
            "title": capfirst(formats.date_format(day, month_format)),
        }
        return {
            "show": True,
            "back": back,
            "choices": [{"title": capfirst(formats.date_format(day, day_format))}],
            "field_name": name,
        }
    if {"year", "month"} <= level.keys():
        days = _dates(cl.queryset, field, name, "day")
        choices = [
            {
                "link": link(year=day.year, month=day.month, day=day.day),
                "title": capfirst(formats.date_format(day, day_format)),
            }
            for day in days
        ]
        back = {"link": link(year=level["year"]), "title": str(level["year"])}
    elif "year" in level:
        months = _dates(cl.queryset, field, name, "month")
        choices = [
            {
                "link": link(year=month.year, month=month.month),
                "title": capfirst(formats.date_format(month, month_format)),
            }
            for month in months
        ]
        back = {"link": link(), "title": _("All dates")}
    else:
        years = _dates(cl.queryset, field, name, "year")
        choices = [{"link": link(year=str(year.year)), "title": str(year.year)} for year in years]
        return {"show": True, "back": None, "choices": choices, "field_name": name}
    return {"show": True, "back": back, "choices": choices, "field_name": name}


date_hierarchy_tag = admin_tag(
    register, "date_hierarchy", date_hierarchy, "date_hierarchy.html", takes_context=False
)


# Search, filters, actions


def search_form(cl: Any) -> dict[str, Any]:
    """The context of the search."""
    return {
        "cl": cl,
        "show_result_count": cl.result_count != cl.full_result_count,
        "search_var": SEARCH_VAR,
        "is_popup_var": IS_POPUP_VAR,
        "is_facets_var": IS_FACETS_VAR,
    }


search_form_tag = admin_tag(register, "search_form", search_form, "search_form.html", takes_context=False)


@register.simple_tag
def admin_list_filter(cl: Any, spec: Any) -> str:
    """A filter, by its own template."""
    return get_template(spec.template).render(  # type: ignore[no-any-return]
        {"title": spec.title, "choices": list(spec.choices(cl)), "spec": spec}
    )


def admin_actions(context: Any) -> Any:
    """The page's context; counts how often the actions are shown."""
    context["action_index"] = context.get("action_index", -1) + 1
    return context


admin_actions_tag = admin_tag(register, "admin_actions", admin_actions, "actions.html")


change_list_object_tools_tag = admin_tag(
    register, "change_list_object_tools", page_context, "change_list_object_tools.html"
)
