"""Run by Python at its start, because ``offbeat run`` put this folder on the path: switches the alias on."""

from __future__ import annotations

import sys
from importlib.machinery import PathFinder
from importlib.util import module_from_spec
from pathlib import Path


def _run_hidden_one() -> None:
    """Run the sitecustomize that this one stands in front of, if there is one."""
    here = str(Path(__file__).parent)
    spec = PathFinder.find_spec("sitecustomize", [path for path in sys.path if path != here])
    if spec is not None and spec.loader is not None:
        spec.loader.exec_module(module_from_spec(spec))


_run_hidden_one()

import offbeat.as_django  # noqa: E402, F401
