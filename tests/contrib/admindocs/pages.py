from __future__ import annotations

from offbeat.contrib import admin
from offbeat.http import HttpResponse
from offbeat.urls import include, path
from offbeat.views.generic import View


def zoo(request, pk):
    """
    Show an animal.

    With its *friends*, see :model:`auth.User`.

    Context: the animal
    """
    return HttpResponse("zoo")


class Cage(View):
    """A cage."""

    def get(self, request):
        return HttpResponse("cage")


urlpatterns = [
    path("admin/doc/", include("offbeat.contrib.admindocs.urls")),
    path("admin/", admin.site.urls),
    path("zoo/<int:pk>/", zoo, name="zoo"),
    path("park/", include(([path("cage/", Cage.as_view(), name="cage")], "park"))),
]
