"""The dialects of MySQL 8.4 and MariaDB. No server is asked: either is pretended, and its SQL compared as text."""

from __future__ import annotations

from typing import Any

import pytest

from offbeat.core.management.color import no_style
from offbeat.db import NotSupportedError, connection, models
from offbeat.db.models import F, Q, functions
from offbeat.db.models.constants import OnConflict
from offbeat.db.models.fields.json import KT
from offbeat.db.models.functions import Cast
from tests.models.models import Stock

from .conftest import pretended

MYSQL = "8.4.3"
MARIADB = "10.11.6-MariaDB-0+deb12u1-log"


@pytest.fixture
def mysql() -> Any:
    return pretended(MYSQL)


@pytest.fixture
def mariadb() -> Any:
    return pretended(MARIADB)


def sql(wrapper: Any, expression: Any) -> str:
    query = Stock.objects.all().query
    resolved = expression.resolve_expression(query)
    return query.get_compiler(connection=wrapper).compile(resolved)[0]  # type: ignore[no-any-return]


def where(wrapper: Any, **conditions: Any) -> str:
    query = Stock.objects.filter(**conditions).query
    text, _ = query.get_compiler(connection=wrapper).as_sql()
    return str(text).partition(" WHERE ")[2]


def test_versions_are_read(mysql: Any, mariadb: Any) -> None:
    assert (mysql.mysql_version, mysql.mysql_is_mariadb, mysql.display_name) == ((8, 4, 3), False, "MySQL")
    assert (mariadb.mysql_version, mariadb.display_name) == ((10, 11, 6), "MariaDB")
    assert pretended("5.5.5-10.11.6-MariaDB").mysql_version == (10, 11, 6)
    with pytest.raises(NotSupportedError, match="cannot be read"):
        pretended("strange").mysql_version


@pytest.mark.parametrize(
    ("version", "wanted"),
    [("8.0.36", "MySQL 8.4 or later is required"), ("10.6.1-MariaDB", "MariaDB 10.11 or later is required")],
)
def test_old_servers_are_refused(version: str, wanted: str) -> None:
    with pytest.raises(NotSupportedError, match=wanted):
        pretended(version).check_database_version_supported()


def test_what_each_can_do(mysql: Any, mariadb: Any) -> None:
    for name, of_mysql, of_mariadb in (
        ("can_return_columns_from_insert", False, True),
        ("can_return_rows_from_bulk_insert", False, True),
        ("has_native_uuid_field", False, True),
        ("has_select_for_update_of", True, False),
        ("has_select_for_update_skip_locked", True, True),
        ("supports_expression_indexes", True, False),
        ("supports_default_in_lead_lag", True, False),
        ("supports_any_value", True, False),
        ("update_can_self_select", False, True),
    ):
        assert (getattr(mysql.features, name), getattr(mariadb.features, name)) == (of_mysql, of_mariadb), (
            name
        )
    assert mysql.features.supported_explain_formats - mariadb.features.supported_explain_formats == {"TREE"}
    assert pretended("11.7.2-MariaDB").features.supports_uuid7_function


def test_a_storage_engine_without_transactions_is_known() -> None:
    features = pretended(MARIADB, default_storage_engine="MyISAM").features
    assert not features.supports_transactions
    assert not features.uses_savepoints
    assert not features.supports_foreign_keys
    assert not features.supports_index_column_ordering


def test_a_uuid_is_of_its_own_type_on_mariadb(mysql: Any, mariadb: Any) -> None:
    field = models.UUIDField()
    assert (field.db_type(mysql), field.db_type(mariadb)) == ("char(32)", "uuid")


def test_regular_expressions(mysql: Any, mariadb: Any) -> None:
    assert where(mysql, code__regex="x").endswith(
        "REGEXP_LIKE(`tests_stock`.`code`, %s, 'c')".replace("tests_stock", Stock._meta.db_table)
    )
    assert where(mysql, code__iregex="x").endswith(", 'i')")
    assert where(mariadb, code__regex="x").endswith("REGEXP BINARY %s")
    assert where(mariadb, code__iregex="x").endswith("REGEXP %s")


