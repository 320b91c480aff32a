"""Signed values, and their formats, which stored data depends on."""

from __future__ import annotations

import datetime
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from offbeat.conf import settings
from offbeat.core import signing


@pytest.fixture(autouse=True)
def known_key(monkeypatch):
    monkeypatch.setattr(settings, "SECRET_KEY", "secret")
    monkeypatch.setattr(settings, "SECRET_KEY_FALLBACKS", [])


def test_formats_that_existing_data_has():
    assert signing.Signer().sign("hello") == "hello:FRBs_KKrjaVe9zJEdlQdiuJ2n9jBEsFOL1Capquoa18"
    assert signing.Signer(salt="x").sign("hello") == "hello:IPM3o2Rs0kqG_tJwkBjqsbGjXDu2SoWpH3NnX7dp5VU"
    assert signing.Signer(key="k").sign("hello") == "hello:3jIRTXB8cju7lLwsdsd67hWGpe2iqP8I-aEAoY-u96k"
    assert signing.loads("eyJhIjoxfQ:1xUIWH:aqJX7c_SKoeMsk9wI4SNQiVwYJlFB3Trlj0xvnzmhEA") == {"a": 1}
    compressed = (
        ".eJwNkMkNBEEMAhOqh2-bWEabfxrbXySg4DOcICmaYTmEP9HxwBMvvPHBFz9chBHPE0QSRTQxxBJHiDTSyReZZJFNDrnkkaKMciqo1"
        "1hUU0MtdZRoo50OOukH1PTQSx8txhhngkmmmMc7zDLHiDXW2WCTLbbZN2fZY8UZ51xwyRXX3HBv7XFChhwFSlSo0aBF7wz9_hFcOOE:1"
        "xUIWH:dP9o6VPEzhCJUveI9eu6-lA4l4M4hyCDg4mNUCoNa94"
    )
    assert signing.loads(compressed) == list(range(100))
    assert [signing.b62_encode(number) for number in (0, -123456, 1234567890)] == ["0", "-W7E", "1LY7VK"]


def test_formats_of_signed_cookies():
    value = "value:1xUIWH:Dqdz4dT-RuiwRDvt3NxC3dfNKh085njUi1sowCVQyHI"
    assert signing.unsign_cookie("name", value, salt="sa") == "value"
    value = "value:1xUIWH:50S4yhNOpi8-8PHON2BrMuXUYWKA5XoMfiZXSiXjOak"
    assert signing.unsign_cookie("name", value) == "value"


def test_a_changed_value_is_refused():
    signed = signing.Signer().sign("value")
    for bad in (signed + "x", "x" + signed, signed.replace(":", ""), "value", ""):
        with pytest.raises(signing.BadSignature):
            signing.Signer().unsign(bad)
    with pytest.raises(signing.BadSignature):
        signing.Signer(salt="other").unsign(signed)


def test_keys_that_were_retired_still_verify(monkeypatch):
    signed = signing.Signer(key="old").sign("value")
    assert signing.Signer(key="new", fallback_keys=["older", "old"]).unsign(signed) == "value"
    monkeypatch.setattr(settings, "SECRET_KEY", "old")
    signed = signing.dumps("value")
    cookie = signing.sign_cookie("n", "v")
    monkeypatch.setattr(settings, "SECRET_KEY", "new")
    monkeypatch.setattr(settings, "SECRET_KEY_FALLBACKS", ["old"])
    assert signing.loads(signed) == "value"
    assert signing.unsign_cookie("n", cookie) == "v"


@pytest.mark.parametrize("sep", ["", "a", "-", "_", "=", "Z9"])
def test_separators_that_a_signature_may_contain(sep):
    with pytest.raises(ValueError, match="Unsafe Signer separator"):
        signing.Signer(sep=sep)


def test_signatures_expire(monkeypatch):
    signed = signing.TimestampSigner().sign("value")
    assert signing.TimestampSigner().unsign(signed, max_age=10) == "value"
    now = time.time()
    monkeypatch.setattr(signing.time, "time", lambda: now + 60)
    for max_age in (10, datetime.timedelta(seconds=10)):
        with pytest.raises(signing.SignatureExpired):
            signing.TimestampSigner().unsign(signed, max_age=max_age)
    assert signing.TimestampSigner().unsign(signed) == "value"


def test_the_older_salt_of_cookies_is_accepted_only_when_allowed(monkeypatch):
    older = signing.get_cookie_signer(salt="name" + "salt").sign("value")
    with pytest.raises(signing.BadSignature):
        signing.unsign_cookie("name", older, salt="salt")
    monkeypatch.setattr(settings, "SIGNED_COOKIE_LEGACY_SALT_FALLBACK", True, raising=False)
    assert signing.unsign_cookie("name", older, salt="salt") == "value"


@given(
    st.recursive(st.none() | st.booleans() | st.integers() | st.text(), st.lists, max_leaves=5), st.booleans()
)
def test_objects_go_round(value, compress):
    assert signing.loads(signing.dumps(value, compress=compress)) == value


@given(st.integers())
def test_numbers_go_round(number):
    assert signing.b62_decode(signing.b62_encode(number)) == number
