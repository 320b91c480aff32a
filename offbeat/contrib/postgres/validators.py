"""Validators for arrays, ranges and hstore (Django documentation: ref/contrib/postgres/validators)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from offbeat.core.exceptions import ValidationError
from offbeat.core.validators import (
    MaxLengthValidator,
    MaxValueValidator,
    MinLengthValidator,
    MinValueValidator,
)
from offbeat.utils.deconstruct import deconstructible
from offbeat.utils.translation import gettext_lazy as _
from offbeat.utils.translation import ngettext_lazy

__all__ = [
    "ArrayMaxLengthValidator",
    "ArrayMinLengthValidator",
    "KeysValidator",
    "RangeMaxValueValidator",
    "RangeMinValueValidator",
]


@deconstructible(path="offbeat.contrib.postgres.validators.ArrayMaxLengthValidator")
class ArrayMaxLengthValidator(MaxLengthValidator):
    """At most so many items."""

    message = ngettext_lazy(
        "List contains %(show_value)d item, it should contain no more than %(limit_value)d.",
        "List contains %(show_value)d items, it should contain no more than %(limit_value)d.",
        "show_value",
    )


@deconstructible(path="offbeat.contrib.postgres.validators.ArrayMinLengthValidator")
class ArrayMinLengthValidator(MinLengthValidator):
    """At least so many items."""

    message = ngettext_lazy(
        "List contains %(show_value)d item, it should contain no fewer than %(limit_value)d.",
        "List contains %(show_value)d items, it should contain no fewer than %(limit_value)d.",
        "show_value",
    )


@deconstructible(path="offbeat.contrib.postgres.validators.KeysValidator")
class KeysValidator:
    """All of `keys` are there; with `strict`, no others are."""

    messages = {
        "missing_keys": _("Some keys were missing: %(keys)s"),
        "extra_keys": _("Some unknown keys were provided: %(keys)s"),
    }
    strict = False

    def __init__(
        self, keys: Iterable[str], strict: bool = False, messages: Mapping[str, Any] | None = None
    ) -> None:
        self.keys = set(keys)
        self.strict = strict
        if messages is not None:
            self.messages = {**self.messages, **messages}

    def __call__(self, value: Mapping[str, Any]) -> None:
        found = set(value)
        self._refuse("missing_keys", self.keys - found)
        if self.strict:
            self._refuse("extra_keys", found - self.keys)

    def _refuse(self, code: str, keys: set[str]) -> None:
        if keys:
            raise ValidationError(
                self.messages[code], code=code, params={"keys": ", ".join(sorted(map(str, keys)))}
            )

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, self.__class__):
            return NotImplemented
        return (self.keys, self.messages, self.strict) == (other.keys, other.messages, other.strict)

    __hash__ = None  # type: ignore[assignment]


@deconstructible(path="offbeat.contrib.postgres.validators.RangeMaxValueValidator")
class RangeMaxValueValidator(MaxValueValidator):
    """The upper bound is at most `limit_value`; without one it is above every limit."""

    message = _("Ensure that the upper bound of the range is not greater than %(limit_value)s.")

    def compare(self, a: Any, b: Any) -> bool:
        return a.upper is None or bool(a.upper > b)


@deconstructible(path="offbeat.contrib.postgres.validators.RangeMinValueValidator")
class RangeMinValueValidator(MinValueValidator):
    """The lower bound is at least `limit_value`; without one it is below every limit."""

    message = _("Ensure that the lower bound of the range is not less than %(limit_value)s.")

    def compare(self, a: Any, b: Any) -> bool:
        return a.lower is None or bool(a.lower < b)
