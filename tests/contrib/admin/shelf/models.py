from __future__ import annotations

from offbeat.contrib.contenttypes.fields import GenericForeignKey, GenericRelation
from offbeat.contrib.contenttypes.models import ContentType
from offbeat.db import models


class Author(models.Model):
    name = models.CharField(max_length=50)
    code = models.CharField(max_length=10, unique=True, null=True, blank=True)

    class Meta:
        app_label = "shelf"

    def __str__(self):
        return self.name


class Label(models.Model):
    name = models.CharField(max_length=50)

    class Meta:
        app_label = "shelf"

    def __str__(self):
        return self.name


class Book(models.Model):
    KINDS = [("a", "Atlas"), ("n", "Novel")]

    title = models.CharField(max_length=50)
    author = models.ForeignKey(Author, models.CASCADE)
    editor = models.ForeignKey(Author, models.SET_NULL, null=True, blank=True, related_name="edited")
    labels = models.ManyToManyField(Label, blank=True)
    kind = models.CharField(max_length=1, choices=KINDS, default="n")
    printed = models.BooleanField(default=False)
    published = models.DateField(null=True, blank=True)
    site = models.URLField(blank=True)
    notes = GenericRelation("Note")

    class Meta:
        app_label = "shelf"

    def __str__(self):
        return self.title


class Chapter(models.Model):
    book = models.ForeignKey(Book, models.CASCADE)
    title = models.CharField(max_length=50)

    class Meta:
        app_label = "shelf"

    def __str__(self):
        return self.title


class Footnote(models.Model):
    chapter = models.ForeignKey(Chapter, models.PROTECT)

    class Meta:
        app_label = "shelf"

    def __str__(self):
        return f"footnote {self.pk}"


class Note(models.Model):
    content_type = models.ForeignKey(ContentType, models.CASCADE)
    object_id = models.PositiveIntegerField()
    about = GenericForeignKey()
    text = models.CharField(max_length=50)

    class Meta:
        app_label = "shelf"
