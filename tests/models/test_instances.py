"""Making, saving, loading, comparing and pickling instances."""

from __future__ import annotations

import copy
import pickle
from typing import Any

import pytest

from offbeat.core.exceptions import FieldDoesNotExist, ObjectDoesNotExist, ObjectNotUpdated
from offbeat.db import models
from offbeat.db.models import F, signals
from offbeat.db.models.functions import Lower
from tests.models.models import Diary, Passport, Person, Place, RedPlace, Restaurant, Seat, Stock


def test_positional_and_keyword_values_fill_the_fields() -> None:
    place = Place(7, "Park", colour="b")
    assert (place.id, place.name, place.colour, place._state.adding) == (7, "Park", "b", True)


def test_defaults_are_given_and_callables_are_called_each_time() -> None:
    assert Place().name == ""
    assert Place().colour == "r"
    assert Passport().number != Passport().number


def test_too_many_values_raise_index_error() -> None:
    with pytest.raises(IndexError, match="Number of args exceeds number of fields"):
        Place(1, "a", "b", "c")


def test_a_field_given_twice_is_a_type_error() -> None:
    with pytest.raises(TypeError, match="both positional and keyword arguments for field 'name'"):
        Place(1, "a", name="b")


def test_unknown_keywords_are_a_type_error_that_names_them() -> None:
    with pytest.raises(TypeError, match=r"Place\(\) got unexpected keyword arguments: 'size', 'age'"):
        Place(name="x", size=1, age=2)


def test_pk_and_related_objects_are_accepted_as_keywords(town: Any) -> None:
    person = Person(pk=9, name="Cid", home=town["house"])
    assert (person.id, person.home_id, person.home) == (9, town["house"].pk, town["house"])


def test_deferred_values_are_left_out() -> None:
    place = Place(name="x", colour=models.DEFERRED)
    assert place.get_deferred_fields() == {"colour"}


def test_abstract_models_cannot_be_instantiated() -> None:
    class Base(models.Model):
        class Meta:
            abstract = True
            app_label = "models_tests"

    with pytest.raises(TypeError, match="Abstract models cannot be instantiated"):
        Base()


def test_equality_and_hash_follow_concrete_model_and_key() -> None:
    assert Place(pk=1) == Place(pk=1)
    assert Place(pk=1) == RedPlace(pk=1)
    assert Place(pk=1) != Person(pk=1)
    assert Place() != Place()
    assert hash(Place(pk=1)) == hash(1)
    with pytest.raises(TypeError, match="without primary key value are unhashable"):
        hash(Place())


def test_pickle_and_copy_keep_values_and_state(town: Any) -> None:
    ann = Person.objects.select_related("home").get(pk=town["ann"].pk)
    loaded = pickle.loads(pickle.dumps(ann))
    assert (loaded, loaded.name, loaded._state.db) == (ann, "Ann", "default")
    assert loaded.home == town["house"]
    twin = copy.copy(ann)
    twin._state.fields_cache.clear()
    assert "home" in ann._state.fields_cache


def test_a_pickle_of_another_version_warns() -> None:
    data = Place(name="x").__reduce__()[2]
    data["_django_version"] = "0.0"
    with pytest.warns(RuntimeWarning, match="does not match the current version"):
        Place().__setstate__(data)


def test_create_then_update_then_delete(no_rows: None) -> None:
    place = Place.objects.create(name="Old")
    place.name = "New"
    place.save()
    assert Place.objects.get().name == "New"
    pk = place.pk
    assert place.delete() == (1, {"models_tests.Place": 1})
    assert place.pk is None
    with pytest.raises(Place.DoesNotExist):
        Place.objects.get(pk=pk)


def test_update_fields_writes_only_these(town: Any) -> None:
    house = town["house"]
    house.name, house.colour = "Castle", "b"
    house.save(update_fields=["name"])
    house.refresh_from_db()
    assert (house.name, house.colour) == ("Castle", "r")


def test_update_fields_refuses_unknown_names(town: Any) -> None:
    with pytest.raises(ValueError, match="do not exist in this model"):
        town["house"].save(update_fields=["name", "nope"])


def test_forced_update_of_a_missing_row_is_not_updated(no_rows: None) -> None:
    with pytest.raises(Place.NotUpdated, match="Forced update did not affect any rows"):
        Place(pk=99, name="x").save(force_update=True)
    assert issubclass(Place.NotUpdated, ObjectNotUpdated)


def test_forcing_both_is_refused() -> None:
    with pytest.raises(ValueError, match="Cannot force both"):
        Place().save(force_insert=True, force_update=True)


def test_saving_with_deferred_fields_leaves_them_alone(town: Any) -> None:
    house = Place.objects.only("name").get(pk=town["house"].pk)
    Place.objects.filter(pk=house.pk).update(colour="b")
    house.name = "Hut"
    house.save()
    assert Place.objects.values_list("name", "colour").get(pk=house.pk) == ("Hut", "b")


