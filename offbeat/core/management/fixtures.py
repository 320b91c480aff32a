"""Finding fixtures, and opening compressed ones."""

from __future__ import annotations

import functools
import glob
import gzip
import os
import zipfile
from collections.abc import Callable
from itertools import product
from typing import Any

from offbeat.apps import apps
from offbeat.conf import settings
from offbeat.core.exceptions import ImproperlyConfigured
from offbeat.core.management.base import CommandError

STDIN = "-"
COMPRESSIONS = ("gz", "zip", "bz2", "lzma", "xz")


class SingleZipReader(zipfile.ZipFile):
    """A zip archive that holds one file, to be read like that file; ValueError for more."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self._member: Any = None
        super().__init__(*args, **kwargs)
        if len(self.namelist()) != 1:
            self.close()
            raise ValueError("Zip-compressed fixtures must contain one file.")

    def read(self, *args: Any, **kwargs: Any) -> bytes:
        """Read from the only file."""
        return bytes(self._open_member().read(*(arg for arg in args if isinstance(arg, int))))

    def __iter__(self) -> Any:
        return iter(self._open_member())

    def close(self) -> None:
        """Close the file and the archive."""
        if self._member is not None:
            self._member.close()
        super().close()

    def _open_member(self) -> Any:
        if self._member is None:
            self._member = self.open(self.namelist()[0])
        return self._member


def readers() -> dict[Any, Any]:
    """``{suffix: (open method, mode)}`` of what this Python can read."""
    found: dict[Any, Any] = {None: (open, "rb"), "gz": (gzip.GzipFile, "rb"), "zip": (SingleZipReader, "r")}
    try:
        import bz2
    except ImportError:
        pass
    else:
        found["bz2"] = (bz2.BZ2File, "r")
    try:
        import lzma
    except ImportError:
        pass
    else:
        found["lzma"] = found["xz"] = (lzma.LZMAFile, "r")
    return found


def described(directory: str | None) -> str:
    """How messages name a directory; None stands for standard input."""
    return f"'{directory}'" if directory else "absolute path"


class FixtureFinder:
    """Finds the files of fixture labels.

    ``say(verbosity level, text)`` reports the search. ``app_label`` limits it to one of the applications.
    """

    def __init__(
        self,
        using: str,
        formats: list[str],
        compressions: dict[Any, Any],
        app_label: str | None,
        say: Callable[[int, str], None],
    ) -> None:
        self.using = using
        self.formats = formats
        self.compressions = compressions
        self.app_label = app_label
        self.say = say
        self._found: dict[str, list[tuple[str, Any, str]]] = {}

    def find(self, label: str) -> list[tuple[str, Any, str]]:
        """``(path, directory, fixture name)`` of each file of the label; CommandError without any."""
        if label == STDIN:
            return [(STDIN, None, STDIN)]
        if label not in self._found:
            self._found[label] = self._find(label)
        return self._found[label]

    def _find(self, label: str) -> list[tuple[str, Any, str]]:
        name, format, compression = self.parse_name(label)
        self.say(2, f"Loading '{name}' fixtures...")
        if os.path.isabs(name):
            directories = [os.path.dirname(name)]
            name = os.path.basename(name)
        else:
            directories = self.directories
            if os.path.sep in os.path.normpath(name):
                directories = [os.path.join(d, os.path.dirname(name)) for d in directories]
                name = os.path.basename(name)
        candidates = self._names(name, format, compression)
        files: list[tuple[str, Any, str]] = []
        for directory in directories:
            shown = described(directory)
            self.say(2, f"Checking {shown} for fixtures...")
            here = self._in_directory(directory, name, candidates)
            if not here:
                self.say(2, f"No fixture '{name}' in {shown}.")
            if len(here) > 1:
                raise CommandError(f"Multiple fixtures named '{name}' in {shown}. Aborting.")
            files.extend(here)
        if not files:
            raise CommandError(f"No fixture named '{name}' found.")
        return files

    def _names(self, name: str, format: Any, compression: Any) -> set[str]:
        bases = [name, f"{name}.{self.using}"]
        formats = [format] if format else self.formats
        compressions = [compression] if compression else list(self.compressions)
        return {".".join(part for part in parts if part) for parts in product(bases, formats, compressions)}

    @staticmethod
    def _in_directory(directory: Any, name: str, candidates: set[str]) -> list[tuple[str, Any, str]]:
        pattern = os.path.join(glob.escape(os.fspath(directory)), glob.escape(name) + "*")
        return [
            (path, directory, name)
            for path in sorted(glob.iglob(pattern))
            if os.path.basename(path) in candidates
        ]

    @functools.cached_property
    def directories(self) -> list[Any]:
        """The fixtures directories of applications, those of FIXTURE_DIRS, the current one; ImproperlyConfigured."""
        extra = settings.FIXTURE_DIRS
        if len({os.path.realpath(d) for d in extra}) != len(extra):
            raise ImproperlyConfigured("settings.FIXTURE_DIRS contains duplicates.")
        found: list[Any] = []
        for config in apps.get_app_configs():
            directory = os.path.join(config.path, "fixtures")
            if directory in [str(d) for d in extra]:
                raise ImproperlyConfigured(
                    f"'{directory}' is a default fixture directory for the '{config.label}' app and cannot be "
                    "listed in settings.FIXTURE_DIRS."
                )
            if self.app_label and config.label != self.app_label:
                continue
            if os.path.isdir(directory):
                found.append(directory)
        found.extend(extra)
        found.append("")
        return [os.path.realpath(d) for d in found]

    def parse_name(self, label: str, format: str | None = None) -> tuple[str, str | None, str | None]:
        """``(name, format, compression)`` of a label or path; CommandError for an unknown format."""
        parts = label.rsplit(".", 2)
        compression = None
        if len(parts) > 1 and parts[-1] in self.compressions:
            compression = parts.pop()
        found = format
        if len(parts) > 1:
            if parts[-1] in self.formats:
                found = parts.pop()
            elif os.path.sep not in parts[-1]:
                raise CommandError(
                    f"Problem installing fixture '{'.'.join(parts[:-1])}': {parts[-1]} is not a known serialization format."
                )
        return ".".join(parts), found, compression
