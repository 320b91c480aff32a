"""Storages: names, saving, listing, times."""

from __future__ import annotations

import datetime
import os
import threading

import pytest

from offbeat.conf import settings
from offbeat.core.exceptions import SuspiciousFileOperation
from offbeat.core.files.base import ContentFile
from offbeat.core.files.storage import (
    FileSystemStorage,
    InMemoryStorage,
    InvalidStorageError,
    Storage,
    StorageHandler,
    default_storage,
    storages,
)
from offbeat.core.files.uploadedfile import TemporaryUploadedFile


@pytest.fixture(params=["disk", "memory"])
def storage(request, tmp_path):
    if request.param == "disk":
        return FileSystemStorage(location=tmp_path, base_url="/files")
    return InMemoryStorage(location=tmp_path, base_url="/files")


def test_saving_and_reading(storage):
    name = storage.save("a/b/c.txt", ContentFile(b"content"))
    assert name == "a/b/c.txt"
    assert storage.exists(name)
    with storage.open(name) as file:
        assert file.read() == b"content"
    assert storage.size(name) == 7
    assert storage.url(name) == "/files/a/b/c.txt"
    assert storage.listdir("a") == (["b"], [])
    assert storage.listdir("a/b") == ([], ["c.txt"])
    storage.delete(name)
    assert not storage.exists(name)
    storage.delete(name)


def test_text(storage):
    name = storage.save("x.txt", ContentFile("tëxt"))
    with storage.open(name, "r") as file:
        assert file.read() == "tëxt"
    with storage.open("new.txt", "w") as file:
        file.write("written")
    with storage.open("new.txt", "rb") as file:
        assert file.read() == b"written"
    with pytest.raises(FileNotFoundError):
        storage.open("missing")


def test_a_taken_name_gets_random_characters(storage):
    first = storage.save("x.tar.gz", ContentFile(b"1"))
    second = storage.save("x.tar.gz", ContentFile(b"2"))
    assert first == "x.tar.gz"
    assert second.startswith("x_")
    assert second.endswith(".tar.gz")
    assert len(second) == len(first) + 8
    assert storage.get_available_name("x.tar.gz", max_length=16).startswith("x_")
    with pytest.raises(SuspiciousFileOperation, match="max_length"):
        storage.get_available_name("x.tar.gz", max_length=8)


def test_times(storage):
    name = storage.save("x", ContentFile(b""))
    now = datetime.datetime.now(tz=datetime.UTC)
    for moment in (
        storage.get_created_time(name),
        storage.get_modified_time(name),
        storage.get_accessed_time(name),
    ):
        assert abs(moment - now) < datetime.timedelta(seconds=5)


@pytest.mark.parametrize("name", ["../x", "/etc/x", "a/../../x", "..", "", "a/.."])
def test_names_outside_of_the_location(storage, name):
    with pytest.raises(SuspiciousFileOperation):
        storage.save(name, ContentFile(b""))


def test_generated_names(storage):
    assert storage.generate_filename("a/b c?.txt") == "a/b_c.txt"
    for name in ("../x", "a/../x", "..\\x"):
        with pytest.raises(SuspiciousFileOperation):
            storage.generate_filename(name)


def test_a_directory_in_the_way(storage):
    storage.save("a/b", ContentFile(b""))
    with pytest.raises((FileExistsError, NotADirectoryError)):
        storage.save("a/b/c", ContentFile(b""))


def test_overwriting_when_allowed(tmp_path):
    storage = FileSystemStorage(location=tmp_path, allow_overwrite=True)
    assert storage.save("x", ContentFile(b"longer")) == storage.save("x", ContentFile(b"new")) == "x"
    assert (tmp_path / "x").read_bytes() == b"new"


def test_modes_do_not_depend_on_the_umask(tmp_path):
    storage = FileSystemStorage(tmp_path, file_permissions_mode=0o654, directory_permissions_mode=0o765)
    old = os.umask(0o027)
    try:
        storage.save("a/b/c", ContentFile(b""))
    finally:
        os.umask(old)
    assert [(tmp_path / path).stat().st_mode & 0o777 for path in ("a", "a/b", "a/b/c")] == [
        0o765,
        0o765,
        0o654,
    ]


def test_a_temporary_upload_is_moved(tmp_path):
    upload = TemporaryUploadedFile("x.txt", "text/plain", 0, None)
    upload.write(b"data")
    upload.flush()
    source = upload.temporary_file_path()
    name = FileSystemStorage(location=tmp_path).save("x.txt", upload)
    assert not os.path.exists(source)
    assert (tmp_path / name).read_bytes() == b"data"
    upload.close()


def test_a_race_for_a_name_loses_nothing(tmp_path):
    storage = FileSystemStorage(location=tmp_path)
    start = threading.Barrier(8)

    def save():
        start.wait()
        storage.save("x", ContentFile(b"data"))

    threads = [threading.Thread(target=save) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(os.listdir(tmp_path)) == 8


def test_a_file_without_url(tmp_path, monkeypatch):
    monkeypatch.setattr(settings, "MEDIA_URL", None)
    with pytest.raises(ValueError, match="not accessible"):
        FileSystemStorage(location=tmp_path).url("x")


def test_deleting_needs_a_name(tmp_path):
    with pytest.raises(ValueError, match="name"):
        FileSystemStorage(location=tmp_path).delete("")


def test_what_a_storage_does_not_offer():
    for call in (
        lambda s: s.delete("x"),
        lambda s: s.exists("x"),
        lambda s: s.listdir("x"),
        lambda s: s.size("x"),
        lambda s: s.url("x"),
        lambda s: s.path("x"),
        lambda s: s.get_accessed_time("x"),
        lambda s: s.get_created_time("x"),
        lambda s: s.get_modified_time("x"),
    ):
        with pytest.raises(NotImplementedError):
            call(Storage())


def test_storages_by_alias():
    assert storages["default"] is storages["default"]
    assert isinstance(default_storage, FileSystemStorage)
    handler = StorageHandler(
        {"m": {"BACKEND": "django.core.files.storage.InMemoryStorage"}, "bad": {"BACKEND": "x.Y"}}
    )
    assert isinstance(handler["m"], InMemoryStorage)
    for alias in ("missing", "bad"):
        with pytest.raises(InvalidStorageError):
            handler[alias]
