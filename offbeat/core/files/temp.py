"""Temporary files, under the names that code imports from here."""

from __future__ import annotations

import tempfile

NamedTemporaryFile = tempfile.NamedTemporaryFile
gettempdir = tempfile.gettempdir

__all__ = ["NamedTemporaryFile", "gettempdir"]
