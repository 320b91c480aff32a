"""Methods that write."""

from __future__ import annotations

import datetime
from typing import Any

import pytest

from offbeat.core.exceptions import FieldError
from offbeat.db import IntegrityError, transaction
from offbeat.db.models import F, Value
from offbeat.db.models.functions import Concat
from tests.querysets.models import Author, Book, Review, Tag, Upsert

JOINED = datetime.datetime(2024, 5, 1, tzinfo=datetime.UTC)


def test_create_saves_and_returns(empty: Any) -> None:
    for number in range(3):
        author = Author.objects.create(name=f"N{number}", joined=JOINED)
        assert author.pk is not None
        assert author._state.adding is False
        assert Author.objects.get(pk=author.pk).name == f"N{number}"
    with pytest.raises(ValueError, match="do not exist in this model: review"):
        Book.objects.create(review=Review())


def test_create_takes_expressions(empty: Any) -> None:
    Author.objects.create(name="plain", joined=JOINED)
    author = Author.objects.create(name=Concat(Value("a"), Value("b")), joined=JOINED)
    author.refresh_from_db()
    assert author.name == "ab"


def test_get_or_create(empty: Any) -> None:
    first, created = Author.objects.get_or_create(name="A", defaults={"joined": JOINED})
    assert created
    again, created = Author.objects.get_or_create(name="A", defaults={"joined": lambda: 1 / 0})
    assert (again, created) == (first, False)
    lazily, created = Author.objects.get_or_create(name="B", defaults={"joined": lambda: JOINED})
    assert created
    assert lazily.joined == JOINED
    with pytest.raises(FieldError, match="Invalid field name"):
        Author.objects.get_or_create(name="C", defaults={"nope": 1})
    Tag.objects.create(name="t")
    with pytest.raises(IntegrityError):
        Tag.objects.get_or_create(pk=99, defaults={"name": "t"})


def test_update_or_create(empty: Any) -> None:
    row, created = Upsert.objects.update_or_create(key="a", defaults={"value": 1})
    assert (row.value, created) == (1, True)
    row, created = Upsert.objects.update_or_create(key="a", defaults={"value": lambda: 2})
    assert (row.value, created) == (2, False)
    row, created = Upsert.objects.update_or_create(
        key="b", defaults={"value": 1}, create_defaults={"value": 5}
    )
    assert (row.value, created) == (5, True)
    assert dict(Upsert.objects.values_list("key", "value")) == {"a": 2, "b": 5}


def test_bulk_create(empty: Any) -> None:
    tags = Tag.objects.bulk_create([Tag(name=f"t{n}") for n in range(20)])
    assert all(tag.pk and not tag._state.adding for tag in tags)
    assert Tag.objects.count() == 20
    Tag.objects.bulk_create([Tag(name=f"u{n}") for n in range(5)], batch_size=2)
    Tag.objects.bulk_create([Tag(pk=1000, name="with"), Tag(name="without")])
    assert Tag.objects.get(name="with").pk == 1000
    assert Tag.objects.bulk_create([]) == []
    with pytest.raises(ValueError, match="Batch size must be a positive integer"):
        Tag.objects.bulk_create([Tag(name="x")], batch_size=0)
    with pytest.raises(IntegrityError), transaction.atomic():
        Tag.objects.bulk_create([Tag(name="new"), Tag(name="t1")])
    assert not Tag.objects.filter(name="new").exists()


def test_bulk_create_with_conflicts(empty: Any) -> None:
    Upsert.objects.bulk_create([Upsert(key="a", value=1), Upsert(key="b", value=2)])
    Upsert.objects.bulk_create([Upsert(key="a", value=9), Upsert(key="c", value=3)], ignore_conflicts=True)
    assert dict(Upsert.objects.values_list("key", "value")) == {"a": 1, "b": 2, "c": 3}
    Upsert.objects.bulk_create(
        [Upsert(key="a", value=7), Upsert(key="d", value=4)],
        update_conflicts=True,
        unique_fields=["key"],
        update_fields=["value"],
    )
    assert dict(Upsert.objects.values_list("key", "value")) == {"a": 7, "b": 2, "c": 3, "d": 4}
    for options, message in (
        ({"ignore_conflicts": True, "update_conflicts": True}, "mutually exclusive"),
        ({"update_conflicts": True}, "must be provided"),
        ({"update_conflicts": True, "update_fields": ["value"]}, "Unique fields that can trigger"),
        (
            {"update_conflicts": True, "update_fields": ["id"], "unique_fields": ["key"]},
            "primary keys in update",
        ),
    ):
        with pytest.raises(ValueError, match=message):
            Upsert.objects.bulk_create([Upsert(key="z")], **options)


