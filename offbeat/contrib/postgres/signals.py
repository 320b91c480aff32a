"""Teaches new connections the types of extensions, which have other numbers in each database."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from psycopg.types import TypeInfo
from psycopg.types.hstore import register_hstore
from psycopg.types.string import TextLoader

from offbeat.db import connections
from offbeat.db.backends.base.base import NO_DB_ALIAS

__all__ = ["forget_types", "get_citext_oids", "get_hstore_oids", "register_type_handlers"]

Oids = tuple[tuple[int, ...], tuple[int, ...]]

_OIDS = "SELECT oid, typarray FROM pg_type WHERE typname = %s ORDER BY oid"
# For each database and type: its numbers (one for each schema that has it), and those of its arrays.
_known: dict[tuple[str, str, str], Oids] = {}
# The numbers of built-in types of which inspectdb knows the fields of this application.
_FIELDS = {
    3904: "offbeat.contrib.postgres.fields.IntegerRangeField",
    3906: "offbeat.contrib.postgres.fields.DecimalRangeField",
    3910: "offbeat.contrib.postgres.fields.DateTimeRangeField",
    3912: "offbeat.contrib.postgres.fields.DateRangeField",
    3926: "offbeat.contrib.postgres.fields.BigIntegerRangeField",
}


def _oids(connection: Any, name: str) -> Oids:
    key = connection.alias, connection.settings_dict["NAME"], name
    found = _known.get(key)
    if found is None:
        with connection.cursor() as cursor:
            cursor.execute(_OIDS, [name])
            rows = cursor.fetchall()
        found = _known[key] = tuple([oid for oid, _ in rows]), tuple([array for _, array in rows])
    return found


def get_hstore_oids(connection_alias: str) -> Oids:
    """The numbers of the type hstore, and of its arrays."""
    return _oids(connections[connection_alias], "hstore")


def get_citext_oids(connection_alias: str) -> Oids:
    """The same for citext."""
    return _oids(connections[connection_alias], "citext")


def forget_types() -> None:
    """Ask the databases again, as extensions have come or gone."""
    _known.clear()


get_hstore_oids.cache_clear = forget_types  # type: ignore[attr-defined]
get_citext_oids.cache_clear = forget_types  # type: ignore[attr-defined]


def _infos(connection: Any, name: str) -> Iterable[TypeInfo]:
    for oid, array_oid in zip(*_oids(connection, name), strict=True):
        yield TypeInfo(name, oid, array_oid)


def register_type_handlers(connection: Any, **kwargs: Any) -> None:
    """Have hstore loaded as dictionaries, citext and its arrays as text."""
    if connection.vendor != "postgresql" or connection.alias == NO_DB_ALIAS:
        return
    raw = connection.connection
    if raw is None:
        # Statements have gone through a connection of a pool; the next one made will know.
        return
    fields = dict(_FIELDS)
    for info in _infos(connection, "hstore"):
        register_hstore(info, raw)
        fields[info.oid] = "offbeat.contrib.postgres.fields.HStoreField"
    for info in _infos(connection, "citext"):
        info.register(raw)
        raw.adapters.register_loader(info.oid, TextLoader)
    reverse = connection.introspection.data_types_reverse
    if any(oid not in reverse for oid in fields):
        connection.introspection.data_types_reverse = {**reverse, **fields}
