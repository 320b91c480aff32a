"""Sending mail (Django documentation: topics/email)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from offbeat.utils.lazy_names import lazy_names

if TYPE_CHECKING:
    from offbeat.core.mail.handler import InvalidMailer, MailerDoesNotExist, get_connection, mailers
    from offbeat.core.mail.message import (
        DEFAULT_ATTACHMENT_MIME_TYPE,
        BadHeaderError,
        EmailAlternative,
        EmailAttachment,
        EmailMessage,
        EmailMultiAlternatives,
    )
    from offbeat.core.mail.shortcuts import (
        amail_admins,
        amail_managers,
        asend_mail,
        asend_mass_mail,
        mail_admins,
        mail_managers,
        send_mail,
        send_mass_mail,
    )
    from offbeat.core.mail.utils import DNS_NAME, CachedDnsName
else:
    __getattr__, __dir__ = lazy_names(
        __name__,
        {
            "offbeat.core.mail.handler": (
                "InvalidMailer",
                "MailerDoesNotExist",
                "get_connection",
                "mailers",
            ),
            "offbeat.core.mail.message": (
                "DEFAULT_ATTACHMENT_MIME_TYPE",
                "BadHeaderError",
                "EmailAlternative",
                "EmailAttachment",
                "EmailMessage",
                "EmailMultiAlternatives",
            ),
            "offbeat.core.mail.shortcuts": (
                "amail_admins",
                "amail_managers",
                "asend_mail",
                "asend_mass_mail",
                "mail_admins",
                "mail_managers",
                "send_mail",
                "send_mass_mail",
            ),
            "offbeat.core.mail.utils": (
                "DNS_NAME",
                "CachedDnsName",
            ),
        },
    )


__all__ = [
    "DEFAULT_ATTACHMENT_MIME_TYPE",
    "DNS_NAME",
    "BadHeaderError",
    "CachedDnsName",
    "EmailAlternative",
    "EmailAttachment",
    "EmailMessage",
    "EmailMultiAlternatives",
    "InvalidMailer",
    "MailerDoesNotExist",
    "amail_admins",
    "amail_managers",
    "asend_mail",
    "asend_mass_mail",
    "get_connection",
    "mail_admins",
    "mail_managers",
    "mailers",
    "send_mail",
    "send_mass_mail",
]