def test_json_is_unquoted_where_it_is_compared_as_text(mysql: Any, mariadb: Any) -> None:
    assert "->> %s" in sql(mysql, KT("extra__a"))
    assert sql(mariadb, KT("extra__a")).startswith("JSON_UNQUOTE(JSON_EXTRACT(")
    assert "JSON_UNQUOTE" not in where(mysql, extra={"a": 1})
    assert "JSON_UNQUOTE" in where(mariadb, extra={"a": 1})


def test_rows_that_exist_are_updated(mysql: Any, mariadb: Any) -> None:
    suffixes = [
        wrapper.ops.on_conflict_suffix_sql([], OnConflict.UPDATE, ["a", "b"], [])
        for wrapper in (mysql, mariadb)
    ]
    assert suffixes == [
        "AS new ON DUPLICATE KEY UPDATE `a` = new.`a`, `b` = new.`b`",
        "ON DUPLICATE KEY UPDATE `a` = VALUE(`a`), `b` = VALUE(`b`)",
    ]
    assert mysql.ops.insert_statement(OnConflict.IGNORE) == "INSERT IGNORE INTO"


def test_differences_of_times(mysql: Any, mariadb: Any) -> None:
    of_mysql, params = mysql.ops.subtract_temporals("TimeField", ("a + %s", (1,)), ("b + %s", (2,)))
    assert of_mysql.count("MICROSECOND") == 2
    assert params == (1, 1, 2, 2)
    of_mariadb, params = mariadb.ops.subtract_temporals("TimeField", ("a + %s", (1,)), ("b + %s", (2,)))
    assert "MICROSECOND" not in of_mariadb
    assert params == (1, 2)


def test_plans(mysql: Any, mariadb: Any) -> None:
    for wrapper, options, wanted in (
        (mysql, {}, "EXPLAIN FORMAT=TREE"),
        (mariadb, {}, "EXPLAIN"),
        (mysql, {"format": "text"}, "EXPLAIN FORMAT=TRADITIONAL"),
        (mysql, {"format": "json"}, "EXPLAIN FORMAT=JSON"),
        (mysql, {"analyze": True}, "EXPLAIN ANALYZE"),
        (mysql, {"format": "json", "analyze": True}, "EXPLAIN ANALYZE"),
        (mariadb, {"analyze": True}, "ANALYZE"),
        (mariadb, {"format": "JSON", "analyze": True}, "ANALYZE FORMAT=JSON"),
    ):
        assert wrapper.ops.explain_query_prefix(**options) == wanted
    with pytest.raises(ValueError, match="TREE is not a recognized format"):
        mariadb.ops.explain_query_prefix("tree")
    with pytest.raises(ValueError, match="Unknown options: bogus"):
        mysql.ops.explain_query_prefix(bogus=True)


class _Limited(models.Model):
    text = models.TextField(default="x'y")
    amount = models.PositiveIntegerField(default=1)

    class Meta:
        app_label = "mysql_tests"


def collected(wrapper: Any, act: Any) -> list[str]:
    editor = wrapper.schema_editor(collect_sql=True)
    with editor:
        act(editor)
    return list(editor.collected_sql)


def test_defaults_of_long_text_are_expressions_on_mysql(mysql: Any, mariadb: Any) -> None:
    field = _Limited._meta.get_field("text")
    with mysql.schema_editor(collect_sql=True) as editor:
        assert (
            editor.column_sql(_Limited, field, include_default=True)[0]
            == "longtext DEFAULT ('x''y') NOT NULL"
        )
    with mariadb.schema_editor(collect_sql=True) as editor:
        assert (
            editor.column_sql(_Limited, field, include_default=True)[0] == "longtext DEFAULT 'x''y' NOT NULL"
        )


def test_checks_are_dropped_by_different_words(mysql: Any, mariadb: Any) -> None:
    check = models.CheckConstraint(condition=Q(amount__gt=0), name="positive")
    assert collected(mysql, lambda editor: editor.remove_constraint(_Limited, check)) == [
        "ALTER TABLE `mysql_tests__limited` DROP CHECK `positive`;"
    ]
    assert collected(mariadb, lambda editor: editor.remove_constraint(_Limited, check)) == [
        "ALTER TABLE `mysql_tests__limited` DROP CONSTRAINT IF EXISTS `positive`;"
    ]


