"""The backend for templates in Django's language, under the name of this package."""

from __future__ import annotations

from offbeat.template.backends.django import DjangoTemplates, Template

__all__ = ["DjangoTemplates", "Template"]
