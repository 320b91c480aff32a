"""Keys of cached template fragments."""

from __future__ import annotations

from collections.abc import Iterable
from hashlib import md5
from typing import Any

__all__ = ["TEMPLATE_FRAGMENT_KEY_TEMPLATE", "make_template_fragment_key"]

TEMPLATE_FRAGMENT_KEY_TEMPLATE = "template.cache.%s.%s"


def make_template_fragment_key(fragment_name: str, vary_on: Iterable[Any] | None = None) -> str:
    """The key of a fragment that ``{% cache %}`` keeps for the given arguments."""
    digest = md5(usedforsecurity=False)
    for argument in vary_on or ():
        # Netstrings keep one argument from running into the next.
        raw = str(argument).encode()
        digest.update(b"%d:%b," % (len(raw), raw))
    return TEMPLATE_FRAGMENT_KEY_TEMPLATE % (fragment_name, digest.hexdigest())
