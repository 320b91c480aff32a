"""A small library: what the tests of queries and expressions query."""

from __future__ import annotations

from offbeat.db import models


class Tag(models.Model):
    name = models.CharField(max_length=30, unique=True)

    def __str__(self) -> str:
        return self.name


class Author(models.Model):
    name = models.CharField(max_length=100)
    rating = models.FloatField(null=True)
    joined = models.DateTimeField()
    mentor = models.ForeignKey("self", models.SET_NULL, null=True, related_name="pupils")

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


class Place(models.Model):
    name = models.CharField(max_length=30)


class Restaurant(Place):
    stars = models.IntegerField(default=0)
