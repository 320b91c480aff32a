"""Settings of the test suite; each room's models live in an application of its own."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

ROOT = Path(__file__).parent

SECRET_KEY = "a key for tests only"
DEBUG = False
ALLOWED_HOSTS = ["testserver", "localhost", "127.0.0.1"]
USE_TZ = True
TIME_ZONE = "UTC"
ROOT_URLCONF = "tests.urls_empty"
DEFAULT_AUTO_FIELD = "offbeat.db.models.BigAutoField"

DATABASES = {
    "default": {"ENGINE": "offbeat.db.backends.sqlite3", "NAME": ":memory:"},
    "other": {"ENGINE": "offbeat.db.backends.sqlite3", "NAME": ":memory:"},
}

INSTALLED_APPS = [
    "offbeat.contrib.contenttypes",
    "offbeat.contrib.auth",
    "offbeat.contrib.sessions",
    "offbeat.contrib.messages",
    "offbeat.contrib.staticfiles",
    *sorted(f"tests.{path.parent.name}" for path in ROOT.glob("*/models.py")),
]

MIDDLEWARE: list[str] = []
TEMPLATES = [{"BACKEND": "offbeat.template.backends.django.DjangoTemplates", "APP_DIRS": True, "OPTIONS": {}}]
STATIC_URL = "/static/"
MEDIA_ROOT = os.path.join(tempfile.gettempdir(), "offbeat-tests-media")
PASSWORD_HASHERS = [
    "offbeat.contrib.auth.hashers.PBKDF2PasswordHasher",
    "offbeat.contrib.auth.hashers.MD5PasswordHasher",
]
LOGGING_CONFIG = None
