"""CheckConstraint and UniqueConstraint (Django documentation: ref/models/constraints)."""

from __future__ import annotations

from enum import Enum
from typing import Any

from offbeat.core import checks
from offbeat.core.exceptions import FieldDoesNotExist, FieldError, ValidationError
from offbeat.db.models.constants import LOOKUP_SEP
from offbeat.db.models.expressions import Exists, F, RawSQL
from offbeat.db.models.indexes import index_expressions
from offbeat.db.models.lookups import Exact, IsNull
from offbeat.db.models.query_utils import Q
from offbeat.db.models.references import condition_sql, expression_references, local_field_errors
from offbeat.db.utils import DEFAULT_DB_ALIAS
from offbeat.utils.translation import gettext_lazy as _

__all__ = ["BaseConstraint", "CheckConstraint", "Deferrable", "UniqueConstraint"]


class Deferrable(Enum):
    """When a deferrable constraint is checked, unless a transaction says otherwise."""

    DEFERRED = "deferred"
    IMMEDIATE = "immediate"

    # The repr is what a migration would write.
    def __repr__(self) -> str:
        return f"{self.__class__.__qualname__}.{self._name_}"


class BaseConstraint:
    """Base of constraints: a subclass defines constraint_sql(), create_sql(), remove_sql() and validate()."""

    default_violation_error_message = _("Constraint “%(name)s” is violated.")
    violation_error_code: str | None = None
    violation_error_message: Any = None

    non_db_attrs: tuple[str, ...] = ("violation_error_code", "violation_error_message")

    def __init__(
        self, *, name: str, violation_error_code: str | None = None, violation_error_message: Any = None
    ) -> None:
        self.name = name
        if violation_error_code is not None:
            self.violation_error_code = violation_error_code
        if violation_error_message is not None:
            self.violation_error_message = violation_error_message
        else:
            self.violation_error_message = self.default_violation_error_message

    @property
    def contains_expressions(self) -> bool:
        """True when the constraint is over expressions."""
        return False

    def constraint_sql(self, model: Any, schema_editor: Any) -> Any:
        """Return the clause for CREATE TABLE."""
        raise NotImplementedError("This method must be implemented by a subclass.")

    def create_sql(self, model: Any, schema_editor: Any) -> Any:
        """Return the statement that adds the constraint."""
        raise NotImplementedError("This method must be implemented by a subclass.")

    def remove_sql(self, model: Any, schema_editor: Any) -> Any:
        """Return the statement that drops the constraint."""
        raise NotImplementedError("This method must be implemented by a subclass.")

    @classmethod
    def _expression_refs_exclude(cls, model: Any, expression: Any, exclude: Any) -> bool:
        """True when the expression uses a field in `exclude`, or one generated from such a field."""
        get_field = model._meta.get_field
        for field_name, *__ in expression_references(expression):
            if field_name in exclude:
                return True
            field = get_field(field_name)
            if field.generated and cls._expression_refs_exclude(model, field.expression, exclude):
                return True
        return False

    def validate(self, model: Any, instance: Any, exclude: Any = None, using: str = DEFAULT_DB_ALIAS) -> None:
        """Raise ValidationError when `instance` violates the constraint; fields in `exclude` are not looked at."""
        raise NotImplementedError("This method must be implemented by a subclass.")

    def get_violation_error_message(self) -> Any:
        """Return the message of a violation."""
        return self.violation_error_message % {"name": self.name}

    def check(self, model: Any, connection: Any) -> list[Any]:
        """Return the system check messages about this constraint on `connection`."""
        return []

    def _check_references(self, model: Any, references: Any) -> list[Any]:
        """models.E041: paths that lead to another model."""
        errors = []
        fields = set()
        for field_name, *lookups in references:
            # "pk" is whatever the key is, and local; a composite key is no column, though.
            if field_name != "pk" or model._meta.is_composite_pk:
                fields.add(field_name)
            if not lookups:
                continue
            try:
                if field_name == "pk":
                    field = model._meta.pk
                else:
                    field = model._meta.get_field(field_name)
                if not field.is_relation or field.many_to_many or field.one_to_many:
                    continue
            except FieldDoesNotExist:
                continue
            # A transform or lookup of the key is fine, a field of the other model is not.
            first = lookups[0]
            if (
                hasattr(field, "get_transform")
                and hasattr(field, "get_lookup")
                and field.get_transform(first) is None
                and field.get_lookup(first) is None
            ):
                errors.append(
                    checks.Error(
                        f"'constraints' refers to the joined field '{LOOKUP_SEP.join([field_name, *lookups])}'.",
                        obj=model,
                        id="models.E041",
                    )
                )
        errors.extend(local_field_errors(model, fields, "constraints"))
        return errors

    def deconstruct(self) -> tuple[str, Any, dict[str, Any]]:
        """Return (import path, positional arguments, keyword arguments) that build an equal constraint."""
        path = f"{self.__class__.__module__}.{self.__class__.__name__}"
        path = path.replace("offbeat.db.models.constraints", "offbeat.db.models")
        kwargs: dict[str, Any] = {"name": self.name}
        if (
            self.violation_error_message is not None
            and self.violation_error_message != self.default_violation_error_message
        ):
            kwargs["violation_error_message"] = self.violation_error_message
        if self.violation_error_code is not None:
            kwargs["violation_error_code"] = self.violation_error_code
        return path, (), kwargs

    def clone(self) -> Any:
        """Return an equal constraint."""
        _path, args, kwargs = self.deconstruct()
        return self.__class__(*args, **kwargs)

    def _violation(self) -> ValidationError:
        return ValidationError(self.get_violation_error_message(), code=self.violation_error_code)

    def _violation_repr(self) -> str:
        code = (
            ""
            if self.violation_error_code is None
            else f" violation_error_code={self.violation_error_code!r}"
        )
        message = (
            ""
            if self.violation_error_message is None
            or self.violation_error_message == self.default_violation_error_message
            else f" violation_error_message={self.violation_error_message!r}"
        )
        return code + message


