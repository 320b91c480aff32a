from __future__ import annotations

from offbeat.contrib.auth.models import AnonymousUser
from offbeat.contrib.sessions.backends.db import SessionStore
from offbeat.http import HttpRequest


def make_request(user=None, session=None):
    """A request with a session and a user, as the middleware leaves it."""
    request = HttpRequest()
    request.META = {"SERVER_NAME": "testserver", "SERVER_PORT": "80", "REQUEST_METHOD": "GET"}
    request.method = "GET"
    request.session = session or SessionStore()
    request.user = user or AnonymousUser()
    return request
