from __future__ import annotations

from tests.management.tables import library, library_tables

__all__ = ["library", "library_tables"]
