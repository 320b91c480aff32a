"""Files: File objects, uploads and storages."""

from offbeat.core.files.base import File

__all__ = ["File"]
