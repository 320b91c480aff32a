"""Base classes of management commands (Django documentation: howto/custom-management-commands)."""

from __future__ import annotations

import argparse
import os
import sys
from argparse import ArgumentParser, HelpFormatter
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from io import TextIOBase
from typing import Any, ClassVar

import offbeat
from offbeat.core import checks
from offbeat.core.exceptions import ImproperlyConfigured
from offbeat.core.management.color import color_style, no_style
from offbeat.db import DEFAULT_DB_ALIAS, connections

ALL_CHECKS = "__all__"


class CommandError(Exception):
    """A command failed in a way that it can explain; shown without a traceback. ``returncode``: the exit status."""

    def __init__(self, *args: Any, returncode: int = 1, **kwargs: Any) -> None:
        self.returncode = returncode
        super().__init__(*args, **kwargs)


class SystemCheckError(CommandError):
    """System checks found errors."""


class CommandParser(ArgumentParser):
    """An argument parser that raises CommandError when the command was called from code."""

    def __init__(
        self,
        *,
        missing_args_message: str | None = None,
        called_from_command_line: bool | None = None,
        **kwargs: Any,
    ) -> None:
        self.missing_args_message = missing_args_message
        self.called_from_command_line = called_from_command_line
        super().__init__(**kwargs)

    def parse_args(self, args: Any = None, namespace: Any = None) -> Any:
        if self.missing_args_message and not (args or any(not arg.startswith("-") for arg in args or ())):
            self.error(self.missing_args_message)
        return super().parse_args(args, namespace)

    def error(self, message: str) -> Any:
        if self.called_from_command_line:
            super().error(message)
        raise CommandError(f"Error: {message}")

    def add_subparsers(self, **kwargs: Any) -> Any:
        parser_class = kwargs.get("parser_class", type(self))
        if issubclass(parser_class, CommandParser):
            kwargs["parser_class"] = partial(
                parser_class, called_from_command_line=self.called_from_command_line
            )
        return super().add_subparsers(**kwargs)


def handle_default_options(options: Any) -> None:
    """Apply ``--settings`` and ``--pythonpath``, which must be known before anything is loaded."""
    if options.settings:
        os.environ["OFFBEAT_SETTINGS_MODULE"] = options.settings
    if options.pythonpath:
        sys.path.insert(0, options.pythonpath)


def no_translations(handle_func: Callable[..., Any]) -> Callable[..., Any]:
    """Decorator of ``handle()``: runs it with translations switched off."""

    def wrapper(*args: Any, **kwargs: Any) -> Any:
        from offbeat.utils import translation

        with translation.override(None):
            return handle_func(*args, **kwargs)

    return wrapper


class HelpFormatterWithCommonLast(HelpFormatter):
    """Shows the options that all commands share after the command's own."""

    show_last: ClassVar[set[str]] = {
        "--version",
        "--verbosity",
        "--traceback",
        "--settings",
        "--pythonpath",
        "--no-color",
        "--force-color",
        "--skip-checks",
    }

    def _reordered(self, actions: Iterable[argparse.Action]) -> list[argparse.Action]:
        return sorted(actions, key=lambda a: bool(set(a.option_strings) & self.show_last))

    def add_usage(self, usage: Any, actions: Any, *args: Any, **kwargs: Any) -> None:
        super().add_usage(usage, self._reordered(actions), *args, **kwargs)

    def add_arguments(self, actions: Any) -> None:
        super().add_arguments(self._reordered(actions))


DjangoHelpFormatter = HelpFormatterWithCommonLast


