"""Fixtures of test cases."""

from __future__ import annotations

import json
import unittest
from pathlib import Path
from typing import Any

import pytest

from offbeat.test import TestCase
from offbeat.test.utils import override_settings
from tests.management.models import Author


@pytest.mark.usefixtures("library_tables")
def test_a_test_case_loads_its_fixtures(tmp_path: Path) -> None:
    row: dict[str, Any] = {"model": "management_tests.author", "pk": 1, "fields": {"name": "fixture"}}
    (tmp_path / "people.json").write_text(json.dumps([row]))

    class Tests(TestCase):
        fixtures = ["people"]

        def test_row(self) -> None:
            self.assertEqual(Author.objects.get().name, "fixture")

    result = unittest.TestResult()
    with override_settings(FIXTURE_DIRS=[tmp_path]):
        unittest.defaultTestLoader.loadTestsFromTestCase(Tests).run(result)
    assert result.testsRun == 1
    assert not result.errors and not result.failures
    assert Author.objects.count() == 0
