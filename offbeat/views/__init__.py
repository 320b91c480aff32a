"""Views: the generic ones and the framework's own pages."""

from __future__ import annotations

from offbeat.views.view import View

__all__ = ["View"]
