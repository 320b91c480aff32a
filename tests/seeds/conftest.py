from __future__ import annotations

import shutil
from pathlib import Path
from types import SimpleNamespace

import pytest

from offbeat.channels.layers import channel_layers
from offbeat.test import AsyncClient, Client
from offbeat.test.utils import override_settings, setup_test_environment, teardown_test_environment
from offbeat.urls import path
from tests.databases import forget_accounts, fresh_database
from tests.seeds.models import Article
from tests.seeds.running import PROJECT, run
from tests.threads import threads  # noqa: F401


@pytest.fixture(scope="module")
def database():
    with fresh_database() as connection:
        yield connection


@pytest.fixture
def rows(database):
    yield database
    Article.objects.all().delete()
    forget_accounts()


@pytest.fixture(scope="session")
def made_project(tmp_path_factory) -> Path:
    """The project with its migrations made and applied."""
    target = tmp_path_factory.mktemp("seeds") / "project"
    shutil.copytree(PROJECT, target, ignore=shutil.ignore_patterns("__pycache__"))
    run("python", "manage.py", "makemigrations", "myapp", cwd=target)
    run("python", "manage.py", "migrate", cwd=target)
    return target


@pytest.fixture
def project(made_project, tmp_path) -> Path:
    return Path(shutil.copytree(made_project, tmp_path / "project"))


class URLs(SimpleNamespace):
    """A hashable URLconf."""

    __hash__ = object.__hash__


@pytest.fixture
def serve():
    """``serve(view)``: clients of a site with one view at "/", and more settings."""
    changes = []
    mail = override_settings(
        MAILERS={"default": {"BACKEND": "offbeat.core.mail.backends.locmem.EmailBackend"}}
    )
    mail.enable()
    setup_test_environment()

    def site(view, **more):
        more.setdefault("MIDDLEWARE", [])
        change = override_settings(ROOT_URLCONF=URLs(urlpatterns=[path("", view)]), **more)
        change.enable()
        changes.append(change)
        return SimpleNamespace(sync=Client(), async_=AsyncClient())

    yield site
    for change in reversed(changes):
        change.disable()
    teardown_test_environment()
    mail.disable()


ACCOUNTS = [
    "offbeat.contrib.sessions.middleware.SessionMiddleware",
    "offbeat.contrib.auth.middleware.AuthenticationMiddleware",
]


@pytest.fixture
def layer():
    with override_settings(
        CHANNEL_LAYERS={"default": {"BACKEND": "offbeat.channels.layers.InMemoryChannelLayer"}}
    ):
        yield channel_layers["default"]