def test_indexes_over_expressions_exist_on_mysql_only(mysql: Any, mariadb: Any) -> None:
    index = models.Index(functions.Lower("amount"), name="lowered")
    assert collected(mysql, lambda editor: editor.add_index(_Limited, index)) == [
        "CREATE INDEX `lowered` ON `mysql_tests__limited` ((LOWER(`amount`)));"
    ]
    assert collected(mariadb, lambda editor: editor.add_index(_Limited, index)) == []


def test_long_text_is_not_indexed(mariadb: Any) -> None:
    field = models.TextField(db_index=True)
    field.set_attributes_from_name("body")
    field.model = _Limited
    assert not mariadb.schema_editor()._field_should_be_indexed(_Limited, field)
    field = models.CharField(max_length=20, db_index=True)
    field.set_attributes_from_name("title")
    field.model = _Limited
    assert mariadb.schema_editor()._field_should_be_indexed(_Limited, field)


@pytest.mark.parametrize(
    ("field", "wanted"),
    [
        (models.IntegerField(), "signed integer"),
        (models.PositiveIntegerField(), "unsigned integer"),
        (models.CharField(max_length=5), "char(5)"),
        (models.TextField(), "char"),
        (models.DecimalField(max_digits=5, decimal_places=2), "decimal(5, 2)"),
        (models.DateTimeField(), "datetime(6)"),
    ],
)
def test_casts(mariadb: Any, field: Any, wanted: str) -> None:
    assert sql(mariadb, Cast("code", field)) == f"CAST(`{Stock._meta.db_table}`.`code` AS {wanted})"


def test_names_in_extract_are_words(mariadb: Any) -> None:
    with pytest.raises(ValueError, match="Invalid lookup type"):
        mariadb.ops.date_extract_sql("year FROM x)--", "d", ())


def test_literals_are_quoted(mariadb: Any) -> None:
    literal = mariadb.ops.literal
    assert [literal(value) for value in (None, True, 5, "a'b\\", b"\x00\xff", ("x", 1))] == [
        "NULL",
        "1",
        "5",
        "'a''b\\\\'",
        "x'00ff'",
        "('x', 1)",
    ]
    assert pretended(MARIADB, sql_mode="NO_BACKSLASH_ESCAPES").ops.literal("a\\") == "'a\\'"


def test_flush_switches_the_checks_off(mariadb: Any) -> None:
    flush = mariadb.ops.sql_flush
    assert flush(no_style(), ["a"]) == [
        "SET FOREIGN_KEY_CHECKS = 0;",
        "DELETE FROM `a`;",
        "SET FOREIGN_KEY_CHECKS = 1;",
    ]
    assert flush(no_style(), ["a"], reset_sequences=True)[1] == "TRUNCATE `a`;"
    assert flush(no_style(), []) == []


def test_zero_is_no_automatic_key(mariadb: Any) -> None:
    with pytest.raises(ValueError, match="does not accept 0"):
        mariadb.ops.validate_autopk_value(0)
    assert pretended(MARIADB, sql_mode="NO_AUTO_VALUE_ON_ZERO").ops.validate_autopk_value(0) == 0


def test_bits(mariadb: Any) -> None:
    assert sql(mariadb, F("amount").bitand(3)).startswith("(CONVERT(")
    assert sql(mariadb, F("amount") ** 2).startswith("(POW(")
    assert sql(mariadb, F("amount").bitrightshift(2)).startswith("(FLOOR(")


def test_the_dialect_of_the_server_at_hand_is_supported() -> None:
    connection.check_database_version_supported()


@pytest.mark.parametrize("function", [functions.UUID4, functions.UUID7])
def test_functions_that_a_server_lacks_are_refused_by_its_name(
    mysql: Any, mariadb: Any, function: Any
) -> None:
    with pytest.raises(NotSupportedError, match=f"{function.__name__} is not supported on MySQL"):
        sql(mysql, function())
    with pytest.raises(NotSupportedError, match="requires MariaDB version 11"):
        sql(mariadb, function())
