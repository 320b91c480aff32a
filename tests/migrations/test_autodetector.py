"""From two states to migrations."""

from __future__ import annotations

from typing import Any

import pytest

from offbeat.db import models
from offbeat.db.migrations.autodetector import MigrationAutodetector
from tests.migrations.helpers import changes, model, operations, state

NAME = ("name", models.CharField(max_length=10))
ANIMAL = model("zoo.Animal", NAME)


def test_equal_states_need_nothing() -> None:
    assert changes([ANIMAL], [model("zoo.Animal", NAME)]) == {}


def test_a_first_model_makes_an_initial_migration() -> None:
    found = changes([], [ANIMAL])["zoo"]
    assert [migration.name for migration in found] == ["0001_initial"]
    assert found[0].initial is True
    assert [op.describe() for op in found[0].operations] == ["Create model Animal"]


def test_later_migrations_are_numbered_named_and_depend_on_the_last() -> None:
    found = changes([ANIMAL], [ANIMAL, model("zoo.Cage")])["zoo"]
    assert found[0].name == "0002_cage"
    assert found[0].dependencies == [("zoo", "0001_initial")]
    assert not found[0].initial


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        ([NAME], [NAME, ("age", models.IntegerField(null=True))], ["Add field age to animal"]),
        ([NAME], [], ["Remove field name from animal"]),
        ([NAME], [("name", models.CharField(max_length=20))], ["Alter field name on animal"]),
    ],
)
def test_fields_are_added_removed_and_altered(before: Any, after: Any, expected: list[str]) -> None:
    assert operations([model("zoo.Animal", *before)], [model("zoo.Animal", *after)]) == expected


def test_a_model_is_deleted() -> None:
    assert operations([ANIMAL, model("zoo.Cage")], [model("zoo.Cage")]) == ["Delete model Animal"]


def test_a_required_field_gets_a_one_off_default() -> None:
    field = ("age", models.IntegerField())
    found = changes([ANIMAL], [model("zoo.Animal", NAME, field)], ask_not_null_addition=4)
    operation = found["zoo"][0].operations[0]
    assert (operation.field.default, operation.preserve_default) == (4, False)
    assert field[1].default is models.NOT_PROVIDED


def test_a_field_that_may_not_be_null_any_more_gets_a_one_off_default() -> None:
    before = model("zoo.Animal", ("age", models.IntegerField(null=True)))
    found = changes(
        [before], [model("zoo.Animal", ("age", models.IntegerField()))], ask_not_null_alteration=4
    )
    operation = found["zoo"][0].operations[0]
    assert (operation.field.default, operation.preserve_default) == (4, False)


def test_a_default_of_the_database_needs_no_question() -> None:
    field = ("age", models.IntegerField(db_default=5))
    operation = changes([ANIMAL], [model("zoo.Animal", NAME, field)])["zoo"][0].operations[0]
    assert operation.preserve_default is True


def test_a_time_of_creation_asks_for_the_past() -> None:
    field = ("made", models.DateField(auto_now_add=True))
    operation = changes([ANIMAL], [model("zoo.Animal", NAME, field)], ask_auto_now_add_addition="then")[
        "zoo"
    ][0].operations[0]
    assert (operation.field.default, operation.preserve_default) == ("then", False)


def test_a_renamed_field_is_asked_for() -> None:
    after = [model("zoo.Animal", ("title", models.CharField(max_length=10)))]
    assert operations([ANIMAL], after, ask_rename=True) == ["Rename field name on animal to title"]
    assert operations([ANIMAL], after, ask_rename=False, ask_not_null_addition="") == [
        "Remove field name from animal",
        "Add field title to animal",
    ]


def test_a_renamed_model_is_asked_for_and_followed_by_relations() -> None:
    before = [ANIMAL, model("zoo.Cage", ("who", models.ForeignKey("zoo.Animal", models.CASCADE)))]
    after = [
        model("zoo.Beast", NAME),
        model("zoo.Cage", ("who", models.ForeignKey("zoo.Beast", models.CASCADE))),
    ]
    assert operations(before, after, ask_rename_model=True) == ["Rename model Animal to Beast"]
    assert operations(before, after) == [
        "Create model Beast",
        "Alter field who on cage",
        "Delete model Animal",
    ]


