from __future__ import annotations

from offbeat.apps import AppConfig


class ManagementTestsConfig(AppConfig):
    name = "tests.management"
    label = "management_tests"
