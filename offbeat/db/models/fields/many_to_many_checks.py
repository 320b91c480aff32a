"""System checks of many-to-many fields (Django documentation: ref/checks#related-fields)."""

from __future__ import annotations

from typing import Any

from offbeat.core import checks
from offbeat.core.exceptions import FieldDoesNotExist
from offbeat.db.models.fields.relation import RECURSIVE_RELATIONSHIP_CONSTANT


def check_unique(field: Any) -> list[Any]:
    """fields.E330: unique many-to-many relations."""
    if field.unique:
        return [checks.Error("ManyToManyFields cannot be unique.", obj=field, id="fields.E330")]
    return []


def check_ignored_options(field: Any) -> list[Any]:
    """fields.W340 to W346: options without effect on a many-to-many relation."""
    warnings = []

    def warn(message: str, id_: str) -> None:
        warnings.append(checks.Warning(message, obj=field, id=id_))

    if field.has_null_arg:
        warn("null has no effect on ManyToManyField.", "fields.W340")
    if field._validators:
        warn("ManyToManyField does not support validators.", "fields.W341")
    if (
        field.remote_field.limit_choices_to
        and field.remote_field.through
        and not getattr(getattr(field.remote_field.through, "_meta", None), "auto_created", True)
    ):
        warn("limit_choices_to has no effect on ManyToManyField with an intermediate model.", "fields.W343")
    if field.remote_field.symmetrical and field._related_name:
        warn(
            'related_name has no effect on ManyToManyField with a symmetrical relationship, e.g. to "self".',
            "fields.W345",
        )
    if field.db_comment:
        warn("db_comment has no effect on ManyToManyField.", "fields.W346")
    return warnings


def check_relationship_model(field: Any, from_model: Any) -> list[Any]:
    """fields.E331 to E339: intermediate models that do not link the two sides in a clear way."""
    rel = field.remote_field
    through_name = rel.through._meta.object_name if hasattr(rel.through, "_meta") else rel.through
    qualified = (
        f"{rel.through._meta.app_label}.{through_name}" if hasattr(rel.through, "_meta") else through_name
    )
    errors: list[Any] = []
    if rel.through not in field.opts.apps.get_models(include_auto_created=True):
        # Not installed.
        errors.append(
            checks.Error(
                f"Field specifies a many-to-many relation through model '{qualified}', which has not been installed.",
                obj=field,
                id="fields.E331",
            )
        )
    else:
        assert from_model is not None, (
            "ManyToManyField with intermediate tables cannot be checked if you don't pass the model where the field "
            "is attached to."
        )
        errors += _check_links(field, from_model, through_name, qualified)
    if rel.through_fields is not None:
        errors += _check_through_fields(field, from_model)
    return errors


def _check_links(field: Any, from_model: Any, through_name: str, qualified: str) -> list[Any]:
    rel = field.remote_field
    to_model = rel.model
    from_name = from_model._meta.object_name
    to_name = to_model if isinstance(to_model, str) else to_model._meta.object_name
    if isinstance(to_model, str):
        return []
    errors: list[Any] = []
    if _has_composite_pk(from_model) or _has_composite_pk(to_model):
        which = from_model if _has_composite_pk(from_model) else to_model
        return [
            checks.Error(
                f"Field defines a relation involving model {which._meta.object_name!r} which has a CompositePrimaryKey and such relations are "
                "not supported.",
                obj=field,
                id="fields.E347",
            )
        ]
    targets = [getattr(f.remote_field, "model", None) for f in rel.through._meta.fields]
    if from_model == to_model:
        seen_self = sum(target == from_model for target in targets)
        if seen_self > 2 and not rel.through_fields:
            errors.append(
                checks.Error(
                    f"The model is used as an intermediate model by '{field}', but it has more than two foreign keys to "
                    f"'{from_name}', which is ambiguous. You must specify which two foreign keys Django should use via the "
                    "through_fields keyword argument.",
                    hint="Use through_fields to specify which two foreign keys Django should use.",
                    obj=rel.through,
                    id="fields.E333",
                )
            )
        if seen_self < 2:
            errors.append(_no_link(field, rel, from_name, to_name))
        return errors

    seen_from = sum(target == from_model for target in targets)
    seen_to = sum(target == to_model for target in targets)
    if seen_from > 1 and not rel.through_fields:
        errors.append(
            checks.Error(
                (
                    f"The model is used as an intermediate model by '{field}', but it has more than one foreign key from "
                    f"'{from_name}', which is ambiguous. You must specify which foreign key Django should use via the "
                    "through_fields keyword argument."
                ),
                hint=(
                    f'If you want to create a recursive relationship, use ManyToManyField("{RECURSIVE_RELATIONSHIP_CONSTANT}", through="{through_name}").'
                ),
                obj=field,
                id="fields.E334",
            )
        )
    if seen_to > 1 and not rel.through_fields:
        errors.append(
            checks.Error(
                f"The model is used as an intermediate model by '{field}', but it has more than one foreign key to '{to_name}', "
                "which is ambiguous. You must specify which foreign key Django should use via the through_fields "
                "keyword argument.",
                hint=(
                    f'If you want to create a recursive relationship, use ManyToManyField("{RECURSIVE_RELATIONSHIP_CONSTANT}", through="{through_name}").'
                ),
                obj=field,
                id="fields.E335",
            )
        )
    if seen_from == 0 or seen_to == 0:
        errors.append(_no_link(field, rel, from_name, to_name))
    del qualified
    return errors


