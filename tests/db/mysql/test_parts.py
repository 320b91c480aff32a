"""Shell, checks, test databases, foreign key checks, introspection. Source: Django documentation, ref/databases."""

from __future__ import annotations

import shutil
import subprocess
from io import StringIO
from typing import Any

import pytest

from offbeat.core.management import call_command
from offbeat.db import DatabaseError, IntegrityError, connection, connections, models
from offbeat.db.backends.mysql.client import DatabaseClient
from tests.databases import empty_database

from .conftest import pretended

SETTINGS = {"NAME": "shop", "USER": "ann", "PASSWORD": "s", "HOST": "db", "PORT": "3307", "OPTIONS": {}}


def shell(**changes: Any) -> tuple[list[str], Any]:
    return DatabaseClient.settings_to_cmd_args_env({**SETTINGS, **changes}, ["-e", "x"])


def test_the_shell_gets_the_settings_and_no_password_on_its_command_line() -> None:
    args, env = shell()
    assert args == ["mysql", "--user=ann", "--host=db", "--port=3307", "shop", "-e", "x"]
    assert env == {"MYSQL_PWD": "s"}
    args, env = shell(
        PASSWORD="",
        HOST="/tmp/s.sock",
        OPTIONS={
            "read_default_file": "/my.cnf",
            "charset": "utf8mb4",
            "database": "other",
            "ssl": {"ca": "ca", "cert": "cert", "key": "key"},
        },
    )
    assert args[1:-2] == [
        "--defaults-file=/my.cnf",
        "--user=ann",
        "--socket=/tmp/s.sock",
        "--port=3307",
        "--ssl-ca=ca",
        "--ssl-cert=cert",
        "--ssl-key=key",
        "--default-character-set=utf8mb4",
        "other",
    ]
    assert env is None


def test_a_missing_strict_mode_is_a_warning() -> None:
    assert pretended("8.4.1").validation.check() == []
    (warning,) = pretended("8.4.1", sql_mode="ANSI").validation.check()
    assert warning.id == "mysql.W002"
    assert "MySQL Strict Mode is not set for database connection 'scratch'" in warning.msg


@pytest.mark.parametrize(
    ("field", "id"),
    [
        (models.CharField(max_length=256, unique=True), "mysql.W003"),
        (models.TextField(db_index=True), "fields.W162"),
        (models.BinaryField(db_index=True), "fields.W162"),
        (models.CharField(max_length=255, unique=True), None),
    ],
)
def test_columns_that_cannot_be_indexed_are_warned_of(field: Any, id: str | None) -> None:
    field.set_attributes_from_name("field")
    field.model = Parent
    assert [message.id for message in connection.validation.check_field(field)] == ([id] if id else [])


class Parent(models.Model):
    code = models.CharField(max_length=10, unique=True, db_collation="utf8mb4_bin", db_comment="it's a code")
    data = models.JSONField(null=True)
    token = models.UUIDField(null=True)
    amount = models.PositiveSmallIntegerField(default=0)
    double = models.GeneratedField(
        expression=models.F("amount") * 2, output_field=models.IntegerField(), db_persist=False
    )

    class Meta:
        app_label = "mysql_tests"
        db_table_comment = "parents"


class Child(models.Model):
    parent = models.ForeignKey(Parent, models.CASCADE)
    other = models.ForeignKey(Parent, models.DB_CASCADE, related_name="+")
    name = models.CharField(max_length=20)

    class Meta:
        app_label = "mysql_tests"
        indexes = [models.Index(fields=["-name", "parent"], name="by_name")]
        constraints = [
            models.CheckConstraint(condition=~models.Q(name=""), name="named"),
            models.UniqueConstraint(fields=["parent", "name"], name="once"),
        ]


@pytest.fixture
def tables() -> Any:
    with empty_database() as wrapper:
        with wrapper.schema_editor() as editor:
            editor.create_model(Parent)
            editor.create_model(Child)
        yield wrapper


def test_foreign_keys_are_not_checked_while_that_is_off(tables: Any) -> None:
    tables.check_constraints()
    with tables.session(), tables.constraint_checks_disabled():
        tables.run("INSERT INTO mysql_tests_child (name, parent_id, other_id) VALUES ('x', 5, 6)")
    with pytest.raises(
        IntegrityError, match=r"mysql_tests_child.*contains a value '[56]'.*mysql_tests_parent\.id"
    ):
        tables.check_constraints()
    tables.check_constraints(["mysql_tests_parent"])
    with pytest.raises(IntegrityError):
        tables.run("INSERT INTO mysql_tests_child (name, parent_id, other_id) VALUES ('y', 5, 6)")


def test_columns_are_described(tables: Any) -> None:
    with tables.cursor() as cursor:
        columns = {
            column.name: column
            for column in tables.introspection.get_table_description(cursor, "mysql_tests_parent")
        }
        kinds = {
            name: tables.introspection.get_field_type(column.type_code, column)
            for name, column in columns.items()
        }
        with pytest.raises(DatabaseError, match="doesn't exist"):
            tables.introspection.get_table_description(cursor, "absent")
    assert kinds == {
        "id": "BigAutoField",
        "code": "CharField",
        "data": "JSONField",
        "token": "UUIDField" if tables.features.has_native_uuid_field else "CharField",
        "amount": "PositiveSmallIntegerField",
        "double": "IntegerField",
    }
    assert columns["code"].collation == "utf8mb4_bin"
    assert columns["code"].comment == "it's a code"
    assert columns["code"].display_size == 10
    assert columns["data"].null_ok
    assert not columns["amount"].null_ok


