"""Index (Django documentation: ref/models/indexes)."""

from __future__ import annotations

from typing import Any

from offbeat.core import checks
from offbeat.db.models.expressions import Col, ExpressionList, F, Func, OrderBy
from offbeat.db.models.query_utils import Q
from offbeat.db.models.references import condition_sql, expression_references, local_field_errors
from offbeat.utils.functional import partition

__all__ = ["Index", "IndexExpression", "check_expression_references", "index_expressions"]


class Index:
    """An index over fields or expressions."""

    suffix = "idx"
    # Names are kept to what all databases take.
    max_name_length = 30

    def __init__(
        self,
        *expressions: Any,
        fields: Any = (),
        name: str | None = None,
        db_tablespace: str | None = None,
        opclasses: Any = (),
        condition: Any = None,
        include: Any = None,
    ) -> None:
        if opclasses and not name:
            raise ValueError("An index must be named to use opclasses.")
        if not isinstance(condition, (type(None), Q)):
            raise ValueError("Index.condition must be a Q instance.")
        if condition and not name:
            raise ValueError("An index must be named to use condition.")
        if not isinstance(fields, (list, tuple)):
            raise ValueError("Index.fields must be a list or tuple.")
        if not isinstance(opclasses, (list, tuple)):
            raise ValueError("Index.opclasses must be a list or tuple.")
        if not expressions and not fields:
            raise ValueError("At least one field or expression is required to define an index.")
        if expressions and fields:
            raise ValueError("Index.fields and expressions are mutually exclusive.")
        if expressions and not name:
            raise ValueError("An index must be named to use expressions.")
        if expressions and opclasses:
            raise ValueError(
                "Index.opclasses cannot be used with expressions. Use offbeat.contrib.postgres.indexes.OpClass() "
                "instead."
            )
        if opclasses and len(fields) != len(opclasses):
            raise ValueError("Index.fields and Index.opclasses must have the same number of elements.")
        if fields and not all(isinstance(field, str) for field in fields):
            raise ValueError("Index.fields must contain only strings with field names.")
        if include and not name:
            raise ValueError("A covering index must be named.")
        if not isinstance(include, (type(None), list, tuple)):
            raise ValueError("Index.include must be a list or tuple.")
        self.fields = list(fields)
        # (name, "" or "DESC")
        self.fields_orders = [
            (name_.removeprefix("-"), "DESC" if name_.startswith("-") else "") for name_ in self.fields
        ]
        self.name: Any = name or ""
        self.db_tablespace = db_tablespace
        self.opclasses = opclasses
        self.condition = condition
        self.include: tuple[str, ...] = tuple(include) if include else ()
        self.expressions: tuple[Any, ...] = tuple(
            F(expression) if isinstance(expression, str) else expression for expression in expressions
        )

    @property
    def contains_expressions(self) -> bool:
        """True when the index is over expressions."""
        return bool(self.expressions)

    def check(self, model: Any, connection: Any) -> list[Any]:
        """Return the system check messages about this index on `connection`."""
        errors: list[Any] = []
        if self.name[:1] == "_" or self.name[:1].isdigit():
            errors.append(
                checks.Error(
                    f"The index name '{self.name}' cannot start with an underscore or a number.",
                    obj=model,
                    id="models.E033",
                )
            )
        if len(self.name) > self.max_name_length:
            errors.append(
                checks.Error(
                    f"The index name '{self.name}' cannot be longer than {self.max_name_length} characters.",
                    obj=model,
                    id="models.E034",
                )
            )
        references = check_expression_references(self, model)
        required = model._meta.required_db_features
        features = connection.features
        for used, feature, what, hint, id_ in (
            (
                self.contains_expressions,
                "supports_expression_indexes",
                "indexes on expressions",
                "An index won't be created. Silence this warning if you don't care about it.",
                "models.W043",
            ),
            (
                self.condition is not None,
                "supports_partial_indexes",
                "indexes with conditions",
                "Conditions will be ignored. Silence this warning if you don't care about it.",
                "models.W037",
            ),
            (
                bool(self.include),
                "supports_covering_indexes",
                "indexes with non-key columns",
                "Non-key columns will be ignored. Silence this warning if you don't care about it.",
                "models.W040",
            ),
        ):
            if used and not (getattr(features, feature) or feature in required):
                errors.append(
                    checks.Warning(
                        f"{connection.display_name} does not support {what}.", hint=hint, obj=model, id=id_
                    )
                )
        errors.extend(
            local_field_errors(model, {*self.fields_names(), *self.include, *references}, "indexes")
        )
        return errors

    def fields_names(self) -> list[str]:
        """Return the names of the fields."""
        return [name for name, _ in self.fields_orders]

    def create_sql(self, model: Any, schema_editor: Any, using: str = "", **kwargs: Any) -> Any:
        """Return the statement that creates the index."""
        include = [model._meta.get_field(name).column for name in self.include]
        condition = condition_sql(self.condition, model, schema_editor)
        if self.expressions:
            expressions = index_expressions(self.expressions, model, schema_editor)
            fields = None
            col_suffixes: Any = None
        else:
            fields = [model._meta.get_field(name) for name, _ in self.fields_orders]
            if schema_editor.connection.features.supports_index_column_ordering:
                col_suffixes = [order for _, order in self.fields_orders]
            else:
                col_suffixes = [""] * len(self.fields_orders)
            expressions = None
        return schema_editor._create_index_sql(
            model,
            fields=fields,
            name=self.name,
            using=using,
            db_tablespace=self.db_tablespace,
            col_suffixes=col_suffixes,
            opclasses=self.opclasses,
            condition=condition,
            include=include,
            expressions=expressions,
            **kwargs,
        )

    def remove_sql(self, model: Any, schema_editor: Any, **kwargs: Any) -> Any:
        """Return the statement that drops the index."""
        return schema_editor._delete_index_sql(model, self.name, **kwargs)

    def deconstruct(self) -> tuple[str, tuple[Any, ...], dict[str, Any]]:
        """Return (import path, positional arguments, keyword arguments) that build an equal index."""
        path = f"{self.__class__.__module__}.{self.__class__.__name__}"
        path = path.replace("offbeat.db.models.indexes", "offbeat.db.models")
        kwargs: dict[str, Any] = {"name": self.name}
        if self.fields:
            kwargs["fields"] = self.fields
        if self.db_tablespace is not None:
            kwargs["db_tablespace"] = self.db_tablespace
        if self.opclasses:
            kwargs["opclasses"] = self.opclasses
        if self.condition:
            kwargs["condition"] = self.condition
        if self.include:
            kwargs["include"] = self.include
        return path, self.expressions, kwargs

    def clone(self) -> Any:
        """Return an equal index."""
        _path, args, kwargs = self.deconstruct()
        return self.__class__(*args, **kwargs)

    def set_name_with_model(self, model: Any) -> None:
        """Give the index a name: from the table, the first field and a hash, in 30 characters.

        The same declaration always gives the same name, so that migrations find the index again.
        """
        from offbeat.db.backends.utils import names_digest, split_identifier

        _, table_name = split_identifier(model._meta.db_table)
        column_names = [model._meta.get_field(name).column for name, _ in self.fields_orders]
        ordered = [
            ("-%s" if order else "%s") % column
            for column, (_, order) in zip(column_names, self.fields_orders, strict=True)
        ]
        digest = names_digest(table_name, *ordered, self.suffix, length=6)
        self.name = f"{table_name[:11]}_{column_names[0][:7]}_{digest}_{self.suffix}"
        if len(self.name) > self.max_name_length:
            raise ValueError(
                "Index too long for multiple database support. Is self.suffix longer than 3 characters?"
            )
        # Some databases take no name that starts so.
        if self.name[0] == "_" or self.name[0].isdigit():
            self.name = f"D{self.name[1:]}"

    def __repr__(self) -> str:
        parts = []
        if self.fields:
            parts.append(f"fields={self.fields!r}")
        if self.expressions:
            parts.append(f"expressions={self.expressions!r}")
        if self.name:
            parts.append(f"name={self.name!r}")
        if self.db_tablespace is not None:
            parts.append(f"db_tablespace={self.db_tablespace!r}")
        if self.condition is not None:
            parts.append(f"condition={self.condition}")
        if self.include:
            parts.append(f"include={self.include!r}")
        if self.opclasses:
            parts.append(f"opclasses={self.opclasses!r}")
        return f"<{self.__class__.__qualname__}: {' '.join(parts)}>"

    def __eq__(self, other: object) -> bool:
        if self.__class__ == other.__class__:
            return self.deconstruct() == other.deconstruct()
        return NotImplemented

    __hash__ = None  # type: ignore[assignment]


