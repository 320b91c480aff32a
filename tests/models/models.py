"""A small town: what the tests of models, fields and relations use."""

from __future__ import annotations

import uuid
from typing import Any

from offbeat.contrib.contenttypes.fields import GenericForeignKey, GenericRelation
from offbeat.contrib.contenttypes.models import ContentType
from offbeat.db import models
from offbeat.db.models.functions import Lower, Upper


class Colour(models.TextChoices):
    RED = "r", "Rot"
    BLUE = "b"

    __empty__ = "none"


class Level(models.IntegerChoices):
    LOW = 1
    HIGH = 2, "Very high"


class Note(models.Model):
    text = models.CharField(max_length=50)
    content_type = models.ForeignKey(ContentType, models.CASCADE)
    object_id = models.PositiveIntegerField()
    subject = GenericForeignKey()


class Place(models.Model):
    name = models.CharField(max_length=30)
    colour = models.CharField(max_length=1, choices=Colour, default=Colour.RED)
    notes = GenericRelation(Note, related_query_name="place")

    def __str__(self) -> str:
        return self.name


class Restaurant(Place):
    stars = models.IntegerField(default=0)


class RedPlace(Place):
    class Meta:
        proxy = True
        ordering = ["-name"]


class Person(models.Model):
    name = models.CharField(max_length=30, unique=True)
    home = models.ForeignKey(Place, models.CASCADE, related_name="inhabitants")
    work = models.ForeignKey(Place, models.SET_NULL, null=True, related_name="staff")
    friends = models.ManyToManyField("self")
    likes = models.ManyToManyField(Place, related_name="fans", through="Liking")

    def __str__(self) -> str:
        return self.name


class Liking(models.Model):
    person = models.ForeignKey(Person, models.CASCADE)
    place = models.ForeignKey(Place, models.CASCADE)
    strength = models.IntegerField(default=1)


class Passport(models.Model):
    owner = models.OneToOneField(Person, models.PROTECT)
    number = models.UUIDField(primary_key=True, default=uuid.uuid4)


class Club(models.Model):
    title = models.CharField(max_length=20)
    members = models.ManyToManyField(Person, related_name="clubs")


class Question(models.Model):
    text = models.CharField(max_length=20)


class Answer(models.Model):
    question = models.ForeignKey(Question, models.CASCADE)
    text = models.CharField(max_length=20)

    class Meta:
        order_with_respect_to = "question"


class Stock(models.Model):
    code = models.CharField(max_length=10)
    amount = models.IntegerField(default=0)
    price = models.IntegerField(default=2)
    day = models.DateField(null=True)
    slug = models.SlugField(unique_for_month="day", blank=True)
    extra = models.JSONField(null=True)
    total = models.GeneratedField(
        expression=models.F("amount") * models.F("price"), output_field=models.IntegerField(), db_persist=True
    )
    state = models.CharField(max_length=10, db_default="new")
    shout = models.CharField(max_length=10, db_default=Upper(models.Value("hey")))

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(amount__gte=0),
                name="amount_not_negative",
                violation_error_code="negative",
                violation_error_message="Too little.",
            ),
            models.UniqueConstraint(Lower("code"), name="code_unique_in_any_case"),
            models.UniqueConstraint(fields=["amount", "price"], name="amount_and_price"),
        ]


class Seat(models.Model):
    pk = models.CompositePrimaryKey("row", "number")
    row = models.CharField(max_length=2)
    number = models.IntegerField()
    taken = models.BooleanField(default=False)


class Timestamped(models.Model):
    created = models.DateTimeField(auto_now_add=True)
    changed = models.DateTimeField(auto_now=True)

    class Meta:
        abstract = True
        indexes = [models.Index(fields=["created"], name="%(app_label)s_%(class)s_idx")]


class Diary(Timestamped):
    place = models.ForeignKey(Place, models.RESTRICT, related_name="+")

    def save(self, *args: Any, **kwargs: Any) -> None:
        self.saved_by_own_method = True
        super().save(*args, **kwargs)
