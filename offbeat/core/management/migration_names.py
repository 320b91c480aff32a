"""What the commands about migrations take on the command line, found or refused."""

from __future__ import annotations

from typing import Any

from offbeat.apps import apps
from offbeat.core.management.base import CommandError
from offbeat.db.migrations.exceptions import AmbiguityError

__all__ = ["check_app_label", "find_migration"]


def check_app_label(app_label: str) -> None:
    """CommandError when no installed application has this label."""
    try:
        apps.get_app_config(app_label)
    except LookupError as error:
        raise CommandError(str(error))


def find_migration(loader: Any, app_label: str, name: str, hint: str = "") -> Any:
    """The application's one migration whose name begins with `name`; CommandError."""
    try:
        return loader.get_migration_by_prefix(app_label, name)
    except AmbiguityError:
        raise CommandError(
            f"More than one migration matches '{name}' in app '{app_label}'. Please be more specific."
        )
    except KeyError:
        raise CommandError(f"Cannot find a migration matching '{name}' from app '{app_label}'.{hint}")