def check_expression_references(obj: Any, model: Any) -> set[str]:
    """Return the names of the fields that the condition and expressions of an index or constraint use."""
    references: set[str] = set()
    condition = getattr(obj, "condition", None)
    if isinstance(condition, Q):
        references.update(_names(model, condition))
    for expression in getattr(obj, "expressions", ()) or ():
        references.update(_names(model, expression))
    return references


def _names(model: Any, expression: Any) -> set[str]:
    names = set()
    for reference in expression_references(expression):
        # "pk" is whatever the key is, and local; a composite key is no column, though.
        if reference[0] != "pk" or model._meta.is_composite_pk:
            names.add(reference[0])
    return names


class IndexExpression(Func):
    """Puts the parts of an indexed expression in the order that SQL wants: (expression) COLLATE … opclass DESC."""

    template = "%(expressions)s"
    wrapper_classes: tuple[Any, ...] = (OrderBy,)

    def set_wrapper_classes(self, connection: Any = None) -> None:
        """Find the wrappers that the database takes; Collate is one of them where an index may have a collation."""
        from offbeat.db.models.functions import Collate

        if connection and connection.features.collate_as_index_expression:
            # There the collation belongs to the expression.
            self.wrapper_classes = tuple(cls for cls in self.wrapper_classes if cls is not Collate)
        elif Collate not in self.wrapper_classes:
            self.wrapper_classes = (*self.wrapper_classes, Collate)

    @classmethod
    def register_wrappers(cls, *wrapper_classes: Any) -> None:
        """Set the wrappers, outermost first."""
        cls.wrapper_classes = wrapper_classes

    def resolve_expression(
        self,
        query: Any = None,
        allow_joins: bool = True,
        reuse: Any = None,
        summarize: bool = False,
        for_save: bool = False,
    ) -> Any:
        """Resolve the expression with its wrappers in order; ValueError when they are out of order."""
        expressions = list(self.flatten())
        index_expressions, wrappers = partition(lambda e: isinstance(e, self.wrapper_classes), expressions)
        wrapper_types = [type(wrapper) for wrapper in wrappers]
        if len(wrapper_types) != len(set(wrapper_types)):
            raise ValueError(
                "Multiple references to {} can't be used in an indexed expression.".format(
                    ", ".join(cls.__qualname__ for cls in self.wrapper_classes)
                )
            )
        if expressions[1 : len(wrappers) + 1] != wrappers:
            raise ValueError(
                "{} must be topmost expressions in an indexed expression.".format(
                    ", ".join(cls.__qualname__ for cls in self.wrapper_classes)
                )
            )
        # Whatever is no plain column goes into parentheses.
        root = index_expressions[1]
        resolve_root = root.resolve_expression(query, allow_joins, reuse, summarize, for_save)
        if not isinstance(resolve_root, Col):
            root = Func(root, template="(%(expressions)s)")

        if wrappers:
            # From the outside in: DESC, operator class, collation, expression.
            wrappers = sorted(
                wrappers,
                key=lambda w: self.wrapper_classes.index(type(w)) if type(w) in self.wrapper_classes else -1,
            )
            wrappers = [wrapper.copy() for wrapper in wrappers]
            for i, wrapper in enumerate(wrappers[:-1]):
                wrapper.set_source_expressions([wrappers[i + 1]])
            wrappers[-1].set_source_expressions([root])
            self.set_source_expressions([wrappers[0]])
        else:
            self.set_source_expressions([root])
        return super().resolve_expression(query, allow_joins, reuse, summarize, for_save)

    def as_sqlite(self, compiler: Any, connection: Any, **extra_context: Any) -> Any:
        """Compile without what SQLite does to decimals elsewhere."""
        return self.as_sql(compiler, connection, **extra_context)


def index_expressions(expressions: Any, model: Any, schema_editor: Any) -> Any:
    """The expressions as one list, resolved against `model`, as CREATE INDEX takes them."""
    from offbeat.db.models.sql.query import Query

    wrapped = []
    for expression in expressions:
        index_expression = IndexExpression(expression)
        index_expression.set_wrapper_classes(schema_editor.connection)
        wrapped.append(index_expression)
    return ExpressionList(*wrapped).resolve_expression(Query(model, alias_cols=False))
