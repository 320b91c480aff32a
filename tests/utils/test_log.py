from __future__ import annotations

import logging
from collections.abc import Iterator
from typing import Any

import pytest

from offbeat.core import mail
from offbeat.core.exceptions import ImproperlyConfigured
from offbeat.core.management.color import make_style
from offbeat.test import RequestFactory
from offbeat.test.utils import override_settings
from offbeat.utils.log import AdminEmailHandler, ServerFormatter

LOCMEM = "offbeat.core.mail.backends.locmem.EmailBackend"


def record(message: str = "It broke\nhere", **extra: Any) -> logging.LogRecord:
    made = logging.getLogger("x").makeRecord("x", logging.ERROR, "f", 1, message, (), None)
    made.__dict__.update(extra)
    return made


@pytest.fixture
def outbox() -> Iterator[list[Any]]:
    mail.outbox = []  # type: ignore[attr-defined]
    with override_settings(ADMINS=["admin@example.com"], MAILERS={"default": {"BACKEND": LOCMEM}}):
        yield mail.outbox  # type: ignore[attr-defined]
    del mail.outbox  # type: ignore[attr-defined]


def test_errors_are_mailed_to_the_admins(outbox: list[Any]) -> None:
    AdminEmailHandler().emit(record(request=RequestFactory().get("/some/path")))
    (message,) = outbox
    assert message.to == ["admin@example.com"]
    assert message.subject == "[Django] ERROR (EXTERNAL IP): It broke\\nhere"
    assert "/some/path" in message.body
    assert message.alternatives == []


def test_the_report_comes_as_html_on_demand(outbox: list[Any]) -> None:
    AdminEmailHandler(include_html=True).emit(record())
    assert outbox[0].alternatives[0].mimetype == "text/html"


def test_nobody_is_mailed_without_admins_or_mailer(outbox: list[Any]) -> None:
    with override_settings(ADMINS=[]):
        AdminEmailHandler().emit(record())
    with override_settings(MAILERS={}):
        AdminEmailHandler().emit(record())
    AdminEmailHandler(using="other").emit(record())
    assert outbox == []


@pytest.mark.usefixtures("outbox")
def test_a_backend_by_path_contradicts_mailers() -> None:
    with pytest.raises(ImproperlyConfigured, match=r"not valid when settings\.MAILERS is defined"):
        AdminEmailHandler(email_backend=LOCMEM)
    with pytest.raises(ImproperlyConfigured, match="not compatible with 'using'"):
        AdminEmailHandler(email_backend=LOCMEM, using="default")


def test_the_server_s_lines_are_coloured_by_status() -> None:
    formatter = ServerFormatter()
    formatter.style = style = make_style("")
    for status, name in (
        (200, "SUCCESS"),
        (304, "NOT_MODIFIED"),
        (404, "NOT_FOUND"),
        (410, "BAD_REQUEST"),
        (503, "SERVER_ERROR"),
    ):
        entry = record("x", status_code=status)
        assert formatter.format(entry) == getattr(style, f"HTTP_{name}")("x")
        assert entry.msg == "x"
    assert formatter.format(record("x")) == "x"
