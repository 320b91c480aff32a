from __future__ import annotations

import datetime
from typing import Any

import pytest

from offbeat.contrib.postgres.constraints import ExclusionConstraint
from offbeat.contrib.postgres.fields import (
    DateTimeRangeField,
    IntegerRangeField,
    RangeBoundary,
    RangeOperators,
)
from offbeat.contrib.postgres.indexes import OpClass
from offbeat.core.exceptions import ValidationError
from offbeat.db import IntegrityError, connection, models, transaction
from offbeat.db.models import Deferrable, F, Func, Q, UniqueConstraint, Value
from offbeat.db.models.functions import Lower
from tests.contrib.postgres.models import Booking, Room, Shelter

NOON = datetime.datetime(2024, 1, 1, 12, tzinfo=datetime.UTC)


def at(*days: int) -> tuple[datetime.datetime, datetime.datetime]:
    first, last = days
    return NOON.replace(day=first), NOON.replace(day=last)


class Stay(Shelter):
    room = models.IntegerField(null=True)
    first = models.DateTimeField()
    last = models.DateTimeField()
    span = IntegerRangeField(null=True)
    name = models.CharField(max_length=20, default="")

    class Meta(Shelter.Meta):
        abstract = False


class TsTzRange(Func):
    function = "TSTZRANGE"
    output_field = DateTimeRangeField()


@pytest.fixture
def stays() -> Any:
    with connection.schema_editor() as editor:
        editor.create_model(Stay)
    yield
    with connection.schema_editor() as editor:
        editor.delete_model(Stay)


def add(constraint: Any) -> None:
    with connection.schema_editor() as editor:
        editor.add_constraint(Stay, constraint)


def stay(first: int, last: int, **values: Any) -> Stay:
    begin, end = at(first, last)
    return Stay(first=begin, last=end, **values)


DURING = TsTzRange("first", "last", RangeBoundary())


def test_overlapping_rows_are_refused(call: Any) -> None:
    def book() -> tuple[bool, int]:
        room = Room.objects.create(number=1)
        Booking.objects.create(room=room, stay=at(1, 5))
        refused = False
        try:
            with transaction.atomic():
                Booking.objects.create(room=room, stay=at(4, 6))
        except IntegrityError:
            refused = True
        Booking.objects.create(room=room, stay=at(5, 6))
        Booking.objects.create(room=room, stay=at(4, 6), cancelled=True)
        Booking.objects.create(room=Room.objects.create(number=2), stay=at(4, 6))
        return refused, Booking.objects.count()

    assert call(book) == (True, 4)


def test_validation_with_a_condition_and_a_relation(call: Any) -> None:
    def messages() -> list[list[str]]:
        room = Room.objects.create(number=1)
        first = Booking.objects.create(room=room, stay=at(1, 5))
        found = []
        for booking in (
            Booking(room=room, stay=at(4, 6)),
            Booking(room=room, stay=at(4, 6), cancelled=True),
            Booking(room=room, stay=at(5, 6)),
            first,
        ):
            try:
                booking.full_clean()
                found.append([])
            except ValidationError as error:
                found.append(error.messages)
        return found

    assert call(messages) == [["Constraint “one_guest_at_a_time” is violated."], [], [], []]


def test_excluded_fields_are_not_looked_at() -> None:
    room = Room.objects.create(number=1)
    Booking.objects.create(room=room, stay=at(1, 5))
    (constraint,) = Booking._meta.constraints
    other = Booking(room=room, stay=at(4, 6))
    for name in ("room", "stay", "cancelled"):
        constraint.validate(Booking, other, exclude={name})
    with pytest.raises(ValidationError):
        constraint.validate(Booking, other, exclude={"id"})


def test_expressions_and_messages(stays: Any) -> None:
    constraint = ExclusionConstraint(
        name="free_rooms",
        expressions=[(DURING, RangeOperators.OVERLAPS), ("room", RangeOperators.EQUAL)],
        violation_error_code="taken",
        violation_error_message="Somebody else is in there.",
    )
    add(constraint)
    stay(1, 5, room=1).save()
    with pytest.raises(IntegrityError), transaction.atomic():
        stay(2, 3, room=1).save()
    with pytest.raises(ValidationError) as caught:
        constraint.validate(Stay, stay(2, 3, room=1))
    assert (caught.value.message, caught.value.code) == ("Somebody else is in there.", "taken")
    # NULL is never in the way.
    constraint.validate(Stay, stay(2, 3))
    stay(2, 3).save()
    with connection.schema_editor() as editor:
        editor.remove_constraint(Stay, constraint)
    stay(2, 3, room=1).save()


def test_deferred_constraints_are_checked_at_the_end(stays: Any) -> None:
    add(
        ExclusionConstraint(
            name="deferred",
            expressions=[("room", RangeOperators.EQUAL)],
            deferrable=Deferrable.DEFERRED,
        )
    )
    one = stay(1, 2, room=1)
    one.save()
    with transaction.atomic():
        two = stay(1, 2, room=1)
        two.save()
        two.room = 2
        two.save()
    with pytest.raises(IntegrityError), transaction.atomic():
        stay(1, 2, room=1).save()
    assert Stay.objects.count() == 2


