"""Fields made of others: of arrays' items, of ranges' bounds."""

from __future__ import annotations

import copy
import json
from typing import Any, Self

from offbeat.core.exceptions import ValidationError
from offbeat.db.models import Field

__all__ = ["CompoundField"]


class CompoundField(Field[Any, Any]):
    """Lends `base_field` its model and attribute, so that it works though it is not in the model itself."""

    empty_strings_allowed = False
    base_field: Any

    def set_attributes_from_name(self, name: str) -> None:
        """Tell the base field, too, where instances have the value."""
        super().set_attributes_from_name(name)
        self.base_field.set_attributes_from_name(name)
        self.base_field.is_part = True

    def contribute_to_class(self, cls: Any, name: str, private_only: bool = False) -> None:
        """Become a field of the model."""
        super().contribute_to_class(cls, name, private_only=private_only)
        self._lend_model(cls)

    def _lend_model(self, model: Any) -> None:
        self.base_field.model = model
        if isinstance(self.base_field, CompoundField):
            self.base_field._lend_model(model)

    def __deepcopy__(self, memodict: dict[int, Any]) -> Self:
        # Each model that inherits the field lends its own name.
        obj = super().__deepcopy__(memodict)
        obj.base_field = copy.deepcopy(self.base_field, memodict)
        return obj

    def _from_json(self, text: str) -> Any:
        """Read what serializers write; ValidationError for anything else."""
        try:
            return json.loads(text)
        except json.JSONDecodeError:
            raise ValidationError(self.error_messages["invalid"], code="invalid") from None

    def cast_db_type(self, connection: Any) -> str | None:
        """Return the column's type."""
        return self.db_type(connection)

    def get_placeholder_sql(self, value: Any, compiler: Any, connection: Any) -> tuple[str, Any]:
        """Write a value with its type: a literal alone could be of any."""
        if hasattr(value, "as_sql"):
            sql, params = compiler.compile(value)
        else:
            sql, params = "%s", (value,)
        return f"{sql}::{self.cast_db_type(connection)}", params

    get_placeholder_sql.constant = True  # type: ignore[attr-defined]
