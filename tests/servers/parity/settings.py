"""Settings of the site."""

from __future__ import annotations

SECRET_KEY = "parity"
DEBUG = False
ALLOWED_HOSTS = ["site.example", ".sub.example", "[::1]"]
ROOT_URLCONF = "tests.servers.parity.urls"
INSTALLED_APPS: list[str] = []
MIDDLEWARE = [
    "tests.servers.parity.urls.signed",
    "offbeat.middleware.security.SecurityMiddleware",
    "offbeat.middleware.gzip.GZipMiddleware",
    "offbeat.middleware.http.ConditionalGetMiddleware",
    "offbeat.middleware.common.CommonMiddleware",
    "offbeat.middleware.csrf.CsrfViewMiddleware",
    "offbeat.middleware.clickjacking.XFrameOptionsMiddleware",
]
DATA_UPLOAD_MAX_MEMORY_SIZE = 20_000
DATA_UPLOAD_MAX_NUMBER_FIELDS = 50
DATA_UPLOAD_MAX_NUMBER_FILES = 5
FILE_UPLOAD_MAX_MEMORY_SIZE = 1_000
DISALLOWED_USER_AGENTS: list[object] = []
LOGGING_CONFIG = None
USE_I18N = False
