"""Messages: levels, storages, middleware and formats."""

from __future__ import annotations

import random

import pytest

from offbeat.conf import settings
from offbeat.contrib import messages
from offbeat.contrib.messages import constants
from offbeat.contrib.messages.context_processors import messages as context
from offbeat.contrib.messages.middleware import MessageMiddleware
from offbeat.contrib.messages.storage.base import Message
from offbeat.contrib.messages.storage.cookie import CookieStorage
from offbeat.contrib.messages.storage.fallback import FallbackStorage
from offbeat.contrib.messages.storage.session import SessionStorage
from offbeat.contrib.messages.views import SuccessMessageMixin
from offbeat.contrib.sessions.backends.cache import SessionStore
from offbeat.core.exceptions import ImproperlyConfigured
from offbeat.http import HttpRequest, HttpResponse
from offbeat.utils.safestring import SafeData, mark_safe


def new_request(cookies=None, session=None):
    request = HttpRequest()
    request.COOKIES.update(cookies or {})
    request.session = SessionStore() if session is None else session
    return request


def round_trip(storage_class, texts, **options):
    request = new_request()
    storage = storage_class(request)
    for text in texts:
        storage.add(constants.INFO, text)
    response = HttpResponse()
    unstored = storage.update(response)
    cookies = {name: morsel.value for name, morsel in response.cookies.items()}
    return storage_class(new_request(cookies, request.session)), unstored, response


@pytest.mark.parametrize("storage_class", [CookieStorage, SessionStorage, FallbackStorage])
def test_messages_wait_for_the_next_request(storage_class):
    storage, unstored, _ = round_trip(storage_class, ["one", mark_safe("<b>two</b>")])
    assert not unstored
    assert len(storage) == 2
    assert [str(message) for message in storage] == ["one", "<b>two</b>"]
    assert [isinstance(message.message, SafeData) for message in storage] == [False, True]
    response = HttpResponse()
    storage.update(response)
    assert not storage.request.session.get("_messages")
    if storage_class is not SessionStorage:
        assert response.cookies["messages"]["max-age"] == 0


def test_messages_that_were_not_read_stay():
    storage, _, _ = round_trip(CookieStorage, ["one"])
    response = HttpResponse()
    assert storage.update(response) is None
    assert "cookies" not in response.__dict__


def test_levels():
    storage = SessionStorage(new_request())
    storage.add(constants.DEBUG, "no")
    storage.add(constants.INFO, "")
    assert len(storage) == 0
    storage.level = constants.DEBUG
    storage.add(constants.DEBUG, "yes", extra_tags="x")
    assert [message.tags for message in storage] == ["x debug"]
    storage.level = None
    assert storage.level == constants.INFO


def test_a_cookie_keeps_the_newest_messages_that_fit():
    random.seed(1)
    texts = [f"{number}-" + "".join(random.choices("abcdefghij", k=200)) for number in range(30)]
    storage, unstored, response = round_trip(CookieStorage, texts)
    kept = [str(message) for message in storage]
    assert [str(message) for message in unstored] + kept == texts
    assert len(kept) >= 5
    assert len(response.cookies["messages"].coded_value) <= CookieStorage.max_cookie_size


def test_what_does_not_fit_into_the_cookie_goes_to_the_session():
    random.seed(1)
    texts = ["".join(random.choices("abcdefghij", k=200)) for number in range(30)]
    storage, unstored, _ = round_trip(FallbackStorage, texts)
    assert not unstored
    assert [str(message) for message in storage] == texts


@pytest.mark.parametrize("value", ["", "x", "x:y", "[]:x", "\x00"])
def test_a_cookie_that_was_tampered_with_is_dropped(value):
    storage = CookieStorage(new_request({"messages": value}))
    assert list(storage) == []


def test_the_format_that_existing_cookies_have(monkeypatch):
    monkeypatch.setattr(settings, "SECRET_KEY", "secret")
    value = (
        ".eJyLjlaKj88qzs-Lz00tLk5MT1XSMdAxMtBRykjNyclX0lGqUIrVwVRjqGMMVGOTZKcUGwsA5mgU4w:1xUIWH:"
        "NHw2BrqJAE03EC-zhEDxrhiPLeitena4NMTKb_GHQBo"
    )
    storage = CookieStorage(new_request({"messages": value}))
    assert list(storage) == [Message(20, "hello", extra_tags="x"), Message(30, mark_safe("<b>"))]
    assert SessionStorage(new_request()).serialize_messages([Message(20, "hello", extra_tags="x")]) == (
        '[["__json_message", 0, 20, "hello", "x"]]'
    )


def test_the_functions():
    request = new_request()
    with pytest.raises(messages.MessageFailure):
        messages.info(request, "x")
    messages.info(request, "x", fail_silently=True)
    with pytest.raises(TypeError):
        messages.info(object(), "x")
    assert not messages.set_level(request, messages.DEBUG)

    def view(request):
        messages.set_level(request, messages.DEBUG)
        for add in (messages.debug, messages.info, messages.success, messages.warning, messages.error):
            add(request, "text")
        assert messages.get_level(request) == messages.DEBUG
        return HttpResponse()

    MessageMiddleware(view)(request)
    assert [message.level for message in messages.get_messages(request)] == [10, 20, 25, 30, 40]
    assert context(request)["DEFAULT_MESSAGE_LEVELS"]["INFO"] == 20


def test_an_unused_request_makes_no_storage_inside():
    request = new_request()
    MessageMiddleware(lambda request: HttpResponse())(request)
    assert "storages" not in request._messages.__dict__


def test_session_storage_needs_a_session():
    with pytest.raises(ImproperlyConfigured):
        SessionStorage(HttpRequest())


def test_a_success_message():
    class Base:
        def form_valid(self, form):
            return "response"

    class View(SuccessMessageMixin, Base):
        success_message = "%(name)s saved"

    view = View()
    view.request = new_request()
    view.request._messages = SessionStorage(view.request)
    form = type("Form", (), {"cleaned_data": {"name": "it"}})()
    assert view.form_valid(form) == "response"
    assert [str(message) for message in view.request._messages] == ["it saved"]


def test_messages_compare_and_show_themselves():
    assert Message(20, "a") == Message(20, "a", extra_tags="x")
    assert Message(20, "a") != Message(25, "a")
    assert repr(Message(20, "a", extra_tags="x")) == "Message(level=20, message='a', extra_tags='x')"
