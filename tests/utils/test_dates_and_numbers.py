"""Formatting of dates, numbers and durations."""

from __future__ import annotations

import datetime
from decimal import Decimal

import pytest

from offbeat.template.defaultfilters import filesizeformat, floatformat
from offbeat.utils import formats, numberformat
from offbeat.utils.dateformat import format, time_format
from offbeat.utils.lorem_ipsum import paragraphs, words
from offbeat.utils.timesince import timesince, timeuntil

MOMENT = datetime.datetime(2024, 2, 29, 15, 4, 5, 678)


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        ("Y-m-d H:i:s", "2024-02-29 15:04:05"),
        ("jS F Y", "29th February 2024"),
        ("D l N M b", "Thu Thursday Feb. Feb feb"),
        ("y n j z t W o w L", "24 2 29 60 29 9 2024 4 True"),
        ("g:i A a P f h G u", "3:04 PM p.m. 3:04 p.m. 3:04 03 15 000678"),
        (r"\Y\\Y", r"Y\2024"),
        ("c", "2024-02-29T15:04:05.000678"),
    ],
)
def test_date_formats(pattern, expected):
    assert format(MOMENT, pattern) == expected


def test_a_date_has_no_time():
    with pytest.raises(TypeError, match="may not contain time-related"):
        format(MOMENT.date(), "H")
    assert time_format(datetime.time(0), "P") == "midnight"


def test_offsets():
    moment = MOMENT.replace(tzinfo=datetime.timezone(datetime.timedelta(hours=-3, minutes=-30)))
    assert format(moment, "O Z") == "-0330 -12600"
    assert format(moment, "r") == "Thu, 29 Feb 2024 15:04:05 -0330"


@pytest.mark.parametrize(
    ("value", "argument", "expected"),
    [
        (34.23234, -1, "34.2"),
        (34.0, -1, "34"),
        (34.0, 3, "34.000"),
        (18.125, 2, "18.13"),
        ("0.5", 0, "1"),
        (-0.001, 2, "0.00"),
        ("pi", 2, ""),
        (1234567.891, "2g", "1,234,567.89"),
        (float("nan"), 2, "nan"),
    ],
)
def test_floatformat(value, argument, expected, monkeypatch):
    from offbeat.conf import settings

    monkeypatch.setattr(settings, "NUMBER_GROUPING", 3)
    formats.reset_format_cache()
    assert floatformat(value, argument) == expected
    formats.reset_format_cache()


def test_number_format():
    assert numberformat.format(1234, ".", grouping=3, thousand_sep=",", force_grouping=True) == "1,234"
    assert numberformat.format(-1234567, ".", 2, (3, 2, 0), ",", True) == "-12,34,567.00"
    assert numberformat.format(Decimal("0.1234"), ",", 2) == "0,12"
    assert numberformat.format(1e-10, ".", 8) == "0.00000000"
    assert numberformat.format("1.5", ",") == "1,5"


def test_file_sizes():
    assert filesizeformat(1023) == "1023\xa0bytes"
    assert filesizeformat(1024 * 1024) == "1.0\xa0MB"
    assert filesizeformat(-2048) == "-2.0\xa0KB"
    assert filesizeformat("x") == "0\xa0bytes"
    assert filesizeformat(10**400).endswith("PB")


def test_formats_cannot_be_used_to_read_settings():
    assert formats.get_format("SECRET_KEY") == "SECRET_KEY"
    assert formats.sanitize_separators("1.5") == "1.5"


@pytest.mark.parametrize(
    ("delta", "expected"),
    [
        (datetime.timedelta(0), "0\xa0minutes"),
        (datetime.timedelta(minutes=1), "1\xa0minute"),
        (datetime.timedelta(days=1, hours=2, minutes=3), "1\xa0day, 2\xa0hours"),
        (datetime.timedelta(days=1, minutes=3), "1\xa0day"),
        (datetime.timedelta(days=400), "1\xa0year, 1\xa0month"),
        (datetime.timedelta(days=-5), "0\xa0minutes"),
    ],
)
def test_timesince(delta, expected):
    start = datetime.datetime(2023, 3, 1, 12)
    assert timesince(start, start + delta) == expected
    assert timeuntil(start + delta, start) == expected
    with pytest.raises(ValueError, match="depth"):
        timesince(start, depth=0)


def test_lorem_ipsum():
    assert words(3) == "lorem ipsum dolor"
    assert len(words(500, common=False).split()) == 500
    assert paragraphs(2)[0].startswith("Lorem ipsum dolor sit amet")
