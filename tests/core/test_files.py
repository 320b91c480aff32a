"""File objects, uploads, names and moving."""

from __future__ import annotations

import io
import os

import pytest

from offbeat.core.exceptions import SuspiciousFileOperation
from offbeat.core.files import File
from offbeat.core.files.base import ContentFile
from offbeat.core.files.locks import LOCK_EX, LOCK_NB, lock, unlock
from offbeat.core.files.move import file_move_safe
from offbeat.core.files.uploadedfile import SimpleUploadedFile, TemporaryUploadedFile, UploadedFile
from offbeat.core.files.utils import validate_file_name


def test_a_file_over_a_path(tmp_path):
    path = tmp_path / "x.txt"
    path.write_bytes(b"hello")
    with path.open("rb") as stream:
        file = File(stream)
        assert (file.name, file.size, len(file), file.mode) == (str(path), 5, 5, "rb")
        assert bool(file)
        assert file.read() == b"hello"
        assert list(file.chunks(2)) == [b"he", b"ll", b"o"]
        assert file.multiple_chunks(2)
        assert not file.multiple_chunks()
    assert file.closed
    with file.open() as again:
        assert again.read() == b"hello"


def test_a_file_that_cannot_be_reopened():
    file = File(io.BytesIO(b""), name="gone")
    file.close()
    with pytest.raises(ValueError, match="cannot be reopened"):
        file.open()
    with pytest.raises(AttributeError, match="size"):
        _ = File(object()).size


@pytest.mark.parametrize(
    "content", [b"one\ntwo\nthree", b"one\r\ntwo\r\nthree", b"one\rtwo\rthree", "one\ntwo\n"]
)
@pytest.mark.parametrize("size", [1, 2, 3, 4, 5, 64])
def test_lines_across_chunks(content, size):
    file = ContentFile(content)
    file.DEFAULT_CHUNK_SIZE = size
    assert list(file) == content.splitlines(True)


def test_content_files():
    file = ContentFile("text", name="x")
    assert (file.size, file.read(), str(file), bool(file)) == (4, "text", "Raw content", True)
    file.open()
    file.write("longer text")
    assert file.size == 11
    file.close()
    assert not file.closed
    assert ContentFile(b"").readable()


def test_names_of_uploads_are_their_last_component():
    assert UploadedFile(name="/a/b/c.txt").name == "c.txt"
    long = UploadedFile(name="x" * 300 + ".extension").name
    assert len(long) == 255
    assert long.endswith(".extension")
    for name in (".", "..", "/", "x/.."):
        with pytest.raises(SuspiciousFileOperation):
            UploadedFile(name=name)


def test_simple_uploads():
    upload = SimpleUploadedFile("x.txt", b"data")
    assert (upload.size, upload.content_type, upload.read()) == (4, "text/plain", b"data")
    assert list(upload.open().chunks()) == [b"data"]
    assert (
        SimpleUploadedFile.from_dict({"filename": "y", "content": b"z", "content-type": "a/b"}).content_type
        == "a/b"
    )


def test_closing_a_temporary_upload_that_was_moved_away(tmp_path):
    upload = TemporaryUploadedFile("x.txt", "text/plain", 0, None)
    os.rename(upload.temporary_file_path(), tmp_path / "x")
    upload.close()


def test_validation_of_names():
    assert validate_file_name("a.txt") == "a.txt"
    assert validate_file_name("a/b.txt", allow_relative_path=True) == "a/b.txt"
    for name in ("a/b", "", ".", ".."):
        with pytest.raises(SuspiciousFileOperation):
            validate_file_name(name)
    for name in ("/a", "../a", "a/../b", "..\\a", "a\\..\\b"):
        with pytest.raises(SuspiciousFileOperation):
            validate_file_name(name, allow_relative_path=True)


def test_moving(tmp_path):
    source, target = tmp_path / "a", tmp_path / "b"
    source.write_text("new")
    target.write_text("old")
    with pytest.raises(FileExistsError):
        file_move_safe(str(source), str(target))
    file_move_safe(str(source), str(target), allow_overwrite=True)
    assert target.read_text() == "new"
    assert not source.exists()
    file_move_safe(str(target), str(target))


def test_moving_between_file_systems_copies(tmp_path, monkeypatch):
    source, target = tmp_path / "a", tmp_path / "b"
    source.write_text("new")
    source.chmod(0o640)
    target.write_text("old and longer")

    def refuse(*args):
        raise OSError

    monkeypatch.setattr("offbeat.core.files.move.os.rename", refuse)
    file_move_safe(str(source), str(target), allow_overwrite=True)
    assert target.read_text() == "new"
    assert target.stat().st_mode & 0o777 == 0o640


def test_locks(tmp_path):
    path = tmp_path / "x"
    with path.open("w") as one, path.open("w") as two:
        assert lock(one, LOCK_EX)
        assert not lock(two, LOCK_EX | LOCK_NB)
        assert unlock(one)
        assert lock(two, LOCK_EX | LOCK_NB)
