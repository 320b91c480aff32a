"""Filters of lists (Django documentation: ref/contrib/admin/filters)."""

from __future__ import annotations

import datetime
from collections.abc import Callable, Iterator
from typing import Any

from offbeat.contrib.admin.exceptions import IncorrectLookupParameters
from offbeat.contrib.admin.utils import (
    build_q_object_from_lookup_parameters,
    get_last_value_from_parameters,
    get_model_from_relation,
    prepare_lookup_value,
    reverse_field_path,
)
from offbeat.core.exceptions import ImproperlyConfigured, ValidationError
from offbeat.db import models
from offbeat.utils import timezone
from offbeat.utils.translation import gettext_lazy as _

__all__ = [
    "AllValuesFieldListFilter",
    "BooleanFieldListFilter",
    "ChoicesFieldListFilter",
    "DateFieldListFilter",
    "EmptyFieldListFilter",
    "FacetsMixin",
    "FieldListFilter",
    "ListFilter",
    "RelatedFieldListFilter",
    "RelatedOnlyFieldListFilter",
    "SimpleListFilter",
]


class ListFilter:
    """Base of filters.

    ``params``: the URL's parameters with lists of values; a filter takes its own out of it.
    """

    title: Any = None
    template = "admin/filter.html"

    def __init__(self, request: Any, params: dict[str, Any], model: Any, model_admin: Any) -> None:
        self.request = request
        self.used_parameters: dict[str, Any] = {}
        if self.title is None:
            raise ImproperlyConfigured(f"The list filter {type(self).__name__!r} does not specify a 'title'.")

    def has_output(self) -> bool:
        """Whether there is anything to choose."""
        raise NotImplementedError("subclasses of ListFilter must provide a has_output() method")

    def choices(self, changelist: Any) -> Any:
        """The choices: dicts with ``selected``, ``query_string`` and ``display``."""
        raise NotImplementedError("subclasses of ListFilter must provide a choices() method")

    def queryset(self, request: Any, queryset: Any) -> Any:
        """The filtered objects, None to leave them as they are."""
        raise NotImplementedError("subclasses of ListFilter must provide a queryset() method")

    def expected_parameters(self) -> list[Any]:
        """The names of its parameters."""
        raise NotImplementedError("subclasses of ListFilter must provide an expected_parameters() method")


class FacetsMixin:
    """Counts the objects that each choice would leave."""

    request: Any

    def get_facet_counts(self, pk_attname: str, filtered_qs: Any) -> dict[str, Any]:
        """The counts as aggregates, named ``0__c``, ``1__c``, … in the order of the choices."""
        raise NotImplementedError("subclasses of FacetsMixin must provide a get_facet_counts() method.")

    def get_facet_queryset(self, changelist: Any) -> dict[str, int]:
        """The counts among what the other filters leave."""
        filtered = changelist.get_queryset(self.request, self.expected_parameters())  # type: ignore[attr-defined]
        return filtered.aggregate(  # type: ignore[no-any-return]
            **self.get_facet_counts(changelist.pk_attname, filtered)
        )


def _with_count(text: Any, counts: dict[str, int] | None, index: Any) -> Any:
    """A choice's text, with its count if there are any."""
    if counts is None:
        return text
    count = counts.get(f"{index}__c", -1)
    return f"{text} ({count})" if count != -1 else f"{text} (-)"


