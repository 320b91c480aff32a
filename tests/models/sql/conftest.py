"""The library that the tests query."""

from __future__ import annotations

from tests.sqlmodels.fixtures import library, tables

__all__ = ["library", "tables"]
