"""DatabaseCache: a table made by ``createcachetable``."""

from __future__ import annotations

import base64
import pickle
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from typing import Any

from offbeat.conf import settings
from offbeat.core.cache.backends.base import DEFAULT_TIMEOUT, BaseCache
from offbeat.utils.timezone import now as tz_now

__all__ = ["BaseDatabaseCache", "DatabaseCache", "Options"]


class Options:
    """What a database router asks of a model's ``_meta``, for a table without a model."""

    def __init__(self, table: str) -> None:
        self.db_table = table
        self.app_label = "django_cache"
        self.model_name = "cacheentry"
        self.verbose_name = "cache entry"
        self.verbose_name_plural = "cache entries"
        self.object_name = "CacheEntry"
        self.abstract = False
        self.managed = True
        self.proxy = False
        self.swapped = False


class BaseDatabaseCache(BaseCache):
    """A cache in a table; routers see it as a model ``CacheEntry``."""

    def __init__(self, table: str, params: dict[str, Any]) -> None:
        super().__init__(params)
        self._table = table

        class CacheEntry:
            _meta = Options(table)

        self.cache_model_class: Any = CacheEntry


class DatabaseCache(BaseDatabaseCache):
    """Values are pickled and in base64, for every database has text."""

    pickle_protocol = pickle.HIGHEST_PROTOCOL

    def _connection(self, write: bool) -> tuple[Any, str]:
        from offbeat.db import connections, router

        choose = router.db_for_write if write else router.db_for_read
        alias = choose(self.cache_model_class)
        return connections[alias], alias

    def get(self, key: Any, default: Any = None, version: Any = None) -> Any:
        """The value of a key, or ``default``."""
        return self.get_many([key], version).get(key, default)

    def get_many(self, keys: Iterable[Any], version: Any = None) -> dict[Any, Any]:
        """The keys that are there, with their values; expired ones are deleted."""
        key_map = {self.make_and_validate_key(key, version=version): key for key in keys}
        if not key_map:
            return {}
        connection, _ = self._connection(write=False)
        quote = connection.ops.quote_name
        marks = ", ".join(["%s"] * len(key_map))
        with connection.cursor() as cursor:
            cursor.execute(
                f"SELECT {quote('cache_key')}, {quote('value')}, {quote('expires')} FROM {quote(self._table)} "
                f"WHERE {quote('cache_key')} IN ({marks})",
                list(key_map),
            )
            rows = cursor.fetchall()
        found = {}
        expired = []
        now = tz_now()
        moment = self._moments(connection)
        for stored, value, expires in rows:
            if moment(expires) < now:
                expired.append(stored)
            else:
                raw = connection.ops.process_clob(value)
                found[key_map.get(stored)] = pickle.loads(base64.b64decode(raw.encode()))
        self._base_delete_many(expired)
        return found

    def _moments(self, connection: Any) -> Callable[[Any], datetime]:
        """A function from values of the column ``expires`` to datetimes, aware if ``USE_TZ``."""
        from offbeat.db import models

        expression = models.Expression(output_field=models.DateTimeField())
        converters = [
            *connection.ops.get_db_converters(expression),
            *expression.get_db_converters(connection),
        ]

        def moment(value: Any) -> datetime:
            for converter in converters:
                value = converter(value, expression, connection)
            return value  # type: ignore[no-any-return]

        return moment

    def set(self, key: Any, value: Any, timeout: Any = DEFAULT_TIMEOUT, version: Any = None) -> None:
        """Store a value."""
        self._base_set("set", self.make_and_validate_key(key, version=version), value, timeout)

    def add(self, key: Any, value: Any, timeout: Any = DEFAULT_TIMEOUT, version: Any = None) -> bool:
        """Store a value unless the key is there; whether it was stored."""
        return self._base_set("add", self.make_and_validate_key(key, version=version), value, timeout)

    def touch(self, key: Any, timeout: Any = DEFAULT_TIMEOUT, version: Any = None) -> bool:
        """Set a new timeout; whether the key was there."""
        return self._base_set("touch", self.make_and_validate_key(key, version=version), None, timeout)

    def _base_set(self, mode: str, key: str, value: Any, timeout: Any = DEFAULT_TIMEOUT) -> bool:
        from offbeat.db import DatabaseError, transaction

        connection, alias = self._connection(write=True)
        with connection.cursor() as cursor:
            cursor.execute(f"SELECT COUNT(*) FROM {connection.ops.quote_name(self._table)}")
            count = cursor.fetchone()[0]
            if count > self._max_entries:
                self._cull(connection, cursor, tz_now().replace(microsecond=0), count)
        encoded = base64.b64encode(pickle.dumps(value, self.pickle_protocol)).decode("latin1")
        expires = connection.ops.adapt_datetimefield_value(self._expiry(timeout))
        try:
            # Only the statements that may fail are undone, not what the caller's transaction did before.
            with transaction.atomic(using=alias), connection.cursor() as cursor:
                return self._write(connection, cursor, mode, key, encoded, expires)
        except DatabaseError:
            # Another process inserted the key in between; a cache may lose a write.
            return False

    def _write(self, connection: Any, cursor: Any, mode: str, key: str, encoded: str, expires: Any) -> bool:
        quote = connection.ops.quote_name
        table = quote(self._table)
        cursor.execute(
            f"SELECT {quote('cache_key')}, {quote('expires')} FROM {table} WHERE {quote('cache_key')} = %s",
            [key],
        )
        row = cursor.fetchone()
        expired = row is not None and self._moments(connection)(row[1]) < tz_now().replace(microsecond=0)
        if row is None:
            if mode == "touch":
                return False
            cursor.execute(
                f"INSERT INTO {table} ({quote('cache_key')}, {quote('value')}, {quote('expires')}) "
                "VALUES (%s, %s, %s)",
                [key, encoded, expires],
            )
        elif mode == "touch" and not expired:
            cursor.execute(
                f"UPDATE {table} SET {quote('expires')} = %s WHERE {quote('cache_key')} = %s",
                [expires, key],
            )
        elif mode == "set" or (mode == "add" and expired):
            cursor.execute(
                f"UPDATE {table} SET {quote('value')} = %s, {quote('expires')} = %s "
                f"WHERE {quote('cache_key')} = %s",
                [encoded, expires, key],
            )
        else:
            return False
        return True

    def _expiry(self, timeout: Any) -> datetime:
        moment = self.get_backend_timeout(timeout)
        if moment is None:
            return datetime.max.replace(tzinfo=UTC if settings.USE_TZ else None, microsecond=0)
        return datetime.fromtimestamp(moment, tz=UTC if settings.USE_TZ else None).replace(microsecond=0)

    def delete(self, key: Any, version: Any = None) -> bool:
        """Delete a key; whether it was there."""
        return self._base_delete_many([self.make_and_validate_key(key, version=version)])

    def delete_many(self, keys: Iterable[Any], version: Any = None) -> None:
        """Delete several keys in one statement."""
        self._base_delete_many([self.make_and_validate_key(key, version=version) for key in keys])

    def _base_delete_many(self, keys: list[str]) -> bool:
        if not keys:
            return False
        connection, _ = self._connection(write=True)
        quote = connection.ops.quote_name
        marks = ", ".join(["%s"] * len(keys))
        with connection.cursor() as cursor:
            cursor.execute(
                f"DELETE FROM {quote(self._table)} WHERE {quote('cache_key')} IN ({marks})",
                keys,
            )
            return bool(cursor.rowcount)

    def has_key(self, key: Any, version: Any = None) -> bool:
        """Whether the key is there."""
        stored = self.make_and_validate_key(key, version=version)
        connection, _ = self._connection(write=False)
        quote = connection.ops.quote_name
        now = tz_now().replace(microsecond=0, tzinfo=UTC if settings.USE_TZ else None)
        with connection.cursor() as cursor:
            cursor.execute(
                f"SELECT {quote('cache_key')} FROM {quote(self._table)} "
                f"WHERE {quote('cache_key')} = %s AND {quote('expires')} > %s",
                [stored, connection.ops.adapt_datetimefield_value(now)],
            )
            return cursor.fetchone() is not None

    def _cull(self, connection: Any, cursor: Any, now: datetime, count: int) -> None:
        if self._cull_frequency == 0:
            self.clear()
            return
        quote = connection.ops.quote_name
        table = quote(self._table)
        cursor.execute(
            f"DELETE FROM {table} WHERE {quote('expires')} < %s",
            [connection.ops.adapt_datetimefield_value(now)],
        )
        remaining = count - max(cursor.rowcount, 0)
        if remaining <= self._max_entries:
            return
        cursor.execute(
            connection.ops.cache_key_culling_sql() % table,
            [remaining // self._cull_frequency],
        )
        last = cursor.fetchone()
        if last:
            cursor.execute(f"DELETE FROM {table} WHERE {quote('cache_key')} < %s", [last[0]])

    def clear(self) -> None:
        """Delete everything."""
        connection, _ = self._connection(write=True)
        with connection.cursor() as cursor:
            cursor.execute(f"DELETE FROM {connection.ops.quote_name(self._table)}")
