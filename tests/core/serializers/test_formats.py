from __future__ import annotations

import datetime
import json
import uuid
from decimal import Decimal
from io import StringIO
from typing import Any

import pytest

from offbeat.core import serializers
from offbeat.core.serializers.base import DeserializationError, ProgressBar
from tests.management.models import Author, Book, Novel, Tag

pytestmark = pytest.mark.usefixtures("library")
FORMATS = ["json", "jsonl", "xml", "yaml", "python"]


@pytest.fixture
def book() -> Any:
    author = Author.objects.create(name="Zoë <&>")
    tag = Tag.objects.create(id=uuid.UUID(int=5), word=None)
    book = Book.objects.create(
        title="A\nB",
        author=author,
        price=Decimal("1.50"),
        printed=datetime.datetime(2020, 1, 2, 3, 4, 5, 678000, tzinfo=datetime.UTC),
        opens=datetime.time(3, 4),
        data={"a": [1, None, "é"]},
    )
    book.tags.add(tag)
    book.readers.add(author, Author.objects.create(name="Bob"))
    return book


@pytest.mark.parametrize("format", FORMATS)
@pytest.mark.parametrize("natural", [False, True])
def test_what_is_written_is_read_back_in_every_format(format: str, natural: bool, book: Any) -> None:
    before = [*Author.objects.order_by("pk"), *Tag.objects.all(), book]
    text = serializers.serialize(format, before, use_natural_foreign_keys=natural)
    restored = list(serializers.deserialize(format, text))
    assert [item.object for item in restored] == before
    again = restored[-1]
    for name in ("title", "author_id", "price", "printed", "opens", "data", "hidden"):
        assert getattr(again.object, name) == getattr(book, name), name
    assert again.m2m_data == {
        "tags": [uuid.UUID(int=5)],
        "readers": list(Author.objects.order_by("pk").values_list("pk", flat=True)),
    }


def test_json_is_one_array_with_a_line_per_object_when_indented() -> None:
    author = Author.objects.create(pk=7, name="é")
    record = '{"model": "management_tests.author", "pk": 7, "fields": {"name": "é"}}'
    assert serializers.serialize("json", [author, author]) == f"[{record}, {record}]\n"
    assert serializers.serialize("json", []) == "[]\n"
    assert serializers.serialize("json", [author], indent=1) == (
        '[\n{\n "model": "management_tests.author",\n "pk": 7,\n "fields": {\n  "name": "é"\n }\n}\n]\n'
    )


def test_jsonl_has_a_line_per_object_whatever_the_indentation() -> None:
    authors = [Author(pk=1, name="a"), Author(pk=2, name="b")]
    assert serializers.serialize("jsonl", authors, indent=2).splitlines() == [
        '{"model": "management_tests.author","pk": 1,"fields": {"name": "a"}}',
        '{"model": "management_tests.author","pk": 2,"fields": {"name": "b"}}',
    ]


def test_xml_marks_relations_and_empty_values(book: Any) -> None:
    book.price = None
    text = serializers.serialize("xml", [book], fields=("author", "price", "readers"), indent=1)
    pks = list(book.readers.order_by("pk").values_list("pk", flat=True))
    assert text == (
        '<?xml version="1.0" encoding="utf-8"?>\n<django-objects version="1.0">\n'
        f' <object model="management_tests.book" pk="{book.pk}">\n'
        f'  <field name="author" rel="ManyToOneRel" to="management_tests.author">{book.author_id}</field>\n'
        '  <field name="price" type="DecimalField"><None></None></field>\n'
        '  <field name="readers" rel="ManyToManyRel" to="management_tests.author">\n'
        f'   <object pk="{pks[0]}"></object>\n   <object pk="{pks[1]}"></object>\n  </field>\n'
        " </object>\n</django-objects>"
    )


def test_yaml_keeps_the_order_of_fields_unless_asked_to_sort() -> None:
    author = Author(pk=1, name="é")
    assert serializers.serialize("yaml", [author]) == (
        "- model: management_tests.author\n  pk: 1\n  fields:\n    name: é\n"
    )
    assert serializers.serialize("yaml", [author], sort_keys=True).startswith("- fields:")


def test_natural_primary_keys_leave_the_key_out_and_find_the_row_again() -> None:
    author = Author.objects.create(name="Ann")
    text = serializers.serialize("json", [author], use_natural_primary_keys=True)
    assert "pk" not in json.loads(text)[0]
    (found,) = serializers.deserialize("json", text)
    assert found.object.pk == author.pk


def test_an_empty_natural_key_opts_out() -> None:
    nobody = Author.objects.create(name="")
    book = Book.objects.create(title="x", author=nobody)
    text = serializers.serialize(
        "json", [nobody, book], use_natural_primary_keys=True, use_natural_foreign_keys=True
    )
    records = json.loads(text)
    assert records[0]["pk"] == nobody.pk
    assert records[1]["fields"]["author"] == nobody.pk


