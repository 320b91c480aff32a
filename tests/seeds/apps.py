from __future__ import annotations

from offbeat.apps import AppConfig


class SeedsTestsConfig(AppConfig):
    name = "tests.seeds"
    label = "seeds_tests"
