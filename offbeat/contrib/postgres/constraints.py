"""ExclusionConstraint (Django documentation: ref/contrib/postgres/constraints)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from offbeat.contrib.postgres.indexes import OpClass
from offbeat.core.exceptions import FieldError
from offbeat.db.backends.ddl_references import Statement, Table
from offbeat.db.models import Deferrable, Exists, F, OrderBy, Q, Value
from offbeat.db.models.constraints import BaseConstraint, expression_for_validation
from offbeat.db.models.functions import Collate
from offbeat.db.models.indexes import IndexExpression
from offbeat.db.models.lookups import PostgresOperatorLookup
from offbeat.db.models.references import condition_sql, expression_references
from offbeat.db.utils import DEFAULT_DB_ALIAS

__all__ = ["ExclusionConstraint"]

_INDEX_TYPES = frozenset({"gist", "hash", "spgist"})
_ATTRIBUTES = (
    "name",
    "index_type",
    "expressions",
    "condition",
    "deferrable",
    "include",
    "violation_error_code",
    "violation_error_message",
)


class _Element(IndexExpression):
    """One expression of the constraint, with its operator class in place whether the application is installed or not."""

    wrapper_classes = (OrderBy, OpClass, Collate)


class ExclusionConstraint(BaseConstraint):
    """No two rows for which all of the operators hold."""

    def __init__(
        self,
        *,
        name: str,
        expressions: Iterable[Any],
        index_type: str | None = None,
        condition: Any = None,
        deferrable: Any = None,
        include: Any = None,
        violation_error_code: str | None = None,
        violation_error_message: Any = None,
    ) -> None:
        expressions = list(expressions)
        if index_type and index_type.lower() not in _INDEX_TYPES:
            raise ValueError("Exclusion constraints only support GiST, Hash, or SP-GiST indexes.")
        if not expressions:
            raise ValueError("At least one expression is required to define an exclusion constraint.")
        if any(not isinstance(pair, (list, tuple)) or len(pair) != 2 for pair in expressions):
            raise ValueError("The expressions must be a list of 2-tuples.")
        if not isinstance(condition, (type(None), Q)):
            raise ValueError("ExclusionConstraint.condition must be a Q instance.")
        if not isinstance(deferrable, (type(None), Deferrable)):
            raise ValueError("ExclusionConstraint.deferrable must be a Deferrable instance.")
        if not isinstance(include, (type(None), list, tuple)):
            raise ValueError("ExclusionConstraint.include must be a list or tuple.")
        self.index_type = index_type or "GIST"
        if self.index_type.lower() == "hash":
            if include:
                raise ValueError("Covering exclusion constraints using Hash indexes are not supported.")
            if len(expressions) > 1:
                raise ValueError("Composite exclusion constraints using Hash indexes are not supported.")
        self.expressions = expressions
        self.condition = condition
        self.deferrable = deferrable
        self.include: tuple[str, ...] = tuple(include or ())
        super().__init__(
            name=name,
            violation_error_code=violation_error_code,
            violation_error_message=violation_error_message,
        )

    @property
    def contains_expressions(self) -> bool:
        """True: it always is over expressions."""
        return True

    def _pairs(self) -> Iterator[tuple[Any, str]]:
        """The expressions, names among them as references, and their operators."""
        for expression, operator in self.expressions:
            yield F(expression) if isinstance(expression, str) else expression, operator

    def check(self, model: Any, connection: Any) -> list[Any]:
        """Return the system check messages about this constraint on `connection`."""
        references = {path for expression, _ in self._pairs() for path in expression_references(expression)}
        if self.condition is not None:
            references.update(expression_references(self.condition))
        references.update((name,) for name in self.include)
        return [*super().check(model, connection), *self._check_references(model, references)]

    # SQL.

    def _elements_sql(self, model: Any, schema_editor: Any) -> str:
        from offbeat.db.models.sql.query import Query

        query = Query(model, alias_cols=False)
        compiler = query.get_compiler(connection=schema_editor.connection)
        elements = []
        for expression, operator in self._pairs():
            sql, params = compiler.compile(_Element(expression).resolve_expression(query))
            elements.append(f"{sql % tuple(map(schema_editor.quote_value, params))} WITH {operator}")
        return ", ".join(elements)

    def constraint_sql(self, model: Any, schema_editor: Any) -> Any:
        """Return the clause for CREATE TABLE."""
        quote = schema_editor.quote_name
        sql = f"CONSTRAINT {quote(self.name)} EXCLUDE USING {self.index_type} ({self._elements_sql(model, schema_editor)})"
        if self.include:
            columns = [quote(model._meta.get_field(name).column) for name in self.include]
            sql += f" INCLUDE ({', '.join(columns)})"
        if self.condition is not None:
            sql += f" WHERE ({condition_sql(self.condition, model, schema_editor)})"
        if self.deferrable is not None:
            sql += f" DEFERRABLE INITIALLY {self.deferrable.name}"
        return sql

    def create_sql(self, model: Any, schema_editor: Any) -> Any:
        """Return the statement that adds the constraint."""
        return Statement(
            "ALTER TABLE %(table)s ADD %(constraint)s",
            table=Table(model._meta.db_table, schema_editor.quote_name),
            constraint=self.constraint_sql(model, schema_editor),
        )

    def remove_sql(self, model: Any, schema_editor: Any) -> Any:
        """Return the statement that drops the constraint."""
        return schema_editor._delete_constraint_sql(schema_editor.sql_delete_check, model, self.name)

    # Validation.

    def validate(self, model: Any, instance: Any, exclude: Any = None, using: str = DEFAULT_DB_ALIAS) -> None:
        """Raise ValidationError when another row stands against the instance."""
        against = instance._get_field_expression_map(meta=model._meta, exclude=exclude)
        lookups = self._lookups(model, against, exclude or ())
        if lookups is None:
            return
        rows = model._default_manager.using(using).filter(*lookups)
        if not instance._state.adding and instance._is_pk_set(model._meta):
            rows = rows.exclude(pk=instance._get_pk_val(model._meta))
        if self.condition is None:
            if rows.exists():
                raise self._violation()
            return
        # The condition decides whether the instance itself is concerned.
        if self._expression_refs_exclude(model, self.condition, exclude or ()):
            return
        try:
            violated = (self.condition & Exists(rows.filter(self.condition))).check(against, using=using)
        except FieldError:
            # The condition uses a field that is excluded.
            return
        if violated:
            raise self._violation()

    def _lookups(self, model: Any, against: dict[str, Any], exclude: Any) -> list[Any] | None:
        """The conditions that find rows standing against the values; None when there can be none."""
        replacements = {F(name): value for name, value in against.items()}
        lookups = []
        for expression, operator in self._pairs():
            if exclude and self._expression_refs_exclude(model, expression, exclude):
                return None
            expression = expression_for_validation(expression)
            value = expression.replace_expressions(replacements)
            if isinstance(value, Value) and value.value is None:
                # NULL is never in the way.
                return None
            lookup = PostgresOperatorLookup(lhs=expression, rhs=value)
            lookup.postgres_operator = operator
            lookups.append(lookup)
        return lookups

    # The constraint as a value.

    def deconstruct(self) -> tuple[str, Any, dict[str, Any]]:
        """Return what builds an equal constraint."""
        path, args, kwargs = super().deconstruct()
        kwargs["expressions"] = self.expressions
        if self.index_type.lower() != "gist":
            kwargs["index_type"] = self.index_type
        for name in ("condition", "deferrable", "include"):
            if value := getattr(self, name):
                kwargs[name] = value
        return path, args, kwargs

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, self.__class__):
            return NotImplemented
        return all(getattr(self, name) == getattr(other, name) for name in _ATTRIBUTES)

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        parts = [
            f"index_type={self.index_type!r}",
            f"expressions={self.expressions!r}",
            f"name={self.name!r}",
        ]
        if self.condition is not None:
            parts.append(f"condition={self.condition}")
        if self.deferrable is not None:
            parts.append(f"deferrable={self.deferrable!r}")
        if self.include:
            parts.append(f"include={self.include!r}")
        return f"<{self.__class__.__qualname__}: {' '.join(parts)}{self._violation_repr()}>"
