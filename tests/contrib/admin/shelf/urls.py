from __future__ import annotations

from offbeat.contrib import admin
from offbeat.contrib.admin.views.decorators import staff_member_required
from offbeat.http import HttpResponse
from offbeat.urls import path


@staff_member_required
def staff_room(request):
    return HttpResponse("coffee")


urlpatterns = [
    path("admin/", admin.site.urls),
    path("staff/", staff_room),
]
