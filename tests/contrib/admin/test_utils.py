"""Names, values and paths."""

from __future__ import annotations

import datetime
from decimal import Decimal

import pytest

from offbeat.contrib.admin import utils
from offbeat.contrib.admin.sites import site
from offbeat.db import models
from offbeat.db.models import Q
from tests.contrib.admin.shelf.models import Author, Book, Chapter

pytestmark = pytest.mark.usefixtures("shelf")


def test_keys_survive_in_urls():
    key = 'a:/b_c#?;@&=+$,"[]<>%\n\\'
    assert utils.unquote(utils.quote(key)) == key
    assert set(utils.quote(key)) <= set("abc_0123456789ABCDEF")
    assert utils.quote(5) == 5


def test_labels_of_columns():
    assert utils.label_for_field("title", Book) == "title"
    assert utils.label_for_field("__str__", Book) == "book"
    assert utils.label_for_field("author__name", Book) == "Author  name"
    assert utils.label_for_field("author_id", Book) == "Author id"
    assert utils.label_for_field(lambda obj: 1, Book) == "--"
    assert utils.label_for_field("shouted", Book, site.get_model_admin(Book)) == "Loud"
    with pytest.raises(AttributeError, match="Unable to lookup 'nothing' on Book or BookAdmin"):
        utils.label_for_field("nothing", Book, site.get_model_admin(Book))


def test_values_of_columns(book):
    field, attr, value = utils.lookup_field("title", book)
    assert (field.name, attr, value) == ("title", None, "Emma")
    assert utils.lookup_field("author__name", book)[2] == "Jane"
    assert utils.lookup_field(lambda obj: obj.pk, book)[2] == book.pk
    assert utils.lookup_field("shouted", book, site.get_model_admin(Book))[2] == "EMMA"


@pytest.mark.parametrize(
    ("field", "value", "shown"),
    [
        (models.CharField(choices=[("a", "A")]), "a", "A"),
        (models.CharField(choices=[("a", "A")]), "b", "-"),
        (models.BooleanField(), None, '<img src="/static/admin/img/icon-unknown.svg" alt="None">'),
        (models.DecimalField(decimal_places=2), Decimal("1.5"), "1.50"),
        (models.DateField(), datetime.date(2020, 1, 2), "Jan. 2, 2020"),
        (models.JSONField(), {"a": "é"}, '{"a": "é"}'),
        (models.JSONField(), {1, 1}, "{1}"),
        (models.CharField(), "  ", "-"),
    ],
)
def test_values_as_text(field, value, shown):
    assert utils.display_for_field(value, field, "-") == shown


def test_values_without_a_field():
    assert utils.display_for_value([1, "a"], "-") == "1, a"
    assert utils.display_for_value((), "-") == "-"
    assert utils.display_for_value(True, "-") == "True"


def test_paths():
    assert utils.reverse_field_path(Chapter, "book__author__name") == (Author, "book__chapter")
    with pytest.raises(utils.NotRelationField):
        utils.get_fields_from_path(Chapter, "title__name")
    assert utils.lookup_spawns_duplicates(Book._meta, "labels__name")
    assert utils.lookup_spawns_duplicates(Author._meta, "book__title")
    assert not utils.lookup_spawns_duplicates(Book._meta, "author__name__icontains")


def test_parameters_of_urls():
    assert utils.prepare_lookup_value("a__in", ["1,2"]) == [["1", "2"]]
    assert utils.prepare_lookup_value("a__isnull", ["False", "0", "", "x"]) == [False, False, False, True]
    made = utils.build_q_object_from_lookup_parameters({"a": ["1", "2"], "b": ["3"]})
    assert made == (Q(("a", "1")) | Q(("a", "2"))) & Q(("b", "3"))


def test_a_deletion_is_shown_as_a_tree(book):
    chapter = Chapter.objects.create(book=book, title="one")
    collector = utils.NestedObjects(using="default")
    collector.collect([book.author])
    assert collector.nested() == [book.author, [book, [chapter]]]
    assert collector.nested(str) == ["Jane", ["Emma", ["one"]]]