def test_relations_in_a_circle_are_closed_by_an_added_field() -> None:
    one = model("zoo.Animal", ("cage", models.ForeignKey("zoo.Cage", models.CASCADE)))
    other = model("zoo.Cage", ("boss", models.ForeignKey("zoo.Animal", models.CASCADE, null=True)))
    found = operations([], [one, other])
    assert len(found) == 3
    assert [text.split()[0] for text in found] == ["Create", "Create", "Add"]


def test_a_circle_across_applications_is_cut_into_three_migrations() -> None:
    one = model("zoo.Animal", ("cage", models.ForeignKey("park.Cage", models.CASCADE)))
    other = model("park.Cage", ("boss", models.ForeignKey("zoo.Animal", models.CASCADE, null=True)))
    found = changes([], [one, other])
    assert sorted(len(migrations) for migrations in found.values()) == [1, 2]
    needed = {
        tuple(d) for migrations in found.values() for migration in migrations for d in migration.dependencies
    }
    known = {(label, migration.name) for label, migrations in found.items() for migration in migrations}
    assert needed <= known


def link(target: str) -> Any:
    return models.ForeignKey(target, models.CASCADE, related_name="+")


@pytest.mark.parametrize("last", [link, lambda target: models.ManyToManyField(target, related_name="+")])
def test_models_in_a_circle_are_deleted_after_it_is_cut(last: Any) -> None:
    circle = [
        model("zoo.Animal", ("next", link("zoo.Cage"))),
        model("zoo.Cage", ("next", link("zoo.Keeper"))),
        model("zoo.Keeper", ("next", last("zoo.Animal"))),
    ]
    assert operations(circle, []) == [
        "Remove field next from keeper",
        "Delete model Animal",
        "Delete model Cage",
        "Delete model Keeper",
    ]


def test_a_circle_of_unmanaged_models_is_closed_too() -> None:
    unmanaged = {"options": {"managed": False}}
    one = model("zoo.Animal", ("cage", link("zoo.Cage")), **unmanaged)
    other = model("zoo.Cage", ("boss", link("zoo.Animal")), **unmanaged)
    found = operations([], [one, other])
    assert [text.split()[0] for text in found] == ["Create", "Create", "Add"]


def test_a_relation_to_an_existing_application_depends_on_its_last_migration() -> None:
    after = [ANIMAL, model("park.Cage", ("who", models.ForeignKey("zoo.Animal", models.CASCADE)))]
    assert ("zoo", "0001_initial") in changes([ANIMAL], after)["park"][0].dependencies


def test_a_swappable_model_is_depended_on_by_its_setting() -> None:
    from offbeat.conf import settings

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE)
    account = model("auth.User", NAME)
    dependencies = changes([account], [account, model("zoo.Keeper", ("user", user))])["zoo"][0].dependencies
    assert [getattr(dependency, "setting", None) for dependency in dependencies] == ["AUTH_USER_MODEL"]


def test_bases_come_before_their_children() -> None:
    child = model("zoo.Lion", ("mane", models.IntegerField()), bases=("zoo.animal",))
    assert operations([], [child, ANIMAL]) == ["Create model Animal", "Create model Lion"]


def test_a_proxy_is_made_after_its_model() -> None:
    proxy = model("zoo.Ape", options={"proxy": True}, bases=("zoo.animal",))
    assert operations([], [proxy, ANIMAL]) == ["Create model Animal", "Create proxy model Ape"]


def test_indexes_are_added_removed_and_renamed() -> None:
    def having(*names: str) -> Any:
        indexes = [models.Index(fields=["name"], name=name) for name in names]
        return [model("zoo.Animal", NAME, options={"indexes": indexes})]

    assert operations(having(), having("one")) == ["Create index one on field(s) name of model animal"]
    assert operations(having("one"), having()) == ["Remove index one from animal"]
    assert operations(having("one"), having("two")) == ["Rename index one on animal to two"]


def test_constraints_are_added_removed_and_altered() -> None:
    def having(**keywords: Any) -> Any:
        constraint = models.CheckConstraint(condition=models.Q(name="x"), name="x_only", **keywords)
        return [model("zoo.Animal", NAME, options={"constraints": [constraint]})]

    assert operations([ANIMAL], having()) == ["Create constraint x_only on model animal"]
    assert operations(having(), [ANIMAL]) == ["Remove constraint x_only from model animal"]
    assert operations(having(), having(violation_error_message="No.")) == [
        "Alter constraint x_only on animal"
    ]


