from __future__ import annotations

import bz2
import gzip
import json
import lzma
import sys
import zipfile
from collections.abc import Iterator
from io import StringIO
from pathlib import Path
from typing import Any

import pytest

from offbeat.core.exceptions import ImproperlyConfigured
from offbeat.core.management import CommandError, call_command
from offbeat.core.serializers.base import DeserializationError
from offbeat.db import IntegrityError, connection
from offbeat.test.utils import override_settings
from tests.management.models import Author, Book, Secret, Tag

pytestmark = pytest.mark.usefixtures("library")


def author(pk: int, name: str) -> dict[str, Any]:
    return {"model": "management_tests.author", "pk": pk, "fields": {"name": name}}


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    with override_settings(FIXTURE_DIRS=[tmp_path]):
        yield tmp_path


def load(*labels: str, **options: Any) -> str:
    out = StringIO()
    call_command("loaddata", *labels, stdout=out, **options)
    return out.getvalue()


def dump(*labels: str, **options: Any) -> Any:
    out = StringIO()
    call_command("dumpdata", *labels, stdout=out, **options)
    return json.loads(out.getvalue())


@pytest.mark.parametrize(
    ("ending", "opener"),
    [("", open), (".gz", gzip.open), (".bz2", bz2.open), (".xz", lzma.open)],
)
def test_fixtures_may_be_compressed(folder: Path, ending: str, opener: Any) -> None:
    with opener(folder / f"some.json{ending}", "wt") as file:
        json.dump([author(1, "a"), author(2, "b")], file)
    assert load("some") == "Installed 2 object(s) from 1 fixture(s)\n"
    assert load(f"some.json{ending}").startswith("Installed 2")
    assert Author.objects.count() == 2


def test_a_zip_archive_must_hold_one_file(folder: Path) -> None:
    with zipfile.ZipFile(folder / "one.json.zip", "w") as archive:
        archive.writestr("x.json", json.dumps([author(1, "a")]))
    with zipfile.ZipFile(folder / "two.json.zip", "w") as archive:
        archive.writestr("x.json", "[]")
        archive.writestr("y.json", "[]")
    load("one")
    assert Author.objects.count() == 1
    with pytest.raises(ValueError, match="must contain one file"):
        load("two")


def test_fixtures_are_found_by_label_folder_and_path(folder: Path) -> None:
    (folder / "sub").mkdir()
    (folder / "sub" / "deep.json").write_text(json.dumps([author(1, "a")]))
    for label in (
        "sub/deep",
        "sub/deep.json",
        str(folder / "sub" / "deep"),
        str(folder / "sub" / "deep.json"),
    ):
        assert load(label).startswith("Installed 1"), label
    with pytest.raises(CommandError, match="No fixture named 'deep' found"):
        load("deep")


def test_fixtures_of_one_database_are_left_to_it(folder: Path) -> None:
    (folder / "some.default.json").write_text(json.dumps([author(1, "a")]))
    (folder / "some.other.json").write_text(json.dumps([author(1, "b")]))
    load("some")
    assert Author.objects.get().name == "a"


def test_two_files_for_one_label_are_refused(folder: Path) -> None:
    (folder / "some.json").write_text("[]")
    (folder / "some.jsonl").write_text("")
    with pytest.raises(CommandError, match="Multiple fixtures named 'some'"):
        load("some")


@pytest.mark.parametrize("label", ["missing", "missing.json"])
def test_a_missing_fixture_is_an_error(folder: Path, label: str) -> None:
    with pytest.raises(CommandError, match="No fixture named 'missing' found"):
        load(label)


def test_an_unknown_format_is_an_error(folder: Path) -> None:
    with pytest.raises(CommandError, match="nope is not a known serialization format"):
        load("some.nope")


def test_an_empty_fixture_is_warned_of(folder: Path) -> None:
    (folder / "empty.json").write_text("[]")
    with pytest.warns(RuntimeWarning, match="No fixture data found for 'empty'"):
        load("empty")


def test_a_bad_fixture_leaves_nothing_behind(folder: Path) -> None:
    (folder / "good.json").write_text(json.dumps([author(1, "a")]))
    (folder / "bad.json").write_text("[{")
    with pytest.raises(DeserializationError, match=r"Problem installing fixture '.*bad\.json'"):
        load("good", "bad")
    assert Author.objects.count() == 0


def test_a_dangling_foreign_key_is_refused(folder: Path) -> None:
    row = {"model": "management_tests.book", "pk": 1, "fields": {"title": "t", "author": 99}}
    (folder / "some.json").write_text(json.dumps([row]))
    with pytest.raises(IntegrityError, match="Problem installing fixtures"):
        load("some")


def test_rows_may_refer_to_later_ones(folder: Path) -> None:
    book = {
        "model": "management_tests.book",
        "pk": 1,
        "fields": {"title": "t", "author": ["z"], "readers": [["z"]]},
    }
    (folder / "some.json").write_text(json.dumps([book, author(9, "z")]))
    load("some")
    assert Book.objects.get().author_id == 9
    assert Book.objects.get().readers.get().pk == 9


