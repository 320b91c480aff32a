"""A project's own formats for another."""

from __future__ import annotations

NUMBER_GROUPING = 3
