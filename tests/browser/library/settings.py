"""Settings of a server process that the browser tests start."""

from __future__ import annotations

import os
from pathlib import Path

SECRET_KEY = "only for the browser tests"
DEBUG = True
ALLOWED_HOSTS = ["127.0.0.1", "localhost"]
ROOT_URLCONF = "tests.browser.library.urls"
DATABASES = {"default": {"ENGINE": "offbeat.db.backends.sqlite3", "NAME": os.environ["LIBRARY_DATABASE"]}}
MEDIA_ROOT = Path(os.environ["LIBRARY_DATABASE"]).parent / "media"
DEFAULT_AUTO_FIELD = "offbeat.db.models.BigAutoField"
PASSWORD_HASHERS = ["offbeat.contrib.auth.hashers.MD5PasswordHasher"]
STATIC_URL = "/static/"
USE_TZ = True
LANGUAGE_CODE = "en-us"
INSTALLED_APPS = [
    "offbeat.contrib.admin",
    "offbeat.contrib.auth",
    "offbeat.contrib.contenttypes",
    "offbeat.contrib.sessions",
    "offbeat.contrib.messages",
    "offbeat.contrib.staticfiles",
    "tests.browser.library",
]
MIDDLEWARE = [
    "offbeat.middleware.security.SecurityMiddleware",
    "offbeat.contrib.sessions.middleware.SessionMiddleware",
    "offbeat.middleware.common.CommonMiddleware",
    "offbeat.middleware.csrf.CsrfViewMiddleware",
    "offbeat.contrib.auth.middleware.AuthenticationMiddleware",
    "offbeat.contrib.messages.middleware.MessageMiddleware",
    "offbeat.middleware.csp.ContentSecurityPolicyMiddleware",
]
# No inline script, no inline style, nothing from elsewhere: the admin's pages must live with it.
SECURE_CSP = {"default-src": ["'self'"], "object-src": ["'none'"], "base-uri": ["'none'"]}
TEMPLATES = [
    {
        "BACKEND": "offbeat.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "offbeat.template.context_processors.request",
                "offbeat.contrib.auth.context_processors.auth",
                "offbeat.contrib.messages.context_processors.messages",
            ]
        },
    }
]