def test_what_is_not_wanted_stays_out(folder: Path) -> None:
    (folder / "some.json").write_text(json.dumps([author(1, "a")]))
    text = load("some", exclude=["management_tests.Author"])
    assert text == "Installed 0 object(s) (of 1) from 1 fixture(s)\n"
    assert load("some", exclude=["management_tests"]).startswith("Installed 0")
    with pytest.raises(CommandError, match=r"Unknown model: management_tests\.Nope"):
        load("some", exclude=["management_tests.Nope"])
    assert Author.objects.count() == 0


def test_standard_input_needs_a_format(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(CommandError, match="--format must be specified"):
        load("-")
    monkeypatch.setattr(sys, "stdin", StringIO(json.dumps([author(1, "a")])))
    load("-", format="json")
    assert Author.objects.count() == 1


def test_fixture_folders_must_not_repeat(tmp_path: Path) -> None:
    own = str(Path(__file__).parent / "fixtures")
    for folders, message in (([tmp_path, tmp_path], "duplicates"), ([own], "default fixture directory")):
        with override_settings(FIXTURE_DIRS=folders), pytest.raises(ImproperlyConfigured, match=message):
            load("some")


def test_a_label_is_not_a_pattern(folder: Path) -> None:
    (folder / "some.json").write_text(json.dumps([author(1, "a")]))
    with pytest.raises(CommandError, match="No fixture named"):
        load("som*")


def test_a_dump_can_be_loaded_again(tmp_path: Path) -> None:
    writer = Author.objects.create(name="w")
    book = Book.objects.create(title="t", author=writer)
    book.readers.add(writer)
    for ending in ("json", "jsonl", "xml", "yaml", "json.gz", "json.bz2", "json.xz", "json.lzma"):
        path = str(tmp_path / f"dump.{ending}")
        call_command("dumpdata", "management_tests", output=path, format=ending.split(".")[0])
        Book.objects.all().delete()
        Author.objects.all().delete()
        load(path)
        assert Book.objects.get().readers.get() == writer, ending


def test_a_dump_of_one_model_by_key() -> None:
    for name in "abc":
        Author.objects.create(name=name)
    keys = list(Author.objects.order_by("name").values_list("pk", flat=True))
    rows = dump("management_tests.Author", primary_keys=f"{keys[0]}, {keys[2]}")
    assert [row["fields"]["name"] for row in rows] == ["a", "c"]
    for labels in ((), ("management_tests",), ("management_tests.Author", "management_tests.Tag")):
        with pytest.raises(CommandError, match="--pks option with one model"):
            dump(*labels, primary_keys="1")


def test_hidden_rows_are_dumped_on_demand() -> None:
    Secret(text="x").save()
    assert dump("management_tests.Secret") == []
    assert len(dump("management_tests.Secret", use_base_manager=True)) == 1


def test_a_dump_without_some_models() -> None:
    Author.objects.create(name="a")
    Tag.objects.create(word="t")
    rows = dump("management_tests", exclude=["management_tests.Author"])
    assert {row["model"] for row in rows} == {"management_tests.tag"}


@pytest.mark.parametrize(
    ("labels", "options", "message"),
    [
        (["nope"], {}, "No installed app with label 'nope'"),
        (["management_tests.Nope"], {}, "Unknown model: management_tests.Nope"),
        (["management_tests"], {"format": "nope"}, "Unknown serialization format: nope"),
        (["management_tests"], {"format": "python"}, "Unknown serialization format: python"),
        ([], {"exclude": ["nope"]}, "No installed app with label 'nope'"),
        (["management_tests.Author"], {"primary_keys": "x"}, "Unable to serialize database"),
    ],
)
def test_a_dump_that_cannot_be_made_is_an_error(labels: Any, options: Any, message: str) -> None:
    with pytest.raises(CommandError, match=message):
        dump(*labels, **options)


def test_a_proxy_model_has_no_rows_of_its_own() -> None:
    from offbeat.core.management.commands.dumpdata import ProxyModelWarning

    with pytest.warns(ProxyModelWarning, match="OldBook is a proxy model"):
        assert dump("management_tests.OldBook") == []


def test_natural_keys_put_models_in_order() -> None:
    Book.objects.create(title="t", author=Author.objects.create(name="w"))
    rows = dump("management_tests", use_natural_foreign_keys=True, use_natural_primary_keys=True)
    assert [row["model"] for row in rows] == ["management_tests.author", "management_tests.book"]
    assert "pk" not in rows[0]
    assert rows[1]["fields"]["author"] == ["w"]


def test_rows_can_be_kept_as_text(monkeypatch: pytest.MonkeyPatch) -> None:
    kept = Author.objects.create(name="kept")
    monkeypatch.setattr(connection.creation, "_objects", lambda: iter(list(Author.objects.all())))
    text = connection.creation.serialize_db_to_string()
    Author.objects.all().delete()
    connection.creation.deserialize_db_from_string(text)
    assert Author.objects.get() == kept


def test_sequences_of_an_unknown_app_are_an_error() -> None:
    with pytest.raises(CommandError, match="No installed app"):
        call_command("sqlsequencereset", "nope")


@pytest.mark.sqlite
def test_a_database_without_sequences_says_so() -> None:
    err = StringIO()
    call_command("sqlsequencereset", "management_tests", stderr=err, stdout=StringIO())
    assert "No sequences found." in err.getvalue()
