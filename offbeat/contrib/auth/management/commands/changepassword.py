"""``changepassword``: a new password for a user."""

from __future__ import annotations

import getpass
from typing import Any

from offbeat.contrib.auth.core import get_user_model
from offbeat.contrib.auth.password_validation import validate_password
from offbeat.core.exceptions import ValidationError
from offbeat.core.management.base import BaseCommand, CommandError, CommandParser
from offbeat.db import DEFAULT_DB_ALIAS, connections


class Command(BaseCommand):
    help = "Change a user's password."
    requires_migrations_checks = True
    requires_system_checks: list[str] = []
    MAX_TRIES = 3

    def _get_pass(self, prompt: str = "Password: ") -> str:
        password = getpass.getpass(prompt=prompt)
        if not password:
            raise CommandError("aborted")
        return password

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "username", nargs="?", help="Username to change password for; by default, the current username."
        )
        parser.add_argument(
            "--database", default=DEFAULT_DB_ALIAS, choices=tuple(connections), help="The database to use."
        )

    def handle(self, *args: Any, **options: Any) -> str:
        username = options["username"] or getpass.getuser()
        user_model = get_user_model()
        try:
            user = user_model._default_manager.using(options["database"]).get(
                **{user_model.USERNAME_FIELD: username}
            )
        except user_model.DoesNotExist:
            raise CommandError(f"user '{username}' does not exist")
        self.stdout.write(f"Changing password for user '{user}'")
        for _ in range(self.MAX_TRIES):
            password, again = self._get_pass(), self._get_pass("Password (again): ")
            if password != again:
                self.stdout.write("Passwords do not match. Please try again.")
                continue
            try:
                validate_password(password, user)
            except ValidationError as error:
                self.stderr.write("\n".join(error.messages))
                continue
            user.set_password(password)
            user.save()
            return f"Password changed successfully for user '{user}'"
        raise CommandError(f"Aborting password change for user '{user}' after {self.MAX_TRIES} attempts")
