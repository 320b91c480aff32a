"""Migrations as Python files."""

from __future__ import annotations

import os
import re
import sys
from importlib import import_module
from typing import Any

import offbeat
from offbeat.apps import apps
from offbeat.conf import SettingsReference
from offbeat.db import migrations
from offbeat.db.migrations.loader import MigrationLoader
from offbeat.db.migrations.serializer import Serializer, serializer_factory
from offbeat.utils.inspect import get_func_full_args
from offbeat.utils.module_loading import module_dir
from offbeat.utils.timezone import now

_FROM_MIGRATION = re.compile(r"^import (.+)\.(\d+[^\s]*)$")
_OWN_NAME = re.compile(r"\boffbeat\.(?=(?:db|conf|contrib|utils|core|apps|forms)\b)")


class OperationWriter:
    """One operation as lines of source."""

    def __init__(self, operation: Any, indentation: int = 2) -> None:
        self.operation = operation
        self.buff: list[str] = []
        self.indentation = indentation

    def serialize(self) -> tuple[str, set[str]]:
        """(source, import lines)."""
        imports: set[str] = set()
        name, args, kwargs = self.operation.deconstruct()
        names = [name for name, *_ in get_func_full_args(self.operation.__init__) if not name.startswith("*")]
        # A subclass made elsewhere is written with its module.
        if getattr(migrations, name, None) is type(self.operation):
            self.feed(f"migrations.{name}(")
        else:
            kind = type(self.operation)
            imports.add(f"import {kind.__module__}")
            self.feed(f"{kind.__module__}.{name}(")
        self.indent()
        for arg_name, arg in [
            *zip(names, args, strict=False),
            *((n, kwargs[n]) for n in names if n in kwargs),
        ]:
            self._write(arg_name, arg, imports)
        self.unindent()
        self.feed("),")
        return "\n".join(self.buff), imports

    def _write(self, name: str, value: Any, imports: set[str]) -> None:
        expand = name in self.operation.serialization_expand_args and isinstance(value, list | tuple | dict)
        if not expand or not value:
            text, more = MigrationWriter.serialize(value)
            self.feed(f"{name}={text},")
            imports |= more
            return
        opening, closing = (
            ("{", "}") if isinstance(value, dict) else ("[", "]") if isinstance(value, list) else ("(", ")")
        )
        self.feed(f"{name}={opening}")
        self.indent()
        if isinstance(value, dict):
            for key, item in value.items():
                key_text, key_imports = MigrationWriter.serialize(key)
                text, more = MigrationWriter.serialize(item)
                self.feed(f"{key_text}: {text},")
                imports |= key_imports | more
        else:
            for item in value:
                if isinstance(item, migrations.operations.base.Operation):
                    text, more = OperationWriter(item, self.indentation).serialize()
                    self.buff.append(text)
                else:
                    text, more = MigrationWriter.serialize(item)
                    self.feed(f"{text},")
                imports |= more
        self.unindent()
        self.feed(f"{closing},")

    def indent(self) -> None:
        """One level deeper."""
        self.indentation += 1

    def unindent(self) -> None:
        """One level back."""
        self.indentation -= 1

    def feed(self, line: str) -> None:
        """Add a line."""
        self.buff.append(" " * (self.indentation * 4) + line)

    def render(self) -> str:
        """The lines."""
        return "\n".join(self.buff)


