"""The interface of mail backends."""

from __future__ import annotations

from typing import Any, Self

from offbeat.concurrency import async_face


class BaseEmailBackend:
    """Define ``send_messages(messages)``, which returns the number of mails sent; usable as a context manager."""

    def __init__(self, fail_silently: bool = False, **kwargs: Any) -> None:
        self.fail_silently = fail_silently

    def open(self) -> Any:
        """Open a connection, if the backend has one; True when a new one was opened."""

    def close(self) -> None:
        """Close the connection, if there is one."""

    def __enter__(self) -> Self:
        try:
            self.open()
        except Exception:
            self.close()
            raise
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()

    def send_messages(self, email_messages: Any) -> int:
        """Send the mails; returns how many were sent."""
        raise NotImplementedError("subclasses of BaseEmailBackend must override send_messages() method")

    asend_messages = async_face(send_messages)
