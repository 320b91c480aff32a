"""A backend that speaks SMTP (RFC 5321). In an async request the conversation runs in a worker thread."""

from __future__ import annotations

import email.policy
import smtplib
import ssl
import threading
from email.headerregistry import Address
from typing import Any

from offbeat.concurrency import off_loop
from offbeat.conf import deprecated_email_setting, global_settings, settings
from offbeat.core.mail.backends.base import BaseEmailBackend
from offbeat.core.mail.handler import InvalidMailer
from offbeat.core.mail.message import parsed_addresses
from offbeat.core.mail.utils import DNS_NAME
from offbeat.utils.encoding import punycode
from offbeat.utils.functional import cached_property


def _setting(name: str) -> Any:
    """A setting, which where MAILERS is defined has its default."""
    return getattr(global_settings, name) if hasattr(settings, "MAILERS") else deprecated_email_setting(name)


class EmailBackend(BaseEmailBackend):
    """Sends to one server; every parameter defaults to its ``EMAIL_…`` setting."""

    def __init__(
        self,
        host: str | None = None,
        port: int | None = None,
        username: str | None = None,
        password: str | None = None,
        use_tls: bool | None = None,
        fail_silently: bool = False,
        use_ssl: bool | None = None,
        timeout: float | None = None,
        ssl_keyfile: str | None = None,
        ssl_certfile: str | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(fail_silently=fail_silently, **kwargs)
        if self.alias is None:
            host, port = host or _setting("EMAIL_HOST"), port or _setting("EMAIL_PORT")
            username = _setting("EMAIL_HOST_USER") if username is None else username
            password = _setting("EMAIL_HOST_PASSWORD") if password is None else password
            use_tls = _setting("EMAIL_USE_TLS") if use_tls is None else use_tls
            use_ssl = _setting("EMAIL_USE_SSL") if use_ssl is None else use_ssl
            timeout = _setting("EMAIL_TIMEOUT") if timeout is None else timeout
            ssl_keyfile = _setting("EMAIL_SSL_KEYFILE") if ssl_keyfile is None else ssl_keyfile
            ssl_certfile = _setting("EMAIL_SSL_CERTFILE") if ssl_certfile is None else ssl_certfile
        elif not host:
            raise InvalidMailer(f"MAILERS[{self.alias!r}]: OPTIONS must define 'host'.")
        self.host = host
        # RFC 8314 §3.3: 465 with TLS from the start, 587 with STARTTLS.
        self.port = port or (465 if use_ssl else 587 if use_tls else 25)
        self.username, self.password = username, password
        self.use_tls, self.use_ssl = bool(use_tls), bool(use_ssl)
        self.timeout = timeout
        self.ssl_keyfile, self.ssl_certfile = ssl_keyfile, ssl_certfile
        if self.use_ssl and self.use_tls:
            if self.alias is not None:
                raise InvalidMailer(
                    f"MAILERS[{self.alias!r}]: The 'use_ssl' and 'use_tls' OPTIONS are incompatible. "
                    "Set at most one of them to True."
                )
            raise ValueError(
                "EMAIL_USE_TLS/EMAIL_USE_SSL are mutually exclusive, so only set one of those settings to True."
            )
        self.connection: Any = None
        # Held in the thread that speaks to the server, never across a wait of the loop.
        self._lock = threading.RLock()

    @property
    def connection_class(self) -> Any:
        """The class of the conversation."""
        return smtplib.SMTP_SSL if self.use_ssl else smtplib.SMTP

    @cached_property
    def ssl_context(self) -> ssl.SSLContext:
        """What the encryption demands: the system's authorities, or the given certificate."""
        if self.ssl_certfile or self.ssl_keyfile:
            context = ssl.SSLContext(protocol=ssl.PROTOCOL_TLS_CLIENT)
            context.load_cert_chain(self.ssl_certfile, self.ssl_keyfile)  # type: ignore[arg-type]
            return context
        return ssl.create_default_context()

    def open(self) -> bool | None:
        """Connect and log in; False when connected already, None when that failed silently."""
        if self.connection:
            return False
        parameters: dict[str, Any] = {"local_hostname": DNS_NAME.get_fqdn()}
        if self.timeout is not None:
            parameters["timeout"] = self.timeout
        if self.use_ssl:
            parameters["context"] = self.ssl_context
        try:
            self.connection = self.connection_class(self.host, self.port, **parameters)
            if not self.use_ssl and self.use_tls:
                self.connection.starttls(context=self.ssl_context)
            if self.username and self.password:
                self.connection.login(self.username, self.password)
            return True
        except OSError:
            # Half a conversation is none: the next mail starts anew.
            connection, self.connection = self.connection, None
            if connection is not None:
                connection.close()
            if not self.fail_silently:
                raise
            return None

    def close(self) -> None:
        if self.connection is None:
            return
        try:
            try:
                self.connection.quit()
            except (ssl.SSLError, smtplib.SMTPServerDisconnected):
                self.connection.close()
            except smtplib.SMTPException:
                if not self.fail_silently:
                    raise
        finally:
            self.connection = None

    def send_messages(self, email_messages: Any) -> int:
        if not email_messages:
            return 0
        return off_loop(self._send_all, email_messages)

    def _send_all(self, email_messages: Any) -> int:
        with self._lock:
            opened = self.open()
            if not self.connection or opened is None:
                return 0
            try:
                return sum(1 for message in email_messages if self._send(message))
            finally:
                if opened:
                    self.close()

    def _send(self, email_message: Any) -> bool:
        if not email_message.recipients():
            return False
        message = email_message.message(policy=email.policy.SMTP)
        sender = self.prep_address(email_message.from_email)
        recipients = [self.prep_address(address) for address in email_message.recipients()]
        try:
            self.connection.sendmail(sender, recipients, message.as_bytes())
        except smtplib.SMTPException:
            if not self.fail_silently:
                raise
            return False
        return True

    def prep_address(self, address: str, force_ascii: bool = True) -> str:
        """The bare address for the server; ValueError when it is not one, or cannot be written in ASCII."""
        try:
            found = parsed_addresses([address])
        except ValueError as error:
            raise ValueError(f"Invalid address {address!r}: {error}") from error
        if len(found) != 1 or (found[0].domain == "" and "@" in address) or not found[0].username:
            raise ValueError(f"Invalid address {address!r}")
        parsed: Address = found[0]
        if not force_ascii:
            return str(parsed.addr_spec)
        if not parsed.username.isascii():
            raise ValueError(f"Invalid address {address!r}: local-part contains non-ASCII characters.")
        return str(Address("", parsed.username, punycode(parsed.domain)).addr_spec)
