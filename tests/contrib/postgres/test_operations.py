from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from offbeat.contrib.postgres import operations
from offbeat.contrib.postgres.fields import IntegerRangeField
from offbeat.contrib.postgres.indexes import GinIndex, OpClass
from offbeat.contrib.postgres.signals import get_hstore_oids
from offbeat.db import IntegrityError, NotSupportedError, connection, models
from offbeat.db.backends.postgresql.psycopg_any import Range
from offbeat.db.migrations.optimizer import MigrationOptimizer
from offbeat.db.migrations.state import ModelState, ProjectState
from offbeat.db.migrations.writer import MigrationWriter
from offbeat.db.models import CheckConstraint, F, Index, Q
from offbeat.test import override_settings
from offbeat.test.utils import CaptureQueriesContext
from tests.databases import empty_database


def before() -> ProjectState:
    state = ProjectState()
    fields = [
        ("id", models.AutoField(primary_key=True)),
        ("age", models.IntegerField()),
        ("name", models.TextField()),
    ]
    state.add_model(ModelState("shelter", "Pony", fields))
    return state


@pytest.fixture
def pony() -> Iterator[Any]:
    """The state with a table for it."""
    state = before()
    model = state.apps.get_model("shelter", "Pony")
    with connection.schema_editor() as editor:
        editor.create_model(model)
    yield state
    with connection.schema_editor() as editor:
        editor.delete_model(model)


def forwards(state: ProjectState, operation: Any, atomic: bool = True) -> ProjectState:
    after = state.clone()
    operation.state_forwards("shelter", after)
    with connection.schema_editor(atomic=atomic) as editor:
        operation.database_forwards("shelter", editor, state, after)
    return after


def backwards(old: ProjectState, new: ProjectState, operation: Any, atomic: bool = True) -> None:
    with connection.schema_editor(atomic=atomic) as editor:
        operation.database_backwards("shelter", editor, new, old)


def one(sql: str, *params: Any) -> Any:
    with connection.cursor() as cursor:
        cursor.execute(sql, params)
        return cursor.fetchone()[0]


def extensions() -> set[str]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT extname FROM pg_extension")
        return {name for (name,) in cursor.fetchall()}


@pytest.mark.parametrize(
    ("operation", "name"),
    [
        (operations.BloomExtension, "bloom"),
        (operations.BtreeGinExtension, "btree_gin"),
        (operations.BtreeGistExtension, "btree_gist"),
        (operations.CITextExtension, "citext"),
        (operations.CryptoExtension, "pgcrypto"),
        (operations.HStoreExtension, "hstore"),
        (operations.TrigramExtension, "pg_trgm"),
        (operations.UnaccentExtension, "unaccent"),
        (lambda: operations.CreateExtension("fuzzystrmatch"), "fuzzystrmatch"),
    ],
)
def test_extensions(operation: Any, name: str) -> None:
    made = operation()
    assert made.describe() == f"Creates extension {name}"
    assert made.migration_name_fragment == f"create_extension_{name}"
    with empty_database():
        state = ProjectState()
        forwards(state, made)
        assert name in extensions()
        forwards(state, made)
        backwards(state, state, made)
        assert name not in extensions()


def test_types_are_known_as_soon_as_the_extension_is_there() -> None:
    with empty_database():
        assert get_hstore_oids("default") == ((), ())
        forwards(ProjectState(), operations.HStoreExtension())
        assert one("SELECT 'a=>1'::hstore") == {"a": "1"}
        assert len(get_hstore_oids("default")[0]) == 1


class Router:
    def allow_migrate(self, db: str, app_label: str, **hints: Any) -> bool:
        return bool(hints.get("wanted"))


@override_settings(DATABASE_ROUTERS=[Router()])
def test_routers_get_the_hints() -> None:
    with connection.schema_editor(atomic=False) as editor:
        for hints, count in ((None, 0), ({"wanted": True}, 1)):
            with CaptureQueriesContext(connection) as queries:
                operations.CreateExtension("citext", hints=hints).database_forwards(
                    "shelter", editor, None, None
                )
            assert bool(len(queries)) is bool(count)


def test_indexes_made_while_others_write(pony: ProjectState) -> None:
    index = Index(fields=["age"], name="pony_age", condition=Q(name__contains="100%"))
    add = operations.AddIndexConcurrently("Pony", index)
    after = forwards(pony, add, atomic=False)
    assert "WHERE" in one("SELECT indexdef FROM pg_indexes WHERE indexname = 'pony_age'")
    remove = operations.RemoveIndexConcurrently("Pony", "pony_age")
    last = forwards(after, remove, atomic=False)
    assert one("SELECT count(*) FROM pg_indexes WHERE indexname = 'pony_age'") == 0
    backwards(after, last, remove, atomic=False)
    assert one("SELECT count(*) FROM pg_indexes WHERE indexname = 'pony_age'") == 1
    backwards(pony, after, add, atomic=False)
    assert one("SELECT count(*) FROM pg_indexes WHERE indexname = 'pony_age'") == 0


