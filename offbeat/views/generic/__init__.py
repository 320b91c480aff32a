"""Class-based generic views (Django documentation: ref/class-based-views)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from offbeat.utils.lazy_names import lazy_names

if TYPE_CHECKING:
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
else:
    __getattr__, __dir__ = lazy_names(
        __name__,
        {
            "offbeat.views.generic.base": (
                "RedirectView",
                "TemplateView",
                "View",
            ),
            "offbeat.views.generic.dates": (
                "ArchiveIndexView",
                "DateDetailView",
                "DayArchiveView",
                "MonthArchiveView",
                "TodayArchiveView",
                "WeekArchiveView",
                "YearArchiveView",
            ),
            "offbeat.views.generic.detail": ("DetailView",),
            "offbeat.views.generic.edit": (
                "CreateView",
                "DeleteView",
                "FormView",
                "UpdateView",
            ),
            "offbeat.views.generic.list": ("ListView",),
        },
    )


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
