"""What operations do to rows in SQLite, and back."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from offbeat.db import models
from offbeat.db.migrations import operations as ops
from offbeat.db.migrations.migration import Migration
from offbeat.db.migrations.state import ProjectState
from tests.migrations.helpers import model, state

NAME = ("name", models.CharField(max_length=10))


class Zoo:
    """A state and the database that it describes."""

    def __init__(self, database: Any, *model_states: Any) -> None:
        self.database = database
        self.state = ProjectState()
        self.apply(
            *(
                ops.CreateModel(m.name, list(m.fields.items()), {**m.options}, m.bases)
                for m in state(*model_states).models.values()
            )
        )

    def apply(self, *operations: Any) -> Callable[[], None]:
        """Run operations; the result undoes them."""
        migration = Migration("test", "zoo")
        migration.operations = list(operations)
        before = self.state.clone()
        with self.database.schema_editor() as editor:
            self.state = migration.apply(self.state.clone(), editor)

        def undo() -> None:
            with self.database.schema_editor() as editor:
                self.state = migration.unapply(before, editor)

        return undo

    def __getattr__(self, name: str) -> Any:
        return self.state.apps.get_model("zoo", name)

    def sql(self, text: str) -> list[Any]:
        """Rows of a query."""
        with self.database.cursor() as cursor:
            cursor.execute(text)
            return list(cursor.fetchall())


@pytest.fixture
def zoo(database: Any) -> Zoo:
    """Animals with keepers, three rows."""
    made = Zoo(
        database,
        model("zoo.Keeper", NAME),
        model(
            "zoo.Animal",
            NAME,
            ("age", models.IntegerField(null=True)),
            ("keeper", models.ForeignKey("zoo.Keeper", models.CASCADE)),
        ),
    )
    keeper = made.Keeper.objects.create(name="Kim")
    for age, name in enumerate(("Leo", "Mia", "Noa")):
        made.Animal.objects.create(name=name, age=age or None, keeper=keeper)
    return made


def rows(zoo: Zoo, *fields: str) -> list[Any]:
    return list(zoo.Animal.objects.order_by("pk").values_list(*fields))


def test_an_added_field_fills_existing_rows(zoo: Zoo) -> None:
    undo = zoo.apply(ops.AddField("Animal", "legs", models.IntegerField(default=4), preserve_default=False))
    assert rows(zoo, "name", "legs") == [("Leo", 4), ("Mia", 4), ("Noa", 4)]
    assert not zoo.Animal._meta.get_field("legs").has_default()
    undo()
    assert rows(zoo, "name") == [("Leo",), ("Mia",), ("Noa",)]


def test_a_removed_field_leaves_the_others(zoo: Zoo) -> None:
    undo = zoo.apply(ops.RemoveField("Animal", "age"))
    assert rows(zoo, "name", "keeper__name")[0] == ("Leo", "Kim")
    undo()
    assert rows(zoo, "name", "age")[1] == ("Mia", None)


def test_an_altered_field_keeps_its_values(zoo: Zoo) -> None:
    undo = zoo.apply(ops.AlterField("Animal", "age", models.IntegerField(default=9)))
    assert rows(zoo, "age") == [(9,), (1,), (2,)]
    undo()
    assert zoo.Animal._meta.get_field("age").null


def test_a_type_can_change(zoo: Zoo) -> None:
    zoo.apply(ops.AlterField("Animal", "age", models.CharField(max_length=5, null=True)))
    assert rows(zoo, "age") == [(None,), ("1",), ("2",)]


def test_a_renamed_field_keeps_its_values(zoo: Zoo) -> None:
    undo = zoo.apply(ops.RenameField("Animal", "name", "title"))
    assert rows(zoo, "title") == [("Leo",), ("Mia",), ("Noa",)]
    undo()
    assert rows(zoo, "name") == [("Leo",), ("Mia",), ("Noa",)]


def test_a_renamed_model_keeps_rows_and_relations(zoo: Zoo) -> None:
    undo = zoo.apply(ops.RenameModel("Keeper", "Guard"))
    assert rows(zoo, "name", "keeper__name")[0] == ("Leo", "Kim")
    assert zoo.Animal._meta.get_field("keeper").related_model is zoo.Guard
    zoo.database.check_constraints()
    undo()
    assert zoo.Keeper.objects.count() == 1


def test_two_keys_to_a_renamed_model_both_follow(zoo: Zoo) -> None:
    second = models.ForeignKey("zoo.Keeper", models.CASCADE, null=True, related_name="+")
    zoo.apply(ops.AddField("Animal", "deputy", second))
    zoo.Animal.objects.update(deputy=zoo.Keeper.objects.get())
    zoo.apply(ops.RenameModel("Keeper", "Guard"))
    zoo.database.check_constraints()
    assert rows(zoo, "keeper__name", "deputy__name")[0] == ("Kim", "Kim")


def test_links_of_renamed_models_are_kept(zoo: Zoo) -> None:
    zoo.apply(ops.AddField("Animal", "friends", models.ManyToManyField("zoo.Keeper", related_name="+")))
    zoo.Animal.objects.get(name="Leo").friends.add(zoo.Keeper.objects.get())
    zoo.apply(ops.RenameModel("Keeper", "Guard"), ops.RenameModel("Animal", "Beast"))
    leo = zoo.Beast.objects.get(name="Leo")
    assert [guard.name for guard in leo.friends.all()] == ["Kim"]
    leo.friends.add(zoo.Guard.objects.create(name="Lou"))
    assert leo.friends.count() == 2


def test_links_to_the_same_model_are_kept_when_it_is_renamed(zoo: Zoo) -> None:
    zoo.apply(ops.AddField("Animal", "friends", models.ManyToManyField("zoo.Animal")))
    leo, mia = zoo.Animal.objects.order_by("pk")[:2]
    leo.friends.add(mia)
    zoo.apply(ops.RenameModel("Animal", "Beast"))
    assert zoo.Beast.objects.get(name="Leo").friends.get().name == "Mia"


def test_a_renamed_table_keeps_its_rows(zoo: Zoo) -> None:
    undo = zoo.apply(ops.AlterModelTable("Animal", "beasts"))
    assert zoo.sql("SELECT count(*) FROM beasts") == [(3,)]
    undo()
    assert zoo.sql("SELECT count(*) FROM zoo_animal") == [(3,)]


def test_indexes_come_and_go(zoo: Zoo) -> None:
    def names() -> set[str]:
        with zoo.database.cursor() as cursor:
            return set(zoo.database.introspection.get_constraints(cursor, "zoo_animal"))

    undo = zoo.apply(ops.AddIndex("Animal", models.Index(fields=["name"], name="by_name")))
    assert "by_name" in names()
    back = zoo.apply(ops.RenameIndex("Animal", "by_title", old_name="by_name"))
    assert "by_title" in names() and "by_name" not in names()
    back()
    undo()
    assert "by_name" not in names()


def test_a_constraint_is_enforced_and_lifted(zoo: Zoo) -> None:
    from offbeat.db import IntegrityError

    constraint = models.CheckConstraint(condition=models.Q(age__lt=100), name="young")
    undo = zoo.apply(ops.AddConstraint("Animal", constraint))
    with pytest.raises(IntegrityError):
        zoo.Animal.objects.create(name="Old", age=100, keeper=zoo.Keeper.objects.get())
    undo()
    zoo.Animal.objects.create(name="Old", age=100, keeper=zoo.Keeper.objects.get())


def test_unique_together_is_enforced(zoo: Zoo) -> None:
    from offbeat.db import IntegrityError

    zoo.apply(ops.AlterUniqueTogether("Animal", {("name", "keeper")}))
    with pytest.raises(IntegrityError):
        zoo.Animal.objects.create(name="Leo", keeper=zoo.Keeper.objects.get())


def test_order_with_respect_to_adds_a_column(zoo: Zoo) -> None:
    undo = zoo.apply(ops.AlterOrderWithRespectTo("Animal", "keeper"))
    assert zoo.sql("SELECT _order FROM zoo_animal") == [(0,), (0,), (0,)]
    undo()
    with pytest.raises(Exception, match="_order"):
        zoo.sql("SELECT _order FROM zoo_animal")


def test_state_and_database_can_differ(zoo: Zoo) -> None:
    zoo.apply(ops.SeparateDatabaseAndState(state_operations=[ops.RemoveField("Animal", "age")]))
    assert "age" not in zoo.state.models["zoo", "animal"].fields
    assert len(zoo.sql("SELECT age FROM zoo_animal")) == 3


def test_a_changed_key_type_is_followed_by_foreign_keys(zoo: Zoo) -> None:
    zoo.apply(ops.AlterField("Keeper", "id", models.CharField(max_length=7, primary_key=True)))
    with zoo.database.cursor() as cursor:
        described = zoo.database.introspection.get_table_description(cursor, "zoo_animal")
        types = {
            column.name: zoo.database.introspection.get_field_type(column.type_code, column)
            for column in described
        }
    assert types["keeper_id"] == "CharField"
    assert rows(zoo, "keeper__name")[0] == ("Kim",)


def test_a_changed_key_type_reaches_keys_that_name_the_columns_attribute(zoo: Zoo) -> None:
    zoo.apply(
        ops.CreateModel(
            "Badge", [("keeper", models.OneToOneField("zoo.Keeper", models.CASCADE, primary_key=True))]
        ),
        ops.CreateModel(
            "Locker",
            [
                ("id", models.AutoField(primary_key=True)),
                ("badge", models.ForeignKey("zoo.Badge", models.CASCADE, to_field="keeper_id")),
            ],
        ),
    )
    zoo.apply(ops.AlterField("Keeper", "id", models.CharField(max_length=7, primary_key=True)))
    with zoo.database.cursor() as cursor:
        introspection = zoo.database.introspection
        (badge,) = [
            column
            for column in introspection.get_table_description(cursor, "zoo_locker")
            if column.name == "badge_id"
        ]
        assert introspection.get_field_type(badge.type_code, badge) == "CharField"


@pytest.mark.parametrize(
    "make",
    [
        lambda: ops.CreateModel("A", [("x", models.IntegerField()), ("x", models.IntegerField())]),
        lambda: ops.CreateModel("A", [], bases=("zoo.B", "zoo.b")),
        lambda: ops.AddIndex("A", models.Index(fields=["x"])),
        lambda: ops.RenameIndex("A", "new"),
        lambda: ops.RenameIndex("A", "new", old_name="old", old_fields=("x",)),
        lambda: ops.RunPython("not a function"),
        lambda: ops.RunPython(print, "not a function"),
    ],
)
def test_wrong_arguments_are_refused(make: Callable[[], Any]) -> None:
    with pytest.raises(ValueError):
        make()


def test_operations_are_described() -> None:
    described = {
        "+ Create model Animal": ops.CreateModel("Animal", []),
        "- Delete model Animal": ops.DeleteModel("Animal"),
        "~ Rename model A to B": ops.RenameModel("A", "B"),
        "s Raw SQL operation": ops.RunSQL("SELECT 1"),
        "p Raw Python operation": ops.RunPython(ops.RunPython.noop),
        "? Custom state/database change combination": ops.SeparateDatabaseAndState(),
    }
    assert {operation.formatted_description(): text for text, operation in described.items()} == {
        text: text for text in described
    }
