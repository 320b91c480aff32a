"""The default value of every setting (Django documentation: ref/settings).

Values only: nothing here may depend on another setting.
"""

from __future__ import annotations

from typing import Any


def gettext_noop(text: str) -> str:
    """Mark text for translation without importing the machinery for it."""
    return text


# Core
DEBUG = False
DEBUG_PROPAGATE_EXCEPTIONS = False
ADMINS: list[Any] = []
MANAGERS: list[Any] = []
INTERNAL_IPS: list[str] = []
ALLOWED_HOSTS: list[str] = []
INSTALLED_APPS: list[str] = []
SECRET_KEY = ""
SECRET_KEY_FALLBACKS: list[str] = []
DEFAULT_CHARSET = "utf-8"
APPEND_SLASH = True
PREPEND_WWW = False
FORCE_SCRIPT_NAME: str | None = None
DISALLOWED_USER_AGENTS: list[Any] = []
IGNORABLE_404_URLS: list[Any] = []
ABSOLUTE_URL_OVERRIDES: dict[str, Any] = {}
ROOT_URLCONF: Any
WSGI_APPLICATION: str | None = None
ASGI_APPLICATION: str | None = None
MIDDLEWARE: list[str] = []
SILENCED_SYSTEM_CHECKS: list[str] = []
TEST_RUNNER = "offbeat.test.runner.DiscoverRunner"
TEST_NON_SERIALIZED_APPS: list[str] = []
FIXTURE_DIRS: list[Any] = []
MIGRATION_MODULES: dict[str, Any] = {}
SERIALIZATION_MODULES: dict[str, str] = {}

# Where views written as plain functions run under ASGI: "threads", or "inline" in the request's bridge.
SYNC_VIEWS = "threads"
# With DEBUG, what blocks the event loop for longer than so many seconds is logged; None or 0 logs nothing.
LOOP_WATCHDOG: float | None = 0.1
# Whether JsonResponse uses orjson where it is installed.
USE_ORJSON = True
# False compiles every query anew, to rule the cache of query shapes out while debugging.
ORM_SHAPE_CACHE = True

