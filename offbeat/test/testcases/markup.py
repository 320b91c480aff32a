"""Assertions about HTML, JSON and XML."""

from __future__ import annotations

import difflib
import json
import unittest
from typing import Any
from unittest.util import safe_repr

from offbeat.test.html import Element, HTMLParseError, parse_html
from offbeat.test.utils import compare_xml

__all__ = ["MarkupAssertions", "assert_and_parse_html"]

# Keeps the frames of this module out of the tracebacks of failures.
__unittest = True


def assert_and_parse_html(self: unittest.TestCase, html: str, user_msg: Any, msg: str) -> Element:
    """The tree of `html`; a failure if it is not valid."""
    try:
        return parse_html(html)
    except HTMLParseError as error:
        self.fail(self._formatMessage(user_msg, f"{msg}\n{error}"))


def _diff(first: str, second: str) -> str:
    return "\n" + "\n".join(difflib.ndiff(first.splitlines(), second.splitlines()))


class MarkupAssertions(unittest.TestCase):
    """Mixed into SimpleTestCase."""

    def assertHTMLEqual(self, html1: str, html2: str, msg: Any = None) -> None:
        """The HTML is the same but for white space, the order of attributes, and the like."""
        dom1 = assert_and_parse_html(self, html1, msg, "First argument is not valid HTML:")
        dom2 = assert_and_parse_html(self, html2, msg, "Second argument is not valid HTML:")
        if dom1 != dom2:
            standard = f"{safe_repr(dom1, True)} != {safe_repr(dom2, True)}"
            standard = self._truncateMessage(standard, _diff(str(dom1), str(dom2)))  # type: ignore[attr-defined]
            self.fail(self._formatMessage(msg, standard))

    def assertHTMLNotEqual(self, html1: str, html2: str, msg: Any = None) -> None:
        """The HTML differs."""
        dom1 = assert_and_parse_html(self, html1, msg, "First argument is not valid HTML:")
        dom2 = assert_and_parse_html(self, html2, msg, "Second argument is not valid HTML:")
        if dom1 == dom2:
            self.fail(self._formatMessage(msg, f"{safe_repr(dom1, True)} == {safe_repr(dom2, True)}"))

    def assertInHTML(
        self, needle: str, haystack: str, count: int | None = None, msg_prefix: str = ""
    ) -> None:
        """The fragment occurs in the HTML, `count` times if given."""
        prefix = f"{msg_prefix}: " if msg_prefix else ""
        needle_dom = assert_and_parse_html(self, needle, None, "First argument is not valid HTML:")
        haystack_dom = assert_and_parse_html(self, haystack, None, "Second argument is not valid HTML:")
        found = haystack_dom.count(needle_dom)
        response = f"in the following response\n{haystack!r}"
        if count is not None:
            message = f"{prefix}Found {found} instances of {needle!r} (expected {count}) {response}"
            self.assertEqual(found, count, message)
        else:
            self.assertTrue(found != 0, f"{prefix}Couldn't find {needle!r} {response}")

    def assertNotInHTML(self, needle: str, haystack: str, msg_prefix: str = "") -> None:
        """The fragment does not occur in the HTML."""
        prefix = f"{msg_prefix}: " if msg_prefix else ""
        needle_dom = assert_and_parse_html(self, needle, None, "First argument is not valid HTML:")
        haystack_dom = assert_and_parse_html(self, haystack, None, "Second argument is not valid HTML:")
        found = haystack_dom.count(needle_dom)
        message = f"{prefix}{needle!r} unexpectedly found in the following response\n{haystack!r}"
        self.assertEqual(found, 0, message)

    def _json(self, raw: Any, which: str) -> Any:
        try:
            return json.loads(raw)
        except json.JSONDecodeError:
            self.fail(f"{which} argument is not valid JSON: {raw!r}")

    def assertJSONEqual(self, raw: str | bytes, expected_data: Any, msg: Any = None) -> None:
        """The JSON text means the same as other data, or as other JSON text."""
        data = self._json(raw, "First")
        if isinstance(expected_data, str):
            expected_data = self._json(expected_data, "Second")
        self.assertEqual(data, expected_data, msg=msg)

    def assertJSONNotEqual(self, raw: str | bytes, expected_data: Any, msg: Any = None) -> None:
        """The JSON text means something else."""
        data = self._json(raw, "First")
        if isinstance(expected_data, str):
            expected_data = self._json(expected_data, "Second")
        self.assertNotEqual(data, expected_data, msg=msg)

    def _same_xml(self, xml1: str, xml2: str, msg: Any) -> bool:
        try:
            return compare_xml(xml1, xml2)
        except Exception as error:
            self.fail(self._formatMessage(msg, f"First or second argument is not valid XML\n{error}"))

    def assertXMLEqual(self, xml1: str, xml2: str, msg: Any = None) -> None:
        """The XML is the same but for white space and the order of attributes."""
        if not self._same_xml(xml1, xml2, msg):
            standard = f"{safe_repr(xml1, True)} != {safe_repr(xml2, True)}"
            standard = self._truncateMessage(standard, _diff(str(xml1), str(xml2)))  # type: ignore[attr-defined]
            self.fail(self._formatMessage(msg, standard))

    def assertXMLNotEqual(self, xml1: str, xml2: str, msg: Any = None) -> None:
        """The XML differs."""
        if self._same_xml(xml1, xml2, msg):
            self.fail(self._formatMessage(msg, f"{safe_repr(xml1, True)} == {safe_repr(xml2, True)}"))
