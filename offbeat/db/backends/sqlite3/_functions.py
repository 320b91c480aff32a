"""SQLite's functions under the names by which other packages know them."""

from __future__ import annotations

from offbeat.db.backends.sqlite3 import functions
from offbeat.db.backends.sqlite3.functions import register

__all__ = ["register"]

_sqlite_date_extract = functions._date_extract
_sqlite_date_trunc = functions._date_trunc
_sqlite_datetime_extract = functions._datetime_extract
_sqlite_datetime_trunc = functions._datetime_trunc
_sqlite_time_extract = functions._time_extract
_sqlite_time_trunc = functions._time_trunc
