"""The command line: which commands exist, and running one of them."""

from __future__ import annotations

import functools
import os
import pkgutil
import sys
from argparse import _StoreConstAction, _SubParsersAction
from collections import defaultdict
from collections.abc import Iterator
from difflib import get_close_matches
from importlib import import_module
from typing import Any

import offbeat
from offbeat.apps import apps
from offbeat.conf import settings
from offbeat.core.exceptions import ImproperlyConfigured
from offbeat.core.management.base import BaseCommand, CommandError, CommandParser, handle_default_options
from offbeat.core.management.color import color_style
from offbeat.utils.loading import loading

_WITHOUT_SETTINGS = ("startproject", "startapp", "help", "version", "--help", "--version", "-h")


def find_commands(management_dir: str) -> list[str]:
    """Names of the commands in ``management_dir``/commands."""
    directory = os.path.join(management_dir, "commands")
    return [
        name
        for _, name, is_package in pkgutil.iter_modules([directory])
        if not is_package and not name.startswith("_")
    ]


def load_command_class(app_name: str, name: str) -> BaseCommand:
    """An instance of the command of an application."""
    return import_module(f"{app_name}.management.commands.{name}").Command()  # type: ignore[no-any-return]


@functools.cache
def get_commands() -> dict[str, str]:
    """Command name to the application that it comes from; later applications win over the core."""
    commands = dict.fromkeys(find_commands(os.path.dirname(__file__)), "offbeat.core")
    if not settings.configured:
        return commands
    for config in reversed(list(apps.get_app_configs())):
        path = os.path.join(config.path, "management")
        commands.update(dict.fromkeys(find_commands(path), config.name))
    return commands


def call_command(command_name: Any, *args: Any, **options: Any) -> Any:
    """Run a command, named or given as an object, with arguments as on a command line and options by name.

    Returns what its ``handle()`` returns. CommandError for an unknown command, TypeError for unknown options.
    """
    if isinstance(command_name, BaseCommand):
        command = command_name
        command_name = command.__class__.__module__.rpartition(".")[2]
    else:
        try:
            app_name: Any = get_commands()[command_name]
        except KeyError:
            raise CommandError(f"Unknown command: {command_name!r}")
        command = (
            app_name if isinstance(app_name, BaseCommand) else load_command_class(app_name, command_name)
        )

    parser = command.create_parser("", command_name)
    # Options go by their destination, but may be given by the name of the flag.
    flags = {
        min(a.option_strings).lstrip("-").replace("-", "_"): a.dest
        for a in parser._actions
        if a.option_strings
    }
    given = {flags.get(key, key): value for key, value in options.items()}
    actions = list(_actions(parser))
    parse_args: list[str] = []
    for arg in args:
        parse_args += map(str, arg) if isinstance(arg, list | tuple) else [str(arg)]
    parse_args += _required_options(parser, actions, options, given)
    defaults = vars(parser.parse_args(args=parse_args))
    defaults = {**defaults, **given}

    known = {action.dest for action in actions}
    valid = known | set(command.base_stealth_options) | set(command.stealth_options) | set(flags)
    if unknown := set(options) - valid:
        raise TypeError(
            f"Unknown option(s) for {command_name} command: {', '.join(sorted(unknown))}. "
            f"Valid options are: {', '.join(sorted(valid))}."
        )
    positional = defaults.pop("args", ())
    if "skip_checks" not in options:
        defaults["skip_checks"] = True
    return command.execute(*positional, **defaults)


def _actions(parser: CommandParser) -> Iterator[Any]:
    for action in parser._actions:
        if isinstance(action, _SubParsersAction):
            for sub_parser in action.choices.values():
                yield from _actions(sub_parser)
        else:
            yield action


def _required_options(
    parser: CommandParser, actions: list[Any], options: dict[str, Any], given: dict[str, Any]
) -> list[str]:
    """Required options must go through the parser, or it would miss them."""
    exclusive = {
        action
        for group in parser._mutually_exclusive_groups
        for action in group._group_actions
        if group.required
    }
    dests = [action.dest for action in actions]
    result: list[str] = []
    for action in actions:
        if (
            action.dest not in given
            or not action.option_strings
            or not (action.required or action in exclusive)
        ):
            continue
        if dests.count(action.dest) > 1:
            if action.dest in options:
                raise TypeError(
                    f"Cannot pass the dest {action.dest!r} that matches multiple arguments via **options."
                )
            if min(action.option_strings).lstrip("-").replace("-", "_") not in options:
                continue
        flag = min(action.option_strings)
        if isinstance(action, _StoreConstAction) or action.nargs == 0:
            result.append(flag)
        else:
            value = given[action.dest]
            result.append(flag) if isinstance(value, list | tuple) else result.append(f"{flag}={value}")
            if isinstance(value, list | tuple):
                result += map(str, value)
    return result


