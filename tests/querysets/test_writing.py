"""Methods that write."""

from __future__ import annotations

import datetime
import decimal
from typing import Any

import pytest

from offbeat.core.exceptions import FieldError
from offbeat.db import IntegrityError, connection, transaction
from offbeat.db.models import F, Value
from offbeat.db.models.functions import Concat
from offbeat.test.utils import CaptureQueriesContext
from tests.querysets.models import Author, Book, Review, Tag, Upsert

JOINED = datetime.datetime(2024, 5, 1, tzinfo=datetime.UTC)


def keys_are_told() -> bool:
    """Whether objects that are made at once get their keys, which MySQL does not tell."""
    return bool(connection.features.can_return_rows_from_bulk_insert)


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
    tag = Tag.objects.create(name="t")
    with pytest.raises(IntegrityError):
        Tag.objects.get_or_create(pk=tag.pk + 1, defaults={"name": "t"})


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
    assert all(bool(tag.pk) == keys_are_told() and not tag._state.adding for tag in tags)
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


def test_bulk_create_keeps_odd_values(empty: Any) -> None:
    author = Author.objects.create(name="A", joined=JOINED)
    names = ['"', "\\", "'", "", "NULL", "{a,b}", "ü, %s %%", "\n", None, "a" * 200]
    for title in names[:-2]:
        Tag.objects.bulk_create([Tag(name=title), Tag(name=f"{title}!")])
    assert set(Tag.objects.values_list("name", flat=True)) == {
        n + end for n in names[:-2] for end in ("", "!")
    }
    made = Author.objects.bulk_create(
        [
            Author(name="x", rating=rating, active=rating is None, joined=JOINED, born=born, mentor=mentor)
            for rating, born, mentor in (
                (None, None, None),
                (1.5, datetime.date(1, 2, 3), author),
                (2, None, author),
                (3.5e10, datetime.date(9999, 12, 31), None),
            )
        ]
    )
    for obj, found in zip(made, Author.objects.filter(name="x").order_by("pk"), strict=True):
        assert obj.pk == found.pk or not keys_are_told()
        for name in ("rating", "active", "joined", "born", "mentor_id"):
            assert getattr(found, name) == getattr(obj, name)
    for number in range(2):
        Book.objects.bulk_create(
            [
                Book(author=author, title=f"{number}{place}", price=price, published=JOINED.date())
                for place, price in enumerate((decimal.Decimal("1.10"), 2, "3.30"))
            ]
        )
    prices = Book.objects.order_by("title").values_list("price", flat=True)
    assert [str(price) for price in prices] == ["1.10", "2.00", "3.30"] * 2


def test_bulk_create_takes_expressions_among_values(empty: Any) -> None:
    Tag.objects.bulk_create([Tag(name="plain"), Tag(name=Concat(Value("a"), Value("b")))])
    assert set(Tag.objects.values_list("name", flat=True)) == {"plain", "ab"}


def test_one_statement_needs_no_transaction(empty: Any) -> None:
    with CaptureQueriesContext(connection) as queries:
        tags = Tag.objects.bulk_create([Tag(name="a"), Tag(name="b")])
    assert len(queries) == 1
    assert all(tag._state.adding is False for tag in tags)
    last = Tag.objects.latest("pk").pk
    with CaptureQueriesContext(connection) as queries:
        Tag.objects.bulk_create([Tag(name="c"), Tag(name="d")], batch_size=1)
        Tag.objects.bulk_create([Tag(pk=last + 100, name="e"), Tag(name="f")])
    assert [query["sql"].split()[0] for query in queries] == ["BEGIN", "INSERT", "INSERT", "COMMIT"] * 2
    with transaction.atomic():
        with pytest.raises(IntegrityError):
            Tag.objects.bulk_create([Tag(name="a"), Tag(name="g")])
        assert transaction.get_rollback()
        transaction.set_rollback(True)


def test_bulk_create_with_conflicts(empty: Any) -> None:
    Upsert.objects.bulk_create([Upsert(key="a", value=1), Upsert(key="b", value=2)])
    Upsert.objects.bulk_create([Upsert(key="a", value=9), Upsert(key="c", value=3)], ignore_conflicts=True)
    assert dict(Upsert.objects.values_list("key", "value")) == {"a": 1, "b": 2, "c": 3}
    Upsert.objects.bulk_create(
        [Upsert(key="a", value=7), Upsert(key="d", value=4)],
        update_conflicts=True,
        unique_fields=["key"] if connection.features.supports_update_conflicts_with_target else None,
        update_fields=["value"],
    )
    assert dict(Upsert.objects.values_list("key", "value")) == {"a": 7, "b": 2, "c": 3, "d": 4}
    if not connection.features.supports_update_conflicts_with_target:
        return
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


