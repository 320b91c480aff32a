"""Changing tables in place. Source: Django documentation, ref/schema-editor."""

from __future__ import annotations

from typing import Any

import pytest

from offbeat.apps.registry import Apps
from offbeat.db import IntegrityError, models, transaction
from offbeat.db.backends.base.session import TransactionManagementError
from offbeat.db.models.functions import Lower
from tests.databases import empty_database


@pytest.fixture
def tables() -> Any:
    apps = Apps()

    def model(name: str, options: dict[str, Any] | None = None, /, **fields: Any) -> Any:
        meta = type("Meta", (), {"app_label": "mysql_tests", "apps": apps, **(options or {})})
        return type(name, (models.Model,), {"__module__": __name__, "Meta": meta, **fields})

    owner = model("Owner", name=models.CharField(max_length=20))
    thing = model(
        "Thing",
        {
            "constraints": [models.UniqueConstraint(fields=["owner", "name"], name="once")],
            "indexes": [models.Index(fields=["name"], name="by_name")],
        },
        owner=models.ForeignKey(owner, models.CASCADE),
        name=models.CharField(max_length=20, null=True),
        amount=models.PositiveIntegerField(default=3, db_comment="how many"),
        body=models.TextField(default=""),
    )
    with empty_database() as wrapper:
        with wrapper.schema_editor() as editor:
            editor.create_model(owner)
            editor.create_model(thing)
        wrapper.run("INSERT INTO mysql_tests_owner (name) VALUES ('ann')")
        wrapper.run("INSERT INTO mysql_tests_thing (owner_id, amount, body) VALUES (1, 3, '')")
        yield Tables(wrapper, owner, thing)


class Tables:
    """A database with two models' tables."""

    def __init__(self, wrapper: Any, owner: Any, thing: Any) -> None:
        self.wrapper = wrapper
        self.owner = owner
        self.thing = thing

    def alter(self, model: Any, name: str, new: Any, new_name: str | None = None) -> None:
        new.set_attributes_from_name(new_name or name)
        new.model = model
        with self.wrapper.schema_editor() as editor:
            editor.alter_field(model, model._meta.get_field(name), new, strict=True)

    def add(self, model: Any, name: str, new: Any) -> None:
        new.set_attributes_from_name(name)
        with self.wrapper.schema_editor() as editor:
            editor.add_field(model, new)

    def column(self, name: str, table: str = "mysql_tests_thing") -> tuple[Any, ...]:
        return self.wrapper.fetch_all(  # type: ignore[no-any-return]
            "SELECT column_type, is_nullable, column_comment FROM information_schema.columns "
            "WHERE table_schema = DATABASE() AND table_name = %s AND column_name = %s",
            (table, name),
        )[0]

    def constraints(self, table: str = "mysql_tests_thing") -> dict[str, Any]:
        with self.wrapper.cursor() as cursor:
            return self.wrapper.introspection.get_constraints(cursor, table)  # type: ignore[no-any-return]

    def keys(self) -> list[list[str]]:
        return sorted(details["columns"] for details in self.constraints().values() if details["foreign_key"])


def test_null_becomes_the_default_where_it_is_forbidden(tables: Tables) -> None:
    tables.alter(tables.thing, "name", models.CharField(max_length=40, default="none", db_comment="named"))
    assert tables.column("name") == ("varchar(40)", "NO", "named")
    assert tables.wrapper.fetch_all("SELECT name FROM mysql_tests_thing") == [("none",)]
    assert "by_name" in tables.constraints()


def test_what_a_change_does_not_concern_stays(tables: Tables) -> None:
    tables.alter(tables.thing, "amount", models.PositiveBigIntegerField(default=3, db_comment="how many"))
    kind, nullable, comment = tables.column("amount")
    assert (kind.partition("(")[0].partition(" ")[0], nullable, comment) == ("bigint", "NO", "how many")
    with pytest.raises(IntegrityError), transaction.atomic():
        tables.wrapper.run("INSERT INTO mysql_tests_thing (owner_id, body) VALUES (1, '')")


