from __future__ import annotations

import warnings
from collections.abc import Iterator
from typing import Any

import pytest

from offbeat.core import mail
from offbeat.core.exceptions import ImproperlyConfigured
from offbeat.core.mail import EmailMessage, InvalidMailer, MailerDoesNotExist, mailers, send_mail
from offbeat.core.mail.backends import smtp
from offbeat.core.management import CommandError, call_command
from offbeat.test.utils import override_settings
from offbeat.utils.deprecation import RemovedInDjango2028Warning

LOCMEM = "offbeat.core.mail.backends.locmem.EmailBackend"


@pytest.fixture(autouse=True)
def outbox() -> Iterator[list[Any]]:
    mail.outbox = []  # type: ignore[attr-defined]
    yield mail.outbox  # type: ignore[attr-defined]
    del mail.outbox  # type: ignore[attr-defined]


@pytest.fixture
def two_mailers() -> Iterator[None]:
    with override_settings(MAILERS={"default": {"BACKEND": LOCMEM}, "other": {"BACKEND": LOCMEM}}):
        yield


@pytest.mark.usefixtures("two_mailers")
def test_mails_say_by_which_mailer_they_went(outbox: list[Any]) -> None:
    assert send_mail("a", "b", "from@example.com", ["to@example.com"]) == 1
    EmailMessage("a", "b", "from@example.com", ["to@example.com"]).send(using="other")
    assert [message.sent_using for message in outbox] == ["default", "other"]


@pytest.mark.usefixtures("two_mailers")
def test_mailers_are_a_mapping_of_new_backends() -> None:
    assert list(mailers) == ["default", "other"]
    assert "other" in mailers and "third" not in mailers
    assert mailers["other"] is not mailers["other"]
    assert mailers.get("third", "nothing") == "nothing"
    assert mailers.default.alias == "default"
    with pytest.raises(MailerDoesNotExist, match=r"^The mailer 'third' is not configured\.$"):
        mailers["third"]
    with pytest.raises(KeyError):
        mailers["third"]


@pytest.mark.parametrize(
    ("config", "message"),
    [
        ({"BACKEND": "no.such.Backend"}, r"MAILERS\['x'\]: Could not find BACKEND 'no.such.Backend'"),
        ({"BACKEND": LOCMEM, "OPTIONS": {"alias": "y"}}, "must not define 'alias'"),
        ({"BACKEND": LOCMEM, "OPTIONS": {"what": 1}}, r"MAILERS\['x'\]: Unknown options 'what'\."),
        ({"BACKEND": "offbeat.core.mail.backends.filebased.EmailBackend"}, "OPTIONS must define 'file_path'"),
    ],
)
def test_a_wrong_entry_is_an_invalid_mailer(config: Any, message: str) -> None:
    with override_settings(MAILERS={"x": config}), pytest.raises(InvalidMailer, match=message):
        mailers["x"]


def test_the_default_backend_speaks_smtp_with_defaults_of_its_own() -> None:
    with override_settings(MAILERS={"x": {"OPTIONS": {"host": "mail.example.com"}}}):
        backend = mailers["x"]
    assert isinstance(backend, smtp.EmailBackend)
    assert (backend.host, backend.port, backend.use_tls) == ("mail.example.com", 25, False)


def test_without_mailers_the_email_settings_count() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RemovedInDjango2028Warning)
        with override_settings(EMAIL_BACKEND=LOCMEM):
            assert mailers.default.alias is None
            with pytest.raises(MailerDoesNotExist):
                mailers["other"]


def test_sending_by_no_configured_mailer_is_warned_of() -> None:
    with pytest.warns(RemovedInDjango2028Warning, match="no default mailer"):
        mailers.default


