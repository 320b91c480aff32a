"""Functions that send mail in one call."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from offbeat.concurrency import async_function
from offbeat.conf import settings
from offbeat.core.exceptions import ImproperlyConfigured
from offbeat.core.mail.deprecation import refuse_conflicts
from offbeat.core.mail.handler import connect
from offbeat.core.mail.message import EmailMessage, EmailMultiAlternatives


def _connection(
    connection: Any, using: str | None, fail_silently: bool, user: Any = None, password: Any = None
) -> Any:
    refuse_conflicts(connection, using, fail_silently, user, password)
    return connect(using, fail_silently, user, password) if connection is None else connection


def send_mail(
    subject: Any,
    message: Any,
    from_email: str | None,
    recipient_list: Any,
    *,
    fail_silently: bool = False,
    auth_user: str | None = None,
    auth_password: str | None = None,
    connection: Any = None,
    html_message: str | None = None,
    using: str | None = None,
) -> int:
    """Send one mail to all recipients, who see each other; returns the number of mails sent, 0 or 1."""
    mailer = _connection(connection, using, fail_silently, auth_user, auth_password)
    mail = EmailMultiAlternatives(subject, message, from_email, recipient_list)
    if html_message:
        mail.attach_alternative(html_message, "text/html")
    return mail._send_by(mailer)


def send_mass_mail(
    datatuple: Any,
    *,
    fail_silently: bool = False,
    auth_user: str | None = None,
    auth_password: str | None = None,
    connection: Any = None,
    using: str | None = None,
) -> int:
    """Send (subject, message, sender, recipients) mails over one connection; returns how many were sent."""
    mailer = _connection(connection, using, fail_silently, auth_user, auth_password)
    messages = [
        EmailMessage(subject, message, sender, recipients)
        for subject, message, sender, recipients in datatuple
    ]
    for message in messages:
        message._connection = mailer
    return int(mailer.send_messages(messages) or 0)


def mail_people(
    setting: str, subject: str, message: str, html_message: str | None, connect: Callable[[], Any]
) -> None:
    """Send a mail to the people whom ``ADMINS`` or ``MANAGERS`` lists, by what ``connect()`` returns."""
    people = getattr(settings, setting)
    if not people:
        return
    addresses = [
        person[1] if isinstance(person, list | tuple) and len(person) == 2 else person for person in people
    ]
    if not all(isinstance(address, str) for address in addresses):
        raise ImproperlyConfigured(f"The {setting} setting must be a list of email address strings.")
    mail = EmailMultiAlternatives(
        f"{settings.EMAIL_SUBJECT_PREFIX}{subject}",
        message,
        settings.SERVER_EMAIL,
        addresses,
    )
    if html_message:
        mail.attach_alternative(html_message, "text/html")
    mail._send_by(connect())


def mail_admins(
    subject: str,
    message: str,
    *,
    fail_silently: bool = False,
    connection: Any = None,
    html_message: str | None = None,
    using: str | None = None,
) -> None:
    """Send a mail to ``ADMINS``."""
    mail_people(
        "ADMINS", subject, message, html_message, lambda: _connection(connection, using, fail_silently)
    )


def mail_managers(
    subject: str,
    message: str,
    *,
    fail_silently: bool = False,
    connection: Any = None,
    html_message: str | None = None,
    using: str | None = None,
) -> None:
    """Send a mail to ``MANAGERS``."""
    mail_people(
        "MANAGERS", subject, message, html_message, lambda: _connection(connection, using, fail_silently)
    )


asend_mail = async_function(send_mail)
asend_mass_mail = async_function(send_mass_mail)
amail_admins = async_function(mail_admins)
amail_managers = async_function(mail_managers)
