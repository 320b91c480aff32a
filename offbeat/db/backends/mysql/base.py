"""MySQL and MariaDB. Source: Django documentation, ref/databases; docs/internals/connections, docs/internals/mysql."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Sequence
from contextlib import suppress
from functools import cached_property
from importlib import import_module
from typing import Any

from offbeat.core.exceptions import ImproperlyConfigured
from offbeat.db.backends.base.base import BaseDatabaseWrapper
from offbeat.db.backends.mysql.client import DatabaseClient
from offbeat.db.backends.mysql.creation import DatabaseCreation
from offbeat.db.backends.mysql.errors import MySQLErrorWrapper, as_mysqldb
from offbeat.db.backends.mysql.features import DatabaseFeatures
from offbeat.db.backends.mysql.introspection import DatabaseIntrospection
from offbeat.db.backends.mysql.link import AsyncLink, SyncLink
from offbeat.db.backends.mysql.operations import DatabaseOperations
from offbeat.db.backends.mysql.options import async_params, connection_params, isolation_level
from offbeat.db.backends.mysql.schema import DatabaseSchemaEditor
from offbeat.db.backends.mysql.server import QUERY, Server, parse_version
from offbeat.db.backends.mysql.validation import DatabaseValidation
from offbeat.db.backends.mysql.values import parse_time
from offbeat.db.utils import IntegrityError

try:
    import MySQLdb as Database
    from MySQLdb.constants import CLIENT, FIELD_TYPE
    from MySQLdb.converters import conversions
except ImportError as exc:
    raise ImproperlyConfigured(
        "Error loading the MySQLdb module: is mysqlclient installed? (pip install 'offbeat[mysql]')"
    ) from exc

__all__ = ["Database", "DatabaseWrapper"]

# How long the connection that ends another one's session may take.
KILL_TIMEOUT = 5


class DatabaseWrapper(BaseDatabaseWrapper):
    """Connections to one database of a MySQL or MariaDB server."""

    vendor = "mysql"
    Database = Database

    data_type_check_constraints = {
        "PositiveBigIntegerField": "`%(column)s` >= 0",
        "PositiveIntegerField": "`%(column)s` >= 0",
        "PositiveSmallIntegerField": "`%(column)s` >= 0",
    }
    operators = {
        "exact": "= %s",
        "iexact": "LIKE %s",
        "contains": "LIKE BINARY %s",
        "icontains": "LIKE %s",
        "gt": "> %s",
        "gte": ">= %s",
        "lt": "< %s",
        "lte": "<= %s",
        "startswith": "LIKE BINARY %s",
        "endswith": "LIKE BINARY %s",
        "istartswith": "LIKE %s",
        "iendswith": "LIKE %s",
    }
    pattern_esc = r"REPLACE(REPLACE(REPLACE({}, '\\', '\\\\'), '%%', '\%%'), '_', '\_')"
    pattern_ops = {
        "contains": "LIKE BINARY CONCAT('%%', {}, '%%')",
        "icontains": "LIKE CONCAT('%%', {}, '%%')",
        "startswith": "LIKE BINARY CONCAT({}, '%%')",
        "istartswith": "LIKE CONCAT({}, '%%')",
        "endswith": "LIKE BINARY CONCAT('%%', {})",
        "iendswith": "LIKE CONCAT('%%', {})",
    }

    SchemaEditorClass = DatabaseSchemaEditor
    client_class = DatabaseClient
    creation_class = DatabaseCreation
    features_class = DatabaseFeatures
    introspection_class = DatabaseIntrospection
    ops_class = DatabaseOperations
    validation_class = DatabaseValidation

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.wrap_database_errors = MySQLErrorWrapper(self)
        self._server: Server | None = None

    # The server.

    @cached_property
    def mysql_server_data(self) -> dict[str, Any]:
        """What the server says about itself."""
        if self._server is None:
            with self.temporary_connection():
                pass
        assert self._server is not None
        return self._server._asdict()

    @cached_property
    def mysql_server_info(self) -> str:
        """The server's version as it tells it."""
        return self.mysql_server_data["version"]  # type: ignore[no-any-return]

    @cached_property
    def mysql_version(self) -> tuple[int, ...]:
        """The server's version in numbers."""
        return parse_version(self.mysql_server_info)

    @cached_property
    def mysql_is_mariadb(self) -> bool:
        """Whether the server is MariaDB."""
        return "mariadb" in self.mysql_server_info.lower()

    @cached_property
    def sql_mode(self) -> set[str]:
        """The modes that are on."""
        return set(filter(None, self.mysql_server_data["sql_mode"].split(",")))

    @property
    def display_name(self) -> str:  # type: ignore[override]
        return "MariaDB" if self.mysql_is_mariadb else "MySQL"

    @cached_property
    def data_types(self) -> dict[str, Any]:  # type: ignore[override]
        types = {
            "AutoField": "integer AUTO_INCREMENT",
            "BigAutoField": "bigint AUTO_INCREMENT",
            "BigIntegerField": "bigint",
            "BinaryField": "longblob",
            "BooleanField": "bool",
            "CharField": "varchar(%(max_length)s)",
            "DateField": "date",
            "DateTimeField": "datetime(6)",
            "DecimalField": "numeric(%(max_digits)s, %(decimal_places)s)",
            "DurationField": "bigint",
            "FileField": "varchar(%(max_length)s)",
            "FilePathField": "varchar(%(max_length)s)",
            "FloatField": "double precision",
            "GenericIPAddressField": "char(39)",
            "IPAddressField": "char(15)",
            "IntegerField": "integer",
            "JSONField": "json",
            "PositiveBigIntegerField": "bigint UNSIGNED",
            "PositiveIntegerField": "integer UNSIGNED",
            "PositiveSmallIntegerField": "smallint UNSIGNED",
            "SlugField": "varchar(%(max_length)s)",
            "SmallAutoField": "smallint AUTO_INCREMENT",
            "SmallIntegerField": "smallint",
            "TextField": "longtext",
            "TimeField": "time(6)",
            "UUIDField": "char(32)",
        }
        if self.features.has_native_uuid_field:
            types["UUIDField"] = "uuid"
        return types

    def get_database_version(self) -> tuple[int, ...]:
        return self.mysql_version

    # Connecting.

    @property
    def isolation_level(self) -> str | None:
        """The isolation level that connections are set to; None for the server's."""
        return isolation_level(self.settings_dict["OPTIONS"], self.alias)

    def get_connection_params(self) -> dict[str, Any]:
        """Arguments for MySQLdb.connect(), without those which are the same for all connections."""
        return connection_params(self.settings_dict, self.alias)

    def get_new_connection(self, conn_params: dict[str, Any]) -> Any:
        params = dict(conn_params)
        params["client_flag"] = params.get("client_flag", 0) | CLIENT.FOUND_ROWS
        converters = {**conversions, FIELD_TYPE.TIME: parse_time, **params.pop("conv", {})}
        return Database.connect(**{"binary_prefix": True, **params}, conv=converters, autocommit=True)

    def _setup(self) -> list[str]:
        """Commands for a new connection."""
        commands = []
        level = self.isolation_level
        if level:
            commands.append(f"SET SESSION TRANSACTION ISOLATION LEVEL {level.upper()}")
        if self.features.is_sql_auto_is_null_enabled:
            # Otherwise "id IS NULL" finds the row that was inserted last.
            commands.append("SET sql_auto_is_null = 0")
        return commands

    def new_sync_link(self) -> SyncLink:
        link = self.adopt_connection(self.get_new_connection(self.get_connection_params()))
        if self._server is None:
            try:
                self._server = Server.from_row(link.fetch_all(QUERY, ())[0])
            except BaseException:
                link.discard()
                raise
        return link

    def init_connection_state(self) -> None:
        super().init_connection_state()
        commands = self._setup()
        if commands:
            with self.cursor() as cursor:
                for command in commands:
                    cursor.execute(command)

    def adopt_connection(self, raw: Any) -> SyncLink:
        return SyncLink(raw)

    async def new_async_link(self) -> AsyncLink:
        self.check_settings()
        params = async_params(self.get_connection_params())
        sock = None if "ssl" in params else await _open_socket(params)
        try:
            raw = await self._connect_async(params, sock)
        except BaseException:
            if sock is not None:
                sock.close()
            raise
        link = AsyncLink(raw, sock, self._kill)
        try:
            if self._server is None:
                self._server = Server.from_row((await link.fetch_all(QUERY, ()))[0])
            for command in self._setup():
                await link.command(command)
            if self._may_check_version():
                self.check_database_version_supported()
        except BaseException:
            link.discard()
            raise
        return link

    async def _connect_async(self, params: dict[str, Any], sock: socket.socket | None) -> Any:
        driver = _async_driver()
        converters = {**driver.converters.conversions, FIELD_TYPE.TIME: parse_time}
        try:
            return await driver.connect(
                **{**params, "client_flag": params.get("client_flag", 0) | CLIENT.FOUND_ROWS},
                sock=sock,
                conv=converters,
                binary_prefix=True,
                autocommit=True,
            )
        except Exception as exc:
            theirs = as_mysqldb(exc)
            if theirs is None:
                raise
            raise theirs from exc

    async def _kill(self, session: int) -> None:
        """End a session of the server from another one."""
        params = async_params(self.get_connection_params())
        for name in ("database", "init_command"):
            params.pop(name, None)
        params["connect_timeout"] = KILL_TIMEOUT
        # A server that cannot be reached, or knows no such session, leaves nothing to be done.
        with suppress(OSError, Database.Error, _async_driver().errors.Error):
            raw = await self._connect_async(params, None)
            try:
                await raw.query(f"KILL {int(session)}")
            finally:
                await raw.ensure_closed()

    # Constraints.

    def disable_constraint_checking(self) -> bool:
        with self.cursor() as cursor:
            cursor.execute("SET foreign_key_checks = 0")
        return True

    def enable_constraint_checking(self) -> None:
        # It is also called when the transaction is broken, which must not leave the checks off.
        session = self.current_session()
        broken = session is not None and session.needs_rollback
        if session is not None and broken:
            cause = session.rollback_exc
            session.needs_rollback = False
        try:
            with self.cursor() as cursor:
                cursor.execute("SET foreign_key_checks = 1")
        finally:
            if session is not None and broken:
                session.needs_rollback = True
                session.rollback_exc = cause

    def check_constraints(self, table_names: Sequence[str] | None = None) -> None:
        with self.cursor() as cursor:
            if table_names is None:
                table_names = self.introspection.table_names(cursor)
            for table_name in table_names:
                self._check_table(cursor, table_name)

    def _check_table(self, cursor: Any, table_name: str) -> None:
        primary_key = self.introspection.get_primary_key_column(cursor, table_name)
        if not primary_key:
            return
        quote = self.ops.quote_name
        for column, (target, target_table, _) in self.introspection.get_relations(cursor, table_name).items():
            cursor.execute(
                f"SELECT here.{quote(primary_key)}, here.{quote(column)} FROM {quote(table_name)} AS here "
                f"LEFT JOIN {quote(target_table)} AS there ON here.{quote(column)} = there.{quote(target)} "
                f"WHERE here.{quote(column)} IS NOT NULL AND there.{quote(target)} IS NULL LIMIT 1"
            )
            for identity, value in cursor.fetchall():
                raise IntegrityError(
                    f"The row in table '{table_name}' with primary key '{identity}' has an invalid foreign key: "
                    f"{table_name}.{column} contains a value '{value}' that does not have a corresponding value in "
                    f"{target_table}.{target}."
                )


