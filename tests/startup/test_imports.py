"""What starting a site loads, and that modules can be imported in any order."""

from __future__ import annotations

import ast
import importlib
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

import offbeat

PACKAGE = Path(offbeat.__file__).parent
HERE = Path(__file__).parent

# What a site needs for special things only: uploads, mail, translation, forms, rendering, checks, most of the ORM.
NOT_NEEDED = [
    "calendar",
    "dataclasses",
    "difflib",
    "email.header",
    "email.message",
    "email.utils",
    "getpass",
    "gettext",
    "gzip",
    "html.entities",
    "html.parser",
    "http.client",
    "http.cookies",
    "logging.config",
    "mimetypes",
    "multipart",
    "orjson",
    "pickle",
    "pkgutil",
    "shutil",
    "sqlite3",
    "sqlparse",
    "tempfile",
    "unittest",
    "urllib.request",
    "zoneinfo",
    "offbeat.contrib.auth.password_validation",
    "offbeat.core.checks.security.base",
    "offbeat.core.checks.urls",
    "offbeat.core.files.storage",
    "offbeat.core.files.uploadhandler",
    "offbeat.core.mail",
    "offbeat.core.management",
    "offbeat.core.serializers.base",
    "offbeat.db.backends.sqlite3.base",
    "offbeat.db.migrations",
    "offbeat.db.models.aggregates",
    "offbeat.db.models.checks",
    "offbeat.db.models.constraints",
    "offbeat.db.models.fields.files",
    "offbeat.db.models.fields.json",
    "offbeat.db.models.functions",
    "offbeat.db.models.lookups",
    "offbeat.db.models.sql.compiler",
    "offbeat.db.models.sql.query",
    "offbeat.forms",
    "offbeat.http.events",
    "offbeat.http.multipartparser",
    "offbeat.http.streaming",
    "offbeat.template",
    "offbeat.test",
    "offbeat.utils.html",
    "offbeat.utils.text_truncate",
    "offbeat.views.debug",
]
if sys.version_info >= (3, 12):
    # Before, the mark of coroutine functions is asgiref's.
    NOT_NEEDED += ["asgiref.sync", "concurrent.futures.thread"]


def run(*arguments, **environment):
    path = os.pathsep.join([str(PACKAGE.parent), str(HERE)])
    done = subprocess.run(
        [sys.executable, *map(str, arguments)],
        env={**os.environ, "PYTHONPATH": path, **environment},
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_a_site_answers_its_first_request_without_what_it_does_not_use():
    loaded = set(json.loads(run(HERE / "first_request.py", OFFBEAT_SETTINGS_MODULE="small_site")))
    assert "offbeat.contrib.auth.models" in loaded
    assert "offbeat.contrib.messages.storage.fallback" in loaded
    assert sorted(loaded.intersection(NOT_NEEDED)) == []


SLOW = (
    "offbeat.channels",
    "offbeat.contrib.",
    "offbeat.core.management",
    "offbeat.db.migrations",
    "offbeat.test.",
)


def modules():
    """The modules that people import first, by name; of the rooms upstairs, which load most of the others, none."""
    for path in sorted(PACKAGE.rglob("*.py")):
        parts = path.relative_to(PACKAGE.parent).with_suffix("").parts
        name = ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
        depth = 4 if name.startswith("offbeat.db.models.") else 3
        if name.count(".") < depth and not name.startswith(SLOW):
            yield name


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork()")
@pytest.mark.parametrize("half", [0, 1])
def test_every_module_can_be_the_first_to_be_imported(half):
    names = [name for name in modules() if not name.endswith("__main__")]
    assert len(names) > 150
    assert run(HERE / "alone.py", *names[half::2]) == ""


def faces():
    for path in sorted(PACKAGE.rglob("*.py")):
        source = path.read_text()
        if "lazy_names(" in source and path.name != "lazy_names.py":
            parts = path.relative_to(PACKAGE.parent).with_suffix("").parts
            yield ".".join(parts[:-1] if parts[-1] == "__init__" else parts), ast.parse(source)


def lazy_table(tree):
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "lazy_names":
            return ast.literal_eval(node.args[1])
    raise AssertionError("no table")


def typed_imports(tree):
    """What the face imports for type checkers, by module."""
    found = {}
    for node in tree.body:
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING":
            for statement in node.body:
                if isinstance(statement, ast.ImportFrom):
                    found[statement.module] = {alias.name for alias in statement.names}
    return found


def test_faces_tell_type_checkers_and_the_interpreter_the_same():
    found = list(faces())
    assert len(found) > 10
    for name, tree in found:
        face = importlib.import_module(name)
        typed = {module.rpartition(".")[2]: names for module, names in typed_imports(tree).items()}
        for module, names in lazy_table(tree).items():
            assert set(names) <= typed[module.rpartition(".")[2]], name
            for attribute in names:
                assert getattr(face, attribute) is getattr(importlib.import_module(module), attribute)
                assert attribute in dir(face)
        missing = [attribute for attribute in getattr(face, "__all__", ()) if not hasattr(face, attribute)]
        assert missing == [], name


def test_a_star_import_brings_lazy_names():
    namespace = {}
    exec("from offbeat.db.models import *", namespace)
    exec("from offbeat.forms import *", namespace)
    assert {"Avg", "JSONField", "ModelForm", "Q", "Window"} <= namespace.keys()


def test_a_face_has_its_submodules_and_nothing_else():
    from offbeat.db import models

    assert models.functions.Lower.__module__ == "offbeat.db.models.functions.text"
    with pytest.raises(AttributeError, match=r"module 'offbeat.db.models' has no attribute 'Colour'"):
        getattr(models, "Colour")
    with pytest.raises(ImportError):
        from offbeat.db.models import Colour  # noqa: F401
