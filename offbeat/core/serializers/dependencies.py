"""The order of models in which natural keys can be resolved."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any


def sort_dependencies(app_list: Iterable[tuple[Any, Any]], allow_cycles: bool = False) -> list[Any]:
    """Models of ``(application, models or None for all)`` pairs, each after those its natural key needs.

    RuntimeError for a cycle, unless ``allow_cycles``.
    """
    pending = _dependencies(app_list)
    ordered: list[Any] = []
    missing = {model for model, _ in pending}
    while pending:
        waiting = []
        for model, needed in pending:
            if missing.isdisjoint(needed):
                ordered.append(model)
                missing.discard(model)
            else:
                waiting.append((model, needed))
        if len(waiting) == len(pending):
            if not allow_cycles:
                names = ", ".join(model._meta.label for model in sorted((m for m, _ in waiting), key=_name))
                raise RuntimeError(f"Can't resolve dependencies for {names} in serialized app list.")
            ordered.extend(model for model, _ in waiting)
            break
        pending = waiting
    return ordered


def _name(model: Any) -> str:
    return str(model._meta.object_name)


def _dependencies(app_list: Iterable[tuple[Any, Any]]) -> list[tuple[Any, list[Any]]]:
    from offbeat.apps import apps

    result = []
    seen = set()
    for app_config, models in app_list:
        for model in app_config.get_models() if models is None else models:
            if model in seen:
                continue
            seen.add(model)
            needed: list[Any] = []
            if hasattr(model, "natural_key"):
                needed += map(apps.get_model, getattr(model.natural_key, "dependencies", ()))
            for field in (*model._meta.fields, *model._meta.many_to_many):
                remote = field.remote_field
                if remote is None or not hasattr(remote.model, "natural_key") or remote.model is model:
                    continue
                if field.many_to_many and not remote.through._meta.auto_created:
                    continue
                needed.append(remote.model)
            result.append((model, needed))
    return result
