from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from offbeat.contrib.postgres.indexes import (
    BloomIndex,
    BrinIndex,
    BTreeIndex,
    GinIndex,
    GistIndex,
    HashIndex,
    OpClass,
    SpGistIndex,
)
from offbeat.contrib.postgres.search import SearchVector
from offbeat.db import connection
from offbeat.db.models import F, Index, Q
from offbeat.db.models.functions import Collate, Lower
from tests.contrib.postgres.models import Animal, Spans


@pytest.fixture
def made() -> Iterator[Any]:
    """Makes an index and returns its definition; all are dropped again."""
    indexes: list[tuple[Any, Any]] = []

    def make(index: Any, model: Any = Animal) -> str:
        with connection.schema_editor() as editor:
            editor.add_index(model, index)
        indexes.append((model, index))
        with connection.cursor() as cursor:
            cursor.execute("SELECT indexdef FROM pg_indexes WHERE indexname = %s", [index.name])
            return str(cursor.fetchone()[0]).partition(" USING ")[2]

    yield make
    with connection.schema_editor() as editor:
        for model, index in indexes:
            editor.remove_index(model, index)


@pytest.mark.parametrize(
    ("model", "index", "definition"),
    [
        (Animal, BTreeIndex(fields=["legs"], name="i"), "btree (legs)"),
        (
            Animal,
            BTreeIndex("legs", name="i", fillfactor=70, deduplicate_items=False),
            "btree (legs) WITH (fillfactor='70', deduplicate_items=off)",
        ),
        (Animal, BrinIndex(fields=["legs"], name="i"), "brin (legs)"),
        (
            Animal,
            BrinIndex(fields=["legs"], name="i", autosummarize=True, pages_per_range=4),
            "brin (legs) WITH (autosummarize='on', pages_per_range='4')",
        ),
        (
            Animal,
            BloomIndex(fields=["weight_class", "story"], name="i", length=80, columns=[4]),
            "bloom (weight_class, story) WITH (length='80', col1='4')",
        ),
        (Animal, GinIndex(fields=["tags"], name="i"), "gin (tags)"),
        (
            Animal,
            GinIndex(fields=["tags"], name="i", fastupdate=False, gin_pending_list_limit=128),
            "gin (tags) WITH (gin_pending_list_limit='128', fastupdate=off)",
        ),
        (
            Animal,
            GinIndex(OpClass(F("name"), name="gin_trgm_ops"), name="i"),
            "gin (name gin_trgm_ops)",
        ),
        (
            Animal,
            GinIndex(SearchVector("name", "story", config="english"), name="i"),
            "gin (to_tsvector('english'::regconfig, (((COALESCE(name, ''::character varying))::text || ' '::text) || COALESCE(story, ''::text))))",
        ),
        (Spans, GistIndex(fields=["ints"], name="i", include=["days"]), "gist (ints) INCLUDE (days)"),
        (
            Spans,
            GistIndex(fields=["ints"], name="i", buffering=False, fillfactor=60),
            "gist (ints) WITH (buffering=off, fillfactor='60')",
        ),
        (Animal, HashIndex(fields=["name"], name="i", fillfactor=60), "hash (name) WITH (fillfactor='60')"),
        (
            Spans,
            SpGistIndex(fields=["ints"], name="i", fillfactor=60, condition=Q(bigs__isnull=False)),
            "spgist (ints) WITH (fillfactor='60') WHERE (bigs IS NOT NULL)",
        ),
        (
            Animal,
            Index(OpClass(Collate(Lower("name"), "C"), name="text_pattern_ops").desc(), name="i"),
            'btree (lower((name)::text) COLLATE "C" text_pattern_ops DESC)',
        ),
    ],
)
def test_definitions(made: Any, model: Any, index: Any, definition: str) -> None:
    assert made(index, model) == definition


def test_introspection_tells_the_kinds(made: Any) -> None:
    made(BTreeIndex(fields=["legs"], name="legs_btree"))
    made(Index(fields=["-legs"], name="plain"))
    made(GinIndex(fields=["tags"], name="tags_gin"))
    with connection.cursor() as cursor:
        found = connection.introspection.get_constraints(cursor, Animal._meta.db_table)
    assert [found[name]["type"] for name in ("legs_btree", "plain", "tags_gin")] == ["btree", "idx", "gin"]
    assert found["plain"]["orders"] == ["DESC"]


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: BloomIndex(fields=["a"], name="i", columns=3), "must be a list or tuple"),
        (lambda: BloomIndex(fields=["a"], name="i", columns=[1, 2]), "cannot have more values than fields"),
        (lambda: BloomIndex(fields=["a"], name="i", columns=[0]), "integers from 1 to 4095"),
        (lambda: BloomIndex(fields=["a"], name="i", length=4097), "from 1 to 4096"),
        (lambda: BloomIndex(fields=["a"] * 33, name="i"), "maximum of 32 fields"),
        (lambda: BrinIndex(fields=["a"], name="i", pages_per_range=0), "None or a positive integer"),
    ],
)
def test_options(make: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        make()


@pytest.mark.parametrize(
    "index",
    [
        BTreeIndex(fields=["a"], name="i", fillfactor=80, deduplicate_items=True),
        BrinIndex(fields=["a"], name="i", autosummarize=False, pages_per_range=2),
        BloomIndex(fields=["a"], name="i", length=80, columns=[4]),
        GinIndex(fields=["a"], name="i", fastupdate=True, gin_pending_list_limit=64),
        GistIndex(fields=["a"], name="i", buffering=True, fillfactor=80),
        HashIndex(fields=["a"], name="i", fillfactor=80),
        SpGistIndex(fields=["a"], name="i", fillfactor=80),
        GinIndex(OpClass("a", name="b"), name="i"),
    ],
)
def test_deconstruction(index: Any) -> None:
    path, args, kwargs = index.deconstruct()
    assert path == f"offbeat.contrib.postgres.indexes.{type(index).__name__}"
    assert index.clone() == index == type(index)(*args, **kwargs)


def test_names_have_room_for_longer_suffixes() -> None:
    index = SpGistIndex(fields=["ints"])
    index.set_name_with_model(Spans)
    assert index.name.endswith("_spgist")
    assert index.max_name_length == 33