class OutputWrapper(TextIOBase):
    """A stream that ends lines and applies a style."""

    @property
    def style_func(self) -> Callable[[str], str]:
        """What colours the text; the identity unless the stream is a terminal."""
        return self._style_func

    @style_func.setter
    def style_func(self, style_func: Callable[[str], str] | None) -> None:
        self._style_func = style_func if style_func and self.isatty() else _identity

    def __init__(self, out: Any, ending: str = "\n") -> None:
        self._out = out
        self._style_func = _identity
        self.ending = ending

    def __getattr__(self, name: str) -> Any:
        return getattr(self._out, name)

    def flush(self) -> None:
        """Flush the stream, if it can be."""
        # At the interpreter's end, the stream may be closed before this wrapper is.
        if hasattr(self._out, "flush") and not getattr(self._out, "closed", False):
            self._out.flush()

    def isatty(self) -> bool:
        """Whether the stream is a terminal."""
        return bool(hasattr(self._out, "isatty") and self._out.isatty())

    def write(
        self, msg: str = "", style_func: Callable[[str], str] | None = None, ending: str | None = None
    ) -> int:
        """Write the text, with ``ending`` unless it ends so already."""
        ending = self.ending if ending is None else ending
        if ending and not msg.endswith(ending):
            msg += ending
        self._out.write((style_func or self.style_func)(msg))
        return len(msg)


def _identity(text: str) -> str:
    return text


