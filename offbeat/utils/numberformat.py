"""Numbers written with a locale's separators."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from offbeat.conf import settings
from offbeat.utils.safestring import mark_safe

__all__ = ["format"]

# Beyond this many digits a number is written with an exponent, so that 1e9999999 stays short.
_MAX_DIGITS = 200


def format(
    number: Any,
    decimal_sep: str,
    decimal_pos: int | None = None,
    grouping: int | Sequence[int] = 0,
    thousand_sep: str = "",
    force_grouping: bool = False,
    use_l10n: bool | None = None,
) -> str:
    """``number`` (a number or its text) as text.

    ``decimal_pos``: how many decimals; ``grouping``: digits per group, or several sizes from the right (0 ends the
    grouping, as in ``localeconv``); ``force_grouping``: group even if the settings say otherwise.
    """
    if number is None or number == "":
        return mark_safe(number)  # type: ignore[no-any-return]
    use_grouping = force_grouping or bool(
        (use_l10n or use_l10n is None) and settings.USE_THOUSAND_SEPARATOR and grouping != 0
    )
    if isinstance(number, int) and not use_grouping and not decimal_pos:
        return mark_safe(str(int(number)))  # type: ignore[no-any-return]
    text, exponent = _digits(number, decimal_pos)
    if exponent:
        mantissa = format(text, decimal_sep, decimal_pos, grouping, thousand_sep, force_grouping, use_l10n)
        return f"{mantissa}e{exponent}"
    sign = "-" if text.startswith("-") else ""
    whole, _, decimals = text.removeprefix("-").partition(".")
    if decimal_pos is not None:
        decimals = decimals[:decimal_pos].ljust(decimal_pos, "0")
    if use_grouping:
        whole = _group(whole, grouping, thousand_sep)
    return sign + whole + (decimal_sep + decimals if decimals else "")


def _digits(number: Any, decimal_pos: int | None) -> tuple[str, str]:
    """The digits of ``number``, and its exponent when it has one."""
    if isinstance(number, float) and "e" in str(number).lower():
        number = Decimal(str(number))
    if not isinstance(number, Decimal):
        return str(number), ""
    if decimal_pos is not None:
        # What rounds to nothing is nothing: no need to write out its many zeros.
        cutoff = Decimal("0." + "1".rjust(decimal_pos, "0"))
        if number.copy_abs() < cutoff:
            number = Decimal("0")
    if not number.is_finite():
        return str(number), ""
    _, digits, exponent = number.as_tuple()
    if abs(int(exponent)) + len(digits) > _MAX_DIGITS:
        mantissa, _, power = f"{number:e}".partition("e")
        return mantissa, power
    return f"{number:f}", ""


def _group(digits: str, grouping: int | Sequence[int], thousand_sep: str) -> str:
    sizes = [grouping] if isinstance(grouping, int) else list(grouping)
    groups: list[str] = []
    size = sizes.pop(0) if sizes else 0
    while digits and size > 0:
        groups.append(digits[-size:])
        digits = digits[:-size]
        if sizes:
            size = sizes.pop(0)
    if digits:
        groups.append(digits)
    return thousand_sep.join(reversed(groups))
