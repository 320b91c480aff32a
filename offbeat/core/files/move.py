"""Moving a file, also between file systems."""

from __future__ import annotations

import os
from shutil import copymode, copystat

from offbeat.core.files import locks

__all__ = ["file_move_safe"]


def file_move_safe(
    old_file_name: str, new_file_name: str, chunk_size: int = 1024 * 64, allow_overwrite: bool = False
) -> None:
    """Move a file: renamed where possible, copied under a lock otherwise.

    FileExistsError if the target is there and ``allow_overwrite`` is not set.
    """
    try:
        if os.path.samefile(old_file_name, new_file_name):
            return
    except OSError:
        pass
    if not allow_overwrite and os.access(new_file_name, os.F_OK):
        raise FileExistsError(f"Destination file {new_file_name} exists and allow_overwrite is False.")
    try:
        os.rename(old_file_name, new_file_name)
        return
    except OSError:
        # Across file systems a file can only be copied.
        pass
    with open(old_file_name, "rb") as old_file:
        flags = os.O_WRONLY | os.O_CREAT | getattr(os, "O_BINARY", 0)
        flags |= os.O_TRUNC if allow_overwrite else os.O_EXCL
        descriptor = os.open(new_file_name, flags)
        try:
            locks.lock(descriptor, locks.LOCK_EX)
            while chunk := old_file.read(chunk_size):
                os.write(descriptor, chunk)
        finally:
            locks.unlock(descriptor)
            os.close(descriptor)
    try:
        copystat(old_file_name, new_file_name)
    except PermissionError:
        # Some mounts refuse times and flags; the mode alone may still be set.
        try:
            copymode(old_file_name, new_file_name)
        except PermissionError:
            pass
    os.remove(old_file_name)
