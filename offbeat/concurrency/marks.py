"""What tells a coroutine function, in the standard library's or, where that has no mark yet, in asgiref's way."""

from __future__ import annotations

import sys

if sys.version_info >= (3, 12):
    # The same functions that asgiref names, without loading it.
    from inspect import iscoroutinefunction, markcoroutinefunction
else:
    from asgiref.sync import iscoroutinefunction, markcoroutinefunction

__all__ = ["iscoroutinefunction", "markcoroutinefunction"]
