"""Paths that stay where they should, and directories with exact modes."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from offbeat.core.exceptions import SuspiciousFileOperation


def safe_join(base: Any, *paths: Any) -> str:
    """The absolute path of ``paths`` below ``base``; SuspiciousFileOperation if it is elsewhere.

    Symbolic links are not followed.
    """
    base_path = os.path.abspath(base)
    final_path: str = os.path.abspath(os.path.join(base, *paths))
    # Case counts for nothing on some systems, and the separator keeps /base from holding /base-other.
    normal_base = os.path.normcase(base_path)
    normal_final = os.path.normcase(final_path)
    inside = normal_final.startswith(normal_base.rstrip(os.sep) + os.sep)
    if not inside and normal_final != normal_base:
        raise SuspiciousFileOperation(
            f"The joined path ({final_path}) is located outside of the base path component ({base_path})"
        )
    return final_path


def safe_makedirs(name: Any, mode: int = 0o777, exist_ok: bool = False) -> None:
    """Like ``os.makedirs()``, every new directory getting exactly ``mode``, whatever the process's umask is."""
    path = os.fspath(name)
    head, tail = os.path.split(path)
    if not tail:
        head, tail = os.path.split(head)
    if head and tail and not os.path.exists(head):
        safe_makedirs(head, mode, exist_ok=True)
        if tail == os.curdir:
            return
    try:
        # Private until it has its mode, so that nobody gets in between the two calls.
        os.mkdir(path, mode & 0o700)
    except OSError:
        if not exist_ok or not os.path.isdir(path):
            raise
        return
    os.chmod(path, mode)


def symlinks_supported() -> bool:
    """Whether symbolic links can be made here."""
    import tempfile

    with tempfile.TemporaryDirectory() as directory:
        original = os.path.join(directory, "original")
        link = os.path.join(directory, "symlink")
        os.makedirs(original)
        try:
            os.symlink(original, link)
        except (OSError, NotImplementedError):
            return False
        return True


def to_path(value: Any) -> Path:
    """A Path; TypeError for what is neither text nor a path."""
    if isinstance(value, Path):
        return value
    if not isinstance(value, str):
        raise TypeError(f"Invalid path type: {type(value).__name__}")
    return Path(value)
