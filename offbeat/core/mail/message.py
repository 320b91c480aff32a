"""Mail messages, built on the standard library's ``email`` package (RFC 5322, RFC 2045)."""

from __future__ import annotations

import email.message
import email.policy
import mimetypes
import re
from datetime import UTC, datetime
from email.errors import InvalidHeaderDefect
from email.headerregistry import Address
from email.message import MIMEPart
from email.utils import make_msgid
from pathlib import Path
from typing import Any, NamedTuple, cast

from offbeat.concurrency import async_face
from offbeat.conf import settings
from offbeat.core.mail.deprecation import (
    CONNECTION_ARG_WARNING,
    CONNECTION_ATTRIBUTE_SET_WARNING,
    CONNECTION_ATTRIBUTE_WARNING,
    refuse_conflicts,
    warn,
)
from offbeat.core.mail.handler import connect
from offbeat.core.mail.utils import DNS_NAME
from offbeat.utils.deprecation import RemovedInDjango2028Warning, deprecate_posargs
from offbeat.utils.encoding import force_bytes, force_str, punycode

DEFAULT_ATTACHMENT_MIME_TYPE = "application/octet-stream"


# The policy of messages refuses line breaks in headers with it.
BadHeaderError = ValueError


class EmailAlternative(NamedTuple):
    """Another form of the body."""

    content: Any
    mimetype: str


class EmailAttachment(NamedTuple):
    """A file that goes with the mail."""

    filename: str | None
    content: Any
    mimetype: str | None


class EmailMessage:
    """A mail with a plain body; ``attachments`` as EmailAttachment, (filename, content, mimetype) or MIMEPart."""

    content_subtype = "plain"
    encoding: Any = None

    @deprecate_posargs(
        RemovedInDjango2028Warning, ["bcc", "connection", "attachments", "headers", "cc", "reply_to"]
    )
    def __init__(
        self,
        subject: Any = "",
        body: Any = "",
        from_email: str | None = None,
        to: Any = None,
        *,
        bcc: Any = None,
        connection: Any = None,
        attachments: Any = None,
        headers: Any = None,
        cc: Any = None,
        reply_to: Any = None,
    ) -> None:
        for name, value in (("to", to), ("cc", cc), ("bcc", bcc), ("reply_to", reply_to)):
            if isinstance(value, str):
                raise TypeError(f'"{name}" argument must be a list or tuple')
        self.to = list(to or ())
        self.cc = list(cc or ())
        self.bcc = list(bcc or ())
        self.reply_to = list(reply_to or ())
        self.from_email = from_email or settings.DEFAULT_FROM_EMAIL
        self.subject = subject
        self.body = body or ""
        self.attachments: list[Any] = []
        for attachment in attachments or ():
            if isinstance(attachment, email.message.Message):
                self.attach(attachment)
            else:
                self.attach(*attachment)
        self.extra_headers = headers or {}
        if connection is not None:
            warn(CONNECTION_ARG_WARNING)
        self._connection = connection

    @property
    def connection(self) -> Any:
        """The backend to send by. Deprecated."""
        warn(CONNECTION_ATTRIBUTE_WARNING)
        return self._connection

    @connection.setter
    def connection(self, connection: Any) -> None:
        warn(CONNECTION_ATTRIBUTE_SET_WARNING)
        self._connection = connection

    def message(self, *, policy: Any = email.policy.default) -> email.message.EmailMessage:
        """The mail as a message of the standard library; BadHeaderError."""
        message = email.message.EmailMessage(policy=policy)
        self._add_bodies(message)
        self._add_attachments(message)
        headers = {name.lower(): name for name in self.extra_headers}
        if "bcc" in headers:
            raise ValueError(
                'Bcc is not a valid email header. Use the "bcc" argument to specify blind carbon copy recipients.'
            )
        self._set(message, "Subject", str(self.subject))
        sender = str(self.extra_headers.get(headers.get("from", ""), self.from_email))
        self._set(message, "From", idna_addresses(sender))
        for name, addresses in (("To", self.to), ("Cc", self.cc), ("Reply-To", self.reply_to)):
            value = self.extra_headers.get(headers.get(name.lower(), ""), ", ".join(map(str, addresses)))
            if value:
                self._set(message, name, idna_addresses(str(value)))
        if "date" not in headers:
            message["Date"] = datetime.now(UTC).astimezone(None if settings.EMAIL_USE_LOCALTIME else UTC)
        if "message-id" not in headers:
            message["Message-ID"] = make_msgid(domain=str(DNS_NAME))
        for name, value in self.extra_headers.items():
            if name.lower() not in ("from", "to", "cc", "reply-to"):
                self._set(message, name, value if isinstance(value, datetime) else str(value))
        return message

    @staticmethod
    def _set(message: Any, name: str, value: Any) -> None:
        del message[name]
        # Refuses line breaks with a ValueError, which BadHeaderError was.
        message[name] = value

    def _add_bodies(self, message: email.message.EmailMessage) -> None:
        if self.body or not self.attachments:
            message.set_content(
                str(self.body),
                subtype=self.content_subtype,
                charset=self.encoding or settings.DEFAULT_CHARSET,
            )

    def _add_attachments(self, message: email.message.EmailMessage) -> None:
        for attachment in self.attachments:
            if isinstance(attachment, email.message.Message):
                if message.get_content_type() != "multipart/mixed":
                    message.make_mixed()
                message.attach(cast(Any, attachment))
                continue
            filename, content, mimetype = attachment
            if not mimetype:
                mimetype = mimetypes.guess_type(filename or "")[0] or DEFAULT_ATTACHMENT_MIME_TYPE
            maintype, subtype = mimetype.split("/", 1)
            if maintype == "text" and isinstance(content, bytes):
                try:
                    content = content.decode()
                except UnicodeDecodeError:
                    maintype, subtype = DEFAULT_ATTACHMENT_MIME_TYPE.split("/")
            if maintype == "text":
                message.add_attachment(force_str(content), subtype=subtype, filename=filename)
            elif mimetype == "message/rfc822":
                if isinstance(content, EmailMessage):
                    content = content.message()
                elif not isinstance(content, email.message.Message):
                    content = email.message_from_bytes(force_bytes(content), policy=email.policy.default)
                message.add_attachment(content, filename=filename)
            else:
                message.add_attachment(
                    force_bytes(content), maintype=maintype, subtype=subtype, filename=filename
                )

    def recipients(self) -> list[str]:
        """Everybody whom the mail goes to."""
        return [address for address in (*self.to, *self.cc, *self.bcc) if address]

    def send(self, fail_silently: bool = False, *, using: str | None = None) -> int:
        """Send the mail; returns the number of mails sent, 0 without recipients."""
        mailer = self._connection
        refuse_conflicts(mailer, using, fail_silently, warn_of_connection=False)
        if not self.recipients():
            return 0
        return self._send_by(connect(using, fail_silently) if mailer is None else mailer)

    def _send_by(self, mailer: Any) -> int:
        if not self.recipients():
            return 0
        self._connection = mailer
        try:
            return int(mailer.send_messages([self]) or 0)
        finally:
            self._connection = None

    asend = async_face(send)

    def attach(self, filename: Any = None, content: Any = None, mimetype: str | None = None) -> None:
        """Attach content under a name, or a MIMEPart. Text that is not text goes as bytes."""
        if isinstance(filename, email.message.Message):
            if content is not None or mimetype is not None:
                raise ValueError(
                    "content and mimetype must not be given when a MIMEPart instance is provided."
                )
            if not isinstance(filename, MIMEPart):
                warn("MIMEBase attachments are deprecated. Use an email.message.MIMEPart instead.")
            self.attachments.append(filename)
            return
        if content is None:
            raise ValueError("content must be provided.")
        mimetype = mimetype or mimetypes.guess_type(filename or "")[0] or DEFAULT_ATTACHMENT_MIME_TYPE
        if mimetype.startswith("text/") and isinstance(content, bytes):
            try:
                content = content.decode()
            except UnicodeDecodeError:
                mimetype = DEFAULT_ATTACHMENT_MIME_TYPE
        self.attachments.append(EmailAttachment(filename, content, mimetype))

    def attach_file(self, path: Any, mimetype: str | None = None) -> None:
        """Attach a file of the file system."""
        path = Path(path)
        self.attach(path.name, path.read_bytes(), mimetype)


