"""Migrations and values as source that gives the same when it runs."""

from __future__ import annotations

import datetime
import decimal
import enum
import functools
import importlib
import pathlib
import re
import uuid
import zoneinfo
from typing import Any

import pytest

from offbeat.conf import SettingsReference
from offbeat.core.validators import RegexValidator, validate_slug
from offbeat.db import migrations, models
from offbeat.db.migrations.migration import Migration, swappable_dependency
from offbeat.db.migrations.serializer import BaseSerializer
from offbeat.db.migrations.writer import MigrationWriter
from offbeat.utils.functional import SimpleLazyObject
from offbeat.utils.translation import gettext_lazy


class Colour(enum.Enum):
    RED = 1


class Right(enum.Flag):
    READ = 1
    WRITE = 2


class Size(models.TextChoices):
    SMALL = "s"


def own_default() -> int:
    return 3


class Owner:
    @classmethod
    def make(cls) -> int:
        return 1


def evaluated(value: Any) -> Any:
    text, imports = MigrationWriter.serialize(value)
    namespace: dict[str, Any] = {"models": models}
    for line in imports:
        exec(line, namespace)
    return eval(text, namespace)


@pytest.mark.parametrize(
    "value",
    [
        1,
        1.5,
        True,
        None,
        "text",
        'it\'s "quoted"\n',
        b"bytes",
        [1, (2, 3), {"a": {4}}],
        (1,),
        (),
        set(),
        frozenset({1, 2}),
        range(3),
        decimal.Decimal("1.10"),
        datetime.date(2020, 1, 2),
        datetime.time(3, 4),
        datetime.timedelta(days=1, seconds=2),
        datetime.datetime(2020, 1, 2, 3, 4, 5, 6),
        datetime.datetime(2020, 1, 2, tzinfo=datetime.UTC),
        datetime.timezone(datetime.timedelta(hours=1)),
        zoneinfo.ZoneInfo("Europe/Paris"),
        uuid.UUID(int=7),
        pathlib.PurePosixPath("/tmp/x"),
        re.compile("a+", re.IGNORECASE),
        Colour.RED,
        Right.READ | Right.WRITE,
        int,
        type(None),
        models.Model,
        len,
        own_default,
        Owner.make,
        validate_slug,
        RegexValidator("^a$", "No.", flags=re.MULTILINE),
        models.Q(a=1) | ~models.Q(b=2),
    ],
    ids=lambda value: type(value).__name__,
)
def test_a_value_comes_back_as_it_was(value: Any) -> None:
    assert evaluated(value) == value


def test_special_values() -> None:
    assert evaluated(float("inf")) == float("inf")
    assert str(evaluated(float("nan"))) == "nan"
    assert evaluated(Size.SMALL) == "s"
    assert evaluated(gettext_lazy("Hello")) == "Hello"
    assert evaluated(SimpleLazyObject(lambda: 5)) == 5
    assert evaluated(iter([1, 2])) == (1, 2)
    partial = evaluated(functools.partial(int, "7", base=8))
    assert partial() == 7
    there = datetime.datetime(2020, 1, 2, tzinfo=zoneinfo.ZoneInfo("Europe/Paris"))
    assert evaluated(there) == there
    assert (
        MigrationWriter.serialize(SettingsReference("auth.User", "AUTH_USER_MODEL"))[0]
        == "settings.AUTH_USER_MODEL"
    )


def test_what_cannot_be_written_is_told() -> None:
    with pytest.raises(ValueError, match="lambda"):
        MigrationWriter.serialize(lambda: 1)
    with pytest.raises(ValueError, match="Cannot serialize"):
        MigrationWriter.serialize(object())

    def inner() -> int:
        return 1

    with pytest.raises(ValueError, match="Could not find function inner"):
        MigrationWriter.serialize(inner)


def test_a_field_comes_back() -> None:
    field = models.CharField(
        max_length=4, default=own_default, choices=[("a", "A")], validators=[validate_slug]
    )
    assert evaluated(field).deconstruct()[1:] == field.deconstruct()[1:]


