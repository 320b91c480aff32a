"""Operations for migrations (Django documentation: ref/contrib/postgres/operations)."""

from __future__ import annotations

from typing import Any

from offbeat.contrib.postgres.signals import forget_types, register_type_handlers
from offbeat.db import NotSupportedError, router
from offbeat.db.migrations import AddConstraint, AddIndex, RemoveIndex
from offbeat.db.migrations.operations.base import Operation, OperationCategory
from offbeat.db.models.constraints import CheckConstraint

__all__ = [
    "AddConstraintNotValid",
    "AddIndexConcurrently",
    "BloomExtension",
    "BtreeGinExtension",
    "BtreeGistExtension",
    "CITextExtension",
    "CreateCollation",
    "CreateExtension",
    "CryptoExtension",
    "HStoreExtension",
    "RemoveCollation",
    "RemoveIndexConcurrently",
    "TrigramExtension",
    "UnaccentExtension",
    "ValidateConstraint",
]


class CreateExtension(Operation):
    """Install an extension; `hints` are for database routers."""

    reversible = True
    category = OperationCategory.ADDITION

    def __init__(self, name: str, hints: dict[str, Any] | None = None) -> None:
        self.name = name
        self.hints = hints or {}

    def state_forwards(self, app_label: str, state: Any) -> None:
        """The models stay as they are."""

    def _concerns(self, app_label: str, schema_editor: Any) -> bool:
        connection = schema_editor.connection
        return connection.vendor == "postgresql" and bool(
            router.allow_migrate(connection.alias, app_label, **self.hints)
        )

    def database_forwards(self, app_label: str, schema_editor: Any, from_state: Any, to_state: Any) -> None:
        if not self._concerns(app_label, schema_editor):
            return
        if not self.extension_exists(schema_editor, self.name):
            schema_editor.execute(f"CREATE EXTENSION IF NOT EXISTS {schema_editor.quote_name(self.name)}")
        # Other connections than this one learn of the types when they are made.
        forget_types()
        register_type_handlers(schema_editor.connection)

    def database_backwards(self, app_label: str, schema_editor: Any, from_state: Any, to_state: Any) -> None:
        if not self._concerns(app_label, schema_editor):
            return
        if self.extension_exists(schema_editor, self.name):
            schema_editor.execute(f"DROP EXTENSION IF EXISTS {schema_editor.quote_name(self.name)}")
        forget_types()

    def extension_exists(self, schema_editor: Any, extension: str) -> bool:
        """Whether it is installed already, which whoever may not install any can find out, too."""
        with schema_editor.connection.cursor() as cursor:
            cursor.execute("SELECT 1 FROM pg_extension WHERE extname = %s", [extension])
            return cursor.fetchone() is not None

    def describe(self) -> str:
        return f"Creates extension {self.name}"

    @property
    def migration_name_fragment(self) -> str:
        """Part of the migration's name."""
        return f"create_extension_{self.name}"


class BloomExtension(CreateExtension):
    """Install bloom, an index of signatures."""

    def __init__(self, hints: dict[str, Any] | None = None) -> None:
        super().__init__("bloom", hints=hints)


class BtreeGinExtension(CreateExtension):
    """Install btree_gin, plain types in GIN indexes."""

    def __init__(self, hints: dict[str, Any] | None = None) -> None:
        super().__init__("btree_gin", hints=hints)


class BtreeGistExtension(CreateExtension):
    """Install btree_gist, plain types in GiST indexes."""

    def __init__(self, hints: dict[str, Any] | None = None) -> None:
        super().__init__("btree_gist", hints=hints)


class CITextExtension(CreateExtension):
    """Install citext, text without regard to case."""

    def __init__(self, hints: dict[str, Any] | None = None) -> None:
        super().__init__("citext", hints=hints)


class CryptoExtension(CreateExtension):
    """Install pgcrypto."""

    def __init__(self, hints: dict[str, Any] | None = None) -> None:
        super().__init__("pgcrypto", hints=hints)


class HStoreExtension(CreateExtension):
    """Install hstore, the type of HStoreField."""

    def __init__(self, hints: dict[str, Any] | None = None) -> None:
        super().__init__("hstore", hints=hints)


