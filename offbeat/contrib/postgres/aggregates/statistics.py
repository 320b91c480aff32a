"""Aggregates of pairs of numbers."""

from __future__ import annotations

from typing import Any

from offbeat.db.models import Aggregate, FloatField, IntegerField

__all__ = [
    "Corr",
    "CovarPop",
    "RegrAvgX",
    "RegrAvgY",
    "RegrCount",
    "RegrIntercept",
    "RegrR2",
    "RegrSXX",
    "RegrSXY",
    "RegrSYY",
    "RegrSlope",
    "StatAggregate",
]


class StatAggregate(Aggregate):
    """A number about all pairs of y and x, the dependent variable first."""

    output_field = FloatField()

    def __init__(
        self, y: Any, x: Any, output_field: Any = None, filter: Any = None, default: Any = None
    ) -> None:
        if not x or not y:
            raise ValueError("Both y and x must be provided.")
        super().__init__(y, x, output_field=output_field, filter=filter, default=default)


class Corr(StatAggregate):
    """The coefficient of correlation."""

    function = "CORR"


class CovarPop(StatAggregate):
    """The covariance of the population, or of a `sample`."""

    def __init__(self, y: Any, x: Any, sample: bool = False, filter: Any = None, default: Any = None) -> None:
        self.function = "COVAR_SAMP" if sample else "COVAR_POP"
        super().__init__(y, x, filter=filter, default=default)


class RegrAvgX(StatAggregate):
    """The mean of x."""

    function = "REGR_AVGX"


class RegrAvgY(StatAggregate):
    """The mean of y."""

    function = "REGR_AVGY"


class RegrCount(StatAggregate):
    """How many pairs have both."""

    function = "REGR_COUNT"
    output_field = IntegerField()
    empty_result_set_value = 0


class RegrIntercept(StatAggregate):
    """Where the line of the least squares meets the axis."""

    function = "REGR_INTERCEPT"


class RegrR2(StatAggregate):
    """The square of the coefficient of correlation."""

    function = "REGR_R2"


class RegrSlope(StatAggregate):
    """The slope of the line of the least squares."""

    function = "REGR_SLOPE"


class RegrSXX(StatAggregate):
    """The sum of squares of x."""

    function = "REGR_SXX"


class RegrSXY(StatAggregate):
    """The sum of products of x and y."""

    function = "REGR_SXY"


class RegrSYY(StatAggregate):
    """The sum of squares of y."""

    function = "REGR_SYY"
