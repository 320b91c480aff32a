"""``migrate`` and its friends on migrations on disk."""

from __future__ import annotations

from typing import Any

import pytest

from offbeat.core.management import CommandError
from offbeat.db import connection
from offbeat.db.migrations.exceptions import (
    BadMigrationError,
    CircularDependencyError,
    InconsistentMigrationHistory,
    IrreversibleError,
    NodeNotFoundError,
)
from offbeat.db.migrations.recorder import MigrationRecorder

ANIMAL = "migrations.CreateModel('Animal', [('id', models.AutoField(primary_key=True)), ('name', models.CharField(max_length=9))])"
CAGE = "migrations.CreateModel('Cage', [('id', models.AutoField(primary_key=True))])"
AGE = "migrations.AddField('Animal', 'age', models.IntegerField(default=3))"


@pytest.fixture
def two(app: Any) -> Any:
    """Two migrations: a table, and a column."""
    app.migration("0001_initial", ANIMAL, body="initial = True")
    app.migration("0002_age", AGE, app.after("0001_initial"))
    return app


def applied(app: Any, database: Any) -> set[str]:
    records = MigrationRecorder(database).applied_migrations()
    return {name for label, name in records if label == app.label}


def columns(app: Any, database: Any, table: str = "animal") -> list[str]:
    with database.cursor() as cursor:
        described = database.introspection.get_table_description(cursor, f"{app.label}_{table}")
    return [column.name for column in described]


def test_migrating_applies_everything_and_records_it(two: Any, database: Any) -> None:
    output = two.run("migrate")
    assert f"Applying {two.label}.0001_initial... OK" in output
    assert applied(two, database) == {"0001_initial", "0002_age"}
    assert columns(two, database) == ["id", "name", "age"]


def test_migrating_twice_has_nothing_to_do(two: Any) -> None:
    two.run("migrate")
    assert "No migrations to apply." in two.run("migrate")


def test_rows_survive_going_back_and_forth(two: Any, database: Any) -> None:
    two.run("migrate", two.label, "0001")
    with database.cursor() as cursor:
        cursor.execute(f"INSERT INTO {two.label}_animal (name) VALUES ('Leo')")
    two.run("migrate")
    with database.cursor() as cursor:
        cursor.execute(f"SELECT name, age FROM {two.label}_animal")
        assert cursor.fetchall() == [("Leo", 3)]
    output = two.run("migrate", two.label, "0001")
    assert f"Unapplying {two.label}.0002_age... OK" in output
    assert columns(two, database) == ["id", "name"]
    with database.cursor() as cursor:
        cursor.execute(f"SELECT name FROM {two.label}_animal")
        assert cursor.fetchall() == [("Leo",)]


def test_zero_undoes_everything(two: Any, database: Any, tables: Any) -> None:
    two.run("migrate")
    assert "Unapply all migrations" in two.run("migrate", two.label, "zero")
    assert applied(two, database) == set()
    assert f"{two.label}_animal" not in tables()


def test_fake_only_records(two: Any, database: Any, tables: Any) -> None:
    assert "FAKED" in two.run("migrate", fake=True)
    assert applied(two, database) == {"0001_initial", "0002_age"}
    assert f"{two.label}_animal" not in tables()


def test_fake_initial_skips_tables_that_are_there(two: Any, database: Any) -> None:
    two.run("migrate", two.label, "0001")
    MigrationRecorder(database).flush()
    output = two.run("migrate", fake_initial=True)
    assert f"{two.label}.0001_initial... FAKED" in output
    assert f"{two.label}.0002_age... OK" in output


def test_plan_shows_and_does_nothing(two: Any, database: Any, tables: Any) -> None:
    output = two.run("migrate", plan=True)
    assert output == (
        f"Planned operations:\n{two.label}.0001_initial\n    Create model Animal\n"
        f"{two.label}.0002_age\n    Add field age to Animal\n"
    )
    assert tables() == set()


def test_check_fails_while_migrations_wait(two: Any) -> None:
    with pytest.raises(SystemExit) as failure:
        two.run("migrate", check_unapplied=True)
    assert failure.value.code == 1
    two.run("migrate")
    two.run("migrate", check_unapplied=True)


def test_showmigrations_marks_what_is_applied(two: Any) -> None:
    two.run("migrate", two.label, "0001")
    assert two.run("showmigrations") == f"{two.label}\n [X] 0001_initial\n [ ] 0002_age\n"
    assert (
        two.run("showmigrations", format="plan")
        == f"[X]  {two.label}.0001_initial\n[ ]  {two.label}.0002_age\n"
    )


def test_sqlmigrate_prints_without_running(two: Any, tables: Any) -> None:
    output = two.run("sqlmigrate", two.label, "0001")
    assert "-- Create model Animal" in output
    assert f"CREATE TABLE {connection.ops.quote_name(f'{two.label}_animal')}" in output
    assert tables() == set()
    assert "DROP TABLE" in two.run("sqlmigrate", two.label, "0001", backwards=True)


def test_unknown_names_are_told(two: Any) -> None:
    with pytest.raises(CommandError, match="No installed app with label 'nowhere'"):
        two.run("migrate", "nowhere")
    with pytest.raises(CommandError, match="Cannot find a migration matching '0009'"):
        two.run("migrate", two.label, "0009")
    with pytest.raises(CommandError, match="More than one migration matches '000'"):
        two.run("migrate", two.label, "000")


def test_history_that_lacks_a_dependency_is_refused(two: Any, database: Any) -> None:
    MigrationRecorder(database).record_applied(two.label, "0002_age")
    with pytest.raises(InconsistentMigrationHistory, match="0002_age is applied before its dependency"):
        two.run("migrate")


