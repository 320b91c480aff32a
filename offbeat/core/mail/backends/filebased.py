"""A backend that writes mails to files."""

from __future__ import annotations

import datetime
import os
from typing import Any, NoReturn

from offbeat.conf import deprecated_email_setting
from offbeat.core.exceptions import ImproperlyConfigured
from offbeat.core.mail.backends.console import EmailBackend as ConsoleEmailBackend
from offbeat.core.mail.handler import InvalidMailer


class EmailBackend(ConsoleEmailBackend):
    """One file for each session, in the folder ``file_path`` (``EMAIL_FILE_PATH``)."""

    def __init__(self, *args: Any, file_path: Any = None, **kwargs: Any) -> None:
        self._fname: str | None = None
        alias = kwargs.get("alias")
        if file_path is None and alias is not None:
            raise InvalidMailer(f"MAILERS[{alias!r}]: OPTIONS must define 'file_path'.")
        if file_path is None:
            try:
                file_path = deprecated_email_setting("EMAIL_FILE_PATH")
            except AttributeError:
                raise ImproperlyConfigured(
                    "The EMAIL_FILE_PATH setting must be set to use the file EmailBackend."
                ) from None
        self.file_path = os.path.abspath(file_path)
        try:
            os.makedirs(self.file_path, exist_ok=True)
        except FileExistsError:
            self._refuse(
                alias,
                "'file_path' is not a directory",
                "Path for saving email messages exists, but is not a directory",
            )
        except OSError as error:
            self._refuse(
                alias,
                "Could not create 'file_path'",
                "Could not create directory for saving email messages",
                f" ({error})",
            )
        if not os.access(self.file_path, os.W_OK):
            self._refuse(alias, "Could not write to 'file_path'", "Could not write to directory")
        kwargs["stream"] = None
        super().__init__(*args, **kwargs)

    def _refuse(self, alias: str | None, short: str, long: str, reason: str = "") -> NoReturn:
        if alias is not None:
            raise InvalidMailer(f"MAILERS[{alias!r}]: {short}: {self.file_path}{reason}")
        raise ImproperlyConfigured(f"{long}: {self.file_path}{reason}")

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
