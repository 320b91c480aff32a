"""ImageFile: a File that knows its width and height (needs Pillow)."""

from __future__ import annotations

import os
import struct
import zlib
from typing import Any

from offbeat.core.files import File


class ImageFile(File):
    """A File with ``width`` and ``height``, None where they cannot be told."""

    @property
    def width(self) -> int | None:
        return self._get_image_dimensions()[0]

    @property
    def height(self) -> int | None:
        return self._get_image_dimensions()[1]

    def _get_image_dimensions(self) -> tuple[int | None, int | None]:
        if not hasattr(self, "_dimensions_cache"):
            close = self.closed
            self.open()
            self._dimensions_cache = get_image_dimensions(self, close=close)
        return self._dimensions_cache


def get_image_dimensions(file_or_path: Any, close: bool = False) -> tuple[int | None, int | None]:
    """(width, height) of an image, reading no more of it than needed; (None, None) if it is none."""
    from PIL import ImageFile as PillowImageFile

    parser = PillowImageFile.Parser()
    position = None
    if hasattr(file_or_path, "read"):
        file = file_or_path
        position = file.tell()
        file.seek(0)
    else:
        try:
            file = open(file_or_path, "rb")  # noqa: SIM115
        except OSError:
            return (None, None)
        close = True
    try:
        return _measure(parser, file)
    finally:
        if close:
            file.close()
        elif position is not None:
            file.seek(position, os.SEEK_SET)


def _measure(parser: Any, file: Any) -> tuple[int | None, int | None]:
    # Most headers fit into the first kilobyte; when not, the pieces grow.
    size = 1024
    while data := file.read(size):
        try:
            parser.feed(data)
        except (zlib.error, struct.error, ValueError) as error:
            # A truncated PNG or WebP says so in these ways; more data may help.
            if isinstance(error, zlib.error) and error.args[0].startswith("Error -5"):
                pass
            elif isinstance(error, zlib.error):
                raise
        except RuntimeError:
            # Not enough data for a WebP header yet.
            pass
        if parser.image:
            return parser.image.size  # type: ignore[no-any-return]
        size *= 2
    return (None, None)
