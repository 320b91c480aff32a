"""Only the admin."""

from __future__ import annotations

from offbeat.contrib import admin
from offbeat.urls import path

urlpatterns = [path("admin/", admin.site.urls)]