def _has_composite_pk(model: Any) -> bool:
    return bool(getattr(model._meta, "is_composite_pk", False))


def _no_link(field: Any, rel: Any, from_name: str, to_name: str) -> Any:
    return checks.Error(
        f"The model is used as an intermediate model by '{field}', but it does not have a foreign key to '{from_name}' or '{to_name}'.",
        obj=rel.through,
        id="fields.E336",
    )


def _check_through_fields(field: Any, from_model: Any) -> list[Any]:
    rel = field.remote_field
    through_fields = rel.through_fields
    if not (len(through_fields) >= 2 and through_fields[0] and through_fields[1]):
        return [
            checks.Error(
                "Field specifies 'through_fields' but does not provide the names of the two link fields that should "
                f"be used for the relation through model '{rel.through}'.",
                hint=("Make sure you specify 'through_fields' as through_fields=('field1', 'field2')"),
                obj=field,
                id="fields.E337",
            )
        ]
    if isinstance(rel.through, str) or isinstance(rel.model, str):
        return []
    errors: list[Any] = []
    source, through, target = from_model, rel.through, rel.model
    source_name, target_name = through_fields[:2]
    for name, related_model in ((source_name, source), (target_name, target)):
        possible = [
            f.name
            for f in through._meta.fields
            if hasattr(f, "remote_field") and getattr(f.remote_field, "model", None) == related_model
        ]
        hint = (
            "Did you mean one of the following foreign keys to '{}': {}?".format(
                related_model._meta.object_name, ", ".join(possible)
            )
            if possible
            else None
        )
        try:
            link = through._meta.get_field(name)
        except FieldDoesNotExist:
            errors.append(
                checks.Error(
                    f"The intermediary model '{through._meta.label}' has no field '{name}'.",
                    hint=hint,
                    obj=field,
                    id="fields.E338",
                )
            )
            continue
        if not (hasattr(link, "remote_field") and getattr(link.remote_field, "model", None) == related_model):
            errors.append(
                checks.Error(
                    f"'{through._meta.object_name}.{name}' is not a foreign key to '{related_model._meta.object_name}'.",
                    hint=hint,
                    obj=field,
                    id="fields.E339",
                )
            )
    return errors


def check_table_uniqueness(field: Any) -> list[Any]:
    """fields.E340, W344: intermediate tables that clash with another table."""
    through = field.remote_field.through
    if isinstance(through, str) or not through._meta.managed:
        return []
    from offbeat.conf import settings

    registered = {
        model._meta.db_table: model
        for model in field.opts.apps.get_models(include_auto_created=True)
        if model != through and model._meta.managed
    }
    table = field.m2m_db_table()
    model = registered.get(table)
    # Several proxies may share the table with the model they stand for.
    if not model or model._meta.concrete_model == through._meta.concrete_model:
        return []
    if model._meta.auto_created:

        def uses(candidate: Any) -> Any:
            return next((f for f in candidate._meta.many_to_many if f.remote_field.through is model), None)

        clash = uses(model._meta.auto_created)
        clashing = f"{model._meta.auto_created._meta.label}.{clash.name}" if clash else model._meta.label
    else:
        clashing = model._meta.label
    error_class: Any = checks.Warning if settings.DATABASE_ROUTERS else checks.Error
    return [
        error_class(
            f"The field's intermediary table '{table}' clashes with the table name of '{clashing}'.",
            obj=field,
            hint=(
                f"You have configured settings.DATABASE_ROUTERS. Verify that the table of {clashing!r} is correctly routed to a "
                "separate database."
                if settings.DATABASE_ROUTERS
                else None
            ),
            id="fields.W344" if settings.DATABASE_ROUTERS else "fields.E340",
        )
    ]
