"""A backend for tests: mails go to ``offbeat.core.mail.outbox``."""

from __future__ import annotations

import copy
from typing import Any

from offbeat.core import mail
from offbeat.core.mail.backends.base import BaseEmailBackend


class EmailBackend(BaseEmailBackend):
    """Keeps all mails in a list."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not hasattr(mail, "outbox"):
            mail.outbox = []  # type: ignore[attr-defined]

    def send_messages(self, email_messages: Any) -> int:
        count = 0
        for message in email_messages:
            # Headers are checked as they would be for a real mail.
            message.message()
            kept = copy.copy(message) if message._connection is not None else copy.deepcopy(message)
            kept.sent_using = self.alias
            mail.outbox.append(kept)  # type: ignore[attr-defined]
            count += 1
        return count
