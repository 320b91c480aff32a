"""The admin's templates: what can be overridden, and which static files they need."""

from __future__ import annotations

import re
from collections.abc import Iterator
from io import StringIO
from pathlib import Path
from typing import Any

import pytest

import offbeat.contrib
from offbeat.conf import settings
from offbeat.contrib.staticfiles import finders
from offbeat.contrib.staticfiles.storage import ManifestStaticFilesStorage
from offbeat.core.management import call_command
from offbeat.template import Context, Engine
from offbeat.template.loader_tags import BlockNode
from offbeat.test import override_settings

ADMIN = Path(next(iter(offbeat.contrib.__path__))) / "admin"
TEMPLATES = ADMIN / "templates"
BLOCKS = {
    "admin/base.html": "title extrastyle dark-mode-vars extrahead responsive blockbots bodyclass header branding usertools "
    "welcome-msg userlinks nav-global nav-breadcrumbs breadcrumbs nav-sidebar messages coltype pretitle content_title "
    "content_subtitle content object-tools sidebar footer extrabody",
    "admin/change_list.html": "object-tools object-tools-items search date_hierarchy result_list pagination filters",
    "admin/change_form.html": "object-tools object-tools-items form_top submit_buttons_top field_sets after_field_sets "
    "inline_field_sets after_related_objects submit_buttons_bottom admin_change_form_document_ready",
    "admin/submit_line.html": "submit-row",
    "admin/actions.html": "actions actions-form actions-submit actions-counter",
    "admin/date_hierarchy.html": "date-hierarchy-toplinks date-hierarchy-back date-hierarchy-choices",
    "admin/delete_confirmation.html": "delete_forbidden delete_protected delete_confirm",
    "admin/widgets/related_widget_wrapper.html": "links",
}
LIBRARIES = {
    "i18n": "offbeat.templatetags.i18n",
    "l10n": "offbeat.templatetags.l10n",
    "static": "offbeat.templatetags.static",
    **{
        name: f"offbeat.contrib.admin.templatetags.{name}"
        for name in ("admin_filters", "admin_list", "admin_modify", "admin_urls", "log")
    },
}


@pytest.fixture(autouse=True)
def _installed() -> Iterator[None]:
    apps = settings.INSTALLED_APPS
    wanted = [*apps, *({"offbeat.contrib.admin"} - set(apps))]
    with override_settings(INSTALLED_APPS=wanted):
        finders.get_finder.cache_clear()
        yield
    finders.get_finder.cache_clear()


@pytest.fixture
def engine() -> Engine:
    return Engine(dirs=[str(TEMPLATES)], app_dirs=True, libraries=LIBRARIES)


def sources() -> list[Path]:
    return sorted(TEMPLATES.rglob("*.html"))


@pytest.mark.parametrize("name", BLOCKS)
def test_documented_blocks_are_there_to_be_overridden(engine: Engine, name: str) -> None:
    template = engine.get_template(name)
    blocks: set[Any] = {node.name for node in template.nodelist.get_nodes_by_type(BlockNode)}
    assert set(BLOCKS[name].split()) <= blocks


@pytest.mark.parametrize("path", sources(), ids=lambda path: str(path.relative_to(TEMPLATES)))
def test_every_template_compiles_and_needs_no_inline_script_or_style(engine: Engine, path: Path) -> None:
    engine.get_template(str(path.relative_to(TEMPLATES)))
    text = path.read_text()
    assert re.findall(r"<script(?![^>]*(\bsrc=|type=\"application/json\"))", text) == []
    assert re.findall(r"<style|\sstyle=|\son\w+=|javascript:", text) == []


def test_every_static_file_that_pages_name_exists(tmp_path: Path) -> None:
    manifest = {"staticfiles": {"BACKEND": "offbeat.contrib.staticfiles.storage.ManifestStaticFilesStorage"}}
    with override_settings(
        STATIC_ROOT=str(tmp_path), STATIC_URL="/static/", STORAGES=manifest, STATICFILES_DIRS=[]
    ):
        # Collecting fails where a style sheet names an image that is not there.
        call_command("collectstatic", interactive=False, stdout=StringIO())
        storage = ManifestStaticFilesStorage()
        named = {
            name for path in sources() for name in re.findall(r'{% static "([^"]+)" %}', path.read_text())
        }
        assert len(named) > 10
        for name in named:
            assert storage.stored_name(name), name


def test_forms_name_only_scripts_that_exist() -> None:
    from offbeat.contrib.admin import assets

    groups = [value for name, value in vars(assets).items() if name.isupper()]
    assert groups
    for name in {each for group in groups for each in group}:
        assert (ADMIN / "static" / "admin" / "js" / name).is_file(), name


def test_a_name_is_escaped_where_it_is_cut_into_breadcrumbs(engine: Engine) -> None:
    source = "{% load admin_filters %}{{ name|to_object_display_value|truncatewords:18 }}"
    rendered = engine.from_string(source).render(Context({"name": "<b>bold</b>"}))
    assert rendered == "&lt;b&gt;bold&lt;/b&gt;"
