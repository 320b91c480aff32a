from __future__ import annotations

import threading
import unittest
from urllib.error import HTTPError
from urllib.request import urlopen

import pytest

from offbeat.db import connection
from offbeat.test import LiveServerTestCase, override_settings
from offbeat.test.testcases import LiveServerThread
from offbeat.test.utils import override_system_checks

pytestmark = [pytest.mark.usefixtures("site", "whole_database"), pytest.mark.server]


def run_tests(case):
    result = unittest.TestResult()
    unittest.defaultTestLoader.loadTestsFromTestCase(case)(result)
    assert not result.errors, result.errors[0][1]
    assert not result.failures, result.failures[0][1]


def test_real_requests_reach_views_and_files(tmp_path):
    (tmp_path / "a.txt").write_text("static")

    class Case(LiveServerTestCase):
        def get(self, path):
            with urlopen(f"{self.live_server_url}{path}", timeout=10) as response:
                return response.read().decode()

        def test_views(self):
            self.assertIn('"method": "GET"', self.get("/echo/?a=1"))
            self.assertEqual(self.get("/waiting/"), "waited False")

        def test_files(self):
            self.assertEqual(self.get("/files/a.txt"), "static")
            for path, status in (("/files/b.txt", 404), ("/files/../a.txt", 400), ("/nowhere/", 404)):
                with self.assertRaises(HTTPError) as caught:
                    self.get(path)
                caught.exception.close()
                self.assertEqual(caught.exception.code, status)

        def test_the_database_is_shared(self):
            self.assertTrue(connection.allow_thread_sharing)

    with override_settings(STATIC_ROOT=str(tmp_path), STATIC_URL="/files/", MEDIA_URL="/media/"):
        run_tests(Case)
    assert not connection.allow_thread_sharing


def test_a_server_that_cannot_start_fails_the_class():
    class Broken(LiveServerThread):
        def _create_server(self, connections_override=None):
            raise RuntimeError("no server")

    class Case(LiveServerTestCase):
        server_thread_class = Broken

        def test_it(self):
            pass

    result = unittest.TestResult()
    with override_settings(STATIC_URL="/files/", MEDIA_URL="/media/"):
        unittest.defaultTestLoader.loadTestsFromTestCase(Case)(result)
    assert "no server" in result.errors[0][1]
    assert not any(isinstance(thread, LiveServerThread) for thread in threading.enumerate())
    assert not connection.allow_thread_sharing


def test_system_checks_can_be_replaced():
    from offbeat.core.checks import Warning as CheckWarning
    from offbeat.core.checks import run_checks

    def check(app_configs, **kwargs):
        return [CheckWarning("only this")]

    with override_system_checks([check]):
        assert [message.msg for message in run_checks()] == ["only this"]
