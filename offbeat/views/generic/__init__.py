"""Class-based generic views (Django documentation: ref/class-based-views)."""

from __future__ import annotations

from offbeat.views.generic.base import RedirectView, TemplateView, View
from offbeat.views.generic.dates import (
    ArchiveIndexView,
    DateDetailView,
    DayArchiveView,
    MonthArchiveView,
    TodayArchiveView,
    WeekArchiveView,
    YearArchiveView,
)
from offbeat.views.generic.detail import DetailView
from offbeat.views.generic.edit import CreateView, DeleteView, FormView, UpdateView
from offbeat.views.generic.list import ListView

__all__ = [
    "ArchiveIndexView",
    "CreateView",
    "DateDetailView",
    "DayArchiveView",
    "DeleteView",
    "DetailView",
    "FormView",
    "GenericViewError",
    "ListView",
    "MonthArchiveView",
    "RedirectView",
    "TemplateView",
    "TodayArchiveView",
    "UpdateView",
    "View",
    "WeekArchiveView",
    "YearArchiveView",
]


class GenericViewError(Exception):
    """A problem in a generic view."""