def test_own_serializers_are_used_until_taken_back() -> None:
    class Point:
        pass

    class PointSerializer(BaseSerializer):
        def serialize(self) -> tuple[str, set[str]]:
            return "POINT", {"from somewhere import POINT"}

    MigrationWriter.register_serializer(Point, PointSerializer)
    try:
        assert MigrationWriter.serialize([Point()]) == ("[POINT]", {"from somewhere import POINT"})
    finally:
        MigrationWriter.unregister_serializer(Point)
    with pytest.raises(ValueError, match="must inherit from 'BaseSerializer'"):
        MigrationWriter.register_serializer(Point, Point)


def written(migration: Any, tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    name = f"written_{uuid.uuid4().hex}"
    (tmp_path / f"{name}.py").write_text(MigrationWriter(migration).as_string())
    monkeypatch.syspath_prepend(str(tmp_path))
    return importlib.import_module(name).Migration("0001_initial", "zoo")


def test_a_migration_comes_back_from_its_file(
    tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    migration = Migration("0001_initial", "zoo")
    migration.initial = True
    migration.dependencies = [("park", "0002_x"), swappable_dependency("auth.User")]
    migration.dependencies[1].setting = "AUTH_USER_MODEL"
    migration.replaces = [("zoo", "0001_old")]
    migration.operations = [
        migrations.CreateModel(
            "Animal",
            [("id", models.BigAutoField(primary_key=True)), ("made", models.DateTimeField(auto_now=True))],
            options={"ordering": ["id"], "indexes": [models.Index(fields=["made"], name="made")]},
        ),
        migrations.AddField("Animal", "cage", models.ForeignKey("zoo.Cage", models.SET_NULL, null=True)),
        migrations.AddConstraint("Animal", models.UniqueConstraint(fields=["made"], name="once")),
        migrations.RunPython(own_default, elidable=True),
        migrations.RunSQL("SELECT 1", reverse_sql=migrations.RunSQL.noop),
        migrations.SeparateDatabaseAndState(state_operations=[migrations.DeleteModel("Animal")]),
    ]
    back = written(migration, tmp_path, monkeypatch)
    assert (back.initial, back.replaces) == (True, [("zoo", "0001_old")])
    assert [tuple(dependency) for dependency in back.dependencies] == [
        ("park", "0002_x"),
        ("auth", "__first__"),
    ]

    def definition(operation: Any) -> str:
        return MigrationWriter.serialize(operation)[0]

    assert [definition(op) for op in back.operations] == [definition(op) for op in migration.operations]


def test_functions_of_numbered_modules_must_be_ported() -> None:
    def code(apps: Any, schema_editor: Any) -> None: ...

    code.__module__, code.__qualname__ = "zoo.migrations.0001_initial", "code"
    migration = Migration("0002_x", "zoo")
    migration.operations = [migrations.RunPython(code)]
    writer = MigrationWriter(migration)
    text = writer.as_string()
    assert writer.needs_manual_porting
    assert "# Functions from the following migrations need manual copying." in text
    assert "# zoo.migrations.0001_initial" in text
    assert "import zoo.migrations" not in text


def test_the_header_can_be_left_out() -> None:
    migration = Migration("0001_initial", "zoo")
    assert MigrationWriter(migration).as_string().startswith("# Generated by Offbeat")
    assert MigrationWriter(migration, include_header=False).as_string().startswith("from offbeat.db")


class Paint(migrations.operations.base.Operation):
    def __init__(self, name: str, *, colour: str = "red", coats: int = 1) -> None:
        self.name, self.colour, self.coats = name, colour, coats

    def deconstruct(self) -> tuple[str, Any, Any]:
        return "Paint", [self.name], {"colour": self.colour, "coats": self.coats}


def test_keyword_only_arguments_of_operations_are_written() -> None:
    text, imports = MigrationWriter.serialize(Paint("door", colour="blue", coats=2))
    names: dict[str, Any] = {}
    exec("\n".join(imports) + f"\nmade = {text}", names)
    made = names["made"]
    assert (made.name, made.colour, made.coats) == ("door", "blue", 2)
