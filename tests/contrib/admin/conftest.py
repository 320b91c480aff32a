from __future__ import annotations

import pytest

from offbeat.conf import settings
from offbeat.contrib.auth.hashers import reset_hashers
from offbeat.contrib.auth.models import Permission, User
from offbeat.contrib.contenttypes.models import ContentType
from offbeat.db import transaction
from offbeat.test import Client
from offbeat.test.utils import override_settings, setup_test_environment, teardown_test_environment
from offbeat.urls import clear_url_caches
from tests.databases import fresh_database

MIDDLEWARE = [
    "offbeat.contrib.sessions.middleware.SessionMiddleware",
    "offbeat.middleware.common.CommonMiddleware",
    "offbeat.middleware.csrf.CsrfViewMiddleware",
    "offbeat.contrib.auth.middleware.AuthenticationMiddleware",
    "offbeat.contrib.messages.middleware.MessageMiddleware",
]
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


@pytest.fixture(scope="module")
def installed():
    """The admin and a shelf of books, with their tables."""
    with override_settings(
        INSTALLED_APPS=[
            *settings.INSTALLED_APPS,
            "offbeat.contrib.admin",
            "tests.contrib.admin.shelf",
        ],
        MIDDLEWARE=MIDDLEWARE,
        TEMPLATES=TEMPLATES,
        ROOT_URLCONF="tests.contrib.admin.shelf.urls",
        PASSWORD_HASHERS=["offbeat.contrib.auth.hashers.MD5PasswordHasher"],
    ):
        reset_hashers(setting="PASSWORD_HASHERS")
        clear_url_caches()
        setup_test_environment()
        with fresh_database() as connection:
            yield connection
        teardown_test_environment()
    reset_hashers(setting="PASSWORD_HASHERS")
    clear_url_caches()


@pytest.fixture
def shelf(installed):
    """The tables, as they were before the test."""
    ContentType.objects.clear_cache()
    with transaction.atomic():
        yield installed
        transaction.set_rollback(True)
    ContentType.objects.clear_cache()


@pytest.fixture
def root(shelf):
    return User.objects.create_superuser("root", "root@example.com", "open sesame")


@pytest.fixture
def client(root):
    """A browser with the superuser logged in."""
    browser = Client()
    browser.force_login(root)
    return browser


@pytest.fixture
def staff(shelf):
    """Make a browser of a member of the staff who has some permissions: ``staff("change_book")``."""

    def make(*codenames):
        user = User.objects.create_user(f"staff{User.objects.count()}", password="x", is_staff=True)
        user.user_permissions.set(Permission.objects.filter(codename__in=codenames))
        browser = Client()
        browser.force_login(user)
        browser.user = user
        return browser

    return make


@pytest.fixture
def book(shelf):
    from tests.contrib.admin.shelf.models import Author, Book

    return Book.objects.create(title="Emma", author=Author.objects.create(name="Jane"))


@pytest.fixture
def log(shelf):
    """The module with the log, which can be imported while the admin is installed."""
    from offbeat.contrib.admin import models

    return models
