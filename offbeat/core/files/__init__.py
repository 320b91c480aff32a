"""Files: File objects, uploads and storages."""

from typing import TYPE_CHECKING

from offbeat.utils.lazy_names import lazy_names

if TYPE_CHECKING:
    from offbeat.core.files.base import File
else:
    __getattr__, __dir__ = lazy_names(__name__, {"offbeat.core.files.base": ("File",)})

__all__ = ["File"]
