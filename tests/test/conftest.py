from __future__ import annotations

import pytest

from offbeat.test.utils import override_settings, setup_test_environment, teardown_test_environment
from tests.databases import fresh_database


@pytest.fixture
def environment():
    setup_test_environment()
    yield
    teardown_test_environment()


@pytest.fixture
def site(environment):
    with override_settings(ROOT_URLCONF="tests.test.urls", MIDDLEWARE=[], DEBUG_PROPAGATE_EXCEPTIONS=False):
        yield


@pytest.fixture
def whole_database():
    """All tables: emptying the database between tests is followed by what comes after a migration."""
    with fresh_database() as wrapper:
        yield wrapper
