"""Settings of the clinic: everything on one machine, on SQLite."""

import os
from pathlib import Path

BASE_DIR = Path(__file__).resolve().parent.parent

# For the demonstration only; a real clinic sets its own.
SECRET_KEY = os.environ.get("CLINIC_SECRET_KEY", "insecure-demonstration-key")
DEBUG = os.environ.get("CLINIC_DEBUG", "1") == "1"
ALLOWED_HOSTS = os.environ.get("CLINIC_HOSTS", "127.0.0.1,localhost,[::1]").split(",")

INSTALLED_APPS = [
    "offbeat.contrib.auth",
    "offbeat.contrib.contenttypes",
    "offbeat.contrib.sessions",
    "offbeat.contrib.messages",
    "offbeat.contrib.staticfiles",
    "offbeat.channels",
    "wards",
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

ROOT_URLCONF = "clinic.urls"
ASGI_APPLICATION = "clinic.asgi.application"
WSGI_APPLICATION = "clinic.wsgi.application"

TEMPLATES = [
    {
        "BACKEND": "offbeat.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "offbeat.template.context_processors.request",
                "offbeat.contrib.auth.context_processors.auth",
                "offbeat.contrib.messages.context_processors.messages",
            ],
        },
    },
]

DATABASES = {
    "default": {
        "ENGINE": "offbeat.db.backends.sqlite3",
        "NAME": os.environ.get("CLINIC_DATABASE", BASE_DIR / "clinic.sqlite3"),
        # A booking reads before it writes: taking the write lock at once keeps two of them apart.
        "OPTIONS": {"transaction_mode": "IMMEDIATE"},
    }
}
DEFAULT_AUTO_FIELD = "offbeat.db.models.BigAutoField"

CHANNEL_LAYERS = {"default": {"BACKEND": "offbeat.channels.layers.InMemoryChannelLayer"}}

AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "offbeat.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "offbeat.contrib.auth.password_validation.MinimumLengthValidator"},
    {"NAME": "offbeat.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "offbeat.contrib.auth.password_validation.NumericPasswordValidator"},
]
LOGIN_URL = "login"
LOGIN_REDIRECT_URL = "dashboard"
LOGOUT_REDIRECT_URL = "login"

LANGUAGE_CODE = "en-us"
TIME_ZONE = "UTC"
USE_I18N = True
USE_TZ = True

STATIC_URL = "static/"

# The laboratory is somebody else's service, reached over HTTP.
LAB_URL = os.environ.get("CLINIC_LAB_URL", "http://127.0.0.1:8001")
LAB_TIMEOUT = 2.0
