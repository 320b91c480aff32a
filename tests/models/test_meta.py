"""Model classes: options, inheritance, managers, the registry, the helpers behind fields."""

from __future__ import annotations

import datetime
from typing import Any

import pytest

from offbeat.apps.registry import Apps
from offbeat.core.exceptions import FieldError
from offbeat.db import models
from offbeat.utils.choices import normalize_choices
from offbeat.utils.dateparse import parse_datetime, parse_duration, parse_time
from offbeat.utils.duration import duration_iso_string, duration_microseconds, duration_string
from tests.models.models import Diary, Note, Person, Place, RedPlace, Restaurant, Seat


def model(name: str, *bases: type, meta: dict[str, Any] | None = None, **attrs: Any) -> Any:
    """Make a model in a registry of its own."""
    options = {"apps": Apps(), "app_label": "models_tests", **(meta or {})}
    return type(
        name, bases or (models.Model,), {"__module__": __name__, "Meta": type("Meta", (), options), **attrs}
    )


def names(fields: Any) -> list[str]:
    return [field.name for field in fields]


def test_fields_of_parents_come_first() -> None:
    assert names(Restaurant._meta.fields) == ["id", "name", "colour", "place_ptr", "stars"]
    assert names(Restaurant._meta.local_fields) == ["place_ptr", "stars"]
    assert Restaurant._meta.pk.name == "place_ptr"
    assert Restaurant._meta.get_parent_list() == [Place]
    assert Restaurant._meta.get_ancestor_link(Place).name == "place_ptr"


def test_a_proxy_shares_table_and_fields() -> None:
    assert RedPlace._meta.db_table == Place._meta.db_table
    assert RedPlace._meta.concrete_model is Place
    assert names(RedPlace._meta.fields) == names(Place._meta.fields)
    assert "inhabitants" in names(RedPlace._meta.related_objects)


def test_a_proxy_has_the_many_to_many_fields_of_its_base() -> None:
    apps = Apps()
    options = {"apps": apps}
    tag = model("Tag", meta=options)
    base = model("Tagged", meta=options, tags=models.ManyToManyField(tag))
    proxy = model("Proxy", base, meta={**options, "proxy": True})
    second = model("Second", proxy, meta={**options, "proxy": True})
    for cls in (proxy, second):
        assert names(cls._meta.many_to_many) == ["tags"]
        assert cls._meta.get_field("tags") is base._meta.get_field("tags")
        assert names(cls._meta.get_fields()).count("tags") == 1
        assert '"tag_id" = 1' in str(cls.objects.filter(tags=1).query).replace("`", '"')
    assert names(proxy._meta.local_many_to_many) == []


def test_reverse_relations_are_found() -> None:
    related = {rel.name for rel in Place._meta.related_objects}
    assert {"restaurant", "inhabitants", "staff", "fans"} <= related
    hidden = set(Place._meta.get_fields(include_hidden=True)) - set(Place._meta.get_fields())
    assert Diary in {rel.related_model for rel in hidden}
    assert Place._meta.get_field("staff").many_to_one is False


def test_get_field_knows_column_attributes() -> None:
    assert Person._meta.get_field("home_id") is Person._meta.get_field("home")
    assert Person._meta.pk_fields == [Person._meta.pk]
    assert names(Seat._meta.pk_fields) == ["row", "number"]
    assert names(Note._meta.private_fields) == ["subject"]


def test_lists_of_fields_cannot_be_changed() -> None:
    with pytest.raises(AttributeError, match="should never be mutated"):
        Place._meta.fields.append(1)


def test_abstract_fields_and_index_names_are_copied() -> None:
    assert names(Diary._meta.local_fields) == ["id", "created", "changed", "place"]
    assert Diary._meta.indexes[0].name == "models_tests_diary_idx"


def test_a_generated_index_name_is_stable() -> None:
    made = model("Item", a=models.IntegerField(), meta={"indexes": [models.Index(fields=["-a"])]})
    assert (
        made._meta.indexes[0].name
        == model("Item", a=models.IntegerField(), meta={"indexes": [models.Index(fields=["-a"])]})
        ._meta.indexes[0]
        .name
    )
    assert len(made._meta.indexes[0].name) <= 30


