"""Locks on files: ``lock(f, LOCK_EX)``, ``unlock(f)``; both say whether it worked.

POSIX ``flock``; where that is missing, nothing is locked and ``lock()`` says False.
"""

from __future__ import annotations

from typing import Any

__all__ = ("LOCK_EX", "LOCK_NB", "LOCK_SH", "lock", "unlock")

try:
    import fcntl
except ImportError:
    LOCK_EX = LOCK_SH = LOCK_NB = 0

    def lock(f: Any, flags: int) -> bool:
        """False: this system has no such locks."""
        return False

    def unlock(f: Any) -> bool:
        """True: nothing is locked."""
        return True
else:
    LOCK_EX = fcntl.LOCK_EX
    LOCK_SH = fcntl.LOCK_SH
    LOCK_NB = fcntl.LOCK_NB

    def lock(f: Any, flags: int) -> bool:
        """Lock a file object or descriptor; False if it is locked by another."""
        try:
            fcntl.flock(_descriptor(f), flags)
        except BlockingIOError:
            return False
        return True

    def unlock(f: Any) -> bool:
        """Release the lock."""
        fcntl.flock(_descriptor(f), fcntl.LOCK_UN)
        return True


def _descriptor(f: Any) -> int:
    return int(f.fileno() if hasattr(f, "fileno") else f)
