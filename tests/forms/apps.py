from __future__ import annotations

from offbeat.apps import AppConfig


class FormsTests(AppConfig):
    name = "tests.forms"
    label = "forms_tests"
