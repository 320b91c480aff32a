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
from offbeat.db.models.query_utils import register_builtin_lookup


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
        register_builtin_lookup(Field, lookup)
    for lookup in (
        IntegerFieldExact,
        IntegerGreaterThan,
        IntegerGreaterThanOrEqual,
        IntegerLessThan,
        IntegerLessThanOrEqual,
    ):
        register_builtin_lookup(IntegerField, lookup)
    for lookup in (
        UUIDIExact,
        UUIDContains,
        UUIDIContains,
        UUIDStartsWith,
        UUIDIStartsWith,
        UUIDEndsWith,
        UUIDIEndsWith,
    ):
        register_builtin_lookup(UUIDField, lookup)


_register()
