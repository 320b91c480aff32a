"""Test cases which the runner's tests run."""

from __future__ import annotations

import unittest

from offbeat.test import tag


class A(unittest.TestCase):
    def test_1(self):
        pass

    @tag("slow")
    def test_2(self):
        pass


@tag("core")
class B(unittest.TestCase):
    def test_1(self):
        pass

    def test_2(self):
        self.fail("on purpose")