class SimpleListFilter(FacetsMixin, ListFilter):
    """A filter with choices of one's own.

    Subclasses have ``title``, ``parameter_name``, ``lookups()`` and ``queryset()``.
    """

    parameter_name: Any = None

    def __init__(self, request: Any, params: dict[str, Any], model: Any, model_admin: Any) -> None:
        super().__init__(request, params, model, model_admin)
        if self.parameter_name is None:
            raise ImproperlyConfigured(
                f"The list filter {type(self).__name__!r} does not specify a 'parameter_name'."
            )
        if self.parameter_name in params:
            value = params.pop(self.parameter_name)
            self.used_parameters[self.parameter_name] = value[-1]
        self.lookup_choices = list(self.lookups(request, model_admin) or ())

    def has_output(self) -> bool:
        return len(self.lookup_choices) > 0

    def value(self) -> Any:
        """The value of the parameter, None without one."""
        return self.used_parameters.get(self.parameter_name)

    def lookups(self, request: Any, model_admin: Any) -> Any:
        """The choices as ``(value, text)``, None for none."""
        raise NotImplementedError(
            "The SimpleListFilter.lookups() method must be overridden to return a list of tuples (value, verbose "
            "value)."
        )

    def expected_parameters(self) -> list[Any]:
        return [self.parameter_name]

    def get_facet_counts(self, pk_attname: str, filtered_qs: Any) -> dict[str, Any]:
        before = self.used_parameters.get(self.parameter_name)
        counts = {}
        for i, (value, _text) in enumerate(self.lookup_choices):
            self.used_parameters[self.parameter_name] = value
            chosen = self.queryset(self.request, filtered_qs)
            if chosen is not None:
                counts[f"{i}__c"] = models.Count(pk_attname, filter=models.Q(pk__in=chosen))
        self.used_parameters[self.parameter_name] = before
        return counts

    def choices(self, changelist: Any) -> Iterator[dict[str, Any]]:
        counts = self.get_facet_queryset(changelist) if changelist.add_facets else None
        yield {
            "selected": self.value() is None,
            "query_string": changelist.get_query_string(remove=[self.parameter_name]),
            "display": _("All"),
        }
        for i, (value, text) in enumerate(self.lookup_choices):
            yield {
                "selected": self.value() == str(value),
                "query_string": changelist.get_query_string({self.parameter_name: value}),
                "display": _with_count(text, counts, i),
            }


class FieldListFilter(FacetsMixin, ListFilter):
    """Base of filters by a field.

    ``field_path``: where the field is, from the model. Classes are registered for kinds of fields.
    """

    _field_list_filters: list[tuple[Callable[[Any], Any], Any]] = []
    _take_priority_index = 0
    list_separator = ","

    def __init__(
        self,
        field: Any,
        request: Any,
        params: dict[str, Any],
        model: Any,
        model_admin: Any,
        field_path: str,
    ) -> None:
        self.field = field
        self.field_path = field_path
        self.title = getattr(field, "verbose_name", field_path)
        super().__init__(request, params, model, model_admin)
        for name in self.expected_parameters():
            if name in params:
                value = params.pop(name)
                self.used_parameters[name] = prepare_lookup_value(name, value, self.list_separator)

    def has_output(self) -> bool:
        return True

    def queryset(self, request: Any, queryset: Any) -> Any:
        try:
            return queryset.filter(build_q_object_from_lookup_parameters(self.used_parameters))
        except (ValueError, ValidationError) as error:
            # The values cannot be those of the field.
            raise IncorrectLookupParameters(error) from error

    @classmethod
    def register(
        cls, test: Callable[[Any], Any], list_filter_class: Any, take_priority: bool = False
    ) -> None:
        """Use a class for the fields that pass a test; with ``take_priority`` before the built-in ones."""
        if take_priority:
            cls._field_list_filters.insert(cls._take_priority_index, (test, list_filter_class))
            FieldListFilter._take_priority_index += 1
        else:
            cls._field_list_filters.append((test, list_filter_class))

    @classmethod
    def create(
        cls,
        field: Any,
        request: Any,
        params: dict[str, Any],
        model: Any,
        model_admin: Any,
        field_path: str,
    ) -> Any:
        """The filter of a field, None where no class is registered for it."""
        for test, list_filter_class in cls._field_list_filters:
            if test(field):
                return list_filter_class(field, request, params, model, model_admin, field_path=field_path)
        return None

    def _choice(self, changelist: Any, selected: bool, display: Any, **parameters: Any) -> dict[str, Any]:
        """A choice that replaces all parameters of the filter by the given ones."""
        removed = [name for name in self.expected_parameters() if name not in parameters]
        return {
            "selected": selected,
            "query_string": changelist.get_query_string(parameters, removed),
            "display": display,
        }

    def _counts(self, changelist: Any) -> dict[str, int] | None:
        return self.get_facet_queryset(changelist) if changelist.add_facets else None


