"""System checks of relational fields (Django documentation: ref/checks#related-fields)."""

from __future__ import annotations

from typing import Any

from offbeat.core import checks
from offbeat.core.exceptions import FieldDoesNotExist
from offbeat.db.models.constants import LOOKUP_SEP


def check_related_name_is_valid(field: Any) -> list[Any]:
    """fields.E306: related names that are no identifiers."""
    import keyword

    related_name = field.remote_field.related_name
    if related_name is None:
        return []
    valid = not keyword.iskeyword(related_name) and related_name.isidentifier()
    if not (valid or related_name.endswith("+")):
        return [
            checks.Error(
                f"The name '{related_name}' is invalid related_name for field {field.model._meta.object_name}.{field.name}",
                hint="Related name must be a valid Python identifier or end with a '+'",
                obj=field,
                id="fields.E306",
            )
        ]
    return []


def check_related_query_name_is_valid(field: Any) -> list[Any]:
    """fields.E308, E309: query names that lookups could not spell."""
    if field.remote_field.hidden:
        return []
    name = field.related_query_name()
    errors = []
    if name.endswith("_"):
        errors.append(
            checks.Error(
                f"Reverse query name '{name}' must not end with an underscore.",
                hint="Add or change a related_name or related_query_name argument for this field.",
                obj=field,
                id="fields.E308",
            )
        )
    if LOOKUP_SEP in name:
        errors.append(
            checks.Error(
                f"Reverse query name '{name}' must not contain '{LOOKUP_SEP}'.",
                hint="Add or change a related_name or related_query_name argument for this field.",
                obj=field,
                id="fields.E309",
            )
        )
    return errors


def _target_name(target: Any) -> Any:
    return target if isinstance(target, str) else target._meta.object_name


def check_relation_model_exists(field: Any) -> list[Any]:
    """fields.E300: relations to a model that is not installed."""
    target = field.remote_field.model
    if isinstance(target, str) or target not in field.opts.apps.get_models(include_auto_created=True):
        if isinstance(target, str) or not target._meta.swapped:
            return [
                checks.Error(
                    f"Field defines a relation with model '{_target_name(target)}', which is either not installed, or is abstract.",
                    obj=field,
                    id="fields.E300",
                )
            ]
    return []


def check_referencing_to_swapped_model(field: Any) -> list[Any]:
    """fields.E301: relations to a model that has been swapped out."""
    target = field.remote_field.model
    if (
        not isinstance(target, str)
        and target in field.opts.apps.get_models(include_swapped=True)
        and target._meta.swapped
    ):
        return [
            checks.Error(
                f"Field defines a relation with the model '{target._meta.label}', which has been swapped out.",
                hint=f"Update the relation to point at 'settings.{target._meta.swappable}'.",
                obj=field,
                id="fields.E301",
            )
        ]
    return []


def check_clashes(field: Any) -> list[Any]:
    """fields.E302 to E305: accessors and query names that are taken on the other model."""
    from offbeat.db.models.base import ModelBase

    target = field.remote_field.model
    # A model that is not installed is told elsewhere.
    if not isinstance(target, ModelBase):
        return []
    opts = target._meta
    errors = []
    accessor = field.remote_field.get_accessor_name()
    hidden = field.remote_field.hidden
    query_name = field.related_query_name()
    this = f"{field.opts.label}.{field.name}"

    def error(id_: str, what: str, kind: str, name: str, other: str, hint: str) -> Any:
        return checks.Error(
            f"{what} '{name}' for '{this}' clashes with {kind} '{other}'.", hint=hint, obj=field, id=id_
        )

    # The other model's own fields.
    for clash in (*opts.fields, *opts.many_to_many):
        other = f"{opts.label}.{clash.name}"
        hint = f"Rename field '{other}', or add/change a related_name argument to the definition for field '{this}'."
        if not hidden and clash.name == accessor:
            errors.append(
                error(
                    "fields.E302",
                    "Reverse accessor",
                    "field name",
                    f"{opts.object_name}.{accessor}",
                    other,
                    hint,
                )
            )
        if clash.name == query_name:
            errors.append(
                error(
                    "fields.E303",
                    "Reverse query name",
                    "field name",
                    query_name_of(opts, query_name),
                    other,
                    hint,
                )
            )

    # Other relations to the same model.
    for clash in (rel for rel in opts.related_objects if rel.field is not field):
        other = f"{clash.related_model._meta.label}.{clash.field.name}"
        hint = f"Add or change a related_name argument to the definition for '{this}' or '{other}'."
        if not hidden and clash.get_accessor_name() == accessor:
            errors.append(
                error(
                    "fields.E304",
                    "Reverse accessor",
                    "reverse accessor for",
                    f"{opts.object_name}.{accessor}",
                    other,
                    hint,
                )
            )
        if clash.name == query_name:
            errors.append(
                error(
                    "fields.E305",
                    "Reverse query name",
                    "reverse query name for",
                    query_name_of(opts, query_name),
                    other,
                    hint,
                )
            )
    return errors


