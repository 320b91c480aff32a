"""A URLconf that is found by its dotted name."""

from __future__ import annotations

from offbeat.urls import path

from .test_resolving import view

urlpatterns = [path("later/", view, name="later")]
