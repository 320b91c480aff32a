"""The clinic's own tests, run as its team would."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.running import CLINIC, environment

pytestmark = [pytest.mark.server, pytest.mark.xdist_group("servers"), pytest.mark.timeout(180)]


def test_manage_py_test_passes(tmp_path: Path) -> None:
    result = subprocess.run(
        [sys.executable, "-Wd", "manage.py", "test", "--noinput"],
        cwd=CLINIC,
        env=environment(tmp_path / "clinic.sqlite3"),
        capture_output=True,
        text=True,
        timeout=150,
    )
    assert result.returncode == 0, result.stderr
    assert "OK" in result.stderr


def test_the_models_need_no_migration(tmp_path: Path) -> None:
    result = subprocess.run(
        [sys.executable, "manage.py", "makemigrations", "--check", "--dry-run"],
        cwd=CLINIC,
        env=environment(tmp_path / "clinic.sqlite3"),
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert result.returncode == 0, result.stdout + result.stderr
