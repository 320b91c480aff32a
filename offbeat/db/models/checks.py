"""System checks of a model class (Django documentation: ref/checks#models)."""

from __future__ import annotations

from itertools import chain
from typing import Any

from offbeat.core import checks
from offbeat.core.exceptions import FieldDoesNotExist
from offbeat.db.models.constants import LOOKUP_SEP
from offbeat.db.models.references import local_field_errors

__all__ = ["check_model"]


def check_model(cls: Any, **kwargs: Any) -> list[Any]:
    """Return the messages about the model `cls`, its fields, managers and options."""
    opts = cls._meta
    errors = [*_check_swappable(cls), *_check_model(cls), *_check_managers(cls, **kwargs)]
    if opts.swapped:
        return errors
    databases = kwargs.get("databases") or []
    errors += [
        *_check_fields(cls, **kwargs),
        *_check_m2m_through_same_relationship(cls),
        *_check_long_column_names(cls, databases),
    ]
    clash_errors = [
        *_check_id_field(cls),
        *_check_field_name_clashes(cls),
        *_check_model_name_db_lookup_clashes(cls),
        *_check_property_name_related_field_accessor_clashes(cls),
        *_check_single_primary_key(cls),
    ]
    errors += clash_errors
    # Two columns of the same name follow from such clashes anyway.
    if not clash_errors:
        errors += _check_column_name_clashes(cls)
    errors += [
        *_check_unique_together(cls),
        *_check_indexes(cls, databases),
        *_check_ordering(cls),
        *_check_constraints(cls, databases),
        *_check_default_pk(cls),
        *_check_db_table_comment(cls, databases),
        *_check_composite_pk(cls),
        *_check_on_delete_variants(cls),
    ]
    return errors


def _check_default_pk(cls: Any) -> list[Any]:
    """models.W042: automatic keys whose type nobody chose."""
    from offbeat.conf import settings

    opts = cls._meta
    if (
        not opts.abstract
        and opts.pk.auto_created
        # A child of a concrete model has that model's key.
        and not (opts.pk.is_relation and opts.pk.remote_field.parent_link)
        and not settings.is_overridden("DEFAULT_AUTO_FIELD")
        and opts.app_config
        and not getattr(opts.app_config, "_is_default_auto_field_overridden", False)
        and type(opts.pk).__name__ == "AutoField"
    ):
        return [
            checks.Warning(
                f"Auto-created primary key used when not defining a primary key type, by default "
                f"'{settings.DEFAULT_AUTO_FIELD}'.",
                hint=(
                    f"Configure the DEFAULT_AUTO_FIELD setting or the {opts.app_config.__class__.__qualname__}."
                    "default_auto_field attribute to point to a subclass of AutoField, e.g. "
                    "'offbeat.db.models.BigAutoField'."
                ),
                obj=cls,
                id="models.W042",
            )
        ]
    return []


def _check_composite_pk(cls: Any) -> list[Any]:
    """models.E042: composite keys over fields that cannot be part of one."""
    from offbeat.db.models.fields.composite import CompositePrimaryKey

    errors: list[Any] = []
    pk = cls._meta.pk
    if cls._meta.abstract or not isinstance(pk, CompositePrimaryKey):
        return errors
    seen: dict[Any, str] = {}
    for name in pk.field_names:
        hint = None
        try:
            field = cls._meta.get_field(name)
        except FieldDoesNotExist:
            field = None
        if not field:
            hint = f"{name!r} is not a valid field."
        elif not field.column:
            hint = f"{name!r} field has no column."
        elif field.null:
            hint = f"{name!r} field may not set 'null=True'."
        elif field.generated:
            hint = f"{name!r} field is a generated field."
        elif field not in cls._meta.local_fields:
            hint = f"{name!r} field is not a local field."
        elif field in seen:
            hint = f"{seen[field]!r} and {name!r} fields are the same."
        if hint:
            errors.append(
                checks.Error(
                    f"{name!r} cannot be included in the composite primary key.",
                    hint=hint,
                    obj=cls,
                    id="models.E042",
                )
            )
        if field:
            seen[field] = name
    return errors


def _check_on_delete_variants(cls: Any) -> list[Any]:
    """models.E050: rules of the database beside rules of the framework, which would not see each other's work."""
    from offbeat.db.models.deletion import DO_NOTHING, DatabaseOnDelete

    rules = [getattr(field.remote_field, "on_delete", None) for field in cls._meta.local_fields]
    rules = [rule for rule in rules if rule is not None and rule is not DO_NOTHING]
    if len({isinstance(rule, DatabaseOnDelete) for rule in rules}) > 1:
        return [
            checks.Error(
                "The model cannot have related fields with both database-level and Python-level on_delete variants.",
                obj=cls,
                id="models.E050",
            )
        ]
    return []


