from enum import Enum

from django.db import models


class Stage(Enum):
    DRAFT = "draft"
    PRINTED = "printed"


class Kind(models.TextChoices):
    NEWS = "N", "News"
    ESSAY = "E", "Essay"


class Room(models.Model):
    name = models.CharField(max_length=40)


class Booking(models.Model):
    room = models.ForeignKey(Room, on_delete=models.CASCADE)
    first = models.IntegerField()
    last = models.IntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["room", "first"], name="one_start"),
            models.CheckConstraint(condition=models.Q(last__gte=models.F("first")), name="ends_after_start"),
        ]


class Article(models.Model):
    title = models.CharField(max_length=80)
    stage = models.CharField(
        max_length=20, choices=[(s.value, s.name) for s in Stage], default=Stage.DRAFT.value
    )
    kind = models.CharField(max_length=1, choices=Kind.choices, default=Kind.NEWS)
