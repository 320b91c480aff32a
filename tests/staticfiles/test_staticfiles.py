"""Finding, collecting and serving static files."""

from __future__ import annotations

import json
from io import StringIO
from pathlib import Path
from typing import Any

import pytest

from offbeat.contrib.staticfiles import finders
from offbeat.contrib.staticfiles.storage import ManifestStaticFilesStorage, StaticFilesStorage
from offbeat.contrib.staticfiles.views import serve
from offbeat.core.exceptions import ImproperlyConfigured, SuspiciousFileOperation
from offbeat.core.management import CommandError, call_command
from offbeat.http import Http404
from offbeat.test import RequestFactory, override_settings

MANIFEST = {
    "default": {"BACKEND": "offbeat.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "offbeat.contrib.staticfiles.storage.ManifestStaticFilesStorage"},
}


def collect(**options: Any) -> str:
    out = StringIO()
    call_command("collectstatic", interactive=False, stdout=out, **options)
    return out.getvalue()


def names(folder: Path) -> set[str]:
    return {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}


def test_files_are_found_in_folders_and_under_prefixes(files: Path) -> None:
    assert finders.find("css/page.css") == str(files / "source" / "css" / "page.css")
    assert finders.find("pre/dot.png") == str(files / "more" / "dot.png")
    assert finders.find("nowhere.css") is None
    assert finders.find("dot.png", find_all=True) == [str(files / "source" / "dot.png")]
    assert str(files / "source") in map(str, finders.searched_locations)


def test_paths_do_not_leave_the_folder(files: Path) -> None:
    with pytest.raises(SuspiciousFileOperation):
        finders.find("../secret")


def test_collecting_copies_what_is_new_and_leaves_out_hidden_files(files: Path) -> None:
    assert "4 static files copied" in collect()
    assert names(files / "root") == {"css/page.css", "css/other.css", "dot.png", "pre/dot.png"}
    assert "0 static files copied" in collect()
    assert "4 unmodified" in collect()


def test_collecting_can_clear_link_ignore_and_only_pretend(files: Path) -> None:
    root = files / "root"
    assert "copied" in collect(dry_run=True)
    assert not root.exists() or names(root) == set()
    collect(ignore_patterns=["*.png"])
    assert names(root) == {"css/page.css", "css/other.css"}
    (root / "old.txt").write_text("old")
    collect(clear=True, link=True)
    assert "old.txt" not in names(root)
    assert (root / "dot.png").is_symlink()


def test_collecting_needs_a_root(files: Path) -> None:
    with override_settings(STATIC_ROOT=None), pytest.raises(ImproperlyConfigured):
        collect()


def test_findstatic_tells_where(files: Path) -> None:
    out, err = StringIO(), StringIO()
    call_command("findstatic", "dot.png", verbosity=0, stdout=out)
    assert out.getvalue().strip() == str(files / "source" / "dot.png")
    call_command("findstatic", "nowhere.png", stderr=err)
    assert "No matching file found for 'nowhere.png'." in err.getvalue()


def test_names_get_the_hash_of_their_content(files: Path) -> None:
    with override_settings(STORAGES=MANIFEST):
        assert "post-processed" in collect()
        storage = ManifestStaticFilesStorage()
        page = storage.stored_name("css/page.css")
        text = (files / "root" / page).read_text()
        # References inside of the file have hashes too; query and fragment are kept.
        assert storage.stored_name("css/other.css").rpartition("/")[2] in text
        assert f"../{storage.stored_name('dot.png')}?v=1#top" in text
        manifest = json.loads((files / "root" / "staticfiles.json").read_text())
        assert manifest["paths"]["css/page.css"] == page
        assert storage.url("css/page.css") == f"/static/{page}"
        with pytest.raises(ValueError, match=r"manifest entry for 'lost\.css'"):
            storage.stored_name("lost.css")


def test_a_reference_to_nothing_stops_collecting(files: Path) -> None:
    (files / "source" / "bad.css").write_text("b { background: url(lost.png) }")
    with override_settings(STORAGES=MANIFEST), pytest.raises((CommandError, ValueError), match=r"lost\.png"):
        collect()


def test_a_storage_without_root_says_so() -> None:
    with pytest.raises(ImproperlyConfigured, match="STATIC_ROOT"):
        StaticFilesStorage(location=None, base_url="/static/").path("x")


def test_the_view_serves_while_debugging_only(files: Path) -> None:
    request = RequestFactory().get("/static/dot.png")
    with override_settings(DEBUG=True):
        response = serve(request, "dot.png")
        assert b"".join(response.streaming_content) == b"\x89PNG"
        response.close()
        with pytest.raises(Http404):
            serve(request, "nowhere.png")
    with pytest.raises(Http404):
        serve(request, "dot.png")


@pytest.mark.parametrize(
    ("settings", "identifier"),
    [
        ({"STATICFILES_DIRS": "text"}, "staticfiles.E001"),
        ({"STATICFILES_DIRS": ["/srv/here"], "STATIC_ROOT": "/srv/here"}, "staticfiles.E002"),
        ({"STATICFILES_DIRS": [("pre/", "/tmp")]}, "staticfiles.E003"),
        ({"STATICFILES_DIRS": ["/no/where/at/all"]}, "staticfiles.W004"),
        ({"STORAGES": {"default": MANIFEST["default"]}}, "staticfiles.E005"),
    ],
)
def test_settings_are_checked(settings: dict[str, Any], identifier: str) -> None:
    from offbeat.contrib.staticfiles.checks import check_finders, check_storages

    with override_settings(**settings):
        finders.get_finder.cache_clear()
        found = [message.id for message in (*check_finders(None), *check_storages(None))]
    finders.get_finder.cache_clear()
    assert identifier in found
