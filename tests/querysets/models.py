"""A small library: what the queryset tests query."""

from __future__ import annotations

from typing import Any

from offbeat.db import models


class Tag(models.Model):
    name = models.CharField(max_length=30, unique=True)

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


class ActiveQuerySet(models.QuerySet[Any]):
    def active(self) -> Any:
        return self.filter(active=True)

    def named(self, name: str) -> Any:
        return self.filter(name=name)


class ActiveManager(models.Manager[Any]):
    def get_queryset(self) -> Any:
        return super().get_queryset().filter(active=True)


class Author(models.Model):
    name = models.CharField(max_length=100)
    rating = models.FloatField(null=True)
    active = models.BooleanField(default=True)
    joined = models.DateTimeField()
    born = models.DateField(null=True)
    mentor = models.ForeignKey("self", models.SET_NULL, null=True, related_name="pupils")

    objects = ActiveQuerySet.as_manager()
    actives = ActiveManager()

    class Meta:
        get_latest_by = "joined"

    def __str__(self) -> str:
        return self.name


class Book(models.Model):
    author = models.ForeignKey(Author, models.CASCADE, related_name="books")
    title = models.CharField(max_length=200)
    price = models.DecimalField(max_digits=8, decimal_places=2)
    pages = models.IntegerField(default=100)
    published = models.DateField()
    in_print = models.BooleanField(default=True)
    tags = models.ManyToManyField(Tag, related_name="books")

    class Meta:
        ordering = ["title"]

    def __str__(self) -> str:
        return self.title


class Review(models.Model):
    book = models.OneToOneField(Book, models.CASCADE, primary_key=True)
    text = models.TextField(default="")


class Stamp(models.Model):
    """Built through its own __init__, so that rows must not bypass it."""

    name = models.CharField(max_length=20)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.seen = True


class Upsert(models.Model):
    key = models.CharField(max_length=20, unique=True)
    value = models.IntegerField(null=True)
