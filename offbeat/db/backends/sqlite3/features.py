"""What SQLite can do."""

from __future__ import annotations

import sqlite3
from functools import cache, cached_property

from offbeat.db.backends.base.features import BaseDatabaseFeatures

__all__ = ["DatabaseFeatures"]


class DatabaseFeatures(BaseDatabaseFeatures):
    """Flags of SQLite 3.37 and later."""

    minimum_database_version = (3, 37)
    test_db_allows_multiple_connections = False
    supports_unspecified_pk = True
    supports_timezones = False
    supports_transactions = True
    atomic_transactions = False
    can_rollback_ddl = True
    can_create_inline_fk = False
    requires_literal_defaults = True
    can_clone_databases = True
    supports_temporal_subtraction = True
    ignores_table_name_case = True
    supports_cast_with_precision = False
    time_cast_precision = 3
    can_release_savepoints = True
    has_case_insensitive_like = True
    has_native_boolean_field = False
    supports_parentheses_in_compound = False
    can_defer_constraint_checks = True
    supports_over_clause = True
    supports_frame_range_fixed_distance = True
    supports_frame_exclusion = True
    supports_aggregate_filter_clause = True
    supports_aggregate_distinct_multiple_argument = False
    supports_any_value = True
    order_by_nulls_first = True
    supports_json_field_contains = False
    supports_update_conflicts = True
    supports_update_conflicts_with_target = True
    can_return_columns_from_insert = True
    can_return_rows_from_bulk_insert = True
    can_return_rows_from_update = True
    supports_default_keyword_in_insert = False
    supports_unlimited_charfield = True
    supports_no_precision_decimalfield = True
    supports_explaining_query_execution = True
    supports_stored_generated_columns = True
    supports_virtual_generated_columns = True
    supports_uuid4_function = True
    supports_uuid4_function_in_default = True
    test_collations = {"ci": "nocase", "cs": "binary", "non_default": "nocase", "virtual": "nocase"}
    insert_test_table_with_defaults = 'INSERT INTO {} ("null") VALUES (1)'
    introspected_field_types = {
        **BaseDatabaseFeatures.introspected_field_types,
        "BigAutoField": "AutoField",
        "DurationField": "BigIntegerField",
        "GenericIPAddressField": "CharField",
        "SmallAutoField": "AutoField",
    }

    @cached_property
    def supports_uuid7_function(self) -> bool:  # type: ignore[override]
        import uuid

        return hasattr(uuid, "uuid7")

    @cached_property
    def supports_atomic_references_rename(self) -> bool:
        return sqlite3.sqlite_version_info >= (3, 26)

    @cached_property
    def supports_aggregate_order_by_clause(self) -> bool:  # type: ignore[override]
        return sqlite3.sqlite_version_info >= (3, 44)

    @property
    def max_query_params(self) -> int:  # type: ignore[override]
        """The limit of the library on the number of parameters in a statement."""
        connection = self.connection.connection
        if connection is not None:
            return int(connection.getlimit(sqlite3.SQLITE_LIMIT_VARIABLE_NUMBER))
        return _library_limit()

    @cached_property
    def supports_json_field(self) -> bool:  # type: ignore[override]
        probe = sqlite3.connect(":memory:")
        try:
            probe.execute("SELECT JSON('{}')")
        except sqlite3.OperationalError:
            return False
        finally:
            probe.close()
        return True

    @cached_property
    def can_introspect_json_field(self) -> bool:  # type: ignore[override]
        return self.supports_json_field

    @cached_property
    def has_json_object_function(self) -> bool:  # type: ignore[override]
        return self.supports_json_field


@cache
def _library_limit() -> int:
    probe = sqlite3.connect(":memory:")
    try:
        return probe.getlimit(sqlite3.SQLITE_LIMIT_VARIABLE_NUMBER)
    finally:
        probe.close()
