"""Functions that send mail in one call."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from offbeat.concurrency import async_function
from offbeat.conf import settings
from offbeat.core.exceptions import ImproperlyConfigured
from offbeat.core.mail.deprecation import refuse_conflicts, warn
from offbeat.core.mail.handler import connect
from offbeat.core.mail.message import EmailMessage, EmailMultiAlternatives
from offbeat.utils.deprecation import RemovedInDjango2028Warning, deprecate_posargs
from offbeat.utils.functional import Promise


def _connection(
    connection: Any, using: str | None, fail_silently: bool, user: Any = None, password: Any = None
) -> Any:
    refuse_conflicts(connection, using, fail_silently, user, password)
    return connect(using, fail_silently, user, password) if connection is None else connection


@deprecate_posargs(
    RemovedInDjango2028Warning, ["fail_silently", "auth_user", "auth_password", "connection", "html_message"]
)
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


@deprecate_posargs(RemovedInDjango2028Warning, ["fail_silently", "auth_user", "auth_password", "connection"])
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


def _addresses(setting: str, people: Any) -> list[str]:
    """The addresses that ADMINS or MANAGERS lists; ImproperlyConfigured."""
    pairs = isinstance(people, list | tuple) and all(
        isinstance(person, list | tuple) and len(person) == 2 for person in people
    )
    if pairs:
        warn(
            f"Using (name, address) pairs in the {setting} setting is deprecated. Replace with a list of email "
            "address strings."
        )
        people = [address for _, address in people]
    if not isinstance(people, list | tuple) or not all(isinstance(p, str | Promise) for p in people):
        raise ImproperlyConfigured(f"The {setting} setting must be a list of email address strings.")
    return [str(person) for person in people]


def mail_people(
    setting: str, subject: str, message: str, html_message: str | None, make_mailer: Callable[[], Any]
) -> None:
    """Send a mail to the people whom ``ADMINS`` or ``MANAGERS`` lists, by what ``make_mailer()`` returns."""
    people = getattr(settings, setting)
    if not people:
        return
    addresses = _addresses(setting, people)
    mail = EmailMultiAlternatives(
        f"{settings.EMAIL_SUBJECT_PREFIX}{subject}",
        message,
        settings.SERVER_EMAIL,
        addresses,
    )
    if html_message:
        mail.attach_alternative(html_message, "text/html")
    mail._send_by(make_mailer())


@deprecate_posargs(RemovedInDjango2028Warning, ["fail_silently", "connection", "html_message"])
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
    refuse_conflicts(connection, using, fail_silently)
    mail_people(
        "ADMINS",
        subject,
        message,
        html_message,
        lambda: connect(using, fail_silently) if connection is None else connection,
    )


@deprecate_posargs(RemovedInDjango2028Warning, ["fail_silently", "connection", "html_message"])
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
    refuse_conflicts(connection, using, fail_silently)
    mail_people(
        "MANAGERS",
        subject,
        message,
        html_message,
        lambda: connect(using, fail_silently) if connection is None else connection,
    )


asend_mail = async_function(send_mail)
asend_mass_mail = async_function(send_mass_mail)
amail_admins = async_function(mail_admins)
amail_managers = async_function(mail_managers)