def _check_db_table_comment(cls: Any, databases: Any) -> list[Any]:
    """models.W046: comments where the database stores none."""
    if not cls._meta.db_table_comment:
        return []
    from offbeat.db import connections, router

    errors = []
    for alias in databases:
        if not router.allow_migrate_model(alias, cls):
            continue
        connection = connections[alias]
        if not (
            connection.features.supports_comments or "supports_comments" in cls._meta.required_db_features
        ):
            errors.append(
                checks.Warning(
                    f"{connection.display_name} does not support comments on tables (db_table_comment).",
                    obj=cls,
                    id="models.W046",
                )
            )
    return errors


def _check_swappable(cls: Any) -> list[Any]:
    """models.E001, E002: settings that name no model."""
    opts = cls._meta
    if not opts.swapped:
        return []
    try:
        opts.apps.get_model(opts.swapped)
    except ValueError:
        return [
            checks.Error(f"'{opts.swappable}' is not of the form 'app_label.app_name'.", id="models.E001")
        ]
    except LookupError:
        app_label, model_name = opts.swapped.split(".")
        return [
            checks.Error(
                f"'{opts.swappable}' references '{app_label}.{model_name}', which has not been installed, or is abstract.",
                id="models.E002",
            )
        ]
    return []


def _check_model(cls: Any) -> list[Any]:
    """models.E017: proxies with fields."""
    if cls._meta.proxy and (
        any(field.model is cls for field in cls._meta.local_fields) or cls._meta.local_many_to_many
    ):
        return [
            checks.Error(f"Proxy model '{cls.__name__}' contains model fields.", obj=cls, id="models.E017")
        ]
    return []


def _check_managers(cls: Any, **kwargs: Any) -> list[Any]:
    return [error for manager in cls._meta.managers for error in manager.check(**kwargs)]


def _check_fields(cls: Any, **kwargs: Any) -> list[Any]:
    opts = cls._meta
    errors: list[Any] = []
    # A proxy's fields are checked with the model they belong to.
    for field in opts.local_fields if not opts.proxy else ():
        errors.extend(field.check(**kwargs))
    for field in opts.private_fields:
        errors.extend(field.check(**kwargs))
    for field in opts.local_many_to_many:
        errors.extend(field.check(from_model=cls, **kwargs))
    return errors


def _check_m2m_through_same_relationship(cls: Any) -> list[Any]:
    """models.E003: two relations over the same intermediate model."""
    errors = []
    seen = []
    fields = (
        field
        for field in cls._meta.local_many_to_many
        # Names of models that are not installed are told elsewhere.
        if not isinstance(field.remote_field.model, str)
        and field.remote_field.through is not None
        and not isinstance(field.remote_field.through, str)
    )
    for field in fields:
        signature = (
            field.remote_field.model,
            cls,
            field.remote_field.through,
            field.remote_field.through_fields,
        )
        if signature in seen:
            errors.append(
                checks.Error(
                    f"The model has two identical many-to-many relations through the intermediate model '{field.remote_field.through._meta.label}'.",
                    obj=cls,
                    id="models.E003",
                )
            )
        else:
            seen.append(signature)
    return errors


def _check_id_field(cls: Any) -> list[Any]:
    """models.E004: a field "id" that is not the key."""
    fields = [f for f in cls._meta.local_fields if f.name == "id" and f != cls._meta.pk]
    # "id" is free where another field is the key by declaration.
    if fields and not fields[0].primary_key and cls._meta.pk.name == "id":
        return [
            checks.Error(
                "'id' can only be used as a field name if the field also sets 'primary_key=True'.",
                obj=cls,
                id="models.E004",
            )
        ]
    return []


