"""Operations that swallow each other."""

from __future__ import annotations

from typing import Any

import pytest

from offbeat.db import models
from offbeat.db.migrations import operations as ops
from offbeat.db.migrations.optimizer import MigrationOptimizer

TEXT = models.CharField(max_length=5)
NUMBER = models.IntegerField()


def create(name: str = "Animal", *fields: Any, **options: Any) -> Any:
    return ops.CreateModel(name, list(fields), options)


def optimized(*operations: Any) -> list[str]:
    return [
        repr(operation.deconstruct()) for operation in MigrationOptimizer().optimize(list(operations), "zoo")
    ]


@pytest.mark.parametrize(
    ("operations", "expected"),
    [
        ([create(), ops.DeleteModel("Animal")], []),
        ([create(), ops.RenameModel("Animal", "Beast")], [create("Beast")]),
        ([create(), ops.AddField("Animal", "x", TEXT)], [create("Animal", ("x", TEXT))]),
        (
            [create("Animal", ("x", TEXT)), ops.AlterField("Animal", "x", NUMBER)],
            [create("Animal", ("x", NUMBER))],
        ),
        (
            [create("Animal", ("x", TEXT)), ops.RenameField("Animal", "x", "y")],
            [create("Animal", ("y", TEXT))],
        ),
        ([create("Animal", ("x", TEXT)), ops.RemoveField("Animal", "x")], [create()]),
        ([ops.AddField("Animal", "x", TEXT), ops.RemoveField("Animal", "x")], []),
        (
            [ops.AddField("Animal", "x", TEXT), ops.AlterField("Animal", "x", NUMBER)],
            [ops.AddField("Animal", "x", NUMBER)],
        ),
        (
            [ops.RenameField("Animal", "a", "b"), ops.RenameField("Animal", "b", "c")],
            [ops.RenameField("Animal", "a", "c")],
        ),
        ([ops.RenameModel("A", "B"), ops.RenameModel("B", "C")], [ops.RenameModel("A", "C")]),
        ([create(), ops.AlterModelTable("Animal", "t")], [create(db_table="t")]),
        ([create(), create("Cage"), ops.DeleteModel("Animal")], [create("Cage")]),
        ([ops.RunSQL("x", elidable=True), create()], [create()]),
    ],
)
def test_pairs_become_one(operations: Any, expected: Any) -> None:
    assert optimized(*operations) == [repr(operation.deconstruct()) for operation in expected]


def test_code_in_between_keeps_its_place() -> None:
    sql = ops.RunSQL("SELECT 1")
    operations = [create(), sql, ops.AddField("Animal", "x", TEXT)]
    assert optimized(*operations) == [repr(operation.deconstruct()) for operation in operations]


def test_a_relation_is_not_moved_before_its_target() -> None:
    key = models.ForeignKey("zoo.Cage", models.CASCADE)
    operations = [create(), create("Cage"), ops.AddField("Animal", "cage", key)]
    found = MigrationOptimizer().optimize(operations, "zoo")
    assert [operation.describe() for operation in found] == ["Create model Cage", "Create model Animal"]


def test_an_application_must_be_named() -> None:
    with pytest.raises(TypeError):
        MigrationOptimizer().optimize([], None)  # type: ignore[arg-type]


class AddSpecialIndex(ops.AddIndex):
    """An index made in another way."""


def test_a_renamed_index_is_still_made_in_its_way() -> None:
    index = models.Index(fields=["name"], name="old")
    add, rename = AddSpecialIndex("Animal", index), ops.RenameIndex("Animal", new_name="new", old_name="old")
    (made,) = MigrationOptimizer().optimize([add, rename], "zoo")
    assert type(made) is AddSpecialIndex
    assert made.index.name == "new"
