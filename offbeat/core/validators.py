"""Validators (Django documentation: ref/validators).

Every pattern is matched against the whole value, and every text has a maximum length before it is looked at.
"""

from __future__ import annotations

import ipaddress
import math
import re
from collections.abc import Callable, Collection
from decimal import Decimal
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from offbeat.core.exceptions import ValidationError
from offbeat.utils.deconstruct import deconstructible
from offbeat.utils.ipv6 import is_valid_ipv6_address
from offbeat.utils.regex_helper import _lazy_re_compile
from offbeat.utils.translation import gettext_lazy as _
from offbeat.utils.translation import ngettext_lazy

__all__ = [
    "EMPTY_VALUES",
    "BaseValidator",
    "DecimalValidator",
    "DomainNameValidator",
    "EmailValidator",
    "FileExtensionValidator",
    "MaxLengthValidator",
    "MaxValueValidator",
    "MinLengthValidator",
    "MinValueValidator",
    "ProhibitNullCharactersValidator",
    "RegexValidator",
    "StepValueValidator",
    "URLValidator",
    "get_available_image_extensions",
    "int_list_validator",
    "ip_address_validator_map",
    "ip_address_validators",
    "validate_comma_separated_integer_list",
    "validate_domain_name",
    "validate_email",
    "validate_image_file_extension",
    "validate_integer",
    "validate_ipv4_address",
    "validate_ipv6_address",
    "validate_ipv46_address",
    "validate_slug",
    "validate_unicode_slug",
]

# Values that mean "nothing was entered".
EMPTY_VALUES: tuple[Any, ...] = (None, "", [], (), {})


@deconstructible(path="offbeat.core.validators.RegexValidator")
class RegexValidator:
    """The text must (or, with ``inverse_match``, must not) be found by ``regex``."""

    regex: Any = ""
    message: Any = _("Enter a valid value.")
    code = "invalid"
    inverse_match = False
    flags: Any = 0

    def __init__(
        self,
        regex: Any = None,
        message: Any = None,
        code: str | None = None,
        inverse_match: bool | None = None,
        flags: Any = None,
    ) -> None:
        if regex is not None:
            self.regex = regex
        if message is not None:
            self.message = message
        if code is not None:
            self.code = code
        if inverse_match is not None:
            self.inverse_match = inverse_match
        if flags is not None:
            self.flags = flags
        if self.flags and not isinstance(self.regex, str):
            raise TypeError("If the flags are set, regex must be a regular expression string.")
        # Not isinstance(): patterns that are compiled at their first use would be compiled by it.
        if issubclass(type(self.regex), str):
            self.regex = re.compile(self.regex, self.flags)

    def __call__(self, value: Any) -> None:
        found = self.regex.search(str(value))
        if bool(found) if self.inverse_match else not found:
            raise ValidationError(self.message, code=self.code, params={"value": value})

    def __eq__(self, other: object) -> bool:
        return (
            isinstance(other, RegexValidator)
            and self.regex.pattern == other.regex.pattern
            and self.regex.flags == other.regex.flags
            and self.message == other.message
            and self.code == other.code
            and self.inverse_match == other.inverse_match
        )

    __hash__ = None  # type: ignore[assignment]


# Letters of international names; no private use, no controls.
_UL = "\u00a1-\uffff"
# Compiling so wide a range takes 11 ms, hence both cases are written out (25 ms otherwise), and it is done when needed.
_HOSTNAME = rf"[a-zA-Z{_UL}0-9](?:[a-zA-Z{_UL}0-9-]{{0,61}}[a-zA-Z{_UL}0-9])?"
_LABELS = rf"(?:\.(?!-)[a-zA-Z{_UL}0-9-]{{1,63}}(?<!-))*"
_TLD = rf"\.(?!-)(?:[a-zA-Z{_UL}-]{{2,63}}|[xX][nN]--[a-zA-Z0-9]{{1,59}})(?<!-)\.?"
_ASCII_HOSTNAME, _ASCII_LABELS, _ASCII_TLD = (part.replace(_UL, "") for part in (_HOSTNAME, _LABELS, _TLD))