def test_a_child_model_writes_its_own_fields_only() -> None:
    novel = Novel.objects.create(title="t", pages=3)
    (record,) = serializers.serialize("python", [novel])
    assert record == {"model": "management_tests.novel", "pk": novel.pk, "fields": {"pages": 3}}


@pytest.mark.parametrize("format", ["json", "xml"])
def test_forward_references_are_resolved_once_all_objects_are_there(format: str) -> None:
    late = Author(pk=50, name="late")
    book = Book(pk=1, title="t", author=late)
    text = serializers.serialize(
        format, [book, late], use_natural_foreign_keys=True, fields=("title", "author", "name")
    )
    with pytest.raises(DeserializationError):
        list(serializers.deserialize(format, text))
    waiting = []
    for item in serializers.deserialize(format, text, handle_forward_references=True):
        item.save()
        if item.deferred_fields:
            waiting.append(item)
    assert [item.object for item in waiting] == [book]
    waiting[0].save_deferred_fields()
    assert Book.objects.get().author == late


@pytest.mark.parametrize(
    ("format", "text"),
    [
        ("json", "[{"),
        ("json", "[1]"),
        ("json", '{"model": 1}'),
        ("json", '[{"pk": 1}]'),
        ("json", '[{"model": "management_tests.nothing", "pk": 1, "fields": {}}]'),
        ("json", '[{"model": 1, "pk": 1, "fields": {}}]'),
        ("json", '[{"model": "management_tests.author", "pk": "x", "fields": {}}]'),
        ("json", '[{"model": "management_tests.author", "pk": 1, "fields": {"zip": 1}}]'),
        ("json", '[{"model": "management_tests.book", "pk": 1, "fields": {"tags": null}}]'),
        ("json", '[{"model": "management_tests.book", "pk": 1, "fields": {"tags": ["x"]}}]'),
        ("json", '[{"model": "management_tests.book", "pk": 1, "fields": {"author": ["nobody"]}}]'),
        ("jsonl", "{"),
        ("jsonl", "3"),
        ("yaml", "{"),
        ("yaml", "- 3"),
        ("yaml", "!!python/object/apply:os.getcwd []"),
        ("xml", "<a"),
        ("xml", "<django-objects><object/></django-objects>"),
        ("xml", '<django-objects><object model="x.y"/></django-objects>'),
        ("xml", '<django-objects><object model="management_tests.author"><field/></object></django-objects>'),
        ("xml", '<django-objects><object model="management_tests.author" pk="x"/></django-objects>'),
    ],
)
def test_bad_data_is_a_deserialization_error(format: str, text: str) -> None:
    with pytest.raises(DeserializationError):
        list(serializers.deserialize(format, text))


def test_errors_name_the_object_and_the_value() -> None:
    text = '[{"model": "management_tests.book", "pk": 1, "fields": {"price": "much"}}]'
    with pytest.raises(DeserializationError, match=r"\(management_tests\.book:pk=1\) field_value was 'much'"):
        list(serializers.deserialize("json", text))


def test_unknown_models_and_fields_can_be_ignored() -> None:
    text = (
        '[{"model": "management_tests.nothing", "pk": 1, "fields": {}},'
        ' {"model": "management_tests.author", "pk": 1, "fields": {"name": "n", "zip": 1}}]'
    )
    (item,) = serializers.deserialize("json", text, ignorenonexistent=True)
    assert item.object.name == "n"


def test_save_skips_the_model_s_own_save(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Author, "save", lambda self: 1 / 0)
    (item,) = serializers.deserialize(
        "python", [{"model": "management_tests.author", "pk": 3, "fields": {"name": "a"}}]
    )
    item.save()
    assert Author.objects.get(pk=3).name == "a"
    assert repr(item) == "<DeserializedObject: management_tests.Author(pk=3)>"


def test_many_to_many_values_use_what_was_prefetched(book: Any) -> None:
    from offbeat.db import connection
    from offbeat.test.utils import CaptureQueriesContext

    (loaded,) = Book.objects.prefetch_related("tags", "readers")
    with CaptureQueriesContext(connection) as queries:
        serializers.serialize("json", [loaded])
    assert len(queries) == 0


def test_the_progress_bar_fills_up() -> None:
    out = StringIO()
    bar = ProgressBar(out, 2)
    bar.update(1)
    bar.update(2)
    assert out.getvalue() == f"\r[{'.' * 37}{' ' * 38}]\r[{'.' * 75}]\n"


def test_control_characters_cannot_be_written_as_xml() -> None:
    with pytest.raises(ValueError, match=r"Author\.name \(pk:1\) contains unserializable characters"):
        serializers.serialize("xml", [Author(pk=1, name="a\x01")])