class RelatedFieldListFilter(FieldListFilter):
    """A filter by a related object."""

    def __init__(
        self,
        field: Any,
        request: Any,
        params: dict[str, Any],
        model: Any,
        model_admin: Any,
        field_path: str,
    ) -> None:
        other_model = get_model_from_relation(field)
        self.lookup_kwarg = f"{field_path}__{field.target_field.name}__exact"
        self.lookup_kwarg_isnull = f"{field_path}__isnull"
        self.lookup_val = params.get(self.lookup_kwarg)
        self.lookup_val_isnull = get_last_value_from_parameters(params, self.lookup_kwarg_isnull)
        super().__init__(field, request, params, model, model_admin, field_path)
        self.lookup_choices = self.field_choices(field, request, model_admin)
        self.lookup_title = getattr(field, "verbose_name", None) or other_model._meta.verbose_name
        self.title = self.lookup_title
        self.empty_value_display = model_admin.get_empty_value_display()

    @property
    def include_empty_choice(self) -> bool:
        """Whether objects may have no related one."""
        return bool(self.field.null or (self.field.is_relation and self.field.many_to_many))

    def has_output(self) -> bool:
        return len(self.lookup_choices) + self.include_empty_choice > 1

    def expected_parameters(self) -> list[Any]:
        return [self.lookup_kwarg, self.lookup_kwarg_isnull]

    def field_admin_ordering(self, field: Any, request: Any, model_admin: Any) -> Any:
        """The order of the related objects: that of their ModelAdmin."""
        related = field.remote_field.model
        if model_admin.admin_site.is_registered(related):
            return model_admin.admin_site.get_model_admin(related).get_ordering(request)
        return ()

    def field_choices(self, field: Any, request: Any, model_admin: Any) -> Any:
        """The related objects as ``(key, text)``."""
        ordering = self.field_admin_ordering(field, request, model_admin)
        return field.get_choices(include_blank=False, ordering=ordering)

    def get_facet_counts(self, pk_attname: str, filtered_qs: Any) -> dict[str, Any]:
        counts = {
            f"{i}__c": models.Count(pk_attname, filter=models.Q(**{self.lookup_kwarg: key}))
            for i, (key, _text) in enumerate(self.lookup_choices)
        }
        if self.include_empty_choice:
            counts["null__c"] = models.Count(pk_attname, filter=models.Q((self.lookup_kwarg_isnull, True)))
        return counts

    def choices(self, changelist: Any) -> Iterator[dict[str, Any]]:
        counts = self._counts(changelist)
        none_chosen = self.lookup_val is None and not self.lookup_val_isnull
        yield self._choice(changelist, none_chosen, _("All"))
        for i, (key, text) in enumerate(self.lookup_choices):
            selected = self.lookup_val is not None and str(key) in self.lookup_val
            yield self._choice(changelist, selected, _with_count(text, counts, i), **{self.lookup_kwarg: key})
        if self.include_empty_choice:
            text = _with_count(self.empty_value_display, counts, "null")
            yield self._choice(
                changelist, bool(self.lookup_val_isnull), text, **{self.lookup_kwarg_isnull: "True"}
            )


FieldListFilter.register(lambda field: field.remote_field, RelatedFieldListFilter)


