"""A backend that writes mails to a stream."""

from __future__ import annotations

import sys
import threading
from typing import Any

from offbeat.core.mail.backends.base import BaseEmailBackend


class EmailBackend(BaseEmailBackend):
    """Writes to ``stream``, by default standard output."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self.stream = kwargs.pop("stream", sys.stdout)
        # Held while text is written, never across a wait.
        self._lock = threading.RLock()
        super().__init__(*args, **kwargs)

    def write_message(self, message: Any) -> None:
        """Write one mail and a line of dashes."""
        data = message.message()
        charset = data.get_content_charset() or "utf-8"
        self.stream.write(f"{data.as_bytes().decode(charset, errors='surrogateescape')}\n")
        self.stream.write("-" * 79 + "\n")

    def send_messages(self, email_messages: Any) -> int:
        if not email_messages:
            return 0
        count = 0
        with self._lock:
            try:
                opened = self.open()
                for message in email_messages:
                    self.write_message(message)
                    self.stream.flush()
                    count += 1
                if opened:
                    self.close()
            except Exception:
                if not self.fail_silently:
                    raise
        return count
