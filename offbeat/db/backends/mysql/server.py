"""What has to be known of a server: which one it is, and how it is set up."""

from __future__ import annotations

import re
from typing import Any, NamedTuple

from offbeat.db.utils import NotSupportedError

__all__ = ["QUERY", "Server", "parse_version"]

QUERY = (
    "SELECT VERSION(), @@sql_mode, @@default_storage_engine, @@sql_auto_is_null, @@lower_case_table_names, "
    "CONVERT_TZ('2001-01-01 01:00:00', 'UTC', 'Europe/Paris') IS NOT NULL"
)
_NUMBERS = re.compile(r"(\d{1,2})\.(\d{1,2})\.(\d{1,2})")


class Server(NamedTuple):
    """One row of :data:`QUERY`."""

    version: str
    sql_mode: str
    default_storage_engine: str
    sql_auto_is_null: bool
    lower_case_table_names: int
    has_zoneinfo_database: bool

    @classmethod
    def from_row(cls, row: tuple[Any, ...]) -> Server:
        version, sql_mode, engine, auto_is_null, lower_case, zones = row
        return cls(str(version), sql_mode or "", engine, bool(auto_is_null), int(lower_case), bool(zones))


def parse_version(text: str) -> tuple[int, ...]:
    """(10, 11, 6) from "5.5.5-10.11.6-MariaDB-log", (8, 4, 2) from "8.4.2"."""
    # MariaDB behind some proxies is announced as a very old MySQL first.
    found = _NUMBERS.findall(text.removeprefix("5.5.5-"))
    if not found:
        raise NotSupportedError(f"The database server's version cannot be read from {text!r}.")
    return tuple(map(int, found[0]))
