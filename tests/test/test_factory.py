from __future__ import annotations

import pytest

from offbeat.test import AsyncRequestFactory, RequestFactory
from offbeat.test.client import FakePayload, encode_multipart


@pytest.mark.parametrize("factory", [RequestFactory(), AsyncRequestFactory()])
def test_requests_are_what_was_asked_for(factory):
    request = factory.post("/a%20b/?x=1", {"k": "v"}, headers={"X-One": "1"}, secure=True)
    assert request.method == "POST"
    assert request.path == "/a b/"
    assert request.GET.dict() == {"x": "1"}
    assert request.POST.dict() == {"k": "v"}
    assert request.headers["X-One"] == "1"
    assert request.META["HTTP_X_ONE"] == "1"
    assert request.scheme == "https"


@pytest.mark.parametrize("factory", [RequestFactory(), AsyncRequestFactory()])
def test_json_is_encoded(factory):
    request = factory.put("/", [1, {"a": None}], content_type="application/vnd.api+json")
    assert request.body == b'[1, {"a": null}]'


def test_extra_arguments():
    assert RequestFactory(REMOTE_ADDR="1.2.3.4").get("/").META["REMOTE_ADDR"] == "1.2.3.4"
    assert RequestFactory().get("/", HTTP_X_A="b").headers["X-A"] == "b"
    assert AsyncRequestFactory(X_A="b").get("/").headers["X-A"] == "b"


def test_a_payload_is_read_once_and_not_beyond_its_end():
    payload = FakePayload("abc\ndef")
    assert len(payload) == 7
    assert payload.readline() == b"abc\n"
    with pytest.raises(AssertionError):
        payload.read(4)
    assert payload.read() == b"def"
    with pytest.raises(ValueError, match="Unable to write"):
        payload.write(b"x")


def test_multipart_refuses_none_and_splits_lists():
    with pytest.raises(TypeError, match="Cannot encode None for key 'a'"):
        encode_multipart("x", {"a": None})
    assert encode_multipart("x", {"a": ["1", 2]}).count(b'name="a"') == 2
