"""The operators that expressions share."""

from __future__ import annotations

import datetime
from typing import Any, ClassVar


class Combinable:
    """Operators that build a ``CombinedExpression`` out of this object and another value."""

    ADD: ClassVar[str] = "+"
    SUB: ClassVar[str] = "-"
    MUL: ClassVar[str] = "*"
    DIV: ClassVar[str] = "/"
    POW: ClassVar[str] = "^"
    # Doubled, because the SQL text is a %-format until it reaches the driver.
    MOD: ClassVar[str] = "%%"
    BITAND: ClassVar[str] = "&"
    BITOR: ClassVar[str] = "|"
    BITLEFTSHIFT: ClassVar[str] = "<<"
    BITRIGHTSHIFT: ClassVar[str] = ">>"
    BITXOR: ClassVar[str] = "#"

    conditional: Any = False

    def _combine(self, other: Any, connector: str, reversed: bool) -> Any:
        from offbeat.db.models.expressions.combined import CombinedExpression
        from offbeat.db.models.expressions.values import Value

        if not hasattr(other, "resolve_expression"):
            field = _duration_field() if isinstance(other, datetime.timedelta) else None
            other = Value(other, output_field=field)
        if reversed:
            return CombinedExpression(other, connector, self)
        return CombinedExpression(self, connector, other)

    def _logical(self, other: Any, connector: str) -> Any:
        from offbeat.db.models.query_utils import Q

        if getattr(self, "conditional", False) and getattr(other, "conditional", False):
            return Q(self)._combine(Q(other), connector)
        raise NotImplementedError("Use .bitand(), .bitor(), and .bitxor() for bitwise logical operations.")

    def __neg__(self) -> Any:
        return self._combine(-1, self.MUL, False)

    def __add__(self, other: Any) -> Any:
        return self._combine(other, self.ADD, False)

    def __sub__(self, other: Any) -> Any:
        return self._combine(other, self.SUB, False)

    def __mul__(self, other: Any) -> Any:
        return self._combine(other, self.MUL, False)

    def __truediv__(self, other: Any) -> Any:
        return self._combine(other, self.DIV, False)

    def __mod__(self, other: Any) -> Any:
        return self._combine(other, self.MOD, False)

    def __pow__(self, other: Any) -> Any:
        return self._combine(other, self.POW, False)

    def __and__(self, other: Any) -> Any:
        return self._logical(other, "AND")

    def __or__(self, other: Any) -> Any:
        return self._logical(other, "OR")

    def __xor__(self, other: Any) -> Any:
        return self._logical(other, "XOR")

    def __invert__(self) -> Any:
        from offbeat.db.models.expressions.func import NegatedExpression

        return NegatedExpression(self)

    def bitand(self, other: Any) -> Any:
        """Bitwise AND."""
        return self._combine(other, self.BITAND, False)

    def bitor(self, other: Any) -> Any:
        """Bitwise OR."""
        return self._combine(other, self.BITOR, False)

    def bitxor(self, other: Any) -> Any:
        """Bitwise exclusive OR."""
        return self._combine(other, self.BITXOR, False)

    def bitleftshift(self, other: Any) -> Any:
        """Shift the bits to the left."""
        return self._combine(other, self.BITLEFTSHIFT, False)

    def bitrightshift(self, other: Any) -> Any:
        """Shift the bits to the right."""
        return self._combine(other, self.BITRIGHTSHIFT, False)

    def __radd__(self, other: Any) -> Any:
        return self._combine(other, self.ADD, True)

    def __rsub__(self, other: Any) -> Any:
        return self._combine(other, self.SUB, True)

    def __rmul__(self, other: Any) -> Any:
        return self._combine(other, self.MUL, True)

    def __rtruediv__(self, other: Any) -> Any:
        return self._combine(other, self.DIV, True)

    def __rmod__(self, other: Any) -> Any:
        return self._combine(other, self.MOD, True)

    def __rpow__(self, other: Any) -> Any:
        return self._combine(other, self.POW, True)

    def __rand__(self, other: Any) -> Any:
        raise NotImplementedError("Use .bitand(), .bitor(), and .bitxor() for bitwise logical operations.")

    def __ror__(self, other: Any) -> Any:
        raise NotImplementedError("Use .bitand(), .bitor(), and .bitxor() for bitwise logical operations.")

    def __rxor__(self, other: Any) -> Any:
        raise NotImplementedError("Use .bitand(), .bitor(), and .bitxor() for bitwise logical operations.")


def _duration_field() -> Any:
    from offbeat.db.models.fields import DurationField

    return DurationField()
