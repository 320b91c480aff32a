from __future__ import annotations

from offbeat.apps import AppConfig


class ChannelsTestsConfig(AppConfig):
    name = "tests.channels"
    label = "channels_tests"
