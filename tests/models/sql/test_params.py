"""Placeholders compiled once and bound many times."""

from __future__ import annotations

import datetime
from decimal import Decimal
from typing import Any

import pytest

from offbeat.db import connection
from offbeat.db.models import F, Q, Value
from offbeat.db.models.lookups import Exact
from offbeat.db.models.sql import InsertQuery, Query, UpdateQuery
from offbeat.db.models.sql.params import BoundParam, Param, Unbindable, bind_params
from tests.sqlmodels.models import Author, Book, Tag


def compiled(query: Query) -> tuple[str, Any]:
    sql, params = query.get_compiler(using="default").as_sql()
    return sql, params


def filtered(**conditions: Any) -> Query:
    query = Query(Book)
    query.clear_ordering(force=True)
    query.add_q(Q(**conditions))
    return query


def test_a_placeholder_compiles_to_a_bound_parameter() -> None:
    query = filtered(pages=Param(0, 7))
    sql, params = compiled(query)
    assert sql.endswith(f"{connection.ops.quote_name('pages')} = %s")
    assert bind_params(params, (9,)) == (9,)
    assert params[0].binder is None


def test_preparers_raise_what_filter_raises() -> None:
    query = filtered(pages=Param(0, 7))
    with pytest.raises(ValueError, match="Field 'pages' expected a number but got 'abc'"):
        query.param_preparers[0]("abc")
    with pytest.raises(ValueError, match="Field 'pages' expected a number but got 'abc'"):
        filtered(pages=Param(0, "abc"))


def test_numbers_beyond_a_column_take_the_slow_path() -> None:
    query = filtered(pages__gte=Param(0, 7))
    with pytest.raises(Unbindable):
        query.param_preparers[0](2**70)
    assert query.param_preparers[0](7.5) == 8


@pytest.mark.parametrize(
    ("lookup", "value", "expected"),
    [
        ("title__contains", "50%_", ("%50\\%\\_%",)),
        ("title__istartswith", "a", ("a%",)),
        ("title__iexact", "a_", (connection.ops.prep_for_iexact_query("a_"),)),
        ("published__year", 2001, ("2001-01-01", "2001-12-31")),
        ("published__year__gt", 2001, ("2001-12-31",)),
        ("author__name", "Ann", ("Ann",)),
    ],
)
def test_binders_give_what_plain_values_give(lookup: str, value: Any, expected: tuple[Any, ...]) -> None:
    plain_sql, plain_params = compiled(filtered(**{lookup: value}))
    query = filtered(**{lookup: Param(0, value)})
    sql, params = compiled(query)
    prepare = query.param_preparers.get(0)
    bound = bind_params(params, (value if prepare is None else prepare(value),))
    assert (sql, tuple(map(str, bound))) == (plain_sql, tuple(map(str, plain_params)))
    assert tuple(map(str, bound)) == expected


def test_dates_and_decimals_are_converted_when_bound() -> None:
    day = datetime.date(2020, 2, 3)
    query = filtered(published=Param(0, day), price__lt=Param(1, Decimal("3.50")))
    _, params = compiled(query)
    plain = compiled(filtered(published=day, price__lt=Decimal("3.50")))[1]
    assert bind_params(params, (day, Decimal("3.50"))) == tuple(plain)


def test_lists_bind_item_by_item() -> None:
    query = filtered(pages__in=[Param(0, 1), Param(1, 2)])
    sql, params = compiled(query)
    assert sql.endswith("IN (%s, %s)")
    assert bind_params(params, (5, 6)) == (5, 6)
    with pytest.raises(Unbindable):
        filtered(pages__in=Param(0, [1, 2]))


def test_range_binds_both_ends() -> None:
    sql, params = compiled(filtered(pages__range=[Param(0, 1), Param(1, 2)]))
    assert sql.endswith("BETWEEN %s AND %s")
    assert bind_params(params, (5, 6)) == (5, 6)


def test_isnull_cannot_be_bound() -> None:
    with pytest.raises(Unbindable):
        filtered(author__rating__isnull=Param(0, True))


def test_lookups_with_code_of_their_own_cannot_be_bound() -> None:
    class Shout(Exact):
        lookup_name = "shout"

        def process_rhs(self, compiler: Any, connection: Any) -> tuple[str, Any]:
            sql, params = super().process_rhs(compiler, connection)
            return sql, [f"{params[0]}!"]

        def get_rhs_op(self, connection: Any, rhs: Any) -> str:
            return f"= {rhs}"

    field = Book._meta.get_field("title")
    field.register_lookup(Shout)
    try:
        with pytest.raises(Unbindable):
            filtered(title__shout=Param(0, "a"))
        assert compiled(filtered(title__shout="a"))[1] == ("a!",)
    finally:
        field._unregister_lookup(Shout)


def test_formatting_a_bound_parameter_is_refused() -> None:
    with pytest.raises(Unbindable):
        f"{BoundParam(0)}"
    with pytest.raises(Unbindable):
        str(BoundParam(0))


def test_values_limits_and_updates_take_placeholders() -> None:
    query = Query(Author)
    query.add_annotation(Value(Param(0, "x")), "greeting")
    query.set_limit_params(limit=Param(1, 5), offset=Param(2, 10))
    sql, params = compiled(query)
    assert sql.endswith("LIMIT %s OFFSET %s")
    assert bind_params(params, ("hello", 3, 4)) == ("hello", 3, 4)
    assert query.is_sliced

    update = UpdateQuery(Author)
    update.add_update_values({"name": Param(0, "x"), "rating": F("rating") + 1})
    sql, params = compiled(update)
    table, name, rating = map(connection.ops.quote_name, ("sql_tests_author", "name", "rating"))
    assert sql.startswith(f"UPDATE {table} SET {name} = %s, {rating} = ({table}.{rating} + %s)")
    assert bind_params(params, ("new",)) == ("new", 1)


def test_insert_takes_tuples_of_placeholders(tables: None) -> None:
    query = InsertQuery(Tag)
    field = Tag._meta.get_field("name")
    query.insert_values([field], [(Param(0, "x"),)], raw=True)
    ((sql, params),) = query.get_compiler(using="default").as_sql()
    table, name = map(connection.ops.quote_name, ("sql_tests_tag", "name"))
    assert sql == f"INSERT INTO {table} ({name}) VALUES (%s)"
    assert bind_params(params, ("new",)) == ("new",)
    assert connection.ops.from_driver_sql(connection.ops.to_driver_sql(sql)) == sql
