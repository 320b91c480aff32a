"""Type checkers, without a plugin, know what models and queries give: `sample.py` says what."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

SAMPLE = Path(__file__).with_name("sample.py")
OPTIONS = ["--strict", "--follow-imports=silent", "--output=json", "--no-error-summary"]
PLAIN = re.compile(r"tests\.typing\.sample\.|builtins\.|Literal\[[^]]*\]\?,? ?")


def expectations() -> dict[int, str]:
    return {
        number: comment
        for number, line in enumerate(SAMPLE.read_text().splitlines(), 1)
        for _, found, comment in [line.partition("  # ")]
        if found
    }


@pytest.mark.xdist_group("mypy")
def test_mypy_infers_what_the_sample_says(tmp_path: Path) -> None:
    pytest.importorskip("mypy")
    root = SAMPLE.parents[2]
    done = subprocess.run(
        [sys.executable, "-m", "mypy", *OPTIONS, str(SAMPLE)],
        cwd=root,
        capture_output=True,
        text=True,
        check=False,
    )
    seen: dict[int, str] = {}
    for line in done.stdout.splitlines():
        message = json.loads(line)
        if not message["file"].endswith("sample.py"):
            continue
        if message["severity"] == "error":
            seen[message["line"]] = f"error: {message['code']}"
        elif revealed := re.fullmatch(r'Revealed type is "(.*)"', message["message"].strip()):
            seen[message["line"]] = PLAIN.sub("", revealed[1])
    assert not done.stderr
    assert seen == expectations()


def _pyright() -> str | None:
    """Pyright's program; basedpyright is the same checker, with all that it needs in packages."""
    folder = str(Path(sys.executable).parent)
    for name in ("basedpyright", "pyright"):
        if found := shutil.which(name, path=folder) or shutil.which(name):
            return found
    return None


def test_pyright_infers_what_the_sample_says() -> None:
    pyright = _pyright()
    if pyright is None:
        pytest.skip("pyright is not installed")
    done = subprocess.run(
        [pyright, "--outputjson", "--pythonpath", sys.executable, str(SAMPLE)],
        cwd=SAMPLE.parents[2],
        capture_output=True,
        text=True,
        check=False,
    )
    seen: dict[int, str] = {}
    for message in json.loads(done.stdout)["generalDiagnostics"]:
        number = message["range"]["start"]["line"] + 1
        if message["severity"] == "error":
            seen[number] = "error"
        elif revealed := re.fullmatch(r'Type of ".*" is "(.*)"', message["message"], re.DOTALL):
            seen[number] = revealed[1]
    wanted = {
        number: "error" if text.startswith("error") else re.sub(r"\b(datetime|decimal|uuid)\.", "", text)
        for number, text in expectations().items()
    }
    assert seen == wanted