class MigrationWriter:
    """A migration as a file: ``as_string()``, ``path``."""

    def __init__(self, migration: Any, include_header: bool = True) -> None:
        self.migration = migration
        self.include_header = include_header
        self.needs_manual_porting = False

    def as_string(self) -> str:
        """The file's text."""
        operations, imports = [], set()
        for operation in self.migration.operations:
            text, more = OperationWriter(operation).serialize()
            operations.append(text)
            imports |= more
        dependencies = [
            f"        migrations.swappable_dependency(settings.{_setting_name(dependency)}),"
            if hasattr(dependency, "setting")
            else f"        {self.serialize(tuple(dependency))[0]},"
            for dependency in self.migration.dependencies
        ]
        if any("swappable_dependency" in line for line in dependencies):
            imports.add("from offbeat.conf import settings")
        imports |= {"from offbeat.db import migrations"}
        if "from offbeat.db import models" in imports:
            imports -= {"from offbeat.db import models", "from offbeat.db import migrations"}
            imports.add("from offbeat.db import migrations, models")
        imports, porting = self._separate_functions(imports)
        replaces = (
            f"\n    replaces = {self.serialize(self.migration.replaces)[0]}\n"
            if self.migration.replaces
            else ""
        )
        initial = "\n    initial = True\n" if self.migration.initial else ""
        header = ""
        if self.include_header:
            header = f"# Generated by {_product()} {_version()} on {now():%Y-%m-%d %H:%M}\n\n"
        plain = sorted(
            (line for line in imports if line.startswith("import ")), key=lambda line: line.split()[1]
        )
        froms = sorted(line for line in imports if line.startswith("from "))
        body = (
            f"{header}"
            + "\n".join([*plain, *([""] if plain and froms else []), *froms])
            + porting
            + "\n\n\nclass Migration(migrations.Migration):\n"
            + replaces
            + initial
            + "\n    dependencies = ["
            + "\n"
            + "".join(f"{line}\n" for line in dependencies)
            + "    "
            + "]\n\n    operations = ["
            + "\n"
            + "".join(f"{text}\n" for text in operations)
            + "    "
            + "]\n"
        )
        return (
            _OWN_NAME.sub("django.", body.replace("from offbeat.", "from django."))
            if _alias_is_on()
            else body
        )

    def _separate_functions(self, imports: set[str]) -> tuple[set[str], str]:
        """(imports that Python accepts, a comment about functions of other migrations, whose names it does not)."""
        modules = sorted(line.split()[1] for line in imports if _FROM_MIGRATION.match(line))
        if not modules:
            return imports, ""
        self.needs_manual_porting = True
        comment = (
            "\n\n# Functions from the following migrations need manual copying.\n# Move them and any dependencies into this "
            "file, then update the\n# RunPython operations to refer to the local versions:\n# "
        )
        kept = {line for line in imports if not _FROM_MIGRATION.match(line)}
        return kept, comment + "\n# ".join(modules)

    @property
    def basedir(self) -> str:
        """The folder of the application's migrations, made if need be; ValueError when it has none."""
        package_name, _ = MigrationLoader.migrations_module(self.migration.app_label)
        if package_name is None:
            raise ValueError(
                f"Django can't create migrations for app '{self.migration.app_label}' because migrations have been "
                "disabled via the MIGRATION_MODULES setting."
            )
        try:
            return module_dir(import_module(package_name))
        except (ImportError, ValueError):
            pass
        config = apps.get_app_config(self.migration.app_label)
        parent, _, last = package_name.rpartition(".")
        if config.name == parent and last == "migrations":
            folder = os.path.join(config.path, last)
        else:
            folder = self._folder_of(package_name)
        os.makedirs(folder, exist_ok=True)
        initializer = os.path.join(folder, "__init__.py")
        if not os.path.isfile(initializer):
            open(initializer, "w").close()
        return folder

    @staticmethod
    def _folder_of(package_name: str) -> str:
        parts: list[str] = []
        existing = package_name
        while existing:
            existing, _, name = existing.rpartition(".")
            parts.insert(0, name)
            try:
                base = module_dir(import_module(existing))
                return os.path.join(base, *parts)
            except (ImportError, ValueError):
                continue
        raise ValueError(
            f"Could not locate an appropriate location to create migrations package {package_name}. Make sure the "
            "toplevel package exists and can be imported."
        )

    @property
    def filename(self) -> str:
        """The file's name."""
        return f"{self.migration.name}.py"

    @property
    def path(self) -> str:
        """The file's full path."""
        return os.path.join(self.basedir, self.filename)

    @classmethod
    def serialize(cls, value: Any) -> tuple[str, set[str]]:
        """(source, import lines) of a value."""
        return serializer_factory(value).serialize()

    @classmethod
    def register_serializer(cls, type_: Any, serializer: Any) -> None:
        """Use a serializer of one's own for a type (Django documentation: topics/migrations)."""
        Serializer.register(type_, serializer)

    @classmethod
    def unregister_serializer(cls, type_: Any) -> None:
        """Undo ``register_serializer()``."""
        Serializer.unregister(type_)


def _setting_name(dependency: Any) -> str:
    setting = dependency.setting
    return setting.setting_name if isinstance(setting, SettingsReference) else str(setting)


def _alias_is_on() -> bool:
    """With the alias on, files name the packages that the project itself imports."""
    return sys.modules.get("django") is offbeat


def _product() -> str:
    return "Django" if _alias_is_on() else "Offbeat"


def _version() -> str:
    return offbeat.get_version() if _alias_is_on() else offbeat.__version__
