"""What a database can do: flags, read by the ORM, the schema editor and tests. Pure: no queries unless a flag needs one."""

from __future__ import annotations

from functools import cached_property
from typing import Any

__all__ = ["BaseDatabaseFeatures"]


class BaseDatabaseFeatures:
    """The flags with the values of a database that conforms to the SQL standard and has nothing special."""

    minimum_database_version: tuple[int, ...] | None = None
    gis_enabled = False
    empty_fetchmany_value: Any = []

    allow_sliced_subqueries_with_in = True
    allows_auto_pk_0 = True
    allows_group_by_lob = True
    allows_group_by_select_index = True
    allows_group_by_selected_pks = False
    allows_multiple_constraints_on_same_fields = True
    atomic_transactions = True
    bare_select_suffix = ""
    can_clone_databases = False
    can_create_inline_fk = True
    can_defer_constraint_checks = False
    can_distinct_on_fields = False
    can_introspect_check_constraints = True
    can_introspect_default = True
    can_introspect_foreign_keys = True
    can_introspect_json_field = True
    can_introspect_materialized_views = False
    can_release_savepoints = True
    can_rename_index = False
    can_return_columns_from_insert = False
    can_return_rows_from_bulk_insert = False
    can_return_rows_from_update = False
    can_rollback_ddl = False
    can_use_chunked_reads = True
    collate_as_index_expression = False
    connection_persists_old_columns = False
    create_test_procedure_with_int_param_sql: str | None = None
    create_test_procedure_without_params_sql: str | None = None
    delete_can_self_reference_subquery = True
    enforces_foreign_key_constraints = True
    for_update_after_from = False
    greatest_least_ignores_nulls = False
    has_bulk_insert = True
    has_case_insensitive_like = False
    has_json_object_function = True
    has_json_operators = False
    has_native_boolean_field = True
    has_native_duration_field = False
    has_native_json_field = False
    has_native_uuid_field = False
    has_real_datatype = False
    has_select_for_no_key_update = False
    has_select_for_update = False
    has_select_for_update_nowait = False
    has_select_for_update_of = False
    has_select_for_update_skip_locked = False
    has_zoneinfo_database = True
    ignores_table_name_case = False
    ignores_unnecessary_order_by_in_subqueries = True
    implied_column_null = False
    indexes_foreign_keys = True
    insert_test_table_with_defaults: str | None = None
    interprets_empty_strings_as_nulls = False
    json_key_contains_list_matching_requires_list = False
    max_query_params: int | None = None
    nulls_order_largest = False
    only_supports_unbounded_with_preceding_and_following = False
    order_by_nulls_first = False
    pattern_lookup_needs_param_pattern = True
    prohibits_null_characters_in_text_exception: tuple[type[Exception], str] | None = None
    related_fields_match_type = False
    requires_casted_case_in_updates = False
    requires_compound_order_by_subquery = False
    requires_explicit_null_ordering_when_grouping = False
    requires_literal_defaults = False
    rounds_to_even = False
    schema_editor_uses_clientside_param_binding = False
    select_for_update_of_column = False
    supported_explain_formats: set[str] = set()
    supports_aggregate_distinct_multiple_argument = True
    supports_aggregate_filter_clause = False
    supports_aggregate_order_by_clause = False
    supports_alter_generated_column_data_type = True
    supports_any_value = False
    supports_bit_aggregations = True
    supports_boolean_expr_in_select_clause = True
    supports_callproc_kwargs = False
    supports_cast_with_precision = True
    supports_collation_on_charfield = True
    supports_collation_on_textfield = True
    supports_column_check_constraints = True
    supports_combined_alters = False
    supports_comments = False
    supports_comments_inline = False
    supports_comparing_boolean_expr = True
    supports_covering_indexes = False
    supports_date_lookup_using_string = True
    supports_default_in_bit_aggregations = True
    supports_default_in_lead_lag = True
    supports_default_keyword_in_bulk_insert = True
    supports_default_keyword_in_insert = True
    supports_deferrable_unique_constraints = False
    supports_explaining_query_execution = False
    supports_expression_defaults = True
    supports_expression_indexes = True
    supports_foreign_keys = True
    supports_forward_references = True
    supports_frame_exclusion = False
    supports_frame_range_fixed_distance = False
    supports_functions_in_partial_indexes = True
    supports_ignore_conflicts = True
    supports_index_column_ordering = True
    supports_index_on_text_field = True
    supports_inspectdb = True
    supports_json_field = True
    supports_json_field_contains = True
    supports_json_negative_indexing = True
    supports_logical_xor = False
    supports_no_precision_decimalfield = False
    supports_non_deterministic_collations = True
    supports_nullable_unique_constraints = True
    supports_nulls_distinct_unique_constraints = False
    supports_on_delete_db_cascade = True
    supports_on_delete_db_default = True
    supports_on_delete_db_null = True
    supports_order_by_nulls_modifier = True
    supports_over_clause = False
    supports_paramstyle_pyformat = True
    supports_parentheses_in_compound = True
    supports_partial_indexes = True
    supports_partially_nullable_unique_constraints = True
    supports_primitives_in_json_field = True
    supports_regex_backreferencing = True
    supports_select_difference = True
    supports_select_for_update_with_limit = True
    supports_select_intersection = True
    supports_select_union = True
    supports_sequence_reset = True
    supports_slicing_ordering_in_compound = False
    supports_stored_generated_columns = False
    supports_subqueries_in_group_by = True
    supports_table_check_constraints = True
    supports_tablespaces = False
    supports_temporal_subtraction = False
    supports_timezones = True
    supports_tuple_comparison_against_subquery = True
    supports_tuple_lookups = True
    supports_unlimited_charfield = False
    supports_unspecified_pk = False
    supports_update_conflicts = False
    supports_update_conflicts_with_target = False
    supports_uuid4_function = False
    supports_uuid4_function_in_default = False
    supports_uuid7_function = False
    supports_uuid7_function_shift = False
    supports_virtual_generated_columns = False
    test_collations: dict[str, str | None] = {
        "ci": None,
        "cs": None,
        "non_default": None,
        "swedish_ci": None,
        "virtual": None,
    }
    test_db_allows_multiple_connections = True
    test_now_utc_template: str | None = None
    time_cast_precision = 6
    truncates_names = False
    update_can_self_select = True
    uses_savepoints = True

    # Tests of a project that cannot pass on a database: names of tests, and reasons with sets of names.
    django_test_expected_failures: set[str] = set()
    django_test_skips: dict[str, set[str]] = {}
    disallowed_simple_test_case_connection_methods = [
        ("connect", "connections"),
        ("temporary_connection", "connections"),
        ("cursor", "queries"),
        ("chunked_cursor", "queries"),
    ]
    introspected_field_types: dict[str, str] = {
        name: name
        for name in (
            "AutoField",
            "BigAutoField",
            "BigIntegerField",
            "BinaryField",
            "BooleanField",
            "CharField",
            "DurationField",
            "GenericIPAddressField",
            "IntegerField",
            "PositiveBigIntegerField",
            "PositiveIntegerField",
            "PositiveSmallIntegerField",
            "SmallAutoField",
            "SmallIntegerField",
            "TimeField",
        )
    }

    def __init__(self, connection: Any) -> None:
        self.connection = connection

    @cached_property
    def supports_transactions(self) -> bool:
        """Whether a rollback really undoes what happened."""
        with self.connection.cursor() as cursor:
            cursor.execute("CREATE TABLE ROLLBACK_TEST (X INT)")
            self.connection.set_autocommit(False)
            cursor.execute("INSERT INTO ROLLBACK_TEST (X) VALUES (8)")
            self.connection.rollback()
            self.connection.set_autocommit(True)
            cursor.execute("SELECT COUNT(X) FROM ROLLBACK_TEST")
            (count,) = cursor.fetchone()
            cursor.execute("DROP TABLE ROLLBACK_TEST")
        return bool(count == 0)

    def allows_group_by_selected_pks_on_model(self, model: Any) -> bool:
        """Whether grouping by a model's primary key covers its other columns."""
        if not self.allows_group_by_selected_pks:
            return False
        return bool(model._meta.managed)
