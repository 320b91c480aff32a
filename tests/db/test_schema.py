"""The schema editor. The statements are compared as text: databases move between frameworks."""

from __future__ import annotations

from importlib import import_module
from typing import Any

import pytest

from offbeat.apps import AppConfig
from offbeat.apps.registry import Apps
from offbeat.concurrency import run, spawn
from offbeat.db import IntegrityError, NotSupportedError, models
from offbeat.db.backends.sqlite3.schema import DatabaseSchemaEditor
from offbeat.db.models.functions import Lower
from offbeat.db.transaction import atomic

from .conftest import ALIAS, make_wrapper

isolated = Apps()


class Author(models.Model):
    name = models.CharField(max_length=30, unique=True)

    class Meta:
        app_label = "db_tests"
        apps = isolated


class Book(models.Model):
    title = models.CharField(max_length=20, default="x'y", db_index=True)
    pages = models.PositiveIntegerField()
    price = models.DecimalField(max_digits=5, decimal_places=2, null=True)
    rank = models.IntegerField(db_default=5)
    author = models.ForeignKey(Author, models.CASCADE)
    readers = models.ManyToManyField(Author, related_name="read")

    class Meta:
        app_label = "db_tests"
        apps = isolated
        unique_together = [("title", "pages")]
        indexes = [
            models.Index(fields=["title", "-pages"], name="ix_tp"),
            models.Index(Lower("title"), name="ix_lower"),
        ]
        constraints = [
            models.CheckConstraint(condition=models.Q(pages__gt=1), name="ck_pages"),
            models.UniqueConstraint(fields=["author", "pages"], name="uq_ap"),
            models.UniqueConstraint(fields=["title"], condition=models.Q(pages__gt=3), name="uq_cond"),
        ]


BOOK_TABLE = (
    'CREATE TABLE "db_tests_book" ("id" integer NOT NULL PRIMARY KEY AUTOINCREMENT, "title" varchar(20) NOT NULL, '
    '"pages" integer unsigned NOT NULL CHECK ("pages" >= 0), "price" decimal NULL, "rank" integer DEFAULT 5 NOT NULL, '
    '"author_id" bigint NOT NULL REFERENCES "db_tests_author" ("id") DEFERRABLE INITIALLY DEFERRED, '
    'CONSTRAINT "ck_pages" CHECK ("pages" > 1), CONSTRAINT "uq_ap" UNIQUE ("author_id", "pages"))'
)
THROUGH_TABLE = (
    'CREATE TABLE "db_tests_book_readers" ("id" integer NOT NULL PRIMARY KEY AUTOINCREMENT, '
    '"book_id" bigint NOT NULL REFERENCES "db_tests_book" ("id") DEFERRABLE INITIALLY DEFERRED, '
    '"author_id" bigint NOT NULL REFERENCES "db_tests_author" ("id") DEFERRABLE INITIALLY DEFERRED)'
)
INDEXES = [
    'CREATE UNIQUE INDEX "db_tests_book_title_pages_{}_uniq" ON "db_tests_book" ("title", "pages")',
    'CREATE UNIQUE INDEX "uq_cond" ON "db_tests_book" ("title") WHERE "pages" > 3',
    'CREATE INDEX "db_tests_book_title_{}" ON "db_tests_book" ("title")',
    'CREATE INDEX "db_tests_book_author_id_{}" ON "db_tests_book" ("author_id")',
    'CREATE INDEX "ix_tp" ON "db_tests_book" ("title", "pages" DESC)',
    'CREATE INDEX "ix_lower" ON "db_tests_book" ((LOWER("title")))',
]


@pytest.fixture(params=["memory", "file"])
def db(request: pytest.FixtureRequest, tmp_path: Any) -> Any:
    wrapper = make_wrapper(":memory:" if request.param == "memory" else str(tmp_path / "s.sqlite3"))
    with wrapper.schema_editor() as editor:
        editor.create_model(Author)
        editor.create_model(Book)
    wrapper.run("INSERT INTO db_tests_author (id, name) VALUES (1, 'A'), (2, 'B')")
    wrapper.run(
        "INSERT INTO db_tests_book (id, title, pages, author_id) VALUES (7, 'one', 10, 1), (9, 'two', 20, 2)"
    )
    return wrapper


