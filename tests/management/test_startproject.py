"""A project from nothing: generated, checked, migrated and tested by its own ``manage.py``."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent


def run(folder: Path, *arguments: str, code: int = 0) -> str:
    environment = {k: v for k, v in os.environ.items() if not k.endswith("SETTINGS_MODULE")}
    done = subprocess.run(
        [sys.executable, *arguments],
        cwd=folder,
        env={**environment, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=50,
    )
    assert done.returncode == code, done.stdout + done.stderr
    return done.stdout + done.stderr


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A generated project with the application ``zoo``, which has one model and two tests."""
    run(tmp_path, "-m", "offbeat", "startproject", "park", ".")
    run(tmp_path, "manage.py", "startapp", "zoo")
    settings = tmp_path / "park" / "settings.py"
    settings.write_text(settings.read_text().replace("INSTALLED_APPS = [", 'INSTALLED_APPS = [\n    "zoo",'))
    (tmp_path / "zoo" / "models.py").write_text(
        "from offbeat.db import models\n\n\nclass Animal(models.Model):\n    name = models.CharField(max_length=9)\n"
    )
    (tmp_path / "zoo" / "tests.py").write_text(
        "from offbeat.test import TestCase\n"
        "from zoo.models import Animal\n\n\n"
        "class AnimalTests(TestCase):\n"
        "    def test_sync(self):\n"
        "        Animal.objects.create(name='Leo')\n"
        "        self.assertEqual(Animal.objects.count(), 1)\n\n"
        "    async def test_async(self):\n"
        "        await Animal.objects.acreate(name='Mia')\n"
        "        self.assertEqual(await Animal.objects.acount(), 1)\n"
    )
    return tmp_path


def test_a_generated_project_works_end_to_end(project: Path) -> None:
    assert "no issues" in run(project, "manage.py", "check")
    assert "+ Create model Animal" in run(project, "manage.py", "makemigrations")
    assert "No changes detected" in run(project, "manage.py", "makemigrations", "--check")
    assert "Applying zoo.0001_initial... OK" in run(project, "manage.py", "migrate")
    assert "Ran 2 tests" in run(project, "manage.py", "test")
    assert run(project, "manage.py", "shell", "-c", "print(Animal.objects.count())").strip() == "0"
    assert run(project, "manage.py", "shell", "-c", "print(await Animal.objects.acount())").strip() == "0"


def test_a_generated_project_warns_before_deployment(project: Path) -> None:
    output = run(project, "manage.py", "check", "--deploy", "--fail-level", "WARNING", code=1)
    for identifier in ("security.W004", "security.W008", "security.W009", "security.W012", "security.W018"):
        assert identifier in output


def test_bad_names_are_refused(tmp_path: Path) -> None:
    for name in ("1park", "park-1", "json"):
        output = run(tmp_path, "-m", "offbeat", "startproject", name, code=1)
        assert "CommandError" in output
    assert list(tmp_path.iterdir()) == []


def test_nothing_is_overwritten(tmp_path: Path) -> None:
    (tmp_path / "manage.py").write_text("mine")
    assert "already exists" in run(tmp_path, "-m", "offbeat", "startproject", "park", ".", code=1)
    assert (tmp_path / "manage.py").read_text() == "mine"


def test_unknown_commands_get_a_hint(project: Path) -> None:
    assert "Did you mean migrate?" in run(project, "manage.py", "migrat", code=1)
    assert "migrate" in run(project, "manage.py", "help", "--commands").split()


def test_settings_that_do_not_import_are_told(tmp_path: Path) -> None:
    output = run(tmp_path, "-m", "offbeat", "check", "--settings", "nowhere.settings", code=1)
    assert "No module named 'nowhere'" in output
