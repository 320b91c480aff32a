"""What several database commands share: the SQL of a flush, and the migrate signals."""

from __future__ import annotations

import sys
from typing import Any

from offbeat.apps import apps
from offbeat.db import models


def sql_flush(
    style: Any, connection: Any, reset_sequences: bool = True, allow_cascade: bool = False
) -> list[str]:
    """Statements that empty all tables."""
    tables = connection.introspection.django_table_names(only_existing=True, include_views=False)
    return list(
        connection.ops.sql_flush(style, tables, reset_sequences=reset_sequences, allow_cascade=allow_cascade)
    )


def emit_pre_migrate_signal(verbosity: int, interactive: bool, db: str, **kwargs: Any) -> None:
    """Send ``pre_migrate`` for every application with models."""
    _emit(models.signals.pre_migrate, "pre-migrate", verbosity, interactive, db, **kwargs)


def emit_post_migrate_signal(verbosity: int, interactive: bool, db: str, **kwargs: Any) -> None:
    """Send ``post_migrate`` for every application with models."""
    _emit(models.signals.post_migrate, "post-migrate", verbosity, interactive, db, **kwargs)


def _emit(signal: Any, name: str, verbosity: int, interactive: bool, db: str, **kwargs: Any) -> None:
    for config in apps.get_app_configs():
        if config.models_module is None:
            continue
        if verbosity >= 2:
            out = kwargs.get("stdout") or sys.stdout
            out.write(f"Running {name} handlers for application {config.label}")
        signal.send(
            sender=config, app_config=config, verbosity=verbosity, interactive=interactive, using=db, **kwargs
        )
