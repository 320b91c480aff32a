"""How values travel between Python and PostgreSQL, where it is not as the driver has it."""

from __future__ import annotations

import datetime
from typing import Any

import psycopg
from psycopg import pq
from psycopg.abc import Buffer
from psycopg.adapt import AdaptersMap, Dumper, Loader
from psycopg.types.numeric import Int4Dumper, Int8Dumper, IntNumericDumper
from psycopg.types.string import TextLoader

__all__ = ["Adaptation", "LiteralIntDumper", "adaptation", "use_zone"]

_TIMESTAMPTZ = 1184
_DriversLoader = psycopg.adapters.get_loader(_TIMESTAMPTZ, pq.Format.TEXT)
assert _DriversLoader is not None


class MomentLoader(Loader):
    """Moments in the time zone of the session, with the tzinfo of the connection's settings."""

    zone: datetime.tzinfo | None = datetime.UTC

    def __init__(self, oid: int, connection: Any = None) -> None:
        super().__init__(oid, connection)
        assert _DriversLoader is not None
        # Knows infinity and years that Python has not.
        self.other = _DriversLoader(oid, connection)

    def load(self, data: Buffer) -> Any:
        try:
            moment = datetime.datetime.fromisoformat(str(data, "ascii"))
        except ValueError:
            moment = self.other.load(data)
        return moment.replace(tzinfo=self.zone)


class UTCLoader(MomentLoader):
    """The same for sessions in UTC: the text says so already."""

    def load(self, data: Buffer) -> Any:
        try:
            return datetime.datetime.fromisoformat(str(data, "ascii"))
        except ValueError:
            return self.other.load(data).replace(tzinfo=self.zone)


class LiteralIntDumper(Dumper):
    """Integers typed as literals in SQL are: the smallest of integer, bigint and numeric, never smallint."""

    def get_key(self, obj: Any, format: Any) -> Any:
        if -(2**31) <= obj < 2**31:
            return Int4Dumper
        return Int8Dumper if -(2**63) <= obj < 2**63 else IntNumericDumper

    def upgrade(self, obj: Any, format: Any) -> Any:
        dumper: type[Dumper] = self.get_key(obj, format)
        return dumper(dumper)

    def dump(self, obj: Any) -> bytes:
        return str(int(obj)).encode()

    def quote(self, obj: Any) -> bytes:
        value = self.dump(obj)
        # Two minus signs would begin a comment.
        return value if obj >= 0 else b" " + value


class Adaptation:
    """What the driver takes as the context of new connections."""

    connection = None

    def __init__(self, zone: datetime.tzinfo | None, zone_name: str) -> None:
        self.adapters = AdaptersMap(psycopg.adapters)
        # JSONField decodes for itself, addresses are text.
        for name in ("jsonb", "inet", "cidr"):
            self.adapters.register_loader(name, TextLoader)
        self.adapters.register_dumper(int, LiteralIntDumper)
        use_zone(self.adapters, zone, zone_name)


def use_zone(adapters: AdaptersMap, zone: datetime.tzinfo | None, zone_name: str) -> None:
    """Have moments loaded with a tzinfo; None: naive, in the time zone of the session."""
    if zone is datetime.UTC and zone_name == "UTC":
        adapters.register_loader("timestamptz", UTCLoader)
    else:
        loader = type("MomentLoader", (MomentLoader,), {"zone": zone})
        adapters.register_loader("timestamptz", loader)


def adaptation(wrapper: Any) -> Adaptation:
    """The context for a wrapper's settings."""
    return Adaptation(wrapper.timezone, wrapper.timezone_name)
