"""Checks of the settings of uploads."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from offbeat.conf import settings
from offbeat.core.checks.messages import CheckMessage, Error
from offbeat.core.checks.registry import Tags, register


@register(Tags.files)
def check_setting_file_upload_temp_dir(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """files.E001."""
    folder = settings.FILE_UPLOAD_TEMP_DIR
    if folder and not Path(folder).is_dir():
        return [
            Error(
                f"The FILE_UPLOAD_TEMP_DIR setting refers to the nonexistent directory '{folder}'.",
                id="files.E001",
            )
        ]
    return []