class BooleanFieldListFilter(FieldListFilter):
    """A filter by yes and no."""

    def __init__(
        self,
        field: Any,
        request: Any,
        params: dict[str, Any],
        model: Any,
        model_admin: Any,
        field_path: str,
    ) -> None:
        self.lookup_kwarg = f"{field_path}__exact"
        self.lookup_kwarg2 = f"{field_path}__isnull"
        self.lookup_val = get_last_value_from_parameters(params, self.lookup_kwarg)
        self.lookup_val2 = get_last_value_from_parameters(params, self.lookup_kwarg2)
        super().__init__(field, request, params, model, model_admin, field_path)
        if (
            self.used_parameters
            and self.lookup_kwarg in self.used_parameters
            and self.used_parameters[self.lookup_kwarg] in ("1", "0")
        ):
            self.used_parameters[self.lookup_kwarg] = bool(int(self.used_parameters[self.lookup_kwarg]))

    def expected_parameters(self) -> list[Any]:
        return [self.lookup_kwarg, self.lookup_kwarg2]

    def get_facet_counts(self, pk_attname: str, filtered_qs: Any) -> dict[str, Any]:
        return {
            "true__c": models.Count(pk_attname, filter=models.Q((self.field_path, True))),
            "false__c": models.Count(pk_attname, filter=models.Q((self.field_path, False))),
            "null__c": models.Count(pk_attname, filter=models.Q((self.lookup_kwarg2, True))),
        }

    def choices(self, changelist: Any) -> Iterator[dict[str, Any]]:
        texts = dict(self.field.flatchoices)
        counts = self._counts(changelist)
        yield self._choice(changelist, self.lookup_val is None and not self.lookup_val2, _("All"))
        for value, text, count in (
            ("1", texts.get(True, _("Yes")), "true"),
            ("0", texts.get(False, _("No")), "false"),
        ):
            selected = self.lookup_val == value and not self.lookup_val2
            yield self._choice(
                changelist, selected, _with_count(text, counts, count), **{self.lookup_kwarg: value}
            )
        if self.field.null:
            text = _with_count(texts.get(None, _("Unknown")), counts, "null")
            yield self._choice(changelist, self.lookup_val2 == "True", text, **{self.lookup_kwarg2: "True"})


FieldListFilter.register(lambda field: isinstance(field, models.BooleanField), BooleanFieldListFilter)


class ChoicesFieldListFilter(FieldListFilter):
    """A filter by the field's choices."""

    def __init__(
        self,
        field: Any,
        request: Any,
        params: dict[str, Any],
        model: Any,
        model_admin: Any,
        field_path: str,
    ) -> None:
        self.lookup_kwarg = f"{field_path}__exact"
        self.lookup_kwarg_isnull = f"{field_path}__isnull"
        self.lookup_val = params.get(self.lookup_kwarg)
        self.lookup_val_isnull = get_last_value_from_parameters(params, self.lookup_kwarg_isnull)
        super().__init__(field, request, params, model, model_admin, field_path)

    def expected_parameters(self) -> list[Any]:
        return [self.lookup_kwarg, self.lookup_kwarg_isnull]

    def get_facet_counts(self, pk_attname: str, filtered_qs: Any) -> dict[str, Any]:
        return {
            f"{i}__c": models.Count(
                pk_attname,
                filter=models.Q(
                    (self.lookup_kwarg, value) if value is not None else (self.lookup_kwarg_isnull, True)
                ),
            )
            for i, (value, _text) in enumerate(self.field.flatchoices)
        }

    def choices(self, changelist: Any) -> Iterator[dict[str, Any]]:
        counts = self._counts(changelist)
        yield self._choice(changelist, self.lookup_val is None, _("All"))
        none = None
        for i, (value, text) in enumerate(self.field.flatchoices):
            shown = _with_count(text, counts, i)
            if value is None:
                none = shown
                continue
            selected = self.lookup_val is not None and str(value) in self.lookup_val
            yield self._choice(changelist, selected, shown, **{self.lookup_kwarg: value})
        if none:
            yield self._choice(
                changelist, bool(self.lookup_val_isnull), none, **{self.lookup_kwarg_isnull: "True"}
            )


FieldListFilter.register(lambda field: bool(getattr(field, "choices", None)), ChoicesFieldListFilter)