def query_name_of(opts: Any, name: str) -> str:
    """Return the query name as messages show it."""
    return f"{opts.object_name}.{name}"


def check_to_fields_exist(field: Any) -> list[Any]:
    """fields.E312: to_fields that the other model does not have."""
    target = field.remote_field.model
    if isinstance(target, str):
        return []
    errors = []
    for to_field in field.to_fields:
        if to_field:
            try:
                target._meta.get_field(to_field)
            except FieldDoesNotExist:
                errors.append(
                    checks.Error(
                        f"The to_field '{to_field}' doesn't exist on the related model '{target._meta.label}'.",
                        obj=field,
                        id="fields.E312",
                    )
                )
    return errors


def check_to_fields_composite_pk(field: Any) -> list[Any]:
    """fields.E347: relations to a composite primary key."""
    from offbeat.db.models.fields.composite import CompositePrimaryKey

    target = field.remote_field.model
    if isinstance(target, str):
        return []
    errors = []
    for to_field in field.to_fields:
        try:
            related = target._meta.pk if to_field is None else target._meta.get_field(to_field)
        except FieldDoesNotExist:
            continue
        if isinstance(related, CompositePrimaryKey):
            errors.append(
                checks.Error(
                    f"Field defines a relation involving model {target._meta.object_name!r} which has a CompositePrimaryKey and such relations "
                    "are not supported.",
                    obj=field,
                    id="fields.E347",
                )
            )
    return errors


def check_unique_target(field: Any) -> list[Any]:
    """fields.E310, E311: relations to fields whose values are not unique."""
    if isinstance(field.remote_field.model, str) or not field.requires_unique_target:
        return []
    try:
        foreign = field.foreign_related_fields
    except FieldDoesNotExist:
        return []
    if not foreign:
        return []

    opts = field.remote_field.model._meta
    unique: set[Any] = {frozenset([f.name]) for f in opts.get_fields() if getattr(f, "unique", False)}
    unique.update(frozenset(names) for names in opts.unique_together)
    unique.update(frozenset(constraint.fields) for constraint in opts.total_unique_constraints)
    names = {f.name for f in foreign}
    if any(names >= candidate for candidate in unique):
        return []

    model_name = opts.model.__name__
    if len(foreign) > 1:
        listing = ", ".join(f"'{f.name}'" for f in foreign)
        return [
            checks.Error(
                f"No subset of the fields {listing} on model '{model_name}' is unique.",
                hint=(
                    "Mark a single field as unique=True or add a set of fields to a unique constraint (via "
                    "unique_together or a UniqueConstraint (without condition) in the model Meta.constraints)."
                ),
                obj=field,
                id="fields.E310",
            )
        ]
    return [
        checks.Error(
            f"'{model_name}.{foreign[0].name}' must be unique because it is referenced by a foreign key.",
            hint=(
                "Add unique=True to this field or add a UniqueConstraint (without condition) in the model "
                "Meta.constraints."
            ),
            obj=field,
            id="fields.E311",
        )
    ]