def test_constraints_are_described(tables: Any) -> None:
    with tables.cursor() as cursor:
        introspection = tables.introspection
        found = introspection.get_constraints(cursor, "mysql_tests_child")
        relations = introspection.get_relations(cursor, "mysql_tests_child")
        tables_found = {table.name: table for table in introspection.get_table_list(cursor)}
        assert introspection.get_sequences(cursor, "mysql_tests_child") == [
            {"table": "mysql_tests_child", "column": "id"}
        ]
        assert introspection.get_storage_engine(cursor, "mysql_tests_child") == "InnoDB"
    assert found["PRIMARY"]["primary_key"]
    assert (found["named"]["check"], found["named"]["columns"]) == (True, ["name"])
    assert (found["once"]["unique"], found["once"]["columns"]) == (True, ["parent_id", "name"])
    assert (found["by_name"]["columns"], found["by_name"]["type"]) == (["name", "parent_id"], "idx")
    assert found["by_name"]["orders"] == ["DESC", "ASC"]
    keys = [details for details in found.values() if details["foreign_key"]]
    assert sorted(key["columns"] for key in keys) == [["other_id"], ["parent_id"]]
    assert {key["foreign_key"] for key in keys} == {("mysql_tests_parent", "id")}
    assert relations["parent_id"] == ("id", "mysql_tests_parent", models.DO_NOTHING)
    assert relations["other_id"] == ("id", "mysql_tests_parent", models.DB_CASCADE)
    assert tables_found["mysql_tests_parent"].comment == "parents"


def test_models_are_written_from_tables(tables: Any) -> None:
    out = StringIO()
    call_command("inspectdb", stdout=out)
    text = out.getvalue()
    assert "models.JSONField(blank=True, null=True)" in text
    assert "models.PositiveSmallIntegerField()" in text
    assert "db_table_comment = 'parents'" in text
    assert "unique_together = (('parent', 'name'),)" in text


def test_flushing_empties_tables_in_any_order(tables: Any) -> None:
    parent = Parent.objects.create(code="a")
    Child.objects.create(parent=parent, other=parent, name="x")
    names = ["mysql_tests_parent", "mysql_tests_child"]
    from offbeat.core.management.color import no_style

    tables.ops.execute_sql_flush(tables.ops.sql_flush(no_style(), names, reset_sequences=True))
    assert (Parent.objects.count(), Child.objects.count()) == (0, 0)
    assert Parent.objects.create(code="b").pk == 1


@pytest.fixture
def mysqldump() -> str:
    """The program, where it is that of the server's own kind: MariaDB's writes what MySQL does not read."""
    found = shutil.which("mysqldump")
    if found is None:
        pytest.skip("there is no mysqldump")
    version = subprocess.run([found, "--version"], capture_output=True, text=True, check=True).stdout
    if ("mariadb" in version.lower()) != connection.mysql_is_mariadb:
        pytest.skip(f"{connection.display_name} needs a mysqldump of its own: this is {version.strip()}")
    return found


@pytest.mark.usefixtures("mysqldump")
def test_test_databases_are_cloned_with_their_rows(tables: Any) -> None:
    Parent.objects.create(code="a", data={"x": 1})
    tables.creation.clone_test_db("7", verbosity=0)
    clone = type(tables)(tables.creation.get_test_db_clone_settings("7"), "default")
    try:
        assert clone.settings_dict["NAME"] == f"{tables.settings_dict['NAME']}_7"
        assert clone.fetch_all("SELECT code, amount FROM mysql_tests_parent") == [("a", 0)]
        # Once more, in place of the old one; and not at all where it is to be kept.
        clone.run("DELETE FROM mysql_tests_parent")
        tables.creation.clone_test_db("7", verbosity=0, keepdb=True)
        assert clone.fetch_all("SELECT code FROM mysql_tests_parent") == []
        tables.creation.clone_test_db("7", verbosity=0)
        assert clone.fetch_all("SELECT code FROM mysql_tests_parent") == [("a",)]
    finally:
        clone.close()
        tables.creation._destroy_test_db(clone.settings_dict["NAME"], 0)


@pytest.mark.usefixtures("mysqldump")
def test_a_clone_that_fails_says_why(tables: Any, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        tables.creation._clone_db("absent_database", tables.settings_dict["NAME"])
    assert "Got an error on mysqldump when cloning the test database" in capsys.readouterr().err


def test_test_databases_have_the_wanted_character_set() -> None:
    conf = connections.databases["default"]
    wrapper = pretended("8.4.1")
    wrapper.settings_dict["TEST"] = {**conf["TEST"], "CHARSET": "utf8mb4", "COLLATION": "utf8mb4_bin"}
    assert wrapper.creation.sql_table_creation_suffix() == "CHARACTER SET utf8mb4 COLLATE utf8mb4_bin"