def test_unsaved_related_objects_prevent_saving() -> None:
    with pytest.raises(ValueError, match="unsaved related object 'home'"):
        Person(name="x", home=Place(name="y")).save()


def test_a_related_object_saved_later_gives_its_key(no_rows: None) -> None:
    place = Place(name="Late")
    person = Person(name="x", home=place)
    place.save()
    person.save()
    assert Person.objects.get().home_id == place.pk


def test_refresh_reloads_values_and_forgets_related_objects(town: Any) -> None:
    ann = Person.objects.get(name="Ann")
    assert ann.work == Place.objects.get(name="Inn")
    Person.objects.filter(pk=ann.pk).update(name="Anna", work=None)
    ann.refresh_from_db()
    assert (ann.name, ann.work) == ("Anna", None)
    with pytest.raises(ValueError, match="Relations and transforms are not allowed"):
        ann.refresh_from_db(fields=["home__name"])


def test_expressions_and_generated_values_are_read_back_on_saving(no_rows: None) -> None:
    stock = Stock.objects.create(code="a", amount=3)
    assert (stock.total, stock.state, stock.shout) == (6, "new", "HEY")
    stock.amount = F("amount") + 1
    stock.save()
    assert (stock.amount, stock.total) == (4, 8)
    chosen = Stock.objects.create(pk=stock.pk + 50, code=Lower(models.Value("B")), amount=1)
    assert (chosen.pk, chosen.code, chosen.total, chosen.state) == (stock.pk + 50, "b", 2, "new")


def test_multi_table_children_save_and_load_both_rows(no_rows: None) -> None:
    inn = Restaurant.objects.create(name="Inn", stars=3)
    assert inn.pk == inn.place_ptr_id == inn.id
    assert Place.objects.get(pk=inn.pk).restaurant == inn
    assert Restaurant.objects.get(name="Inn").stars == 3
    assert inn.delete()[0] == 2
    pub = Restaurant.objects.create(name=Lower(models.Value("PUB")), stars=models.Value(2) + 2)
    assert (pub.pk, pub.name, pub.stars) == (Place.objects.get(name="pub").pk, "pub", 4)


def test_an_overridden_save_is_called_by_the_async_face(no_rows: None) -> None:
    from offbeat.concurrency import async_to_sync

    diary = Diary(place=Place.objects.create(name="p"))
    async_to_sync(diary.asave)()
    assert diary.saved_by_own_method
    assert diary.created is not None
    diary.delete()


async def test_async_faces_of_instances(no_rows: None) -> None:
    place = await Place.objects.acreate(name="a")
    place.name = "b"
    await place.asave()
    await Place.objects.filter(pk=place.pk).aupdate(colour="b")
    await place.arefresh_from_db()
    assert (place.name, place.colour) == ("b", "b")
    assert await place.adelete() == (1, {"models_tests.Place": 1})


def test_signals_of_saving_and_deleting(no_rows: None) -> None:
    seen: list[Any] = []

    def record(signal: Any, sender: Any, instance: Any, **kwargs: Any) -> None:
        seen.append((signal, kwargs.get("created")))

    pairs = (signals.pre_save, signals.post_save, signals.pre_delete, signals.post_delete)
    for signal in pairs:
        signal.connect(record, sender=Place)
    try:
        place = Place.objects.create(name="x")
        place.save()
        place.delete()
    finally:
        for signal in pairs:
            signal.disconnect(record, sender=Place)
    assert [created for signal, created in seen if signal is signals.post_save] == [True, False]
    assert [signal for signal, _ in seen][-2:] == [signals.pre_delete, signals.post_delete]


def test_choices_have_a_display_method() -> None:
    assert Place(colour="b").get_colour_display() == "Blue"
    assert Place(colour="?").get_colour_display() == "?"


def test_serializable_value_gives_keys_of_relations(town: Any) -> None:
    assert town["ann"].serializable_value("home") == town["house"].pk
    assert town["ann"].serializable_value("pk") == town["ann"].pk


def test_a_composite_key_is_a_tuple(no_rows: None) -> None:
    seat = Seat.objects.create(row="A", number=2)
    assert seat.pk == ("A", 2)
    assert Seat.objects.get(pk=("A", 2)) == seat
    seat.taken = True
    seat.save()
    assert Seat.objects.filter(pk__in=[("A", 2), ("B", 1)], taken=True).count() == 1
    assert Seat(row="A").pk == ("A", None)
    with pytest.raises(ValueError, match="must have 2 elements"):
        seat.pk = (1, 2, 3)


def test_exceptions_of_models_are_related_like_the_models() -> None:
    assert issubclass(Restaurant.DoesNotExist, Place.DoesNotExist)
    assert issubclass(Place.DoesNotExist, ObjectDoesNotExist)
    with pytest.raises(FieldDoesNotExist, match="Place has no field named 'nope'"):
        Place._meta.get_field("nope")
