"""URLs of the clinic."""

from offbeat.contrib.auth.views import LoginView, LogoutView
from offbeat.contrib.staticfiles.urls import staticfiles_urlpatterns
from offbeat.urls import include, path

urlpatterns = [
    path("accounts/login/", LoginView.as_view(redirect_authenticated_user=True), name="login"),
    path("accounts/logout/", LogoutView.as_view(), name="logout"),
    path("api/", include("wards.api_urls")),
    path("", include("wards.urls")),
    # In debug mode only; in production a web server serves them.
    *staticfiles_urlpatterns(),
]
