from __future__ import annotations

import pytest

from offbeat.conf import settings
from offbeat.contrib.auth.hashers import reset_hashers
from offbeat.contrib.auth.models import User
from offbeat.test.utils import override_settings, setup_test_environment, teardown_test_environment
from tests.databases import forget_accounts, fresh_database
from tests.threads import threads  # noqa: F401


@pytest.fixture(scope="module")
def database():
    with fresh_database() as connection:
        yield connection


@pytest.fixture
def accounts(database):
    yield database
    forget_accounts()


@pytest.fixture
def quick_hashes(monkeypatch):
    """MD5 first: the tests are not about the cost of hashing."""
    monkeypatch.setattr(
        settings,
        "PASSWORD_HASHERS",
        [
            "offbeat.contrib.auth.hashers.MD5PasswordHasher",
            "offbeat.contrib.auth.hashers.PBKDF2PasswordHasher",
        ],
    )
    reset_hashers(setting="PASSWORD_HASHERS")
    yield
    monkeypatch.undo()
    reset_hashers(setting="PASSWORD_HASHERS")


@pytest.fixture
def ann(accounts, quick_hashes):
    return User.objects.create_user("ann", "ann@example.com", "correct horse")


@pytest.fixture
def environment():
    with override_settings(
        MAILERS={"default": {"BACKEND": "offbeat.core.mail.backends.locmem.EmailBackend"}}
    ):
        setup_test_environment()
        yield
        teardown_test_environment()


PAGES = {
    "registration/login.html": "{{ form.errors|safe }} next={{ next }} site={{ site_name }}",
    "registration/logged_out.html": "{{ title }}",
    "registration/password_reset_form.html": "{{ title }} {{ form.errors|safe }}",
    "registration/password_reset_done.html": "{{ title }}",
    "registration/password_reset_email.html": (
        "{{ protocol }}://{{ domain }}{% url 'password_reset_confirm' uidb64=uid token=token %} for {{ user }}"
    ),
    "registration/password_reset_confirm.html": "{{ title }} {{ validlink }} {{ form.errors|safe }}",
    "registration/password_reset_complete.html": "{{ title }} {{ login_url }}",
    "registration/password_change_form.html": "{{ title }} {{ form.errors|safe }}",
    "registration/password_change_done.html": "{{ title }}",
}
TEMPLATES = [
    {
        "BACKEND": "offbeat.template.backends.django.DjangoTemplates",
        "OPTIONS": {
            "loaders": [
                ("offbeat.template.loaders.locmem.Loader", PAGES),
                "offbeat.template.loaders.app_directories.Loader",
            ],
        },
    }
]
MIDDLEWARE = [
    "offbeat.contrib.sessions.middleware.SessionMiddleware",
    "offbeat.contrib.auth.middleware.AuthenticationMiddleware",
]


@pytest.fixture
def site(environment):
    with override_settings(
        ROOT_URLCONF="tests.contrib.auth.views",
        MIDDLEWARE=MIDDLEWARE,
        TEMPLATES=TEMPLATES,
        LOGIN_URL="/accounts/login/",
    ):
        yield