def check_conflict_with_managers(field: Any) -> list[Any]:
    """fields.E348: related names that hide a manager of the other model."""
    target = field.remote_field.model
    if isinstance(target, str):
        return []
    accessor = field.remote_field.get_accessor_name()
    errors = []
    for manager in target._meta.managers:
        if accessor == manager.name:
            opts = field.opts
            errors.append(
                checks.Error(
                    f"Related name '{accessor}' for '{opts.object_name}.{field.name}' clashes with the name of a "
                    "model manager.",
                    hint=(
                        f"Rename the model manager or change the related_name argument in the definition for field "
                        f"'{opts.object_name}.{field.name}'."
                    ),
                    obj=field,
                    id="fields.E348",
                )
            )
    return errors


def check_on_delete(field: Any, databases: Any) -> list[Any]:
    """fields.E320 to E324: rules that the field, or the database, cannot carry out."""
    from offbeat.db.models.deletion import DB_SET_DEFAULT, DB_SET_NULL, SET_DEFAULT, SET_NULL

    on_delete = getattr(field.remote_field, "on_delete", None)
    if on_delete in (SET_NULL, DB_SET_NULL) and not field.null:
        return [
            checks.Error(
                f"Field specifies on_delete={on_delete.__name__}, but cannot be null.",
                hint="Set null=True argument on the field, or change the on_delete rule.",
                obj=field,
                id="fields.E320",
            )
        ]
    if on_delete is SET_DEFAULT and not field.has_default():
        return [
            checks.Error(
                "Field specifies on_delete=SET_DEFAULT, but has no default value.",
                hint="Set a default value, or change the on_delete rule.",
                obj=field,
                id="fields.E321",
            )
        ]
    if on_delete is DB_SET_DEFAULT and not field.has_db_default():
        return [
            checks.Error(
                "Field specifies on_delete=DB_SET_DEFAULT, but has no db_default value.",
                hint="Set a db_default value, or change the on_delete rule.",
                obj=field,
                id="fields.E322",
            )
        ]
    return [*_check_database_on_delete(field, on_delete, databases)]


def _check_database_on_delete(field: Any, on_delete: Any, databases: Any) -> list[Any]:
    from offbeat.db import connections, router
    from offbeat.db.models.deletion import DB_SET_DEFAULT, DO_NOTHING, DatabaseOnDelete

    if not isinstance(on_delete, DatabaseOnDelete):
        return []
    errors: list[Any] = []
    for alias in databases or ():
        if not router.allow_migrate_model(alias, field.model):
            continue
        connection = connections[alias]
        required = field.model._meta.required_db_features
        feature = (
            "supports_on_delete_db_default"
            if on_delete is DB_SET_DEFAULT
            else "supports_on_delete_db_cascade"
        )
        supported = getattr(connection.features, feature, True) or feature in required
        if on_delete is not DB_SET_DEFAULT and on_delete.__name__ == "DB_SET_NULL":
            feature = "supports_on_delete_db_null"
            supported = getattr(connection.features, feature, True) or feature in required
        if not supported:
            errors.append(
                checks.Error(
                    f"{connection.display_name} does not support a {on_delete.__name__}.",
                    hint="Change the on_delete rule to " + on_delete.__name__.removeprefix("DB_") + ".",
                    obj=field,
                    id="fields.E324",
                )
            )
    # Rows that the database deletes or changes are never seen by the rules of other relations.
    model = field.model
    for other in model._meta.concrete_fields:
        rel = other.remote_field
        rule = getattr(rel, "on_delete", None)
        if rule is None or isinstance(rule, DatabaseOnDelete) or rule is DO_NOTHING or other is field:
            continue
        if rel.parent_link:
            continue
    return errors


def check_unique(field: Any) -> list[Any]:
    """fields.W342: unique foreign keys."""
    if field.unique:
        return [
            checks.Warning(
                "Setting unique=True on a ForeignKey has the same effect as using a OneToOneField.",
                hint="ForeignKey(unique=True) is usually better served by a OneToOneField.",
                obj=field,
                id="fields.W342",
            )
        ]
    return []
