"""Operations on models."""

from __future__ import annotations

from typing import Any, ClassVar

from offbeat.db import models
from offbeat.db.migrations.operations.base import Operation, OperationCategory, is_same_name
from offbeat.db.migrations.operations.fields import (
    AddField,
    AlterField,
    FieldOperation,
    RemoveField,
    RenameField,
)
from offbeat.db.migrations.operations.indexes import (
    AddConstraint,
    AddIndex,
    AlterConstraint,
    IndexOperation,
    RemoveConstraint,
    RemoveIndex,
)
from offbeat.db.migrations.state import ModelState
from offbeat.db.migrations.utils import references_model, resolve_relation
from offbeat.db.models.options import normalize_together
from offbeat.utils.functional import cached_property


class ModelOperation(Operation):
    """An operation on one model."""

    def __init__(self, name: str) -> None:
        self.name = name

    @cached_property
    def name_lower(self) -> str:
        """The name as keys have it."""
        return self.name.lower()

    def references_model(self, name: str, app_label: str) -> bool:
        return is_same_name(name, self.name)

    def reduce(self, operation: Any, app_label: str) -> Any:
        return super().reduce(operation, app_label) or self.can_reduce_through(operation, app_label)

    def can_reduce_through(self, operation: Any, app_label: str) -> bool:
        """Whether this operation may be moved behind the other."""
        return not operation.references_model(self.name, app_label)


