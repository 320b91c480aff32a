"""``startproject`` and ``startapp``: a folder made from a template."""

from __future__ import annotations

import os
import re
import shutil
import stat
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import offbeat
from offbeat.core.management.base import BaseCommand, CommandError, CommandParser
from offbeat.core.management.utils import handle_extensions, run_formatters

_VARIABLE = re.compile(r"\{\{\s*(\w+)\s*\}\}")
_SUFFIXES = ((".py-tpl", ".py"),)


class TemplateCommand(BaseCommand):
    """Copies a folder, filling names in: ``{{ project_name }}`` in files, ``project_name`` in paths."""

    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("name", help="Name of the application or project.")
        parser.add_argument(
            "directory", nargs="?", help="Optional destination directory, this will be created if needed."
        )
        parser.add_argument(
            "--template", help="The path of a folder to copy instead of the default template."
        )
        parser.add_argument(
            "--extension",
            "-e",
            dest="extensions",
            action="append",
            default=["py"],
            help='The file extension(s) to render (default: "py").',
        )
        parser.add_argument(
            "--name", "-n", dest="files", action="append", default=[], help="The file name(s) to render."
        )
        parser.add_argument(
            "--exclude",
            "-x",
            action="append",
            default=None,
            nargs="?",
            const="",
            help="The directory name(s) to exclude.",
        )

    def handle(self, app_or_project: str, name: str, target: str | None = None, **options: Any) -> None:
        self.app_or_project = app_or_project
        self.a_or_an = "an" if app_or_project == "app" else "a"
        self.validate_name(name)
        if target is None:
            top = Path.cwd() / name
            try:
                top.mkdir(parents=True)
            except FileExistsError:
                raise CommandError(f"'{top}' already exists")
        else:
            top = Path(os.path.expanduser(target)).absolute()
            if app_or_project == "app":
                self.validate_name(top.name, "directory")
            top.mkdir(parents=True, exist_ok=True)
        names = {
            f"{app_or_project}_name": name,
            f"{app_or_project}_directory": str(top),
            f"camel_case_{app_or_project}_name": "".join(part.title() for part in name.split("_")),
            "docs_version": offbeat.get_version(),
            **{key: value for key, value in options.items() if isinstance(value, str)},
        }
        excluded = {"__pycache__", ".git", *(options.get("exclude") or [])}
        written = self._copy(self._source(options["template"]), top, names, excluded, options)
        run_formatters([str(path) for path in written], stderr=self.stderr)

    def _source(self, template: str | None) -> Path:
        if template is None:
            return Path(offbeat.__path__[0]) / "conf" / f"{self.app_or_project}_template"
        path = Path(os.path.expanduser(template.removeprefix("file://")))
        if not path.is_dir():
            raise CommandError(f"couldn't handle {self.app_or_project} template {template}.")
        return path

    def _copy(
        self, source: Path, top: Path, names: dict[str, str], excluded: set[str], options: dict[str, Any]
    ) -> list[Path]:
        extensions = tuple(handle_extensions(options["extensions"]))
        written = []
        for path in sorted(source.rglob("*")):
            relative = path.relative_to(source)
            if (
                path.is_dir()
                or any(part in excluded for part in relative.parts[:-1])
                or path.suffix in (".pyc", ".pyo")
            ):
                continue
            text = str(relative).replace(f"{self.app_or_project}_name", names[f"{self.app_or_project}_name"])
            for old, new in _SUFFIXES:
                text = text.removesuffix(old) + new if text.endswith(old) else text
            destination = top / text
            if destination.exists():
                raise CommandError(
                    f"{destination} already exists. Overlaying {self.a_or_an} {self.app_or_project} into an existing "
                    "directory won't replace conflicting files."
                )
            destination.parent.mkdir(parents=True, exist_ok=True)
            if destination.name.endswith(extensions) or path.name in options["files"]:
                content = _VARIABLE.sub(
                    lambda match: names.get(match[1], match[0]), path.read_text(encoding="utf-8")
                )
                destination.write_text(content, encoding="utf-8")
            else:
                shutil.copyfile(path, destination)
            shutil.copymode(path, destination)
            destination.chmod(destination.stat().st_mode | stat.S_IWUSR)
            written.append(destination)
            if self.verbosity_of(options) >= 2:
                self.stdout.write(f"Creating {destination}")
        return written

    @staticmethod
    def verbosity_of(options: dict[str, Any]) -> int:
        """The ``--verbosity`` given."""
        return int(options.get("verbosity", 1))

    def validate_name(self, name: str | None, name_or_dir: str = "name") -> None:
        """CommandError unless the name can be imported and does not hide a module that exists."""
        if name is None:
            raise CommandError(f"you must provide {self.a_or_an} {self.app_or_project} name")
        if not name.isidentifier():
            raise CommandError(
                f"'{name}' is not a valid {self.app_or_project} {name_or_dir}. Please make sure the {name_or_dir} is a "
                "valid identifier."
            )
        if find_spec(name) is not None:
            raise CommandError(
                f"'{name}' conflicts with the name of an existing Python module and cannot be used as {self.a_or_an} "
                f"{self.app_or_project} {name_or_dir}. Please try another {name_or_dir}."
            )
