"""LazyModule: a module that is imported when it is used."""

from __future__ import annotations

import sys

import pytest

from offbeat.utils.lazy_module import LazyModule


def test_it_is_imported_by_the_first_use(tmp_path, monkeypatch):
    (tmp_path / "seldom_used.py").write_text("def double(number):\n    return number * 2\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    module = LazyModule("seldom_used")
    assert "seldom_used" not in sys.modules
    try:
        assert module.double(4) == 8
        assert module.double is sys.modules["seldom_used"].double
        with pytest.raises(AttributeError, match="triple"):
            module.triple
    finally:
        sys.modules.pop("seldom_used", None)