# Language and time
TIME_ZONE: str | None = "America/Chicago"
USE_TZ = True
LANGUAGE_CODE = "en-us"
LANGUAGES = [
    ("af", gettext_noop("Afrikaans")),
    ("ar", gettext_noop("Arabic")),
    ("ar-dz", gettext_noop("Algerian Arabic")),
    ("ast", gettext_noop("Asturian")),
    ("az", gettext_noop("Azerbaijani")),
    ("bg", gettext_noop("Bulgarian")),
    ("be", gettext_noop("Belarusian")),
    ("bn", gettext_noop("Bengali")),
    ("br", gettext_noop("Breton")),
    ("bs", gettext_noop("Bosnian")),
    ("ca", gettext_noop("Catalan")),
    ("ckb", gettext_noop("Central Kurdish (Sorani)")),
    ("cs", gettext_noop("Czech")),
    ("cy", gettext_noop("Welsh")),
    ("da", gettext_noop("Danish")),
    ("de", gettext_noop("German")),
    ("dsb", gettext_noop("Lower Sorbian")),
    ("el", gettext_noop("Greek")),
    ("en", gettext_noop("English")),
    ("en-au", gettext_noop("Australian English")),
    ("en-gb", gettext_noop("British English")),
    ("eo", gettext_noop("Esperanto")),
    ("es", gettext_noop("Spanish")),
    ("es-ar", gettext_noop("Argentinian Spanish")),
    ("es-co", gettext_noop("Colombian Spanish")),
    ("es-mx", gettext_noop("Mexican Spanish")),
    ("es-ni", gettext_noop("Nicaraguan Spanish")),
    ("es-ve", gettext_noop("Venezuelan Spanish")),
    ("et", gettext_noop("Estonian")),
    ("eu", gettext_noop("Basque")),
    ("fa", gettext_noop("Persian")),
    ("fi", gettext_noop("Finnish")),
    ("fr", gettext_noop("French")),
    ("fy", gettext_noop("Frisian")),
    ("ga", gettext_noop("Irish")),
    ("gd", gettext_noop("Scottish Gaelic")),
    ("gl", gettext_noop("Galician")),
    ("he", gettext_noop("Hebrew")),
    ("hi", gettext_noop("Hindi")),
    ("hr", gettext_noop("Croatian")),
    ("hsb", gettext_noop("Upper Sorbian")),
    ("ht", gettext_noop("Haitian Creole")),
    ("hu", gettext_noop("Hungarian")),
    ("hy", gettext_noop("Armenian")),
    ("ia", gettext_noop("Interlingua")),
    ("id", gettext_noop("Indonesian")),
    ("ig", gettext_noop("Igbo")),
    ("io", gettext_noop("Ido")),
    ("is", gettext_noop("Icelandic")),
    ("it", gettext_noop("Italian")),
    ("ja", gettext_noop("Japanese")),
    ("ka", gettext_noop("Georgian")),
    ("kab", gettext_noop("Kabyle")),
    ("kk", gettext_noop("Kazakh")),
    ("km", gettext_noop("Khmer")),
    ("kn", gettext_noop("Kannada")),
    ("ko", gettext_noop("Korean")),
    ("ky", gettext_noop("Kyrgyz")),
    ("lb", gettext_noop("Luxembourgish")),
    ("lt", gettext_noop("Lithuanian")),
    ("lv", gettext_noop("Latvian")),
    ("mk", gettext_noop("Macedonian")),
    ("ml", gettext_noop("Malayalam")),
    ("mn", gettext_noop("Mongolian")),
    ("mr", gettext_noop("Marathi")),
    ("ms", gettext_noop("Malay")),
    ("my", gettext_noop("Burmese")),
    ("nb", gettext_noop("Norwegian Bokmål")),
    ("ne", gettext_noop("Nepali")),
    ("nl", gettext_noop("Dutch")),
    ("nn", gettext_noop("Norwegian Nynorsk")),
    ("os", gettext_noop("Ossetic")),
    ("pa", gettext_noop("Punjabi")),
    ("pl", gettext_noop("Polish")),
    ("pt", gettext_noop("Portuguese")),
    ("pt-br", gettext_noop("Brazilian Portuguese")),
    ("ro", gettext_noop("Romanian")),
    ("ru", gettext_noop("Russian")),
    ("sk", gettext_noop("Slovak")),
    ("sl", gettext_noop("Slovenian")),
    ("sq", gettext_noop("Albanian")),
    ("sr", gettext_noop("Serbian")),
    ("sr-latn", gettext_noop("Serbian Latin")),
    ("sv", gettext_noop("Swedish")),
    ("sw", gettext_noop("Swahili")),
    ("ta", gettext_noop("Tamil")),
    ("te", gettext_noop("Telugu")),
    ("tg", gettext_noop("Tajik")),
    ("th", gettext_noop("Thai")),
    ("tk", gettext_noop("Turkmen")),
    ("tr", gettext_noop("Turkish")),
    ("tt", gettext_noop("Tatar")),
    ("udm", gettext_noop("Udmurt")),
    ("ug", gettext_noop("Uyghur")),
    ("uk", gettext_noop("Ukrainian")),
    ("ur", gettext_noop("Urdu")),
    ("uz", gettext_noop("Uzbek")),
    ("vi", gettext_noop("Vietnamese")),
    ("zh-hans", gettext_noop("Simplified Chinese")),
    ("zh-hant", gettext_noop("Traditional Chinese")),
]
LANGUAGES_BIDI = ["he", "ar", "ar-dz", "ckb", "fa", "ug", "ur"]
USE_I18N = True
LOCALE_PATHS: list[Any] = []
LANGUAGE_COOKIE_NAME = "django_language"
LANGUAGE_COOKIE_AGE: int | None = None
LANGUAGE_COOKIE_DOMAIN: str | None = None
LANGUAGE_COOKIE_PATH = "/"
LANGUAGE_COOKIE_SECURE = False
LANGUAGE_COOKIE_HTTPONLY = False
LANGUAGE_COOKIE_SAMESITE: str | None = None
FORMAT_MODULE_PATH: Any = None
DATE_FORMAT = "N j, Y"
DATETIME_FORMAT = "N j, Y, P"
TIME_FORMAT = "P"
YEAR_MONTH_FORMAT = "F Y"
MONTH_DAY_FORMAT = "F j"
SHORT_DATE_FORMAT = "m/d/Y"
SHORT_DATETIME_FORMAT = "m/d/Y P"
DATE_INPUT_FORMATS = [
    "%Y-%m-%d",
    "%m/%d/%Y",
    "%m/%d/%y",
    "%b %d %Y",
    "%b %d, %Y",
    "%d %b %Y",
    "%d %b, %Y",
    "%B %d %Y",
    "%B %d, %Y",
    "%d %B %Y",
    "%d %B, %Y",
]
TIME_INPUT_FORMATS = ["%H:%M:%S", "%H:%M:%S.%f", "%H:%M"]
DATETIME_INPUT_FORMATS = [
    f"{date} {time}"
    for date in ("%Y-%m-%d", "%m/%d/%Y", "%m/%d/%y")
    for time in ("%H:%M:%S", "%H:%M:%S.%f", "%H:%M")
]
FIRST_DAY_OF_WEEK = 0
DECIMAL_SEPARATOR = "."
USE_THOUSAND_SEPARATOR = False
NUMBER_GROUPING = 0
THOUSAND_SEPARATOR = ","

