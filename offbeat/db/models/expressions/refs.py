"""References to columns, annotations and outer queries."""

from __future__ import annotations

from typing import Any

from offbeat.db.models.constants import LOOKUP_SEP
from offbeat.db.models.expressions.base import Expression, OutputFieldIsNoneError, made_of
from offbeat.db.models.expressions.combinable import Combinable
from offbeat.db.utils import NotSupportedError
from offbeat.utils.deconstruct import deconstructible


@deconstructible(path="offbeat.db.models.F")
class F(Combinable):
    """The value of a field, annotation or transform, named by its path."""

    allowed_default = False

    def __init__(self, name: str) -> None:
        self.name = name

    def __repr__(self) -> str:
        return f"{self.__class__.__name__}({self.name})"

    def __getitem__(self, subscript: Any) -> Any:
        return Sliced(self, subscript)

    def __contains__(self, other: object) -> bool:
        # Without this, Python would try __getitem__(0), (1) … for ever.
        raise TypeError(f"argument of type '{self.__class__.__name__}' is not iterable")

    def resolve_expression(
        self,
        query: Any = None,
        allow_joins: bool = True,
        reuse: Any = None,
        summarize: bool = False,
        for_save: bool = False,
    ) -> Any:
        return query.resolve_ref(self.name, allow_joins, reuse, summarize)

    def replace_expressions(self, replacements: dict[Any, Any]) -> Any:
        replacement = replacements.get(self)
        if replacement is not None:
            return replacement
        # A path may continue past a replaced field with transforms.
        prefix, *transforms = self.name.split(LOOKUP_SEP)
        if not transforms or (replacement := replacements.get(F(prefix))) is None:
            return self
        for name in transforms:
            try:
                transform = replacement.get_transform(name)
            except OutputFieldIsNoneError:
                transform = None
            if transform is None:
                return self
            replacement = transform(replacement)
        return replacement

    def asc(self, **kwargs: Any) -> Any:
        from offbeat.db.models.expressions.ordering import OrderBy

        return OrderBy(self, **kwargs)

    def desc(self, **kwargs: Any) -> Any:
        from offbeat.db.models.expressions.ordering import OrderBy

        return OrderBy(self, descending=True, **kwargs)

    def __eq__(self, other: object) -> bool:
        return self.__class__ == other.__class__ and self.name == other.name

    def __hash__(self) -> int:
        return hash(self.name)

    def copy(self) -> Any:
        return self.__class__(self.name)


made_of["name"] = F


class ResolvedOuterRef(F):
    """A reference to the query outside; resolved when the subquery is put into one."""

    contains_aggregate = False
    contains_over_clause = False
    possibly_multivalued = False

    def as_sql(self, *args: Any, **kwargs: Any) -> Any:
        raise ValueError(
            "This queryset contains a reference to an outer query and may only be used in a subquery."
        )

    def resolve_expression(self, *args: Any, **kwargs: Any) -> Any:
        column = super().resolve_expression(*args, **kwargs)
        if column.contains_over_clause:
            raise NotSupportedError(
                f"Referencing outer query window expression is not supported: {self.name}."
            )
        # Whether the reference crosses a multi-valued relation is only known by the outer query's joins;
        # a path of several steps is taken to.
        column.possibly_multivalued = LOOKUP_SEP in self.name
        return column

    def relabeled_clone(self, relabels: dict[str, str]) -> Any:
        return self

    def get_group_by_cols(self) -> list[Any]:
        return []


class OuterRef(F):
    """A field of the query that this one is a subquery of."""

    contains_aggregate = False
    contains_over_clause = False

    def resolve_expression(self, *args: Any, **kwargs: Any) -> Any:
        if isinstance(self.name, self.__class__):
            return self.name
        return ResolvedOuterRef(self.name)

    def relabeled_clone(self, relabels: dict[str, str]) -> Any:
        return self


class Sliced(F):
    """``F("name")[a:b]``: part of a string or array, counted as Python does from the left."""

    contains_aggregate = False
    contains_over_clause = False

    def __init__(self, obj: Any, subscript: Any) -> None:
        super().__init__(obj.name)
        self.obj = obj
        self.subscript = subscript
        self.length: int | None
        if isinstance(subscript, int):
            if subscript < 0:
                raise ValueError("Negative indexing is not supported.")
            self.start = subscript + 1
            self.length = 1
        elif isinstance(subscript, slice):
            if (subscript.start is not None and subscript.start < 0) or (
                subscript.stop is not None and subscript.stop < 0
            ):
                raise ValueError("Negative indexing is not supported.")
            if subscript.step is not None:
                raise ValueError("Step argument is not supported.")
            if subscript.stop and subscript.start and subscript.stop < subscript.start:
                raise ValueError("Slice stop must be greater than slice start.")
            self.start = 1 if subscript.start is None else subscript.start + 1
            self.length = None if subscript.stop is None else subscript.stop - (subscript.start or 0)
        else:
            raise TypeError("Argument to slice must be either int or slice instance.")

    def __repr__(self) -> str:
        return f"{self.__class__.__name__}({self.obj!r}, {self.subscript!r})"

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Sliced):
            return NotImplemented
        return (self.obj, self.start, self.length) == (other.obj, other.start, other.length)

    def __hash__(self) -> int:
        return hash((self.obj, self.start, self.length))

    def copy(self) -> Any:
        clone = self.__class__.__new__(self.__class__)
        clone.__dict__.update(self.__dict__)
        return clone

    def resolve_expression(self, *args: Any, **kwargs: Any) -> Any:
        resolved = self.obj.resolve_expression(*args, **kwargs)
        if isinstance(resolved, ResolvedOuterRef):
            # The type is known once the outer query resolves the reference.
            waiting = self.copy()
            waiting.obj = resolved
            return waiting
        return resolved.output_field.slice_expression(resolved, self.start, self.length)

    def relabeled_clone(self, relabels: dict[str, str]) -> Any:
        return self

    def get_group_by_cols(self) -> list[Any]:
        return []

    def as_sql(self, *args: Any, **kwargs: Any) -> Any:
        return self.obj.as_sql(*args, **kwargs)


