"""The backend of projects without a database: everything that would need one says so."""

from __future__ import annotations

from typing import Any, NoReturn

from offbeat.core.exceptions import ImproperlyConfigured
from offbeat.db.backends.base.base import BaseDatabaseWrapper
from offbeat.db.backends.base.client import BaseDatabaseClient
from offbeat.db.backends.base.creation import BaseDatabaseCreation
from offbeat.db.backends.base.features import BaseDatabaseFeatures
from offbeat.db.backends.base.introspection import BaseDatabaseIntrospection
from offbeat.db.backends.base.operations import BaseDatabaseOperations
from offbeat.db.backends.base.validation import BaseDatabaseValidation

__all__ = ["DatabaseWrapper"]


def complain(*args: Any, **kwargs: Any) -> NoReturn:
    """Raise ImproperlyConfigured."""
    raise ImproperlyConfigured(
        "settings.DATABASES is improperly configured. Please supply the ENGINE value. Check settings documentation for "
        "more details."
    )


class DatabaseOperations(BaseDatabaseOperations):
    """No dialect."""

    quote_name = complain


class DatabaseClient(BaseDatabaseClient):
    """No shell."""

    runshell = complain


class DatabaseCreation(BaseDatabaseCreation):
    """No test database: there is nothing to create or to destroy."""

    def create_test_db(self, *args: Any, **kwargs: Any) -> str:
        return ""

    def destroy_test_db(self, *args: Any, **kwargs: Any) -> None:
        return None


class DatabaseIntrospection(BaseDatabaseIntrospection):
    """No catalogue."""

    get_table_list = complain
    get_table_description = complain
    get_relations = complain
    get_sequences = complain
    get_constraints = complain


class _Database:
    """Stands for a driver: its errors are never raised."""

    class Error(Exception):
        pass

    DataError = OperationalError = IntegrityError = InternalError = Error
    ProgrammingError = NotSupportedError = DatabaseError = InterfaceError = Error


class DatabaseWrapper(BaseDatabaseWrapper):
    """No database."""

    Database = _Database
    client_class = DatabaseClient
    creation_class = DatabaseCreation
    features_class = BaseDatabaseFeatures
    introspection_class = DatabaseIntrospection
    ops_class = DatabaseOperations
    validation_class = BaseDatabaseValidation

    ensure_connection = complain
    cursor = complain
    raw_cursor = complain
    fetch_all = complain
    run = complain
    run_many = complain
    stream = complain
    enter_block = complain
    get_new_connection = complain

    def is_usable(self) -> bool:
        return True
