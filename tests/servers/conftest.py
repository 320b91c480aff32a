"""A filled database, made once."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.running import make_database


@pytest.fixture(scope="session")
def filled_database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("clinic") / "clinic.sqlite3"
    make_database(path)
    return path


@pytest.fixture
def database(filled_database: Path, tmp_path: Path) -> Path:
    return Path(shutil.copy(filled_database, tmp_path / "clinic.sqlite3"))
