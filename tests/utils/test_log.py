"""Logging: what requests write, and the mail to the admins."""

from __future__ import annotations

import logging
import threading

import pytest

from offbeat.conf import settings
from offbeat.core import mail
from offbeat.core.exceptions import SuspiciousOperation
from offbeat.core.handlers.asgi import ASGIHandler
from offbeat.core.handlers.wsgi import WSGIHandler
from offbeat.http import HttpResponse
from offbeat.test.utils import override_settings
from offbeat.urls import path
from offbeat.utils.log import (
    DEFAULT_LOGGING,
    AdminEmailHandler,
    CallbackFilter,
    RequireDebugFalse,
    RequireDebugTrue,
    ServerFormatter,
    configure_logging,
    log_response,
)
from tests.handlers.helpers import fetch, urls, wsgi_fetch

LOGGER = "offbeat.request"


@pytest.fixture
def outbox():
    before = getattr(mail, "outbox", None)
    mail.outbox = []
    with override_settings(
        ADMINS=["admin@example.com"],
        MAILERS={"default": {"BACKEND": "offbeat.core.mail.backends.locmem.EmailBackend"}},
    ):
        yield mail.outbox
    if before is None:
        del mail.outbox


@pytest.fixture
def handler():
    made = AdminEmailHandler()
    logger = logging.getLogger(LOGGER)
    logger.addHandler(made)
    yield made
    logger.removeHandler(made)


def failing(request):
    raise RuntimeError("it broke")


async def failing_async(request):
    raise RuntimeError("it broke")


@pytest.mark.parametrize(
    ("status", "level"),
    [(200, "INFO"), (302, "INFO"), (404, "WARNING"), (403, "WARNING"), (500, "ERROR"), (503, "ERROR")],
)
def test_the_status_decides_about_the_level(status, level, caplog):
    caplog.set_level(logging.INFO, LOGGER)
    response = HttpResponse(status=status)
    log_response("%s: %s", "Reason", "/p\n", response=response)
    log_response("%s: %s", "Reason", "/p", response=response)
    (record,) = caplog.records
    assert (record.levelname, record.status_code, record.getMessage()) == (level, status, "Reason: /p\\n")


def test_security_has_loggers_by_the_class_of_the_error(caplog):
    class Odd(SuspiciousOperation):
        pass

    def view(request):
        raise Odd("odd")

    with urls(path("", view)):
        assert wsgi_fetch(WSGIHandler(), "/").status == 400
    assert [(record.name, record.levelname) for record in caplog.records if "security" in record.name] == [
        ("offbeat.security.Odd", "ERROR")
    ]


def test_an_error_is_mailed_to_the_admins(outbox, handler):
    with urls(path("", failing)):
        assert wsgi_fetch(WSGIHandler(), "/").status == 500
    (message,) = outbox
    assert message.to == ["admin@example.com"]
    assert message.subject == f"{settings.EMAIL_SUBJECT_PREFIX}ERROR (EXTERNAL IP): Internal Server Error: /"
    assert "RuntimeError" in message.body
    assert "it broke" in message.body


@pytest.mark.parametrize("view", [failing, failing_async])
async def test_an_error_of_an_async_request_is_mailed_too(view, outbox, handler):
    with urls(path("", view)):
        client = await fetch(ASGIHandler())
    assert client.status == 500
    assert len(outbox) == 1


@pytest.mark.parametrize("view", [failing, failing_async])
async def test_mail_that_cannot_be_sent_is_no_error_of_the_request(view, outbox, handler, monkeypatch):
    def refuse(self, *args, **kwargs):
        raise OSError("no mail today")

    monkeypatch.setattr(AdminEmailHandler, "send_mail", refuse)
    monkeypatch.setattr(logging, "raiseExceptions", False)
    with urls(path("", view)):
        assert (await fetch(ASGIHandler())).status == 500
    assert outbox == []


def test_mail_that_takes_long_stops_nobody_from_logging(outbox, handler, monkeypatch):
    both = threading.Barrier(2)

    def send(self, *args, **kwargs):
        both.wait(10)

    monkeypatch.setattr(AdminEmailHandler, "send_mail", send)
    threads = [threading.Thread(target=logging.getLogger(LOGGER).error, args=["x"]) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not both.broken


def test_filters():
    record = logging.makeLogRecord({"msg": "x", "levelno": logging.ERROR})
    assert CallbackFilter(lambda each: each.msg == "x").filter(record)
    assert not CallbackFilter(lambda each: False).filter(record)
    with override_settings(DEBUG=True):
        assert (RequireDebugTrue().filter(record), RequireDebugFalse().filter(record)) == (True, False)
    with override_settings(DEBUG=False):
        assert (RequireDebugTrue().filter(record), RequireDebugFalse().filter(record)) == (False, True)


def test_a_filtered_record_is_not_mailed(outbox, handler):
    handler.addFilter(CallbackFilter(lambda record: False))
    with urls(path("", failing)):
        wsgi_fetch(WSGIHandler(), "/")
    assert outbox == []


def test_the_default_configuration_is_the_documented_one():
    assert DEFAULT_LOGGING["disable_existing_loggers"] is False
    assert DEFAULT_LOGGING["loggers"]["offbeat"]["handlers"] == ["console", "mail_admins"]
    assert DEFAULT_LOGGING["loggers"]["offbeat.server"]["propagate"] is False
    assert DEFAULT_LOGGING["handlers"]["mail_admins"]["filters"] == ["require_debug_false"]


def test_the_server_formatter_tells_the_time():
    formatter = ServerFormatter("[{server_time}] {message}", style="{")
    record = logging.makeLogRecord({"msg": "served", "created": 0})
    assert formatter.format(record).endswith("] served")
    record.server_time = "now"
    assert formatter.format(record) == "[now] served"


def test_logging_is_left_alone_when_the_settings_say_so():
    configure_logging(None, {"version": "nonsense"})
