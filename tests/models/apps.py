from __future__ import annotations

from offbeat.apps import AppConfig


class ModelsTestsConfig(AppConfig):
    name = "tests.models"
    label = "models_tests"
    default = True