def _check_field_name_clashes(cls: Any) -> list[Any]:
    """models.E005, E006: fields of the same name in parents."""
    errors = []
    used: dict[str, Any] = {}
    opts = cls._meta

    # Among the parents themselves.
    for parent in opts.all_parents:
        for field in parent._meta.local_fields:
            clash = used.get(field.name) or used.get(field.attname)
            if clash:
                errors.append(
                    checks.Error(
                        f"The field '{clash.name}' from parent model '{clash.model._meta}' clashes with the field '{field.name}' from parent model '{field.model._meta}'.",
                        obj=cls,
                        id="models.E005",
                    )
                )
            used[field.name] = field
            used[field.attname] = field

    # With the parents of parents, over several inheritance paths.
    for parent in opts.all_parents:
        for field in parent._meta.get_fields():
            if field not in used.values():
                used[field.name] = field

    # Two paths of inheritance to one parent would need the same link twice.
    for link in opts.parents.values():
        clash = used.get(link.name) if link else None
        if clash:
            errors.append(
                checks.Error(
                    f"The field '{link.name}' clashes with the field '{clash.name}' from model '{clash.model._meta}'.",
                    obj=cls,
                    id="models.E006",
                )
            )

    for field in opts.local_fields:
        clash = used.get(field.name) or used.get(field.attname)
        # A proxy's fields and a parent link that is the inherited key are the same field.
        id_conflict = field.name == "id" and clash and clash.name == "id" and clash.model == cls
        if clash and clash is not field and not id_conflict and not (opts.proxy and clash == field):
            errors.append(
                checks.Error(
                    f"The field '{field.name}' clashes with the field '{clash.name}' from model '{clash.model._meta}'.",
                    obj=field,
                    id="models.E006",
                )
            )
        used[field.name] = field
        used[field.attname] = field
    return errors


def _check_column_name_clashes(cls: Any) -> list[Any]:
    """models.E007: two fields over one column."""
    used: list[str] = []
    errors = []
    for field in cls._meta.local_fields:
        if field.column and field.column in used:
            errors.append(
                checks.Error(
                    f"Field '{field.name}' has column name '{field.column}' that is used by another field.",
                    hint="Specify a 'db_column' for the field.",
                    obj=cls,
                    id="models.E007",
                )
            )
        else:
            used.append(field.column)
    return errors


def _check_model_name_db_lookup_clashes(cls: Any) -> list[Any]:
    """models.E023, E024: model names that lookups could not tell from separators."""
    name = cls.__name__
    if name.startswith("_") or name.endswith("_"):
        return [
            checks.Error(
                f"The model name '{name}' cannot start or end with an underscore as it collides with the query lookup "
                "syntax.",
                obj=cls,
                id="models.E023",
            )
        ]
    if LOOKUP_SEP in name:
        return [
            checks.Error(
                f"The model name '{name}' cannot contain double underscores as it collides with the query lookup syntax.",
                obj=cls,
                id="models.E024",
            )
        ]
    return []


def _check_property_name_related_field_accessor_clashes(cls: Any) -> list[Any]:
    """models.E025: properties that hide a relation's column."""
    names = cls._meta._property_names
    accessors = (
        field.get_attname()
        for field in cls._meta._get_fields(reverse=False)
        if field.is_relation and field.related_model is not None
    )
    return [
        checks.Error(
            f"The property '{accessor}' clashes with a related field accessor.", obj=cls, id="models.E025"
        )
        for accessor in accessors
        if accessor in names
    ]


def _check_single_primary_key(cls: Any) -> list[Any]:
    """models.E026: several fields with primary_key=True."""
    if sum(1 for field in cls._meta.local_fields if field.primary_key) > 1:
        return [
            checks.Error(
                "The model cannot have more than one field with 'primary_key=True'.",
                obj=cls,
                id="models.E026",
            )
        ]
    return []


def _check_unique_together(cls: Any) -> list[Any]:
    """models.E010, E011: unique_together that is no list of lists."""
    option = cls._meta.unique_together
    if not isinstance(option, (tuple, list)):
        return [checks.Error("'unique_together' must be a list or tuple.", obj=cls, id="models.E010")]
    if any(not isinstance(fields, (tuple, list)) for fields in option):
        return [
            checks.Error("All 'unique_together' elements must be lists or tuples.", obj=cls, id="models.E011")
        ]
    errors: list[Any] = []
    for fields in option:
        errors.extend(local_field_errors(cls, fields, "unique_together"))
    return errors


def _check_indexes(cls: Any, databases: Any) -> list[Any]:
    from offbeat.db import connections, router

    errors: list[Any] = []
    for alias in databases:
        if not router.allow_migrate_model(alias, cls):
            continue
        connection = connections[alias]
        for index in cls._meta.indexes:
            errors.extend(index.check(cls, connection))
    return _without_repetition(errors)


def _check_constraints(cls: Any, databases: Any) -> list[Any]:
    from offbeat.db import connections, router

    errors: list[Any] = []
    for alias in databases:
        if not router.allow_migrate_model(alias, cls):
            continue
        connection = connections[alias]
        for constraint in cls._meta.constraints:
            errors.extend(constraint.check(cls, connection))
    return errors


