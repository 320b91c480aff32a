"""The interface of mail backends."""

from __future__ import annotations

from typing import Any, Self

from offbeat.concurrency import async_face
from offbeat.core.mail.handler import InvalidMailer


class BaseEmailBackend:
    """Define ``send_messages(messages)``, which returns the number of mails sent; usable as a context manager."""

    def __init__(self, fail_silently: bool = False, *, alias: str | None = None, **kwargs: Any) -> None:
        # Without an alias the caller may pass what only some backends know.
        if kwargs and alias is not None:
            unknown = ", ".join(repr(name) for name in sorted(kwargs))
            raise InvalidMailer(f"MAILERS[{alias!r}]: Unknown options {unknown}.")
        self.alias = alias
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