def test_bulk_update_of_plain_values(library: Any) -> None:
    authors = list(Author.objects.order_by("pk"))
    for rating, author in zip((None, 2.5, 3.5e10), authors, strict=True):
        author.rating = rating
        author.name = f'"{author.name}\\ %s'
        author.born = None if author.born is None or rating is None else datetime.date(1, 1, 1)
    for _ in range(2):
        assert Author.objects.bulk_update(authors, ["rating", "name", "born"], batch_size=2) == 3
    for author in authors:
        found = Author.objects.get(pk=author.pk)
        assert (found.rating, found.name, found.born) == (author.rating, author.name, author.born)
    # Those that are gone do not count, nor do those a queryset leaves out.
    gone = Author(pk=authors[-1].pk + 1000, name="x", joined=JOINED)
    assert Author.objects.bulk_update([*authors, gone], ["name"]) == 3
    assert Author.objects.filter(active=True).bulk_update(authors, ["name"]) == 2
    # The first of several wins.
    twin = Author.objects.get(pk=authors[0].pk)
    twin.name, authors[0].name = "second", "first"
    Author.objects.bulk_update([authors[0], twin], ["name"])
    assert Author.objects.get(pk=twin.pk).name == "first"
    books = list(Book.objects.all())
    for book in books:
        book.author = authors[2]
        book.price = decimal.Decimal("7.77")
    assert Book.objects.bulk_update(books, ["author", "price"]) == 9
    assert Book.objects.filter(author=authors[2], price="7.77").count() == 9


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


def test_saving_again_updates_by_the_plan_of_the_key(library: Any, queries: Any) -> None:
    ann = library["authors"][0]
    for number in range(3):
        ann.rating = number
        with queries(1):
            ann.save(update_fields=["rating"])
        ann.name = f"Ann {number}"
        with queries(1):
            ann.save()
        assert Author.objects.filter(name=f"Ann {number}", rating=number).count() == 1
    ann.rating = F("rating") + 1
    ann.save(update_fields=["rating"])
    ann.refresh_from_db()
    assert ann.rating == 3
    ann.rating = None
    ann.save(update_fields=["rating"])
    assert Author.objects.get(pk=ann.pk).rating is None


def test_saving_what_is_gone(library: Any) -> None:
    bob = library["authors"][1]
    bob.save()
    Author.objects.filter(pk=bob.pk).delete()
    with pytest.raises(Author.NotUpdated):
        bob.save(update_fields=["name"])
    with pytest.raises(Author.NotUpdated):
        bob.save(force_update=True)
    bob.save()
    assert Author.objects.filter(pk=bob.pk).exists()


def test_an_update_of_ones_own_is_called(library: Any) -> None:
    calls = []

    class Watched(Author):
        class Meta:
            proxy = True
            app_label = "querysets_tests"

        def _do_update(self, *args: Any) -> Any:
            calls.append(args[2])
            return super()._do_update(*args)

    for _ in range(3):
        Watched.objects.get(name="Bob").save()
    assert calls == [library["authors"][1].pk] * 3


@pytest.mark.parametrize(
    "moment",
    [
        datetime.datetime(2024, 5, 1, 12, 30, 1, 250, tzinfo=datetime.UTC),
        datetime.datetime(2024, 5, 1, 14, 30, tzinfo=datetime.timezone(datetime.timedelta(hours=2))),
        datetime.datetime(900, 1, 1, tzinfo=datetime.UTC),
        "2024-05-01T12:30:00Z",
    ],
)
def test_moments_are_stored_alike_however_they_are_given(moment: Any, empty: Any) -> None:
    made = Author.objects.create(name="one", joined=moment, born=datetime.date(870, 1, 2))
    Author.objects.bulk_create(
        [Author(name=name, joined=moment, born=datetime.date(870, 1, 2)) for name in ("x", "y")]
    )
    wanted = datetime.datetime.fromisoformat(moment) if isinstance(moment, str) else moment
    assert set(Author.objects.values_list("joined", flat=True)) == {wanted}
    assert Author.objects.filter(joined=wanted, born=datetime.date(870, 1, 2)).count() == 3
    assert Author.objects.get(pk=made.pk).born == datetime.date(870, 1, 2)


def test_naive_moments_are_warned_of(empty: Any) -> None:
    for _ in range(2):
        with pytest.warns(RuntimeWarning, match="received a naive datetime"):
            Author.objects.create(name="x", joined=datetime.datetime(2024, 1, 1))


def test_batches_of_several_sizes(empty: Any) -> None:
    for size in (1, 2, 5, 2, 1):
        made = Tag.objects.bulk_create([Tag(name=f"{size}.{Tag.objects.count()}.{i}") for i in range(size)])
        found = reversed(Tag.objects.order_by("-pk")[:size])
        for tag, kept in zip(made, found, strict=True):
            assert (kept.name, kept.pk) == (tag.name, tag.pk if keys_are_told() else kept.pk)
        assert not any(tag._state.adding for tag in made)
