"""Templates in the ``templates`` directories of the installed applications."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from offbeat.template.loaders.filesystem import Loader as FilesystemLoader
from offbeat.template.utils import get_app_template_dirs

__all__ = ["Loader"]


class Loader(FilesystemLoader):
    """Loads from each application's ``templates`` directory."""

    def get_dirs(self) -> Sequence[Any]:
        return get_app_template_dirs("templates")
