"""Helpers of commands."""

from __future__ import annotations

import fnmatch
import os
import shutil
import subprocess
from collections.abc import Iterable
from pathlib import Path
from subprocess import run
from typing import Any

from offbeat.apps import apps as installed_apps
from offbeat.core.management.base import CommandError
from offbeat.utils.crypto import get_random_string
from offbeat.utils.encoding import DEFAULT_LOCALE_ENCODING


def popen_wrapper(args: list[str], stdout_encoding: str = "utf-8") -> tuple[str, str, int]:
    """Run a program; (standard output, standard error, exit status). CommandError when it cannot be run."""
    try:
        process = run(args, capture_output=True, close_fds=os.name != "nt", check=False)
    except OSError as error:
        raise CommandError(f"Error executing {args[0]}") from error
    return (
        process.stdout.decode(stdout_encoding),
        process.stderr.decode(DEFAULT_LOCALE_ENCODING, errors="replace"),
        process.returncode,
    )


def handle_extensions(extensions: Iterable[str]) -> set[str]:
    """``["js,txt", "html"]`` as ``{".js", ".txt", ".html"}``."""
    names = (name for group in extensions for name in group.replace(" ", "").split(","))
    return {name if name.startswith(".") else f".{name}" for name in names}


def find_command(cmd: str, path: Any = None, pathext: Any = None) -> str | None:
    """Full path of a program on ``path`` (text or list; by default ``PATH``), None if there is none."""
    if path is not None and not isinstance(path, str):
        path = os.pathsep.join(path)
    return shutil.which(cmd, path=path)


def get_random_secret_key() -> str:
    """Fifty random characters, for the SECRET_KEY setting."""
    return get_random_string(50, "abcdefghijklmnopqrstuvwxyz0123456789!@#$%^&*(-_=+)")


def parse_apps_and_model_labels(labels: Iterable[str]) -> tuple[set[Any], set[Any]]:
    """(models, application configurations) named by labels such as ``app`` or ``app.Model``; CommandError."""
    configs: set[Any] = set()
    models: set[Any] = set()
    for label in labels:
        try:
            if "." in label:
                models.add(installed_apps.get_model(label))
            else:
                configs.add(installed_apps.get_app_config(label))
        except LookupError as error:
            raise CommandError(f"Unknown model: {label}" if "." in label else str(error))
    return models, configs


def get_command_line_option(argv: list[str], option: str) -> Any:
    """The value of one option, None if it is not there or the line cannot be parsed."""
    from offbeat.core.management.base import CommandParser

    parser = CommandParser(add_help=False, allow_abbrev=False)
    parser.add_argument(option, dest="value")
    try:
        options, _ = parser.parse_known_args(argv[2:])
    except CommandError:
        return None
    return options.value


def normalize_path_patterns(patterns: Iterable[str]) -> list[str]:
    """Patterns in the system's own case, directories without their trailing ``/*``."""
    suffixes = {f"{separator}*" for separator in {"/", os.sep}}
    result = []
    for pattern in map(os.path.normcase, patterns):
        ending = next((suffix for suffix in suffixes if pattern.endswith(suffix)), "")
        result.append(pattern.removesuffix(ending))
    return result


def is_ignored_path(path: Any, ignore_patterns: Iterable[str]) -> bool:
    """Whether the path, or its last part, matches one of the patterns."""
    path = Path(path)
    return any(
        fnmatch.fnmatchcase(path.name, pattern) or fnmatch.fnmatchcase(str(path), pattern)
        for pattern in normalize_path_patterns(ignore_patterns)
    )


def find_formatters() -> dict[str, str | None]:
    """Programs that can format written Python files, by name."""
    return {"black_path": shutil.which("black")}


def run_formatters(written_files: Any, black_path: str | None = None, stderr: Any = None) -> None:
    """Format the written files with black, where it is installed."""
    path = black_path if black_path is not None else shutil.which("black")
    if path:
        try:
            subprocess.run([path, "--fast", "--", *written_files], capture_output=True, check=False)
        except OSError as error:
            if stderr is not None:
                stderr.write(f"Formatters failed to launch: {type(error).__name__}: {error}")
