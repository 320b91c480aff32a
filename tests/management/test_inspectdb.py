from __future__ import annotations

from io import StringIO

import pytest

from offbeat.core.management import call_command
from offbeat.core.management.commands.inspectdb import Command
from offbeat.db import connection


def inspect(*tables: str, **options: bool) -> str:
    out = StringIO()
    call_command("inspectdb", *tables, stdout=out, **options)
    return out.getvalue()


@pytest.mark.usefixtures("library")
def test_models_are_written_for_tables() -> None:
    text = inspect("management_tests_author", "management_tests_book", "management_tests_book_tags")
    assert "from offbeat.db import models\n\n\nclass ManagementTestsAuthor(models.Model):\n" in text
    assert "    name = models.CharField(unique=True, max_length=40)\n" in text
    assert (
        "    author = models.ForeignKey(ManagementTestsAuthor, models.DO_NOTHING, blank=True, null=True)\n"
        in text
    )
    assert "        managed = False\n        db_table = 'management_tests_book_tags'\n" in text
    assert "        unique_together = (('book', 'tag'),)\n" in text
    compile(text, "models.py", "exec")


def test_a_missing_table_is_a_remark() -> None:
    text = inspect("no_such_table")
    assert "# Unable to inspect table 'no_such_table'\n# The error was: " in text


@pytest.mark.parametrize(
    ("column", "field", "arguments"),
    [
        ("name", "name", {}),
        ("Name", "name", {"db_column": "Name"}),
        ("a b", "a_b", {"db_column": "a b"}),
        ("a__b", "a_b", {"db_column": "a__b"}),
        ("_x", "field_x", {"db_column": "_x"}),
        ("x_", "x_field", {"db_column": "x_"}),
        ("class", "class_field", {"db_column": "class"}),
        ("1st", "number_1st", {"db_column": "1st"}),
        ("taken", "taken_0", {"db_column": "taken"}),
        ("%%", "field_field", {"db_column": "%%"}),
    ],
)
def test_columns_become_names_of_python(column: str, field: str, arguments: dict[str, str]) -> None:
    name, params, notes = Command.normalize_col_name(column, ["taken"], False)
    assert (name, params) == (field, arguments)
    assert bool(notes) is bool(arguments)


@pytest.mark.parametrize(("column", "field", "own"), [("home_id", "home", False), ("home", "home", True)])
def test_foreign_keys_lose_their_ending(column: str, field: str, own: bool) -> None:
    name, params, _ = Command.normalize_col_name(column, [], True)
    assert name == field
    assert ("db_column" in params) is own


def test_model_names_are_valid() -> None:
    assert Command.normalize_table_name("people_more-data") == "PeopleMoreData"
    assert Command.normalize_table_name("1st") == "Model1St"


@pytest.mark.usefixtures("library")
def test_views_are_marked() -> None:
    with connection.cursor() as cursor:
        cursor.execute("CREATE VIEW some_view AS SELECT name FROM management_tests_author")
    try:
        assert "class SomeView" not in inspect()
        assert "managed = False  # Created from a view. Don't remove." in inspect(include_views=True)
    finally:
        with connection.cursor() as cursor:
            cursor.execute("DROP VIEW some_view")
