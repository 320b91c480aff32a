"""Creating, changing and reading tables."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from offbeat.db import DataError, IntegrityError, connection, models
from offbeat.db.models.functions import Lower, Now
from offbeat.db.transaction import atomic
from offbeat.test.utils import isolate_apps


@pytest.fixture
def made() -> Iterator[Any]:
    """``made(Model, …)`` creates tables, which go at the end."""
    created: list[Any] = []

    def make(*classes: Any) -> None:
        for model in classes:
            with connection.schema_editor() as editor:
                editor.create_model(model)
            created.append(model)

    with isolate_apps("tests.sqlmodels"):
        yield make
    with connection.cursor() as cursor:
        for model in reversed(created):
            cursor.execute(f'DROP TABLE IF EXISTS "{model._meta.db_table}" CASCADE')


class Base(models.Model):
    class Meta:
        abstract = True
        app_label = "sql_tests"


def columns(model: Any) -> dict[str, str]:
    rows = connection.fetch_all(
        "SELECT attname, format_type(atttypid, atttypmod) FROM pg_attribute WHERE attrelid = %s::regclass AND "
        "attnum > 0 AND NOT attisdropped",
        (model._meta.db_table,),
    )
    return dict(rows)


def constraints(model: Any) -> dict[str, Any]:
    with connection.cursor() as cursor:
        return connection.introspection.get_constraints(cursor, model._meta.db_table)  # type: ignore[no-any-return]


def alter(model: Any, name: str, field: Any) -> Any:
    """Change a field of a model, as a migration does."""
    old = model._meta.get_field(name)
    field.set_attributes_from_name(name)
    field.model = model
    with connection.schema_editor() as editor:
        editor.alter_field(model, old, field, strict=True)
    return field


def test_keys_are_identity_columns(made: Any) -> None:
    class Plain(Base):
        name = models.TextField()

    made(Plain)
    with connection.cursor() as cursor:
        ((sequence),) = connection.introspection.get_sequences(cursor, Plain._meta.db_table)
        described = connection.introspection.get_table_description(cursor, Plain._meta.db_table)
    assert sequence == {"name": "sql_tests_plain_id_seq", "table": "sql_tests_plain", "column": "id"}
    assert [column.is_autofield for column in described] == [True, False]
    # A key may be given; then sequences are brought behind it.
    Plain.objects.create(id=50)
    for statement in connection.ops.sequence_reset_sql(_NoStyle(), [Plain]):
        connection.fetch_all(statement)
    assert Plain.objects.create().pk == 51
    Plain.objects.all().delete()
    for statement in connection.ops.sequence_reset_by_name_sql(_NoStyle(), [sequence]):
        connection.fetch_all(statement)
    assert Plain.objects.create().pk == 1


class _NoStyle:
    def __getattr__(self, name: str) -> Any:
        return lambda text: text


def test_flushing_empties_all_tables_in_one_statement(made: Any) -> None:
    class One(Base):
        pass

    class Two(Base):
        one = models.ForeignKey(One, models.CASCADE)

    made(One, Two)
    Two.objects.create(one=One.objects.create())
    tables = [One._meta.db_table, Two._meta.db_table]
    (statement,) = connection.ops.sql_flush(_NoStyle(), tables, reset_sequences=True)
    assert statement == 'TRUNCATE "sql_tests_one", "sql_tests_two" RESTART IDENTITY;'
    connection.ops.execute_sql_flush([statement])
    assert One.objects.create().pk == 1
    assert connection.ops.sql_flush(_NoStyle(), [tables[0]], allow_cascade=True)[0].endswith(" CASCADE;")


def test_indexed_text_has_an_index_for_patterns(made: Any) -> None:
    class Text(Base):
        slug = models.CharField(max_length=20, unique=True)
        note = models.TextField(db_index=True)
        number = models.IntegerField(db_index=True)

    made(Text)
    names = [name for name in constraints(Text) if name.endswith("_like")]
    assert len(names) == 2
    definitions = {details["definition"] for name, details in constraints(Text).items() if name in names}
    assert any("varchar_pattern_ops" in definition for definition in definitions)
    assert any("text_pattern_ops" in definition for definition in definitions)

    alter(Text, "note", models.TextField())
    alter(Text, "slug", models.IntegerField(unique=True))
    assert not [name for name in constraints(Text) if name.endswith("_like")]


def test_types_change_with_their_rows(made: Any) -> None:
    class Row(Base):
        value = models.CharField(max_length=20, null=True)

    made(Row)
    Row.objects.create(value="7")
    Row.objects.create()
    field = alter(Row, "value", models.IntegerField(default=3))
    assert columns(Row)["value"] == "integer"
    assert connection.fetch_all(f"SELECT value FROM {Row._meta.db_table} ORDER BY id") == [(7,), (3,)]
    # The default was for those rows.
    with pytest.raises(IntegrityError):
        connection.run(f"INSERT INTO {Row._meta.db_table} DEFAULT VALUES")
    with pytest.raises(DataError), connection.schema_editor() as editor:
        text = models.CharField(max_length=20)
        text.set_attributes_from_name("value")
        text.model = Row
        connection.run(f"UPDATE {Row._meta.db_table} SET value = 70000")
        small = models.SmallIntegerField()
        small.set_attributes_from_name("value")
        small.model = Row
        editor.alter_field(Row, field, small)


def owners(key: Any) -> tuple[Any, Any]:
    with isolate_apps("tests.sqlmodels"):

        class Owner(Base):
            id = key

        class Pet(Base):
            owner = models.ForeignKey(Owner, models.CASCADE)

    return Owner, Pet


def test_a_key_that_changes_its_type_takes_the_keys_to_it_along(made: Any) -> None:
    owner_class, pet_class = owners(models.AutoField(primary_key=True))
    made(owner_class, pet_class)
    owner = owner_class.objects.create()
    pet_class.objects.create(owner=owner)
    later, _ = owners(models.BigAutoField(primary_key=True))
    with connection.schema_editor() as editor:
        editor.alter_field(owner_class, owner_class._meta.pk, later._meta.pk, strict=True)
    assert columns(owner_class)["id"] == columns(pet_class)["owner_id"] == "bigint"
    assert [
        details["foreign_key"] for details in constraints(pet_class).values() if details["foreign_key"]
    ] == [("sql_tests_owner", "id")]
    connection.fetch_all("SELECT setval('sql_tests_owner_id_seq', %s)", (2**40,))
    assert later.objects.create().pk == 2**40 + 1


def test_counting_is_added_and_taken_away(made: Any) -> None:
    class Numbered(Base):
        id = models.IntegerField(primary_key=True)

    made(Numbered)
    Numbered.objects.create(id=9)
    field = alter(Numbered, "id", models.AutoField(primary_key=True))
    assert connection.fetch_all(f"INSERT INTO {Numbered._meta.db_table} DEFAULT VALUES RETURNING id") == [
        (10,)
    ]
    plain = models.IntegerField(primary_key=True)
    plain.set_attributes_from_name("id")
    plain.model = Numbered
    with connection.schema_editor() as editor:
        editor.alter_field(Numbered, field, plain, strict=True)
    with pytest.raises(IntegrityError):
        connection.run(f"INSERT INTO {Numbered._meta.db_table} DEFAULT VALUES")


def test_a_serial_column_of_an_old_database_is_read_and_changed(made: Any) -> None:
    class Old(Base):
        id = models.AutoField(primary_key=True)

    made(Old)
    connection.run(f"DROP TABLE {Old._meta.db_table}")
    connection.run(f"CREATE TABLE {Old._meta.db_table} (id serial PRIMARY KEY)")
    with connection.cursor() as cursor:
        (column,) = connection.introspection.get_table_description(cursor, Old._meta.db_table)
    assert connection.introspection.get_field_type(column.type_code, column) == "AutoField"
    alter(Old, "id", models.IntegerField(primary_key=True))
    with connection.cursor() as cursor:
        assert connection.introspection.get_sequences(cursor, Old._meta.db_table) == []


def test_generated_columns_defaults_comments_and_collations(made: Any) -> None:
    class Rich(Base):
        width = models.IntegerField(db_comment="It's in cm, 100%")
        area = models.GeneratedField(
            expression=models.F("width") * 2, output_field=models.IntegerField(), db_persist=True
        )
        since = models.DateTimeField(db_default=Now())
        word = models.CharField(max_length=5, db_default="a%", db_collation="C")

        class Meta:
            app_label = "sql_tests"
            db_table_comment = "A table"

    made(Rich)
    rich = Rich.objects.create(width=3)
    assert (rich.area, rich.word) == (6, "a%")
    with connection.cursor() as cursor:
        described = {
            column.name: column
            for column in connection.introspection.get_table_description(cursor, Rich._meta.db_table)
        }
        tables = {info.name: info.comment for info in connection.introspection.get_table_list(cursor)}
    assert described["width"].comment == "It's in cm, 100%"
    assert described["word"].collation == "C"
    assert described["area"].default is None
    assert tables[Rich._meta.db_table] == "A table"
    alter(Rich, "width", models.IntegerField(db_comment="mm"))
    alter(Rich, "word", models.CharField(max_length=9, db_default="b", db_collation="POSIX"))
    assert columns(Rich)["word"] == "character varying(9)"
    assert Rich.objects.create(width=1).word == "b"


def test_constraints_of_every_kind(made: Any) -> None:
    class Guarded(Base):
        name = models.CharField(max_length=9)
        size = models.PositiveSmallIntegerField(null=True)

        class Meta:
            app_label = "sql_tests"
            constraints = [
                models.UniqueConstraint(Lower("name"), name="guarded_lower"),
                models.UniqueConstraint(fields=["size"], name="guarded_nulls", nulls_distinct=False),
                models.UniqueConstraint(
                    fields=["name", "size"], name="guarded_late", deferrable=models.Deferrable.DEFERRED
                ),
                models.UniqueConstraint(
                    fields=["name"], include=["size"], condition=models.Q(size__gt=3), name="guarded_some"
                ),
                models.CheckConstraint(condition=~models.Q(name__contains="100%"), name="guarded_check"),
            ]
            indexes = [
                models.Index(fields=["-size"], name="guarded_desc"),
                models.Index(fields=["name"], name="guarded_ops", opclasses=["varchar_pattern_ops"]),
            ]

    made(Guarded)
    found = constraints(Guarded)
    assert found["guarded_check"]["check"]
    assert found["guarded_late"]["unique"]
    assert found["guarded_lower"]["unique"] and found["guarded_lower"]["columns"] == [None]
    assert found["guarded_some"]["definition"].endswith("INCLUDE (size) WHERE (size > 3)")
    assert "DESC" in found["guarded_desc"]["definition"]
    Guarded.objects.create(name="A")
    for values in (
        {"name": "a", "size": 1},
        {"name": "b"},
        {"name": "100%", "size": 2},
        {"name": "n", "size": -1},
    ):
        with pytest.raises(IntegrityError), atomic():
            Guarded.objects.create(**values)
    for constraint in Guarded._meta.constraints:
        with connection.schema_editor() as editor:
            editor.remove_constraint(Guarded, constraint)
    assert not {name for name in constraints(Guarded) if name.startswith("guarded_")} - {
        "guarded_desc",
        "guarded_ops",
    }


def test_an_index_can_be_made_while_others_write(made: Any) -> None:
    class Busy(Base):
        name = models.TextField()

    made(Busy)
    index = models.Index(fields=["name"], name="busy_name")
    with connection.schema_editor(atomic=False) as editor:
        editor.add_index(Busy, index, concurrently=True)
    assert constraints(Busy)["busy_name"]["columns"] == ["name"]
    with connection.schema_editor(atomic=False) as editor:
        editor.rename_index(Busy, index, models.Index(fields=["name"], name="busy_new"))
        editor.remove_index(Busy, models.Index(fields=["name"], name="busy_new"), concurrently=True)
    assert "busy_new" not in constraints(Busy)


def test_foreign_keys_are_checked_at_the_end(made: Any) -> None:
    class Parent(Base):
        pass

    class Child(Base):
        parent = models.ForeignKey(Parent, models.CASCADE)

    made(Parent, Child)
    with pytest.raises(IntegrityError), atomic():
        child = Child.objects.create(parent_id=99)
        with pytest.raises(IntegrityError), atomic():
            connection.check_constraints()
        assert child.pk
    with atomic():
        Child.objects.create(id=5, parent_id=98)
        Parent.objects.create(id=98)
        connection.check_constraints()


def test_columns_are_added_and_removed_in_the_transaction_of_data(made: Any) -> None:
    class Shop(Base):
        pass

    class Sale(Base):
        pass

    made(Shop, Sale)
    shop = Shop.objects.create()
    with connection.schema_editor() as editor:
        Sale.objects.create()
        for name, field in (
            ("shop", models.ForeignKey(Shop, models.CASCADE, default=shop.pk)),
            ("note", models.CharField(max_length=9, default="100%")),
            ("count", models.PositiveIntegerField(null=True)),
        ):
            field.set_attributes_from_name(name)
            field.model = Sale
            field.remote_field and setattr(field.remote_field, "model", Shop)
            editor.add_field(Sale, field)
            if name == "note":
                note = field
    assert connection.fetch_all(f"SELECT shop_id, note, count FROM {Sale._meta.db_table}") == [
        (shop.pk, "100%", None)
    ]
    with connection.schema_editor() as editor:
        editor.remove_field(Sale, note)
    assert set(columns(Sale)) == {"id", "shop_id", "count"}


def test_a_collected_script_has_its_parameters_in_it(made: Any) -> None:
    class Script(Base):
        note = models.CharField(max_length=9, default="it's 5%")

    with connection.schema_editor(collect_sql=True) as editor:
        editor.create_model(Script)
        field = models.CharField(max_length=9, default="it's 5%")
        field.set_attributes_from_name("more")
        field.model = Script
        editor.add_field(Script, field)
    assert "GENERATED BY DEFAULT AS IDENTITY" in editor.collected_sql[0]
    assert "DEFAULT 'it''s 5%' NOT NULL" in editor.collected_sql[1]


def test_relations_tell_what_happens_on_delete(made: Any) -> None:
    class Target(Base):
        pass

    class Pointer(Base):
        one = models.ForeignKey(Target, models.DB_CASCADE, related_name="+")
        two = models.ForeignKey(Target, models.DB_SET_NULL, null=True, related_name="+")
        three = models.ForeignKey(Target, models.CASCADE, related_name="+")

    made(Target, Pointer)
    with connection.cursor() as cursor:
        relations = connection.introspection.get_relations(cursor, Pointer._meta.db_table)
    assert relations == {
        "one_id": ("id", "sql_tests_target", models.DB_CASCADE),
        "two_id": ("id", "sql_tests_target", models.DB_SET_NULL),
        "three_id": ("id", "sql_tests_target", models.DO_NOTHING),
    }


def test_views_and_partitions_are_told_apart() -> None:
    connection.run("CREATE TABLE kind_table (id integer) PARTITION BY RANGE (id)")
    connection.run("CREATE TABLE kind_part PARTITION OF kind_table FOR VALUES FROM (1) TO (9)")
    connection.run("CREATE VIEW kind_view AS SELECT 1 AS x")
    connection.run("CREATE MATERIALIZED VIEW kind_stored AS SELECT 1 AS x")
    try:
        with connection.cursor() as cursor:
            kinds = {
                info.name: info.type
                for info in connection.introspection.get_table_list(cursor)
                if info.name.startswith("kind_")
            }
        assert kinds == {"kind_table": "t", "kind_part": "p", "kind_view": "v", "kind_stored": "v"}
    finally:
        connection.run("DROP MATERIALIZED VIEW kind_stored")
        connection.run("DROP VIEW kind_view")
        connection.run("DROP TABLE kind_table")
