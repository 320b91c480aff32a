"""Signed values: tamper-proof text and objects for cookies, URLs and forms.

A signed value reads ``value:signature``, or ``value:timestamp:signature`` with a time; the signature is an HMAC of
what is before it. The formats are those of Django, so that values signed there are read here and back. Nothing is
encrypted. Django documentation: topics/signing.
"""

from __future__ import annotations

import base64
import datetime
import json
import time
import warnings
import zlib
from collections.abc import Iterable
from typing import Any, Protocol

from offbeat.conf import settings
from offbeat.utils.crypto import constant_time_compare, salted_hmac
from offbeat.utils.deprecation import RemovedInDjango2028Warning
from offbeat.utils.encoding import force_bytes
from offbeat.utils.lazy_pattern import lazy_pattern
from offbeat.utils.module_loading import import_string

BASE62_ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_BASE62_VALUE = {char: value for value, char in enumerate(BASE62_ALPHABET)}
# Characters of the signature itself cannot separate it from the value.
_UNSAFE_SEP = lazy_pattern(r"[A-z0-9-_=]*")


class BadSignature(Exception):
    """The signature does not match."""


class SignatureExpired(BadSignature):
    """The signature's time is older than ``max_age``."""


class _Serializer(Protocol):
    def dumps(self, obj: Any) -> bytes: ...

    def loads(self, data: bytes) -> Any: ...


def b62_encode(s: int) -> str:
    """An integer in base 62."""
    if s == 0:
        return "0"
    sign = "-" if s < 0 else ""
    s = abs(s)
    digits = ""
    while s:
        s, rest = divmod(s, 62)
        digits = BASE62_ALPHABET[rest] + digits
    return sign + digits


def b62_decode(s: str) -> int:
    """The integer written in base 62; KeyError for other characters."""
    if s == "0":
        return 0
    sign = 1
    if s[:1] == "-":
        s, sign = s[1:], -1
    value = 0
    for char in s:
        value = value * 62 + _BASE62_VALUE[char]
    return sign * value


def b64_encode(s: bytes) -> bytes:
    """URL-safe base64 without padding."""
    return base64.urlsafe_b64encode(s).rstrip(b"=")


def b64_decode(s: bytes) -> bytes:
    """The bytes of ``b64_encode()``."""
    return base64.urlsafe_b64decode(s + b"=" * (-len(s) % 4))


def base64_hmac(salt: str, value: str | bytes, key: str | bytes, algorithm: str | None = None) -> str:
    """The HMAC of ``value`` under a key made from ``salt`` and ``key``, as URL-safe base64.

    Leaving out ``algorithm`` means SHA-1, with a deprecation warning.
    """
    if algorithm is None:
        warnings.warn(
            "The default argument for algorithm in base64_hmac() will change from 'sha1' to 'sha256' in Django "
            "2028. Pass an explicit algorithm to silence this warning.",
            RemovedInDjango2028Warning,
            stacklevel=2,
        )
        algorithm = "sha1"
    return b64_encode(salted_hmac(salt, value, key, algorithm=algorithm).digest()).decode()


def _cookie_signer_key(key: str | bytes) -> bytes:
    return b"django.http.cookies" + bytes(force_bytes(key))


def get_cookie_signer(salt: str = "django.core.signing.get_cookie_signer") -> Any:
    """A signer of class ``SIGNING_BACKEND`` with keys apart from those of other signers."""
    signer_class = import_string(settings.SIGNING_BACKEND)
    return signer_class(
        key=_cookie_signer_key(settings.SECRET_KEY),
        fallback_keys=[_cookie_signer_key(key) for key in settings.SECRET_KEY_FALLBACKS],
        salt=salt,
    )


def signed_cookie_salt(name: str, salt: str) -> str:
    """The salt of the signed cookie ``name``: the length keeps two different pairs from having the same one."""
    return f"django.http.cookies.v2:{len(salt)}:{salt}{name}"


def sign_cookie(name: str, value: Any, salt: str = "") -> str:
    """The value of the signed cookie ``name``."""
    return str(get_cookie_signer(salt=signed_cookie_salt(name, salt)).sign(value))


def unsign_cookie(name: str, signed_value: str, salt: str = "", max_age: Any = None) -> Any:
    """The value under a signed cookie; BadSignature or SignatureExpired.

    Cookies signed with the older, ambiguous salt pass while ``SIGNED_COOKIE_LEGACY_SALT_FALLBACK`` is on.
    """
    try:
        return get_cookie_signer(salt=signed_cookie_salt(name, salt)).unsign(signed_value, max_age=max_age)
    except SignatureExpired:
        raise
    except BadSignature:
        if not getattr(settings, "SIGNED_COOKIE_LEGACY_SALT_FALLBACK", False):
            raise
        return get_cookie_signer(salt=name + salt).unsign(signed_value, max_age=max_age)