@deconstructible(path="offbeat.core.validators.DomainNameValidator")
class DomainNameValidator(RegexValidator):
    """A domain name; ``accept_idna``: international ones, too."""

    message = _("Enter a valid domain name.")
    ul = _UL
    hostname_re = _HOSTNAME
    domain_re = _LABELS
    tld_re = _TLD
    ascii_only_hostname_re = _ASCII_HOSTNAME
    ascii_only_domain_re = _ASCII_LABELS
    ascii_only_tld_re = _ASCII_TLD
    max_length = 255

    def __init__(self, **kwargs: Any) -> None:
        self.accept_idna = kwargs.pop("accept_idna", True)
        if self.accept_idna:
            pattern = self.hostname_re + self.domain_re + self.tld_re
        else:
            pattern = self.ascii_only_hostname_re + self.ascii_only_domain_re + self.ascii_only_tld_re
        self.regex = _lazy_re_compile(rf"\A{pattern}\Z")
        super().__init__(**kwargs)

    def __call__(self, value: Any) -> None:
        if not isinstance(value, str) or len(value) > self.max_length:
            raise ValidationError(self.message, code=self.code, params={"value": value})
        if not self.accept_idna and not value.isascii():
            raise ValidationError(self.message, code=self.code, params={"value": value})
        super().__call__(value)


validate_domain_name = DomainNameValidator()


