from __future__ import annotations

import pytest

from offbeat.channels.layers import channel_layers
from offbeat.test.utils import override_settings
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
def layer():
    """A fresh in-memory layer under the default alias."""
    with override_settings(
        CHANNEL_LAYERS={"default": {"BACKEND": "offbeat.channels.layers.InMemoryChannelLayer"}}
    ):
        yield channel_layers["default"]