@pytest.mark.usefixtures("two_mailers")
@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"using": "other", "connection": object()}, "'connection' is not compatible with 'using'"),
        ({"using": "other", "fail_silently": True}, "'fail_silently' is not compatible with 'using'"),
        ({"using": "other", "auth_user": "u"}, "are not compatible with 'using'"),
        ({"connection": object(), "fail_silently": True}, "fail_silently cannot be used with a connection"),
        ({"connection": object(), "auth_password": "p"}, "cannot be used with a connection"),
    ],
)
def test_arguments_that_contradict_each_other_are_refused(arguments: Any, message: str) -> None:
    with pytest.raises(TypeError, match=message):
        send_mail("a", "b", "from@example.com", ["to@example.com"], **arguments)


@pytest.mark.usefixtures("two_mailers")
def test_a_connection_is_still_accepted_with_a_warning(outbox: list[Any]) -> None:
    connection = mailers["other"]
    with pytest.warns(RemovedInDjango2028Warning, match="'connection' argument is deprecated"):
        send_mail("a", "b", "from@example.com", ["to@example.com"], connection=connection)
    assert outbox[0].sent_using == "other"


def test_smtp_needs_a_host_and_one_kind_of_encryption() -> None:
    with pytest.raises(InvalidMailer, match="OPTIONS must define 'host'"):
        smtp.EmailBackend(alias="x")
    with pytest.raises(InvalidMailer, match="'use_ssl' and 'use_tls' OPTIONS are incompatible"):
        smtp.EmailBackend(alias="x", host="h", use_ssl=True, use_tls=True)
    ports = [
        smtp.EmailBackend(alias="x", host="h", **options).port
        for options in ({}, {"use_ssl": True}, {"use_tls": True})
    ]
    assert ports == [25, 465, 587]


@pytest.mark.parametrize(
    "address",
    [
        "to@other.com@example.com",
        "a@example.com, b@example.com",
        "@",
        "to@",
        "@example.com",
        "a\nb@example.com",
    ],
)
def test_the_server_gets_single_valid_addresses_only(address: str) -> None:
    with pytest.raises(ValueError, match="Invalid address"):
        smtp.EmailBackend(alias="x", host="h").prep_address(address)


def test_domains_are_written_in_ascii() -> None:
    message = EmailMessage("a", "b", "Tó <from@öäü.com>", ["to@öäü.com"]).message()
    assert message["To"] == "to@xn--4ca9at.com"
    assert message["From"] == "Tó <from@xn--4ca9at.com>"
    assert smtp.EmailBackend(alias="x", host="h").prep_address("to@öäü.com") == "to@xn--4ca9at.com"


@pytest.mark.parametrize("headers", [{"Bcc": "x@example.com"}, {"X-Any": "a\nb"}])
def test_headers_that_would_do_harm_are_refused(headers: dict[str, str]) -> None:
    with pytest.raises(ValueError, match=r"Bcc is not a valid email header|may not contain linefeed"):
        EmailMessage("a", "b", "f@example.com", ["t@example.com"], headers=headers).message()


@pytest.mark.usefixtures("two_mailers")
def test_admins_must_be_a_list_of_addresses(outbox: list[Any]) -> None:
    for wrong in ("a@example.com", [()], [("a", "b", "c")]):
        with (
            override_settings(ADMINS=wrong),
            pytest.raises(ImproperlyConfigured, match="must be a list of email"),
        ):
            mail.mail_admins("a", "b")
    with override_settings(ADMINS=[("Ann", "ann@example.com")]):
        with pytest.warns(RemovedInDjango2028Warning, match="pairs in the ADMINS setting is deprecated"):
            mail.mail_admins("a", "b", using="other")
    assert outbox[0].to == ["ann@example.com"]


@pytest.mark.usefixtures("two_mailers")
def test_the_command_sends_a_test_mail(outbox: list[Any]) -> None:
    call_command("sendtestemail", "a@example.com", "b@example.com", using="other")
    assert outbox[0].to == ["a@example.com", "b@example.com"]
    assert outbox[0].subject.startswith("Test email from ")
    with pytest.raises(CommandError, match="You must specify some email recipients"):
        call_command("sendtestemail")