@deconstructible(path="offbeat.core.validators.URLValidator")
class URLValidator(RegexValidator):
    """An absolute URL with one of ``schemes``."""

    ul = _UL
    ipv4_re = (
        r"(?:0|25[0-5]|2[0-4][0-9]|1[0-9]?[0-9]?|[1-9][0-9]?)"
        r"(?:\.(?:0|25[0-5]|2[0-4][0-9]|1[0-9]?[0-9]?|[1-9][0-9]?)){3}"
    )
    ipv6_re = r"\[[0-9a-fA-F:.]+\]"
    hostname_re = _HOSTNAME
    domain_re = _LABELS
    tld_re = _TLD
    host_re = "(" + hostname_re + domain_re + tld_re + "|(?i:localhost))"
    regex = _lazy_re_compile(
        r"\A(?:[a-zA-Z0-9.+-]*)://"
        r"(?:[^\s:@/]+(?::[^\s:@/]*)?@)?"
        rf"(?:{ipv4_re}|{ipv6_re}|{host_re})"
        r"(?::[0-9]{1,5})?"
        r"(?:[/?#][^\s]*)?"
        r"\Z"
    )
    message = _("Enter a valid URL.")
    schemes: Collection[str] = ["http", "https", "ftp", "ftps"]
    unsafe_chars = frozenset("\t\r\n")
    max_length = 2048

    def __init__(self, schemes: Collection[str] | None = None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        if schemes is not None:
            self.schemes = schemes

    def _error(self, value: Any) -> ValidationError:
        return ValidationError(self.message, code=self.code, params={"value": value})

    def __call__(self, value: Any) -> None:
        if (
            not isinstance(value, str)
            or len(value) > self.max_length
            or self.unsafe_chars.intersection(value)
        ):
            raise self._error(value)
        if value.split("://")[0].lower() not in self.schemes:
            raise self._error(value)
        try:
            splitted = urlsplit(value)
            hostname = splitted.hostname
        except ValueError:
            raise self._error(value) from None
        super().__call__(value)
        if literal := re.fullmatch(r"(?:[^@]*@)?\[(.+)\](?::[0-9]{1,5})?", splitted.netloc):
            try:
                validate_ipv6_address(literal[1])
            except ValidationError:
                raise self._error(value) from None
        # RFC 1034 §3.1, in characters without the length octets.
        if hostname is None or len(hostname) > 253:
            raise self._error(value)


integer_validator = RegexValidator(
    _lazy_re_compile(r"\A-?\d+\Z"), message=_("Enter a valid integer."), code="invalid"
)


def validate_integer(value: Any) -> None:
    """An integer, as text or number."""
    integer_validator(value)


@deconstructible(path="offbeat.core.validators.EmailValidator")
class EmailValidator:
    """A mail address; ``allowlist``: domains that need not look like one."""

    message: Any = _("Enter a valid email address.")
    code = "invalid"
    hostname_re = _HOSTNAME
    domain_re = _LABELS
    tld_no_fqdn_re = _TLD.removesuffix(r"\.?")
    # RFC 5322 §3.2.3 dot-atom, or §3.2.4 quoted-string.
    user_regex = _lazy_re_compile(
        r"""(?:\A[-!#$%&'*+/=?^_`{}|~0-9A-Z]++(?:\.[-!#$%&'*+/=?^_`{}|~0-9A-Z]++)*+\Z"""
        r'|\A"(?:[\001-\010\013\014\016-\037!#-\[\]-\177]|\\[\001-\011\013\014\016-\177])*+"\Z)',
        re.IGNORECASE,
    )
    domain_regex = _lazy_re_compile(rf"\A{_HOSTNAME}{_LABELS}{_TLD.removesuffix(chr(92) + '.?')}\Z")
    # RFC 5321 §4.1.3 address literal.
    literal_regex = _lazy_re_compile(r"\A\[([A-F0-9:.]+)\]\Z", re.IGNORECASE)
    domain_allowlist: Collection[str] = ["localhost"]
    max_length = 320

    def __init__(
        self, message: Any = None, code: str | None = None, allowlist: Collection[str] | None = None
    ) -> None:
        if message is not None:
            self.message = message
        if code is not None:
            self.code = code
        if allowlist is not None:
            self.domain_allowlist = allowlist

    def __call__(self, value: Any) -> None:
        # RFC 3696 erratum 1690: 64 characters, "@", 255 characters.
        if not value or not isinstance(value, str) or "@" not in value or len(value) > self.max_length:
            raise ValidationError(self.message, code=self.code, params={"value": value})
        user_part, domain_part = value.rsplit("@", 1)
        if not self.user_regex.match(user_part):
            raise ValidationError(self.message, code=self.code, params={"value": value})
        if domain_part not in self.domain_allowlist and not self.validate_domain_part(domain_part):
            raise ValidationError(self.message, code=self.code, params={"value": value})

    def validate_domain_part(self, domain_part: str) -> bool:
        """True for a domain name or an address in brackets."""
        if self.domain_regex.match(domain_part):
            return True
        literal = self.literal_regex.match(domain_part)
        if literal:
            try:
                validate_ipv46_address(literal[1])
                return True
            except ValidationError:
                pass
        return False

    def __eq__(self, other: object) -> bool:
        return (
            isinstance(other, EmailValidator)
            and set(self.domain_allowlist) == set(other.domain_allowlist)
            and self.message == other.message
            and self.code == other.code
        )

    __hash__ = None  # type: ignore[assignment]


validate_email = EmailValidator()

slug_re = _lazy_re_compile(r"\A[-a-zA-Z0-9_]+\Z")
validate_slug = RegexValidator(
    slug_re,
    # Translators: "letters" means latin letters: a-z and A-Z.
    _("Enter a valid “slug” consisting of letters, numbers, underscores or hyphens."),
    "invalid",
)
slug_unicode_re = _lazy_re_compile(r"\A[-\w]+\Z")
validate_unicode_slug = RegexValidator(
    slug_unicode_re,
    _("Enter a valid “slug” consisting of Unicode letters, numbers, underscores, or hyphens."),
    "invalid",
)


def validate_ipv4_address(value: Any) -> None:
    """An IPv4 address; leading zeros are refused, as others read them as octal."""
    try:
        ipaddress.IPv4Address(value)
    except ValueError:
        raise ValidationError(
            _("Enter a valid %(protocol)s address."),
            code="invalid",
            params={"protocol": _("IPv4"), "value": value},
        ) from None


def validate_ipv6_address(value: Any) -> None:
    """An IPv6 address."""
    if not is_valid_ipv6_address(value):
        raise ValidationError(
            _("Enter a valid %(protocol)s address."),
            code="invalid",
            params={"protocol": _("IPv6"), "value": value},
        )


def validate_ipv46_address(value: Any) -> None:
    """An IPv4 or IPv6 address."""
    try:
        validate_ipv4_address(value)
    except ValidationError:
        try:
            validate_ipv6_address(value)
        except ValidationError:
            raise ValidationError(
                _("Enter a valid %(protocol)s address."),
                code="invalid",
                params={"protocol": _("IPv4 or IPv6"), "value": value},
            ) from None


ip_address_validator_map: dict[str, list[Callable[[Any], None]]] = {
    "both": [validate_ipv46_address],
    "ipv4": [validate_ipv4_address],
    "ipv6": [validate_ipv6_address],
}


def ip_address_validators(protocol: str, unpack_ipv4: bool) -> list[Callable[[Any], None]]:
    """The validators for a protocol (``both``, ``IPv4``, ``IPv6``); ValueError for a combination that cannot be."""
    if protocol != "both" and unpack_ipv4:
        raise ValueError("You can only use `unpack_ipv4` if `protocol` is set to 'both'")
    try:
        return ip_address_validator_map[protocol.lower()]
    except KeyError:
        raise ValueError(
            f"The protocol '{protocol}' is unknown. Supported: {list(ip_address_validator_map)}"
        ) from None


def int_list_validator(
    sep: str = ",", message: Any = None, code: str = "invalid", allow_negative: bool = False
) -> RegexValidator:
    """A validator for integers joined by ``sep``."""
    sign = "-?" if allow_negative else ""
    regexp = _lazy_re_compile(rf"\A{sign}\d+(?:{re.escape(sep)}{sign}\d+)*+\Z")
    return RegexValidator(regexp, message=message, code=code)


validate_comma_separated_integer_list = int_list_validator(
    message=_("Enter only digits separated by commas."),
)


@deconstructible
class BaseValidator:
    """Compares ``clean(value)`` with ``limit_value`` (a value, or a callable that gives one)."""

    message: Any = _("Ensure this value is %(limit_value)s (it is %(show_value)s).")
    code = "limit_value"

    def __init__(self, limit_value: Any, message: Any = None) -> None:
        self.limit_value = limit_value
        if message:
            self.message = message

    def __call__(self, value: Any) -> None:
        cleaned = self.clean(value)
        limit_value = self.limit_value() if callable(self.limit_value) else self.limit_value
        if self.compare(cleaned, limit_value):
            params = {"limit_value": limit_value, "show_value": cleaned, "value": value}
            raise ValidationError(self.message, code=self.code, params=params)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, self.__class__):
            return NotImplemented
        return (
            self.limit_value == other.limit_value
            and self.message == other.message
            and self.code == other.code
        )

    __hash__ = None  # type: ignore[assignment]

    def compare(self, a: Any, b: Any) -> bool:
        """True if ``a`` is wrong."""
        return a is not b

    def clean(self, x: Any) -> Any:
        """What is compared."""
        return x


