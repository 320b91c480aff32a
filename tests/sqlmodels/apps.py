from __future__ import annotations

from offbeat.apps import AppConfig


class SqlModelsTestsConfig(AppConfig):
    name = "tests.sqlmodels"
    label = "sql_tests"
    default = True
