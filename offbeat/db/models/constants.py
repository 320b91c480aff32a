"""Constants shared by the parts of the ORM."""

from __future__ import annotations

from enum import Enum

LOOKUP_SEP = "__"


class OnConflict(Enum):
    """What an INSERT does with rows that clash with existing ones."""

    IGNORE = "ignore"
    UPDATE = "update"