def test_they_are_refused_inside_transactions(pony: ProjectState) -> None:
    index = Index(fields=["age"], name="pony_age")
    add = operations.AddIndexConcurrently("Pony", index)
    with pytest.raises(NotSupportedError, match="set atomic = False on the migration"):
        forwards(pony, add)
    with pytest.raises(NotSupportedError, match="The RemoveIndexConcurrently operation"):
        with_index = pony.clone()
        add.state_forwards("shelter", with_index)
        forwards(with_index, operations.RemoveIndexConcurrently("Pony", "pony_age"))


def test_constraints_for_new_rows_first(pony: ProjectState) -> None:
    Pony = pony.apps.get_model("shelter", "Pony")
    Pony.objects.create(age=-1, name="old")
    constraint = CheckConstraint(condition=Q(age__gte=0) | Q(name__endswith="100%"), name="grown")
    add = operations.AddConstraintNotValid("Pony", constraint)
    after = forwards(pony, add)
    with pytest.raises(IntegrityError):
        Pony.objects.create(age=-1, name="new")
    Pony.objects.create(age=-1, name="100%")
    validate = operations.ValidateConstraint("Pony", "grown")
    with pytest.raises(IntegrityError):
        forwards(after, validate)
    Pony.objects.filter(name="old").delete()
    last = forwards(after, validate)
    assert one("SELECT convalidated FROM pg_constraint WHERE conname = 'grown'") is True
    backwards(after, last, validate)
    backwards(pony, after, add)
    assert one("SELECT count(*) FROM pg_constraint WHERE conname = 'grown'") == 0


def test_only_check_constraints_can_wait() -> None:
    unique = models.UniqueConstraint(fields=["age"], name="u")
    with pytest.raises(TypeError, match="must be a check constraint"):
        operations.AddConstraintNotValid("Pony", unique)


def test_collations() -> None:
    create = operations.CreateCollation(
        "without_case", "und-u-ks-level2", provider="icu", deterministic=False
    )
    state = ProjectState()
    forwards(state, create)
    assert one("SELECT 'a' = 'A' COLLATE without_case") is True
    remove = operations.RemoveCollation(
        "without_case", "und-u-ks-level2", provider="icu", deterministic=False
    )
    forwards(state, remove)
    backwards(state, state, remove)
    assert one("SELECT 'a' = 'A' COLLATE without_case") is True
    backwards(state, state, create)
    assert one("SELECT count(*) FROM pg_collation WHERE collname = 'without_case'") == 0
    assert MigrationOptimizer().optimize([create, remove], "shelter") == []


@pytest.mark.parametrize(
    ("operation", "description", "fragment"),
    [
        (
            operations.AddIndexConcurrently("Pony", Index(fields=["age"], name="i")),
            "+ Concurrently create index i on field(s) age of model Pony",
            "pony_i",
        ),
        (
            operations.RemoveIndexConcurrently("Pony", "i"),
            "- Concurrently remove index i from Pony",
            "remove_pony_i",
        ),
        (
            operations.AddConstraintNotValid("Pony", CheckConstraint(condition=Q(age=1), name="c")),
            "+ Create not valid constraint c on model Pony",
            "pony_c_not_valid",
        ),
        (
            operations.ValidateConstraint("Pony", "c"),
            "~ Validate constraint c on model Pony",
            "pony_validate_c",
        ),
        (operations.CreateCollation("c", "l"), "+ Create collation c", "create_collation_c"),
        (operations.RemoveCollation("c", "l"), "- Remove collation c", "remove_collation_c"),
        (operations.HStoreExtension(), "+ Creates extension hstore", "create_extension_hstore"),
    ],
)
def test_descriptions(operation: Any, description: str, fragment: str) -> None:
    assert operation.formatted_description() == description
    assert operation.migration_name_fragment == fragment


@pytest.mark.parametrize(
    "value",
    [
        operations.CreateCollation("c", "l", provider="icu", deterministic=False),
        operations.CreateExtension("x", hints={"a": 1}),
        GinIndex(OpClass(F("name"), name="gin_trgm_ops"), name="i"),
        IntegerRangeField(default=Range(1, 5, "[]")),
        Range(empty=True),
    ],
)
def test_migrations_hold_what_is_written(value: Any) -> None:
    text, imports = MigrationWriter.serialize(value)
    names: dict[str, Any] = {}
    exec("\n".join(imports) + f"\nfound = {text}", names)
    again = MigrationWriter.serialize(names["found"])[0]
    assert again == text


def test_keyword_only_arguments_are_written() -> None:
    text, _ = MigrationWriter.serialize(
        operations.CreateCollation("c", "l", provider="icu", deterministic=False)
    )
    assert "provider='icu'" in text
    assert "deterministic=False" in text


def test_fields_are_added_and_altered(pony: ProjectState) -> None:
    from offbeat.contrib.postgres.fields import ArrayField
    from offbeat.db.migrations.operations import AddField, AlterField

    add = AddField("Pony", "tags", ArrayField(models.CharField(max_length=5), default=["a,b"]))
    state = forwards(pony, AddField("Pony", "span", IntegerRangeField(default=Range(1, 2))))
    state = forwards(state, add)
    Pony = state.apps.get_model("shelter", "Pony")
    Pony.objects.create(age=1, name="x")
    state = forwards(state, AlterField("Pony", "tags", ArrayField(models.TextField(), size=3, db_index=True)))
    found = state.apps.get_model("shelter", "Pony").objects.get()
    assert (found.tags, found.span) == (["a,b"], Range(1, 2))