def _without_repetition(errors: list[Any]) -> list[Any]:
    result: list[Any] = []
    for error in errors:
        if error not in result:
            result.append(error)
    return result


def _check_ordering(cls: Any) -> list[Any]:
    """models.E014, E015, E021: ordering by what does not exist."""
    opts = cls._meta
    if opts._ordering_clash:
        return [
            checks.Error(
                "'ordering' and 'order_with_respect_to' cannot be used together.", obj=cls, id="models.E021"
            )
        ]
    if opts.order_with_respect_to or not opts.ordering:
        return []
    if not isinstance(opts.ordering, (list, tuple)):
        return [
            checks.Error(
                "'ordering' must be a tuple or list (even if you want to order by only one field).",
                obj=cls,
                id="models.E014",
            )
        ]

    # "?" is a random order; expressions are checked when they are used.
    names = [name for name in opts.ordering if isinstance(name, str) and name != "?"]
    names = [name.removeprefix("-") for name in names]
    errors = []
    plain = set()
    for name in names:
        if LOOKUP_SEP in name:
            if not _path_exists(cls, name.split(LOOKUP_SEP)):
                errors.append(_missing_ordering(cls, name))
        elif name != "pk":
            plain.add(name)

    valid = set(
        chain.from_iterable(
            (field.name, field.attname) if not (field.auto_created and not field.concrete) else (field.name,)
            for field in chain(opts.fields, (rel for rel in opts.related_objects))
            if hasattr(field, "attname") or field.auto_created
        )
    )
    valid |= {rel.field.related_query_name() for rel in opts.related_objects}
    errors.extend(_missing_ordering(cls, name) for name in sorted(plain - valid))
    return errors


def _missing_ordering(cls: Any, name: str) -> Any:
    return checks.Error(
        f"'ordering' refers to the nonexistent field, related field, or lookup '{name}'.",
        obj=cls,
        id="models.E015",
    )


def _path_exists(cls: Any, parts: list[str]) -> bool:
    """True when the names lead over relations to a field, and from there perhaps over transforms."""
    model = cls
    field = None
    for part in parts:
        try:
            if field is not None and not field.is_relation:
                raise FieldDoesNotExist
            # "pk" is the key of whatever model the path has come to.
            field = model._meta.pk if part == "pk" else model._meta.get_field(part)
            if field.is_relation:
                model = field.path_infos[-1].to_opts.model if field.path_infos else None
        except (FieldDoesNotExist, AttributeError):
            if field is None or (field.get_transform(part) is None and field.get_lookup(part) is None):
                return False
    return True


def _check_long_column_names(cls: Any, databases: Any) -> list[Any]:
    """models.E018, E019: names too long for a database in use."""
    if not databases:
        return []
    from offbeat.db import connections, router

    errors: list[Any] = []
    allowed_len: int | None = None
    db_alias = None
    for alias in databases:
        # The strictest database counts.
        if not router.allow_migrate_model(alias, cls):
            continue
        connection = connections[alias]
        max_name_length = connection.ops.max_name_length()
        if max_name_length is None or connection.features.truncates_names:
            continue
        if allowed_len is None or max_name_length < allowed_len:
            allowed_len, db_alias = max_name_length, alias
    if allowed_len is None:
        return errors

    hint_field = "Set the column name manually using 'db_column'."
    for field in cls._meta.local_fields:
        _, column_name = field.get_attname_column()
        # Given by hand, it is not shortened.
        if field.db_column is None and column_name is not None and len(column_name) > allowed_len:
            errors.append(
                checks.Error(
                    f'Autogenerated column name too long for field "{column_name}". Maximum length is "{allowed_len}" for database "{db_alias}".',
                    hint=hint_field,
                    obj=cls,
                    id="models.E018",
                )
            )
    for field in cls._meta.local_many_to_many:
        if isinstance(field.remote_field.through, str):
            continue
        for m2m in field.remote_field.through._meta.local_fields:
            _, rel_name = m2m.get_attname_column()
            if m2m.db_column is None and rel_name is not None and len(rel_name) > allowed_len:
                errors.append(
                    checks.Error(
                        f'Autogenerated column name too long for M2M field "{rel_name}". Maximum length is "{allowed_len}" for database '
                        f'"{db_alias}".',
                        hint=(
                            "Use 'through' to create a separate model for M2M and then set column_name using "
                            "'db_column'."
                        ),
                        obj=cls,
                        id="models.E019",
                    )
                )
    return errors
