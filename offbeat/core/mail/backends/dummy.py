"""A backend that sends nothing."""

from __future__ import annotations

from typing import Any

from offbeat.core.mail.backends.base import BaseEmailBackend


class EmailBackend(BaseEmailBackend):
    """Drops all mails."""

    def send_messages(self, email_messages: Any) -> int:
        return len(list(email_messages))