class CreateModel(ModelOperation):
    """Make a model's table."""

    category = OperationCategory.ADDITION
    serialization_expand_args = ["fields", "options", "managers"]

    def __init__(
        self, name: str, fields: Any, options: Any = None, bases: Any = None, managers: Any = None
    ) -> None:
        self.fields = list(fields)
        self.options = options or {}
        self.bases = bases or (models.Model,)
        self.managers = managers or []
        super().__init__(name)
        for what, names in (
            ("fields", [field_name for field_name, _ in self.fields]),
            (
                "bases",
                [
                    base.lower() if isinstance(base, str) else base
                    for base in map(_label_or_class, self.bases)
                ],
            ),
            ("managers", [manager_name for manager_name, _ in self.managers]),
        ):
            seen = set()
            for each in names:
                if each in seen:
                    raise ValueError(f"Found duplicate value {each} in CreateModel {what} argument.")
                seen.add(each)

    def deconstruct(self) -> tuple[str, Any, Any]:
        kwargs: dict[str, Any] = {"name": self.name, "fields": self.fields}
        if self.options:
            kwargs["options"] = self.options
        if self.bases and self.bases != (models.Model,):
            kwargs["bases"] = self.bases
        if self.managers and self.managers != [("objects", models.Manager())]:
            kwargs["managers"] = self.managers
        return type(self).__qualname__, [], kwargs

    def state_forwards(self, app_label: str, state: Any) -> None:
        state.add_model(
            ModelState(
                app_label,
                self.name,
                list(self.fields),
                dict(self.options),
                tuple(self.bases),
                list(self.managers),
            )
        )

    def database_forwards(self, app_label: str, schema_editor: Any, from_state: Any, to_state: Any) -> None:
        model = to_state.apps.get_model(app_label, self.name)
        if self.allow_migrate_model(schema_editor.connection.alias, model):
            schema_editor.create_model(model)

    def database_backwards(self, app_label: str, schema_editor: Any, from_state: Any, to_state: Any) -> None:
        model = from_state.apps.get_model(app_label, self.name)
        if self.allow_migrate_model(schema_editor.connection.alias, model):
            schema_editor.delete_model(model)

    def describe(self) -> str:
        return f"Create {'proxy ' if self.options.get('proxy', False) else ''}model {self.name}"

    @property
    def migration_name_fragment(self) -> str:
        """Part of the migration's name."""
        return self.name_lower

    def references_model(self, name: str, app_label: str) -> bool:
        if is_same_name(name, self.name):
            return True
        target = app_label, name.lower()
        for base in self.bases:
            if base is not models.Model and isinstance(base, models.base.ModelBase | str):
                if resolve_relation(base, app_label) == target:
                    return True
        return any(references_model((app_label, self.name_lower), field, target) for _, field in self.fields)

    def reduce(self, operation: Any, app_label: str) -> Any:
        if isinstance(operation, DeleteModel) and is_same_name(self.name, operation.name):
            return [] if not self.options.get("proxy", False) else [operation]
        if isinstance(operation, RenameModel) and is_same_name(self.name, operation.old_name):
            return [self._with(name=operation.new_name)]
        if isinstance(operation, AlterModelOptions) and is_same_name(self.name, operation.name):
            options = {**self.options, **operation.options}
            for key in operation.ALTER_OPTION_KEYS:
                if key not in operation.options:
                    options.pop(key, None)
            return [self._with(options=options)]
        if isinstance(operation, AlterModelManagers) and is_same_name(self.name, operation.name):
            return [self._with(managers=operation.managers)]
        if isinstance(operation, AlterModelTable) and is_same_name(self.name, operation.name):
            return [self._with(options={**self.options, "db_table": operation.table})]
        if isinstance(operation, AlterModelTableComment) and is_same_name(self.name, operation.name):
            return [self._with(options={**self.options, "db_table_comment": operation.table_comment})]
        if isinstance(operation, AlterTogetherOptionOperation) and is_same_name(self.name, operation.name):
            return [self._with(options={**self.options, operation.option_name: operation.option_value})]
        if isinstance(operation, AlterOrderWithRespectTo) and is_same_name(self.name, operation.name):
            return [
                self._with(options={**self.options, "order_with_respect_to": operation.order_with_respect_to})
            ]
        if isinstance(operation, IndexOperation) and is_same_name(self.name, operation.model_name):
            reduced = self._reduce_index(operation)
            if reduced is not None:
                return reduced
        if isinstance(operation, FieldOperation) and is_same_name(self.name, operation.model_name):
            reduced = self._reduce_field(operation)
            if reduced is not None:
                return reduced
        return super().reduce(operation, app_label)

    def _reduce_field(self, operation: Any) -> Any:
        name = operation.name
        if isinstance(operation, AddField):
            return [self._with(fields=[*self.fields, (name, operation.field)])]
        if isinstance(operation, AlterField):
            return [self._with(fields=[(n, operation.field if n == name else f) for n, f in self.fields])]
        if isinstance(operation, RemoveField):
            return [self._with(fields=[(n, f) for n, f in self.fields if n.lower() != name.lower()])]
        if isinstance(operation, RenameField) and not any(key.endswith("_together") for key in self.options):
            return [
                self._with(
                    fields=[(operation.new_name if n == operation.old_name else n, f) for n, f in self.fields]
                )
            ]
        return None

    def _reduce_index(self, operation: Any) -> Any:
        indexes, constraints = self.options.get("indexes", []), self.options.get("constraints", [])
        if isinstance(operation, AddIndex):
            indexes = [*indexes, operation.index]
        elif isinstance(operation, RemoveIndex):
            indexes = [index for index in indexes if index.name != operation.name]
        elif isinstance(operation, AddConstraint):
            constraints = [*constraints, operation.constraint]
        elif isinstance(operation, RemoveConstraint):
            constraints = [c for c in constraints if c.name != operation.name]
        elif isinstance(operation, AlterConstraint):
            constraints = [operation.constraint if c.name == operation.name else c for c in constraints]
        else:
            return None
        options = {k: v for k, v in self.options.items() if k not in ("indexes", "constraints")}
        if indexes or isinstance(operation, RemoveIndex):
            options["indexes"] = indexes
        if constraints or isinstance(operation, RemoveConstraint):
            options["constraints"] = constraints
        return [self._with(options=options)]

    def _with(self, **changes: Any) -> CreateModel:
        current = {
            "name": self.name,
            "fields": self.fields,
            "options": self.options,
            "bases": self.bases,
            "managers": self.managers,
        }
        return CreateModel(**{**current, **changes})


def _label_or_class(base: Any) -> Any:
    return base._meta.label_lower if hasattr(base, "_meta") else base