class BaseCommand:
    """A command: define ``handle(*args, **options)`` and, for arguments, ``add_arguments(parser)``."""

    help: str = ""
    _called_from_command_line = False
    output_transaction = False
    requires_migrations_checks = False
    requires_system_checks: Any = ALL_CHECKS
    base_stealth_options: tuple[str, ...] = ("stderr", "stdout")
    stealth_options: tuple[str, ...] = ()
    suppressed_base_arguments: set[str] = set()
    missing_args_message: str | None = None

    def __init__(
        self, stdout: Any = None, stderr: Any = None, no_color: bool = False, force_color: bool = False
    ) -> None:
        if no_color and force_color:
            raise TypeError("'no_color' and 'force_color' can't be used together.")
        self.stdout = OutputWrapper(stdout or sys.stdout)
        self.stderr = OutputWrapper(stderr or sys.stderr)
        self._set_style(no_color, force_color)
        checked = self.requires_system_checks
        if not isinstance(checked, list | tuple) and checked != ALL_CHECKS:
            raise TypeError("requires_system_checks must be a list or tuple.")

    def _set_style(self, no_color: bool, force_color: bool) -> None:
        self.style: Any
        if no_color:
            self.style = no_style()
            self.stderr.style_func = None
        else:
            self.style = color_style(force_color)
            self.stderr.style_func = self.style.ERROR

    def get_version(self) -> str:
        """What ``--version`` prints."""
        return offbeat.get_version()

    def create_parser(self, prog_name: str, subcommand: str, **kwargs: Any) -> CommandParser:
        """The parser with the shared options and the command's own."""
        kwargs.setdefault("formatter_class", HelpFormatterWithCommonLast)
        parser = CommandParser(
            prog=f"{os.path.basename(prog_name)} {subcommand}",
            description=self.help or None,
            missing_args_message=self.missing_args_message,
            called_from_command_line=self._called_from_command_line,
            **kwargs,
        )
        self.add_base_argument(
            parser,
            "--version",
            action="version",
            version=self.get_version(),
            help="Show program's version number and exit.",
        )
        self.add_base_argument(
            parser,
            "-v",
            "--verbosity",
            default=1,
            type=int,
            choices=[0, 1, 2, 3],
            help="Verbosity level; 0=minimal output, 1=normal output, 2=verbose output, 3=very verbose output",
        )
        self.add_base_argument(
            parser, "--settings", help="Dotted path of the settings module, such as myproject.settings."
        )
        self.add_base_argument(parser, "--pythonpath", help="A directory to add to the Python path.")
        self.add_base_argument(
            parser, "--traceback", action="store_true", help="Show the traceback of CommandErrors too."
        )
        self.add_base_argument(
            parser, "--no-color", action="store_true", help="Don't colorize the command output."
        )
        self.add_base_argument(
            parser, "--force-color", action="store_true", help="Force colorization of the command output."
        )
        if self.requires_system_checks:
            parser.add_argument("--skip-checks", action="store_true", help="Skip system checks.")
        self.add_arguments(parser)
        return parser

    def add_arguments(self, parser: CommandParser) -> None:
        """Hook: add the command's own arguments to ``parser``."""

    def add_base_argument(self, parser: CommandParser, *args: Any, **kwargs: Any) -> None:
        """Add a shared option; its help is hidden when ``suppressed_base_arguments`` names it."""
        if any(arg in self.suppressed_base_arguments for arg in args):
            kwargs["help"] = argparse.SUPPRESS
        parser.add_argument(*args, **kwargs)

    def print_help(self, prog_name: str, subcommand: str) -> None:
        """Print the help to standard output."""
        self.create_parser(prog_name, subcommand).print_help()

    def run_from_argv(self, argv: list[str]) -> None:
        """Run as from a command line; errors are shown and end the process."""
        self._called_from_command_line = True
        parser = self.create_parser(argv[0], argv[1])
        options = parser.parse_args(argv[2:])
        cmd_options = vars(options)
        args = cmd_options.pop("args", ())
        handle_default_options(options)
        try:
            self.execute(*args, **cmd_options)
        except CommandError as error:
            if options.traceback:
                raise
            if isinstance(error, SystemCheckError):
                self.stderr.write(str(error), _identity)
            else:
                self.stderr.write(f"{type(error).__name__}: {error}")
            sys.exit(error.returncode)
        finally:
            try:
                connections.close_all()
            except ImproperlyConfigured:
                # Commands such as startproject run without settings.
                pass

    def execute(self, *args: Any, **options: Any) -> Any:
        """Run the checks, then ``handle()``; prints what it returns, between BEGIN and COMMIT if asked for."""
        if options["force_color"] and options["no_color"]:
            raise CommandError("The --no-color and --force-color options can't be used together.")
        if options["force_color"]:
            self.style = color_style(force_color=True)
        elif options["no_color"]:
            self._set_style(no_color=True, force_color=False)
        if options.get("stdout"):
            self.stdout = OutputWrapper(options["stdout"])
        if options.get("stderr"):
            self.stderr = OutputWrapper(options["stderr"])
        if self.requires_system_checks and not options["skip_checks"]:
            kwargs = self.get_check_kwargs(options)
            self.check(**kwargs)
        if self.requires_migrations_checks:
            self.check_migrations()
        output = self.handle(*args, **options)
        if output:
            if self.output_transaction:
                connection = connections[options.get("database", DEFAULT_DB_ALIAS)]
                start, end = connection.ops.start_transaction_sql(), connection.ops.end_transaction_sql()
                output = f"{self.style.SQL_KEYWORD(start)}\n{output}\n{self.style.SQL_KEYWORD(end)}"
            self.stdout.write(output)
        return output

    def get_check_kwargs(self, options: dict[str, Any]) -> dict[str, Any]:
        """Arguments of ``check()`` for these options."""
        if self.requires_system_checks == ALL_CHECKS:
            return {}
        return {"tags": self.requires_system_checks}

    def check(
        self,
        app_configs: Any = None,
        tags: Sequence[str] | None = None,
        display_num_errors: bool = False,
        include_deployment_checks: bool = False,
        fail_level: int = checks.ERROR,
        databases: Any = None,
    ) -> None:
        """Run system checks, show what they found; SystemCheckError from ``fail_level`` up."""
        found = checks.run_checks(
            app_configs=app_configs,
            tags=tags,
            include_deployment_checks=include_deployment_checks,
            databases=databases,
        )
        shown = [message for message in found if not message.is_silenced()]
        silenced = len(found) - len(shown)
        body = "".join(self._check_sections(shown))
        header = "System check identified some issues:\n" if shown else ""
        footer = ""
        if display_num_errors:
            count = "no issues" if not shown else "1 issue" if len(shown) == 1 else f"{len(shown)} issues"
            footer = f"{chr(10) if shown else ''}System check identified {count} ({silenced} silenced)."
        if any(message.is_serious(fail_level) for message in shown):
            raise SystemCheckError(self.style.ERROR("SystemCheckError: ") + header + body + footer)
        text = header + body + footer
        if text:
            if shown:
                self.stderr.write(text, _identity)
            else:
                self.stdout.write(text)

    def _check_sections(self, messages: list[checks.CheckMessage]) -> Iterable[str]:
        groups: tuple[tuple[str, Callable[[Any], bool]], ...] = (
            ("CRITICALS", lambda m: m.level >= checks.CRITICAL),
            ("ERRORS", lambda m: checks.ERROR <= m.level < checks.CRITICAL),
            ("WARNINGS", lambda m: checks.WARNING <= m.level < checks.ERROR),
            ("INFOS", lambda m: checks.INFO <= m.level < checks.WARNING),
            ("DEBUGS", lambda m: m.level < checks.INFO),
        )
        for name, belongs in groups:
            lines = [
                self.style.ERROR(str(message)) if message.is_serious() else self.style.WARNING(str(message))
                for message in messages
                if belongs(message)
            ]
            if lines:
                yield f"\n{name}:\n" + "\n".join(sorted(lines)) + "\n"

    def check_migrations(self) -> None:
        """Say so when the default database lacks migrations."""
        from offbeat.db.migrations.executor import MigrationExecutor

        try:
            executor = MigrationExecutor(connections[DEFAULT_DB_ALIAS])
        except ImproperlyConfigured:
            return
        plan = executor.migration_plan(executor.loader.graph.leaf_nodes())
        if plan:
            waiting = sorted({migration.app_label for migration, _ in plan})
            noun = "migration" if len(plan) == 1 else "migration(s)"
            self.stdout.write(
                self.style.NOTICE(
                    f"\nYou have {len(plan)} unapplied {noun}. Your project may not work properly until you apply the "
                    f"migrations for app(s): {', '.join(waiting)}."
                )
            )
            self.stdout.write(self.style.NOTICE("Run 'python manage.py migrate' to apply them."))

    def handle(self, *args: Any, **options: Any) -> Any:
        """The command itself; text that it returns is printed."""
        raise NotImplementedError("subclasses of BaseCommand must provide a handle() method")


