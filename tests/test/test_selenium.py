from __future__ import annotations

import shutil
import unittest

import pytest

pytest.importorskip("selenium")

from offbeat.test import override_settings
from offbeat.test.selenium import SeleniumTestCase, SeleniumTestCaseBase, screenshot_cases

pytestmark = pytest.mark.usefixtures("site", "whole_database")


def test_without_browsers_the_tests_are_skipped():
    class Case(SeleniumTestCase):
        @screenshot_cases(["dark", "rtl"])
        def test_it(self):
            raise AssertionError

    result = unittest.TestResult()
    suite = unittest.defaultTestLoader.loadTestsFromTestCase(Case)
    suite(result)
    assert [reason for _, reason in result.skipped] == ["No browsers specified."] * 3
    assert not result.failures


@pytest.mark.browser
@pytest.mark.skipif(not shutil.which("chromedriver"), reason="needs Chromium")
def test_a_browser_visits_the_site(monkeypatch):
    monkeypatch.setattr(SeleniumTestCaseBase, "browsers", ["chrome"])
    monkeypatch.setattr(SeleniumTestCaseBase, "headless", True)

    class Case(SeleniumTestCase):
        @classmethod
        def create_options(cls):
            options = type(cls).create_options(cls)
            options.add_argument("--no-sandbox")
            options.add_argument("--disable-dev-shm-usage")
            return options

        @classmethod
        def create_webdriver(cls):
            from selenium.webdriver import Chrome
            from selenium.webdriver.chrome.service import Service

            return Chrome(options=cls.create_options(), service=Service(shutil.which("chromedriver")))

        def test_it(self):
            self.selenium.get(f"{self.live_server_url}/waiting/")
            self.assertIn("waited", self.selenium.page_source)
            with self.mobile_size(), self.disable_implicit_wait():
                self.assertEqual(self.selenium.get_window_size()["width"], 360)

    result = unittest.TestResult()
    with override_settings(STATIC_URL="/files/", MEDIA_URL="/media/", STATIC_ROOT="/nowhere"):
        unittest.defaultTestLoader.loadTestsFromTestCase(Case)(result)
    assert not result.errors, result.errors[0][1]
    assert not result.failures, result.failures[0][1]
    assert Case.tags == {"selenium"}
