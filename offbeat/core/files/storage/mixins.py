"""Storage options that fall back on settings."""

from __future__ import annotations

import os
from typing import Any

from offbeat.conf import settings
from offbeat.core.signals import setting_changed
from offbeat.utils.functional import cached_property


class StorageSettingsMixin:
    """Where files are, at which URL, and with which permissions; tests may change the settings behind it."""

    def _take_options(
        self,
        location: Any,
        base_url: str | None,
        file_permissions_mode: int | None,
        directory_permissions_mode: int | None,
    ) -> None:
        self._location = location
        self._base_url = base_url
        self._file_permissions_mode = file_permissions_mode
        self._directory_permissions_mode = directory_permissions_mode
        setting_changed.connect(self._clear_cached_properties)

    @cached_property
    def base_location(self) -> Any:
        return self._value_or_setting(self._location, settings.MEDIA_ROOT)

    @cached_property
    def location(self) -> str:
        """The absolute path of the directory."""
        return str(os.path.abspath(self.base_location))

    @cached_property
    def base_url(self) -> str | None:
        """The URL of the directory, ending in a slash."""
        if self._base_url is not None and not self._base_url.endswith("/"):
            self._base_url += "/"
        return self._value_or_setting(self._base_url, settings.MEDIA_URL)  # type: ignore[no-any-return]

    @cached_property
    def file_permissions_mode(self) -> int | None:
        return self._value_or_setting(  # type: ignore[no-any-return]
            self._file_permissions_mode, settings.FILE_UPLOAD_PERMISSIONS
        )

    @cached_property
    def directory_permissions_mode(self) -> int | None:
        return self._value_or_setting(  # type: ignore[no-any-return]
            self._directory_permissions_mode, settings.FILE_UPLOAD_DIRECTORY_PERMISSIONS
        )

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
