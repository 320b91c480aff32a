"""URLs of the pages."""

from offbeat.urls import path
from wards import views

urlpatterns = [
    path("", views.home, name="home"),
    path("dashboard/", views.dashboard, name="dashboard"),
    path("patients/", views.patients, name="patients"),
    path("appointments/", views.appointments, name="appointments"),
    path("appointments/book/", views.book, name="book"),
    path("appointments/<int:pk>/cancel/", views.cancel, name="cancel"),
    path("wards/<slug:slug>/", views.ward, name="ward"),
    path("wards/<slug:slug>/vitals/", views.ward_vitals, name="ward_vitals"),
]
