"""Years compared as ranges of dates."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from offbeat.db.models.expressions.base import field_class
from offbeat.db.models.lookups.base import Lookup
from offbeat.db.models.lookups.comparison import (
    Exact,
    GreaterThan,
    GreaterThanOrEqual,
    LessThan,
    LessThanOrEqual,
)
from offbeat.db.models.sql.params import BoundParam, Param


class YearLookup(Lookup):
    """A year compared as a range of dates, so that an index on the column serves; that of a group as a number."""

    def year_lookup_bounds(self, connection: Any, year: int) -> Any:
        from offbeat.db.models.functions import ExtractIsoYear

        iso_year = isinstance(self.lhs, ExtractIsoYear)
        if isinstance(self.lhs.lhs.output_field, field_class("DateTimeField")):
            return connection.ops.year_lookup_bounds_for_datetime_field(year, iso_year=iso_year)
        return connection.ops.year_lookup_bounds_for_date_field(year, iso_year=iso_year)

    def as_sql(self, compiler: Any, connection: Any) -> tuple[str, Any]:
        if compiler.in_having or not self.rhs_is_direct_value():
            return super().as_sql(compiler, connection)
        lhs_sql, params = self.process_lhs(compiler, connection, self.lhs.lhs)
        rhs_sql = self.get_direct_rhs_sql(connection, "%s")
        if type(self.rhs) is Param:
            bounds = self._bound_params(connection, self.rhs.index)
        else:
            bounds = self.year_lookup_bounds(connection, self.rhs)
        return f"{lhs_sql} {rhs_sql}", (*params, *self.get_bound_params(*bounds))

    def _bound_params(self, connection: Any, index: int) -> tuple[BoundParam, BoundParam]:
        def side(which: int) -> Callable[[Any], Any]:
            return lambda year: self.year_lookup_bounds(connection, year)[which]

        return BoundParam(index, side(0)), BoundParam(index, side(1))

    def get_direct_rhs_sql(self, connection: Any, rhs: str) -> str:
        return connection.operators[self.lookup_name] % rhs  # type: ignore[no-any-return]

    def get_bound_params(self, start: Any, finish: Any) -> tuple[Any, ...]:
        raise NotImplementedError("subclasses of YearLookup must provide a get_bound_params() method")


class YearExact(YearLookup, Exact):
    def get_direct_rhs_sql(self, connection: Any, rhs: str) -> str:
        return "BETWEEN %s AND %s"

    def get_bound_params(self, start: Any, finish: Any) -> tuple[Any, ...]:
        return start, finish


class YearGt(YearLookup, GreaterThan):
    def get_bound_params(self, start: Any, finish: Any) -> tuple[Any, ...]:
        return (finish,)


class YearGte(YearLookup, GreaterThanOrEqual):
    def get_bound_params(self, start: Any, finish: Any) -> tuple[Any, ...]:
        return (start,)


class YearLt(YearLookup, LessThan):
    def get_bound_params(self, start: Any, finish: Any) -> tuple[Any, ...]:
        return (start,)


class YearLte(YearLookup, LessThanOrEqual):
    def get_bound_params(self, start: Any, finish: Any) -> tuple[Any, ...]:
        return (finish,)