@deconstructible(path="offbeat.core.validators.MaxValueValidator")
class MaxValueValidator(BaseValidator):
    """At most ``limit_value``."""

    message = _("Ensure this value is less than or equal to %(limit_value)s.")
    code = "max_value"

    def compare(self, a: Any, b: Any) -> bool:
        return bool(a > b)


@deconstructible(path="offbeat.core.validators.MinValueValidator")
class MinValueValidator(BaseValidator):
    """At least ``limit_value``."""

    message = _("Ensure this value is greater than or equal to %(limit_value)s.")
    code = "min_value"

    def compare(self, a: Any, b: Any) -> bool:
        return bool(a < b)


@deconstructible(path="offbeat.core.validators.StepValueValidator")
class StepValueValidator(BaseValidator):
    """A multiple of ``limit_value``, counted from ``offset``."""

    message = _("Ensure this value is a multiple of step size %(limit_value)s.")
    code = "step_size"

    def __init__(self, limit_value: Any, message: Any = None, offset: Any = None) -> None:
        super().__init__(limit_value, message)
        if offset is not None:
            self.message = _(
                "Ensure this value is a multiple of step size %(limit_value)s, starting from %(offset)s, e.g. "
                "%(offset)s, %(valid_value1)s, %(valid_value2)s, and so on."
            )
        self.offset = offset

    def __call__(self, value: Any) -> None:
        if self.offset is None:
            super().__call__(value)
            return
        cleaned = self.clean(value)
        limit_value = self.limit_value() if callable(self.limit_value) else self.limit_value
        if self.compare(cleaned, limit_value):
            offset = cleaned.__class__(self.offset)
            params = {
                "limit_value": limit_value,
                "offset": offset,
                "valid_value1": offset + limit_value,
                "valid_value2": offset + 2 * limit_value,
            }
            raise ValidationError(self.message, code=self.code, params=params)

    def compare(self, a: Any, b: Any) -> bool:
        offset = 0 if self.offset is None else self.offset
        return not math.isclose(math.remainder(a - offset, b), 0, abs_tol=1e-9)


