"""IPv6 addresses."""

from __future__ import annotations

import pytest

from offbeat.core.exceptions import ValidationError
from offbeat.utils.ipv6 import clean_ipv6_address, is_valid_ipv6_address


@pytest.mark.parametrize(
    ("text", "clean"),
    [
        ("DEAD:BEEF::0:1", "dead:beef::1"),
        ("0:0:0:0:0:0:0:0", "::"),
        ("::ffff:0a0a:0a0a", "::ffff:10.10.10.10"),
        ("::ffff:18.52.18.52", "::ffff:18.52.18.52"),
        ("::1%eth0", "::1"),
    ],
)
def test_cleaning(text, clean):
    assert clean_ipv6_address(text) == clean
    assert is_valid_ipv6_address(text)


def test_unpacking():
    assert clean_ipv6_address("::ffff:18.52.18.52", unpack_ipv4=True) == "18.52.18.52"


@pytest.mark.parametrize("text", ["", "g", "1:2", "1::2::3", "1.2.3.4", ":" * 1000, "::ffff:999.1.1.1"])
def test_what_is_not_an_address(text):
    assert not is_valid_ipv6_address(text)
    with pytest.raises(ValidationError):
        clean_ipv6_address(text)
