"""Functions that send mail in one call."""

from __future__ import annotations

from typing import Any

from offbeat.concurrency import async_function
from offbeat.conf import settings
from offbeat.core.exceptions import ImproperlyConfigured
from offbeat.core.mail.handler import get_connection, mailers
from offbeat.core.mail.message import EmailMessage, EmailMultiAlternatives


def _connection(
    connection: Any, using: str | None, fail_silently: bool, user: Any = None, password: Any = None
) -> Any:
    if using is not None:
        if connection is not None:
            raise TypeError("'using' and 'connection' cannot be given together.")
        return mailers[using]
    return connection or get_connection(username=user, password=password, fail_silently=fail_silently)


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
    mail = EmailMultiAlternatives(subject, message, from_email, recipient_list, connection=mailer)
    if html_message:
        mail.attach_alternative(html_message, "text/html")
    return mail.send()


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
        EmailMessage(subject, message, sender, recipients, connection=mailer)
        for subject, message, sender, recipients in datatuple
    ]
    return int(mailer.send_messages(messages) or 0)


def _mail_setting(
    setting: str,
    subject: str,
    message: str,
    fail_silently: bool,
    connection: Any,
    html_message: Any,
    using: Any,
) -> None:
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
        connection=_connection(connection, using, fail_silently),
    )
    if html_message:
        mail.attach_alternative(html_message, "text/html")
    mail.send()


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
    _mail_setting("ADMINS", subject, message, fail_silently, connection, html_message, using)


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
    _mail_setting("MANAGERS", subject, message, fail_silently, connection, html_message, using)


asend_mail = async_function(send_mail)
asend_mass_mail = async_function(send_mass_mail)
amail_admins = async_function(mail_admins)
amail_managers = async_function(mail_managers)
