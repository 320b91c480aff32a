"""What PostgreSQL can do."""

from __future__ import annotations

from functools import cached_property
from typing import Any

from offbeat.db.backends.base.features import BaseDatabaseFeatures
from offbeat.db.utils import DataError

__all__ = ["DatabaseFeatures"]


class DatabaseFeatures(BaseDatabaseFeatures):
    """Flags of PostgreSQL 15 and later."""

    minimum_database_version = (15,)
    allows_group_by_selected_pks = True
    can_clone_databases = True
    can_defer_constraint_checks = True
    can_distinct_on_fields = True
    can_introspect_materialized_views = True
    can_rename_index = True
    can_return_columns_from_insert = True
    can_return_rows_from_bulk_insert = True
    can_return_rows_from_update = True
    can_rollback_ddl = True
    has_json_operators = True
    json_key_contains_list_matching_requires_list = True
    has_native_duration_field = True
    has_native_json_field = True
    has_native_uuid_field = True
    has_real_datatype = True
    has_select_for_no_key_update = True
    has_select_for_update = True
    has_select_for_update_nowait = True
    has_select_for_update_of = True
    has_select_for_update_skip_locked = True
    greatest_least_ignores_nulls = True
    nulls_order_largest = True
    order_by_nulls_first = False
    prohibits_null_characters_in_text_exception = (
        DataError,
        "PostgreSQL text fields cannot contain NUL (0x00) bytes",
    )
    requires_casted_case_in_updates = True
    requires_literal_defaults = True
    schema_editor_uses_clientside_param_binding = True
    supported_explain_formats = {"JSON", "TEXT", "XML", "YAML"}
    supports_aggregate_filter_clause = True
    supports_aggregate_order_by_clause = True
    supports_combined_alters = True
    supports_comments = True
    supports_covering_indexes = True
    supports_deferrable_unique_constraints = True
    supports_explaining_query_execution = True
    supports_frame_exclusion = True
    supports_no_precision_decimalfield = True
    supports_nulls_distinct_unique_constraints = True
    supports_over_clause = True
    supports_slicing_ordering_in_compound = True
    supports_stored_generated_columns = True
    supports_tablespaces = True
    supports_temporal_subtraction = True
    supports_unlimited_charfield = True
    supports_update_conflicts = True
    supports_update_conflicts_with_target = True
    supports_uuid4_function = True
    supports_uuid4_function_in_default = True
    supports_json_negative_indexing = True
    can_introspect_json_field = True
    only_supports_unbounded_with_preceding_and_following = True
    test_collations = {
        "deterministic": "C",
        "non_default": "sv-x-icu",
        "swedish_ci": "sv-x-icu",
        "virtual": "sv-x-icu",
        "ci": None,
        "cs": None,
    }
    test_now_utc_template = "STATEMENT_TIMESTAMP() AT TIME ZONE 'UTC'"
    insert_test_table_with_defaults = "INSERT INTO {} DEFAULT VALUES"
    create_test_procedure_without_params_sql = """
        CREATE FUNCTION test_procedure () RETURNS void AS $$
        DECLARE
            V_I INTEGER;
        BEGIN
            V_I := 1;
        END;
    $$ LANGUAGE plpgsql;"""
    create_test_procedure_with_int_param_sql = """
        CREATE FUNCTION test_procedure (P_I INTEGER) RETURNS void AS $$
        DECLARE
            V_I INTEGER;
        BEGIN
            V_I := P_I;
        END;
    $$ LANGUAGE plpgsql;"""
    introspected_field_types = {
        **BaseDatabaseFeatures.introspected_field_types,
        "PositiveBigIntegerField": "BigIntegerField",
        "PositiveIntegerField": "IntegerField",
        "PositiveSmallIntegerField": "SmallIntegerField",
    }

    def __init__(self, connection: Any) -> None:
        super().__init__(connection)
        self.supports_transactions = True

    @cached_property
    def uses_server_side_binding(self) -> bool:
        """Whether parameters always travel apart from the SQL."""
        options = self.connection.settings_dict.get("OPTIONS") or {}
        return bool(options.get("server_side_binding"))

    @cached_property
    def max_query_params(self) -> int | None:  # type: ignore[override]
        return 2**16 - 1 if self.uses_server_side_binding else None

    @cached_property
    def is_postgresql_16(self) -> bool:
        return bool(self.connection.pg_version >= 160000)

    @cached_property
    def is_postgresql_17(self) -> bool:
        return bool(self.connection.pg_version >= 170000)

    @cached_property
    def is_postgresql_18(self) -> bool:
        return bool(self.connection.pg_version >= 180000)

    @property
    def supports_any_value(self) -> bool:  # type: ignore[override]
        return self.is_postgresql_16

    @property
    def supports_virtual_generated_columns(self) -> bool:  # type: ignore[override]
        return self.is_postgresql_18

    @property
    def supports_uuid7_function(self) -> bool:  # type: ignore[override]
        return self.is_postgresql_18

    @property
    def supports_uuid7_function_shift(self) -> bool:  # type: ignore[override]
        return self.is_postgresql_18
