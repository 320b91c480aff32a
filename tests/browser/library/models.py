"""Books and what is around them: a relation, a widget and a kind of field of each sort."""

from __future__ import annotations

from offbeat.db import models


class Author(models.Model):
    name = models.CharField(max_length=120)
    email = models.EmailField(blank=True)

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


class Publisher(models.Model):
    name = models.CharField(max_length=120)
    website = models.URLField(blank=True)

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


class Tag(models.Model):
    name = models.CharField(max_length=60)

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


class Book(models.Model):
    KINDS = [("novel", "Novel"), ("essay", "Essay"), ("poems", "Poems")]

    title = models.CharField(max_length=160, help_text="As it stands on the cover.")
    slug = models.SlugField(max_length=80, blank=True)
    author = models.ForeignKey(Author, models.CASCADE, related_name="books")
    publisher = models.ForeignKey(Publisher, models.SET_NULL, null=True, blank=True)
    editor = models.ForeignKey(Author, models.SET_NULL, null=True, blank=True, related_name="edited")
    translators = models.ManyToManyField(Author, blank=True, related_name="translated")
    tags = models.ManyToManyField(Tag, blank=True)
    topics = models.ManyToManyField(Tag, blank=True, related_name="topical")
    kind = models.CharField(max_length=10, choices=KINDS, default="novel")
    in_print = models.BooleanField("in print", default=True, help_text="Can be ordered.")
    price = models.DecimalField(max_digits=7, decimal_places=2, default=0)
    published = models.DateField()
    added = models.DateTimeField(null=True, blank=True)
    cover = models.FileField(upload_to="covers", blank=True)
    notes = models.TextField(blank=True)

    class Meta:
        ordering = ["title"]

    def __str__(self) -> str:
        return self.title


class Chapter(models.Model):
    book = models.ForeignKey(Book, models.CASCADE, related_name="chapters")
    number = models.PositiveSmallIntegerField(default=1)
    title = models.CharField(max_length=120)
    anchor = models.SlugField(blank=True)
    read_on = models.DateField("read on", null=True, blank=True)

    class Meta:
        ordering = ["number"]

    def __str__(self) -> str:
        return self.title


class Review(models.Model):
    book = models.ForeignKey(Book, models.CASCADE, related_name="reviews")
    author = models.ForeignKey(Author, models.PROTECT, related_name="reviews")
    stars = models.PositiveSmallIntegerField(default=3)
    text = models.TextField(blank=True)

    def __str__(self) -> str:
        return f"{self.stars} stars by {self.author}"


class Shelf(models.Model):
    name = models.CharField(max_length=60)

    class Meta:
        verbose_name_plural = "shelves"

    def __str__(self) -> str:
        return self.name


class Slot(models.Model):
    shelf = models.ForeignKey(Shelf, models.CASCADE, related_name="slots")
    label = models.CharField(max_length=20)

    def __str__(self) -> str:
        return self.label
