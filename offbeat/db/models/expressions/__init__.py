"""Query expressions (Django documentation: ref/models/expressions)."""

from typing import TYPE_CHECKING

from offbeat.db.models.expressions.base import (
    BaseExpression,
    Expression,
    OutputFieldIsNoneError,
    SQLiteNumericMixin,
)
from offbeat.db.models.expressions.combinable import Combinable
from offbeat.db.models.expressions.combined import (
    CombinedExpression,
    DurationExpression,
    TemporalSubtraction,
    register_combinable_fields,
)
from offbeat.db.models.expressions.conditional import Case, When
from offbeat.db.models.expressions.func import (
    ExpressionList,
    ExpressionWrapper,
    Func,
    NegatedExpression,
    OrderByList,
)
from offbeat.db.models.expressions.ordering import OrderBy
from offbeat.db.models.expressions.refs import Col, ColPairs, F, OuterRef, Ref, ResolvedOuterRef, Sliced, Star
from offbeat.db.models.expressions.subquery import Exists, Subquery
from offbeat.db.models.expressions.values import DatabaseDefault, RawSQL, Value
from offbeat.utils.lazy_names import lazy_names

if TYPE_CHECKING:
    from offbeat.db.models.expressions.window import (
        RowRange,
        ValueRange,
        Window,
        WindowFrame,
        WindowFrameExclusion,
    )
else:
    __getattr__, __dir__ = lazy_names(
        __name__,
        {
            "offbeat.db.models.expressions.window": (
                "RowRange",
                "ValueRange",
                "Window",
                "WindowFrame",
                "WindowFrameExclusion",
            ),
        },
    )

__all__ = [
    "BaseExpression",
    "Case",
    "Col",
    "ColPairs",
    "Combinable",
    "CombinedExpression",
    "DatabaseDefault",
    "DurationExpression",
    "Exists",
    "Expression",
    "ExpressionList",
    "ExpressionWrapper",
    "F",
    "Func",
    "NegatedExpression",
    "OrderBy",
    "OrderByList",
    "OuterRef",
    "OutputFieldIsNoneError",
    "RawSQL",
    "Ref",
    "ResolvedOuterRef",
    "RowRange",
    "SQLiteNumericMixin",
    "Sliced",
    "Star",
    "Subquery",
    "TemporalSubtraction",
    "Value",
    "ValueRange",
    "When",
    "Window",
    "WindowFrame",
    "WindowFrameExclusion",
    "register_combinable_fields",
]

# Migrations and pickles name these classes by the documented module, wherever their source is kept.
for _value in list(globals().values()):
    if isinstance(_value, type) and _value.__module__.startswith(f"{__name__}."):
        _value.__module__ = __name__
