"""What templates need not ask for an item by name."""

from __future__ import annotations

from offbeat.utils.safestring import SafeString

__all__ = ["INDEX_ONLY"]

# Types whose __getitem__ takes no names: asking it would only raise an error each time.
INDEX_ONLY: set[type] = {list, tuple, str, SafeString}
