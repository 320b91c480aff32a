"""Models that forms are made of."""

from __future__ import annotations

from offbeat.db import models


class Writer(models.Model):
    name = models.CharField(max_length=20)
    born = models.DateField(null=True, blank=True)

    class Meta:
        app_label = "forms_tests"

    def __str__(self) -> str:
        return self.name


class Article(models.Model):
    slug = models.CharField(max_length=20, unique=True)
    title = models.CharField(max_length=20)
    writer = models.ForeignKey(Writer, models.CASCADE)
    others = models.ManyToManyField(Writer, blank=True, related_name="+")
    secret = models.CharField(max_length=20, editable=False, default="s")
    state = models.CharField(max_length=5, choices=[("d", "Draft"), ("p", "Public")], default="d")

    class Meta:
        app_label = "forms_tests"
        constraints = [models.UniqueConstraint(fields=["title", "writer"], name="forms_title_writer")]


class Code(models.Model):
    code = models.CharField(max_length=5, primary_key=True)
    text = models.CharField(max_length=20)

    class Meta:
        app_label = "forms_tests"