# Databases
DATABASES: dict[str, Any] = {}
DATABASE_ROUTERS: list[Any] = []
DEFAULT_AUTO_FIELD = "offbeat.db.models.BigAutoField"
DEFAULT_TABLESPACE = ""
DEFAULT_INDEX_TABLESPACE = ""

# Mail
EMAIL_BACKEND = "offbeat.core.mail.backends.smtp.EmailBackend"
EMAIL_HOST = "localhost"
EMAIL_PORT = 25
EMAIL_USE_LOCALTIME = False
EMAIL_HOST_USER = ""
EMAIL_HOST_PASSWORD = ""
EMAIL_USE_TLS = False
EMAIL_USE_SSL = False
EMAIL_SSL_CERTFILE: str | None = None
EMAIL_SSL_KEYFILE: str | None = None
EMAIL_TIMEOUT: float | None = None
EMAIL_SUBJECT_PREFIX = "[Django] "
DEFAULT_FROM_EMAIL = "webmaster@localhost"
SERVER_EMAIL = "root@localhost"

# Templates and forms
TEMPLATES: list[Any] = []
# True: the empty choice of a select box is "---------", as it used to be.
USE_BLANK_CHOICE_DASH = False
URLIZE_ASSUME_HTTPS = False

FORM_RENDERER = "offbeat.forms.renderers.DjangoTemplates"