class DeleteModel(ModelOperation):
    """Drop a model's table."""

    category = OperationCategory.REMOVAL

    def deconstruct(self) -> tuple[str, Any, Any]:
        return type(self).__qualname__, [], {"name": self.name}

    def state_forwards(self, app_label: str, state: Any) -> None:
        state.remove_model(app_label, self.name_lower)

    def database_forwards(self, app_label: str, schema_editor: Any, from_state: Any, to_state: Any) -> None:
        model = from_state.apps.get_model(app_label, self.name)
        if self.allow_migrate_model(schema_editor.connection.alias, model):
            schema_editor.delete_model(model)

    def database_backwards(self, app_label: str, schema_editor: Any, from_state: Any, to_state: Any) -> None:
        model = to_state.apps.get_model(app_label, self.name)
        if self.allow_migrate_model(schema_editor.connection.alias, model):
            schema_editor.create_model(model)

    def references_model(self, name: str, app_label: str) -> bool:
        # What is deleted may have pointed at anything.
        return True

    def describe(self) -> str:
        return f"Delete model {self.name}"

    @property
    def migration_name_fragment(self) -> str:
        """Part of the migration's name."""
        return f"delete_{self.name_lower}"


class RenameModel(ModelOperation):
    """Rename a model with its table and the tables of its many-to-many fields."""

    category = OperationCategory.ALTERATION

    def __init__(self, old_name: str, new_name: str) -> None:
        self.old_name = old_name
        self.new_name = new_name
        super().__init__(old_name)

    @cached_property
    def old_name_lower(self) -> str:
        """The old name in lower case."""
        return self.old_name.lower()

    @cached_property
    def new_name_lower(self) -> str:
        """The new name in lower case."""
        return self.new_name.lower()

    def deconstruct(self) -> tuple[str, Any, Any]:
        return type(self).__qualname__, [], {"old_name": self.old_name, "new_name": self.new_name}

    def state_forwards(self, app_label: str, state: Any) -> None:
        state.rename_model(app_label, self.old_name, self.new_name)

    def database_forwards(self, app_label: str, schema_editor: Any, from_state: Any, to_state: Any) -> None:
        self._rename(app_label, schema_editor, from_state, to_state, self.old_name, self.new_name)

    def database_backwards(self, app_label: str, schema_editor: Any, from_state: Any, to_state: Any) -> None:
        self._rename(app_label, schema_editor, from_state, to_state, self.new_name, self.old_name)

    def _rename(
        self, app_label: str, schema_editor: Any, from_state: Any, to_state: Any, old_name: str, new_name: str
    ) -> None:
        new_model = to_state.apps.get_model(app_label, new_name)
        if not self.allow_migrate_model(schema_editor.connection.alias, new_model):
            return
        old_model = from_state.apps.get_model(app_label, old_name)
        schema_editor.alter_db_table(new_model, old_model._meta.db_table, new_model._meta.db_table)
        for related in old_model._meta.related_objects:
            if related.related_model is old_model:
                key = app_label, new_name.lower()
            else:
                key = related.related_model._meta.app_label, related.related_model._meta.model_name
            # The new one, all of whose relations point at the new table.
            model = to_state.apps.get_model(*key)
            schema_editor.alter_field(model, related.field, model._meta.get_field(related.field.name))
        pairs = zip(old_model._meta.local_many_to_many, new_model._meta.local_many_to_many, strict=True)
        for old_field, new_field in pairs:
            # Relations to the model itself are among the related objects.
            own_table = new_field.remote_field.through._meta.auto_created
            if own_table and new_field.model != new_field.related_model:
                schema_editor.alter_field(new_model, old_field, new_field)

    def references_model(self, name: str, app_label: str) -> bool:
        return is_same_name(name, self.old_name) or is_same_name(name, self.new_name)

    def describe(self) -> str:
        return f"Rename model {self.old_name} to {self.new_name}"

    @property
    def migration_name_fragment(self) -> str:
        """Part of the migration's name."""
        return f"rename_{self.old_name_lower}_{self.new_name_lower}"

    def reduce(self, operation: Any, app_label: str) -> Any:
        if isinstance(operation, RenameModel) and is_same_name(self.new_name, operation.old_name):
            return [RenameModel(self.old_name, operation.new_name)]
        return Operation.reduce(self, operation, app_label) or not operation.references_model(
            self.new_name, app_label
        )


class ModelOptionOperation(ModelOperation):
    """An operation that sets an option: of two in a row, the second counts."""

    def reduce(self, operation: Any, app_label: str) -> Any:
        if isinstance(operation, type(self) | DeleteModel) and is_same_name(self.name, operation.name):
            return [operation]
        return super().reduce(operation, app_label)

    def _models(self, app_label: str, schema_editor: Any, from_state: Any, to_state: Any) -> Any:
        """(old model, new model), or None when the database has no table for it."""
        new_model = to_state.apps.get_model(app_label, self.name)
        if not self.allow_migrate_model(schema_editor.connection.alias, new_model):
            return None
        return from_state.apps.get_model(app_label, self.name), new_model