class CheckConstraint(BaseConstraint):
    """A condition that every row fulfils."""

    def __init__(
        self,
        *,
        condition: Any,
        name: str,
        violation_error_code: str | None = None,
        violation_error_message: Any = None,
    ) -> None:
        self.condition = condition
        if not getattr(condition, "conditional", False):
            raise TypeError("CheckConstraint.condition must be a Q instance or boolean expression.")
        super().__init__(
            name=name,
            violation_error_code=violation_error_code,
            violation_error_message=violation_error_message,
        )

    def check(self, model: Any, connection: Any) -> list[Any]:
        """Return the system check messages about this constraint on `connection`."""
        errors: list[Any] = []
        required = model._meta.required_db_features
        if not (
            connection.features.supports_table_check_constraints
            or "supports_table_check_constraints" in required
        ):
            errors.append(
                checks.Warning(
                    f"{connection.display_name} does not support check constraints.",
                    hint="A constraint won't be created. Silence this warning if you don't care about it.",
                    obj=model,
                    id="models.W027",
                )
            )
            return errors
        references = set(expression_references(self.condition)) if isinstance(self.condition, Q) else set()
        if any(isinstance(expr, RawSQL) for expr in _flatten(self.condition)):
            errors.append(
                checks.Warning(
                    f"Check constraint {self.name!r} contains RawSQL() expression and won't be validated during the "
                    "model full_clean().",
                    hint="Silence this warning if you don't care about it.",
                    obj=model,
                    id="models.W045",
                )
            )
        errors.extend(self._check_references(model, references))
        return errors

    def _get_check_sql(self, model: Any, schema_editor: Any) -> str | None:
        return condition_sql(self.condition, model, schema_editor)

    def constraint_sql(self, model: Any, schema_editor: Any) -> Any:
        """Return the clause for CREATE TABLE."""
        return schema_editor._check_sql(self.name, self._get_check_sql(model, schema_editor))

    def create_sql(self, model: Any, schema_editor: Any) -> Any:
        """Return the statement that adds the constraint."""
        return schema_editor._create_check_sql(model, self.name, self._get_check_sql(model, schema_editor))

    def remove_sql(self, model: Any, schema_editor: Any) -> Any:
        """Return the statement that drops the constraint."""
        return schema_editor._delete_check_sql(model, self.name)

    def validate(self, model: Any, instance: Any, exclude: Any = None, using: str = DEFAULT_DB_ALIAS) -> None:
        """Ask the database whether the condition holds for the instance's values."""
        against = instance._get_field_expression_map(meta=model._meta, exclude=exclude)
        try:
            if not Q(self.condition).check(against, using=using):
                raise self._violation()
        except FieldError:
            # The condition uses a field that is excluded.
            pass

    def __repr__(self) -> str:
        return f"<{self.__class__.__qualname__}: condition={self.condition} name={self.name!r}{self._violation_repr()}>"

    def __eq__(self, other: object) -> bool:
        if isinstance(other, CheckConstraint):
            return (
                self.name == other.name
                and self.condition == other.condition
                and self.violation_error_code == other.violation_error_code
                and self.violation_error_message == other.violation_error_message
            )
        return NotImplemented

    __hash__ = None  # type: ignore[assignment]

    def deconstruct(self) -> tuple[str, Any, dict[str, Any]]:
        """Return what builds an equal constraint."""
        path, args, kwargs = super().deconstruct()
        kwargs["condition"] = self.condition
        return path, args, kwargs


