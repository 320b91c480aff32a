"""Accessors and managers of relations, deletion rules, generic relations."""

from __future__ import annotations

from typing import Any

import pytest

from offbeat.apps.registry import Apps
from offbeat.contrib.contenttypes.models import ContentType
from offbeat.contrib.contenttypes.prefetch import GenericPrefetch
from offbeat.core.exceptions import FieldFetchBlocked
from offbeat.db import connection, models
from offbeat.db.models import signals
from tests.models.models import (
    Answer,
    Club,
    Diary,
    Liking,
    Note,
    Passport,
    Person,
    Place,
    Question,
    Restaurant,
)


def test_a_forward_relation_is_fetched_once(town: Any, queries: Any) -> None:
    ann = Person.objects.get(name="Ann")
    with queries(1):
        assert ann.home == town["house"]
        assert ann.home.name == "House"


def test_a_new_key_makes_the_related_object_stale(town: Any) -> None:
    ann = Person.objects.get(name="Ann")
    assert ann.home == town["house"]
    ann.home_id = town["inn"].pk
    assert ann.home.name == "Inn"


async def test_a_lazy_relation_is_fetched_in_a_coroutine(town_tables: None) -> None:
    from offbeat.concurrency import bridged

    place = await Place.objects.acreate(name="Async")
    person = await Person.objects.acreate(name="Dora", home=place)

    async def view() -> str:
        found = await Person.objects.aget(pk=person.pk)
        return found.home.name

    try:
        assert await bridged(view()) == "Async"
    finally:
        await person.adelete()
        await place.adelete()


def test_wrong_objects_cannot_be_assigned(town: Any) -> None:
    with pytest.raises(ValueError, match=r'"Person\.home" must be a "Place" instance'):
        town["ann"].home = town["bob"]


def test_a_missing_related_object_is_both_does_not_exist_and_attribute_error(town: Any) -> None:
    with pytest.raises(Passport.DoesNotExist, match="Person has no passport"):
        _ = town["ann"].passport
    assert not hasattr(town["ann"], "passport")
    with pytest.raises(Place.DoesNotExist, match="Person has no home"):
        _ = Person().home


def test_one_to_one_objects_know_each_other(town: Any, queries: Any) -> None:
    passport = Passport.objects.create(owner=town["ann"])
    ann = Person.objects.get(name="Ann")
    with queries(1):
        assert ann.passport == passport
        assert ann.passport.owner is ann


def test_reverse_manager_creates_adds_sets_and_clears(town: Any) -> None:
    inn: Any = Place.objects.get(name="Inn")
    assert list(inn.staff.all()) == [town["ann"]]
    eve = inn.staff.create(name="Eve", home=town["house"])
    inn.staff.add(town["bob"])
    assert inn.staff.count() == 3
    inn.staff.remove(eve)
    inn.staff.set([town["bob"]])
    assert list(inn.staff.values_list("name", flat=True)) == ["Bob"]
    inn.staff.clear()
    assert not inn.staff.exists()
    with pytest.raises(TypeError, match="'Person' instance expected"):
        inn.staff.add(inn)


def test_objects_of_a_reverse_manager_know_where_they_came_from(town: Any, queries: Any) -> None:
    house = town["house"]
    with queries(1):
        assert all(person.home is house for person in house.inhabitants.all())


def test_relations_of_unsaved_objects_are_refused() -> None:
    with pytest.raises(ValueError, match="needs to have a primary key value before this relationship"):
        Place().inhabitants.all()
    with pytest.raises(
        ValueError, match=r"before a many-to-many relationship can be used|before this many-to-many"
    ):
        _ = Person().friends


def test_direct_assignment_to_many_is_refused(town: Any) -> None:
    with pytest.raises(TypeError, match=r"Use inhabitants.set\(\) instead"):
        town["house"].inhabitants = []
    with pytest.raises(TypeError, match=r"Use friends.set\(\) instead"):
        town["ann"].friends = []


def test_many_to_many_in_both_directions(town: Any) -> None:
    club = Club.objects.create(title="Chess")
    club.members.add(town["ann"], town["bob"].pk)
    club.members.add(town["ann"])
    assert club.members.count() == 2
    assert list(town["ann"].clubs.all()) == [club]
    club.members.set([town["bob"]])
    assert list(club.members.all()) == [town["bob"]]
    made = club.members.create(name="Cid", home=town["house"])
    assert set(club.members.all()) == {town["bob"], made}
    club.members.clear()
    assert not club.members.all()


def test_symmetrical_relations_go_both_ways(town: Any) -> None:
    town["ann"].friends.add(town["bob"])
    assert list(town["bob"].friends.all()) == [town["ann"]]
    town["bob"].friends.remove(town["ann"])
    assert not town["ann"].friends.exists()


def test_through_defaults_fill_the_intermediate_row(town: Any) -> None:
    town["ann"].likes.add(town["inn"], through_defaults={"strength": lambda: 5})
    assert Liking.objects.get().strength == 5
    assert list(Place.objects.get(name="Inn").fans.all()) == [town["ann"]]


async def test_async_faces_of_related_managers(town_tables: None) -> None:
    place = await Place.objects.acreate(name="P")
    person = await place.inhabitants.acreate(name="Fay", home=place)
    club = await Club.objects.acreate(title="Go")
    await club.members.aadd(person)
    assert [member.name async for member in club.members.all()] == ["Fay"]
    await club.members.aset([])
    assert await club.members.acount() == 0
    await club.adelete()
    await place.adelete()


