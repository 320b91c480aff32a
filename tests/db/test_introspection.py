from __future__ import annotations

import json
from typing import Any

import pytest

from offbeat.db import DatabaseError, IntegrityError
from offbeat.db.backends.sqlite3.ddl import parse_table

from .conftest import make_wrapper

TABLES = """
CREATE TABLE "author" ("id" integer NOT NULL PRIMARY KEY AUTOINCREMENT, "name" varchar(20) NOT NULL UNIQUE,
  "score" decimal(5, 2) NULL DEFAULT 3, "code" text COLLATE nocase, "data" text CHECK ((JSON_VALID("data") OR "data" IS NULL)),
  "twice" integer GENERATED ALWAYS AS ("id" * 2) VIRTUAL, "size" integer unsigned NOT NULL CHECK ("size" >= 0),
  CONSTRAINT "ck" CHECK ("size" > 5 AND "name" != 'a,(b'), CONSTRAINT "uq" UNIQUE ("name", "score"));
CREATE TABLE "book" ("id" bigint NOT NULL PRIMARY KEY, -- a comment, with (a comma)
  "author_id" integer NOT NULL REFERENCES "author" ("id") ON DELETE CASCADE DEFERRABLE INITIALLY DEFERRED,
  "author_name" varchar(20) REFERENCES "author" ("name"), UNIQUE ("author_name", "id"));
CREATE INDEX "book_an" ON "book" ("author_name" DESC, "id");
CREATE UNIQUE INDEX "book_cond" ON "book" ("author_name") WHERE "id" > 3;
CREATE INDEX "book_expr" ON "book" ((LOWER("author_name")));
CREATE VIEW "seen" AS SELECT "id" FROM "author";
CREATE TABLE "pair" (a int, b int, PRIMARY KEY (a, b));
"""


@pytest.fixture
def db() -> Any:
    wrapper = make_wrapper(":memory:")
    with wrapper.cursor() as cursor:
        for statement in TABLES.split(";"):
            cursor.execute(statement)
    return wrapper


def test_tables(db: Any) -> None:
    introspection = db.introspection
    assert introspection.table_names() == ["author", "book", "pair"]
    with db.cursor() as cursor:
        assert introspection.table_names(cursor, include_views=True) == ["author", "book", "pair", "seen"]
        assert ("seen", "v") in introspection.get_table_list(cursor)


def test_columns(db: Any) -> None:
    introspection = db.introspection
    with db.cursor() as cursor:
        columns = {info.name: info for info in introspection.get_table_description(cursor, "author")}
        assert columns["name"].display_size == 20
        assert columns["score"].default == "3"
        assert columns["code"].collation == "nocase"
        assert columns["data"].has_json_constraint
        assert not columns["size"].null_ok
        types = {name: introspection.get_field_type(info.type_code, info) for name, info in columns.items()}
        assert types == {
            "id": "AutoField",
            "name": "CharField",
            "score": "DecimalField",
            "code": "TextField",
            "data": "JSONField",
            "twice": "IntegerField",
            "size": "PositiveIntegerField",
        }
        with pytest.raises(DatabaseError, match="does not exist"):
            introspection.get_table_description(cursor, "absent")


def test_constraints(db: Any) -> None:
    with db.cursor() as cursor:
        author = db.introspection.get_constraints(cursor, "author")
        book = db.introspection.get_constraints(cursor, "book")
        assert db.introspection.get_constraints(cursor, "absent") == {}
    assert author["__primary__"]["columns"] == ["id"]
    assert author["ck"] == {
        "columns": ["size", "name"],
        "primary_key": False,
        "unique": False,
        "foreign_key": None,
        "check": True,
        "index": False,
    }
    assert author["uq"]["columns"] == ["name", "score"]
    assert author["uq"]["unique"]
    unnamed = [details["columns"] for name, details in author.items() if name.startswith("__unnamed")]
    assert unnamed == [["name"], ["data"], ["size"]]
    assert book["book_an"]["orders"] == ["DESC", "ASC"]
    assert book["book_an"]["index"]
    assert book["book_cond"]["unique"]
    assert book["book_expr"]["columns"] == [None]
    keys = sorted(details["foreign_key"] for details in book.values() if details["foreign_key"])
    assert keys == [("author", "id"), ("author", "name")]


def test_keys(db: Any) -> None:
    introspection = db.introspection
    with db.cursor() as cursor:
        assert introspection.get_primary_key_column(cursor, "book") == "id"
        assert introspection.get_primary_key_columns(cursor, "pair") == ["a", "b"]
        assert introspection.get_primary_key_column(cursor, "seen") is None
        assert introspection.get_sequences(cursor, "author") == [{"table": "author", "column": "id"}]