class JSONSerializer:
    """Compact JSON in Latin-1, the default serializer of signed objects."""

    def dumps(self, obj: Any) -> bytes:
        return json.dumps(obj, separators=(",", ":")).encode("latin-1")

    def loads(self, data: bytes) -> Any:
        return json.loads(data.decode("latin-1"))


def dumps(
    obj: Any,
    key: str | bytes | None = None,
    salt: str = "django.core.signing",
    serializer: Any = JSONSerializer,
    compress: bool = False,
) -> str:
    """``obj`` as URL-safe, signed, time-stamped text; compressed where asked for and shorter."""
    return TimestampSigner(key=key, salt=salt).sign_object(obj, serializer=serializer, compress=compress)


def loads(
    s: str,
    key: str | bytes | None = None,
    salt: str = "django.core.signing",
    serializer: Any = JSONSerializer,
    max_age: float | datetime.timedelta | None = None,
    fallback_keys: Iterable[str | bytes] | None = None,
) -> Any:
    """The object of ``dumps()``; BadSignature, or SignatureExpired when older than ``max_age``."""
    return TimestampSigner(key=key, salt=salt, fallback_keys=fallback_keys).unsign_object(
        s, serializer=serializer, max_age=max_age
    )


class Signer:
    """Signs text with ``key`` (``SECRET_KEY``) and ``salt``; also accepts signatures by ``fallback_keys``."""

    def __init__(
        self,
        *,
        key: str | bytes | None = None,
        sep: str = ":",
        salt: str | None = None,
        algorithm: str | None = None,
        fallback_keys: Iterable[str | bytes] | None = None,
    ) -> None:
        self.key = key or settings.SECRET_KEY
        self.fallback_keys = (
            list(fallback_keys) if fallback_keys is not None else settings.SECRET_KEY_FALLBACKS
        )
        self.sep = sep
        self.salt = salt or f"{_public_module(self.__class__)}.{self.__class__.__name__}"
        self.algorithm = algorithm or "sha256"
        if _UNSAFE_SEP.fullmatch(sep):
            raise ValueError(
                f"Unsafe Signer separator: {sep!r} (cannot be empty or consist of only A-z0-9-_=)"
            )

    def signature(self, value: str | bytes, key: str | bytes | None = None) -> str:
        """The signature alone."""
        return base64_hmac(self.salt + "signer", value, key or self.key, algorithm=self.algorithm)

    def sign(self, value: Any) -> str:
        """``value`` with its signature."""
        return f"{value}{self.sep}{self.signature(value)}"

    def unsign(self, signed_value: str) -> str:
        """The value; BadSignature if it was not signed with one of the keys."""
        if self.sep not in signed_value:
            raise BadSignature(f'No "{self.sep}" found in value')
        value, signature = signed_value.rsplit(self.sep, 1)
        for key in (self.key, *self.fallback_keys):
            if constant_time_compare(signature, self.signature(value, key)):
                return value
        raise BadSignature(f'Signature "{signature}" does not match')

    def sign_object(self, obj: Any, serializer: Any = JSONSerializer, compress: bool = False) -> str:
        """``obj`` serialized, in base64, signed. A leading period marks compressed data."""
        data = serializer().dumps(obj)
        mark = ""
        if compress:
            compressed = zlib.compress(data)
            if len(compressed) < len(data) - 1:
                data, mark = compressed, "."
        return self.sign(mark + b64_encode(data).decode())

    def unsign_object(self, signed_obj: str, serializer: Any = JSONSerializer, **kwargs: Any) -> Any:
        """The object of ``sign_object()``; the signature is checked before anything is decoded."""
        encoded = self.unsign(signed_obj, **kwargs).encode()
        if encoded[:1] == b".":
            return serializer().loads(zlib.decompress(b64_decode(encoded[1:])))
        return serializer().loads(b64_decode(encoded))


class TimestampSigner(Signer):
    """A Signer that adds the time of signing, so that values can expire."""

    def timestamp(self) -> str:
        """Now, in base 62 seconds."""
        return b62_encode(int(time.time()))

    def sign(self, value: Any) -> str:
        """``value`` with the time and the signature."""
        return super().sign(f"{value}{self.sep}{self.timestamp()}")

    def unsign(self, value: str, max_age: float | datetime.timedelta | None = None) -> str:
        """The value; SignatureExpired if it was signed more than ``max_age`` seconds ago."""
        result, timestamp = super().unsign(value).rsplit(self.sep, 1)
        if max_age is not None:
            if isinstance(max_age, datetime.timedelta):
                max_age = max_age.total_seconds()
            age = time.time() - b62_decode(timestamp)
            if age > max_age:
                raise SignatureExpired(f"Signature age {age} > {max_age} seconds")
        return result


def _public_module(cls: type) -> str:
    """The module in the default salt: these classes keep Django's name, so that its signatures stay valid."""
    module = cls.__module__
    return "django" + module[len("offbeat") :] if module.startswith("offbeat.") else module
