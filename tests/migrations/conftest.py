"""A database of its own, and applications that tests write to disk."""

from __future__ import annotations

import itertools
import sys
from collections.abc import Callable, Iterator
from importlib import invalidate_caches
from importlib.util import cache_from_source
from io import StringIO
from pathlib import Path
from typing import Any

import pytest

from offbeat.core.management import call_command
from offbeat.db import connections
from offbeat.test import override_settings
from tests.databases import empty_database

_numbers = itertools.count()


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Any]:
    """An empty database in place of the default one."""
    usual: Any = connections["default"]
    if usual.vendor != "sqlite":
        with empty_database() as wrapper:
            yield wrapper
        return
    wrapper = type(usual)({**usual.settings_dict, "NAME": str(tmp_path / "own.sqlite3")}, "default")
    connections["default"] = wrapper
    try:
        yield wrapper
    finally:
        connections["default"] = usual
        wrapper.close()


class App:
    """An application on disk: ``write()`` its migrations, run commands with ``run()``."""

    def __init__(self, root: Path) -> None:
        self.label = f"zoo{next(_numbers)}"
        self.root = root / self.label
        (self.root / "migrations").mkdir(parents=True)
        (self.root / "__init__.py").touch()
        (self.root / "migrations" / "__init__.py").touch()
        self.models("")

    def models(self, source: str) -> None:
        """Write ``models.py``."""
        (self.root / "models.py").write_text(f"from offbeat.db import models\n{source}")

    def migration(
        self, name: str, operations: str = "", dependencies: str = "", body: str = "", head: str = ""
    ) -> None:
        """Write a migration."""
        text = (
            f"from offbeat.db import migrations, models\n{head}\n"
            f"class Migration(migrations.Migration):\n    dependencies = [{dependencies}]\n"
            f"    operations = [{operations}]\n"
        )
        path = self.root / "migrations" / f"{name}.py"
        path.write_text(text + "".join(f"    {line}\n" for line in body.splitlines()))
        # Of the same length and second as the file before, it would be taken for it.
        Path(cache_from_source(str(path))).unlink(missing_ok=True)

    def after(self, name: str) -> str:
        """A dependency on a migration of this application."""
        return f"({self.label!r}, {name!r})"

    def names(self) -> list[str]:
        """The migrations on disk."""
        return sorted(path.stem for path in (self.root / "migrations").glob("[0-9]*.py"))

    def run(self, command: str, *args: Any, **options: Any) -> str:
        """Run a command and return what it prints."""
        for name in [name for name in sys.modules if name.startswith(f"{self.label}.migrations.")]:
            del sys.modules[name]
        invalidate_caches()
        out = StringIO()
        call_command(command, *args, stdout=out, stderr=out, no_color=True, **options)
        return out.getvalue()


@pytest.fixture
def app(tmp_path: Path, database: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[App]:
    """An installed application whose migrations the test writes."""
    made = App(tmp_path)
    monkeypatch.syspath_prepend(str(tmp_path))
    with override_settings(INSTALLED_APPS=[made.label]):
        yield made


@pytest.fixture
def tables(database: Any) -> Callable[[], set[str]]:
    """The names of the tables there are."""

    def names() -> set[str]:
        with database.cursor() as cursor:
            return set(database.introspection.table_names(cursor))

    return names