class TrigramExtension(CreateExtension):
    """Install pg_trgm, similarity of texts."""

    def __init__(self, hints: dict[str, Any] | None = None) -> None:
        super().__init__("pg_trgm", hints=hints)


class UnaccentExtension(CreateExtension):
    """Install unaccent."""

    def __init__(self, hints: dict[str, Any] | None = None) -> None:
        super().__init__("unaccent", hints=hints)


class NotInTransactionMixin:
    """For operations that PostgreSQL takes outside transactions only."""

    def _ensure_not_in_transaction(self, schema_editor: Any) -> None:
        if schema_editor.connection.in_atomic_block:
            raise NotSupportedError(
                f"The {self.__class__.__name__} operation cannot be executed inside a transaction "
                "(set atomic = False on the migration)."
            )


class AddIndexConcurrently(NotInTransactionMixin, AddIndex):
    """Make an index while others write."""

    atomic = False

    def database_forwards(self, app_label: str, schema_editor: Any, from_state: Any, to_state: Any) -> None:
        self._ensure_not_in_transaction(schema_editor)
        if (model := self._model(app_label, schema_editor, to_state)) is not None:
            schema_editor.add_index(model, self.index, concurrently=True)

    def database_backwards(self, app_label: str, schema_editor: Any, from_state: Any, to_state: Any) -> None:
        self._ensure_not_in_transaction(schema_editor)
        if (model := self._model(app_label, schema_editor, from_state)) is not None:
            schema_editor.remove_index(model, self.index, concurrently=True)

    def describe(self) -> str:
        fields = ", ".join(self.index.fields)
        return f"Concurrently create index {self.index.name} on field(s) {fields} of model {self.model_name}"


class RemoveIndexConcurrently(NotInTransactionMixin, RemoveIndex):
    """Drop an index while others write."""

    atomic = False

    def database_forwards(self, app_label: str, schema_editor: Any, from_state: Any, to_state: Any) -> None:
        self._ensure_not_in_transaction(schema_editor)
        if (model := self._model(app_label, schema_editor, from_state)) is not None:
            index = from_state.models[app_label, self.model_name_lower].get_index_by_name(self.name)
            schema_editor.remove_index(model, index, concurrently=True)

    def database_backwards(self, app_label: str, schema_editor: Any, from_state: Any, to_state: Any) -> None:
        self._ensure_not_in_transaction(schema_editor)
        if (model := self._model(app_label, schema_editor, to_state)) is not None:
            index = to_state.models[app_label, self.model_name_lower].get_index_by_name(self.name)
            schema_editor.add_index(model, index, concurrently=True)

    def describe(self) -> str:
        return f"Concurrently remove index {self.name} from {self.model_name}"


class CollationOperation(Operation):
    """What the two operations on collations have in common."""

    def __init__(self, name: str, locale: str, *, provider: str = "libc", deterministic: bool = True) -> None:
        self.name = name
        self.locale = locale
        self.provider = provider
        self.deterministic = deterministic

    def state_forwards(self, app_label: str, state: Any) -> None:
        """The models stay as they are."""

    def deconstruct(self) -> tuple[str, Any, Any]:
        kwargs: dict[str, Any] = {"name": self.name, "locale": self.locale}
        if self.provider and self.provider != "libc":
            kwargs["provider"] = self.provider
        if self.deterministic is False:
            kwargs["deterministic"] = self.deterministic
        return self.__class__.__qualname__, [], kwargs

    def _concerns(self, app_label: str, schema_editor: Any) -> bool:
        connection = schema_editor.connection
        return connection.vendor == "postgresql" and bool(router.allow_migrate(connection.alias, app_label))

    def create_collation(self, schema_editor: Any) -> None:
        """Make it."""
        quote = schema_editor.quote_name
        options = [f"locale={quote(self.locale)}"]
        if self.provider:
            options.append(f"provider={quote(self.provider)}")
        if self.deterministic is False:
            options.append("deterministic=false")
        schema_editor.execute(f"CREATE COLLATION {quote(self.name)} ({', '.join(options)})")

    def remove_collation(self, schema_editor: Any) -> None:
        """Drop it."""
        schema_editor.execute(f"DROP COLLATION {schema_editor.quote_name(self.name)}")