def test_checks_follow_their_column(tables: Tables) -> None:
    checks = lambda: [d["columns"] for d in tables.constraints().values() if d["check"]]  # noqa: E731
    assert checks() == [["amount"]]
    tables.alter(
        tables.thing, "amount", models.PositiveIntegerField(default=3, db_comment="how many"), "number"
    )
    assert checks() == [["number"]]
    tables.thing._meta.get_field("amount").column = "number"
    tables.alter(tables.thing, "amount", models.IntegerField(default=3), "number")
    assert checks() == []


def test_a_foreign_key_keeps_an_index_when_its_unique_constraint_goes(tables: Tables) -> None:
    with tables.wrapper.schema_editor() as editor:
        editor.remove_constraint(tables.thing, tables.thing._meta.constraints[0])
    assert "once" not in tables.constraints()
    assert tables.keys() == [["owner_id"]]
    assert any(d["index"] and d["columns"] == ["owner_id"] for d in tables.constraints().values())


def test_keys_come_and_go_with_their_columns(tables: Tables) -> None:
    tables.add(tables.thing, "second", models.ForeignKey(tables.owner, models.CASCADE, null=True))
    assert tables.keys() == [["owner_id"], ["second_id"]]
    with tables.wrapper.schema_editor() as editor:
        field = models.ForeignKey(tables.owner, models.CASCADE, null=True, related_name="+")
        field.set_attributes_from_name("second")
        field.model = tables.thing
        editor.remove_field(tables.thing, field)
    assert tables.keys() == [["owner_id"]]


def test_a_key_that_waits_for_the_end_is_made_once(tables: Tables) -> None:
    apps = tables.thing._meta.apps
    meta = type("Meta", (), {"app_label": "mysql_tests", "apps": apps})
    owner = models.ForeignKey(tables.owner, models.CASCADE, related_name="+")
    late = type("Late", (models.Model,), {"__module__": __name__, "Meta": meta, "owner": owner})
    new = models.ForeignKey(tables.owner, models.CASCADE, null=True, related_name="+")
    new.set_attributes_from_name("holder")
    new.model = late
    with tables.wrapper.schema_editor() as editor:
        editor.create_model(late)
        editor.alter_field(late, owner, new)
    keys = [d["columns"] for d in tables.constraints("mysql_tests_late").values() if d["foreign_key"]]
    assert keys == [["holder_id"]]


def test_a_foreign_key_becomes_a_number(tables: Tables) -> None:
    tables.alter(tables.thing, "owner", models.BigIntegerField(), "owner_id")
    assert tables.keys() == []


def test_new_columns_fill_the_rows_that_exist(tables: Tables) -> None:
    tables.add(tables.thing, "text", models.TextField(default="it's 100%"))
    tables.add(tables.thing, "blob", models.BinaryField(default=b"\x00'%"))
    tables.add(tables.thing, "extra", models.JSONField(default=dict))
    tables.add(tables.thing, "given", models.IntegerField(db_default=7))
    tables.add(
        tables.thing,
        "twice",
        models.GeneratedField(
            expression=models.F("amount") * 2, output_field=models.IntegerField(), db_persist=True
        ),
    )
    assert tables.wrapper.fetch_all(
        "SELECT text, blob, extra, given, twice FROM mysql_tests_thing".replace("blob", "`blob`")
    ) == [("it's 100%", b"\x00'%", "{}", 7, 6)]


def test_new_columns_that_may_be_null_need_no_value_later(tables: Tables) -> None:
    tables.add(tables.thing, "short", models.CharField(max_length=5, default="x", null=True))
    tables.add(tables.thing, "long", models.TextField(default="y", null=True))
    tables.add(tables.thing, "extra", models.JSONField(default=dict, null=True))
    tables.wrapper.run("INSERT INTO mysql_tests_thing (owner_id, amount, body) VALUES (1, 3, '')")
    assert tables.wrapper.fetch_all("SELECT short, `long`, extra FROM mysql_tests_thing ORDER BY id") == [
        ("x", "y", "{}"),
        (None, None, None),
    ]


