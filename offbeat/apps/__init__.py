"""Installed applications (Django documentation: ref/applications)."""

from __future__ import annotations

from offbeat.apps.config import AppConfig
from offbeat.apps.registry import apps

__all__ = ["AppConfig", "apps"]
