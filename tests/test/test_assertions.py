from __future__ import annotations

import warnings

import pytest

from offbeat.core.exceptions import ValidationError
from offbeat.http import HttpResponse, StreamingHttpResponse
from offbeat.test import SimpleTestCase
from offbeat.test.client import Client


class Case(SimpleTestCase):
    def runTest(self):
        pass


case = Case()


def fails(message=None):
    return pytest.raises(AssertionError, match=message)


def test_contents():
    response = HttpResponse("<p>one two two</p>")
    case.assertContains(response, "one")
    case.assertContains(response, "two", count=2)
    case.assertContains(response, b"one", 1)
    case.assertNotContains(response, "three")
    case.assertContains(response, "<p> one two  two </p>", html=True)
    with fails(r"Found 2 instances of 'two' \(expected 1\) in the following response\nb'<p>one"):
        case.assertContains(response, "two", 1)
    with fails("Couldn't find 'three'"):
        case.assertContains(response, "three")
    with fails("Prefix: 'one' unexpectedly found"):
        case.assertNotContains(response, "one", msg_prefix="Prefix")
    with fails(r"Response code was 200 \(expected 404\)"):
        case.assertContains(response, "one", status_code=404)


def test_streams_can_be_searched_twice():
    response = StreamingHttpResponse(["ab", "c"])
    case.assertContains(response, "abc")
    case.assertContains(response, "bc")


@pytest.mark.usefixtures("site")
def test_redirects():
    client = Client()
    response = client.get("/redirect/", {"to": "/echo/?b=2&a=1"})
    case.assertRedirects(response, "/echo/?a=1&b=2")
    with fails("Response redirected to '/echo/.b=2&a=1', expected '/echo/'"):
        case.assertRedirects(response, "/echo/")
    with fails(r"code was 302 \(expected 301\)"):
        case.assertRedirects(response, "/echo/", status_code=301)
    with fails("Couldn't retrieve redirection page '/nowhere/': response code was 404"):
        case.assertRedirects(client.get("/redirect/", {"to": "/nowhere/"}), "/nowhere/")
    case.assertRedirects(
        client.get("/redirect/", {"to": "http://elsewhere.test/"}),
        "http://elsewhere.test/",
        fetch_redirect_response=False,
    )
    with pytest.raises(ValueError, match="unable to fetch remote URLs"):
        case.assertRedirects(
            client.get("/redirect/", {"to": "http://elsewhere.test/"}), "http://elsewhere.test/"
        )
    case.assertRedirects(client.get("/redirect/", follow=True), "/echo/")
    with fails("Response code was 200"):
        case.assertRedirects(client.get("/echo/", follow=True), "/echo/")


@pytest.mark.usefixtures("site")
def test_templates():
    client = Client()
    response = client.get("/templated/")
    case.assertTemplateUsed(response, "inner.html", count=1)
    case.assertTemplateNotUsed(response, "other.html")
    with fails("Template 'other.html' was not a template used .* inner.html, outer.html"):
        case.assertTemplateUsed(response, "other.html")
    with fails("'inner.html' was used unexpectedly"):
        case.assertTemplateNotUsed(response, "inner.html")
    with case.assertTemplateUsed("inner.html"), case.assertTemplateNotUsed("other.html"):
        client.get("/templated/")
    with fails("No templates used"), case.assertTemplateUsed("inner.html"):
        pass
    with fails("was used unexpectedly"), case.assertTemplateNotUsed(template_name="inner.html"):
        client.get("/templated/")
    with pytest.raises(ValueError, match="only usable on responses"):
        case.assertTemplateUsed(HttpResponse(), "a")
    with pytest.raises(TypeError):
        case.assertTemplateUsed()


def test_urls():
    case.assertURLEqual("/a/?x=1&y=2", "/a/?y=2&x=1")
    with fails("Expected '/a/' to equal '/b/'"):
        case.assertURLEqual("/a/", "/b/")
    with fails():
        case.assertURLEqual("/?a=1&a=2", "/?a=2&a=1")


def test_markup():
    case.assertHTMLEqual("<p>a</p>", "<p> a </p>")
    case.assertHTMLNotEqual("<p>a</p>", "<p>b</p>")
    with fails("<p>\na\n</p> != <p>\nb\n</p>"):
        case.assertHTMLEqual("<p>a</p>", "<p>b</p>")
    with fails("First argument is not valid HTML"):
        case.assertHTMLEqual("</p>", "")
    case.assertInHTML("<b>x</b>", "<p><b>x</b></p>", count=1)
    case.assertNotInHTML("<b>y</b>", "<p><b>x</b></p>")
    with fails("Couldn't find '<b>y</b>'"):
        case.assertInHTML("<b>y</b>", "<b>x</b>")
    case.assertJSONEqual('{"a": 1}', {"a": 1})
    case.assertJSONNotEqual('{"a": 1}', '{"a": 2}')
    with fails("First argument is not valid JSON"):
        case.assertJSONEqual("{", {})
    case.assertXMLEqual("<a b='1' c='2'/>", "<a c='2' b='1'/>")
    case.assertXMLNotEqual("<a/>", "<b/>")
    with fails("not valid XML"):
        case.assertXMLEqual("<a>", "<a>")


def test_messages():
    with case.assertRaisesMessage(ValueError, "[x]"):
        raise ValueError("about [x]")
    case.assertRaisesMessage(ValueError, "invalid literal", int, "x")
    with fails("'y' not found in 'x'"), case.assertRaisesMessage(ValueError, "y"):
        raise ValueError("x")
    with case.assertWarnsMessage(UserWarning, "soon"):
        warnings.warn("going soon", UserWarning, stacklevel=1)


class Field:
    """As much of a form field as the assertion needs."""

    empty_values = [None, ""]
    error_messages = {"required": "Required."}

    def __init__(self, required=True):
        self.required = required

    def clean(self, value):
        if value in self.empty_values:
            if self.required:
                raise ValidationError(self.error_messages["required"])
            return ""
        if value == "bad":
            raise ValidationError("Bad.")
        return value.upper()


def test_field_output():
    case.assertFieldOutput(Field, {"a": "A"}, {"bad": ["Bad."]})
    with fails():
        case.assertFieldOutput(Field, {"a": "B"}, {})
    with fails():
        case.assertFieldOutput(Field, {}, {"bad": ["Worse."]})