class AlterModelTable(ModelOptionOperation):
    """Change a table's name; None for the default one."""

    category = OperationCategory.ALTERATION

    def __init__(self, name: str, table: str | None) -> None:
        self.table = table
        super().__init__(name)

    def deconstruct(self) -> tuple[str, Any, Any]:
        return type(self).__qualname__, [], {"name": self.name, "table": self.table}

    def state_forwards(self, app_label: str, state: Any) -> None:
        state.alter_model_options(app_label, self.name_lower, {"db_table": self.table})

    def database_forwards(self, app_label: str, schema_editor: Any, from_state: Any, to_state: Any) -> None:
        pair = self._models(app_label, schema_editor, from_state, to_state)
        if pair is None:
            return
        old, new = pair
        schema_editor.alter_db_table(new, old._meta.db_table, new._meta.db_table)
        for old_field, new_field in zip(
            old._meta.local_many_to_many, new._meta.local_many_to_many, strict=True
        ):
            if new_field.remote_field.through._meta.auto_created:
                schema_editor.alter_db_table(
                    new_field.remote_field.through,
                    old_field.remote_field.through._meta.db_table,
                    new_field.remote_field.through._meta.db_table,
                )

    database_backwards = database_forwards

    def describe(self) -> str:
        return f"Rename table for {self.name} to {self.table if self.table is not None else '(default)'}"

    @property
    def migration_name_fragment(self) -> str:
        """Part of the migration's name."""
        return f"alter_{self.name_lower}_table"


class AlterModelTableComment(ModelOptionOperation):
    """Change a table's comment."""

    category = OperationCategory.ALTERATION

    def __init__(self, name: str, table_comment: str | None) -> None:
        self.table_comment = table_comment
        super().__init__(name)

    def deconstruct(self) -> tuple[str, Any, Any]:
        return type(self).__qualname__, [], {"name": self.name, "table_comment": self.table_comment}

    def state_forwards(self, app_label: str, state: Any) -> None:
        state.alter_model_options(app_label, self.name_lower, {"db_table_comment": self.table_comment})

    def database_forwards(self, app_label: str, schema_editor: Any, from_state: Any, to_state: Any) -> None:
        if pair := self._models(app_label, schema_editor, from_state, to_state):
            old, new = pair
            schema_editor.alter_db_table_comment(new, old._meta.db_table_comment, new._meta.db_table_comment)

    database_backwards = database_forwards

    def describe(self) -> str:
        return f"Alter {self.name} table comment"

    @property
    def migration_name_fragment(self) -> str:
        """Part of the migration's name."""
        return f"alter_{self.name_lower}_table_comment"


class AlterTogetherOptionOperation(ModelOptionOperation):
    """Change sets of fields that belong together."""

    category = OperationCategory.ALTERATION
    option_name: ClassVar[str]

    def __init__(self, name: str, option_value: Any) -> None:
        setattr(
            self,
            self.option_name,
            {tuple(group) for group in normalize_together(option_value)} if option_value else option_value,
        )
        super().__init__(name)

    @property
    def option_value(self) -> Any:
        """The sets of field names."""
        return getattr(self, self.option_name)

    def deconstruct(self) -> tuple[str, Any, Any]:
        return type(self).__qualname__, [], {"name": self.name, self.option_name: self.option_value}

    def state_forwards(self, app_label: str, state: Any) -> None:
        state.alter_model_options(app_label, self.name_lower, {self.option_name: self.option_value})

    def database_forwards(self, app_label: str, schema_editor: Any, from_state: Any, to_state: Any) -> None:
        if pair := self._models(app_label, schema_editor, from_state, to_state):
            old, new = pair
            alter = getattr(schema_editor, f"alter_{self.option_name}")
            alter(
                new, getattr(old._meta, self.option_name, set()), getattr(new._meta, self.option_name, set())
            )

    database_backwards = database_forwards

    def references_field(self, model_name: str, name: str, app_label: str) -> bool:
        return self.references_model(model_name, app_label) and (
            not self.option_value or any(name in fields for fields in self.option_value)
        )

    def describe(self) -> str:
        return f"Alter {self.option_name} for {self.name} ({len(self.option_value or '')} constraint(s))"

    @property
    def migration_name_fragment(self) -> str:
        """Part of the migration's name."""
        return f"alter_{self.name_lower}_{self.option_name}"


