"""``sendtestemail``: find out whether mail can be sent."""

from __future__ import annotations

import socket
from typing import Any

from offbeat.core.mail import mail_admins, mail_managers, send_mail
from offbeat.core.management.base import BaseCommand, CommandError, CommandParser
from offbeat.utils import timezone


class Command(BaseCommand):
    help = "Sends a test email to the email addresses specified as arguments."
    missing_args_message = (
        "You must specify some email recipients, or pass the --managers or --admin options."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("email", nargs="*", help="One or more addresses to send a test email to.")
        parser.add_argument(
            "--managers", action="store_true", help="Send a test email to the addresses in MANAGERS."
        )
        parser.add_argument(
            "--admins", action="store_true", help="Send a test email to the addresses in ADMINS."
        )
        parser.add_argument("--using", help="The alias of the mailer to send by.")

    def handle(self, *args: Any, **options: Any) -> None:
        if not (options["email"] or options["managers"] or options["admins"]):
            raise CommandError(self.missing_args_message)
        subject = f"Test email from {socket.gethostname()} on {timezone.now()}"
        using = options["using"]
        if options["email"]:
            send_mail(
                subject,
                "If you're reading this, it was successful.",
                None,
                options["email"],
                using=using,
            )
        if options["managers"]:
            mail_managers(subject, "This email was sent to the site managers.", using=using)
        if options["admins"]:
            mail_admins(subject, "This email was sent to the site admins.", using=using)
