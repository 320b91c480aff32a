"""Operations on indexes and constraints."""

from __future__ import annotations

from typing import Any

from offbeat.db.migrations.operations.base import Operation, OperationCategory, is_same_name
from offbeat.utils.functional import cached_property


class IndexOperation(Operation):
    """An operation on an index or a constraint of one model."""

    model_name: str

    @cached_property
    def model_name_lower(self) -> str:
        """The model's name as keys have it."""
        return self.model_name.lower()

    def references_model(self, name: str, app_label: str) -> bool:
        return is_same_name(name, self.model_name)

    def _model(self, app_label: str, schema_editor: Any, state: Any) -> Any:
        """The model, or None when the database has no table for it."""
        model = state.apps.get_model(app_label, self.model_name)
        return model if self.allow_migrate_model(schema_editor.connection.alias, model) else None


class AddIndex(IndexOperation):
    """Make an index."""

    category = OperationCategory.ADDITION

    def __init__(self, model_name: str, index: Any) -> None:
        self.model_name = model_name
        if not index.name:
            raise ValueError(
                f"Indexes passed to AddIndex operations require a name argument. {index!r} doesn't have one."
            )
        self.index = index

    def deconstruct(self) -> tuple[str, Any, Any]:
        return type(self).__qualname__, [], {"model_name": self.model_name, "index": self.index}

    def state_forwards(self, app_label: str, state: Any) -> None:
        state.add_index(app_label, self.model_name_lower, self.index)

    def database_forwards(self, app_label: str, schema_editor: Any, from_state: Any, to_state: Any) -> None:
        if (model := self._model(app_label, schema_editor, to_state)) is not None:
            schema_editor.add_index(model, self.index)

    def database_backwards(self, app_label: str, schema_editor: Any, from_state: Any, to_state: Any) -> None:
        if (model := self._model(app_label, schema_editor, from_state)) is not None:
            schema_editor.remove_index(model, self.index)

    def describe(self) -> str:
        if self.index.expressions:
            return f"Create index {self.index.name} on {', '.join(map(str, self.index.expressions))} on model {self.model_name}"
        return f"Create index {self.index.name} on field(s) {', '.join(self.index.fields)} of model {self.model_name}"

    @property
    def migration_name_fragment(self) -> str:
        """Part of the migration's name."""
        return f"{self.model_name_lower}_{self.index.name.lower()}"

    def reduce(self, operation: Any, app_label: str) -> Any:
        if isinstance(operation, RemoveIndex) and self.index.name == operation.name:
            return []
        if isinstance(operation, RenameIndex) and self.index.name == operation.old_name:
            index = self.index.clone()
            index.name = operation.new_name
            return [type(self)(self.model_name, index)]
        return super().reduce(operation, app_label)


class RemoveIndex(IndexOperation):
    """Drop an index."""

    category = OperationCategory.REMOVAL

    def __init__(self, model_name: str, name: str) -> None:
        self.model_name = model_name
        self.name = name

    def deconstruct(self) -> tuple[str, Any, Any]:
        return type(self).__qualname__, [], {"model_name": self.model_name, "name": self.name}

    def state_forwards(self, app_label: str, state: Any) -> None:
        state.remove_index(app_label, self.model_name_lower, self.name)

    def database_forwards(self, app_label: str, schema_editor: Any, from_state: Any, to_state: Any) -> None:
        if (model := self._model(app_label, schema_editor, from_state)) is not None:
            found = from_state.models[app_label, self.model_name_lower].get_index_by_name(self.name)
            schema_editor.remove_index(model, found)

    def database_backwards(self, app_label: str, schema_editor: Any, from_state: Any, to_state: Any) -> None:
        if (model := self._model(app_label, schema_editor, to_state)) is not None:
            found = to_state.models[app_label, self.model_name_lower].get_index_by_name(self.name)
            schema_editor.add_index(model, found)

    def describe(self) -> str:
        return f"Remove index {self.name} from {self.model_name}"

    @property
    def migration_name_fragment(self) -> str:
        """Part of the migration's name."""
        return f"remove_{self.model_name_lower}_{self.name.lower()}"


