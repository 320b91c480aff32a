"""Settings and URLs of a site as ``startproject`` makes it, without the admin."""

from __future__ import annotations

from offbeat.http import HttpResponse
from offbeat.urls import path

SECRET_KEY = "small"
ALLOWED_HOSTS = ["*"]
ROOT_URLCONF = "small_site"
INSTALLED_APPS = [
    "offbeat.contrib.auth",
    "offbeat.contrib.contenttypes",
    "offbeat.contrib.sessions",
    "offbeat.contrib.messages",
    "offbeat.contrib.staticfiles",
]
MIDDLEWARE = [
    "offbeat.middleware.security.SecurityMiddleware",
    "offbeat.contrib.sessions.middleware.SessionMiddleware",
    "offbeat.middleware.common.CommonMiddleware",
    "offbeat.middleware.csrf.CsrfViewMiddleware",
    "offbeat.contrib.auth.middleware.AuthenticationMiddleware",
    "offbeat.contrib.messages.middleware.MessageMiddleware",
    "offbeat.middleware.clickjacking.XFrameOptionsMiddleware",
]
TEMPLATES = [{"BACKEND": "offbeat.template.backends.django.DjangoTemplates", "APP_DIRS": True}]
DATABASES = {"default": {"ENGINE": "offbeat.db.backends.sqlite3", "NAME": ":memory:"}}
STATIC_URL = "static/"


async def hello(request):
    return HttpResponse("Hello")


urlpatterns = [path("", hello)]