class AppCommand(BaseCommand):
    """A command that takes application labels: define ``handle_app_config(app_config, **options)``."""

    missing_args_message = "Enter at least one application label."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("args", metavar="app_label", nargs="+", help="One or more application label.")

    def handle(self, *app_labels: str, **options: Any) -> str:
        from offbeat.apps import apps

        try:
            app_configs = [apps.get_app_config(app_label) for app_label in app_labels]
        except (LookupError, ImportError) as error:
            raise CommandError(f"{error}. Are you sure your INSTALLED_APPS setting is correct?")
        outputs = (self.handle_app_config(app_config, **options) for app_config in app_configs)
        return "\n".join(output for output in outputs if output)

    def handle_app_config(self, app_config: Any, **options: Any) -> Any:
        """The command for one application."""
        raise NotImplementedError("Subclasses of AppCommand must provide a handle_app_config() method.")


class LabelCommand(BaseCommand):
    """A command that takes labels of any kind: define ``handle_label(label, **options)``."""

    label = "label"

    @property
    def missing_args_message(self) -> str:  # type: ignore[override]
        return f"Enter at least one {self.label}."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("args", metavar=self.label, nargs="+")

    def handle(self, *labels: str, **options: Any) -> str:
        outputs = (self.handle_label(label, **options) for label in labels)
        return "\n".join(output for output in outputs if output)

    def handle_label(self, label: str, **options: Any) -> Any:
        """The command for one label."""
        raise NotImplementedError("subclasses of LabelCommand must provide a handle_label() method")