def test_a_child_may_not_redefine_a_concrete_field() -> None:
    parent = model("Parent", a=models.IntegerField())
    with pytest.raises(FieldError, match="Local field 'a' in class 'Child' clashes"):
        model("Child", parent, a=models.IntegerField())


def test_an_abstract_field_can_be_removed_by_none() -> None:
    base = model("Base", a=models.IntegerField(), b=models.IntegerField(), meta={"abstract": True})
    assert names(model("Child", base, a=None)._meta.local_fields) == ["id", "b"]


def test_unknown_options_are_refused() -> None:
    with pytest.raises(TypeError, match=r"'class Meta' got invalid attribute\(s\): colour"):
        model("Odd", meta={"colour": 1})


def test_a_model_outside_of_applications_needs_a_label() -> None:
    with pytest.raises(RuntimeError, match="doesn't declare an explicit app_label"):
        type("Lost", (models.Model,), {"__module__": "nowhere.models"})


def test_managers_are_inherited_and_named() -> None:
    class Loud(models.QuerySet[Any]):
        def shout(self) -> str:
            return "hey"

        def _hidden(self) -> None: ...

    loud = models.Manager.from_queryset(Loud)
    base = model("Base", loud=loud(), meta={"abstract": True})
    child = model("Child", base, meta={"default_manager_name": "loud"})
    assert child._default_manager.shout() == "hey"
    assert child._default_manager.name == "loud"
    assert not hasattr(child.loud, "_hidden")
    with pytest.raises(AttributeError, match="isn't accessible via Child instances"):
        _ = child().loud
    with pytest.raises(AttributeError, match="is abstract"):
        _ = base.loud


def test_managers_have_every_method_of_querysets() -> None:
    for name in ("filter", "aget", "acreate", "in_bulk", "aiterator", "bulk_update", "explain", "__aiter__"):
        if not name.startswith("_"):
            assert callable(getattr(Place.objects, name))


def test_related_names_are_filled_in() -> None:
    apps = Apps()
    base = model(
        "Base",
        to=models.ForeignKey("Target", models.CASCADE, related_name="%(app_label)s_%(class)s_set"),
        meta={"abstract": True, "apps": apps},
    )
    target = model("Target", meta={"apps": apps})
    model("Child", base, meta={"apps": apps})
    assert hasattr(target, "models_tests_child_set")


def test_order_of_bases_with_model_first_decides_the_key() -> None:
    made = model("Other", key=models.CharField(max_length=3, primary_key=True))
    assert made._meta.pk.name == "key"
    assert made._meta.auto_field is None


def test_durations_in_and_out() -> None:
    duration = datetime.timedelta(days=1, hours=2, minutes=3, seconds=4, microseconds=5)
    assert duration_string(duration) == "1 02:03:04.000005"
    assert duration_iso_string(duration) == "P1DT02H03M04.000005S"
    assert duration_microseconds(duration) == 93784000005
    for text in (duration_string(duration), duration_iso_string(duration), "1 days 02:03:04.000005"):
        assert parse_duration(text) == duration
    assert parse_duration("-P1DT1H") == datetime.timedelta(days=-1, hours=-1)
    assert parse_duration("x") is None


def test_dates_and_times_in() -> None:
    assert parse_datetime("2024-02-03T04:05:06.7Z") == datetime.datetime(
        2024, 2, 3, 4, 5, 6, 700000, tzinfo=datetime.UTC
    )
    assert parse_datetime("2024-2-3 4:05+02") is not None
    assert parse_time("04:05:06,5") == datetime.time(4, 5, 6, 500000)
    assert parse_time("x") is None
    with pytest.raises(ValueError, match="hour"):
        parse_time("25:00")


def test_choices_that_are_none_come_back_as_they_are() -> None:
    assert normalize_choices("ab") == "ab"
    assert normalize_choices(3) == 3
    assert normalize_choices({1: "a"}) == [(1, "a")]