@deconstructible(path="offbeat.core.validators.MinLengthValidator")
class MinLengthValidator(BaseValidator):
    """At least ``limit_value`` characters."""

    message = ngettext_lazy(
        "Ensure this value has at least %(limit_value)d character (it has %(show_value)d).",
        "Ensure this value has at least %(limit_value)d characters (it has %(show_value)d).",
        "limit_value",
    )
    code = "min_length"

    def compare(self, a: Any, b: Any) -> bool:
        return bool(a < b)

    def clean(self, x: Any) -> Any:
        return len(x)


@deconstructible(path="offbeat.core.validators.MaxLengthValidator")
class MaxLengthValidator(BaseValidator):
    """At most ``limit_value`` characters."""

    message = ngettext_lazy(
        "Ensure this value has at most %(limit_value)d character (it has %(show_value)d).",
        "Ensure this value has at most %(limit_value)d characters (it has %(show_value)d).",
        "limit_value",
    )
    code = "max_length"

    def compare(self, a: Any, b: Any) -> bool:
        return bool(a > b)

    def clean(self, x: Any) -> Any:
        return len(x)


@deconstructible(path="offbeat.core.validators.DecimalValidator")
class DecimalValidator:
    """At most ``max_digits`` digits, ``decimal_places`` of them behind the point."""

    messages = {
        "invalid": _("Enter a number."),
        "max_digits": ngettext_lazy(
            "Ensure that there are no more than %(max)s digit in total.",
            "Ensure that there are no more than %(max)s digits in total.",
            "max",
        ),
        "max_decimal_places": ngettext_lazy(
            "Ensure that there are no more than %(max)s decimal place.",
            "Ensure that there are no more than %(max)s decimal places.",
            "max",
        ),
        "max_whole_digits": ngettext_lazy(
            "Ensure that there are no more than %(max)s digit before the decimal point.",
            "Ensure that there are no more than %(max)s digits before the decimal point.",
            "max",
        ),
    }

    def __init__(self, max_digits: int | None, decimal_places: int | None) -> None:
        self.max_digits = max_digits
        self.decimal_places = decimal_places

    def __call__(self, value: Decimal) -> None:
        _sign, digit_tuple, exponent = value.as_tuple()
        if exponent in {"F", "n", "N"} or not isinstance(exponent, int):
            raise ValidationError(self.messages["invalid"], code="invalid", params={"value": value})
        if exponent >= 0:
            digits = len(digit_tuple)
            if digit_tuple != (0,):
                # The zeros that the exponent stands for.
                digits += exponent
            decimals = 0
        else:
            # 0.001 has three decimals, though one digit.
            digits = max(abs(exponent), len(digit_tuple))
            decimals = abs(exponent)
        whole_digits = digits - decimals
        if self.max_digits is not None and digits > self.max_digits:
            self._fail("max_digits", self.max_digits, value)
        if self.decimal_places is not None and decimals > self.decimal_places:
            self._fail("max_decimal_places", self.decimal_places, value)
        if (
            self.max_digits is not None
            and self.decimal_places is not None
            and whole_digits > self.max_digits - self.decimal_places
        ):
            self._fail("max_whole_digits", self.max_digits - self.decimal_places, value)

    def _fail(self, code: str, limit: int, value: Decimal) -> None:
        raise ValidationError(self.messages[code], code=code, params={"max": limit, "value": value})

    def __eq__(self, other: object) -> bool:
        return (
            isinstance(other, self.__class__)
            and self.max_digits == other.max_digits
            and self.decimal_places == other.decimal_places
        )

    __hash__ = None  # type: ignore[assignment]


