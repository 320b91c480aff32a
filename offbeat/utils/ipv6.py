"""Validation and cleaning of IPv6 addresses (RFC 4291 §2.2)."""

from __future__ import annotations

from ipaddress import IPv6Address
from typing import Any

from offbeat.core.exceptions import ValidationError

MAX_IPV6_ADDRESS_LENGTH = 39


def _parse(text: str, max_length: int) -> IPv6Address:
    if len(text) > max_length:
        raise ValueError(f"{text[:max_length]!r}… is longer than an IPv6 address can be.")
    return IPv6Address(text)


def clean_ipv6_address(
    ip_str: Any,
    unpack_ipv4: bool = False,
    error_message: Any = None,
    max_length: int = MAX_IPV6_ADDRESS_LENGTH,
) -> str:
    """The address in its shortest form, lower case; ValidationError for what is not one.

    ``unpack_ipv4``: an IPv4-mapped address becomes the IPv4 address, otherwise its ``::ffff:a.b.c.d`` form.
    """
    if error_message is None:
        from offbeat.utils.translation import gettext_lazy

        error_message = gettext_lazy("This is not a valid IPv6 address.")
    try:
        address = _parse(str(ip_str), max_length)
    except ValueError:
        raise ValidationError(error_message, code="invalid", params={"protocol": "IPv6"})
    mapped = address.ipv4_mapped
    if mapped is None:
        # By its number, for a zone (RFC 4007) means nothing on another machine.
        return str(IPv6Address(int(address)))
    return str(mapped) if unpack_ipv4 else f"::ffff:{mapped}"


def is_valid_ipv6_address(ip_addr: Any) -> bool:
    """Whether it is an IPv6Address, or text that is one."""
    if isinstance(ip_addr, IPv6Address):
        return True
    try:
        _parse(str(ip_addr), MAX_IPV6_ADDRESS_LENGTH)
    except (TypeError, ValueError):
        return False
    return True
