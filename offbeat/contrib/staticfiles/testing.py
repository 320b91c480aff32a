"""A live server that serves static files without collecting them."""

from __future__ import annotations

from offbeat.contrib.staticfiles.handlers import StaticFilesHandler
from offbeat.test import LiveServerTestCase


class StaticLiveServerTestCase(LiveServerTestCase):
    """As LiveServerTestCase, with files found by the finders."""

    static_handler = StaticFilesHandler