# Files and uploads
DEFAULT_FILE_STORAGE_ALIAS = "default"
STORAGES: dict[str, Any] = {
    "default": {"BACKEND": "offbeat.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "offbeat.contrib.staticfiles.storage.StaticFilesStorage"},
}
MEDIA_ROOT = ""
MEDIA_URL = ""
STATIC_ROOT: Any = None
STATIC_URL: str | None = None
STATICFILES_DIRS: list[Any] = []
STATICFILES_FINDERS = [
    "offbeat.contrib.staticfiles.finders.FileSystemFinder",
    "offbeat.contrib.staticfiles.finders.AppDirectoriesFinder",
]
FILE_UPLOAD_HANDLERS = [
    "offbeat.core.files.uploadhandler.MemoryFileUploadHandler",
    "offbeat.core.files.uploadhandler.TemporaryFileUploadHandler",
]
FILE_UPLOAD_MAX_MEMORY_SIZE = 2621440
DATA_UPLOAD_MAX_MEMORY_SIZE: int | None = 2621440
DATA_UPLOAD_MAX_NUMBER_FIELDS: int | None = 1000
DATA_UPLOAD_MAX_NUMBER_FILES: int | None = 100
FILE_UPLOAD_TEMP_DIR: str | None = None
FILE_UPLOAD_PERMISSIONS: int | None = 0o644
FILE_UPLOAD_DIRECTORY_PERMISSIONS: int | None = None

# HTTP and its security
USE_X_FORWARDED_HOST = False
USE_X_FORWARDED_PORT = False
SECURE_PROXY_SSL_HEADER: tuple[str, str] | None = None
X_FRAME_OPTIONS = "DENY"
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_CROSS_ORIGIN_OPENER_POLICY: str | None = "same-origin"
SECURE_CSP: dict[str, Any] = {}
SECURE_CSP_REPORT_ONLY: dict[str, Any] = {}
SECURE_HSTS_INCLUDE_SUBDOMAINS = False
SECURE_HSTS_PRELOAD = False
SECURE_HSTS_SECONDS = 0
SECURE_REDIRECT_EXEMPT: list[str] = []
SECURE_REFERRER_POLICY: Any = "same-origin"
SECURE_SSL_HOST: str | None = None
SECURE_SSL_REDIRECT = False
CSRF_FAILURE_VIEW = "offbeat.views.csrf.csrf_failure"
CSRF_COOKIE_NAME = "csrftoken"
CSRF_COOKIE_AGE: int | None = 60 * 60 * 24 * 7 * 52
CSRF_COOKIE_DOMAIN: str | None = None
CSRF_COOKIE_PATH = "/"
CSRF_COOKIE_SECURE = False
CSRF_COOKIE_HTTPONLY = False
CSRF_COOKIE_SAMESITE = "Lax"
CSRF_HEADER_NAME = "HTTP_X_CSRFTOKEN"
CSRF_TRUSTED_ORIGINS: list[str] = []
CSRF_USE_SESSIONS = False
SIGNING_BACKEND = "offbeat.core.signing.TimestampSigner"
# Whether cookies that were signed under the older, ambiguous salt still pass.
SIGNED_COOKIE_LEGACY_SALT_FALLBACK = False

# Cache, sessions, messages
CACHES: dict[str, Any] = {"default": {"BACKEND": "offbeat.core.cache.backends.locmem.LocMemCache"}}
CACHE_MIDDLEWARE_KEY_PREFIX = ""
CACHE_MIDDLEWARE_SECONDS = 600
CACHE_MIDDLEWARE_ALIAS = "default"
SESSION_CACHE_ALIAS = "default"
SESSION_COOKIE_NAME = "sessionid"
SESSION_COOKIE_AGE = 60 * 60 * 24 * 7 * 2
SESSION_COOKIE_DOMAIN: str | None = None
SESSION_COOKIE_SECURE = False
SESSION_COOKIE_PATH = "/"
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_SAVE_EVERY_REQUEST = False
SESSION_EXPIRE_AT_BROWSER_CLOSE = False
SESSION_ENGINE = "offbeat.contrib.sessions.backends.db"
SESSION_FILE_PATH: str | None = None
SESSION_SERIALIZER = "offbeat.contrib.sessions.serializers.JSONSerializer"
MESSAGE_STORAGE = "offbeat.contrib.messages.storage.fallback.FallbackStorage"

# Authentication
AUTH_USER_MODEL = "auth.User"
AUTHENTICATION_BACKENDS = ["offbeat.contrib.auth.backends.ModelBackend"]
LOGIN_URL = "/accounts/login/"
LOGIN_REDIRECT_URL = "/accounts/profile/"
LOGOUT_REDIRECT_URL: str | None = None
PASSWORD_RESET_TIMEOUT = 60 * 60 * 24 * 3
PASSWORD_HASHERS = [
    "offbeat.contrib.auth.hashers.PBKDF2PasswordHasher",
    "offbeat.contrib.auth.hashers.PBKDF2SHA1PasswordHasher",
    "offbeat.contrib.auth.hashers.Argon2PasswordHasher",
    "offbeat.contrib.auth.hashers.BCryptSHA256PasswordHasher",
    "offbeat.contrib.auth.hashers.ScryptPasswordHasher",
]
AUTH_PASSWORD_VALIDATORS: list[Any] = []

# Logging and errors
LOGGING_CONFIG: str | None = "logging.config.dictConfig"
LOGGING: dict[str, Any] = {}
DEFAULT_EXCEPTION_REPORTER = "offbeat.views.debug.ExceptionReporter"
DEFAULT_EXCEPTION_REPORTER_FILTER = "offbeat.views.debug.SafeExceptionReporterFilter"

# Real time
CHANNEL_LAYERS: dict[str, Any] = {}