@pytest.mark.parametrize("index_type", ["gist", "spgist"])
def test_included_columns_and_index_types(stays: Any, index_type: str) -> None:
    add(
        ExclusionConstraint(
            name="spans",
            expressions=[("span", RangeOperators.OVERLAPS)],
            index_type=index_type,
            include=["name"],
            condition=Q(name__contains="100%"),
        )
    )
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE conname = 'spans'")
        ((definition,),) = cursor.fetchall()
    assert definition.startswith(f"EXCLUDE USING {index_type} (span WITH &&) INCLUDE (name) WHERE")
    assert "100" in definition
    stay(1, 2, span=(1, 5), name="100%").save()
    stay(1, 2, span=(1, 5), name="100").save()
    with pytest.raises(IntegrityError), transaction.atomic():
        stay(1, 2, span=(1, 5), name="100%").save()


def test_hash_indexes(stays: Any) -> None:
    add(ExclusionConstraint(name="hashed", expressions=[("name", "=")], index_type="Hash"))
    stay(1, 2, name="a").save()
    with pytest.raises(IntegrityError), transaction.atomic():
        stay(1, 2, name="a").save()


def test_operator_classes(stays: Any) -> None:
    constraint = ExclusionConstraint(
        name="classy", expressions=[(OpClass("span", name="range_ops"), RangeOperators.ADJACENT_TO)]
    )
    add(constraint)
    stay(1, 2, span=(1, 5)).save()
    constraint.validate(Stay, stay(1, 2, span=(2, 7)))
    with pytest.raises(ValidationError):
        constraint.validate(Stay, stay(1, 2, span=(5, 7)))
    with pytest.raises(IntegrityError), transaction.atomic():
        stay(1, 2, span=(5, 7)).save()


def test_operator_classes_of_unique_constraints(stays: Any) -> None:
    constraint = UniqueConstraint(OpClass(Lower("name"), name="text_pattern_ops").desc(), name="unique_name")
    add(constraint)
    stay(1, 2, name="Ada").save()
    with pytest.raises(ValidationError):
        constraint.validate(Stay, stay(1, 2, name="ADA"))
    with pytest.raises(IntegrityError), transaction.atomic():
        stay(1, 2, name="ADA").save()


def test_constraints_of_created_tables() -> None:
    class Seat(Shelter):
        span = IntegerRangeField()

        class Meta(Shelter.Meta):
            abstract = False
            constraints = [
                ExclusionConstraint(
                    name="seats",
                    expressions=[(F("span"), "&&")],
                    deferrable=Deferrable.IMMEDIATE,
                    condition=Q(span__isempty=False),
                )
            ]

    with connection.schema_editor(collect_sql=True) as editor:
        editor.create_model(Seat)
    sql = editor.collected_sql[0]
    assert 'CONSTRAINT "seats" EXCLUDE USING GIST ("span" WITH &&)' in sql
    assert "DEFERRABLE INITIALLY IMMEDIATE" in sql


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"expressions": []}, "At least one expression is required"),
        ({"expressions": ["a"]}, "must be a list of 2-tuples"),
        ({"expressions": [("a",)]}, "must be a list of 2-tuples"),
        ({"index_type": "gin"}, "only support GiST, Hash, or SP-GiST indexes"),
        ({"condition": "a"}, "condition must be a Q instance"),
        ({"deferrable": True}, "deferrable must be a Deferrable instance"),
        ({"include": "a"}, "include must be a list or tuple"),
        ({"index_type": "hash", "include": ["a"]}, "Covering exclusion constraints using Hash"),
        ({"index_type": "hash", "expressions": [("a", "="), ("b", "=")]}, "Composite exclusion constraints"),
    ],
)
def test_options(options: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        ExclusionConstraint(**{"name": "x", "expressions": [("a", "=")], **options})


def test_equality_and_deconstruction() -> None:
    options: dict[str, Any] = {
        "name": "x",
        "expressions": [(Lower("a"), "="), ("b", "&&")],
        "index_type": "spgist",
        "condition": Q(a=1),
        "include": ["c"],
        "deferrable": Deferrable.DEFERRED,
        "violation_error_code": "code",
    }
    constraint = ExclusionConstraint(**options)
    path, args, kwargs = constraint.deconstruct()
    assert path == "offbeat.contrib.postgres.constraints.ExclusionConstraint"
    assert constraint == ExclusionConstraint(*args, **kwargs) == constraint.clone()
    for name, other in (
        ("name", "y"),
        ("expressions", [("b", "&&")]),
        ("index_type", "gist"),
        ("condition", None),
        ("include", None),
        ("deferrable", None),
        ("violation_error_code", None),
    ):
        assert constraint != ExclusionConstraint(**{**options, name: other})
    assert "include=('c',)" in repr(constraint)


def test_checks() -> None:
    def found(**options: Any) -> list[str]:
        constraint = ExclusionConstraint(name="x", **options)
        return [message.id for message in constraint.check(Booking, connection)]

    assert found(expressions=[("stay", "&&"), ("room", "=")]) == []
    assert found(expressions=[("nothing", "=")]) == ["models.E012"]
    assert found(expressions=[(F("room__number"), "=")]) == ["models.E041"]
    assert found(expressions=[("stay", "&&")], condition=Q(room__number=Value(1))) == ["models.E041"]
    assert found(expressions=[("stay", "&&")], include=["nothing"]) == ["models.E012"]
