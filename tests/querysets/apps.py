from __future__ import annotations

from offbeat.apps import AppConfig


class QuerysetsTestsConfig(AppConfig):
    name = "tests.querysets"
    label = "querysets_tests"
    default = True
