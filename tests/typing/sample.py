"""What type checkers make of models and queries. Each comment is what reveal_type() has to say, or the error's code."""

# ruff: noqa: F821
from __future__ import annotations

import datetime
import decimal
import uuid
from typing import Any, Self

from offbeat.db import models
from offbeat.db.models import Count


class BookQuerySet(models.QuerySet["Book"]):
    def long(self) -> Self:
        return self.filter(pages__gt=500)


class LongManager(models.Manager["Book"]):
    def long(self) -> models.QuerySet[Book]:
        return self.get_queryset().filter(pages__gt=500)


class Tag(models.Model):
    word = models.SlugField()


class Author(models.Model):
    name = models.CharField(max_length=100)
    born = models.DateField(null=True)
    active = models.BooleanField(default=True)


class Book(models.Model):
    title = models.CharField(max_length=200)
    subtitle = models.CharField(max_length=200, null=True)
    pages = models.IntegerField()
    stars = models.IntegerField(null=True)
    weight = models.FloatField()
    price = models.DecimalField(max_digits=6, decimal_places=2)
    printed = models.DateTimeField()
    length = models.DurationField()
    key = models.UUIDField(default=uuid.uuid4)
    cover = models.BinaryField()
    author = models.ForeignKey(Author, models.CASCADE, related_name="books")
    editor = models.ForeignKey(Author, models.SET_NULL, null=True, related_name="+")

    tags = models.ManyToManyField(Tag)

    long = LongManager()
    shelf = BookQuerySet.as_manager()
    stock = models.Manager.from_queryset(BookQuerySet)()


def fields(book: Book, author: Author) -> None:
    reveal_type(book.title)  # str
    reveal_type(book.subtitle)  # str | None
    reveal_type(book.pages)  # int
    reveal_type(book.stars)  # int | None
    reveal_type(book.weight)  # float
    reveal_type(book.price)  # decimal.Decimal
    reveal_type(book.printed)  # datetime.datetime
    reveal_type(book.length)  # datetime.timedelta
    reveal_type(book.key)  # uuid.UUID
    reveal_type(author.born)  # datetime.date | None
    reveal_type(author.active)  # bool
    reveal_type(book.author)  # Author
    reveal_type(book.editor)  # Author | None
    reveal_type(book.author.name)  # str
    book.title = "New"
    book.author = author
    book.stars = None
    book.title = 5  # error: assignment
    book.pages = "x"  # error: assignment


def queries() -> None:
    reveal_type(Author.objects.filter(name="x").first())  # Author | None
    reveal_type(Author.objects.get(pk=1))  # Author
    reveal_type(Author.objects.exclude(name="x").order_by("name")[0])  # Author
    reveal_type(list(Author.objects.all()[:5]))  # list[Author]
    reveal_type([author.name for author in Author.objects.all()])  # list[str]
    reveal_type(Author.objects.create(name="x"))  # Author
    reveal_type(Author.objects.get_or_create(name="x"))  # tuple[Author, bool]
    reveal_type(Author.objects.count())  # int
    reveal_type(Author.objects.exists())  # bool
    reveal_type(Author.objects.annotate(n=Count("books")).last())  # Author | None
    reveal_type(Author.objects.in_bulk([1]))  # dict[Any, Author]
    reveal_type(Author.objects.update_or_create(name="x"))  # tuple[Author, bool]
    reveal_type(Author.objects.bulk_create([]))  # list[Author]
    reveal_type(Author.objects.aggregate(n=Count("pk")))  # dict[str, Any]
    reveal_type(Author.objects.latest("born"))  # Author


def managers() -> None:
    reveal_type(Book.shelf.all().long().first())  # Book | None
    reveal_type(Book.shelf.filter(pages=1).long().get())  # Book
    reveal_type(Book.stock.long().filter(pages=2).first())  # Book | None
    reveal_type(Book.long.long().get())  # Book
    reveal_type(Book.long.filter(pages=1).first())  # Book | None


def related(book: Book, tag: Tag) -> None:
    reveal_type(book.tags.filter(word="x").first())  # Tag | None
    reveal_type([tag.word for tag in book.tags.all()])  # list[str]
    book.tags.add(tag)
    book.tags.set([tag])


async def asynchronous() -> None:
    reveal_type(await Author.objects.aget(pk=1))  # Author
    reveal_type(await Author.objects.filter(name="x").afirst())  # Author | None
    reveal_type(await Author.objects.acreate(name="x"))  # Author
    reveal_type(await Author.objects.acount())  # int
    reveal_type([author async for author in Author.objects.all()])  # list[Author]
    reveal_type(await Author.objects.aget_or_create(name="x"))  # tuple[Author, bool]


def choices() -> None:
    class Size(models.TextChoices):
        SMALL = "s", "Small"

    reveal_type(Size.SMALL.label)  # str
    reveal_type(Size.SMALL.value)  # str


def values(day: datetime.date, price: decimal.Decimal, anything: Any) -> None:
    reveal_type(Author.objects.values_list("name", flat=True).get())  # Any
    reveal_type(Author.objects.values("name").first())  # dict[str, Any] | None
    reveal_type(Author.objects.values_list("name", "born").get())  # tuple[Any, ...]
    reveal_type(Author.objects.dates("born", "year")[0])  # datetime.date
    reveal_type([row["name"] for row in Author.objects.filter(pk=1).values("name")])  # list[Any]