def test_unusual_definitions_are_read() -> None:
    described, constraints = parse_table(
        "CREATE TABLE [t] (`a` int CONSTRAINT one UNIQUE, [b c] text DEFAULT ')' COLLATE \"x\" /* , */, "
        "CONSTRAINT two CHECK (a IN (1, 2)), FOREIGN KEY (a) REFERENCES u (b))",
        ["a", "b c"],
    )
    assert described["b c"].collation == "x"
    assert [(item.name, item.kind, item.columns) for item in constraints] == [
        ("one", "unique", ["a"]),
        ("two", "check", ["a"]),
    ]


def test_check_constraints_names_the_row(db: Any) -> None:
    with db.constraint_checks_disabled():
        db.run("INSERT INTO book (id, author_id) VALUES (7, 99)")
    with pytest.raises(
        IntegrityError, match=r"'book' with primary key '7'.*book.author_id contains a value '99'"
    ):
        db.check_constraints()
    with pytest.raises(IntegrityError):
        db.check_constraints(table_names=["book"])
    db.check_constraints(table_names=["author"])


def test_flush_follows_references_and_resets_sequences(db: Any) -> None:
    class Plain:
        def __getattr__(self, name: str) -> Any:
            return lambda text: text

    assert db.ops.sql_flush(Plain(), ["author"]) == ['DELETE FROM "author";']
    assert db.ops.sql_flush(Plain(), ["author"], reset_sequences=True, allow_cascade=True) == [
        'DELETE FROM "author";',
        'DELETE FROM "book";',
        'UPDATE "sqlite_sequence" SET "seq" = 0 WHERE "name" IN (\'author\', \'book\');',
    ]


@pytest.mark.parametrize(
    ("sql", "expected"),
    [
        ("django_date_trunc('week', '2020-02-05', NULL, NULL)", "2020-02-03"),
        ("django_date_trunc('quarter', '2020-05-05', NULL, NULL)", "2020-04-01"),
        (
            "django_datetime_trunc('day', '2020-05-05 23:30:15.5', 'UTC', 'Europe/Paris')",
            "2020-05-05 00:00:00",
        ),
        ("django_datetime_trunc('hour', '0999-05-05 10:00:00', NULL, NULL)", "0999-05-05 10:00:00"),
        ("django_time_trunc('minute', '23:30:15.5', NULL, NULL)", "23:30:00"),
        ("django_date_extract('week_day', '2020-05-05')", 3),
        ("django_date_extract('iso_year', '2021-01-01')", 2020),
        ("django_date_extract('day', NULL)", None),
        ("django_datetime_extract('hour', '2020-05-05 23:30:15', 'UTC', 'Europe/Paris')", 21),
        ("django_datetime_extract('hour', '2020-05-05 10:00:00', 'UTC+05:30', 'UTC')", 15),
        ("django_datetime_cast_date('2020-05-05 23:30:00', 'UTC', 'Etc/GMT+5')", "2020-05-06"),
        ("django_datetime_cast_time('2020-05-05 23:30:00.5', 'UTC', 'Europe/Paris')", "21:30:00.500000"),
        ("django_time_diff('23:30:15.9', '22:00:00')", 5415900000),
        ("django_timestamp_diff('2020-05-05', '2020-05-04')", 86400000000),
        ("django_format_dtdelta('+', '2020-05-05', 86400000000)", "2020-05-06"),
        ("django_format_dtdelta('-', '2020-05-05 10:00:00', 1500000)", "2020-05-05 09:59:58.500000"),
        ("django_format_dtdelta('+', 1, 1000000)", "0:00:01.000001"),
        ("django_format_dtdelta('*', 3, 1000000)", 3000000),
        ("django_format_dtdelta('+', '12:00', 5)", None),
        ("'abc' REGEXP 'b'", 1),
        ("'abc' REGEXP '(?i)B'", 1),
        ("BITXOR(5, 3)", 6),
        ("LPAD('ab', 5, 'xy')", "xyxab"),
        ("LPAD('abcdef', 3, 'x')", "abc"),
        ("LPAD('a', 3, '')", "a"),
        ("RPAD('ab', 5, 'xy')", "abxyx"),
        ("REPEAT('ab', 3)", "ababab"),
        ("REVERSE(NULL)", None),
        ("SIGN(-3)", -1),
        ("MD5('a')", "0cc175b9c0f1b6a831c399e269772661"),
        ("(SELECT STDDEV_POP(x) FROM (SELECT 1 x UNION SELECT 3))", 1.0),
        ("(SELECT VAR_SAMP(x) FROM (SELECT 1 x))", None),
        ("(SELECT ANY_VALUE(x) FROM (SELECT 1 x))", 1),
        ("(SELECT BIT_OR(x) FROM (SELECT 6 x UNION SELECT 3))", 7),
    ],
)
def test_functions(db: Any, sql: str, expected: Any) -> None:
    assert db.fetch_all(f"SELECT {sql}") == [(expected,)]


def test_json_paths(db: Any) -> None:
    path = db.ops.compile_json_path(["a", "1", -1, 'x"y'])
    assert path == '$."a"[1][#-1].' + json.dumps('x"y')