def test_two_last_migrations_are_a_conflict_that_merge_solves(two: Any) -> None:
    two.migration("0002_other", CAGE, two.after("0001_initial"))
    with pytest.raises(CommandError, match="Conflicting migrations detected"):
        two.run("migrate")
    with pytest.raises(CommandError, match="Conflicting migrations detected"):
        two.run("makemigrations")
    output = two.run("makemigrations", merge=True, interactive=False)
    assert "Created new merge migration" in output
    assert two.names()[-1] == "0003_merge_0002_age_0002_other"
    two.run("migrate")


def test_missing_dependency_and_circle_are_told(two: Any) -> None:
    two.migration("0003_lost", "", two.after("0009_gone"))
    with pytest.raises(NodeNotFoundError, match="0009_gone"):
        two.run("migrate")
    two.migration("0003_lost", "", two.after("0004_loop"))
    two.migration("0004_loop", "", two.after("0003_lost"))
    with pytest.raises(CircularDependencyError):
        two.run("migrate")


def test_a_module_without_migration_class_is_told(two: Any) -> None:
    (two.root / "migrations" / "0003_empty.py").write_text("")
    with pytest.raises(BadMigrationError, match="0003_empty"):
        two.run("migrate")


def test_a_failing_migration_leaves_nothing_behind(two: Any, database: Any, tables: Any) -> None:
    if not database.features.can_rollback_ddl:
        pytest.skip(f"{database.display_name} commits each change of a table")
    two.migration("0003_bad", f"{CAGE}, migrations.RunSQL('SELECT 1 FROM nowhere')", two.after("0002_age"))
    with pytest.raises(Exception, match="nowhere"):
        two.run("migrate")
    assert applied(two, database) == {"0001_initial", "0002_age"}
    assert f"{two.label}_cage" not in tables()


def test_python_and_sql_run_both_ways(two: Any, database: Any) -> None:
    two.migration(
        "0003_data",
        "migrations.RunPython(fill, empty), "
        f"migrations.RunSQL([('UPDATE {two.label}_animal SET age = %s', [7])], migrations.RunSQL.noop)",
        two.after("0002_age"),
        head=(
            f"def fill(apps, schema_editor):\n    apps.get_model({two.label!r}, 'Animal').objects.create(name='Ada')\n"
            f"async def empty(apps, schema_editor):\n    await apps.get_model({two.label!r}, 'Animal').objects.all().adelete()\n"
        ),
    )
    two.run("migrate")
    with database.cursor() as cursor:
        cursor.execute(f"SELECT name, age FROM {two.label}_animal")
        assert cursor.fetchall() == [("Ada", 7)]
    two.run("migrate", two.label, "0002")
    with database.cursor() as cursor:
        cursor.execute(f"SELECT count(*) FROM {two.label}_animal")
        assert cursor.fetchone() == (0,)


def test_python_without_reverse_cannot_be_undone(two: Any) -> None:
    two.migration("0003_data", "migrations.RunPython(lambda apps, editor: None)", two.after("0002_age"))
    two.run("migrate")
    with pytest.raises(IrreversibleError):
        two.run("migrate", two.label, "0002")


def test_a_squashed_migration_replaces_or_is_recorded(two: Any, database: Any) -> None:
    two.run("migrate", two.label, "0001")
    output = two.run("squashmigrations", two.label, "0002", interactive=False)
    assert "Optimized from 2 operations to 1 operations." in output
    squashed = "0001_squashed_0002_age"
    assert squashed in two.names()
    # Half of it is applied: the parts go on.
    assert "0002_age... OK" in two.run("migrate")
    assert applied(two, database) == {"0001_initial", "0002_age", squashed}
    two.run("migrate", two.label, "zero")
    assert applied(two, database) == set()
    assert f"Applying {two.label}.{squashed}... OK" in two.run("migrate")
    assert applied(two, database) == {"0001_initial", "0002_age", squashed}


def test_optimizing_rewrites_the_file(app: Any) -> None:
    app.migration("0001_initial", f"{ANIMAL}, {AGE}")
    with pytest.raises(SystemExit):
        app.run("optimizemigration", app.label, "0001", check=True)
    assert "Optimizing from 2 operations to 1 operations." in app.run("optimizemigration", app.label, "0001")
    assert app.run("optimizemigration", app.label, "0001") == "No optimizations possible.\n"


def test_prune_forgets_migrations_that_are_gone(two: Any, database: Any) -> None:
    two.run("migrate")
    (two.root / "migrations" / "0002_age.py").unlink()
    assert f"Pruning {two.label}.0002_age OK" in two.run("migrate", two.label, prune=True)
    assert applied(two, database) == {"0001_initial"}


def test_apps_without_migrations_are_synchronized(app: Any, tables: Any) -> None:
    with pytest.raises(CommandError, match="Can't use run_syncdb with app"):
        app.run("migrate", app.label, run_syncdb=True)


@pytest.mark.sqlite
def test_the_record_is_the_documented_table(two: Any, database: Any) -> None:
    two.run("migrate")
    with database.cursor() as cursor:
        cursor.execute("SELECT sql FROM sqlite_master WHERE name = 'django_migrations'")
        assert cursor.fetchone() == (
            (
                'CREATE TABLE "django_migrations" ("id" integer NOT NULL PRIMARY KEY AUTOINCREMENT, "app" varchar(255) NOT '
                'NULL, "name" varchar(255) NOT NULL, "applied" datetime NOT NULL)'
            ),
        )