class DateFieldListFilter(FieldListFilter):
    """A filter by today, the past days, the month and the year."""

    def __init__(
        self,
        field: Any,
        request: Any,
        params: dict[str, Any],
        model: Any,
        model_admin: Any,
        field_path: str,
    ) -> None:
        self.field_generic = f"{field_path}__"
        self.date_params = {
            name: values[-1] for name, values in params.items() if name.startswith(self.field_generic)
        }
        self.lookup_kwarg_since = f"{field_path}__gte"
        self.lookup_kwarg_until = f"{field_path}__lt"
        self.lookup_kwarg_isnull = f"{field_path}__isnull"
        self.links: tuple[tuple[Any, dict[str, Any]], ...] = (
            (_("Any date"), {}),
            *((text, self._span(since, until)) for text, since, until in _spans(field)),
        )
        if field.null:
            self.links += (
                (_("No date"), {self.lookup_kwarg_isnull: "True"}),
                (_("Has date"), {self.lookup_kwarg_isnull: "False"}),
            )
        super().__init__(field, request, params, model, model_admin, field_path)

    def _span(self, since: Any, until: Any) -> dict[str, Any]:
        return {self.lookup_kwarg_since: since, self.lookup_kwarg_until: until}

    def expected_parameters(self) -> list[Any]:
        names = [self.lookup_kwarg_since, self.lookup_kwarg_until]
        return [*names, self.lookup_kwarg_isnull] if self.field.null else names

    def get_facet_counts(self, pk_attname: str, filtered_qs: Any) -> dict[str, Any]:
        counts = {}
        for i, (_text, parameters) in enumerate(self.links):
            lookups = {
                name: value == "True" if name == self.lookup_kwarg_isnull else value
                for name, value in parameters.items()
            }
            counts[f"{i}__c"] = models.Count(pk_attname, filter=models.Q(**lookups) if lookups else None)
        return counts

    def choices(self, changelist: Any) -> Iterator[dict[str, Any]]:
        counts = self._counts(changelist)
        for i, (text, parameters) in enumerate(self.links):
            chosen = {name: str(value) for name, value in parameters.items()}
            yield {
                "selected": self.date_params == chosen,
                "query_string": changelist.get_query_string(chosen, [self.field_generic]),
                "display": _with_count(text, counts, i),
            }


def _spans(field: Any) -> Iterator[tuple[Any, Any, Any]]:
    """The spans of time: text, from, until (excluded)."""
    now = timezone.now()
    # Days begin at midnight of the current time zone.
    if timezone.is_aware(now):
        now = timezone.localtime(now)
    today: Any = now.replace(hour=0, minute=0, second=0, microsecond=0)
    if not isinstance(field, models.DateTimeField):
        today = now.date()
    tomorrow = today + datetime.timedelta(days=1)
    month = today.replace(day=1)
    next_month = (
        month.replace(year=today.year + 1, month=1)
        if today.month == 12
        else month.replace(month=today.month + 1)
    )
    yield _("Today"), today, tomorrow
    yield _("Past 7 days"), today - datetime.timedelta(days=7), tomorrow
    yield _("This month"), month, next_month
    year = month.replace(month=1)
    yield _("This year"), year, year.replace(year=today.year + 1)


FieldListFilter.register(lambda field: isinstance(field, models.DateField), DateFieldListFilter)


