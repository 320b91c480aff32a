"""An assertion about messages, for test cases."""

from __future__ import annotations

from typing import Any

from offbeat.contrib.messages.api import get_messages


class MessagesTestMixin:
    """Mixed into a test case."""

    def assertMessages(self, response: Any, expected_messages: list[Any], *, ordered: bool = True) -> None:
        """The messages of the request equal the expected ones, in order unless ``ordered`` is False."""
        request_messages = list(get_messages(response.wsgi_request))
        case: Any = self
        if ordered:
            case.assertEqual(request_messages, expected_messages)
        else:
            case.assertCountEqual(request_messages, expected_messages)