class RenameIndex(IndexOperation):
    """Rename an index, given by its old name or, when it has none, by its fields."""

    category = OperationCategory.ALTERATION

    def __init__(
        self, model_name: str, new_name: str, old_name: str | None = None, old_fields: Any = None
    ) -> None:
        if not old_name and not old_fields:
            raise ValueError("RenameIndex requires one of old_name and old_fields arguments to be set.")
        if old_name and old_fields:
            raise ValueError("RenameIndex.old_name and old_fields are mutually exclusive.")
        self.model_name = model_name
        self.new_name = new_name
        self.old_name = old_name
        self.old_fields = old_fields

    def deconstruct(self) -> tuple[str, Any, Any]:
        kwargs: dict[str, Any] = {"model_name": self.model_name, "new_name": self.new_name}
        if self.old_name:
            kwargs["old_name"] = self.old_name
        if self.old_fields:
            kwargs["old_fields"] = self.old_fields
        return type(self).__qualname__, [], kwargs

    def state_forwards(self, app_label: str, state: Any) -> None:
        if self.old_fields:
            state.rename_unnamed_index(app_label, self.model_name_lower, self.old_fields, self.new_name)
        else:
            state.rename_index(app_label, self.model_name_lower, self.old_name, self.new_name)

    def database_forwards(self, app_label: str, schema_editor: Any, from_state: Any, to_state: Any) -> None:
        model = self._model(app_label, schema_editor, to_state)
        if model is None:
            return
        if self.old_fields:
            old_model = from_state.apps.get_model(app_label, self.model_name)
            columns = [old_model._meta.get_field(name).column for name in self.old_fields]
            names = schema_editor._constraint_names(old_model, columns, index=True, unique=False)
            if len(names) != 1:
                raise ValueError(
                    f"Found wrong number ({len(names)}) of indexes for {old_model._meta.db_table}({', '.join(columns)})."
                )
            from offbeat.db.models import Index

            old_index = Index(fields=list(self.old_fields), name=names[0])
        else:
            old_index = from_state.models[app_label, self.model_name_lower].get_index_by_name(self.old_name)
        if old_index.name == self.new_name:
            return
        new_index = to_state.models[app_label, self.model_name_lower].get_index_by_name(self.new_name)
        schema_editor.rename_index(model, old_index, new_index)

    def database_backwards(self, app_label: str, schema_editor: Any, from_state: Any, to_state: Any) -> None:
        if self.old_fields:
            # The index had no name of its own; its new one does no harm.
            return
        if (model := self._model(app_label, schema_editor, to_state)) is not None:
            key = app_label, self.model_name_lower
            schema_editor.rename_index(
                model,
                from_state.models[key].get_index_by_name(self.new_name),
                to_state.models[key].get_index_by_name(self.old_name),
            )

    def describe(self) -> str:
        if self.old_name:
            return f"Rename index {self.old_name} on {self.model_name} to {self.new_name}"
        return f"Rename unnamed index for {self.old_fields} on {self.model_name} to {self.new_name}"

    @property
    def migration_name_fragment(self) -> str:
        """Part of the migration's name."""
        old = self.old_name.lower() if self.old_name else "_".join((self.model_name_lower, *self.old_fields))
        return f"rename_{old}_{self.new_name.lower()}"


class AddConstraint(IndexOperation):
    """Make a constraint."""

    category = OperationCategory.ADDITION

    def __init__(self, model_name: str, constraint: Any) -> None:
        self.model_name = model_name
        self.constraint = constraint

    def deconstruct(self) -> tuple[str, Any, Any]:
        return type(self).__name__, [], {"model_name": self.model_name, "constraint": self.constraint}

    def state_forwards(self, app_label: str, state: Any) -> None:
        state.add_constraint(app_label, self.model_name_lower, self.constraint)

    def database_forwards(self, app_label: str, schema_editor: Any, from_state: Any, to_state: Any) -> None:
        if (model := self._model(app_label, schema_editor, to_state)) is not None:
            schema_editor.add_constraint(model, self.constraint)

    def database_backwards(self, app_label: str, schema_editor: Any, from_state: Any, to_state: Any) -> None:
        if (model := self._model(app_label, schema_editor, from_state)) is not None:
            schema_editor.remove_constraint(model, self.constraint)

    def describe(self) -> str:
        return f"Create constraint {self.constraint.name} on model {self.model_name}"

    @property
    def migration_name_fragment(self) -> str:
        """Part of the migration's name."""
        return f"{self.model_name_lower}_{self.constraint.name.lower()}"

    def reduce(self, operation: Any, app_label: str) -> Any:
        if (
            isinstance(operation, RemoveConstraint)
            and self.model_name_lower == operation.model_name_lower
            and self.constraint.name == operation.name
        ):
            return []
        return super().reduce(operation, app_label)


class RemoveConstraint(IndexOperation):
    """Drop a constraint."""

    category = OperationCategory.REMOVAL

    def __init__(self, model_name: str, name: str) -> None:
        self.model_name = model_name
        self.name = name

    def deconstruct(self) -> tuple[str, Any, Any]:
        return type(self).__name__, [], {"model_name": self.model_name, "name": self.name}

    def state_forwards(self, app_label: str, state: Any) -> None:
        state.remove_constraint(app_label, self.model_name_lower, self.name)

    def database_forwards(self, app_label: str, schema_editor: Any, from_state: Any, to_state: Any) -> None:
        if (model := self._model(app_label, schema_editor, to_state)) is not None:
            found = from_state.models[app_label, self.model_name_lower].get_constraint_by_name(self.name)
            schema_editor.remove_constraint(model, found)

    def database_backwards(self, app_label: str, schema_editor: Any, from_state: Any, to_state: Any) -> None:
        if (model := self._model(app_label, schema_editor, to_state)) is not None:
            found = to_state.models[app_label, self.model_name_lower].get_constraint_by_name(self.name)
            schema_editor.add_constraint(model, found)

    def describe(self) -> str:
        return f"Remove constraint {self.name} from model {self.model_name}"

    @property
    def migration_name_fragment(self) -> str:
        """Part of the migration's name."""
        return f"remove_{self.model_name_lower}_{self.name.lower()}"


class AlterConstraint(IndexOperation):
    """Change what the database does not see of a constraint, such as its error message."""

    category = OperationCategory.ALTERATION

    def __init__(self, model_name: str, name: str, constraint: Any) -> None:
        self.model_name = model_name
        self.name = name
        self.constraint = constraint

    def deconstruct(self) -> tuple[str, Any, Any]:
        kwargs = {"model_name": self.model_name, "name": self.name, "constraint": self.constraint}
        return type(self).__name__, [], kwargs

    def state_forwards(self, app_label: str, state: Any) -> None:
        state.alter_constraint(app_label, self.model_name_lower, self.name, self.constraint)

    def database_forwards(self, app_label: str, schema_editor: Any, from_state: Any, to_state: Any) -> None:
        """The constraint itself stays."""

    database_backwards = database_forwards

    def describe(self) -> str:
        return f"Alter constraint {self.name} on {self.model_name}"

    @property
    def migration_name_fragment(self) -> str:
        """Part of the migration's name."""
        return f"alter_{self.model_name_lower}_{self.constraint.name.lower()}"
