"""A backend that writes mails to files."""

from __future__ import annotations

import datetime
import os
from typing import Any

from offbeat.conf import deprecated_email_setting, settings
from offbeat.core.exceptions import ImproperlyConfigured
from offbeat.core.mail.backends.console import EmailBackend as ConsoleEmailBackend
from offbeat.core.mail.handler import InvalidMailer


class EmailBackend(ConsoleEmailBackend):
    """One file for each session, in the folder ``file_path`` (``EMAIL_FILE_PATH``)."""

    def __init__(self, *args: Any, file_path: Any = None, **kwargs: Any) -> None:
        self._fname: str | None = None
        if file_path is None:
            file_path = None if hasattr(settings, "MAILERS") else deprecated_email_setting("EMAIL_FILE_PATH")
        if file_path is None:
            alias = kwargs.get("alias")
            raise InvalidMailer(f"MAILERS[{alias!r}]: The 'file_path' option is required.")
        self.file_path = os.path.abspath(file_path)
        try:
            os.makedirs(self.file_path, exist_ok=True)
        except FileExistsError:
            raise ImproperlyConfigured(
                f"Path for saving email messages exists, but is not a directory: {self.file_path}"
            )
        except OSError as error:
            raise ImproperlyConfigured(
                f"Could not create directory for saving email messages: {self.file_path} ({error})"
            )
        if not os.access(self.file_path, os.W_OK):
            raise ImproperlyConfigured(f"Could not write to directory: {self.file_path}")
        kwargs["stream"] = None
        super().__init__(*args, **kwargs)

    def write_message(self, message: Any) -> None:
        self.stream.write(message.message().as_bytes() + b"\n")
        self.stream.write(b"-" * 79 + b"\n")

    def _get_filename(self) -> str:
        if self._fname is None:
            stamp = datetime.datetime.now().strftime("%Y%m%d-%H%M%S")
            self._fname = os.path.join(self.file_path, f"{stamp}-{abs(id(self))}.log")
        return self._fname

    def open(self) -> bool:
        if self.stream is None:
            self.stream = open(self._get_filename(), "ab")  # noqa: SIM115
            return True
        return False

    def close(self) -> None:
        if self.stream is not None:
            self.stream.close()
            self.stream = None
