"""``createsuperuser``: a user who may do everything."""

from __future__ import annotations

import getpass
import os
import sys
from typing import Any

from offbeat.contrib.auth.core import get_user_model
from offbeat.contrib.auth.management import get_default_username
from offbeat.contrib.auth.password_validation import validate_password
from offbeat.core import exceptions
from offbeat.core.management.base import BaseCommand, CommandError, CommandParser
from offbeat.db import DEFAULT_DB_ALIAS, connections
from offbeat.utils.text import capfirst

PASSWORD_FIELD = "password"
_PREFIXES = ("OFFBEAT_SUPERUSER_", "DJANGO_SUPERUSER_")


class NotRunningInTTYException(Exception):
    """Nobody is there to be asked."""


class Command(BaseCommand):
    help = "Used to create a superuser."
    requires_migrations_checks = True
    stealth_options = ("stdin",)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.UserModel = get_user_model()
        self.username_field = self.UserModel._meta.get_field(self.UserModel.USERNAME_FIELD)

    def add_arguments(self, parser: CommandParser) -> None:
        name = self.UserModel.USERNAME_FIELD
        parser.add_argument(f"--{name}", help="Specifies the login for the superuser.")
        parser.add_argument(
            "--noinput",
            "--no-input",
            action="store_false",
            dest="interactive",
            help="Do NOT prompt the user.",
        )
        parser.add_argument(
            "--database", default=DEFAULT_DB_ALIAS, choices=tuple(connections), help="The database to use."
        )
        for field_name in self.UserModel.REQUIRED_FIELDS:
            field = self.UserModel._meta.get_field(field_name)
            extra: dict[str, Any] = {}
            if field.many_to_many:
                if not field.remote_field.through._meta.auto_created:
                    raise CommandError(
                        f"Required field '{field_name}' specifies a many-to-many relation through model, which is not "
                        "supported."
                    )
                extra["action"] = "append"
            parser.add_argument(
                f"--{field_name}", help=f"Specifies the {field_name} for the superuser.", **extra
            )

    def execute(self, *args: Any, **options: Any) -> Any:
        self.stdin: Any = options.get("stdin", sys.stdin)
        return super().execute(*args, **options)

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            data = self._ask(options) if options["interactive"] else self._read(options)
        except KeyboardInterrupt:
            self.stderr.write("\nOperation cancelled.")
            sys.exit(1)
        except exceptions.ValidationError as error:
            raise CommandError("; ".join(error.messages))
        except NotRunningInTTYException:
            self.stdout.write(
                "Superuser creation skipped due to not running in a TTY. You can run `manage.py createsuperuser` in your "
                "project to create one manually."
            )
            return
        manager = self.UserModel._default_manager.db_manager(options["database"])
        manager.create_superuser(**data)
        if options["verbosity"] >= 1:
            self.stdout.write("Superuser created successfully.")

    def _read(self, options: dict[str, Any]) -> dict[str, Any]:
        """The data from options and environment; CommandError when something is missing."""
        name = self.UserModel.USERNAME_FIELD
        username = _given(options, name)
        if username is None:
            raise CommandError(f"You must use --{name} with --noinput.")
        if error := self._validate_username(username, self.username_field.verbose_name, options["database"]):
            raise CommandError(error)
        data: dict[str, Any] = {name: username}
        if self._has_password():
            # Without one nobody can log in by password, until it is changed.
            data[PASSWORD_FIELD] = _from_environment(PASSWORD_FIELD)
        for field_name in self.UserModel.REQUIRED_FIELDS:
            value = _given(options, field_name)
            if value is None:
                raise CommandError(f"You must use --{field_name} with --noinput.")
            data[field_name] = self._cleaned(self.UserModel._meta.get_field(field_name), value)
        return data

    def _has_password(self) -> bool:
        return any(field.name == PASSWORD_FIELD for field in self.UserModel._meta.get_fields())

    @staticmethod
    def _cleaned(field: Any, value: Any) -> Any:
        if field.many_to_many and isinstance(value, str):
            value = [part.strip() for part in value.split(",") if part.strip()]
        return field.clean(value, None)

    def _ask(self, options: dict[str, Any]) -> dict[str, Any]:
        """The data from options and, for what is missing, from the terminal."""
        if hasattr(self.stdin, "isatty") and not self.stdin.isatty():
            raise NotRunningInTTYException
        name = self.UserModel.USERNAME_FIELD
        shown = self.username_field.verbose_name
        username = options.get(name)
        if username == "":
            raise CommandError(f"{capfirst(shown)} cannot be blank.")
        if username is not None and (error := self._validate_username(username, shown, options["database"])):
            self.stderr.write(error)
            username = None
        default = get_default_username(database=options["database"])
        while username is None:
            username = self.get_input_data(
                self.username_field, self._prompt(self.username_field, default), default
            )
            if username and (error := self._validate_username(username, shown, options["database"])):
                self.stderr.write(error)
                username = None
        data: dict[str, Any] = {name: username}
        for field_name in self.UserModel.REQUIRED_FIELDS:
            field = self.UserModel._meta.get_field(field_name)
            value = options.get(field_name)
            if value is not None:
                value = self._cleaned(field, value)
            while value is None:
                value = self.get_input_data(field, self._prompt(field))
            data[field_name] = value
        if self._has_password():
            data[PASSWORD_FIELD] = self._ask_password(self._unsaved_user(data))
        return data

    def _unsaved_user(self, data: dict[str, Any]) -> Any:
        """A user for the password's validators to look at."""
        fields = {name: self.UserModel._meta.get_field(name) for name in data}
        return self.UserModel(
            **{
                fields[name].attname if fields[name].remote_field else name: value
                for name, value in data.items()
                if not fields[name].many_to_many
            }
        )

    def _ask_password(self, user: Any) -> str:
        while True:
            password = getpass.getpass()
            if password != getpass.getpass("Password (again): "):
                self.stderr.write("Error: Your passwords didn't match.")
                continue
            if password.strip() == "":
                self.stderr.write("Error: Blank passwords aren't allowed.")
                continue
            try:
                validate_password(password, user)
            except exceptions.ValidationError as error:
                self.stderr.write("\n".join(error.messages))
                if input("Bypass password validation and create user anyway? [y/N]: ").lower() != "y":
                    continue
            return password

    def get_input_data(self, field: Any, message: str, default: Any = None) -> Any:
        """A clean value from the terminal; None when it was not valid."""
        raw = input(message)
        if default and raw == "":
            raw = default
        try:
            return self._cleaned(field, raw)
        except exceptions.ValidationError as error:
            self.stderr.write(f"Error: {'; '.join(error.messages)}")
            return None

    def _prompt(self, field: Any, default: Any = None) -> str:
        remote = ""
        if field.remote_field:
            target = field.remote_field.model._meta.object_name
            part = field.m2m_target_field_name() if field.many_to_many else field.remote_field.field_name
            remote = f" ({target}.{part})"
        leave = f" (leave blank to use '{default}')" if default else ""
        return f"{capfirst(field.verbose_name)}{leave}{remote}: "

    def _username_is_unique(self) -> bool:
        if self.username_field.unique:
            return True
        return any(
            tuple(constraint.fields) == (self.username_field.name,)
            for constraint in self.UserModel._meta.total_unique_constraints
        )

    def _validate_username(self, username: str, shown: str, database: str) -> str | None:
        """What is wrong with the name, if anything."""
        manager = self.UserModel._default_manager.db_manager(database)
        if self._username_is_unique() and hasattr(manager, "get_by_natural_key"):
            try:
                manager.get_by_natural_key(username)
            except self.UserModel.DoesNotExist:
                pass
            else:
                return f"Error: That {shown} is already taken."
        if not username:
            return f"{capfirst(shown)} cannot be blank."
        try:
            self.username_field.clean(username, None)
        except exceptions.ValidationError as error:
            return "; ".join(error.messages)
        return None


def _from_environment(name: str) -> str | None:
    for prefix in _PREFIXES:
        if (value := os.environ.get(prefix + name.upper())) is not None:
            return value
    return None


def _given(options: dict[str, Any], name: str) -> Any:
    value = options.get(name)
    return _from_environment(name) if value is None else value