def test_unique_together_changes() -> None:
    def having(*groups: tuple[str, ...]) -> Any:
        return [
            model(
                "zoo.Animal", NAME, ("age", models.IntegerField()), options={"unique_together": set(groups)}
            )
        ]

    assert operations(having(), having(("name", "age"))) == [
        "Alter unique_together for animal (1 constraint(s))"
    ]
    assert operations(having(("name", "age")), having()) == [
        "Alter unique_together for animal (0 constraint(s))"
    ]


def test_many_to_many_with_and_without_a_model_between() -> None:
    plain = [ANIMAL, model("zoo.Keeper", ("animals", models.ManyToManyField("zoo.Animal")))]
    assert operations([ANIMAL, model("zoo.Keeper")], plain) == ["Add field animals to keeper"]
    link = model(
        "zoo.Link",
        ("animal", models.ForeignKey("zoo.Animal", models.CASCADE)),
        ("keeper", models.ForeignKey("zoo.Keeper", models.CASCADE)),
    )
    through = model("zoo.Keeper", ("animals", models.ManyToManyField("zoo.Animal", through="zoo.Link")))
    assert operations([ANIMAL, model("zoo.Keeper"), link], [ANIMAL, through, link]) == [
        "Add field animals to keeper"
    ]
    # A table of one's own instead of the automatic one: the old one goes first.
    found = operations(plain, [ANIMAL, through, link])
    assert found.index("Remove field animals from keeper") < found.index("Add field animals to keeper")


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({"verbose_name": "Beast"}, "Change Meta options on animal"),
        ({"db_table": "beasts"}, "Rename table for animal to beasts"),
        ({"db_table_comment": "All of them"}, "Alter animal table comment"),
    ],
)
def test_options_change(options: dict[str, Any], expected: str) -> None:
    assert operations([ANIMAL], [model("zoo.Animal", NAME, options=options)]) == [expected]


def test_order_with_respect_to_changes() -> None:
    cage = ("cage", models.ForeignKey("zoo.Cage", models.CASCADE))
    before = [model("zoo.Cage"), model("zoo.Animal", cage)]
    after = [model("zoo.Cage"), model("zoo.Animal", cage, options={"order_with_respect_to": "cage"})]
    assert operations(before, after) == ["Set order_with_respect_to on animal to cage"]


def test_unmanaged_models_are_made_without_table() -> None:
    found = operations([], [model("zoo.View", NAME, options={"managed": False})])
    assert found == ["Create model View"]


def test_a_name_can_be_given() -> None:
    from offbeat.db.migrations.graph import MigrationGraph
    from tests.migrations.helpers import Answers

    detector = MigrationAutodetector(state(), state(ANIMAL), Answers())
    assert detector.changes(MigrationGraph(), migration_name="start")["zoo"][0].name == "0001_start"


def test_only_the_named_applications_and_what_they_need_are_kept() -> None:
    from offbeat.db.migrations.graph import MigrationGraph
    from tests.migrations.helpers import Answers

    after = state(
        ANIMAL,
        model("park.Cage", ("who", models.ForeignKey("zoo.Animal", models.CASCADE))),
        model("shop.Ticket"),
    )
    found = MigrationAutodetector(state(), after, Answers()).changes(MigrationGraph(), trim_to_apps={"park"})
    assert set(found) == {"park", "zoo"}


def test_applying_the_changes_gives_the_state_that_was_wanted() -> None:
    before = [ANIMAL, model("zoo.Cage", ("who", models.ForeignKey("zoo.Animal", models.CASCADE)))]
    after = [
        model("zoo.Beast", NAME, ("age", models.IntegerField(null=True))),
        model(
            "zoo.Cage", ("who", models.ForeignKey("zoo.Beast", models.CASCADE)), options={"ordering": ["id"]}
        ),
    ]
    current = state(*before)
    for migration in changes(before, after)["zoo"]:
        current = migration.mutate_state(current)
    assert current == state(*after)


@pytest.mark.parametrize(
    ("name", "number"), [("0001_initial", 1), ("0012_x", 12), ("0001_squashed_0007_x", 7), ("custom", None)]
)
def test_numbers_are_read_from_names(name: str, number: int | None) -> None:
    assert MigrationAutodetector.parse_number(name) == number