def test_bulk_update(library: Any) -> None:
    books = list(Book.objects.all())
    for book in books:
        book.pages += 1000
        book.title = F("title") if book.pages % 2 else "even"
    assert Book.objects.bulk_update(books, ["pages", "title"], batch_size=4) == 9
    assert sorted(Book.objects.values_list("pages", flat=True)) == [1100 + n for n in range(9)]
    assert Book.objects.filter(title="even").count() == 5
    assert Book.objects.bulk_update([], ["pages"]) == 0
    for objs, fields, message in (
        ([], [], "Field names must be given"),
        ([Book()], ["pages"], "must have a primary key set"),
        (books, ["id"], "primary key fields"),
        (books, ["tags"], "concrete fields"),
    ):
        with pytest.raises(ValueError, match=message):
            Book.objects.bulk_update(objs, fields)


def test_update(library: Any) -> None:
    for pages in (5, 6):
        assert Book.objects.filter(author__name="Ann").update(pages=pages) == 3
        assert Book.objects.filter(pages=pages).count() == 3
    assert Book.objects.filter(title="Book 1").update(pages=F("pages") + 1) == 1
    assert Book.objects.get(title="Book 1").pages == 102
    assert Author.objects.filter(name="Ann").update(rating=None, born=None) == 1
    ann = Author.objects.get(name="Ann")
    assert (ann.rating, ann.born) == (None, None)
    assert Author.objects.filter(name="Cid").update(mentor=ann) == 1
    assert Author.objects.get(name="Cid").mentor_id == ann.pk
    assert Book.objects.none().update(pages=1) == 0
    with pytest.raises(TypeError, match="once a slice"):
        Book.objects.all()[:2].update(pages=1)
    with pytest.raises(ValueError):
        Book.objects.update(pages="many")


def test_save_with_update_fields_updates_those(library: Any) -> None:
    ann = Author.objects.get(name="Ann")
    for rating in (1.5, 2.5, None, 3.5):
        ann.rating = rating
        ann.name = "unsaved"
        ann.save(update_fields=["rating"])
        saved = Author.objects.get(pk=ann.pk)
        assert (saved.rating, saved.name) == (rating, "Ann")


def test_delete_counts_and_cascades(library: Any) -> None:
    deleted, each = Author.objects.filter(name="Ann").delete()
    assert each["querysets_tests.Author"] == 1
    assert each["querysets_tests.Book"] == 3
    assert deleted == sum(each.values())
    assert Author.objects.get(name="Bob").mentor is None
    for key in ("a", "b"):
        Upsert.objects.create(key=key)
        assert Upsert.objects.filter(key=key).delete() == (1, {"querysets_tests.Upsert": 1})
    with pytest.raises(TypeError, match="Cannot use 'limit' or 'offset' with delete"):
        Book.objects.all()[:1].delete()
    with pytest.raises(TypeError, match=r"Cannot call delete\(\) after .values"):
        Book.objects.values("id").delete()


async def test_async_writing(empty: Any) -> None:
    tag = await Tag.objects.acreate(name="a")
    assert await Tag.objects.filter(pk=tag.pk).aupdate(name="b") == 1
    same, created = await Tag.objects.aget_or_create(name="b")
    assert (same, created) == (tag, False)
    await Tag.objects.abulk_create([Tag(name="x"), Tag(name="y")])
    assert (await Tag.objects.aupdate_or_create(name="x", defaults={"name": "z"}))[0].name == "z"
    assert (await Tag.objects.filter(name="y").adelete())[0] == 1
    assert await Tag.objects.acount() == 2
