"""The sqlite3 shell."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from offbeat.db.backends.base.client import BaseDatabaseClient

__all__ = ["DatabaseClient"]


class DatabaseClient(BaseDatabaseClient):
    """Calls `sqlite3 FILE`."""

    executable_name = "sqlite3"

    @classmethod
    def settings_to_cmd_args_env(
        cls, settings_dict: dict[str, Any], parameters: Iterable[str]
    ) -> tuple[list[str], dict[str, str] | None]:
        return [cls.executable_name, settings_dict["NAME"], *parameters], None
