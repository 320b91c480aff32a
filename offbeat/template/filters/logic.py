"""Filters for numbers, defaults and the like."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Context, Decimal, InvalidOperation
from functools import lru_cache
from typing import Any

from offbeat.template.library import Library
from offbeat.utils import formats
from offbeat.utils.html import avoid_wrapping
from offbeat.utils.safestring import SafeString
from offbeat.utils.translation import gettext, ngettext

__all__ = [
    "add",
    "default",
    "default_if_none",
    "divisibleby",
    "filesizeformat",
    "floatformat",
    "get_digit",
    "pluralize",
    "pprint",
    "register",
    "yesno",
]

register = Library()

_MAX_DIGITS = 200


@register.filter(is_safe=True)
def floatformat(text: Any, arg: Any = -1) -> str:
    """A number with ``arg`` decimals; a negative ``arg``: only if there are any.

    Suffixes of ``arg``: ``g`` groups the digits, ``u`` ignores the language.
    """
    force_grouping = False
    use_l10n = True
    if isinstance(arg, str):
        last_char = arg[-1:]
        if arg[-2:] in {"gu", "ug"}:
            force_grouping, use_l10n = True, False
            arg = arg[:-2] or -1
        elif last_char == "g":
            force_grouping = True
            arg = arg[:-1] or -1
        elif last_char == "u":
            use_l10n = False
            arg = arg[:-1] or -1
    try:
        input_val = str(text)
        number = Decimal(input_val)
    except InvalidOperation:
        try:
            number = Decimal(str(float(text)))
        except (ValueError, InvalidOperation, TypeError):
            return ""
    try:
        places = int(arg)
    except ValueError:
        return input_val
    if not number.is_finite():
        return input_val
    size = number.adjusted()
    # A giant exponent would write out as many zeros.
    if abs(size) >= _MAX_DIGITS or (size > 25 and len(number.as_tuple().digits) > _MAX_DIGITS):
        return input_val
    if places < 0 and number == number.to_integral_value():
        written = str(int(number))
        places = 0
    else:
        places = abs(places)
        rounded = number.quantize(_quantum(places), ROUND_HALF_UP, _context(max(0, size) + places + 2))
        written = f"{rounded:f}"
        if rounded.is_zero():
            written = written.removeprefix("-")
    return SafeString(
        formats.number_format(written, places, use_l10n=use_l10n, force_grouping=force_grouping)
    )


@lru_cache(maxsize=32)
def _quantum(places: int) -> Decimal:
    return Decimal(1).scaleb(-places)


@lru_cache(maxsize=32)
def _context(precision: int) -> Context:
    return Context(prec=max(28, precision))


@register.filter(is_safe=False)
def add(value: Any, arg: Any) -> Any:
    """The sum of two integers, else of two values of another kind, else ''."""
    try:
        return int(value) + int(arg)
    except (ValueError, TypeError):
        try:
            return value + arg
        except Exception:
            return ""


@register.filter(is_safe=False)
def get_digit(value: Any, arg: Any) -> Any:
    """The digit at position ``arg`` from the right; the value itself if either is no number."""
    try:
        position = int(arg)
        number = int(value)
    except ValueError:
        return value
    if position < 1:
        return number
    try:
        return int(str(number)[-position])
    except (IndexError, ValueError):
        return 0


@register.filter(is_safe=False)
def default(value: Any, arg: Any) -> Any:
    """``arg`` for what is false."""
    return value or arg


@register.filter(is_safe=False)
def default_if_none(value: Any, arg: Any) -> Any:
    """``arg`` for None."""
    return arg if value is None else value


@register.filter(is_safe=False)
def divisibleby(value: Any, arg: Any) -> bool:
    """True if the value can be divided by ``arg``."""
    return int(value) % int(arg) == 0


@register.filter(is_safe=False)
def yesno(value: Any, arg: Any = None) -> Any:
    """One of the words in ``arg``, for true, false and (if there are three) None."""
    if arg is None:
        # Translators: Please do not add spaces around commas.
        arg = gettext("yes,no,maybe")
    words = str(arg).split(",")
    if len(words) < 2:
        return value
    yes, no = words[:2]
    maybe = words[2] if len(words) == 3 else no
    if len(words) > 3:
        return value
    if value is None:
        return maybe
    return yes if value else no


_SIZES = (
    (1 << 50, lambda n: gettext("%s PB") % n),
    (1 << 40, lambda n: gettext("%s TB") % n),
    (1 << 30, lambda n: gettext("%s GB") % n),
    (1 << 20, lambda n: gettext("%s MB") % n),
    (1 << 10, lambda n: gettext("%s KB") % n),
)


@register.filter(is_safe=True)
def filesizeformat(bytes_: Any) -> str:
    """A number of bytes as '13 KB', '4.1 MB'."""
    try:
        # Written out, a giant exponent would take minutes.
        size = 0 if isinstance(bytes_, Decimal) and bytes_.adjusted() > 400 else int(bytes_)
    except (TypeError, ValueError, UnicodeDecodeError, OverflowError):
        return avoid_wrapping(ngettext("%(size)d byte", "%(size)d bytes", 0) % {"size": 0})
    magnitude = abs(size)
    text = ngettext("%(size)d byte", "%(size)d bytes", magnitude) % {"size": magnitude}
    for unit, write in _SIZES:
        if magnitude >= unit:
            text = write(  # type: ignore[no-untyped-call]
                formats.number_format(
                    round(magnitude / unit, 1) if magnitude < 1 << 1000 else magnitude // unit, 1
                )
            )
            break
    if size < 0:
        text = f"-{text}"
    return avoid_wrapping(text)


@register.filter(is_safe=False)
def pluralize(value: Any, arg: str = "s") -> str:
    """The plural ending for a number or the length of a list: 's', or one of two given ones."""
    if "," not in arg:
        arg = f",{arg}"
    endings = arg.split(",")
    if len(endings) > 2:
        return ""
    singular, plural = endings
    try:
        return singular if float(value) == 1 else plural
    except ValueError:  # text that is no number
        pass
    except TypeError:  # perhaps a list
        try:
            return singular if len(value) == 1 else plural
        except TypeError:  # nothing that can be counted
            pass
    return ""


@register.filter(is_safe=True)
def pprint(value: Any) -> str:
    """As pprint writes it."""
    from pprint import pformat

    try:
        return pformat(value)
    except Exception as e:
        return f"Error in formatting: {type(e).__name__}: {e}"
