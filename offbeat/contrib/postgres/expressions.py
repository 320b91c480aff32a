"""ArraySubquery (Django documentation: ref/contrib/postgres/expressions)."""

from __future__ import annotations

from typing import Any

from offbeat.contrib.postgres.fields.array import ArrayField
from offbeat.db.models import Subquery
from offbeat.utils.functional import cached_property

__all__ = ["ArraySubquery"]


class ArraySubquery(Subquery):
    """The values of a query's column as an array."""

    template = "ARRAY(%(subquery)s)"

    def __init__(self, queryset: Any, **kwargs: Any) -> None:
        super().__init__(queryset, **kwargs)

    @cached_property
    def output_field(self) -> Any:
        return ArrayField(self.query.output_field)
