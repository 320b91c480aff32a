"""What MySQL and MariaDB can do. Source: Django documentation, ref/databases; the manuals of both servers."""

from __future__ import annotations

import operator
from functools import cached_property
from typing import Any

from offbeat.db.backends.base.features import BaseDatabaseFeatures

__all__ = ["DatabaseFeatures"]


class DatabaseFeatures(BaseDatabaseFeatures):
    """Flags of MySQL 8.4 and MariaDB 10.11, and what differs between the two and with versions."""

    empty_fetchmany_value: Any = []
    allows_group_by_select_index = False
    related_fields_match_type = True
    # A subquery with LIMIT cannot stand in IN (…).
    allow_sliced_subqueries_with_in = False
    has_select_for_update = True
    has_select_for_update_nowait = True
    supports_forward_references = False
    supports_regex_backreferencing = False
    supports_date_lookup_using_string = False
    supports_timezones = False
    requires_explicit_null_ordering_when_grouping = True
    # Definitions hold literals only: a percent sign in them is no placeholder.
    requires_literal_defaults = True
    atomic_transactions = False
    can_clone_databases = True
    can_rename_index = True
    supports_aggregate_order_by_clause = True
    supports_comments = True
    supports_comments_inline = True
    supports_temporal_subtraction = True
    supports_slicing_ordering_in_compound = True
    supports_index_on_text_field = False
    supports_over_clause = True
    supports_frame_range_fixed_distance = True
    supports_update_conflicts = True
    supports_partial_indexes = False
    collate_as_index_expression = True
    supports_order_by_nulls_modifier = False
    order_by_nulls_first = True
    supports_logical_xor = True
    supports_stored_generated_columns = True
    supports_virtual_generated_columns = True
    supports_json_negative_indexing = False
    has_native_boolean_field = False
    delete_can_self_reference_subquery = False
    supports_on_delete_db_default = False
    supports_aggregate_distinct_multiple_argument = True
    # The length of an index's key, less what VARCHAR itself needs, in characters of four bytes.
    max_index_length = 768
    create_test_procedure_without_params_sql = """
        CREATE PROCEDURE test_procedure ()
        BEGIN
            DECLARE V_I INTEGER;
            SET V_I = 1;
        END;
    """
    create_test_procedure_with_int_param_sql = """
        CREATE PROCEDURE test_procedure (P_I INTEGER)
        BEGIN
            DECLARE V_I INTEGER;
            SET V_I = P_I;
        END;
    """
    insert_test_table_with_defaults = "INSERT INTO {} () VALUES ()"
    test_now_utc_template = "UTC_TIMESTAMP(6)"
    introspected_field_types = {
        **BaseDatabaseFeatures.introspected_field_types,
        "BinaryField": "TextField",
        "BooleanField": "IntegerField",
        "DurationField": "BigIntegerField",
        "GenericIPAddressField": "CharField",
    }

    @cached_property
    def minimum_database_version(self) -> tuple[int, ...]:  # type: ignore[override]
        return (10, 11) if self.connection.mysql_is_mariadb else (8, 4)

    @property
    def _is_mariadb(self) -> bool:
        return bool(self.connection.mysql_is_mariadb)

    @cached_property
    def _mysql_storage_engine(self) -> str:
        """The storage engine of new tables."""
        return self.connection.mysql_server_data["default_storage_engine"]  # type: ignore[no-any-return]

    @cached_property
    def test_collations(self) -> dict[str, str | None]:  # type: ignore[override]
        return {
            "ci": "utf8mb4_general_ci",
            "cs": "utf8mb4_bin",
            "non_default": "utf8mb4_esperanto_ci",
            "swedish_ci": "utf8mb4_swedish_ci",
            "virtual": "utf8mb4_esperanto_ci",
        }

    # What depends on the storage engine.

    @cached_property
    def allows_auto_pk_0(self) -> bool:  # type: ignore[override]
        """Whether 0 in an automatic key is stored, instead of standing for the next number."""
        return "NO_AUTO_VALUE_ON_ZERO" in self.connection.sql_mode

    @cached_property
    def supports_transactions(self) -> bool:
        """MyISAM has no transactions."""
        return self._mysql_storage_engine != "MyISAM"

    @cached_property
    def uses_savepoints(self) -> bool:  # type: ignore[override]
        return self.supports_transactions

    can_release_savepoints = property(operator.attrgetter("uses_savepoints"))

    @cached_property
    def supports_foreign_keys(self) -> bool:  # type: ignore[override]
        return self.supports_transactions

    indexes_foreign_keys = property(operator.attrgetter("supports_foreign_keys"))

    @cached_property
    def ignores_table_name_case(self) -> bool:  # type: ignore[override]
        return bool(self.connection.mysql_server_data["lower_case_table_names"])

    @cached_property
    def has_zoneinfo_database(self) -> bool:  # type: ignore[override]
        """Whether the server's tables of time zones are filled."""
        return bool(self.connection.mysql_server_data["has_zoneinfo_database"])

    @cached_property
    def is_sql_auto_is_null_enabled(self) -> bool:
        """Whether the server finds the row inserted last where a key IS NULL, unless told not to."""
        return bool(self.connection.mysql_server_data["sql_auto_is_null"])

    # What differs between MySQL and MariaDB.

    @cached_property
    def allows_group_by_selected_pks(self) -> bool:  # type: ignore[override]
        """MySQL knows what depends on a key; MariaDB only where it does not check at all."""
        return not self._is_mariadb or "ONLY_FULL_GROUP_BY" not in self.connection.sql_mode

    @cached_property
    def can_return_columns_from_insert(self) -> bool:  # type: ignore[override]
        return self._is_mariadb

    can_return_rows_from_bulk_insert = property(operator.attrgetter("can_return_columns_from_insert"))

    @cached_property
    def update_can_self_select(self) -> bool:  # type: ignore[override]
        """MySQL does not read the table that it changes."""
        return self._is_mariadb

    @cached_property
    def has_native_uuid_field(self) -> bool:  # type: ignore[override]
        return self._is_mariadb and self.connection.mysql_version >= (10, 7)

    @cached_property
    def supports_uuid4_function(self) -> bool:  # type: ignore[override]
        return self._is_mariadb and self.connection.mysql_version >= (11, 7)

    supports_uuid4_function_in_default = property(operator.attrgetter("supports_uuid4_function"))
    supports_uuid7_function = property(operator.attrgetter("supports_uuid4_function"))

    @cached_property
    def has_select_for_update_skip_locked(self) -> bool:  # type: ignore[override]
        return not self._is_mariadb or self.connection.mysql_version >= (10, 6)

    @cached_property
    def has_select_for_update_of(self) -> bool:  # type: ignore[override]
        return not self._is_mariadb

    select_for_update_of_column = False

    @cached_property
    def supports_expression_indexes(self) -> bool:  # type: ignore[override]
        return not self._is_mariadb and self._mysql_storage_engine != "MyISAM"

    @cached_property
    def supports_expression_defaults(self) -> bool:  # type: ignore[override]
        return True

    @cached_property
    def supports_default_in_lead_lag(self) -> bool:  # type: ignore[override]
        return not self._is_mariadb

    @cached_property
    def supports_select_intersection(self) -> bool:  # type: ignore[override]
        return self._is_mariadb or self.connection.mysql_version >= (8, 0, 31)

    supports_select_difference = property(operator.attrgetter("supports_select_intersection"))

    @cached_property
    def supports_any_value(self) -> bool:  # type: ignore[override]
        """MariaDB has ANY_VALUE() nowhere; without ONLY_FULL_GROUP_BY it is not needed."""
        return not self._is_mariadb

    @cached_property
    def can_introspect_json_field(self) -> bool:  # type: ignore[override]
        return True

    @cached_property
    def supports_alter_generated_column_data_type(self) -> bool:  # type: ignore[override]
        return True

    @cached_property
    def supports_explain_analyze(self) -> bool:
        return True

    @cached_property
    def supports_explaining_query_execution(self) -> bool:  # type: ignore[override]
        return True

    @cached_property
    def supported_explain_formats(self) -> set[str]:  # type: ignore[override]
        formats = {"JSON", "TEXT", "TRADITIONAL"}
        return formats if self._is_mariadb else {*formats, "TREE"}

    @cached_property
    def supports_index_column_ordering(self) -> bool:  # type: ignore[override]
        if self._mysql_storage_engine != "InnoDB":
            return False
        return not self._is_mariadb or self.connection.mysql_version >= (10, 8)

    @cached_property
    def supports_default_in_bit_aggregations(self) -> bool:  # type: ignore[override]
        return True