class Star(Expression):
    """``*``, as in ``COUNT(*)``."""

    def __repr__(self) -> str:
        return "'*'"

    def as_sql(self, compiler: Any, connection: Any) -> tuple[str, Any]:
        return "*", ()


class Col(Expression):
    """A column of a table that the query uses."""

    contains_column_references = True
    possibly_multivalued = False

    def __init__(self, alias: Any, target: Any, output_field: Any = None) -> None:
        if output_field is None:
            output_field = target
        super().__init__(output_field=output_field)
        self.alias, self.target = alias, target

    def __repr__(self) -> str:
        alias, target = self.alias, self.target
        identifiers = (alias, str(target)) if alias else (str(target),)
        return f"{self.__class__.__name__}({', '.join(identifiers)})"

    def as_sql(self, compiler: Any, connection: Any) -> tuple[str, Any]:
        alias, column = self.alias, self.target.column
        identifiers = (alias, column) if alias else (column,)
        return ".".join(map(compiler.quote_name, identifiers)), ()

    def relabeled_clone(self, relabels: dict[str, str]) -> Any:
        if self.alias is None:
            return self
        clone = self.__class__(relabels.get(self.alias, self.alias), self.target, self.output_field)
        if self.possibly_multivalued:
            clone.possibly_multivalued = True
        return clone

    def get_group_by_cols(self) -> list[Any]:
        return [self]

    def get_db_converters(self, connection: Any) -> list[Any]:
        if self.target == self.output_field:
            return self.output_field.get_db_converters(connection)  # type: ignore[no-any-return]
        return [*self.output_field.get_db_converters(connection), *self.target.get_db_converters(connection)]


class ColPairs(Expression):
    """The columns of a composite key, in order."""

    is_composite = True
    allows_composite_expressions = True

    def __init__(self, alias: Any, targets: Any, sources: Any, output_field: Any) -> None:
        super().__init__(output_field=output_field)
        self.alias = alias
        self.targets = targets
        self.sources = sources

    def __len__(self) -> int:
        return len(self.targets)

    def __iter__(self) -> Any:
        return iter(self.get_cols())

    def __repr__(self) -> str:
        return f"{self.__class__.__name__}({self.alias!r}, {self.targets!r}, {self.sources!r}, {self.output_field!r})"

    def get_cols(self) -> list[Any]:
        return [
            Col(self.alias, target, source) for target, source in zip(self.targets, self.sources, strict=True)
        ]

    def get_source_expressions(self) -> list[Any]:
        return self.get_cols()

    def set_source_expressions(self, exprs: list[Any]) -> None:
        assert all(isinstance(expr, Col) and expr.alias == self.alias for expr in exprs)
        self.targets = [col.target for col in exprs]
        self.sources = [col.field for col in exprs]

    def as_sql(self, compiler: Any, connection: Any) -> tuple[str, Any]:
        parts, params = [], []
        for col in self.get_cols():
            sql, col_params = compiler.compile(col)
            parts.append(sql)
            params.extend(col_params)
        return ", ".join(parts), tuple(params)

    def relabeled_clone(self, relabels: dict[str, str]) -> Any:
        return self.__class__(
            relabels.get(self.alias, self.alias), self.targets, self.sources, self.output_field
        )

    def resolve_expression(self, *args: Any, **kwargs: Any) -> Any:
        return self

    def get_group_by_cols(self) -> list[Any]:
        return list(self.get_cols())

    def select_format(self, compiler: Any, sql: str, params: Any) -> tuple[str, Any]:
        return sql, params


class Ref(Expression):
    """The name of a selected column, as a HAVING, ORDER BY or an outer query uses it."""

    def __init__(self, refs: str, source: Any) -> None:
        super().__init__()
        self.refs, self.source = refs, source

    def __repr__(self) -> str:
        return f"{self.__class__.__name__}({self.refs}, {self.source})"

    def get_source_expressions(self) -> list[Any]:
        return [self.source]

    def set_source_expressions(self, exprs: list[Any]) -> None:
        (self.source,) = exprs

    def resolve_expression(
        self,
        query: Any = None,
        allow_joins: bool = True,
        reuse: Any = None,
        summarize: bool = False,
        for_save: bool = False,
    ) -> Any:
        return self

    def get_refs(self) -> set[str]:
        return {self.refs}

    def relabeled_clone(self, relabels: dict[str, str]) -> Any:
        clone = self.copy()
        clone.source = self.source.relabeled_clone(relabels)
        return clone

    def as_sql(self, compiler: Any, connection: Any) -> tuple[str, Any]:
        return compiler.quote_name(self.refs), ()

    def get_group_by_cols(self) -> list[Any]:
        return [self]
