from __future__ import annotations

import asyncio
import io

import pytest

from offbeat.test import AsyncClient, Client
from offbeat.test.client import RedirectCycleError

pytestmark = pytest.mark.usefixtures("site")

VERBS = ["get", "post", "put", "patch", "delete", "options"]


def call(client, verb, *args, **kwargs):
    """The response of either client, in this thread."""
    response = getattr(client, verb)(*args, **kwargs)
    if asyncio.iscoroutine(response):
        from offbeat.concurrency import run

        async def main():
            return await response

        response = run(main())
    return response


@pytest.fixture(params=[Client, AsyncClient])
def client(request):
    return request.param()


@pytest.mark.parametrize("verb", VERBS)
def test_every_verb_reaches_the_view(client, verb):
    data = call(client, verb, "/echo/", query_params={"q": "x"}).json()
    assert data["method"] == verb.upper()
    assert data["get"] == {"q": "x"}


def test_head_and_trace(client):
    assert call(client, "head", "/echo/").content == b""
    assert call(client, "trace", "/echo/").status_code == 200


def test_form_data_and_files(client):
    file = io.BytesIO(b"content")
    file.name = "a.txt"
    data = call(client, "post", "/echo/", {"a": "1", "f": file}).json()
    assert data["post"] == {"a": "1"}
    assert data["files"] == {"f": "content"}


def test_json_bodies(client):
    data = call(client, "post", "/echo/", {"a": [1]}, content_type="application/json").json()
    assert data["body"] == '{"a": [1]}'
    assert data["type"] == "application/json"


def test_get_data_is_the_query(client):
    assert call(client, "get", "/echo/", {"a": "b c"}).json()["get"] == {"a": "b c"}
    assert call(client, "get", "/echo/?a=1").json()["get"] == {"a": "1"}
    with pytest.raises(ValueError, match="mutually exclusive"):
        client.get("/echo/", {"a": 1}, query_params={"b": 1})


def test_headers_scheme_and_host(client):
    data = call(client, "get", "/echo/", headers={"X-Test": "yes"}, secure=True).json()
    assert (data["header"], data["secure"], data["host"]) == ("yes", True, "testserver")


@pytest.mark.parametrize("kind", [Client, AsyncClient])
def test_defaults_of_a_client(kind):
    client = kind(headers={"X-Test": "default"}, query_params={"q": "1"})
    data = call(client, "get", "/echo/").json()
    assert data["header"] == "default"
    assert data["get"] == {"q": "1"}
    assert call(client, "get", "/echo/", {"z": "2"}).json()["get"] == {"z": "2"}
    assert call(client, "get", "/echo/", headers={"X-Test": "own"}).json()["header"] == "own"


def test_cookies_are_kept_and_sent(client):
    call(client, "get", "/cookie/")
    assert client.cookies["flavour"].value == "salt"
    assert call(client, "get", "/echo/").json()["cookies"] == {"flavour": "salt"}


def test_attributes_of_the_response(client):
    response = call(client, "get", "/echo/", {"a": "b"})
    assert response.client is client
    assert response.exc_info is None
    assert response.templates == []
    assert response.context is None
    assert response.resolver_match.url_name == "echo"
    request = getattr(response, "wsgi_request", None) or response.asgi_request
    assert request.GET["a"] == "b"


def test_templates_and_contexts(client):
    response = call(client, "get", "/templated/")
    assert [t.name for t in response.templates] == ["inner.html", "outer.html"]
    assert response.context["text"] == "[inner]"
    assert response.context["who"] == "inner"
    assert "text" in response.context
    with pytest.raises(KeyError):
        response.context["missing"]


def test_exceptions_of_the_view_are_raised(client):
    with pytest.raises(KeyError, match="view"):
        call(client, "get", "/failing/")


@pytest.mark.parametrize("kind", [Client, AsyncClient])
def test_exceptions_become_responses_on_demand(kind):
    response = call(kind(raise_request_exception=False), "get", "/failing/")
    assert response.status_code == 500
    assert response.exc_info[0] is KeyError


def test_a_nested_client_does_not_disturb_the_outer_one(client):
    assert call(client, "get", "/nested/").content == b"fine"


@pytest.mark.parametrize("kind", [Client, AsyncClient])
@pytest.mark.parametrize("enforce", [True, False])
def test_forgery_checks_are_off_unless_enforced(kind, enforce):
    assert call(kind(enforce_csrf_checks=enforce), "get", "/echo/").json()["csrf"] is enforce


def test_following_redirects(client):
    response = call(client, "get", "/redirect/", follow=True)
    assert response.redirect_chain == [("/echo/", 302)]
    assert response.json()["method"] == "GET"
    response = call(client, "post", "/redirect/", {"a": "1"}, follow=True)
    assert response.json()["method"] == "GET"
    assert call(client, "get", "/echo/", follow=True).redirect_chain == []


@pytest.mark.parametrize("status", [307, 308])
def test_method_and_content_survive_where_they_must(client, status):
    response = call(client, "post", f"/redirect/?status={status}", {"a": "1"}, follow=True)
    assert response.json()["method"] == "POST"
    assert response.json()["post"] == {"a": "1"}
    response = call(client, "put", f"/redirect/?status={status}", "x", content_type="text/plain", follow=True)
    assert (response.json()["method"], response.json()["body"]) == ("PUT", "x")


def test_scheme_and_host_of_a_redirect(client):
    response = call(client, "get", "/redirect/", {"to": "https://localhost/echo/?a=1"}, follow=True)
    data = response.json()
    assert (data["secure"], data["host"], data["get"]) == (True, "localhost", {"a": "1"})


def test_circles_and_endless_chains_are_errors(client):
    with pytest.raises(RedirectCycleError, match="loop") as caught:
        call(client, "get", "/cycle/", follow=True)
    assert caught.value.redirect_chain == [("/cycle/", 302)] * 2
    with pytest.raises(RedirectCycleError, match="Too many"):
        call(client, "get", "/endless/1/", follow=True)


def test_json_of_something_else_is_an_error(client):
    with pytest.raises(ValueError, match="text/plain"):
        call(client, "get", "/not-json/").json()


def test_streams_and_empty_responses(client):
    response = call(client, "get", "/stream/")
    assert b"".join(response.streaming_content) == b"ab"
    assert call(client, "get", "/no-content/").content == b""


def test_async_views(client):
    assert call(client, "get", "/async/", {"a": "1"}).json() == {"get": {"a": "1"}, "bridge": True}


def test_sync_views_may_wait(client):
    assert call(client, "get", "/waiting/").content.startswith(b"waited")


async def test_requests_side_by_side_see_their_own_templates():
    client = AsyncClient()
    templated, plain = await asyncio.gather(client.get("/templated/"), client.get("/async/"))
    assert len(templated.templates) == 2
    assert plain.templates == []