def test_a_foreign_key_keeps_an_index_when_one_of_expressions_goes(tables: Tables) -> None:
    if not tables.wrapper.features.supports_expression_indexes:
        pytest.skip(f"{tables.wrapper.display_name} has no indexes of expressions")
    made = (
        models.Index("owner", Lower("name"), name="of_two"),
        models.UniqueConstraint("owner", Lower("name"), name="once_in_any_case"),
    )
    for item, add, remove in zip(
        made, ("add_index", "add_constraint"), ("remove_index", "remove_constraint"), strict=True
    ):
        with tables.wrapper.schema_editor() as editor:
            getattr(editor, add)(tables.thing, item)
        tables.wrapper.run("ALTER TABLE mysql_tests_thing DROP INDEX once")
        details = tables.constraints()[item.name]
        assert (details["columns"], details["orders"]) == (["owner_id", None], ["ASC", "ASC"])
        with tables.wrapper.schema_editor() as editor:
            getattr(editor, remove)(tables.thing, item)
            editor.add_constraint(tables.thing, tables.thing._meta.constraints[0])
        assert item.name not in tables.constraints()
        assert tables.keys() == [["owner_id"]]


def test_another_column_becomes_the_key(tables: Tables) -> None:
    tables.wrapper.run("UPDATE mysql_tests_thing SET name = 'x'")
    tables.alter(tables.thing, "name", models.CharField(max_length=20, primary_key=True))
    assert tables.constraints()["PRIMARY"]["columns"] == ["name"]


def test_a_number_becomes_a_key_that_counts_up(tables: Tables) -> None:
    tables.alter(tables.thing, "amount", models.AutoField(primary_key=True))
    assert tables.constraints()["PRIMARY"]["columns"] == ["amount"]
    tables.wrapper.run("INSERT INTO mysql_tests_thing (owner_id, body, id) VALUES (1, '', 7)")
    assert tables.wrapper.fetch_all("SELECT amount FROM mysql_tests_thing ORDER BY amount") == [(3,), (4,)]


def test_unique_and_indexes_come_and_go(tables: Tables) -> None:
    def own() -> list[tuple[bool, bool]]:
        return [
            (details["unique"], details["index"])
            for name, details in tables.constraints().items()
            if details["columns"] == ["name"] and name != "by_name"
        ]

    tables.alter(tables.thing, "name", models.CharField(max_length=20, null=True, unique=True))
    assert own() == [(True, True)]
    tables.thing._meta.get_field("name")._unique = True
    tables.alter(tables.thing, "name", models.CharField(max_length=20, null=True, db_index=True))
    assert own() == [(False, True)]
    tables.thing._meta.get_field("name")._unique = False
    tables.thing._meta.get_field("name").db_index = True
    tables.alter(tables.thing, "name", models.CharField(max_length=20, null=True))
    assert own() == []


def test_tables_are_renamed_and_commented(tables: Tables) -> None:
    with tables.wrapper.schema_editor() as editor:
        editor.alter_db_table(tables.thing, "mysql_tests_thing", "renamed")
        tables.thing._meta.db_table = "renamed"
        editor.alter_db_table_comment(tables.thing, "", "it's renamed")
        old, new = tables.thing._meta.indexes[0], models.Index(fields=["name"], name="other")
        editor.rename_index(tables.thing, old, new)
    with tables.wrapper.cursor() as cursor:
        found = {table.name: table.comment for table in tables.wrapper.introspection.get_table_list(cursor)}
    assert found["renamed"] == "it's renamed"
    assert {"other"} <= tables.constraints("renamed").keys()


def test_tables_are_not_changed_inside_a_transaction(tables: Tables) -> None:
    with transaction.atomic(), tables.wrapper.schema_editor() as editor:
        with pytest.raises(
            TransactionManagementError, match="Executing DDL statements while in a transaction"
        ):
            editor.delete_model(tables.thing)


def test_conditions_of_indexes_are_left_out(tables: Tables) -> None:
    index = models.Index(fields=["amount"], name="some", condition=models.Q(amount__gt=1))
    with tables.wrapper.schema_editor() as editor:
        editor.add_index(tables.thing, index)
    assert tables.constraints()["some"]["columns"] == ["amount"]