class AllValuesFieldListFilter(FieldListFilter):
    """A filter by the values that there are."""

    def __init__(
        self,
        field: Any,
        request: Any,
        params: dict[str, Any],
        model: Any,
        model_admin: Any,
        field_path: str,
    ) -> None:
        self.lookup_kwarg = field_path
        self.lookup_kwarg_isnull = f"{field_path}__isnull"
        self.lookup_val = params.get(self.lookup_kwarg)
        self.lookup_val_isnull = get_last_value_from_parameters(params, self.lookup_kwarg_isnull)
        self.empty_value_display = model_admin.get_empty_value_display()
        owner, _back = reverse_field_path(model, field_path)
        # Of the list's own model, only values of what the user can see.
        queryset = model_admin.get_queryset(request) if owner == model else owner._default_manager.all()
        self.lookup_choices = queryset.distinct().order_by(field.name).values_list(field.name, flat=True)
        super().__init__(field, request, params, model, model_admin, field_path)

    def expected_parameters(self) -> list[Any]:
        return [self.lookup_kwarg, self.lookup_kwarg_isnull]

    def get_facet_counts(self, pk_attname: str, filtered_qs: Any) -> dict[str, Any]:
        return {
            f"{i}__c": models.Count(
                pk_attname,
                filter=models.Q(
                    (self.lookup_kwarg, value) if value is not None else (self.lookup_kwarg_isnull, True)
                ),
            )
            for i, value in enumerate(self.lookup_choices)
        }

    def choices(self, changelist: Any) -> Iterator[dict[str, Any]]:
        counts = self._counts(changelist)
        none_chosen = self.lookup_val is None and self.lookup_val_isnull is None
        yield self._choice(changelist, none_chosen, _("All"))
        empty: Any = None
        for i, value in enumerate(self.lookup_choices):
            if value is None:
                empty = _with_count(self.empty_value_display, counts, i)
                continue
            value = str(value)
            selected = self.lookup_val is not None and value in self.lookup_val
            yield self._choice(
                changelist, selected, _with_count(value, counts, i), **{self.lookup_kwarg: value}
            )
        if empty is not None:
            yield self._choice(
                changelist, bool(self.lookup_val_isnull), empty, **{self.lookup_kwarg_isnull: "True"}
            )


FieldListFilter.register(lambda field: True, AllValuesFieldListFilter)


class RelatedOnlyFieldListFilter(RelatedFieldListFilter):
    """A filter by the related objects that there are."""

    def field_choices(self, field: Any, request: Any, model_admin: Any) -> Any:
        related = (
            model_admin.get_queryset(request).distinct().values_list(f"{self.field_path}__pk", flat=True)
        )
        ordering = self.field_admin_ordering(field, request, model_admin)
        return field.get_choices(include_blank=False, limit_choices_to={"pk__in": related}, ordering=ordering)


class EmptyFieldListFilter(FieldListFilter):
    """A filter by whether there is a value."""

    def __init__(
        self,
        field: Any,
        request: Any,
        params: dict[str, Any],
        model: Any,
        model_admin: Any,
        field_path: str,
    ) -> None:
        if not field.empty_strings_allowed and not field.null:
            raise ImproperlyConfigured(
                f"The list filter '{type(self).__name__}' cannot be used with field '{field.name}' which doesn't allow "
                "empty strings and nulls."
            )
        self.lookup_kwarg = f"{field_path}__isempty"
        self.lookup_val = get_last_value_from_parameters(params, self.lookup_kwarg)
        super().__init__(field, request, params, model, model_admin, field_path)

    def get_lookup_condition(self) -> Any:
        """What the empty ones fulfil."""
        condition = models.Q()
        if self.field.empty_strings_allowed:
            condition |= models.Q((self.field_path, ""))
        if self.field.null:
            condition |= models.Q((f"{self.field_path}__isnull", True))
        return condition

    def queryset(self, request: Any, queryset: Any) -> Any:
        if self.lookup_kwarg not in self.used_parameters:
            return queryset
        if self.lookup_val not in ("0", "1"):
            raise IncorrectLookupParameters
        if self.lookup_val == "1":
            return queryset.filter(self.get_lookup_condition())
        return queryset.exclude(self.get_lookup_condition())

    def expected_parameters(self) -> list[Any]:
        return [self.lookup_kwarg]

    def get_facet_counts(self, pk_attname: str, filtered_qs: Any) -> dict[str, Any]:
        condition = self.get_lookup_condition()
        return {
            "empty__c": models.Count(pk_attname, filter=condition),
            "not_empty__c": models.Count(pk_attname, filter=~condition),
        }

    def choices(self, changelist: Any) -> Iterator[dict[str, Any]]:
        counts = self._counts(changelist)
        yield self._choice(changelist, self.lookup_val is None, _("All"))
        for value, text, count in (("1", _("Empty"), "empty"), ("0", _("Not empty"), "not_empty")):
            yield self._choice(
                changelist,
                self.lookup_val == value,
                _with_count(text, counts, count),
                **{self.lookup_kwarg: value},
            )
