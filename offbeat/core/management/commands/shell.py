"""``shell``: a Python prompt with the project loaded, in which ``await`` works too."""

from __future__ import annotations

import ast
import asyncio
import inspect
import select
import sys
from typing import Any

from offbeat.core.management.base import BaseCommand, CommandError, CommandParser
from offbeat.utils.module_loading import import_string


class Command(BaseCommand):
    help = "Runs a Python interactive interpreter. Models and common helpers are imported."
    requires_system_checks: list[str] = []
    shells = ["ipython", "bpython", "python"]

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--no-startup", action="store_true", help="Ignore PYTHONSTARTUP and ~/.pythonrc.py."
        )
        parser.add_argument("--no-imports", action="store_true", help="Disable automatic imports of models.")
        parser.add_argument(
            "-i", "--interface", choices=self.shells, help="Specify an interactive interpreter interface."
        )
        parser.add_argument(
            "-c", "--command", help="Instead of opening an interactive shell, run a command and exit."
        )

    def ipython(self, options: dict[str, Any]) -> None:
        """IPython's prompt."""
        from IPython import start_ipython

        start_ipython(argv=[], user_ns=self.get_namespace(**options))

    def bpython(self, options: dict[str, Any]) -> None:
        """bpython's prompt."""
        import bpython

        bpython.embed(self.get_namespace(**options))

    def python(self, options: dict[str, Any]) -> None:
        """The standard prompt, with completion, and with ``await`` at the top level."""
        import code
        import os

        namespace = self.get_namespace(**options)
        if not options["no_startup"]:
            for path in dict.fromkeys(
                [os.environ.get("PYTHONSTARTUP"), os.path.expanduser("~/.pythonrc.py")]
            ):
                if path and os.path.isfile(path):
                    with open(path, encoding="utf-8") as file:
                        exec(compile(file.read(), path, "exec"), namespace)
        try:
            import readline
            import rlcompleter
        except ImportError:
            pass
        else:
            readline.set_completer(rlcompleter.Completer(namespace).complete)
            readline.parse_and_bind("tab: complete")

        from offbeat.concurrency import bridged

        with asyncio.Runner() as runner:

            class Console(code.InteractiveConsole):
                def runcode(self, code_object: Any) -> None:
                    if not code_object.co_flags & inspect.CO_COROUTINE:
                        super().runcode(code_object)
                        return
                    try:
                        runner.run(bridged(eval(code_object, self.locals)))
                    except SystemExit:
                        raise
                    except BaseException:
                        self.showtraceback()

            console = Console(namespace)
            console.compile.compiler.flags |= ast.PyCF_ALLOW_TOP_LEVEL_AWAIT
            console.interact()

    def get_auto_imports(self) -> list[str] | None:
        """Dotted paths imported before the prompt: all models, ``settings`` and common helpers; None for nothing."""
        from offbeat.apps import apps

        models = [
            f"{model.__module__}.{model.__name__}"
            for model in reversed(apps.get_models())
            if model.__module__
        ]
        return [
            "offbeat.conf.settings",
            "offbeat.db.connection",
            "offbeat.db.models",
            "offbeat.db.models.functions",
            "offbeat.db.reset_queries",
            "offbeat.utils.timezone",
            *models,
        ]

    def get_namespace(self, **options: Any) -> dict[str, Any]:
        """The names that the prompt starts with."""
        from importlib import import_module

        if options.get("no_imports"):
            return {}
        paths = self.get_auto_imports()
        namespace: dict[str, Any] = {}
        for path in paths or ():
            try:
                namespace[path.rpartition(".")[2]] = import_string(path)
            except ImportError:
                namespace[path.rpartition(".")[2]] = import_module(path)
        if namespace and options.get("verbosity", 0) >= 1:
            noun = "object" if len(namespace) == 1 else "objects"
            hint = " (use -v 2 for details)" if options["verbosity"] == 1 else ""
            self.stdout.write(f"{len(namespace)} {noun} imported automatically{hint}.")
            if options["verbosity"] >= 2:
                self.stdout.write("\n".join(f"  {path}" for path in paths or ()))
        return namespace

    def handle(self, **options: Any) -> None:
        if options["command"]:
            run_source(options["command"], self.get_namespace(**{**options, "verbosity": 0}))
            return
        # What is piped in is run as a program.
        if sys.platform != "win32" and not sys.stdin.isatty() and select.select([sys.stdin], [], [], 0)[0]:
            run_source(sys.stdin.read(), self.get_namespace(**{**options, "verbosity": 0}))
            return
        for shell in [options["interface"]] if options["interface"] else self.shells:
            try:
                getattr(self, shell)(options)
                return
            except ImportError:
                continue
        raise CommandError(f"Couldn't import {options['interface']} interface.")


def run_source(source: str, namespace: dict[str, Any]) -> None:
    """Run a program, in which ``await`` may stand outside of functions."""
    from offbeat.concurrency import bridged

    code = compile(source, "<string>", "exec", flags=ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)
    if code.co_flags & inspect.CO_COROUTINE:
        asyncio.run(bridged(eval(code, namespace)))
    else:
        exec(code, namespace)
