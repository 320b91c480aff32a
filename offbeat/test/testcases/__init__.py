"""Test cases. Source: Django documentation, topics/testing/tools."""

from offbeat.core.management import call_command

from .features import CheckCondition, skipIfDBFeature, skipUnlessAnyDBFeature, skipUnlessDBFeature
from .guards import DatabaseOperationForbidden, _DatabaseFailure
from .liveserver import (
    FSFilesHandler,
    LiveServerTestCase,
    LiveServerThread,
    QuietWSGIRequestHandler,
    _MediaFilesHandler,
    _StaticFilesHandler,
)
from .markup import assert_and_parse_html
from .serialize import SerializeMixin
from .simple import SimpleTestCase, is_pickable
from .testdata import TestData
from .transactions import TestCase, TransactionTestCase, connections_support_transactions

__all__ = [
    "CheckCondition",
    "DatabaseOperationForbidden",
    "FSFilesHandler",
    "LiveServerTestCase",
    "LiveServerThread",
    "QuietWSGIRequestHandler",
    "SerializeMixin",
    "SimpleTestCase",
    "TestCase",
    "TestData",
    "TransactionTestCase",
    "assert_and_parse_html",
    "call_command",
    "connections_support_transactions",
    "is_pickable",
    "skipIfDBFeature",
    "skipUnlessAnyDBFeature",
    "skipUnlessDBFeature",
]
