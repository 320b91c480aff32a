"""[A], [B] and [C] What the texts say of PostgreSQL: exclusion constraints over ranges, and the project on that server."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests import services
from tests.databases import empty_database
from tests.seeds.running import PROJECT, run, script

SETTINGS = "myproject.on_postgresql"
MODELS = """
from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import DateTimeRangeField, RangeOperators


class Reservation(models.Model):
    room = models.ForeignKey(Room, on_delete=models.CASCADE)
    timespan = DateTimeRangeField()

    class Meta:
        constraints = [
            ExclusionConstraint(
                name="no_two_in_a_room",
                expressions=[("room", RangeOperators.EQUAL), ("timespan", RangeOperators.OVERLAPS)],
            ),
        ]


class Stay(models.Model):
    room = models.ForeignKey(Room, on_delete=models.CASCADE)
    timespan = DateTimeRangeField()

    class Meta:
        constraints = [
            ExclusionConstraint(
                name="range_first",
                expressions=[("timespan", RangeOperators.OVERLAPS), ("room", RangeOperators.EQUAL)],
            ),
        ]
"""
EXTENSION = """
from django.contrib.postgres.operations import BtreeGistExtension
from django.db import migrations


class Migration(migrations.Migration):
    operations = [BtreeGistExtension()]
"""
START = """
from datetime import datetime, timezone
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from myapp.models import Reservation, Room, Stay

def days(first, last):
    return tuple(datetime(2020, 1, day, tzinfo=timezone.utc) for day in (first, last))
"""


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The project with rooms and reservations, migrated on the server."""
    root = tmp_path_factory.mktemp("postgresql") / "project"
    shutil.copytree(PROJECT, root, ignore=shutil.ignore_patterns("__pycache__"))
    app = root / "myapp"
    (app / "models.py").write_text((app / "models.py").read_text() + MODELS)
    (app / "migrations" / "0001_extension.py").write_text(EXTENSION)
    with empty_database() as wrapper:
        conf = services.DATABASES["postgresql"].settings(wrapper.settings_dict["NAME"])
        conf["ENGINE"] = "django.db.backends.postgresql"
        (root / "myproject" / "on_postgresql.py").write_text(
            "from myproject.settings import *\n"
            "INSTALLED_APPS += ['django.contrib.postgres']\n"
            f"DATABASES = {{'default': {conf!r}}}\n"
        )
        manage(root, "makemigrations", "myapp")
        manage(root, "migrate")
        yield root


def manage(root: Path, *arguments: str) -> str:
    return run("python", "manage.py", *arguments, cwd=root, DJANGO_SETTINGS_MODULE=SETTINGS)


def program(root: Path, code: str) -> str:
    return script(START + code, root, DJANGO_SETTINGS_MODULE=SETTINGS).strip()


def test_exclusion_constraints_range_fields_and_operators_in_sql(project: Path) -> None:
    (migration,) = (project / "myapp" / "migrations").glob("0002*.py")
    assert "django.contrib.postgres.constraints.ExclusionConstraint" in migration.read_text()
    sql = manage(project, "sqlmigrate", "myapp", migration.stem)
    assert '"timespan" tstzrange NOT NULL' in sql
    assert 'EXCLUDE USING GIST ("room_id" WITH =, "timespan" WITH &&)' in sql
    assert 'EXCLUDE USING GIST ("timespan" WITH &&, "room_id" WITH =)' in sql


@pytest.mark.parametrize("model", ["Reservation", "Stay"])
def test_overlapping_rows_in_one_room_are_refused(project: Path, model: str) -> None:
    code = f"""
one, two = Room.objects.create(name="one"), Room.objects.create(name="two")
{model}.objects.create(room=one, timespan=days(1, 5))
{model}.objects.create(room=one, timespan=days(5, 6))
{model}.objects.create(room=two, timespan=days(2, 3))
try:
    {model}(room=one, timespan=days(2, 3)).full_clean()
except ValidationError as error:
    print(error.messages[0])
with transaction.atomic():
    {model}.objects.create(room=one, timespan=days(4, 6))
"""
    wrapped = (
        "try:\n"
        + "\n".join(f"    {line}" for line in code.splitlines())
        + (
            "\nexcept IntegrityError as error:\n    print('refused by', error.__cause__.diag.constraint_name)\n"
        )
    )
    name = {"Reservation": "no_two_in_a_room", "Stay": "range_first"}[model]
    assert program(project, wrapped).splitlines() == [
        f"Constraint “{name}” is violated.",
        f"refused by {name}",
    ]


def test_they_are_refused_in_async_code_too(project: Path) -> None:
    code = """
import asyncio

async def main():
    room = await Room.objects.acreate(name="three")
    await Stay.objects.acreate(room=room, timespan=days(1, 5))
    tries = [Stay.objects.acreate(room=room, timespan=days(n, n + 1)) for n in (3, 4, 6)]
    found = await asyncio.gather(*tries, return_exceptions=True)
    return [isinstance(result, IntegrityError) for result in found]

print(asyncio.run(main()))
"""
    assert program(project, code) == "[True, True, False]"


def test_constraints_of_the_model_can_be_taken_back(project: Path) -> None:
    manage(project, "migrate", "myapp", "0001")
    assert "OK" in manage(project, "migrate")
    assert "no issues" in manage(project, "check", "--database", "default")


def test_the_project_s_own_tests_run_on_the_server(project: Path) -> None:
    assert "OK" in manage(project, "test", "--noinput")


def test_exact_import_lines_and_dotted_paths(project: Path) -> None:
    out = script(
        "from django.contrib.postgres.constraints import ExclusionConstraint\n"
        "from django.contrib.postgres.fields import DateTimeRangeField, RangeOperators\n"
        "from pydoc import locate\n"
        "assert locate('django.contrib.postgres.constraints.ExclusionConstraint') is ExclusionConstraint\n"
        "assert locate('django.contrib.postgres.fields.DateTimeRangeField') is DateTimeRangeField\n"
        "assert locate('django.contrib.postgres.fields.RangeOperators') is RangeOperators\n"
        "print(RangeOperators.EQUAL, RangeOperators.OVERLAPS, ExclusionConstraint.__module__)\n",
        project,
        DJANGO_SETTINGS_MODULE=SETTINGS,
    )
    assert out.strip() == "= && offbeat.contrib.postgres.constraints"
