"""Conditions and expressions of indexes and constraints: the fields they refer to, and their SQL."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from offbeat.core import checks
from offbeat.db.models.constants import LOOKUP_SEP
from offbeat.db.models.query_utils import Q

__all__ = ["condition_sql", "expression_references", "local_field_errors"]


def condition_sql(condition: Any, model: Any, schema_editor: Any) -> str | None:
    """The SQL of a condition on `model`, its values written out as schema statements need them; None stays None."""
    if condition is None:
        return None
    from offbeat.db.models.sql.query import Query

    query = Query(model=model, alias_cols=False)
    compiler = query.get_compiler(connection=schema_editor.connection)
    sql, params = query.build_where(condition).as_sql(compiler, schema_editor.connection)
    return sql % tuple(schema_editor.quote_value(p) for p in params)  # type: ignore[no-any-return]


def expression_references(expression: Any) -> Iterator[tuple[str, ...]]:
    """Yield the field paths in a Q or an expression, split into names."""
    from offbeat.db.models.expressions import F

    if isinstance(expression, Q):
        for child in expression.children:
            if isinstance(child, tuple):
                lookup, value = child
                yield tuple(lookup.split(LOOKUP_SEP))
                yield from expression_references(value)
            else:
                yield from expression_references(child)
    elif isinstance(expression, F):
        yield tuple(expression.name.split(LOOKUP_SEP))
    elif hasattr(expression, "get_source_expressions"):
        for source in expression.get_source_expressions():
            yield from expression_references(source)


def local_field_errors(model: Any, names: Iterable[str], option: str) -> list[Any]:
    """models.E012, E013, E016: names of no field, of a many-to-many one, or of one in a parent's table."""
    forward = {}
    for field in model._meta._get_fields(reverse=False):
        forward[field.name] = field
        if hasattr(field, "attname"):
            forward[field.attname] = field
    errors = []
    for name in names:
        field = forward.get(name)
        if field is None:
            errors.append(
                checks.Error(
                    f"'{option}' refers to the nonexistent field '{name}'.", obj=model, id="models.E012"
                )
            )
        elif field.is_relation and field.many_to_many:
            errors.append(
                checks.Error(
                    f"'{option}' refers to a ManyToManyField '{name}', but ManyToManyFields are not permitted in '{option}'.",
                    obj=model,
                    id="models.E013",
                )
            )
        elif _is_composite(field):
            errors.append(
                checks.Error(
                    f"{option!r} refers to a CompositePrimaryKey {name!r}, but CompositePrimaryKeys are not permitted "
                    f"in {option!r}.",
                    obj=model,
                    id="models.E048",
                )
            )
        elif _is_foreign_object(field):
            errors.append(
                checks.Error(
                    f"{option!r} refers to a ForeignObject {name!r} with multiple 'from_fields', which is not "
                    "supported for that option.",
                    obj=model,
                    id="models.E049",
                )
            )
        elif field not in model._meta.local_fields:
            errors.append(
                checks.Error(
                    f"'{option}' refers to field '{name}' which is not local to model '{model._meta.object_name}'.",
                    hint="This issue may be caused by multi-table inheritance.",
                    obj=model,
                    id="models.E016",
                )
            )
    return errors


def _is_composite(field: Any) -> bool:
    from offbeat.db.models.fields.composite import CompositePrimaryKey

    return isinstance(field, CompositePrimaryKey)


def _is_foreign_object(field: Any) -> bool:
    return len(getattr(field, "from_fields", None) or ()) > 1
