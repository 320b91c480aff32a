"""Which fields know which of the built-in lookups."""

from __future__ import annotations

from offbeat.db.models.fields import Field, IntegerField, UUIDField
from offbeat.db.models.lookups.comparison import (
    Exact,
    GreaterThan,
    GreaterThanOrEqual,
    IExact,
    In,
    IntegerFieldExact,
    IntegerGreaterThan,
    IntegerGreaterThanOrEqual,
    IntegerLessThan,
    IntegerLessThanOrEqual,
    IsNull,
    LessThan,
    LessThanOrEqual,
    Range,
)
from offbeat.db.models.lookups.patterns import (
    Contains,
    EndsWith,
    IContains,
    IEndsWith,
    IRegex,
    IStartsWith,
    Regex,
    StartsWith,
)
from offbeat.db.models.lookups.uuids import (
    UUIDContains,
    UUIDEndsWith,
    UUIDIContains,
    UUIDIEndsWith,
    UUIDIExact,
    UUIDIStartsWith,
    UUIDStartsWith,
)


def _register() -> None:
    for lookup in (
        Exact,
        IExact,
        GreaterThan,
        GreaterThanOrEqual,
        LessThan,
        LessThanOrEqual,
        In,
        Contains,
        IContains,
        StartsWith,
        IStartsWith,
        EndsWith,
        IEndsWith,
        Range,
        IsNull,
        Regex,
        IRegex,
    ):
        Field.register_lookup(lookup)
    for lookup in (
        IntegerFieldExact,
        IntegerGreaterThan,
        IntegerGreaterThanOrEqual,
        IntegerLessThan,
        IntegerLessThanOrEqual,
    ):
        IntegerField.register_lookup(lookup)
    for lookup in (
        UUIDIExact,
        UUIDContains,
        UUIDIContains,
        UUIDStartsWith,
        UUIDIStartsWith,
        UUIDEndsWith,
        UUIDIEndsWith,
    ):
        UUIDField.register_lookup(lookup)


_register()
