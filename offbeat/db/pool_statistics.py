"""What a pool of connections tells of itself."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["PoolStatistics"]


@dataclass(frozen=True, slots=True)
class PoolStatistics:
    """What a pool of connections has at this moment (the first five), and what it has seen since it was made."""

    size: int
    open: int
    idle: int
    busy: int
    waiting: int
    opened: int
    closed: int
    waits: int
    timeouts: int
    longest_wait: float
