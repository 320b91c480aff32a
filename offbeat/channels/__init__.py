"""Real time: consumers, routing and channel layers (Channels documentation 4.3)."""

from __future__ import annotations

__version__ = "4.3.2"

DEFAULT_CHANNEL_LAYER = "default"

__all__ = ["DEFAULT_CHANNEL_LAYER", "__version__"]
