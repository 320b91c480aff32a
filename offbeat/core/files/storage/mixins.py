"""Storage options that fall back on settings."""

from __future__ import annotations

from typing import Any


class StorageSettingsMixin:
    """Forgets what was read from a setting when tests change it."""

    def _clear_cached_properties(self, setting: str, **kwargs: Any) -> None:
        names = {
            "MEDIA_ROOT": ("base_location", "location"),
            "MEDIA_URL": ("base_url",),
            "FILE_UPLOAD_PERMISSIONS": ("file_permissions_mode",),
            "FILE_UPLOAD_DIRECTORY_PERMISSIONS": ("directory_permissions_mode",),
        }.get(setting, ())
        for name in names:
            self.__dict__.pop(name, None)

    def _value_or_setting(self, value: Any, setting: Any) -> Any:
        return setting if value is None else value