@deconstructible(path="offbeat.core.validators.FileExtensionValidator")
class FileExtensionValidator:
    """A file whose name ends as one of ``allowed_extensions``; it says nothing about the content."""

    message: Any = _(
        "File extension “%(extension)s” is not allowed. Allowed extensions are: %(allowed_extensions)s."
    )
    code = "invalid_extension"

    def __init__(
        self, allowed_extensions: Collection[str] | None = None, message: Any = None, code: str | None = None
    ) -> None:
        if allowed_extensions is not None:
            allowed_extensions = [extension.lower() for extension in allowed_extensions]
        self.allowed_extensions = allowed_extensions
        if message is not None:
            self.message = message
        if code is not None:
            self.code = code

    def __call__(self, value: Any) -> None:
        extension = Path(value.name).suffix[1:].lower()
        if self.allowed_extensions is not None and extension not in self.allowed_extensions:
            raise ValidationError(
                self.message,
                code=self.code,
                params={
                    "extension": extension,
                    "allowed_extensions": ", ".join(self.allowed_extensions),
                    "value": value,
                },
            )

    def __eq__(self, other: object) -> bool:
        return (
            isinstance(other, self.__class__)
            and set(self.allowed_extensions or []) == set(other.allowed_extensions or [])
            and self.message == other.message
            and self.code == other.code
        )

    __hash__ = None  # type: ignore[assignment]


def get_available_image_extensions() -> list[str]:
    """The extensions that Pillow can read; none without Pillow."""
    try:
        from PIL import Image
    except ImportError:
        return []
    Image.init()
    return [extension.lower()[1:] for extension in Image.EXTENSION]


def validate_image_file_extension(value: Any) -> None:
    """A file whose name ends as that of an image."""
    FileExtensionValidator(allowed_extensions=get_available_image_extensions())(value)


@deconstructible(path="offbeat.core.validators.ProhibitNullCharactersValidator")
class ProhibitNullCharactersValidator:
    """No null characters."""

    message: Any = _("Null characters are not allowed.")
    code = "null_characters_not_allowed"

    def __init__(self, message: Any = None, code: str | None = None) -> None:
        if message is not None:
            self.message = message
        if code is not None:
            self.code = code

    def __call__(self, value: Any) -> None:
        if "\x00" in str(value):
            raise ValidationError(self.message, code=self.code, params={"value": value})

    def __eq__(self, other: object) -> bool:
        return isinstance(other, self.__class__) and self.message == other.message and self.code == other.code

    __hash__ = None  # type: ignore[assignment]