class AlterUniqueTogether(AlterTogetherOptionOperation):
    """Change ``unique_together``."""

    option_name = "unique_together"

    def __init__(self, name: str, unique_together: Any) -> None:
        super().__init__(name, unique_together)


class AlterIndexTogether(AlterTogetherOptionOperation):
    """Change ``index_together``: kept for migrations written when models had that option."""

    option_name = "index_together"

    def __init__(self, name: str, index_together: Any) -> None:
        super().__init__(name, index_together)


class AlterOrderWithRespectTo(ModelOptionOperation):
    """Add or remove the ``_order`` column."""

    category = OperationCategory.ALTERATION

    def __init__(self, name: str, order_with_respect_to: str | None) -> None:
        self.order_with_respect_to = order_with_respect_to
        super().__init__(name)

    def deconstruct(self) -> tuple[str, Any, Any]:
        return (
            type(self).__qualname__,
            [],
            {"name": self.name, "order_with_respect_to": self.order_with_respect_to},
        )

    def state_forwards(self, app_label: str, state: Any) -> None:
        state.alter_model_options(
            app_label, self.name_lower, {"order_with_respect_to": self.order_with_respect_to}
        )

    def database_forwards(self, app_label: str, schema_editor: Any, from_state: Any, to_state: Any) -> None:
        pair = self._models(app_label, schema_editor, from_state, to_state)
        if pair is None:
            return
        old, new = pair
        if old._meta.order_with_respect_to and not new._meta.order_with_respect_to:
            schema_editor.remove_field(old, old._meta.get_field("_order"))
        elif new._meta.order_with_respect_to and not old._meta.order_with_respect_to:
            field = new._meta.get_field("_order")
            if not field.has_default():
                field.default = 0
            schema_editor.add_field(old, field)

    database_backwards = database_forwards

    def describe(self) -> str:
        return f"Set order_with_respect_to on {self.name} to {self.order_with_respect_to}"

    @property
    def migration_name_fragment(self) -> str:
        """Part of the migration's name."""
        return f"alter_{self.name_lower}_order_with_respect_to"


class AlterModelOptions(ModelOptionOperation):
    """Set options that the database does not see."""

    category = OperationCategory.ALTERATION
    ALTER_OPTION_KEYS: ClassVar[list[str]] = [
        "base_manager_name",
        "default_manager_name",
        "default_related_name",
        "get_latest_by",
        "managed",
        "ordering",
        "permissions",
        "default_permissions",
        "select_on_save",
        "verbose_name",
        "verbose_name_plural",
    ]

    def __init__(self, name: str, options: Any) -> None:
        self.options = options
        super().__init__(name)

    def deconstruct(self) -> tuple[str, Any, Any]:
        return type(self).__qualname__, [], {"name": self.name, "options": self.options}

    def state_forwards(self, app_label: str, state: Any) -> None:
        state.alter_model_options(app_label, self.name_lower, self.options, self.ALTER_OPTION_KEYS)

    def database_forwards(self, app_label: str, schema_editor: Any, from_state: Any, to_state: Any) -> None:
        """The database does not know these options."""

    database_backwards = database_forwards

    def describe(self) -> str:
        return f"Change Meta options on {self.name}"

    @property
    def migration_name_fragment(self) -> str:
        """Part of the migration's name."""
        return f"alter_{self.name_lower}_options"


class AlterModelManagers(ModelOptionOperation):
    """Set the managers that migrations see."""

    category = OperationCategory.ALTERATION
    serialization_expand_args = ["managers"]

    def __init__(self, name: str, managers: Any) -> None:
        self.managers = managers
        super().__init__(name)

    def deconstruct(self) -> tuple[str, Any, Any]:
        return type(self).__qualname__, [self.name, self.managers], {}

    def state_forwards(self, app_label: str, state: Any) -> None:
        state.alter_model_managers(app_label, self.name_lower, self.managers)

    def database_forwards(self, app_label: str, schema_editor: Any, from_state: Any, to_state: Any) -> None:
        """The database does not know managers."""

    database_backwards = database_forwards

    def describe(self) -> str:
        return f"Change managers on {self.name}"

    @property
    def migration_name_fragment(self) -> str:
        """Part of the migration's name."""
        return f"alter_{self.name_lower}_managers"
