"""URLs of the JSON API."""

from offbeat.urls import path
from wards import api

urlpatterns = [
    path("appointments/", api.AppointmentList.as_view(), name="api-appointments"),
    path("appointments/<int:pk>/", api.AppointmentDetail.as_view(), name="api-appointment"),
]
