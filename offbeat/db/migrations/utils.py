"""References between models and fields, by name."""

from __future__ import annotations

import datetime
from collections.abc import Iterator
from typing import Any, NamedTuple

RECURSIVE_RELATIONSHIP_CONSTANT = "self"
ModelKey = tuple[str, str]


class FieldReference(NamedTuple):
    """A field that points at a model: directly, or by naming it as ``through``."""

    to: ModelKey | None
    through: ModelKey | None


def resolve_relation(model: Any, app_label: str | None = None, model_name: str | None = None) -> ModelKey:
    """(app_label, lower-case name) of a model given as a class or text; the last arguments say where it is named."""
    if isinstance(model, str):
        if model == RECURSIVE_RELATIONSHIP_CONSTANT:
            if app_label is None or model_name is None:
                raise TypeError(
                    "app_label and model_name must be provided to resolve recursive relationships."
                )
            return app_label, model_name.lower()
        if "." in model:
            app_label, name = model.split(".", 1)
            return app_label, name.lower()
        if app_label is None:
            raise TypeError("app_label must be provided to resolve unscoped model relationships.")
        return app_label, model.lower()
    return model._meta.app_label, model._meta.model_name


def field_references(model_key: ModelKey, field: Any) -> FieldReference | None:
    """What the field of a model points at; None for a field without relation."""
    remote_field = getattr(field, "remote_field", None)
    if not remote_field or getattr(remote_field, "model", None) is None:
        return None
    to = resolve_relation(remote_field.model, *model_key)
    through = getattr(remote_field, "through", None)
    return FieldReference(to, resolve_relation(through, *model_key) if through else None)


def references_model(model_key: ModelKey, field: Any, target: ModelKey) -> bool:
    """Whether the field points at the target model."""
    reference = field_references(model_key, field)
    return reference is not None and target in (reference.to, reference.through)


def references_field(model_key: ModelKey, field: Any, target: ModelKey, name: str) -> bool:
    """Whether the field of a model needs the field ``name`` of the target model."""
    if model_key == target:
        expression = getattr(field, "expression", None) if getattr(field, "generated", False) else None
        if expression is not None and name in _names_in(expression):
            return True
        if name in (getattr(field, "from_fields", None) or ()):
            return True
    reference = field_references(model_key, field)
    if reference is None:
        return False
    if reference.to == target:
        # Without names it may be any field, such as the primary key.
        named = [each for each in getattr(field, "to_fields", None) or () if each]
        if not named or name in named:
            return True
    if reference.through == target:
        through_fields = getattr(field.remote_field, "through_fields", None)
        return not through_fields or name in through_fields
    return False


def _names_in(expression: Any) -> set[str]:
    if hasattr(expression, "name") and not hasattr(expression, "get_source_expressions"):
        return {expression.name.split("__")[0]}
    found: set[str] = set()
    if hasattr(expression, "name"):
        found.add(str(expression.name).split("__")[0])
    for source in expression.get_source_expressions():
        if source is not None:
            found |= _names_in(source)
    return found


def get_references(state: Any, target: ModelKey) -> Iterator[tuple[ModelKey, str, Any, FieldReference]]:
    """(model key, field name, field, reference) of every field in the state that points at the target."""
    for key, model_state in state.models.items():
        for name, field in model_state.fields.items():
            reference = field_references(key, field)
            if reference is not None and target in (reference.to, reference.through):
                yield key, name, field, reference


def get_migration_name_timestamp() -> str:
    """The time, as part of a migration's name."""
    return datetime.datetime.now().strftime("%Y%m%d_%H%M")
