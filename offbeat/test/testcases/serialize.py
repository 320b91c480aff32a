"""Tests which must not run at the same time, in different processes."""

from __future__ import annotations

import unittest
from typing import Any

from offbeat.core.files import locks

__all__ = ["SerializeMixin"]


class SerializeMixin(unittest.TestCase):
    """Classes with the same ``lockfile`` (an existing file's path) run one after the other. Put it first."""

    lockfile: Any = None
    _lockfile: Any

    def __init_subclass__(cls, /, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        if cls.lockfile is None:
            raise ValueError(
                f"{cls.__name__}.lockfile isn't set. Set it to a unique value in the base class."
            )

    @classmethod
    def setUpClass(cls) -> None:
        cls._lockfile = cls.enterClassContext(open(cls.lockfile))
        locks.lock(cls._lockfile, locks.LOCK_EX)
        super().setUpClass()
