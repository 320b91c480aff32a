"""Enumerations as field choices (Django documentation: ref/models/fields#enumeration-types)."""

from __future__ import annotations

import enum
from enum import EnumType
from enum import property as enum_property
from typing import TYPE_CHECKING, Any

from offbeat.utils.functional import Promise

__all__ = ["Choices", "ChoicesType", "IntegerChoices", "TextChoices"]


class ChoicesType(EnumType):
    """Metaclass of Choices: reads `NAME = value, "label"` and gives names, values, labels, choices."""

    def __new__(metacls, classname: str, bases: tuple[type, ...], classdict: Any, **kwds: Any) -> Any:
        labels = []
        for key in classdict._member_names:
            value = classdict[key]
            if isinstance(value, (list, tuple)) and len(value) > 1 and isinstance(value[-1], (Promise, str)):
                *rest, label = value
                value = rest[0] if len(rest) == 1 and not isinstance(rest[0], tuple) else tuple(rest)
            else:
                label = key.replace("_", " ").title()
            labels.append(label)
            # A plain dict assignment: the enum namespace refuses to set a member twice.
            dict.__setitem__(classdict, key, value)
        cls: Any = super().__new__(metacls, classname, bases, classdict, **kwds)
        for member, label in zip(cls.__members__.values(), labels, strict=True):
            member._label_ = label
        unique: Any = enum.unique
        return unique(cls)

    @property
    def names(cls) -> list[str]:
        """Names of the members; with the empty label first when there is one."""
        empty = ["__empty__"] if hasattr(cls, "__empty__") else []
        return empty + [member.name for member in cls]  # type: ignore[var-annotated]

    @property
    def choices(cls) -> list[tuple[Any, Any]]:
        """(value, label) pairs, as Field.choices takes them."""
        empty = [(None, cls.__empty__)] if hasattr(cls, "__empty__") else []
        members: Any = cls
        return empty + [(member.value, member.label) for member in members]

    @property
    def labels(cls) -> list[Any]:
        """Labels of the choices."""
        return [label for _, label in cls.choices]

    @property
    def values(cls) -> list[Any]:
        """Values of the choices."""
        return [value for value, _ in cls.choices]


class Choices(enum.Enum, metaclass=ChoicesType):
    """Base of enumerations that serve as choices."""

    if TYPE_CHECKING:
        _label_: Any

        @property
        def label(self) -> str: ...
        @property
        def do_not_call_in_templates(self) -> bool: ...
    else:
        do_not_call_in_templates = enum.nonmember(True)

        @enum_property
        def label(self) -> Any:
            return self._label_

    def __str__(self) -> str:
        """The value, so that the member prints as what the database holds."""
        return str(self.value)

    def __repr__(self) -> str:
        return f"{self.__class__.__qualname__}.{self._name_}"


class IntegerChoices(Choices, enum.IntEnum):
    """Integer choices."""

    if TYPE_CHECKING:
        _value_: Any

        @property
        def value(self) -> int: ...

    __str__ = Choices.__str__
    __repr__ = Choices.__repr__


class TextChoices(Choices, enum.StrEnum):
    """String choices; auto() gives the member's name."""

    if TYPE_CHECKING:
        # In the class body a member may be a pair with its label.
        _value_: Any

        @property
        def value(self) -> str: ...

    __str__ = Choices.__str__
    __repr__ = Choices.__repr__

    @staticmethod
    def _generate_next_value_(name: str, start: int, count: int, last_values: list[Any]) -> str:
        return name
