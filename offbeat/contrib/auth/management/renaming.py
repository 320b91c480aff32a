"""Permissions follow the renaming of their model."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from typing import Any

from offbeat.apps import apps as global_apps
from offbeat.db import DEFAULT_DB_ALIAS, IntegrityError, router, transaction

__all__ = ["rename_permissions"]

_ACTIONS = ("add", "change", "delete", "view")


def _renames(plan: Any, app_label: str) -> Iterator[tuple[str, str]]:
    """(old, new) names of models, in the order in which the plan renamed them."""
    from offbeat.db.migrations import RenameModel

    for migration, backward in plan:
        if migration.app_label != app_label:
            continue
        operations = [operation for operation in migration.operations if isinstance(operation, RenameModel)]
        for operation in reversed(operations) if backward else operations:
            names = (operation.old_name, operation.new_name)
            yield (names[1], names[0]) if backward else names


def _net_renames(plan: Any, app_label: str) -> dict[str, str]:
    """Where each model ended: a chain of renames counts as one."""
    net: dict[str, str] = {}
    for old, new in _renames(plan, app_label):
        start = next((first for first, last in net.items() if last.lower() == old.lower()), old)
        net[start] = new
    return net


def rename_permissions(
    app_config: Any,
    verbosity: int = 2,
    using: str = DEFAULT_DB_ALIAS,
    apps: Any = global_apps,
    plan: Any = None,
    stdout: Any = None,
    **kwargs: Any,
) -> None:
    """Receiver of ``post_migrate``: rename the built-in permissions of models that were renamed.

    RuntimeError when a permission with the new name is there already; nothing of that model's is changed then.
    """
    renames = _net_renames(plan or (), app_config.label)
    if not renames:
        return
    try:
        permission = apps.get_model("auth", "Permission")
    except LookupError:
        return
    if not router.allow_migrate_model(using, permission):
        return
    for old, new in renames.items():
        _rename(permission, app_config.label, old, new, using, verbosity, stdout or sys.stdout)


def _rename(
    permission: Any, app_label: str, old: str, new: str, using: str, verbosity: int, stdout: Any
) -> None:
    actions = {f"{action}_{old.lower()}": action for action in _ACTIONS}
    found = permission.objects.using(using).filter(
        codename__in=list(actions),
        content_type__app_label=app_label,
        content_type__model__in=[old.lower(), new.lower()],
    )
    done = []
    with transaction.atomic(using=using):
        for each in found:
            before = each.codename
            each.codename = f"{actions[before]}_{new.lower()}"
            each.name = f"Can {actions[before]} {new}"
            try:
                with transaction.atomic(using=using):
                    each.save(using=using, update_fields=["codename", "name"])
            except IntegrityError as error:
                message = (
                    f"Failed to rename permission {each.pk} from '{before}' to '{each.codename}'. "
                    f"Please resolve the conflict manually."
                )
                stdout.write(message + "\n")
                raise RuntimeError(message) from error
            done.append((before, each.codename))
    if verbosity >= 2:
        for before, after in done:
            stdout.write(f"Renamed permission(s): {app_label}.{before} → {after}\n")
