"""A small library: what the tests of serializers and of database commands use."""

from __future__ import annotations

import uuid
from typing import Any

from offbeat.db import models


class AuthorManager(models.Manager):
    def get_by_natural_key(self, name: str) -> Any:
        return self.get(name=name)


class Author(models.Model):
    name = models.CharField(max_length=40, unique=True)

    objects = AuthorManager()

    def natural_key(self) -> tuple[str, ...]:
        # Nobody is known by an empty name.
        return (self.name,) if self.name else ()


class Tag(models.Model):
    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    word = models.CharField(max_length=20, null=True)


class Visible(models.Manager):
    def get_queryset(self) -> Any:
        return super().get_queryset().filter(hidden=False)


class Book(models.Model):
    title = models.CharField(max_length=40)
    author = models.ForeignKey(Author, models.CASCADE, null=True)
    tags = models.ManyToManyField(Tag)
    readers = models.ManyToManyField(Author, related_name="read")
    price = models.DecimalField(max_digits=6, decimal_places=2, null=True)
    printed = models.DateTimeField(null=True)
    opens = models.TimeField(null=True)
    data = models.JSONField(null=True)
    hidden = models.BooleanField(default=False)

    objects = models.Manager()


class Secret(models.Model):
    text = models.CharField(max_length=20)
    hidden = models.BooleanField(default=True)

    objects = Visible()


class Novel(Book):
    pages = models.IntegerField()


class OldBook(Book):
    class Meta:
        proxy = True