def objects(db: Any, table: str = "db_tests_book") -> dict[str, str]:
    rows = db.fetch_all(
        "SELECT name, sql FROM sqlite_master WHERE tbl_name = ? AND sql IS NOT NULL", (table,)
    )
    return dict(rows)


def field(instance: Any, name: str, model: Any = Book) -> Any:
    instance.set_attributes_from_name(name)
    instance.model = model
    return instance


def names_digest(*names: str) -> str:
    from offbeat.db.backends.utils import names_digest as digest

    return digest(*names, length=8)


def test_create_model_writes_tables_and_then_indexes() -> None:
    db = make_wrapper(":memory:")
    with db.schema_editor(collect_sql=True) as editor:
        editor.create_model(Book)
    expected = [
        INDEXES[0].format(names_digest("db_tests_book", "title", "pages")),
        INDEXES[1],
        INDEXES[2].format(names_digest("db_tests_book", "title")),
        INDEXES[3].format(names_digest("db_tests_book", "author_id")),
        INDEXES[4],
        INDEXES[5],
    ]
    collected = [sql.removesuffix(";") for sql in editor.collected_sql]
    assert collected[:2] == [BOOK_TABLE, THROUGH_TABLE]
    assert collected[2:8] == expected


def test_index_names_are_those_of_existing_databases(db: Any) -> None:
    name = db.schema_editor()._create_index_name
    assert name("t", ["a", "b"]) == "t_a_b_e7f8cbd8"
    assert name('"s"."t"', ["a"], "_uniq") == "t_a_fec8f2a3_uniq"
    long = name("t" * 150, ["c" * 100], "_uniq")
    assert len(long) == 199
    assert long.endswith("_c31b6eac_uniq")


def test_adding_a_nullable_column_keeps_the_table(db: Any) -> None:
    with db.schema_editor(collect_sql=True) as editor:
        editor.add_field(Book, field(models.CharField(max_length=5, null=True, db_index=True), "note"))
    assert editor.collected_sql[0] == 'ALTER TABLE "db_tests_book" ADD COLUMN "note" varchar(5) NULL;'
    assert editor.collected_sql[1].startswith('CREATE INDEX "db_tests_book_note_')


def test_adding_a_column_with_a_default_fills_the_rows(db: Any) -> None:
    before = objects(db)
    with db.schema_editor() as editor:
        editor.add_field(Book, field(models.CharField(max_length=5, default="it's"), "note"))
    assert db.fetch_all("SELECT id, title, note, author_id FROM db_tests_book") == [
        (7, "one", "it's", 1),
        (9, "two", "it's", 2),
    ]
    after = objects(db)
    assert set(after) == set(before)
    assert '"note" varchar(5) NOT NULL, CONSTRAINT "ck_pages"' in after["db_tests_book"]


def test_adding_a_column_with_a_database_default(db: Any) -> None:
    with db.schema_editor() as editor:
        editor.add_field(Book, field(models.IntegerField(db_default=3), "stars"))
    assert db.fetch_all("SELECT stars FROM db_tests_book") == [(3,), (3,)]


def test_removing_a_column(db: Any) -> None:
    with db.schema_editor(collect_sql=True) as editor:
        editor.remove_field(Book, Book._meta.get_field("price"))
    assert editor.collected_sql == ['ALTER TABLE "db_tests_book" DROP COLUMN "price";']
    with db.schema_editor() as editor:
        editor.remove_field(Book, Book._meta.get_field("author"))
    assert db.fetch_all("SELECT * FROM db_tests_book") == [(7, "one", 10, None, 5), (9, "two", 20, None, 5)]
    assert '"uq_ap"' not in objects(db)["db_tests_book"]


def test_altering_a_column_keeps_rows_indexes_and_constraints(db: Any) -> None:
    before = objects(db)
    old = Book._meta.get_field("title")
    with db.schema_editor() as editor:
        editor.alter_field(Book, old, field(models.CharField(max_length=99, db_index=True), "title"))
    after = objects(db)
    assert '"title" varchar(99) NOT NULL' in after["db_tests_book"]
    assert {name: sql for name, sql in after.items() if name != "db_tests_book"} == {
        name: sql for name, sql in before.items() if name != "db_tests_book"
    }
    assert db.fetch_all("SELECT id, title FROM db_tests_book") == [(7, "one"), (9, "two")]
    assert "new__" not in "".join(objects(db, "db_tests_book_readers").values())


