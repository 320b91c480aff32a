"""annotate(), aggregate() and the methods built on them."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import chain
from typing import Any

from offbeat.db.models.query_utils import FilteredRelation

__all__ = [
    "add_annotations",
    "check_are_expressions",
    "dates",
    "datetimes",
    "name_expressions",
    "named_aggregates",
]


def check_are_expressions(values: Iterable[Any], method: str) -> None:
    """Raise TypeError, naming them, for values that are no expressions."""
    wrong = [str(value) for value in values if not hasattr(value, "resolve_expression")]
    if wrong:
        raise TypeError(f"QuerySet.{method}() received non-expression(s): {', '.join(wrong)}.")


def add_annotations(clone: Any, args: tuple[Any, ...], kwargs: dict[str, Any], select: bool) -> None:
    """Put annotations into the query of `clone`."""
    check_are_expressions((*args, *kwargs.values()), "annotate")
    annotations = _named(args, kwargs)
    query = clone.query
    taken = clone._fields
    if taken is None:
        taken = _field_names(clone.model)
    for alias, annotation in annotations.items():
        if alias in taken:
            raise ValueError(f"The annotation '{alias}' conflicts with a field on the model.")
        if isinstance(annotation, FilteredRelation):
            query.add_filtered_relation(annotation, alias)
        else:
            query.add_annotation(annotation, alias, select=select)
    for alias, annotation in query.annotations.items():
        if alias in annotations and annotation.contains_aggregate:
            if clone._fields is None:
                query.group_by = True
            else:
                query.set_group_by()
            break


def _named(args: tuple[Any, ...], kwargs: dict[str, Any]) -> dict[str, Any]:
    annotations: dict[str, Any] = {}
    for arg in args:
        try:
            alias = arg.default_alias
        except (AttributeError, TypeError):
            raise TypeError("Complex annotations require an alias") from None
        if alias in kwargs:
            raise ValueError(
                f"The named annotation '{alias}' conflicts with the default name for another annotation."
            )
        annotations[alias] = arg
    annotations.update(kwargs)
    return annotations


def _field_names(model: Any) -> set[str]:
    fields = model._meta.get_fields()
    return set(
        chain.from_iterable((f.name, f.attname) if hasattr(f, "attname") else (f.name,) for f in fields)
    )


def named_aggregates(args: tuple[Any, ...], kwargs: dict[str, Any]) -> dict[str, Any]:
    """The arguments of aggregate() by name; TypeError for a nameless complex one."""
    check_are_expressions((*args, *kwargs.values()), "aggregate")
    named = dict(kwargs)
    for arg in args:
        try:
            alias = arg.default_alias
        except (AttributeError, TypeError):
            raise TypeError("Complex aggregates require an alias") from None
        named[alias] = arg
    return named


def name_expressions(fields: tuple[Any, ...]) -> tuple[list[str], dict[str, Any]]:
    """Names for the expressions among the arguments of values_list(), and for fields named twice."""
    from offbeat.db.models.expressions import F

    taken = {field for field in fields if not hasattr(field, "resolve_expression")}
    names: list[str] = []
    expressions: dict[str, Any] = {}
    counter = 1
    for field in fields:
        if hasattr(field, "resolve_expression"):
            prefix = getattr(field, "default_alias", None) or field.__class__.__name__.lower()
            expression = field
        elif field not in names:
            names.append(field)
            continue
        else:
            prefix, expression = field, F(field)
        while (name := f"{prefix}{counter}") in taken:
            counter += 1
        counter += 1
        expressions[name] = expression
        names.append(name)
    return names, expressions


def dates(queryset: Any, field_name: str, kind: str, order: str) -> Any:
    """See QuerySet.dates()."""
    from offbeat.db.models.expressions import F
    from offbeat.db.models.fields import DateField
    from offbeat.db.models.functions import Trunc

    if kind not in ("year", "month", "week", "day"):
        raise ValueError("'kind' must be one of 'year', 'month', 'week', or 'day'.")
    if order not in ("ASC", "DESC"):
        raise ValueError("'order' must be either 'ASC' or 'DESC'.")
    truncated = Trunc(field_name, kind, output_field=DateField())
    annotated = queryset.annotate(datefield=truncated, plain_field=F(field_name))
    return _distinct_values(annotated, "datefield", order)


def datetimes(queryset: Any, field_name: str, kind: str, order: str, tzinfo: Any) -> Any:
    """See QuerySet.datetimes()."""
    from offbeat.conf import settings
    from offbeat.db.models.expressions import F
    from offbeat.db.models.fields import DateTimeField
    from offbeat.db.models.functions import Trunc
    from offbeat.utils import timezone

    if kind not in ("year", "month", "week", "day", "hour", "minute", "second"):
        raise ValueError(
            "'kind' must be one of 'year', 'month', 'week', 'day', 'hour', 'minute', or 'second'."
        )
    if order not in ("ASC", "DESC"):
        raise ValueError("'order' must be either 'ASC' or 'DESC'.")
    if not settings.USE_TZ:
        tzinfo = None
    elif tzinfo is None:
        tzinfo = timezone.get_current_timezone()
    truncated = Trunc(field_name, kind, output_field=DateTimeField(), tzinfo=tzinfo)
    annotated = queryset.annotate(datetimefield=truncated, plain_field=F(field_name))
    return _distinct_values(annotated, "datetimefield", order)


def _distinct_values(annotated: Any, name: str, order: str) -> Any:
    values = annotated.values_list(name, flat=True).distinct().filter(plain_field__isnull=False)
    return values.order_by(("-" if order == "DESC" else "") + name)
