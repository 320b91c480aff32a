"""Articles, rooms and bookings."""

from __future__ import annotations

from enum import Enum

from offbeat.contrib.auth.models import User
from offbeat.db import models


class Stage(Enum):
    DRAFT = "draft"
    PRINTED = "printed"


class Kind(models.TextChoices):
    NEWS = "N", "News"
    ESSAY = "E", "Essay"


class Grade(models.IntegerChoices):
    LOW = 1
    HIGH = 2


class Article(models.Model):
    title = models.CharField(max_length=80)
    author = models.ForeignKey(User, null=True, blank=True, on_delete=models.CASCADE, related_name="articles")
    stage = models.CharField(
        max_length=20, choices=[(s.value, s.name) for s in Stage], default=Stage.DRAFT.value
    )
    kind = models.CharField(max_length=1, choices=Kind, default=Kind.NEWS)
    grade = models.IntegerField(choices=Grade.choices, default=Grade.LOW)

    class Meta:
        app_label = "seeds_tests"
