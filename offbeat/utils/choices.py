"""Choices of form and model fields in their several forms, brought to one (Django documentation: ref/models/fields)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from enum import EnumType
from itertools import islice
from typing import Any

from offbeat.utils.functional import Promise

__all__ = [
    "BaseChoiceIterator",
    "BlankChoiceIterator",
    "CallableChoiceIterator",
    "flatten_choices",
    "normalize_choices",
]


class BaseChoiceIterator:
    """Base of choices that are worked out at iteration: a subclass defines __iter__."""

    def __iter__(self) -> Iterator[Any]:
        raise TypeError(f"{type(self).__name__} defines no __iter__().")

    def __eq__(self, other: object) -> bool:
        if isinstance(other, Iterable):
            missing = object()
            left, right = iter(self), iter(other)
            while True:
                a, b = next(left, missing), next(right, missing)
                if a is missing or b is missing:
                    return a is b
                if a != b:
                    return False
        return NotImplemented

    __hash__ = None  # type: ignore[assignment]

    def __getitem__(self, index: Any) -> Any:
        if isinstance(index, slice) or index < 0:
            return list(self)[index]
        try:
            return next(islice(self, index, index + 1))
        except StopIteration:
            raise IndexError("index out of range") from None


class BlankChoiceIterator(BaseChoiceIterator):
    """`choices` with `blank_choice` put first, unless they have a blank choice themselves."""

    def __init__(self, choices: Any, blank_choice: Any) -> None:
        self.choices = choices
        self.blank_choice = blank_choice

    def __iter__(self) -> Iterator[Any]:
        choices = list(self.choices)
        if not any(value in ("", None) for value, _ in flatten_choices(choices)):
            yield from self.blank_choice
        yield from choices


class CallableChoiceIterator(BaseChoiceIterator):
    """The choices that `func` returns, asked anew at each iteration."""

    def __init__(self, func: Callable[[], Any]) -> None:
        self.func = func

    def __iter__(self) -> Iterator[Any]:
        yield from normalize_choices(self.func())


def flatten_choices(choices: Iterable[Any] | None) -> Iterator[tuple[Any, Any]]:
    """Yield (value, label) pairs, with groups dissolved."""
    for value_or_group, label_or_nested in choices or ():
        if isinstance(label_or_nested, (list, tuple)):
            yield from label_or_nested
        else:
            yield value_or_group, label_or_nested


def normalize_choices(value: Any, *, depth: int = 0) -> Any:
    """Return `value` (pairs, mapping, enumeration, iterator, callable) as a list of pairs or an iterator of them.

    Groups may nest once. What cannot be read as choices comes back as it is, for the system checks to name.
    """
    if isinstance(value, BaseChoiceIterator | Promise | bytes | str | set | frozenset):
        # Strings are iterable, but never choices; sets have no order.
        return value
    if isinstance(value, Mapping):
        value = value.items()
    elif isinstance(value, EnumType) and hasattr(value, "choices"):
        value = value.choices
    elif callable(value):
        return value if depth else CallableChoiceIterator(value)
    if depth >= 2 or not isinstance(value, Iterable):
        return value
    try:
        pairs = list(value)
        if any(isinstance(pair, str) for pair in pairs):
            return pairs
        return [(key, normalize_choices(label, depth=depth + 1)) for key, label in pairs]
    except (TypeError, ValueError):
        # Not pairs all through.
        return value