def _async_driver() -> Any:
    try:
        for name in ("converters", "errors"):
            import_module(f"asyncmy.{name}")
        return import_module("asyncmy")
    except ImportError as exc:
        raise ImproperlyConfigured(
            "Error loading the asyncmy module, with which MySQL and MariaDB are used from event loops: is it "
            "installed? (pip install 'offbeat[mysql]')"
        ) from exc


async def _open_socket(params: dict[str, Any]) -> socket.socket:
    """A socket connected to the server.

    It is made here, not by the driver, because it shows whether the server has closed an idle connection.
    """
    timeout = params.get("connect_timeout", 10)
    try:
        return await asyncio.wait_for(_connected_socket(params), timeout)
    except OSError as exc:
        where = params.get("unix_socket") or f"{params.get('host', 'localhost')}:{params.get('port', 3306)}"
        raise Database.OperationalError(
            2003, f"Can't connect to MySQL server on '{where}' ({exc or 'timed out'})"
        ) from exc


async def _connected_socket(params: dict[str, Any]) -> socket.socket:
    loop = asyncio.get_running_loop()
    path = params.get("unix_socket")
    if path is not None:
        return await _try_connect(socket.AF_UNIX, path)
    found = await loop.getaddrinfo(
        params.get("host") or "localhost", params.get("port") or 3306, type=socket.SOCK_STREAM
    )
    failure: OSError = OSError("no address")
    for family, _, _, _, address in found:
        try:
            sock = await _try_connect(family, address)
        except OSError as exc:
            failure = exc
        else:
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
            return sock
    raise failure


async def _try_connect(family: int, address: Any) -> socket.socket:
    sock = socket.socket(family, socket.SOCK_STREAM)
    sock.setblocking(False)
    try:
        await asyncio.get_running_loop().sock_connect(sock, address)
    except BaseException:
        sock.close()
        raise
    return sock