class CreateCollation(CollationOperation):
    """Make a collation."""

    category = OperationCategory.ADDITION

    def database_forwards(self, app_label: str, schema_editor: Any, from_state: Any, to_state: Any) -> None:
        if self._concerns(app_label, schema_editor):
            self.create_collation(schema_editor)

    def database_backwards(self, app_label: str, schema_editor: Any, from_state: Any, to_state: Any) -> None:
        if self._concerns(app_label, schema_editor):
            self.remove_collation(schema_editor)

    def describe(self) -> str:
        return f"Create collation {self.name}"

    @property
    def migration_name_fragment(self) -> str:
        """Part of the migration's name."""
        return f"create_collation_{self.name.lower()}"

    def reduce(self, operation: Any, app_label: str) -> Any:
        if isinstance(operation, RemoveCollation) and self.name == operation.name:
            return []
        return super().reduce(operation, app_label)


class RemoveCollation(CollationOperation):
    """Drop a collation."""

    category = OperationCategory.REMOVAL

    def database_forwards(self, app_label: str, schema_editor: Any, from_state: Any, to_state: Any) -> None:
        if self._concerns(app_label, schema_editor):
            self.remove_collation(schema_editor)

    def database_backwards(self, app_label: str, schema_editor: Any, from_state: Any, to_state: Any) -> None:
        if self._concerns(app_label, schema_editor):
            self.create_collation(schema_editor)

    def describe(self) -> str:
        return f"Remove collation {self.name}"

    @property
    def migration_name_fragment(self) -> str:
        """Part of the migration's name."""
        return f"remove_collation_{self.name.lower()}"


class AddConstraintNotValid(AddConstraint):
    """Make a check constraint for new rows, without looking at those that exist."""

    def __init__(self, model_name: str, constraint: Any) -> None:
        if not isinstance(constraint, CheckConstraint):
            raise TypeError("AddConstraintNotValid.constraint must be a check constraint.")
        super().__init__(model_name, constraint)

    def database_forwards(self, app_label: str, schema_editor: Any, from_state: Any, to_state: Any) -> None:
        if (model := self._model(app_label, schema_editor, to_state)) is None:
            return
        sql = self.constraint.create_sql(model, schema_editor)
        if sql:
            # Its text may have percent signs, and there are no parameters.
            schema_editor.execute(f"{sql} NOT VALID", params=None)

    def describe(self) -> str:
        return f"Create not valid constraint {self.constraint.name} on model {self.model_name}"

    @property
    def migration_name_fragment(self) -> str:
        """Part of the migration's name."""
        return f"{super().migration_name_fragment}_not_valid"


class ValidateConstraint(Operation):
    """Look at the rows that AddConstraintNotValid left alone."""

    category = OperationCategory.ALTERATION

    def __init__(self, model_name: str, name: str) -> None:
        self.model_name = model_name
        self.name = name

    def deconstruct(self) -> tuple[str, Any, Any]:
        return self.__class__.__name__, [], {"model_name": self.model_name, "name": self.name}

    def state_forwards(self, app_label: str, state: Any) -> None:
        """The models stay as they are."""

    def database_forwards(self, app_label: str, schema_editor: Any, from_state: Any, to_state: Any) -> None:
        model = from_state.apps.get_model(app_label, self.model_name)
        if self.allow_migrate_model(schema_editor.connection.alias, model):
            quote = schema_editor.quote_name
            schema_editor.execute(
                f"ALTER TABLE {quote(model._meta.db_table)} VALIDATE CONSTRAINT {quote(self.name)}"
            )

    def database_backwards(self, app_label: str, schema_editor: Any, from_state: Any, to_state: Any) -> None:
        """What has been found valid stays so."""

    def describe(self) -> str:
        return f"Validate constraint {self.name} on model {self.model_name}"

    @property
    def migration_name_fragment(self) -> str:
        """Part of the migration's name."""
        return f"{self.model_name.lower()}_validate_{self.name.lower()}"
