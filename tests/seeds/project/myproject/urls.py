from django.urls import path
from myapp import views

urlpatterns = [
    path("", views.status),
    path("sync/", views.counted),
    path("me/", views.me),
    path("broken-if-blocking/", views.naps),
]