def _flatten(expression: Any) -> Any:
    if hasattr(expression, "flatten"):
        return expression.flatten()
    return ()


class UniqueConstraint(BaseConstraint):
    """Values (or expressions) that no two rows share, all of them or those that fulfil a condition."""

    def __init__(
        self,
        *expressions: Any,
        fields: Any = (),
        name: str | None = None,
        condition: Any = None,
        deferrable: Any = None,
        include: Any = None,
        opclasses: Any = (),
        nulls_distinct: bool | None = None,
        violation_error_code: str | None = None,
        violation_error_message: Any = None,
    ) -> None:
        if not name:
            raise ValueError("A unique constraint must be named.")
        if not expressions and not fields:
            raise ValueError("At least one field or expression is required to define a unique constraint.")
        if expressions and fields:
            raise ValueError("UniqueConstraint.fields and expressions are mutually exclusive.")
        if not isinstance(condition, (type(None), Q)):
            raise ValueError("UniqueConstraint.condition must be a Q instance.")
        if condition and deferrable:
            raise ValueError("UniqueConstraint with conditions cannot be deferred.")
        if include and deferrable:
            raise ValueError("UniqueConstraint with include fields cannot be deferred.")
        if opclasses and deferrable:
            raise ValueError("UniqueConstraint with opclasses cannot be deferred.")
        if expressions and deferrable:
            raise ValueError("UniqueConstraint with expressions cannot be deferred.")
        if expressions and opclasses:
            raise ValueError(
                "UniqueConstraint.opclasses cannot be used with expressions. Use "
                "offbeat.contrib.postgres.indexes.OpClass() instead."
            )
        if not isinstance(deferrable, (type(None), Deferrable)):
            raise TypeError("UniqueConstraint.deferrable must be a Deferrable instance.")
        if not isinstance(include, (type(None), list, tuple)):
            raise TypeError("UniqueConstraint.include must be a list or tuple.")
        if not isinstance(opclasses, (list, tuple)):
            raise TypeError("UniqueConstraint.opclasses must be a list or tuple.")
        if not isinstance(nulls_distinct, (type(None), bool)):
            raise TypeError("UniqueConstraint.nulls_distinct must be a bool.")
        if opclasses and len(fields) != len(opclasses):
            raise ValueError(
                "UniqueConstraint.fields and UniqueConstraint.opclasses must have the same number of elements."
            )
        self.fields = tuple(fields)
        self.condition = condition
        self.deferrable = deferrable
        self.include: tuple[str, ...] = tuple(include) if include else ()
        self.opclasses = opclasses
        self.nulls_distinct = nulls_distinct
        self.expressions: tuple[Any, ...] = tuple(
            F(expression) if isinstance(expression, str) else expression for expression in expressions
        )
        super().__init__(
            name=name,
            violation_error_code=violation_error_code,
            violation_error_message=violation_error_message,
        )

    @property
    def contains_expressions(self) -> bool:
        """True when the constraint is over expressions."""
        return bool(self.expressions)

    def check(self, model: Any, connection: Any) -> list[Any]:
        """Return the system check messages about this constraint on `connection`."""
        errors = local_field_errors(model, {*self.fields, *self.include}, "constraints")
        required = model._meta.required_db_features
        features = connection.features
        ignored = "A constraint won't be created. Silence this warning if you don't care about it."
        for used, feature, what, id_ in (
            (
                self.condition is not None,
                "supports_partial_indexes",
                "unique constraints with conditions",
                "models.W036",
            ),
            (
                self.deferrable is not None,
                "supports_deferrable_unique_constraints",
                "deferrable unique constraints",
                "models.W038",
            ),
            (
                bool(self.include),
                "supports_covering_indexes",
                "unique constraints with non-key columns",
                "models.W039",
            ),
            (
                self.contains_expressions,
                "supports_expression_indexes",
                "unique constraints on expressions",
                "models.W044",
            ),
            (
                self.nulls_distinct is not None,
                "supports_nulls_distinct_unique_constraints",
                "UniqueConstraint.nulls_distinct",
                "models.W047",
            ),
        ):
            if used and not (getattr(features, feature) or feature in required):
                errors.append(
                    checks.Warning(
                        f"{connection.display_name} does not support {what}.", hint=ignored, obj=model, id=id_
                    )
                )
        references: set[Any] = set()
        if (features.supports_partial_indexes or "supports_partial_indexes" in required) and isinstance(
            self.condition, Q
        ):
            references.update(expression_references(self.condition))
        if self.contains_expressions and (
            features.supports_expression_indexes or "supports_expression_indexes" in required
        ):
            for expression in self.expressions:
                references.update(expression_references(expression))
        errors.extend(self._check_references(model, references))
        return errors

    def _sql_options(self, model: Any, schema_editor: Any) -> dict[str, Any]:
        return {
            "fields": [model._meta.get_field(name) for name in self.fields],
            "name": self.name,
            "condition": condition_sql(self.condition, model, schema_editor),
            "deferrable": self.deferrable,
            "include": [model._meta.get_field(name).column for name in self.include],
            "opclasses": self.opclasses,
            "expressions": (
                index_expressions(self.expressions, model, schema_editor) if self.expressions else None
            ),
            "nulls_distinct": self.nulls_distinct,
        }

    def constraint_sql(self, model: Any, schema_editor: Any) -> Any:
        """Return the clause for CREATE TABLE, or None when an index has to be created afterwards."""
        return schema_editor._unique_sql(model, **self._sql_options(model, schema_editor))

    def create_sql(self, model: Any, schema_editor: Any) -> Any:
        """Return the statement that adds the constraint."""
        return schema_editor._create_unique_sql(model, **self._sql_options(model, schema_editor))

    def remove_sql(self, model: Any, schema_editor: Any) -> Any:
        """Return the statement that drops the constraint."""
        options = self._sql_options(model, schema_editor)
        del options["fields"]
        return schema_editor._delete_unique_sql(model, options.pop("name"), **options)

    def __repr__(self) -> str:
        parts = []
        if self.fields:
            parts.append(f"fields={self.fields!r}")
        if self.expressions:
            parts.append(f"expressions={self.expressions!r}")
        parts.append(f"name={self.name!r}")
        if self.condition is not None:
            parts.append(f"condition={self.condition}")
        if self.deferrable is not None:
            parts.append(f"deferrable={self.deferrable!r}")
        if self.include:
            parts.append(f"include={self.include!r}")
        if self.opclasses:
            parts.append(f"opclasses={self.opclasses!r}")
        if self.nulls_distinct is not None:
            parts.append(f"nulls_distinct={self.nulls_distinct!r}")
        return f"<{self.__class__.__qualname__}: {' '.join(parts)}{self._violation_repr()}>"

    def __eq__(self, other: object) -> bool:
        if isinstance(other, UniqueConstraint):
            names = (
                "name",
                "fields",
                "condition",
                "deferrable",
                "include",
                "opclasses",
                "expressions",
                "nulls_distinct",
                "violation_error_code",
                "violation_error_message",
            )
            return all(getattr(self, name) == getattr(other, name) for name in names)
        return NotImplemented

    __hash__ = None  # type: ignore[assignment]

    def deconstruct(self) -> tuple[str, Any, dict[str, Any]]:
        """Return what builds an equal constraint."""
        path, _args, kwargs = super().deconstruct()
        for name in ("fields", "condition", "deferrable", "include", "opclasses"):
            value = getattr(self, name)
            if value:
                kwargs[name] = value
        if self.nulls_distinct is not None:
            kwargs["nulls_distinct"] = self.nulls_distinct
        return path, self.expressions, kwargs

    def validate(self, model: Any, instance: Any, exclude: Any = None, using: str = DEFAULT_DB_ALIAS) -> None:
        """Raise ValidationError when another row has the same values."""
        queryset = model._default_manager.using(using)
        if self.fields:
            filters = self._field_filters(model, instance, exclude)
        else:
            filters = self._expression_filters(model, instance, exclude)
        if filters is None:
            return
        queryset = queryset.filter(*filters)
        class_pk = instance._get_pk_val(model._meta)
        if not instance._state.adding and instance._is_pk_set(model._meta):
            queryset = queryset.exclude(pk=class_pk)
        if self.condition is None:
            if queryset.exists():
                self._raise_violation(model, instance)
            return
        # The condition decides whether the instance itself is concerned.
        if self._expression_refs_exclude(model, self.condition, exclude or ()):
            return
        against = instance._get_field_expression_map(meta=model._meta, exclude=exclude)
        try:
            if (self.condition & Exists(queryset.filter(self.condition))).check(against, using=using):
                raise self._violation()
        except FieldError:
            # The condition uses a field that is excluded.
            pass

    def _field_filters(self, model: Any, instance: Any, exclude: Any) -> Any:
        """The condition that finds rows with the same values; None when there can be none."""
        from offbeat.db.models.fields.composite import CompositePrimaryKey

        lookups: list[Any] = []
        excluded = exclude or ()
        for name in self.fields:
            if name in excluded:
                return None
            field = model._meta.get_field(name)
            if field.generated:
                if excluded and self._expression_refs_exclude(model, field.expression, excluded):
                    return None
                against = instance._get_field_expression_map(meta=model._meta, exclude=exclude)
                lookups.append(Exact(F(name), field.expression.replace_expressions(_as_f(against))))
                continue
            value = getattr(instance, field.attname)
            if isinstance(field, CompositePrimaryKey) and None in value:
                return None
            if value is None or (value == "" and self._empty_is_null()):
                # NULLs differ from one another, unless told otherwise.
                if self.nulls_distinct is not False:
                    return None
                lookups.append(Q.create([(f"{field.name}__isnull", True)]))
            else:
                lookups.append(Q.create([(field.name, value)]))
        return lookups

    @staticmethod
    def _empty_is_null() -> bool:
        from offbeat.db import connections

        return bool(connections[DEFAULT_DB_ALIAS].features.interprets_empty_strings_as_nulls)

    def _expression_filters(self, model: Any, instance: Any, exclude: Any) -> Any:
        excluded = exclude or ()
        if any(self._expression_refs_exclude(model, expression, excluded) for expression in self.expressions):
            return None
        replacements = _as_f(instance._get_field_expression_map(meta=model._meta, exclude=exclude))
        filters = []
        for expr in self.expressions:
            expr = expression_for_validation(expr)
            rhs = expr.replace_expressions(replacements)
            condition: Any = Exact(expr, rhs)
            if self.nulls_distinct is False:
                condition = Q(condition) | Q(IsNull(expr, True), IsNull(rhs, True))
            filters.append(condition)
        return filters

    def _raise_violation(self, model: Any, instance: Any) -> None:
        if (
            self.fields
            and self.violation_error_message == self.default_violation_error_message
            and self.violation_error_code is None
        ):
            # As for a unique field: the form shows the message at the field.
            raise instance.unique_error_message(model, self.fields)
        raise self._violation()


def expression_for_validation(expression: Any) -> Any:
    """An indexed expression without its order and operator class, which say nothing about values."""
    while hasattr(expression, "get_expression_for_validation"):
        inner = expression.get_expression_for_validation()
        if inner is expression:
            break
        expression = inner
    return expression


def _as_f(against: dict[str, Any]) -> dict[Any, Any]:
    return {F(name): value for name, value in against.items()}
