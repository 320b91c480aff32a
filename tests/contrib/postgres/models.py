"""A shelter for animals, in PostgreSQL's types."""

from __future__ import annotations

from offbeat.contrib.postgres.constraints import ExclusionConstraint
from offbeat.contrib.postgres.fields import (
    ArrayField,
    BigIntegerRangeField,
    DateRangeField,
    DateTimeRangeField,
    DecimalRangeField,
    HStoreField,
    IntegerRangeField,
    RangeOperators,
)
from offbeat.contrib.postgres.search import SearchVectorField
from offbeat.db import models


class Shelter(models.Model):
    class Meta:
        abstract = True
        app_label = "shelter"


class Animal(Shelter):
    name = models.CharField(max_length=40)
    story = models.TextField(default="")
    weight = models.FloatField(null=True)
    weight_class = models.IntegerField(default=0)
    legs = models.SmallIntegerField(default=4)
    price = models.DecimalField(max_digits=8, decimal_places=2, default=0)
    born = models.DateField(null=True)
    found = models.DateTimeField(null=True)
    tags = ArrayField(models.CharField(max_length=10), default=list)
    scores = ArrayField(models.BigIntegerField(), null=True)
    grid = ArrayField(ArrayField(models.IntegerField(), size=2), null=True)
    facts = HStoreField(default=dict)
    vector = SearchVectorField(null=True)


class Notes(Shelter):
    documents = ArrayField(models.JSONField(), null=True)
    pages = ArrayField(ArrayField(models.JSONField()), null=True)
    keys = ArrayField(models.UUIDField(), null=True)
    addresses = ArrayField(models.GenericIPAddressField(), null=True)
    prices = ArrayField(models.DecimalField(max_digits=8, decimal_places=2), null=True)
    maps = ArrayField(HStoreField(), null=True)
    stays = ArrayField(DateRangeField(), null=True)


class Spans(Shelter):
    ints = IntegerRangeField(null=True)
    bigs = BigIntegerRangeField(null=True)
    decimals = DecimalRangeField(null=True, default_bounds="[]")
    moments = DateTimeRangeField(null=True)
    days = DateRangeField(null=True, blank=True)


class Room(Shelter):
    number = models.IntegerField()


class Booking(Shelter):
    room = models.ForeignKey(Room, on_delete=models.CASCADE)
    stay = DateTimeRangeField()
    cancelled = models.BooleanField(default=False)

    class Meta(Shelter.Meta):
        abstract = False
        constraints = [
            ExclusionConstraint(
                name="one_guest_at_a_time",
                expressions=[("stay", RangeOperators.OVERLAPS), ("room", RangeOperators.EQUAL)],
                condition=models.Q(cancelled=False),
            )
        ]


MODELS = [Animal, Notes, Spans, Room, Booking]
