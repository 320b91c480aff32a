"""GeneratedField: a column that the database computes (Django documentation: ref/models/fields#generatedfield)."""

from __future__ import annotations

from typing import Any

from offbeat.core import checks
from offbeat.db.models.fields.base import NOT_PROVIDED, Field
from offbeat.utils.functional import cached_property

__all__ = ["GeneratedField"]


class GeneratedField(Field[Any, Any]):
    """A column that the database computes from others; stored, or worked out when it is read."""

    generated = True
    db_returning = True

    _query = None
    output_field: Any = None

    def __init__(self, *, expression: Any, output_field: Any, db_persist: Any, **kwargs: Any) -> None:
        if kwargs.setdefault("editable", False):
            raise ValueError("GeneratedField cannot be editable.")
        if not kwargs.setdefault("blank", True):
            raise ValueError("GeneratedField must be blank.")
        if kwargs.get("default", NOT_PROVIDED) is not NOT_PROVIDED:
            raise ValueError("GeneratedField cannot have a default.")
        if kwargs.get("db_default", NOT_PROVIDED) is not NOT_PROVIDED:
            raise ValueError("GeneratedField cannot have a database default.")
        if db_persist not in (True, False):
            raise ValueError("GeneratedField.db_persist must be True or False.")
        self.expression = expression
        self.output_field = output_field
        self.db_persist = db_persist
        super().__init__(**kwargs)

    @cached_property
    def cached_col(self) -> Any:
        """The expression of this column in its own table."""
        from offbeat.db.models.expressions import Col

        return Col(self.model._meta.db_table, self, self.output_field)

    def get_col(self, alias: str, output_field: Any = None) -> Any:
        """Return the expression of this column; its value is of the output field's type."""
        if alias != self.model._meta.db_table and output_field in (None, self):
            output_field = self.output_field
        return super().get_col(alias, output_field)

    def contribute_to_class(self, cls: Any, name: str, private_only: bool = False) -> None:
        """Become a field of `cls`, and lend the output field its name."""
        super().contribute_to_class(cls, name, private_only=private_only)
        self.output_field.model = self.model
        self.output_field.set_attributes_from_name(self.attname)
        # Lookups of the output field are lookups of this one.
        for lookup_name, lookup in self.output_field.get_lookups().items():
            self.register_lookup(lookup, lookup_name=lookup_name)

    @cached_property
    def referenced_fields(self) -> frozenset[Any]:
        """The fields that the expression uses."""
        resolved = self.expression.resolve_expression(self._query_of_model, allow_joins=False)
        return frozenset(
            col.target for col in self._query_of_model._gen_cols([resolved]) if hasattr(col, "target")
        )

    @property
    def _query_of_model(self) -> Any:
        from offbeat.db.models.sql import Query

        return Query(model=self.model, alias_cols=False)

    def generated_sql(self, connection: Any) -> tuple[str, Any]:
        """Return the SQL of the expression and its parameters."""
        query = self._query_of_model
        compiler = connection.ops.compiler("SQLCompiler")(query, connection, None)
        resolved = self.expression.resolve_expression(query, allow_joins=False)
        sql, params = compiler.compile(resolved)
        if (
            getattr(self.expression, "conditional", False)
            and not connection.features.supports_boolean_expr_in_select_clause
        ):
            sql = f"CASE WHEN {sql} THEN 1 ELSE 0 END"
        return sql, params

    def check(self, **kwargs: Any) -> list[Any]:
        """Return the system check messages about this field and its output field."""
        databases = kwargs.get("databases") or []
        errors = [
            *super().check(**kwargs),
            *self._check_supported(databases),
            *self._check_persistence(databases),
        ]
        output_field_clone = self.output_field.clone()
        output_field_clone.model = self.model
        output_checks = output_field_clone.check(databases=databases)
        for kind, id_, what in (
            (checks.ERROR, "fields.E223", "errors"),
            (checks.WARNING, "fields.W224", "warnings"),
        ):
            found = [
                f"{message.msg} ({message.id})"
                for message in output_checks
                if (message.level >= checks.ERROR) == (kind >= checks.ERROR)
            ]
            if not found:
                continue
            make = checks.Error if kind >= checks.ERROR else checks.Warning
            errors.append(
                make(
                    f"GeneratedField.output_field has {what}:\n    " + "\n    ".join(found), obj=self, id=id_
                )
            )
        return errors

    def _connections(self, databases: Any) -> Any:
        from offbeat.db import connections, router

        vendor = self.model._meta.required_db_vendor
        for alias in databases:
            if router.allow_migrate_model(alias, self.model) and (
                not vendor or vendor == connections[alias].vendor
            ):
                yield connections[alias]

    def _check_supported(self, databases: Any) -> list[Any]:
        errors = []
        required = self.model._meta.required_db_features
        for connection in self._connections(databases):
            features = connection.features
            if not (
                features.supports_virtual_generated_columns or "supports_stored_generated_columns" in required
            ) and not (
                features.supports_stored_generated_columns or "supports_virtual_generated_columns" in required
            ):
                errors.append(
                    checks.Error(
                        f"{connection.display_name} does not support GeneratedFields.",
                        obj=self,
                        id="fields.E220",
                    )
                )
        return errors

    def _check_persistence(self, databases: Any) -> list[Any]:
        errors = []
        required = self.model._meta.required_db_features
        for connection in self._connections(databases):
            features = connection.features
            if not self.db_persist and not (
                features.supports_virtual_generated_columns
                or "supports_virtual_generated_columns" in required
            ):
                errors.append(
                    checks.Error(
                        f"{connection.display_name} does not support non-persisted GeneratedFields.",
                        obj=self,
                        id="fields.E221",
                        hint="Set db_persist=True on the field.",
                    )
                )
            if self.db_persist and not (
                features.supports_stored_generated_columns or "supports_stored_generated_columns" in required
            ):
                errors.append(
                    checks.Error(
                        f"{connection.display_name} does not support persisted GeneratedFields.",
                        obj=self,
                        id="fields.E222",
                        hint="Set db_persist=False on the field.",
                    )
                )
        return errors

    def deconstruct(self) -> tuple[Any, str, list[Any], dict[str, Any]]:
        """Return what builds an equal field; see Field.deconstruct()."""
        name, path, args, kwargs = super().deconstruct()
        del kwargs["blank"]
        del kwargs["editable"]
        kwargs["db_persist"] = self.db_persist
        kwargs["expression"] = self.expression
        kwargs["output_field"] = self.output_field
        return name, path, args, kwargs

    def get_internal_type(self) -> str:
        """Return that of the output field."""
        return self.output_field.get_internal_type()  # type: ignore[no-any-return]

    def db_parameters(self, connection: Any) -> dict[str, Any]:
        """Return those of the output field."""
        return self.output_field.db_parameters(connection)  # type: ignore[no-any-return]

    def db_type_parameters(self, connection: Any) -> Any:
        """Return those of the output field."""
        return self.output_field.db_type_parameters(connection)
