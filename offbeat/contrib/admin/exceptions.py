"""What the admin refuses."""

from __future__ import annotations

from offbeat.core.exceptions import SuspiciousOperation

__all__ = [
    "AlreadyRegistered",
    "DisallowedModelAdminLookup",
    "DisallowedModelAdminToField",
    "IncorrectLookupParameters",
    "NotRegistered",
]


class DisallowedModelAdminLookup(SuspiciousOperation):
    """A filter in the URL that the ModelAdmin does not allow."""


class DisallowedModelAdminToField(SuspiciousOperation):
    """A ``_to_field`` that no registered model refers to."""


class AlreadyRegistered(Exception):
    """The model is registered with the site."""


class NotRegistered(Exception):
    """The model is not registered with the site."""


class IncorrectLookupParameters(Exception):
    """The URL of a list filters by what cannot be filtered by."""