class ManagementUtility:
    """``offbeat-admin`` and ``manage.py``."""

    def __init__(self, argv: list[str] | None = None) -> None:
        self.argv = argv or sys.argv[:]
        self.prog_name = os.path.basename(self.argv[0])
        if self.prog_name == "__main__.py":
            self.prog_name = "python -m offbeat"
        self.settings_exception: Exception | None = None

    def main_help_text(self, commands_only: bool = False) -> str:
        """The list of commands, by application."""
        if commands_only:
            return "\n".join(sorted(get_commands()))
        lines = [
            "",
            f"Type '{self.prog_name} help <subcommand>' for help on a specific subcommand.",
            "",
            "Available subcommands:",
        ]
        by_app: dict[str, list[str]] = defaultdict(list)
        for name, app in get_commands().items():
            by_app["offbeat" if app == "offbeat.core" else app.rpartition(".")[2]].append(name)
        style: Any = color_style()
        for app in sorted(by_app):
            lines += ["", style.NOTICE(f"[{app}]"), *(f"    {name}" for name in sorted(by_app[app]))]
        if self.settings_exception is not None:
            lines.append(
                style.NOTICE(
                    "Note that only core commands are listed as settings are not properly configured "
                    f"(error: {self.settings_exception})."
                )
            )
        return "\n".join(lines)

    def fetch_command(self, subcommand: str) -> BaseCommand:
        """The command of this name; an unknown one ends the process with a hint."""
        commands = get_commands()
        try:
            app_name: Any = commands[subcommand]
        except KeyError:
            if not settings.configured and self.settings_exception is None:
                sys.stderr.write("No settings specified.\n")
            possible = get_close_matches(subcommand, commands)
            sys.stderr.write(f"Unknown command: {subcommand!r}")
            if possible:
                sys.stderr.write(f". Did you mean {possible[0]}?")
            sys.stderr.write(f"\nType '{self.prog_name} help' for usage.\n")
            sys.exit(1)
        return app_name if isinstance(app_name, BaseCommand) else load_command_class(app_name, subcommand)

    def execute(self) -> None:
        """Run what the arguments say."""
        subcommand = self.argv[1] if len(self.argv) > 1 else "help"
        parser = CommandParser(
            prog=self.prog_name,
            usage="%(prog)s subcommand [options] [args]",
            add_help=False,
            allow_abbrev=False,
        )
        parser.add_argument("--settings")
        parser.add_argument("--pythonpath")
        parser.add_argument("args", nargs="*")
        try:
            options, _ = parser.parse_known_args(self.argv[2:])
            handle_default_options(options)
        except CommandError:
            # Its own parser will say what is wrong.
            pass
        self._load_project(subcommand)
        if subcommand == "help":
            self._help()
        elif subcommand == "version" or self.argv[1:] == ["--version"]:
            sys.stdout.write(offbeat.get_version() + "\n")
        elif self.argv[1:] in (["--help"], ["-h"]):
            sys.stdout.write(self.main_help_text() + "\n")
        else:
            self.fetch_command(subcommand).run_from_argv(self.argv)

    def _load_project(self, subcommand: str) -> None:
        try:
            settings.INSTALLED_APPS  # noqa: B018
        except ImproperlyConfigured as error:
            self.settings_exception = error
            if subcommand in _WITHOUT_SETTINGS:
                self._configure_defaults()
                return
        except ImportError as error:
            self.settings_exception = error
        if settings.configured:
            try:
                with loading():
                    offbeat.setup()
            except Exception:
                # Help, and the reloading server, must work while a project does not import.
                if subcommand not in (*_WITHOUT_SETTINGS, "runserver") or "--noreload" in self.argv:
                    raise
        elif self.settings_exception is not None and subcommand not in _WITHOUT_SETTINGS:
            if subcommand in get_commands():
                raise self.settings_exception

    @staticmethod
    def _configure_defaults() -> None:
        if not settings.configured:
            settings.configure()
            offbeat.setup()

    def _help(self) -> None:
        if "--commands" in self.argv:
            sys.stdout.write(self.main_help_text(commands_only=True) + "\n")
        elif len(self.argv) < 3:
            sys.stdout.write(self.main_help_text() + "\n")
        else:
            self.fetch_command(self.argv[2]).print_help(self.prog_name, self.argv[2])


def execute_from_command_line(argv: list[str] | None = None) -> None:
    """Run a ManagementUtility with ``argv``, by default the process's own."""
    ManagementUtility(argv).execute()