def test_null_values_get_the_default_when_a_column_becomes_not_null(db: Any) -> None:
    old = Book._meta.get_field("price")
    new = field(models.DecimalField(max_digits=5, decimal_places=2, default=1), "price")
    with db.schema_editor() as editor:
        editor.alter_field(Book, old, new)
    assert db.fetch_all("SELECT price FROM db_tests_book") == [(1,), (1,)]


def test_renaming_a_column_is_one_statement(db: Any) -> None:
    old = Book._meta.get_field("title")
    new = field(models.CharField(max_length=20, default="x'y", db_index=True), "name")
    with db.schema_editor(collect_sql=True) as editor:
        editor.alter_field(Book, old, new)
    assert editor.collected_sql == ['ALTER TABLE "db_tests_book" RENAME COLUMN "title" TO "name";']
    with db.schema_editor() as editor:
        editor.alter_field(Book, old, field(models.CharField(max_length=50), "name"))
    table = objects(db)["db_tests_book"]
    assert '"name" varchar(50) NOT NULL' in table
    assert db.fetch_all("SELECT name FROM db_tests_book") == [("one",), ("two",)]


def test_changes_outside_of_the_database_do_nothing(db: Any) -> None:
    old = Book._meta.get_field("title")
    new = field(
        models.CharField(max_length=20, default="x'y", db_index=True, help_text="x", verbose_name="y"),
        "title",
    )
    with db.schema_editor(collect_sql=True) as editor:
        editor.alter_field(Book, old, new)
    assert editor.collected_sql == []


def test_a_primary_key_that_changes_its_type_takes_the_foreign_keys_along() -> None:
    registry = Apps()

    class Tag(models.Model):
        code = models.CharField(max_length=5, primary_key=True)

        class Meta:
            app_label = "db_tests"
            apps = registry

    class Note(models.Model):
        tag = models.ForeignKey(Tag, models.CASCADE)

        class Meta:
            app_label = "db_tests"
            apps = registry

    # As a state of models after the change would have it.
    later = Apps()

    class NewTag(models.Model):
        code = models.CharField(max_length=50, primary_key=True)

        class Meta:
            app_label = "db_tests"
            db_table = "db_tests_tag"
            apps = later

    class NewNote(models.Model):
        tag = models.ForeignKey(NewTag, models.CASCADE)

        class Meta:
            app_label = "db_tests"
            db_table = "db_tests_note"
            apps = later

    db = make_wrapper(":memory:")
    with db.schema_editor() as editor:
        editor.create_model(Tag)
        editor.create_model(Note)
    db.run("INSERT INTO db_tests_tag VALUES ('a')")
    db.run("INSERT INTO db_tests_note (tag_id) VALUES ('a')")
    config = AppConfig("tests.db", import_module("tests.db"))
    config.apps, config.models, config.models_module = later, later.all_models["db_tests"], config.module
    later.app_configs["db_tests"] = config
    later.clear_cache()
    with db.schema_editor() as editor:
        editor.alter_field(Tag, Tag._meta.get_field("code"), NewTag._meta.get_field("code"))
    assert (
        '"tag_id" varchar(50) NOT NULL REFERENCES "db_tests_tag"'
        in objects(db, "db_tests_note")["db_tests_note"]
    )
    assert db.fetch_all("SELECT tag_id FROM db_tests_note") == [("a",)]


def test_constraints_come_and_go(db: Any) -> None:
    check = models.CheckConstraint(condition=models.Q(pages__lt=1000), name="ck_new")
    unique = models.UniqueConstraint(Lower("title"), name="uq_lower")
    with db.schema_editor() as editor:
        editor.add_constraint(Book, check)
        assert '"ck_new" CHECK ("pages" < 1000)' in objects(db)["db_tests_book"]
        editor.remove_constraint(Book, check)
        assert "ck_new" not in objects(db)["db_tests_book"]
        editor.add_constraint(Book, unique)
        assert "uq_lower" in objects(db)
        editor.remove_constraint(Book, unique)
        assert "uq_lower" not in objects(db)


