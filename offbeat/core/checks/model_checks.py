"""System checks over all models: table names, index and constraint names, waiting relations."""

from __future__ import annotations

import inspect
import types
from collections import defaultdict
from collections.abc import Iterable
from itertools import chain
from typing import Any

from offbeat.core.checks.messages import Error, Warning
from offbeat.core.checks.registry import Tags, register

__all__ = ["check_all_models", "check_lazy_references"]


@register(Tags.models)
def check_all_models(app_configs: Any = None, **kwargs: Any) -> list[Any]:
    """Run every model's own checks; models.E020, E028 to E032, W035 are about names that several models share."""
    from offbeat.apps import apps
    from offbeat.conf import settings

    tables: dict[str, list[str]] = defaultdict(list)
    indexes: dict[str, list[str]] = defaultdict(list)
    constraints: dict[str, list[str]] = defaultdict(list)
    errors: list[Any] = []
    models: Iterable[Any]
    if app_configs is None:
        models = apps.get_models()
    else:
        models = chain.from_iterable(config.get_models() for config in app_configs)
    for model in models:
        opts = model._meta
        if opts.managed and not opts.proxy:
            tables[opts.db_table].append(opts.label)
        if not inspect.ismethod(model.check):
            errors.append(
                Error(
                    f"The '{model.__name__}.check()' class method is currently overridden by {model.check!r}.",
                    obj=model,
                    id="models.E020",
                )
            )
        else:
            errors.extend(model.check(**kwargs))
        for index in opts.indexes:
            indexes[index.name].append(opts.label)
        for constraint in opts.constraints:
            constraints[constraint.name].append(opts.label)

    # With routers, tables of the same name may live in different databases.
    table_class: Any = Warning if settings.DATABASE_ROUTERS else Error
    table_id = "models.W035" if settings.DATABASE_ROUTERS else "models.E028"
    for table, labels in tables.items():
        if len(labels) != 1:
            names = ", ".join(labels)
            errors.append(
                table_class(
                    f"db_table '{table}' is used by multiple models: {names}.",
                    obj=table,
                    hint=(
                        f"You have configured settings.DATABASE_ROUTERS. Verify that {names} are correctly routed to "
                        "separate databases."
                        if settings.DATABASE_ROUTERS
                        else None
                    ),
                    id=table_id,
                )
            )
    for kind, names_map, alone, several in (
        ("index", indexes, "models.E029", "models.E030"),
        ("constraint", constraints, "models.E031", "models.E032"),
    ):
        for name, labels in names_map.items():
            if len(labels) > 1:
                unique = sorted(set(labels))
                one = len(unique) == 1
                where = f"for model {unique[0]}" if one else f"among models: {', '.join(unique)}"
                errors.append(
                    Error(f"{kind} name '{name}' is not unique {where}.", id=alone if one else several)
                )
    return errors


def _check_lazy_references(apps: Any, ignore: Any = None) -> list[Any]:
    """Return an error for everything that still waits for a model which was never loaded.

    fields.E307 is about a relation, signals.E001 about a signal receiver, models.E022 about anything else.
    """
    pending = set(apps._pending_operations) - (ignore or set())
    if not pending:
        return []
    errors = []
    for key in pending:
        for function in apps._pending_operations[key]:
            operation, args, keywords = _unwrap(function)
            errors.append(_lazy_error(apps, key, operation, args, keywords))
    return sorted(errors, key=lambda error: error.msg)


def _unwrap(operation: Any) -> tuple[Any, list[Any], dict[str, Any]]:
    """Take the partials off a function."""
    args: list[Any] = []
    keywords: dict[str, Any] = {}
    while hasattr(operation, "func"):
        args.extend(getattr(operation, "args", ()))
        keywords.update(getattr(operation, "keywords", None) or {})
        operation = operation.func
    return operation, args, keywords


def _model_hint(apps: Any, key: tuple[str, str]) -> str:
    app_label, model_name = key
    if app_label in apps.app_configs:
        return f"app '{app_label}' doesn't provide model '{model_name}'"
    return f"app '{app_label}' isn't installed"


def _lazy_error(
    apps: Any, key: tuple[str, str], operation: Any, args: list[Any], keywords: dict[str, Any]
) -> Any:
    from offbeat.db.models import signals as model_signals

    problem = _model_hint(apps, key)
    name = ".".join(key)
    field = keywords.get("field")
    if field is not None:
        return Error(
            f"The field {field} was declared with a lazy reference to '{name}', but {problem}.",
            obj=field,
            id="fields.E307",
        )
    if getattr(operation, "__module__", "") == model_signals.__name__:
        # See ModelSignal: the connecting method, bound to the signal, and the receiver.
        signal, receiver = args[0].__self__, args[1]
        signal_name = next(
            (attr for attr, value in vars(model_signals).items() if value is signal), "unknown"
        )
        if isinstance(receiver, types.FunctionType):
            description = f"The function '{receiver.__name__}'"
        elif isinstance(receiver, types.MethodType):
            description = f"Bound method '{receiver.__self__.__class__.__name__}.{receiver.__name__}'"
        else:
            description = f"An instance of class '{receiver.__class__.__name__}'"
        return Error(
            f"{description} was connected to the '{signal_name}' signal with a lazy reference to the sender "
            f"'{name}', but {problem}.",
            obj=receiver.__module__,
            hint=None,
            id="signals.E001",
        )
    return Error(
        f"{operation!r} contains a lazy reference to {name}, but {problem}.", obj=operation, id="models.E022"
    )


@register(Tags.models)
def check_lazy_references(app_configs: Any = None, **kwargs: Any) -> list[Any]:
    """Check that nothing waits for a model that does not exist; see _check_lazy_references()."""
    from offbeat.apps import apps
    from offbeat.conf import settings

    try:
        user_model = tuple(settings.AUTH_USER_MODEL.lower().split("."))
    except AttributeError:
        return _check_lazy_references(apps)
    # A missing user model has a check of its own in the auth application.
    return _check_lazy_references(apps, ignore={user_model} if len(user_model) == 2 else None)
