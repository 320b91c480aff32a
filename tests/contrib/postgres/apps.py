"""The shelter as an application, which is installed for these tests only."""

from __future__ import annotations

from offbeat.apps import AppConfig


class ShelterConfig(AppConfig):
    name = "tests.contrib.postgres"
    label = "shelter"