def test_indexes_come_and_go(db: Any) -> None:
    index, other = (
        models.Index(fields=["pages"], name="ix_new"),
        models.Index(fields=["pages"], name="ix_other"),
    )
    with db.schema_editor() as editor:
        editor.add_index(Book, index)
        editor.rename_index(Book, index, other)
        assert "ix_other" in objects(db)
        editor.remove_index(Book, other)
        assert "ix_other" not in objects(db)


def test_unique_together_and_index_together(db: Any) -> None:
    with db.schema_editor() as editor:
        editor.alter_unique_together(Book, [("title", "pages")], [("pages", "rank")])
        made = {name for name in objects(db) if name.endswith("_uniq")}
        assert made == {f"db_tests_book_pages_rank_{names_digest('db_tests_book', 'pages', 'rank')}_uniq"}
        editor.alter_index_together(Book, [], [("pages", "rank")])
        assert any(name.endswith("_idx") for name in objects(db))
        editor.alter_index_together(Book, [("pages", "rank")], [])
        with pytest.raises(ValueError, match="wrong number"):
            editor.alter_unique_together(Book, [("title", "rank")], [])


def test_renaming_a_table_reaches_what_refers_to_it(db: Any) -> None:
    with db.schema_editor() as editor:
        editor.alter_db_table(Author, "db_tests_author", "writer")
    assert 'REFERENCES "writer"' in objects(db)["db_tests_book"]
    with db.schema_editor(collect_sql=True) as editor:
        editor.alter_db_table(Author, "writer", "Writer")
    assert editor.collected_sql == []


def test_deleting_a_model_drops_its_relations_too(db: Any) -> None:
    with db.schema_editor() as editor:
        editor.delete_model(Book)
    assert db.introspection.table_names() == ["db_tests_author"]


def test_an_error_leaves_everything_as_it_was(db: Any) -> None:
    before = objects(db)
    with pytest.raises(IntegrityError):
        with db.schema_editor() as editor:
            editor.add_field(Book, field(models.IntegerField(null=True), "one"))
            editor.add_field(Book, field(models.IntegerField(default=1, unique=True), "two"))
    assert objects(db) == before
    assert db.fetch_all("PRAGMA foreign_keys") == [(1,)]


def test_broken_references_are_found_before_the_end(db: Any) -> None:
    with pytest.raises(IntegrityError, match="invalid foreign key"):
        with db.schema_editor() as editor:
            editor.execute("DELETE FROM db_tests_author WHERE id = 1")
    assert db.fetch_all("SELECT count(*) FROM db_tests_author") == [(2,)]


def test_a_transaction_around_the_editor_is_refused(db: Any) -> None:
    with atomic(ALIAS), pytest.raises(NotSupportedError, match="foreign key constraint checks"):
        with db.schema_editor():
            pass


def test_in_a_bridge(db: Any) -> None:
    def change() -> None:
        with db.schema_editor() as editor:
            editor.add_field(Book, field(models.IntegerField(default=4), "stars"))

    async def main() -> Any:
        await spawn(change)
        assert await spawn(db.fetch_all, "PRAGMA foreign_keys") == [(1,)]
        return await spawn(db.fetch_all, "SELECT stars FROM db_tests_book")

    assert run(main()) == [(4,), (4,)]


def test_many_to_many_relations_may_not_become_columns(db: Any) -> None:
    relation = Book._meta.get_field("readers")
    with db.schema_editor() as editor, pytest.raises(ValueError, match="not compatible types"):
        editor.alter_field(Book, relation, field(models.IntegerField(), "readers"))


@pytest.mark.parametrize(
    ("value", "literal"),
    [("a'b", "'a''b'"), (1, "1"), (None, "NULL"), (True, "1"), (1.5, "1.5"), (b"ab", "X'6162'")],
)
def test_literals(value: Any, literal: str) -> None:
    assert DatabaseSchemaEditor(make_wrapper(":memory:")).quote_value(value) == literal


def test_values_without_a_literal_are_refused() -> None:
    with pytest.raises(ValueError, match="Cannot quote"):
        DatabaseSchemaEditor(make_wrapper(":memory:")).quote_value(object())