class EmailMultiAlternatives(EmailMessage):
    """A mail whose body comes in several forms."""

    @deprecate_posargs(
        RemovedInDjango2028Warning,
        ["bcc", "connection", "attachments", "headers", "alternatives", "cc", "reply_to"],
    )
    def __init__(
        self,
        subject: Any = "",
        body: Any = "",
        from_email: str | None = None,
        to: Any = None,
        *,
        bcc: Any = None,
        connection: Any = None,
        attachments: Any = None,
        headers: Any = None,
        alternatives: Any = None,
        cc: Any = None,
        reply_to: Any = None,
    ) -> None:
        super().__init__(
            subject,
            body,
            from_email,
            to,
            bcc=bcc,
            connection=connection,
            attachments=attachments,
            headers=headers,
            cc=cc,
            reply_to=reply_to,
        )
        self.alternatives = [EmailAlternative(*alternative) for alternative in alternatives or ()]

    def attach_alternative(self, content: Any, mimetype: str) -> None:
        """Add another form of the body."""
        if content is None or mimetype is None:
            raise ValueError("Both content and mimetype must be provided.")
        self.alternatives.append(EmailAlternative(content, mimetype))

    def _add_bodies(self, message: email.message.EmailMessage) -> None:
        if self.body or not self.alternatives:
            super()._add_bodies(message)
        for content, mimetype in self.alternatives:
            maintype, subtype = mimetype.split("/", 1)
            if maintype == "text":
                message.add_alternative(
                    force_str(content), subtype=subtype, charset=self.encoding or settings.DEFAULT_CHARSET
                )
            elif isinstance(content, MIMEPart):
                message.add_alternative(content)
            else:
                message.add_alternative(force_bytes(content), maintype=maintype, subtype=subtype)

    def body_contains(self, text: str) -> bool:
        """Whether the body and all its textual forms contain the text."""
        return text in self.body and all(
            text in content for content, mimetype in self.alternatives if mimetype.startswith("text/")
        )


_FOREIGN_DOMAIN = re.compile(r'@([^\s@<>,;:"()\[\]]*[^\x00-\x7f\s@<>,;:"()\[\]][^\s@<>,;:"()\[\]]*)')


def idna_addresses(text: str) -> str:
    """Addresses of a header, their domains in ASCII (RFC 5890)."""
    return text if text.isascii() else _FOREIGN_DOMAIN.sub(lambda match: f"@{punycode(match[1])}", text)


def parsed_addresses(addresses: Any) -> list[Address]:
    """Addresses of headers such as ``Name <name@host>``; ValueError when part of a text is no address."""
    text = ", ".join(addresses)
    try:
        header: Any = email.policy.default.header_factory("To", text)
    except IndexError as error:
        # A fault of the parser of Python 3.11.
        raise ValueError("no domain after @") from error
    # A name without a domain is a defect, too, but one for the server to decide upon.
    if "@" in text and any(isinstance(defect, InvalidHeaderDefect) for defect in header.defects):
        raise ValueError(str(header.defects[0]))
    return list(header.addresses)
