"""Folders with static files."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from offbeat.contrib.staticfiles import finders
from offbeat.test import override_settings


@pytest.fixture
def files(tmp_path: Path) -> Iterator[Path]:
    """``STATICFILES_DIRS`` and ``STATIC_ROOT`` of a test; returns the folder with both."""
    source = tmp_path / "source"
    (source / "css").mkdir(parents=True)
    (source / "css" / "page.css").write_text(
        '@import "other.css";\nbody { background: url("../dot.png?v=1#top") }\n'
    )
    (source / "css" / "other.css").write_text("p {}\n")
    (source / "dot.png").write_bytes(b"\x89PNG")
    (source / ".hidden").write_text("no")
    (tmp_path / "more").mkdir()
    (tmp_path / "more" / "dot.png").write_bytes(b"other")
    with override_settings(
        STATICFILES_DIRS=[str(source), ("pre", str(tmp_path / "more"))],
        STATIC_ROOT=str(tmp_path / "root"),
        STATIC_URL="/static/",
    ):
        finders.get_finder.cache_clear()
        yield tmp_path
    finders.get_finder.cache_clear()
