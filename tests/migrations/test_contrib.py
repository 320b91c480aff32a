"""Migrations of the contrib applications: the names that databases of existing projects have on record."""

from __future__ import annotations

from io import StringIO

import pytest

from offbeat.core.management import call_command
from offbeat.db.migrations.loader import MigrationLoader

NAMES = {
    "auth": [
        "0001_initial",
        "0002_alter_permission_name_max_length",
        "0003_alter_user_email_max_length",
        "0004_alter_user_username_opts",
        "0005_alter_user_last_login_null",
        "0006_require_contenttypes_0002",
        "0007_alter_validators_add_error_messages",
        "0008_alter_user_username_max_length",
        "0009_alter_user_last_name_max_length",
        "0010_alter_group_name_max_length",
        "0011_update_proxy_permissions",
        "0012_alter_user_first_name_max_length",
    ],
    "contenttypes": ["0001_initial", "0002_remove_content_type_name"],
    "sessions": ["0001_initial"],
}


def test_the_names_are_those_of_existing_databases() -> None:
    loader = MigrationLoader(None)
    for label, names in NAMES.items():
        assert sorted(name for app, name in loader.disk_migrations if app == label) == names


def test_the_models_need_no_further_migration() -> None:
    out = StringIO()
    call_command("makemigrations", *NAMES, check_changes=True, dry_run=True, stdout=out)
    assert "No changes detected" in out.getvalue()


@pytest.mark.parametrize(
    ("table", "columns"),
    [
        (
            "auth_user",
            "date_joined email first_name id is_active is_staff is_superuser last_login last_name password username",
        ),
        ("auth_group", "id name"),
        ("auth_permission", "codename content_type_id id name"),
        ("auth_user_groups", "group_id id user_id"),
        ("auth_user_user_permissions", "id permission_id user_id"),
        ("auth_group_permissions", "group_id id permission_id"),
        ("django_content_type", "app_label id model"),
        ("django_session", "expire_date session_data session_key"),
    ],
)
def test_the_tables_are_those_of_existing_databases(database: object, table: str, columns: str) -> None:
    from offbeat.db import connection

    call_command("migrate", verbosity=0)
    with connection.cursor() as cursor:
        found = connection.introspection.get_table_description(cursor, table)
    assert sorted(column.name for column in found) == columns.split()


def test_names_of_indexes_are_those_of_existing_databases(database: object) -> None:
    from offbeat.db import connection

    call_command("migrate", verbosity=0)
    with connection.cursor() as cursor:
        found = {
            name
            for table in connection.introspection.table_names(cursor)
            for name in connection.introspection.get_constraints(cursor, table)
        }
    if not connection.features.indexes_foreign_keys or connection.vendor != "mysql":
        # There a foreign key brings an index of its own name.
        assert "auth_user_user_permissions_permission_id_1fbb5f2c" in found
    assert {
        "auth_permission_content_type_id_codename_01ab375a_uniq",
        "auth_user_groups_user_id_group_id_94350c0c_uniq",
        "django_content_type_app_label_model_76bd3d3b_uniq",
        "django_session_expire_date_a5c62663",
    } <= found
