"""Validation of unique values and constraints against the database (Model.validate_unique() and its kin)."""

from __future__ import annotations

from typing import Any

from offbeat.core.exceptions import NON_FIELD_ERRORS, ValidationError
from offbeat.db.models.states import known_state
from offbeat.utils.text import capfirst, get_text_list
from offbeat.utils.translation import gettext_lazy as _

__all__ = [
    "date_error_message",
    "field_expression_map",
    "get_unique_checks",
    "perform_date_checks",
    "perform_unique_checks",
    "unique_error_message",
    "validate_constraints",
]


def field_expression_map(instance: Any, meta: Any, exclude: Any = None) -> dict[str, Any]:
    """Return the values of the instance by field name, as expressions for conditions evaluated by the database."""
    from offbeat.db.models.expressions import DatabaseDefault, Value

    exclude = set(exclude or ())
    against: dict[str, Any] = {}
    generated = []
    for field in meta.local_concrete_fields:
        if field.name in exclude:
            continue
        if field.generated:
            if not any(name in exclude for name in _referenced_names(field.expression)):
                generated.append(field)
            continue
        value = getattr(instance, field.attname)
        if isinstance(value, DatabaseDefault):
            against[field.name] = field._db_default_expression
        elif hasattr(value, "resolve_expression"):
            against[field.name] = value
        else:
            against[field.name] = Value(value, field)
    # A relation over another field has that field's value.
    for field in meta.local_fields:
        if field.concrete or field.name in exclude or len(getattr(field, "from_fields", None) or ()) != 1:
            continue
        source = field.local_related_fields[0]
        if source is not field and source.name in against:
            against[field.name] = against[source.name]
    if "pk" not in exclude:
        pk = meta.pk
        if not meta.is_composite_pk and pk.name in against:
            against["pk"] = Value(instance.pk, pk)
    # A generated column is worked out from the values at hand.
    from offbeat.db.models.expressions import F

    replacements = {F(name): value for name, value in against.items()}
    for field in generated:
        against[field.name] = field.expression.replace_expressions(replacements)
    return against


def _referenced_names(expression: Any) -> set[str]:
    from offbeat.db.models.references import expression_references

    return {reference[0] for reference in expression_references(expression)}


def get_unique_checks(
    instance: Any, exclude: Any, include_meta_constraints: bool
) -> tuple[list[Any], list[Any]]:
    """Return the checks to perform: [(model class, field names)] and [(model class, kind, field, date field)]."""
    excluded = exclude or ()
    unique_checks: list[Any] = []
    date_checks: list[Any] = []
    classes = [instance.__class__, *instance._meta.all_parents]

    for model_class in classes:
        # A tuple with one excluded field cannot be judged.
        unique_checks.extend(
            (model_class, tuple(check))
            for check in model_class._meta.unique_together
            if not any(name in excluded for name in check)
        )
    if include_meta_constraints:
        for model_class in classes:
            unique_checks.extend(
                (model_class, constraint.fields)
                for constraint in model_class._meta.total_unique_constraints
                if not any(name in excluded for name in constraint.fields)
            )

    for model_class in classes:
        for field in model_class._meta.local_fields:
            name = field.name
            if name in excluded:
                continue
            if _is_composite(field) and any(part.name in excluded for part in field.fields):
                continue
            if field.unique:
                unique_checks.append((model_class, (name,)))
            for kind in ("date", "year", "month"):
                other = getattr(field, f"unique_for_{kind}")
                if other and other not in excluded:
                    date_checks.append((model_class, kind, name, other))
    return unique_checks, date_checks


def _is_composite(field: Any) -> bool:
    from offbeat.db.models.fields.composite import CompositePrimaryKey

    return isinstance(field, CompositePrimaryKey)


