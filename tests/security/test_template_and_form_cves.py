"""Published weaknesses of template, text and form code: each stays closed, and hostile input takes linear time."""

from __future__ import annotations

import datetime
import time
from decimal import Decimal

import pytest

from offbeat import forms
from offbeat.conf import settings
from offbeat.core.exceptions import SuspiciousOperation, ValidationError
from offbeat.core.validators import (
    DomainNameValidator,
    EmailValidator,
    URLValidator,
    int_list_validator,
    validate_email,
    validate_integer,
    validate_ipv4_address,
    validate_ipv6_address,
    validate_slug,
)
from offbeat.template import Context
from offbeat.template.defaultfilters import dictsort, filesizeformat, floatformat
from offbeat.utils import numberformat
from offbeat.utils.html import strip_tags, urlize
from offbeat.utils.text import Truncator, wrap
from tests.template.helpers import engine, render


def seconds(function, *args) -> float:
    # Of this process: others on the machine do not count.
    start = time.process_time()
    try:
        function(*args)
    except (SuspiciousOperation, ValidationError):
        pass
    return time.process_time() - start


def assert_linear(function, make, size: int) -> None:
    """Four times the input may take ten times as long, not sixteen; and never more than two seconds."""
    seconds(function, make(size // 8))
    small = min(seconds(function, make(size // 4)) for _ in range(2))
    large = min(seconds(function, make(size)) for _ in range(2))
    assert large < 2
    assert large < max(small, 0.02) * 10


NASTY = [
    lambda n: "<" * n,
    lambda n: "<a" * n,
    lambda n: "</a>" * n,
    lambda n: "<a>" * n,
    lambda n: "&" * n,
    lambda n: "&#" * n,
    lambda n: "&a;" * n,
    lambda n: "<a '" * n,
    lambda n: '<a "' * n + "'" * n,
    lambda n: "<!--" * n,
    lambda n: "<p " + "a='" * n,
    lambda n: "x" * n,
    lambda n: " " * n,
]


@pytest.mark.parametrize("make", NASTY)
@pytest.mark.parametrize(
    "function",
    [lambda t: Truncator(t).words(10**7, html=True), lambda t: Truncator(t).chars(10**7, html=True)],
    ids=["words", "chars"],
)
def test_truncating_html_is_linear(function, make):
    """CVE-2026-1285, CVE-2024-27351, CVE-2023-43665, CVE-2019-14232, CVE-2018-7537."""
    assert_linear(function, make, 16_000)


@pytest.mark.parametrize("make", NASTY)
def test_stripping_tags_ends_soon(make):
    """CVE-2025-32873, CVE-2024-53907, CVE-2019-14233, CVE-2015-2316."""
    assert seconds(strip_tags, make(20_000)) < 2


@pytest.mark.parametrize("char", ["<a", "<" * 60 + "a>" * 60])
def test_stripping_tags_gives_up_on_hostile_input(char):
    with pytest.raises(SuspiciousOperation):
        strip_tags(char * 2000 if char == "<a" else char)


@pytest.mark.parametrize(
    "make",
    [
        lambda n: "(" * n,
        lambda n: "[(" * n + ":",
        lambda n: "www." + ")" * n,
        lambda n: "&:" * n + ";",
        lambda n: "www.a.com" + "&:" + ";" * n,
        lambda n: "a" + ".;" * n,
        lambda n: "http://" + "a." * n,
        lambda n: "a@" + "b." * n,
        lambda n: ("a" + "@a" * n) + "a",
        lambda n: "www." + "\ufdfa" * n,
        lambda n: "<a>" * n,
    ],
)
def test_urlize_is_linear(make, monkeypatch):
    """CVE-2024-45230, CVE-2024-41991, CVE-2024-41990, CVE-2024-38875, CVE-2018-7536."""
    monkeypatch.setattr(settings, "URLIZE_ASSUME_HTTPS", True)
    assert_linear(lambda text: urlize(text, autoescape=True), make, 16_000)


@pytest.mark.parametrize(
    "make", [lambda n: "x" * n, lambda n: " " * n, lambda n: "x " * n, lambda n: "\n" * n]
)
def test_wrapping_is_linear(make):
    """CVE-2025-26699."""
    assert_linear(lambda text: wrap(text, 10), make, 100_000)


@pytest.mark.parametrize("value", ["1e100000", Decimal("1e9999999"), Decimal("-1e-9999999"), "9" * 100_000])
def test_giant_numbers_stay_short(value):
    """CVE-2024-41989, CVE-2019-6975."""
    assert len(floatformat(value)) <= len(str(value))
    assert len(numberformat.format(value, ".", 2)) < 100_050
    assert seconds(filesizeformat, value) < 1


def test_debug_tag_escapes_and_is_silent_in_production(monkeypatch):
    """CVE-2022-22818."""
    assert render("{% debug %}", {"x": "<script>"}) == ""
    monkeypatch.setattr(settings, "DEBUG", True)
    assert "<script>" not in render("{% debug %}", {"x": "<script>"})


def test_dictsort_calls_nothing_and_sees_nothing_private():
    """CVE-2021-45116."""

    class User:
        _secret = 1
        called = False

        def delete(self):
            User.called = True

    assert dictsort([User(), User()], "_secret") == ""
    assert dictsort([{"a": User()}, {"a": User()}], "a.__class__") == ""
    dictsort([User(), User()], "delete")
    assert not User.called


def test_date_formats_do_not_print_settings():
    """CVE-2015-8213."""
    day = datetime.datetime(2024, 1, 1)
    assert settings.SECRET_KEY not in render("{{ day|date:'SECRET_KEY' }}", {"day": day})


def test_include_does_not_leave_the_directories(tmp_path):
    """CVE-2013-4315."""
    from offbeat.template import Engine, TemplateDoesNotExist, TemplateSyntaxError

    (tmp_path / "in").mkdir()
    (tmp_path / "secret").write_text("secret")
    made = Engine(dirs=[tmp_path / "in"])
    for name in ("../secret", str(tmp_path / "secret"), "x/../../secret"):
        with pytest.raises((TemplateDoesNotExist, TemplateSyntaxError)):
            made.from_string("{% include name %}").render(Context({"name": name}))


VALIDATORS = [
    (DomainNameValidator(), "example.com"),
    (URLValidator(), "http://example.com/"),
    (validate_email, "a@example.com"),
    (validate_slug, "slug"),
    (validate_integer, "12"),
    (validate_ipv4_address, "127.0.0.1"),
    (validate_ipv6_address, "::1"),
    (int_list_validator(), "1,2"),
]


@pytest.mark.parametrize(("validator", "valid"), VALIDATORS)
@pytest.mark.parametrize("suffix", ["\n", "\r\n", "\n<script>", "\t\n"])
def test_no_validator_takes_a_newline(validator, valid, suffix):
    """CVE-2026-53878, CVE-2021-32052, CVE-2015-5144."""
    validator(valid)
    with pytest.raises(ValidationError):
        validator(valid + suffix)
    with pytest.raises(ValidationError):
        validator(suffix + valid)


@pytest.mark.parametrize(
    "validator", [URLValidator(), EmailValidator(), DomainNameValidator(), validate_ipv6_address]
)
@pytest.mark.parametrize(
    "make",
    [
        lambda n: "a@" + "x." * n,
        lambda n: "http://" + "x." * n,
        lambda n: "http://" + "-" * n,
        lambda n: "1:" * n,
        lambda n: "http://a:" + "b" * n + "@",
        lambda n: "\ufdfa" * n,
        lambda n: '"' + "\\" * n + '"@a.com',
        lambda n: "." * n + "@" + "." * n,
    ],
)
def test_validators_are_linear(validator, make):
    """CVE-2024-56374, CVE-2023-36053, CVE-2015-5145."""
    assert seconds(validator, make(300_000)) < 0.2
    assert seconds(validator, make(150)) < 0.05


@pytest.mark.parametrize(
    "address", ["010.8.8.8", "127.0.0.01", "1.2.3", "1.2.3.4.5", "0x7f.1.1.1", "1.2.3.٤"]
)
def test_addresses_that_others_read_otherwise_are_refused(address):
    """CVE-2021-33571."""
    with pytest.raises(ValidationError):
        validate_ipv4_address(address)
    with pytest.raises(ValidationError):
        URLValidator()(f"http://{address}/")


def test_url_field_does_not_normalise_giant_input():
    """CVE-2026-25673."""
    field = forms.URLField()
    assert seconds(field.clean, "http://" + "\ufdfa" * 2_000_000) < 1
    with pytest.raises(ValidationError):
        field.clean("\ufdfa" * 5000)


def test_file_inputs_take_several_files_only_when_they_say_so():
    """CVE-2023-31047."""
    with pytest.raises(ValueError, match="doesn't support uploading multiple files"):
        forms.FileInput(attrs={"multiple": True})
    with pytest.raises(ValueError, match="doesn't support uploading multiple files"):
        forms.ClearableFileInput(attrs={"multiple": True})


def test_the_client_does_not_say_how_many_forms_are_made():
    """CVE-2013-0306."""
    formset = forms.formset_factory(forms.Form, max_num=2, absolute_max=10)(
        {"form-TOTAL_FORMS": "1000000000", "form-INITIAL_FORMS": "0"}
    )
    assert len(formset.forms) == 10
    assert not formset.is_valid()
    assert formset.non_form_errors().as_data()[0].code == "too_many_forms"


def test_a_decompression_bomb_is_no_image():
    """CVE-2012-3443, CVE-2012-3444."""
    pillow = pytest.importorskip("PIL.Image")
    import io
    import struct
    import zlib

    from offbeat.core.files.uploadedfile import SimpleUploadedFile

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", 50_000, 50_000, 1, 0, 0, 0, 0)
    png = (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", header)
        + chunk(b"IDAT", zlib.compress(b""))
        + chunk(b"IEND", b"")
    )
    with pytest.raises(ValidationError) as caught:
        forms.ImageField().clean(SimpleUploadedFile("x.png", png))
    assert caught.value.code == "invalid_image"
    small = io.BytesIO()
    pillow.new("RGB", (2, 2)).save(small, "PNG")
    cleaned = forms.ImageField().clean(SimpleUploadedFile("x.png", small.getvalue(), "text/html"))
    assert cleaned.content_type == "image/png"


def test_attributes_in_templates_are_escaped():
    made = engine()
    template = made.from_string("<a title=\"{{ x }}\" class='{{ x }}'>")
    assert template.render(Context({"x": "\"'><script>"})) == (
        "<a title=\"&quot;&#x27;&gt;&lt;script&gt;\" class='&quot;&#x27;&gt;&lt;script&gt;'>"
    )
