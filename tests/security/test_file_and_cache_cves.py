"""Published weaknesses of storages and caches, each as a test."""

from __future__ import annotations

import os
import threading

import pytest

from offbeat.core.cache import CacheKeyWarning, cache
from offbeat.core.cache.backends.filebased import FileBasedCache
from offbeat.core.exceptions import SuspiciousFileOperation
from offbeat.core.files.base import ContentFile
from offbeat.core.files.storage import FileSystemStorage, InMemoryStorage
from offbeat.core.files.uploadedfile import SimpleUploadedFile
from offbeat.http import HttpRequest, HttpResponse
from offbeat.utils.cache import get_cache_key, has_vary_header, learn_cache_key

from ..http.helpers import file, form_request, multipart


@pytest.fixture(params=[0o000, 0o022, 0o077], ids=oct)
def umask(request):
    """Several masks of the process."""
    before = os.umask(request.param)
    yield
    os.umask(before)


def page(**meta):
    request = HttpRequest()
    request.method = "GET"
    request.path = "/p/"
    request.META.update(SERVER_NAME="testserver", SERVER_PORT="80", **meta)
    return request


def test_cve_2026_113593_an_absent_header_is_not_an_empty_one():
    learn_cache_key(page(), HttpResponse(headers={"Vary": "X-Tenant, X-Other"}))
    keys = {
        get_cache_key(page()),
        get_cache_key(page(HTTP_X_TENANT="")),
        get_cache_key(page(HTTP_X_OTHER="")),
        get_cache_key(page(HTTP_X_TENANT="a", HTTP_X_OTHER="b")),
        get_cache_key(page(HTTP_X_TENANT="ab", HTTP_X_OTHER="")),
    }
    assert len(keys) == 5
    cache.clear()


def test_cve_2026_48587_spaces_do_not_hide_an_asterisk():
    assert has_vary_header(HttpResponse(headers={"Vary": "  * "}), "*")
    assert has_vary_header(HttpResponse(headers={"Vary": "Cookie ,* "}), "*")


def test_cve_2020_24583_the_mode_of_directories_is_that_of_their_parents_too(tmp_path, umask):
    FileSystemStorage(tmp_path, directory_permissions_mode=0o750).save("a/b/c.txt", ContentFile(b""))
    assert [(tmp_path / path).stat().st_mode & 0o777 for path in ("a", "a/b")] == [0o750, 0o750]


def test_cve_2026_25674_directories_have_exactly_the_configured_mode(tmp_path):
    stop = threading.Event()

    def flip():
        while not stop.is_set():
            os.umask(0o000)
            os.umask(0o077)

    before = os.umask(0o022)
    thread = threading.Thread(target=flip)
    thread.start()
    try:
        for number in range(50):
            storage = FileSystemStorage(tmp_path / str(number), directory_permissions_mode=0o750)
            storage.save("a/b/c.txt", ContentFile(b""))
    finally:
        stop.set()
        thread.join()
        os.umask(before)
    modes = {path.stat().st_mode & 0o777 for path in tmp_path.rglob("*") if path.is_dir()}
    assert modes == {0o750}


def test_cve_2020_24584_directories_of_a_file_cache_are_private(tmp_path):
    FileBasedCache(str(tmp_path / "a" / "b" / "c"), {}).set("x", 1)
    for path in ("a", "a/b", "a/b/c"):
        assert (tmp_path / path).stat().st_mode & 0o777 == 0o700


@pytest.mark.parametrize("storage_class", [FileSystemStorage, InMemoryStorage])
def test_cve_2024_39330_a_subclass_cannot_skip_the_check(storage_class, tmp_path):
    class Careless(storage_class):
        def generate_filename(self, filename):
            return filename

        def get_available_name(self, name, max_length=None):
            return name

    for name in ("../x", "a/../../x", "/abs"):
        with pytest.raises(SuspiciousFileOperation):
            Careless(location=tmp_path).save(name, ContentFile(b""))


@pytest.mark.parametrize("name", ["../x", "/abs", "a/..", "..\\x"])
def test_cve_2021_45452_names_that_leave_the_root(name, tmp_path):
    with pytest.raises(SuspiciousFileOperation):
        FileSystemStorage(location=tmp_path).save(name, ContentFile(b""))


@pytest.mark.parametrize(
    "name",
    ["../../x", r"..\..\x", "a/b/x", "/x", "./x", "C:/x", r"C:\x", "x/", ".", "..", "", "/", "a/..", "\x00"],
)
def test_cve_2021_31542_an_uploaded_name_keeps_no_path(name, tmp_path):
    """A bare name or a refusal, whichever door it comes in by; and nothing outside of the storage's root."""
    root = tmp_path / "root"
    for make in (lambda: SimpleUploadedFile(name, b"x"), lambda: ContentFile(b"x", name=name)):
        try:
            upload = make()
            saved = FileSystemStorage(root).save(upload.name, upload)
        except (SuspiciousFileOperation, ValueError):
            continue
        assert (root / saved).is_file()
        assert not {"..", "."}.intersection(saved.replace("\\", "/").split("/"))
    for name_of_field in (name, name.replace("/", "&#47;"), name.replace("/", "&sol;")):
        quoted = name_of_field.replace("\\", "\\\\")
        for upload in form_request(multipart(file("f", quoted))).FILES.values():
            assert upload.name
            assert not {"/", "\\", "\x00"}.intersection(upload.name)
            assert upload.name not in (".", "..")
    assert [each for each in tmp_path.rglob("*") if each.is_file() and root not in each.parents] == []


def test_cve_2020_13254_keys_that_could_collide_are_announced():
    for key in ("a b", "x" * 260, "a\x00b"):
        with pytest.warns(CacheKeyWarning):
            cache.set(key, 1)


def test_cve_2014_0481_many_saves_of_one_name_take_constant_time_each(tmp_path):
    storage = FileSystemStorage(location=tmp_path)
    calls = []
    exists = storage.exists
    storage.exists = lambda name: calls.append(name) or exists(name)
    for _ in range(500):
        storage.save("x.txt", ContentFile(b""))
    assert len(calls) <= 1010
