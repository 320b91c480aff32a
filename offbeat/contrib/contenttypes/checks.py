"""System checks of generic relations (Django documentation: ref/checks#contenttypes)."""

from __future__ import annotations

from itertools import chain
from typing import Any

from offbeat.core.checks import Error

__all__ = ["check_generic_foreign_keys", "check_model_name_lengths"]


def _models(app_configs: Any) -> Any:
    from offbeat.apps import apps

    if app_configs is None:
        return apps.get_models()
    return chain.from_iterable(config.get_models() for config in app_configs)


def check_generic_foreign_keys(app_configs: Any = None, **kwargs: Any) -> list[Any]:
    """Run the checks of all generic foreign keys."""
    from offbeat.contrib.contenttypes.fields import GenericForeignKey

    fields = (
        obj
        for model in _models(app_configs)
        for obj in vars(model).values()
        if isinstance(getattr(obj, "field", None), GenericForeignKey)
    )
    return [error for descriptor in fields for error in descriptor.field.check()]


def check_model_name_lengths(app_configs: Any = None, **kwargs: Any) -> list[Any]:
    """contenttypes.E005: names that the column does not hold."""
    return [
        Error(
            f"Model names must be at most 100 characters (got {len(model.__name__)}).",
            obj=model,
            id="contenttypes.E005",
        )
        for model in _models(app_configs)
        if len(model._meta.model_name) > 100
    ]
