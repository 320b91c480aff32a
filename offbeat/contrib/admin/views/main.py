"""The list of objects: what the URL asks for, as a queryset and a page of it."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from offbeat import forms
from offbeat.conf import settings
from offbeat.contrib import messages
from offbeat.contrib.admin.constants import (
    ALL_VAR,
    ERROR_FLAG,
    IS_FACETS_VAR,
    IS_POPUP_VAR,
    ORDER_VAR,
    PAGE_VAR,
    SEARCH_VAR,
    SOURCE_MODEL_VAR,
    TO_FIELD_VAR,
    ShowFacets,
)
from offbeat.contrib.admin.exceptions import (
    DisallowedModelAdminLookup,
    DisallowedModelAdminToField,
    IncorrectLookupParameters,
)
from offbeat.contrib.admin.filters import FieldListFilter
from offbeat.contrib.admin.utils import (
    build_q_object_from_lookup_parameters,
    get_fields_from_path,
    lookup_spawns_duplicates,
    prepare_lookup_value,
    quote,
)
from offbeat.core.exceptions import FieldDoesNotExist, ImproperlyConfigured, SuspiciousOperation
from offbeat.core.paginator import InvalidPage
from offbeat.db.models import DateTimeField, F, Field, ManyToOneRel, OrderBy
from offbeat.db.models.constants import LOOKUP_SEP
from offbeat.db.models.expressions import Combinable
from offbeat.urls import reverse
from offbeat.utils.http import urlencode
from offbeat.utils.timezone import get_default_timezone, make_aware
from offbeat.utils.translation import gettext

__all__ = [
    "ALL_VAR",
    "ERROR_FLAG",
    "IGNORED_PARAMS",
    "IS_FACETS_VAR",
    "IS_POPUP_VAR",
    "ORDER_VAR",
    "PAGE_VAR",
    "SEARCH_VAR",
    "SOURCE_MODEL_VAR",
    "TO_FIELD_VAR",
    "ChangeList",
    "ChangeListSearchForm",
]

IGNORED_PARAMS = (
    ALL_VAR,
    ORDER_VAR,
    SEARCH_VAR,
    IS_FACETS_VAR,
    IS_POPUP_VAR,
    SOURCE_MODEL_VAR,
    TO_FIELD_VAR,
)


class ChangeListSearchForm(forms.Form):
    """Cleans the text to search for."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields[SEARCH_VAR] = forms.CharField(required=False, strip=False)


