"""Lookups inside text: LIKE and regular expressions."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from offbeat.db.models.lookups.base import BuiltinLookup
from offbeat.db.models.sql.params import Param


class PatternLookup(BuiltinLookup):
    """LIKE with wildcards added to an escaped value."""

    param_pattern = "%%%s%%"
    prepare_rhs = False

    def get_rhs_op(self, connection: Any, rhs: Any) -> str:
        # Text that the database computes is escaped by the database.
        if hasattr(self.rhs, "as_sql") or self.bilateral_transforms:
            pattern = connection.pattern_ops[self.lookup_name].format(connection.pattern_esc)
            return pattern.format(rhs)  # type: ignore[no-any-return]
        return super().get_rhs_op(connection, rhs)

    def process_rhs(self, compiler: Any, connection: Any) -> tuple[str, Any]:
        rhs, params = super().process_rhs(compiler, connection)
        if (
            params
            and self.rhs_is_direct_value()
            and not self.bilateral_transforms
            and type(self.rhs) is not Param
        ):
            params = (self.param_pattern % connection.ops.prep_for_like_query(params[0]), *params[1:])
        return rhs, params

    def param_binder(self, connection: Any) -> Callable[[Any], Any] | None:
        pattern, escape = self.param_pattern, connection.ops.prep_for_like_query
        return lambda value: pattern % escape(value)


class Contains(PatternLookup):
    lookup_name = "contains"


class IContains(Contains):
    lookup_name = "icontains"


class StartsWith(PatternLookup):
    lookup_name = "startswith"
    param_pattern = "%s%%"


class IStartsWith(StartsWith):
    lookup_name = "istartswith"


class EndsWith(PatternLookup):
    lookup_name = "endswith"
    param_pattern = "%%%s"


class IEndsWith(EndsWith):
    lookup_name = "iendswith"


class Regex(BuiltinLookup):
    lookup_name = "regex"
    prepare_rhs = False

    def as_sql(self, compiler: Any, connection: Any) -> tuple[str, Any]:
        if self.lookup_name in connection.operators:
            return super().as_sql(compiler, connection)
        lhs, lhs_params = self.process_lhs(compiler, connection)
        rhs, rhs_params = self.process_rhs(compiler, connection)
        sql_template = connection.ops.regex_lookup(self.lookup_name)
        return sql_template % (lhs, rhs), (*lhs_params, *rhs_params)


class IRegex(Regex):
    lookup_name = "iregex"
