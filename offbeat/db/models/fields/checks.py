"""System checks that every field runs (Django documentation: ref/checks#fields)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from offbeat.core import checks
from offbeat.db.models.constants import LOOKUP_SEP


def check_field_name(field: Any) -> list[Any]:
    """fields.E001, E002, E003: names that queries could not spell."""
    name = field.name
    if name is None:
        return []
    if name.endswith("_"):
        return [checks.Error("Field names must not end with an underscore.", obj=field, id="fields.E001")]
    if LOOKUP_SEP in name:
        return [checks.Error(f'Field names must not contain "{LOOKUP_SEP}".', obj=field, id="fields.E002")]
    if name == "pk":
        return [
            checks.Error(
                "'pk' is a reserved word that cannot be used as a field name.", obj=field, id="fields.E003"
            )
        ]
    return []


def check_choices(field: Any) -> list[Any]:
    """fields.E004, E005, E009: choices that are none, or do not fit into max_length."""
    if not field.choices:
        return []
    if not isinstance(field.choices, Iterable) or isinstance(field.choices, str | set | frozenset):
        return [
            checks.Error(
                "'choices' must be a mapping (e.g. a dictionary) or an ordered iterable (e.g. a list or tuple, "
                "but not a set).",
                obj=field,
                id="fields.E004",
            )
        ]

    is_value = field._choices_is_value
    longest = 0
    found = False
    for group in field.choices:
        if isinstance(group, str):
            return [_not_pairs(field)]
        try:
            group_name, group_choices = group
        except (TypeError, ValueError):
            # Contains what is neither a pair nor a group.
            return [_not_pairs(field)]
        try:
            if not all(is_value(value) and is_value(label) for value, label in group_choices):
                return [_not_pairs(field)]
            pairs: Any = group_choices
        except (TypeError, ValueError):
            # Not a group: then it is a plain pair.
            if not is_value(group_name) or not is_value(group_choices):
                return [_not_pairs(field)]
            pairs = [(group_name, group_choices)]
        found = True
        for value, _label in pairs:
            if isinstance(value, str):
                longest = max(longest, len(value))

    if not found:
        return [_not_pairs(field)]
    if field.max_length is not None and longest > field.max_length:
        return [
            checks.Error(
                f"'max_length' is too small to fit the longest value in 'choices' ({longest} characters).",
                obj=field,
                id="fields.E009",
            )
        ]
    return []


def _not_pairs(field: Any) -> Any:
    return checks.Error(
        "'choices' must be a mapping of actual values to human readable names or an iterable containing "
        "(actual value, human readable name) tuples.",
        obj=field,
        id="fields.E005",
    )


def check_db_default(field: Any, databases: Any) -> list[Any]:
    """fields.E011, E012: database defaults that a database cannot evaluate."""
    if not field.has_db_default():
        return []
    from offbeat.db import connections
    from offbeat.db.models.expressions import Value

    if isinstance(field._db_default_expression, Value) or not field.db_default or not databases:
        return []
    errors = []
    for alias in databases:
        connection = connections[alias]
        if not getattr(field._db_default_expression, "allowed_default", False) and (
            connection.features.supports_expression_defaults
        ):
            errors.append(
                checks.Error(f"{field.db_default} cannot be used in db_default.", obj=field, id="fields.E012")
            )
        if not (
            connection.features.supports_expression_defaults
            or "supports_expression_defaults" in field.model._meta.required_db_features
        ):
            errors.append(
                checks.Error(
                    f"{connection.display_name} does not support default database values with expressions "
                    "(db_default).",
                    obj=field,
                    id="fields.E011",
                )
            )
    return errors


def check_db_index(field: Any) -> list[Any]:
    """fields.E006: db_index that is no truth value."""
    if field.db_index not in (None, True, False):
        return [checks.Error("'db_index' must be None, True or False.", obj=field, id="fields.E006")]
    return []


def check_db_comment(field: Any, databases: Any) -> list[Any]:
    """fields.W163: comments where the database stores none."""
    if not field.db_comment or not databases:
        return []
    from offbeat.db import connections, router

    errors = []
    for alias in databases:
        if not router.allow_migrate_model(alias, field.model):
            continue
        connection = connections[alias]
        if not (
            connection.features.supports_comments
            or "supports_comments" in field.model._meta.required_db_features
        ):
            errors.append(
                checks.Warning(
                    f"{connection.display_name} does not support comments on columns (db_comment).",
                    obj=field,
                    id="fields.W163",
                )
            )
    return errors


def check_null_allowed_for_primary_keys(field: Any) -> list[Any]:
    """fields.E007: nullable primary keys."""
    from offbeat.db import connection

    if field.primary_key and field.null and not connection.features.interprets_empty_strings_as_nulls:
        # Where empty strings are NULL, an empty key is as good as none.
        return [
            checks.Error(
                "Primary keys must not have null=True.",
                hint="Set null=False on the field, or remove primary_key=True argument.",
                obj=field,
                id="fields.E007",
            )
        ]
    return []


def check_backend_specific(field: Any, databases: Any, **kwargs: Any) -> list[Any]:
    """What the databases themselves have to say about the field."""
    if databases is None:
        return []
    from offbeat.db import connections, router

    errors: list[Any] = []
    for alias in databases:
        if router.allow_migrate_model(alias, field.model):
            errors.extend(connections[alias].validation.check_field(field, **kwargs))
    return errors


def check_validators(field: Any) -> list[Any]:
    """fields.E008: validators that cannot be called."""
    return [
        checks.Error(
            "All 'validators' must be callable.",
            hint=(f"validators[{i}] ({validator!r}) isn't a function or instance of a validator class."),
            obj=field,
            id="fields.E008",
        )
        for i, validator in enumerate(field.validators)
        if not callable(validator)
    ]


def check_deprecation_details(field: Any) -> list[Any]:
    """fields.E900, W900: field classes that are gone or going."""
    removed, deprecated = field.system_check_removed_details, field.system_check_deprecated_details
    kind = field.__class__.__name__
    if removed is not None:
        return [
            checks.Error(
                removed.get("msg", f"{kind} has been removed except for support in historical migrations."),
                hint=removed.get("hint"),
                obj=field,
                id=removed.get("id", "fields.EXXX"),
            )
        ]
    if deprecated is not None:
        return [
            checks.Warning(
                deprecated.get("msg", f"{kind} has been deprecated."),
                hint=deprecated.get("hint"),
                obj=field,
                id=deprecated.get("id", "fields.WXXX"),
            )
        ]
    return []