class ChangeList:
    """The list of a request.

    The parameters are the ModelAdmin's options. Raises IncorrectLookupParameters for filters that mean nothing,
    DisallowedModelAdminLookup and DisallowedModelAdminToField for what the URL may not ask for.
    """

    search_form_class: Any = ChangeListSearchForm

    def __init__(
        self,
        request: Any,
        model: Any,
        list_display: Any,
        list_display_links: Any,
        list_filter: Any,
        date_hierarchy: Any,
        search_fields: Any,
        list_select_related: Any,
        list_per_page: int,
        list_max_show_all: int,
        list_editable: Any,
        model_admin: Any,
        sortable_by: Any,
        search_help_text: Any,
    ) -> None:
        self.model = model
        self.opts = model._meta
        self.lookup_opts = self.opts
        self.root_queryset = model_admin.get_queryset(request)
        self.list_display = list_display
        self.list_display_links = list_display_links
        self.list_filter = list_filter
        self.has_filters: Any = None
        self.has_active_filters: Any = None
        self.clear_all_filters_qs: Any = None
        self.date_hierarchy = date_hierarchy
        self.search_fields = search_fields
        self.list_select_related = list_select_related
        self.list_per_page = list_per_page
        self.list_max_show_all = list_max_show_all
        self.model_admin = model_admin
        self.preserved_filters = model_admin.get_preserved_filters(request)
        self.sortable_by = sortable_by
        self.search_help_text = search_help_text
        self.formset: Any = None
        self._read_parameters(request)
        self.list_editable = () if self.is_popup else list_editable
        self.queryset = self.get_queryset(request)
        self.get_results(request)
        self.title = self._title(request) % self.opts.verbose_name
        self.pk_attname = self.lookup_opts.pk.attname

    def __repr__(self) -> str:
        return (
            f"<{type(self).__qualname__}: model={self.model.__qualname__} "
            f"model_admin={type(self.model_admin).__qualname__}>"
        )

    def _read_parameters(self, request: Any) -> None:
        search_form = self.search_form_class(request.GET)
        if not search_form.is_valid():
            for error in search_form.errors.values():
                messages.error(request, ", ".join(error))
        self.query = search_form.cleaned_data.get(SEARCH_VAR) or ""
        try:
            self.page_num = int(request.GET.get(PAGE_VAR, 1))
        except ValueError:
            self.page_num = 1
        self.show_all = ALL_VAR in request.GET
        self.is_popup = IS_POPUP_VAR in request.GET
        self.add_facets = self.model_admin.show_facets is ShowFacets.ALWAYS or (
            self.model_admin.show_facets is ShowFacets.ALLOW and IS_FACETS_VAR in request.GET
        )
        self.is_facets_optional = self.model_admin.show_facets is ShowFacets.ALLOW
        self.to_field = request.GET.get(TO_FIELD_VAR)
        if self.to_field and not self.model_admin.to_field_allowed(request, self.to_field):
            raise DisallowedModelAdminToField(f"The field {self.to_field} cannot be referenced.")
        self.params: dict[str, Any] = dict(request.GET.items())
        self.filter_params: dict[str, Any] = dict(request.GET.lists())
        for name in (PAGE_VAR, ERROR_FLAG):
            self.params.pop(name, None)
            self.filter_params.pop(name, None)
        self.remove_facet_link = self.get_query_string(remove=[IS_FACETS_VAR])
        self.add_facet_link = self.get_query_string({IS_FACETS_VAR: True})

    def _title(self, request: Any) -> str:
        if self.is_popup:
            return gettext("Select %s")
        if self.model_admin.has_change_permission(request):
            return gettext("Select %s to change")
        return gettext("Select %s to view")

    # Filters

    def get_filters_params(self, params: Any = None) -> dict[str, Any]:
        """The parameters that filter."""
        params = params or self.filter_params
        return {name: value for name, value in params.items() if name not in IGNORED_PARAMS}

    def _make_filter(self, request: Any, item: Any, params: dict[str, Any]) -> tuple[Any, Any]:
        """A filter of ``list_filter``, and the path of its field (None for filters without one)."""
        if callable(item):
            return item(request, params, self.model, self.model_admin), None
        if isinstance(item, (list, tuple)):
            field, list_filter_class = item
        else:
            field, list_filter_class = item, FieldListFilter.create
        if isinstance(field, Field):
            path = field.name
        else:
            path, field = field, get_fields_from_path(self.model, field)[-1]
        spec = list_filter_class(field, request, params, self.model, self.model_admin, field_path=path)
        return spec, path

    def get_filters(self, request: Any) -> tuple[list[Any], bool, dict[str, Any], bool, bool]:
        """The filters, whether there are any, what else the URL filters by, whether objects may come several times,
        and whether a filter is in use."""
        params = self.get_filters_params()
        for name, values in params.items():
            for value in values:
                if not self.model_admin.lookup_allowed(name, value, request):
                    raise DisallowedModelAdminLookup(f"Filtering by {name} not allowed")
        specs: list[Any] = []
        duplicates = active = False
        try:
            for item in self.list_filter:
                before = len(params)
                spec, path = self._make_filter(request, item, params)
                used = len(params) < before
                if used and path is not None:
                    duplicates = duplicates or lookup_spawns_duplicates(self.lookup_opts, path)
                if spec and spec.has_output():
                    specs.append(spec)
                    active = active or used
            if self.date_hierarchy:
                self._take_date_hierarchy(params)
            for name, values in params.items():
                params[name] = prepare_lookup_value(name, values)
                duplicates = duplicates or lookup_spawns_duplicates(self.lookup_opts, name)
        except FieldDoesNotExist as error:
            raise IncorrectLookupParameters(error) from error
        return specs, bool(specs), params, duplicates, active

    def _take_date_hierarchy(self, params: dict[str, Any]) -> None:
        """Turn year, month and day into the span of time that an index serves."""
        name = self.date_hierarchy
        year = params.pop(f"{name}__year", None)
        if year is None:
            return
        month = params.pop(f"{name}__month", None)
        day = params.pop(f"{name}__day", None)
        try:
            since = datetime(
                int(year[-1]),
                int(month[-1] if month is not None else 1),
                int(day[-1] if day is not None else 1),
            )
            if day:
                until = since + timedelta(days=1)
            elif month:
                # A month after its first day is always in the next one.
                until = (since + timedelta(days=32)).replace(day=1)
            else:
                until = since.replace(year=since.year + 1)
        except (ValueError, OverflowError) as error:
            raise IncorrectLookupParameters(error) from error
        if settings.USE_TZ:
            field = get_fields_from_path(self.model, name)[-1]
            # A date is compared with the day in the default time zone.
            zone = None if isinstance(field, DateTimeField) else get_default_timezone()
            since, until = make_aware(since, zone), make_aware(until, zone)
        params[f"{name}__gte"] = [since]
        params[f"{name}__lt"] = [until]

    def get_query_string(self, new_params: Any = None, remove: Any = None) -> str:
        """The URL's parameters with some replaced, or removed: a name also stands for its lookups.

        A value of None removes a parameter, too.
        """
        parameters = self.filter_params.copy()
        for name in remove or ():
            prefix = name if name.endswith(LOOKUP_SEP) else f"{name}{LOOKUP_SEP}"
            for key in list(parameters):
                if key == name or key.startswith(prefix):
                    del parameters[key]
        for key, value in (new_params or {}).items():
            if value is None:
                parameters.pop(key, None)
            else:
                parameters[key] = value
        return f"?{urlencode(sorted(parameters.items()), doseq=True)}"

    # Results

    def get_results(self, request: Any) -> None:
        """Fetch the page; IncorrectLookupParameters where there is none of that number."""
        paginator = self.model_admin.get_paginator(request, self.queryset, self.list_per_page)
        result_count = paginator.count
        full_result_count = None
        if self.model_admin.show_full_result_count:
            full_result_count = self.root_queryset.count()
        can_show_all = result_count <= self.list_max_show_all
        multi_page = result_count > self.list_per_page
        if (self.show_all and can_show_all) or not multi_page:
            result_list = self.queryset._clone()
        else:
            try:
                result_list = paginator.page(self.page_num).object_list
            except InvalidPage as error:
                raise IncorrectLookupParameters from error
        self.result_count = result_count
        self.show_full_result_count = self.model_admin.show_full_result_count
        self.show_admin_actions = not self.show_full_result_count or bool(full_result_count)
        self.full_result_count = full_result_count
        self.result_list = result_list
        self.can_show_all = can_show_all
        self.multi_page = multi_page
        self.paginator = paginator

    def get_queryset(self, request: Any, exclude_parameters: Any = None) -> Any:
        """What the filters and the search leave, in order; without the filter of ``exclude_parameters``."""
        (
            self.filter_specs,
            self.has_filters,
            remaining,
            filters_duplicate,
            self.has_active_filters,
        ) = self.get_filters(request)
        queryset = self.root_queryset
        for spec in self.filter_specs:
            if exclude_parameters is None or spec.expected_parameters() != exclude_parameters:
                filtered = spec.queryset(request, queryset)
                if filtered is not None:
                    queryset = filtered
        queryset = self._filter_by_url(queryset, remaining)
        queryset, search_duplicates = self.model_admin.get_search_results(request, queryset, self.query)
        self.clear_all_filters_qs = self.get_query_string(
            new_params=remaining, remove=self.get_filters_params()
        )
        if filters_duplicate or search_duplicates:
            queryset = queryset.distinct()
        queryset = queryset.order_by(*self.get_ordering(request, queryset))
        return queryset if queryset.query.select_related else self.apply_select_related(queryset)

    def _filter_by_url(self, queryset: Any, parameters: dict[str, Any]) -> Any:
        try:
            return queryset.filter(build_q_object_from_lookup_parameters(parameters))
        except (SuspiciousOperation, ImproperlyConfigured):
            raise
        except Exception as error:
            # A model's lookups may raise anything for a value that means nothing.
            raise IncorrectLookupParameters(error) from error

    def apply_select_related(self, qs: Any) -> Any:
        """Join the relations of ``list_select_related``; when it is False, those that the columns show."""
        if self.list_select_related is True:
            return qs.select_related()
        if self.list_select_related is False:
            names = self.get_select_related_fields()
        else:
            names = self.list_select_related
        return qs.select_related(*names) if names else qs

    def get_select_related_fields(self) -> list[str]:
        """The columns that show a related object."""
        names = []
        for name in self.list_display:
            try:
                field = self.lookup_opts.get_field(name)
            except (FieldDoesNotExist, TypeError):
                continue
            # The column of the key itself needs no join.
            if isinstance(field.remote_field, ManyToOneRel) and name != field.get_attname():
                names.append(name)
        return names

    def url_for_result(self, result: Any) -> str:
        """The URL of an object's page."""
        return reverse(
            f"admin:{self.opts.app_label}_{self.opts.model_name}_change",
            args=(quote(getattr(result, self.pk_attname)),),
            current_app=self.model_admin.admin_site.name,
        )

    # Order

    def _get_default_ordering(self) -> Any:
        return self.model_admin.ordering or self.lookup_opts.ordering or []

    def get_ordering_field(self, field_name: Any) -> Any:
        """What a column sorts by: a field's name, an expression, or None when it cannot sort."""
        try:
            return self.lookup_opts.get_field(field_name).name
        except (FieldDoesNotExist, TypeError):
            pass
        if callable(field_name):
            attr = field_name
        elif hasattr(self.model_admin, field_name):
            attr = getattr(self.model_admin, field_name)
        else:
            try:
                attr = getattr(self.model, field_name)
            except AttributeError:
                return field_name if LOOKUP_SEP in field_name else None
        if isinstance(attr, property) and hasattr(attr, "fget"):
            attr = attr.fget
        return getattr(attr, "admin_order_field", None)

    def _asked_columns(self) -> Iterable[tuple[str, int]]:
        """The columns of the URL, by priority: ``-`` for descending, and the number."""
        for part in self.params[ORDER_VAR].split("."):
            _none, sign, index = part.rpartition("-")
            try:
                number = int(index)
                self.list_display[number]
            except (IndexError, ValueError):
                continue
            yield sign, number

    def get_ordering(self, request: Any, queryset: Any) -> list[Any]:
        """The order: the URL's, or the ModelAdmin's or model's."""
        ordering: list[Any] = list(self.model_admin.get_ordering(request) or self._get_default_ordering())
        if ORDER_VAR in self.params:
            ordering = []
            for sign, index in self._asked_columns():
                order_field = self.get_ordering_field(self.list_display[index])
                if order_field:
                    ordering.append(_directed(order_field, descending=sign == "-"))
        ordering.extend(queryset.query.order_by)
        # Otherwise an object might be on two pages, and another on none.
        return ordering if queryset.order_by(*ordering).totally_ordered else [*ordering, "-pk"]

    def get_ordering_field_columns(self) -> dict[int, str]:
        """The columns that the list is sorted by: their numbers with "asc" or "desc", by priority."""
        if ORDER_VAR in self.params:
            return {index: "desc" if sign == "-" else "asc" for sign, index in self._asked_columns()}
        columns = {}
        for part in self._get_default_ordering():
            name = _name_of(part)
            if name is None:
                continue
            descending = part.descending if isinstance(part, OrderBy) else str(part).startswith("-")
            for index, attr in enumerate(self.list_display):
                if self.get_ordering_field(attr) == name:
                    columns[index] = "desc" if descending else "asc"
                    break
        return columns


def _name_of(part: Any) -> str | None:
    """The field that a part of an order names, None for other expressions."""
    if isinstance(part, str):
        return part.lstrip("+-")
    if isinstance(part, OrderBy):
        part = part.expression
    return part.name if isinstance(part, F) else None


def _directed(order_field: Any, descending: bool) -> Any:
    """An order in the direction that was asked for; a column that sorts descending by itself turns round."""
    if isinstance(order_field, str):
        if not descending:
            return order_field
        return order_field[1:] if order_field.startswith("-") else f"-{order_field}"
    if isinstance(order_field, OrderBy):
        if not descending:
            return order_field
        turned = order_field.copy()
        turned.reverse_ordering()
        return turned
    if isinstance(order_field, Combinable) or hasattr(order_field, "resolve_expression"):
        return order_field.desc() if descending else order_field.asc()
    return order_field
