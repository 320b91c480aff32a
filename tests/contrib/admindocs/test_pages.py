"""The documentation of a project: who reads it, and what it says."""

from __future__ import annotations

import pytest

from offbeat.conf import settings
from offbeat.contrib.admindocs import utils
from offbeat.contrib.auth.models import User
from offbeat.core.exceptions import ImproperlyConfigured
from offbeat.test import Client, RequestFactory
from offbeat.test.utils import override_settings
from offbeat.urls import clear_url_caches
from tests.contrib.admin.conftest import MIDDLEWARE, client, installed, root, shelf, staff  # noqa: F401

pytestmark = pytest.mark.usefixtures("documented")
DOC = "/admin/doc/"


@pytest.fixture
def documented(root):  # noqa: F811
    pytest.importorskip("docutils")
    with override_settings(
        INSTALLED_APPS=[*settings.INSTALLED_APPS, "offbeat.contrib.admindocs"],
        ROOT_URLCONF="tests.contrib.admindocs.pages",
        MIDDLEWARE=[*MIDDLEWARE, "offbeat.contrib.admindocs.middleware.XViewMiddleware"],
        ALLOWED_HOSTS=["*"],
    ):
        clear_url_caches()
        yield
    clear_url_caches()


@pytest.mark.parametrize("page", ["", "bookmarklets/", "tags/", "filters/", "views/", "models/"])
def test_pages_are_for_the_staff(client, page):  # noqa: F811
    assert client.get(DOC + page).status_code == 200
    assert Client().get(DOC + page)["Location"].startswith("/admin/login/")


def test_without_docutils_the_pages_ask_for_it(client, monkeypatch):  # noqa: F811
    monkeypatch.setattr(utils, "docutils_is_available", False)
    assert b"docutils" in client.get(f"{DOC}views/").content


def test_tags_and_filters_are_described(client):  # noqa: F811
    html = client.get(f"{DOC}tags/").content.decode()
    assert '<h3 id="if">if</h3>' in html
    assert '<h3 id="admin_list-result_list">result_list</h3>' in html
    assert '<h3 id="capfirst">capfirst</h3>' in client.get(f"{DOC}filters/").content.decode()


def test_views_are_listed_by_namespace(client):  # noqa: F811
    views = {view["name"]: view for view in client.get(f"{DOC}views/").context["views"]}
    assert views["zoo"]["full_name"] == "tests.contrib.admindocs.pages.zoo"
    assert views["zoo"]["url"] == "/zoo/<int:pk>/"
    assert (views["cage"]["namespace"], views["cage"]["url_name"]) == ("park", "park:cage")


def test_a_view_is_described_by_its_docstring(client):  # noqa: F811
    context = client.get(f"{DOC}views/tests.contrib.admindocs.pages.zoo/").context
    assert context["summary"] == "Show an animal.\n"
    assert (
        '<em>friends</em>, see <a class="reference external" href="/admin/doc/models/auth.user/">'
        in context["body"]
    )
    assert context["meta"] == {"Context": "<p>the animal</p>\n"}
    assert client.get(f"{DOC}views/tests.contrib.admindocs.pages.Cage/").context["summary"] == "A cage.\n"


@pytest.mark.parametrize("name", ["os.system", "tests.contrib.admindocs.pages.nothing", "x"])
def test_only_views_with_an_address_are_shown(client, name):  # noqa: F811
    assert client.get(f"{DOC}views/{name}/").status_code == 404


def test_a_model_shows_fields_relations_and_methods(client):  # noqa: F811
    context = client.get(f"{DOC}models/auth.user/").context
    fields = {field["name"]: field for field in context["fields"]}
    assert fields["email"]["data_type"] == "Email address"
    assert fields["groups.all"]["data_type"] == "List"
    assert "/admin/doc/models/auth.group/" in fields["groups.count"]["verbose"]
    assert client.get(f"{DOC}models/auth.nothing/").status_code == 404
    assert client.get(f"{DOC}models/nothing.user/").status_code == 404


def test_models_want_the_permission_to_view(staff):  # noqa: F811
    browser = staff("view_group")
    assert [opts.label for opts in browser.get(f"{DOC}models/").context["models"]] == ["auth.Group"]
    assert browser.get(f"{DOC}models/auth.group/").status_code == 200
    assert browser.get(f"{DOC}models/auth.user/").status_code == 403


def test_a_template_is_looked_for_where_templates_are(client):  # noqa: F811
    found = client.get(f"{DOC}templates/admin/base.html/").context["templates"]
    assert [one["exists"] for one in found].count(True) == 1


@pytest.mark.parametrize("name", ["../../etc/passwd", "/etc/passwd", "admin/../../../../x"])
def test_cve_2021_33203_templates_outside_cannot_be_tested_for(client, name):  # noqa: F811
    assert client.get(f"{DOC}templates/{name.replace('/', '%2F')}/").status_code in (400, 404)


def test_documents_read_no_files():
    html = utils.parse_rst(".. include:: /etc/passwd\n\n.. raw:: html\n\n   <script>", "model", "x")
    assert "root:" not in html
    assert "<script>" not in html


@pytest.mark.parametrize(
    ("pattern", "shown"),
    [
        (r"^(?P<sport>\w+)/athletes/$", "/<sport>/athletes/"),
        (r"^(\d+)/(?P<y>(a|b))/$", "/<var>/<y>/"),
        (r"^(?:a|b)/c\.x$", r"/c\.x"),
        (r"^a/?$", "/a/"),
        (r"\Aa\Z", "/a"),
        (r"^a/(?P<b>[^/()]+)?/(c", "/a/<b>/<var>"),
        ("", "/"),
    ],
)
def test_patterns_become_readable(pattern, shown):
    assert utils.simplify_regex(pattern) == shown


def test_docstrings_are_taken_apart():
    assert utils.parse_docstring("\n    T.\n\n    B\n    b\n\n    K: v\n    L: w\n") == (
        "T.",
        "B\nb",
        {"K": "v", "L": "w"},
    )
    assert utils.parse_docstring(None) == ("", "", {})


def test_the_staff_learns_the_view_by_head(client):  # noqa: F811
    assert client.head("/zoo/1/")["X-View"] == "tests.contrib.admindocs.pages.zoo"
    assert client.head("/park/cage/")["X-View"] == "tests.contrib.admindocs.pages.Cage"
    assert "X-View" not in client.get("/zoo/1/").headers
    assert "X-View" not in Client().head("/zoo/1/").headers
    User.objects.filter(username="root").update(is_staff=False)
    assert "X-View" not in client.head("/zoo/1/").headers
    with override_settings(INTERNAL_IPS=["127.0.0.1"]):
        assert "X-View" in Client().head("/zoo/1/").headers


def test_the_middleware_wants_users():
    from offbeat.contrib.admindocs.middleware import XViewMiddleware

    with pytest.raises(ImproperlyConfigured, match="AuthenticationMiddleware"):
        XViewMiddleware(lambda request: None).process_view(RequestFactory().head("/"), None, (), {})