def perform_unique_checks(instance: Any, unique_checks: Any) -> dict[str, list[Any]]:
    """Look for other rows with the same values; return the errors by field."""
    from offbeat.db import connection
    from offbeat.db.models.expressions import DatabaseDefault

    errors: dict[str, list[Any]] = {}
    for model_class, unique_check in unique_checks:
        lookup_kwargs: dict[str, Any] = {}
        complete = True
        for field_name in unique_check:
            field = instance._meta.get_field(field_name)
            value = getattr(instance, field.attname)
            # NULLs differ from one another.
            if (
                value is None
                or (isinstance(value, tuple) and None in value)
                or (value == "" and connection.features.interprets_empty_strings_as_nulls)
            ):
                complete = False
                break
            if field.primary_key and not known_state(instance).adding:
                # The key of a saved row is its own.
                complete = False
                break
            if isinstance(value, DatabaseDefault):
                value = value.expression
            lookup_kwargs[str(field_name)] = value
        if not complete:
            continue

        queryset = model_class._default_manager.filter(**lookup_kwargs)
        key = instance._get_pk_val(model_class._meta)
        if not known_state(instance).adding and instance._is_pk_set(model_class._meta):
            queryset = queryset.exclude(pk=key)
        if queryset.exists():
            name = unique_check[0] if len(unique_check) == 1 else NON_FIELD_ERRORS
            errors.setdefault(name, []).append(instance.unique_error_message(model_class, unique_check))
    return errors


def perform_date_checks(instance: Any, date_checks: Any) -> dict[str, list[Any]]:
    """Look for other rows with the same value on the same day, month or year; return the errors by field."""
    errors: dict[str, list[Any]] = {}
    for model_class, lookup_type, field, unique_for in date_checks:
        date = getattr(instance, unique_for)
        if date is None:
            continue
        lookup_kwargs: dict[str, Any] = {}
        if lookup_type == "date":
            lookup_kwargs[f"{unique_for}__day"] = date.day
            lookup_kwargs[f"{unique_for}__month"] = date.month
            lookup_kwargs[f"{unique_for}__year"] = date.year
        else:
            lookup_kwargs[f"{unique_for}__{lookup_type}"] = getattr(date, lookup_type)
        lookup_kwargs[field] = getattr(instance, field)
        queryset = model_class._default_manager.filter(**lookup_kwargs)
        if not known_state(instance).adding and instance._is_pk_set():
            queryset = queryset.exclude(pk=instance.pk)
        if queryset.exists():
            errors.setdefault(field, []).append(instance.date_error_message(lookup_type, field, unique_for))
    return errors


def date_error_message(instance: Any, lookup_type: str, field_name: str, unique_for: str) -> ValidationError:
    """Return the error for a value that is not unique for a date."""
    opts = instance._meta
    field = opts.get_field(field_name)
    return ValidationError(
        message=field.error_messages["unique_for_date"],
        code="unique_for_date",
        params={
            "model": instance,
            "model_name": capfirst(opts.verbose_name),
            "lookup_type": lookup_type,
            "field": field_name,
            "field_label": capfirst(field.verbose_name),
            "date_field": unique_for,
            "date_field_label": capfirst(opts.get_field(unique_for).verbose_name),
        },
    )


def unique_error_message(instance: Any, model_class: Any, unique_check: Any) -> ValidationError:
    """Return the error for values that are taken: with the field's message, or with one for several fields."""
    opts = model_class._meta
    params: dict[str, Any] = {
        "model": instance,
        "model_class": model_class,
        "model_name": capfirst(opts.verbose_name),
        "unique_check": unique_check,
    }
    if len(unique_check) == 1:
        field = opts.get_field(unique_check[0])
        params["field_label"] = capfirst(field.verbose_name)
        return ValidationError(message=field.error_messages["unique"], code="unique", params=params)
    labels = [capfirst(opts.get_field(name).verbose_name) for name in unique_check]
    params["field_labels"] = get_text_list(labels, _("and"))
    return ValidationError(
        message=_("%(model_name)s with this %(field_labels)s already exists."),
        code="unique_together",
        params=params,
    )


def validate_constraints(instance: Any, exclude: Any) -> None:
    """Check the constraints of the model and its parents; ValidationError when one is violated."""
    from offbeat.db import router

    using = router.db_for_write(instance.__class__, instance=instance)
    errors: dict[str, Any] = {}
    for model_class, constraints in instance.get_constraints():
        for constraint in constraints:
            try:
                constraint.validate(model_class, instance, exclude=exclude, using=using)
            except ValidationError as error:
                # A taken value of one field is told at that field, as for unique=True.
                if getattr(error, "code", None) == "unique" and len(getattr(constraint, "fields", ())) == 1:
                    errors.setdefault(constraint.fields[0], []).append(error)
                else:
                    errors = error.update_error_dict(errors)
    if errors:
        raise ValidationError(errors)