def test_m2m_changed_tells_what_happens(town: Any) -> None:
    seen: list[Any] = []

    def record(action: str, pk_set: Any, **kwargs: Any) -> None:
        seen.append((action, pk_set))

    signals.m2m_changed.connect(record, sender=Club.members.through)
    try:
        club = Club.objects.create(title="x")
        club.members.add(town["ann"])
        club.members.clear()
    finally:
        signals.m2m_changed.disconnect(record, sender=Club.members.through)
    key = {town["ann"].pk}
    assert seen == [("pre_add", key), ("post_add", key), ("pre_clear", None), ("post_clear", None)]


def test_prefetching_both_kinds_of_relations(town: Any, queries: Any) -> None:
    club = Club.objects.create(title="x")
    club.members.add(town["ann"], town["bob"])
    with queries(3):
        found = Club.objects.prefetch_related("members__home").get()
        assert {member.home.name for member in found.members.all()} == {"House"}


def test_fetch_modes_peers_and_raise(town: Any, queries: Any) -> None:
    people = list(Person.objects.fetch_mode(models.FETCH_PEERS).order_by("name"))
    with queries(1):
        assert [person.home.name for person in people] == ["House", "House"]
    ann = Person.objects.fetch_mode(models.FETCH_RAISE).get(name="Ann")
    with pytest.raises(FieldFetchBlocked, match=r"Fetching of Person.home blocked\."):
        _ = ann.home


def test_cascade_set_null_protect_and_restrict(town: Any) -> None:
    house, inn = town["house"], town["inn"]
    Passport.objects.create(owner=town["ann"])
    with pytest.raises(models.ProtectedError, match=r"protected foreign keys: 'Person.home'"):
        house.delete()
    Passport.objects.all().delete()
    Diary.objects.create(place=house)
    with pytest.raises(models.RestrictedError, match=r"restricted foreign keys: 'Diary.place'"):
        house.delete()
    Diary.objects.all().delete()
    inn.delete()
    assert Person.objects.get(name="Ann").work is None
    total, by_model = house.delete()
    assert by_model["models_tests.Person"] == 2
    assert total == 3


def test_keep_parents_deletes_only_the_child_row(town: Any) -> None:
    town["inn"].delete(keep_parents=True)
    assert Place.objects.filter(name="Inn").exists()
    assert not Restaurant.objects.exists()


def test_order_with_respect_to_numbers_the_objects(no_rows: None) -> None:
    question: Any = Question.objects.create(text="?")
    first, second = (Answer.objects.create(question=question, text=text) for text in "ab")
    assert (first._order, second._order) == (0, 1)
    assert first.get_next_in_order() == second
    question.set_answer_order([second.pk, first.pk])
    assert list(question.get_answer_order()) == [second.pk, first.pk]


def test_generic_relations_lead_both_ways(town: Any, queries: Any) -> None:
    note = town["house"].notes.create(text="nice")
    Note.objects.create(text="good", subject=town["ann"])
    assert Note.objects.get(pk=note.pk).subject == town["house"]
    assert list(Place.objects.filter(notes__text="nice")) == [town["house"]]
    assert list(Note.objects.filter(place__name="House")) == [note]
    with queries(3):
        notes = Note.objects.prefetch_related("subject").order_by("pk")
        assert [str(found.subject) for found in notes] == ["House", "Ann"]
    lookups = GenericPrefetch("subject", [Place.objects.all(), Person.objects.only("name")])
    assert len(Note.objects.prefetch_related(lookups)) == 2
    town["house"].delete()
    assert Note.objects.count() == 0 or Note.objects.filter(pk=note.pk).count() == 0


def test_content_types_are_cached(town: Any, queries: Any) -> None:
    ContentType.objects.get_for_model(Place)
    with queries(0):
        content_type = ContentType.objects.get_for_model(Place)
        assert ContentType.objects.get_for_id(content_type.pk) is content_type
    assert content_type.model_class() is Place
    assert content_type.natural_key() == ("models_tests", "place")
    found = ContentType.objects.get_for_models(Place, Person)
    assert set(found) == {Place, Person}


def test_rules_that_the_database_follows(no_rows: None, queries: Any) -> None:
    apps = Apps()

    class Options:
        app_label = "models_tests"

    def model(name: str, /, **attrs: Any) -> Any:
        meta = type("Meta", (Options,), {"apps": apps})
        return type(name, (models.Model,), {"__module__": __name__, "Meta": meta, **attrs})

    ship = model("Ship", name=models.CharField(max_length=10))
    sailor = model("Sailor", ship=models.ForeignKey(ship, models.DB_CASCADE))
    guest = model("Guest", ship=models.ForeignKey(ship, models.DB_SET_NULL, null=True))
    cargo = model("Cargo", ship=models.ForeignKey(ship, models.DB_SET_DEFAULT, db_default=1))
    # InnoDB knows no SET DEFAULT.
    has_default = connection.features.supports_on_delete_db_default
    made = [ship, sailor, guest, cargo] if has_default else [ship, sailor, guest]
    with connection.schema_editor() as editor:
        for each in made:
            editor.create_model(each)
    try:
        kept, sunk = ship.objects.create(name="kept", pk=1), ship.objects.create(name="sunk", pk=2)
        for each in made[1:]:
            each.objects.create(ship=sunk)
        with queries(1):
            assert sunk.delete() == (1, {"models_tests.Ship": 1})
        assert not sailor.objects.exists()
        assert guest.objects.get().ship is None
        if has_default:
            assert cargo.objects.get().ship == kept
    finally:
        with connection.schema_editor() as editor:
            for each in reversed(made):
                editor.delete_model(each)
